"""Convolution and pooling of ``torch.nn.functional``."""

from __future__ import annotations

from .. import dtypes
from ..autograd.errors import c_name
from ..ops import conv as C
from ..samples import S, T
from ._functions import public


def spread(v, n):
    """A number for every dimension, or one each, as a tuple."""
    return (v,) * n if isinstance(v, int) else tuple(v) if len(v) == n else tuple(v) * n


def _check(weight, bias, stride, padding, dilation, groups, input):
    """torch's errors of numbers and shapes that no convolution has."""
    shape = list(weight.shape)
    text = None
    if len(shape) < 3:
        text = "weight should have at least three dimensions"
    elif groups <= 0:
        text = "non-positive groups is not supported"
    elif padding not in ("valid", "same") and any(p < 0 for p in spread(padding, 1)):
        text = "negative padding is not supported"
    elif any(s <= 0 for s in stride):
        text = "non-positive stride is not supported"
    elif any(d <= 0 for d in dilation):
        text = "dilation should be greater than zero"
    elif shape[0] < groups:
        text = (f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, "
                f"but got weight of size {shape} instead")  # fmt: skip
    elif bias is not None and tuple(bias.shape) != (shape[0],):
        text = (f"Given weight of size {shape}, expected bias to be 1-dimensional with {shape[0]} "
                f"elements, but got bias of size {list(bias.shape)} instead")  # fmt: skip
    elif bias is not None and bias.dtype is not input.dtype:
        text = (f"Input type ({c_name(input.dtype)}) and bias type ({c_name(bias.dtype)}) should "
                "be the same")  # fmt: skip
    if text is not None:
        raise RuntimeError(text)


def _conv(name, n, samples):
    def conv(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        stride, dilation = spread(stride, n), spread(dilation, n)
        batched = input.dim() == n + 2
        if not batched and input.dim() != n + 1:
            raise RuntimeError(
                f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got "
                f"input of size: {list(input.shape)}"
            )
        x = input if batched else input.unsqueeze(0)
        _check(weight, bias, stride, padding, dilation, groups, input)
        kernel = tuple(weight.shape[2:])
        if x.shape[1] != weight.shape[1] * groups:
            raise RuntimeError(
                f"Given groups={groups}, weight of size {list(weight.shape)}, expected "
                f"input{list(input.shape)} to have {weight.shape[1] * groups} channels, but got "
                f"{x.shape[1]} channels instead"
            )
        if padding == "valid":
            padding = 0
        if padding == "same":
            if any(s != 1 for s in stride):
                raise RuntimeError("padding='same' is not supported for strided convolutions")
            total = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
            pads = tuple((t // 2, t - t // 2) for t in total)
        else:
            pads = tuple((p, p) for p in spread(padding, n))
        have = [s + lo + hi for s, (lo, hi) in zip(x.shape[2:], pads, strict=True)]
        reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
        if any(r > s for r, s in zip(reach, have, strict=True)):
            sizes, ks = (" x ".join(map(str, v)) for v in (have, reach))
            raise RuntimeError(
                f"Calculated padded input size per channel: ({sizes}). Kernel size: ({ks}). Kernel "
                "size can't be greater than actual input size"
            )
        out = C.convolution(x, weight, bias, stride, pads, dilation, groups)
        return out if batched else out.squeeze(0)

    conv.__name__ = conv.__qualname__ = name
    conv.__doc__ = f"Convolution (torch.nn.functional.{name})."
    return public(*samples)(conv)


conv1d = _conv("conv1d", 1, [
    S(T((2, 3, 6)), T((4, 3, 3)), T((4,))), S(T((2, 4, 7)), T((4, 2, 3)), None, 2, 1, 1, 2),
])  # fmt: skip
conv2d = _conv("conv2d", 2, [
    S(T((2, 2, 5, 4)), T((3, 2, 3, 2)), T((3,))), S(T((1, 2, 5, 5)), T((2, 2, 3, 3)), None, 2, 1),
    S(T((1, 4, 6, 5)), T((2, 2, 2, 2)), T((2,)), 1, 0, 2, 2),
    S(T((1, 1, 4, 4)), T((1, 1, 2, 3)), None, 1, "same"),
])  # fmt: skip
conv3d = _conv("conv3d", 3, [S(T((1, 2, 3, 3, 3)), T((2, 2, 2, 2, 2)), T((2,)))])


def _grid(name, input, kernel, stride, padding, n):
    kernel = spread(kernel, n)
    stride = kernel if stride is None or stride == [] else spread(stride, n)
    padding = spread(padding, n)
    for p, k in zip(padding, kernel, strict=True):
        if p > k // 2:
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={p}, "
                f"kernel_size={k} and dilation=1"
            )
    return kernel, stride, tuple((p, p) for p in padding)


def _lift(fn, input, n):
    """Pool in at least two dimensions and with a batch, as torch does for one."""
    unbatched = input.dim() == n + 1
    x = input.unsqueeze(0) if unbatched else input
    if n == 1:
        x = x.unsqueeze(-2)
    out = fn(x)
    if n == 1:
        out = out.squeeze(-2)
    return out.squeeze(0) if unbatched else out


def _max(name, n):
    def pool(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
             return_indices=False):  # fmt: skip
        if ceil_mode or return_indices:
            raise NotImplementedError(f"{name}: ceil_mode and return_indices")
        kernel, stride, pads = _grid(name, input, kernel_size, stride, padding, n)
        dilation = spread(dilation, n)
        if n == 1:
            kernel, stride, dilation = (1, *kernel), (1, *stride), (1, *dilation)
            pads = ((0, 0), *pads)
        prim = C.max_pool3d if n == 3 else C.max_pool2d
        return _lift(lambda x: prim(x, kernel, stride, pads, dilation), input, n)

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = f"The largest element of each window (torch.nn.functional.{name})."
    return pool


max_pool1d = public(S(T((2, 3, 6), kind="distinct"), 2))(_max("max_pool1d", 1))
max_pool2d = public(
    S(T((2, 2, 4, 6), kind="distinct"), 2), S(T((1, 2, 5, 5), kind="distinct"), 3, 2, 1)
)(_max("max_pool2d", 2))
max_pool3d = public(S(T((1, 1, 4, 2, 4), kind="distinct"), 2))(_max("max_pool3d", 3))


def _avg(name, n):
    def pool(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
             divisor_override=None):  # fmt: skip
        if ceil_mode or divisor_override is not None:
            raise NotImplementedError(f"{name}: ceil_mode and divisor_override")
        kernel, stride, pads = _grid(name, input, kernel_size, stride, padding, n)
        if not count_include_pad and any(map(any, pads)):
            raise NotImplementedError(f"{name}: count_include_pad=False")
        if n == 1:
            kernel, stride, pads = (1, *kernel), (1, *stride), ((0, 0), *pads)
        if input.dtype.category < dtypes.FLOAT and input.dtype is not dtypes.int64:
            kind = "avg_pool3d_out_frame" if n == 3 else "avg_pool2d"
            raise NotImplementedError(f"\"{kind}\" not implemented for '{input.dtype.legacy}'")
        prim = C.avg_pool3d if n == 3 else C.avg_pool2d
        return _lift(lambda x: prim(x, kernel, stride, pads), input, n)

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = f"The mean of each window (torch.nn.functional.{name})."
    return pool


avg_pool1d = public(S(T((2, 3, 6)), 2))(_avg("avg_pool1d", 1))
avg_pool2d = public(S(T((2, 2, 4, 6)), 2), S(T((1, 2, 5, 5)), 3, 2, 1))(_avg("avg_pool2d", 2))
avg_pool3d = public(S(T((1, 1, 4, 2, 4)), 2))(_avg("avg_pool3d", 3))


@public(S(T((2, 3, 4, 6)), 1), S(T((2, 3, 4, 6)), (2, 3)))
def adaptive_avg_pool2d(input, output_size):
    """The mean of windows that divide the input evenly
    (torch.nn.functional.adaptive_avg_pool2d)."""
    sizes = spread(output_size, 2)
    sizes = tuple(h if s is None else s for s, h in zip(sizes, input.shape[-2:], strict=True))
    if sizes == (1, 1):
        return input.mean((-1, -2), True)
    if any(h % s for s, h in zip(sizes, input.shape[-2:], strict=True)):
        raise NotImplementedError("adaptive_avg_pool2d of a size that does not divide the input")
    kernel = tuple(h // s for s, h in zip(sizes, input.shape[-2:], strict=True))
    pads = ((0, 0), (0, 0))
    return _lift(lambda x: C.adaptive_avg_pool2d(x, kernel, kernel, pads), input, 2)
