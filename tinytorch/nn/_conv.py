"""Convolution of ``torch.nn.functional``."""

from __future__ import annotations

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
        if weight.dim() != n + 2:
            k = weight.dim()
            raise RuntimeError(
                f"Expected {k}-dimensional input for {k}-dimensional weight{list(weight.shape)}, "
                f"but got {x.dim()}-dimensional input of size {list(x.shape)} instead"
            )
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
