"""Pooling of ``torch.nn.functional``: maxima, means, norms, adaptive sizes, and maxima undone.

One dimension is pooled as two, the first of size 1, as torch does. What torch checks stands in
`_window`, in its order, for all of them.
"""

from __future__ import annotations

import math

from .. import dtypes
from ..autograd.modes import LOCAL, no_grad
from ..ops import pool as C
from ..ops.table import wrap_dim
from ..samples import S, T
from ..tensor import fresh
from ._conv import spread
from ._functions import public

_WORDS = {2: "two", 3: "three"}


def _numbers(name, what, value, n):
    """A number for every dimension; torch's error of any other count."""
    v = (value,) if isinstance(value, int) else tuple(value)
    if what == "stride" and not v:
        return None
    if len(v) in (1, n):
        return spread(v, n)
    if n == 1 and name == "max_pool1d":
        either = "None, an int, list of ints," if what == "stride" else "an int, list of ints"
        raise RuntimeError(
            f"{name}() {what} must be {either} or tuple of ints of size 1 but got size {len(v)}"
        )
    if n == 1:
        raise RuntimeError(f"{name}() argument '{what}' should contain one int (got {len(v)})")
    either = "" if name == "avg_pool3d" else "either "
    be = "be either" if what == "dilation" else f"{either}be"
    omitted = "omitted, " if what == "stride" else ""
    raise RuntimeError(
        f"{name}: {what} must {be} {omitted}a single int, or a tuple of {_WORDS[n]} ints"
    )


def _places(size, k, s, p, d, ceil_mode):
    """How many windows there are along one dimension, with torch's errors of its numbers."""
    if s == 0:
        raise RuntimeError("stride should not be zero")
    if p < 0:
        raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
    if p > ((k - 1) * d + 1) // 2:
        raise RuntimeError(
            f"pad should be at most half of effective kernel size, but got pad={p}, "
            f"kernel_size={k} and dilation={d}"
        )
    out = (size + 2 * p - d * (k - 1) - 1 + (s - 1 if ceil_mode else 0)) // s + 1
    return out - 1 if ceil_mode and (out - 1) * s >= size + p else out


def _named(what, letters, values):
    return " ".join(f"{what}{a}: {v}" for a, v in zip(letters, values, strict=True))


def _check_shape(name, input, n, grid, out):
    """What torch says of windows and inputs that cannot be."""
    kernel, stride, _, dilation = grid
    shape, letters = list(input.shape), "THW"[-n:]
    for text, what, values in (
        ("kernel size", "k", kernel), ("stride", "d", stride), ("dilation", "dilation", dilation),
    ):  # fmt: skip
        if min(values) <= 0:
            got = _named(what, letters, values)
            raise RuntimeError(f"{text} should be greater than zero, but got {got}")
    inner = shape[-n - 1 :]
    if n == 3:
        where = f"{name}_with_indices_out_cpu_template()" if "max" in name else f"{name}()"
        if 0 in inner:
            raise RuntimeError(
                f"{where}: Expected input's non-batch dimensions to have positive length, but "
                f"input has a shape of {shape} and non-batch dimension 0 has length zero!"
            )
        sizes, lens = _named("", letters, inner[1:]), _named("k", letters, kernel)
        if "avg" in name and min(out) < 1:
            raise RuntimeError(f"input image ({sizes}) smaller than kernel size ({lens})")
    elif len(shape) not in (3, 4) or 0 in inner:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but "
            f"got:{shape}"
        )
    if min(out) < 1:
        size = "x".join(map(str, inner))
        left = "x".join(map(str, (inner[0], *out)))
        raise RuntimeError(
            f"Given input size: ({size}). Calculated output size: ({left}). Output size is too "
            "small"
        )


def _window(name, input, n, kernel, stride, padding, dilation, ceil_mode):
    """The grid of a pool, in at least two dimensions: kernel, stride, padding, dilation, and what
    the input is padded by so that the last window fits too."""
    kernel = _numbers(name, "kernel_size", kernel, n)
    stride = (kernel if stride is None else _numbers(name, "stride", stride, n)) or kernel
    padding = _numbers(name, "padding", padding, n)
    dilation = _numbers(name, "dilation", dilation, n)
    sizes = tuple(input.shape[-n:])
    if n == 1:
        kernel, stride, padding = (1, *kernel), (1, *stride), (0, *padding)
        dilation, sizes = (1, *dilation), (1, *sizes)
    dims = [*zip(sizes, kernel, stride, padding, dilation, strict=True)]
    out = [_places(*row, ceil_mode) for row in dims]
    grid = (kernel, stride, padding, dilation)
    _check_shape(name, input if n > 1 else input.unsqueeze(-2), max(n, 2), grid, out)
    pads = tuple(
        (p, max(p, (o - 1) * s + d * (k - 1) + 1 - m - p))
        for (m, k, s, p, d), o in zip(dims, out, strict=True)
    )
    return grid, pads


def _lift(fn, input, n):
    """Pool one dimension as two, as torch does."""
    results = fn(input.unsqueeze(-2) if n == 1 else input)
    return tuple(r.squeeze(-2) if n == 1 else r for r in results)


def _one_dim(name, input):
    if input.dim() not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.dim()}-dimensional tensor for argument #1 "
            f"'self' (while checking arguments for {name})"
        )


def _named_as(fn, name, doc):
    fn.__name__ = fn.__qualname__ = name
    fn.__doc__ = f"{doc} (torch.nn.functional.{name})."
    return fn


# --- maxima ---------------------------------------------------------------------------------------


def _check_max1d(input, kernel, stride, padding, dilation):
    shape = list(input.shape)
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(
            "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for "
            f"input, but got:{shape}"
        )
    kernel = _numbers("max_pool1d", "kernel_size", kernel, 1)
    stride = (kernel if stride is None else _numbers("max_pool1d", "stride", stride, 1)) or kernel
    _numbers("max_pool1d", "padding", padding, 1)
    dilation = _numbers("max_pool1d", "dilation", dilation, 1)
    for what, v in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        if v[0] <= 0:
            raise RuntimeError(f"max_pool1d() {what} must be greater than zero, but got {v[0]}")
    return kernel[0], stride[0], dilation[0]


def _check_pad1d(padding, kernel):
    if padding < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {padding}")
    if padding > kernel // 2:
        raise RuntimeError(
            "max_pool1d() padding should be at most half of kernel size, but got "
            f"padding={padding} and kernel_size={kernel}"
        )


def _max(name, n):
    def pool(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
             return_indices=False):  # fmt: skip
        if n == 1:
            k, s, d = _check_max1d(input, kernel_size, stride, padding, dilation)
            (p,) = spread(padding, 1)
            if not return_indices:
                _check_pad1d(p, k)
            out = _places(input.shape[-1], k, s, p, d, ceil_mode)
            if out <= 0:
                raise RuntimeError(f"max_pool1d() Invalid computed output size: {out}")
        elif n == 3 and input.dim() not in (4, 5):
            raise RuntimeError("non-empty 4D or 5D (batch mode) tensor expected for input")
        elif n == 2 and input.dim() not in (3, 4):
            raise RuntimeError("non-empty 3D or 4D (batch mode) tensor expected for input")
        grid, pads = _window(name, input, n, kernel_size, stride, padding, dilation, ceil_mode)
        kernel, stride, padding, dilation = grid
        prim = C.max_pool[max(n, 2)]
        if not (return_indices or LOCAL.duals or LOCAL.grad and input.requires_grad):
            return _lift(lambda x: (C.maxima(x, kernel, stride, pads, dilation),), input, n)[0]

        def pair(x):
            with no_grad():
                at = C.largest(x.detach(), kernel, stride, pads, dilation)
            return prim(x, at, kernel, stride, padding, dilation, bool(ceil_mode)), at

        values, at = _lift(pair, input, n)
        return (values, at) if return_indices else values

    return _named_as(pool, name, "The largest element of each window")


_D = "distinct"
max_pool1d = public(S(T((2, 3, 6), kind=_D), 2), S(T((3, 7), kind=_D), 3, 2, 1, 2, True))(
    _max("max_pool1d", 1)
)
max_pool2d = public(
    S(T((2, 2, 4, 6), kind=_D), 2), S(T((1, 2, 5, 5), kind=_D), 3, 2, 1),
    S(T((2, 6, 5), kind=_D), (3, 2), 2, 1, 1, True),
)(_max("max_pool2d", 2))  # fmt: skip
max_pool3d = public(
    S(T((1, 1, 4, 2, 4), kind=_D), 2), S(T((1, 3, 3, 5), kind=_D), 2, 2, 0, 1, True)
)(_max("max_pool3d", 3))


# --- means ----------------------------------------------------------------------------------------


def _avg(name, n):
    def pool(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
             divisor_override=None):  # fmt: skip
        if n == 1:
            _one_dim(name, input)
        elif n == 3 and input.dim() not in (4, 5):
            raise RuntimeError("non-empty 4D or 5D (batch mode) tensor expected for input")
        wrap_dim(-n - (n == 2), input.dim())
        if divisor_override == 0:
            raise RuntimeError("divisor must be not zero")
        grid, pads = _window(name, input, n, kernel_size, stride, padding, 1, ceil_mode)
        kernel, stride, padding, _ = grid
        if input.dtype.category < dtypes.FLOAT and input.dtype is not dtypes.int64:
            kind = "avg_pool3d_out_frame" if n == 3 else "avg_pool2d"
            raise NotImplementedError(f"\"{kind}\" not implemented for '{input.dtype.legacy}'")
        plain = tuple((p, p) for p in padding)
        counted = plain if count_include_pad else ((0, 0),) * len(padding)
        how = math.prod(kernel) if pads == counted else tuple(
            (lo, min(hi, high)) for (lo, hi), (_, high) in zip(counted, pads, strict=True)
        )  # fmt: skip
        if divisor_override is not None:
            how = int(divisor_override)
        prim, rest = C.avg_pool[max(n, 2)], (bool(ceil_mode), bool(count_include_pad))
        return _lift(
            lambda x: [prim(x, kernel, stride, pads, how, *rest, divisor_override)], input, n
        )[0]

    return _named_as(pool, name, "The mean of each window")


avg_pool1d = public(S(T((2, 3, 6)), 2), S(T((3, 7)), 3, 2, 1, True))(_avg("avg_pool1d", 1))
avg_pool2d = public(
    S(T((2, 2, 4, 6)), 2), S(T((1, 2, 5, 5)), 3, 2, 1), S(T((1, 2, 5, 6)), 3, 2, 1, True, False),
    S(T((2, 5, 6)), (2, 3), None, 0, False, True, 3),
)(_avg("avg_pool2d", 2))  # fmt: skip
avg_pool3d = public(S(T((1, 1, 4, 2, 4)), 2), S(T((1, 3, 4, 5)), 2, 3, 1, True, False))(
    _avg("avg_pool3d", 3)
)


def _norm(name, n, means, largest):
    def pool(input, norm_type, kernel_size, stride=None, ceil_mode=False):
        if norm_type == math.inf:
            return largest(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
        if norm_type == -math.inf:
            return -largest(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)
        out = means(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
        out = out.sign() * out.abs().relu()
        return out.mul(math.prod(spread(kernel_size, n))).pow(1.0 / norm_type)

    return _named_as(pool, name, "The norm of each window")


_P = T((2, 3, 6), 0.1, 2.0)
lp_pool1d = public(S(_P, 2, 2), S(_P, 3, 3, 2, True))(_norm("lp_pool1d", 1, avg_pool1d, max_pool1d))
lp_pool2d = public(S(T((2, 5, 6), 0.1, 2.0), 2, (3, 2), 2, True))(
    _norm("lp_pool2d", 2, avg_pool2d, max_pool2d)
)
lp_pool3d = public(S(T((1, 3, 4, 4), 0.1, 2.0), 2, 2))(
    _norm("lp_pool3d", 3, avg_pool3d, max_pool3d)
)


# --- adaptive sizes -------------------------------------------------------------------------------


def _adaptive(name, input, output_size, n):
    """The sizes that are asked for, in at least two dimensions, with torch's errors."""
    mean = "avg" in name
    if n == 1:
        _one_dim(name, input)
        given = (output_size,) if isinstance(output_size, int) else tuple(output_size)
        if len(given) != 1:
            raise RuntimeError(
                f"{name}() argument 'output_size' should contain one int (got {len(given)})"
            )
        if not mean and 0 in input.shape[-2:]:
            raise _empty(name, list(input.shape), -2)
        return _adaptive(name.replace("1d", "2d"), input.unsqueeze(-2), (1, *given), 2)
    dims, shape = f"{n + 1}D or {n + 2}D", list(input.shape)
    if not isinstance(output_size, int):
        output_size = tuple(output_size)
        if len(output_size) >= len(shape):
            raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
        output_size = tuple(
            m if s is None else s
            for s, m in zip(output_size, shape[-len(output_size) :], strict=False)
        )
    sizes = (output_size,) * n if isinstance(output_size, int) else output_size
    if len(sizes) != n:
        if mean:
            raise RuntimeError(f"{name}: output_size must be {n}")
        raise RuntimeError(f"{name}(): internal error: output_size.size() must be {n}")
    if mean and min(sizes) < 0:
        got = ", ".join(map(str, sizes[:2])) + "".join(
            f",{s}" for s in sizes[2:]
        )  # as torch has it
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received "
            f"{{{got}}}"
        )
    if len(shape) not in (n + 1, n + 2):
        colon = "" if mean else ":"
        raise RuntimeError(f"{name}(): Expected {dims} tensor, but got{colon} {shape}")
    first = -n if mean else -n - 1
    if 0 in shape[first:]:
        raise _empty(name, shape, first)
    if not mean and min(sizes) < 0:
        made = [*shape[:-n], *sizes]
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(sizes)}: {made}")
    return input, sizes


def _empty(name, shape, first):
    i = shape.index(0, len(shape) + first)
    return RuntimeError(
        f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has "
        f"sizes {shape} with dimension {i} being empty"
    )


def _refuse_integers(name, input):
    if input.dtype.category < dtypes.FLOAT:
        raise NotImplementedError(f"\"{name}\" not implemented for '{input.dtype.legacy}'")


def _adaptive_avg(name, n):
    def pool(input, output_size):
        x, sizes = _adaptive(name, input, output_size, n)
        dims = max(n, 2)
        if all(s == 1 for s in sizes):
            out = x.mean(tuple(range(-dims, 0)), True)
        else:
            _refuse_integers(f"adaptive_avg_pool{dims}d" + "_cpu" * (dims == 3), x)
            out = C.adaptive_avg_pool[dims](x, tuple(sizes))
        return out.squeeze(-2) if n == 1 else out

    return _named_as(pool, name, "The mean of windows of as even a size as may be")


adaptive_avg_pool1d = public(S(T((2, 3, 7)), 3))(_adaptive_avg("adaptive_avg_pool1d", 1))
adaptive_avg_pool2d = public(S(T((2, 3, 4, 6)), 1), S(T((2, 3, 4, 6)), (2, 3)),
                             S(T((2, 5, 7)), (3, 4)))(
    _adaptive_avg("adaptive_avg_pool2d", 2)
)  # fmt: skip
adaptive_avg_pool3d = public(S(T((1, 2, 3, 4, 5)), (2, 3, 2)))(
    _adaptive_avg("adaptive_avg_pool3d", 3)
)


def _adaptive_max(name, n):
    def pool(input, output_size, return_indices=False):
        x, sizes = _adaptive(name, input, output_size, n)
        dims = max(n, 2)
        _refuse_integers(f"adaptive_max_pool{dims}d" + "_cpu" * (dims == 3), x)
        with no_grad():
            at = C.largest_adaptive(x.detach(), sizes)
        values = C.adaptive_max_pool[dims](x, at)
        if n == 1:
            values, at = values.squeeze(-2), at.squeeze(-2)
        return (values, at) if return_indices else values

    return _named_as(pool, name, "The largest element of windows of as even a size as may be")


adaptive_max_pool1d = public(S(T((2, 3, 7), kind=_D), 3))(_adaptive_max("adaptive_max_pool1d", 1))
adaptive_max_pool2d = public(S(T((2, 3, 4, 6), kind=_D), (2, 3)), S(T((2, 5, 7), kind=_D), (3, 4)))(
    _adaptive_max("adaptive_max_pool2d", 2)
)
adaptive_max_pool3d = public(S(T((1, 2, 3, 4, 5), kind=_D), (2, 3, 2)))(
    _adaptive_max("adaptive_max_pool3d", 3)
)


# --- maxima undone --------------------------------------------------------------------------------


def _unpooled(input, kernel, stride, padding, output_size):
    n = len(kernel)
    grid = zip(input.shape[-n:], kernel, stride, padding, strict=True)
    usual = [(m - 1) * s + k - 2 * p for m, k, s, p in grid]
    if output_size is None:
        return tuple(usual)
    if len(output_size) == n + 2:
        output_size = output_size[2:]
    if len(output_size) != n:
        raise ValueError(
            f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a "
            f"length of '{len(output_size)}'"
        )
    for d, (size, s, got) in enumerate(zip(usual, stride, output_size, strict=True)):
        if not size - s < got < size + s:
            raise ValueError(
                f'invalid output_size "{output_size}" (dim {d} must be between {size - s} and '
                f"{size + s})"
            )
    return tuple(output_size)


def _unpool(name, n):
    def unpool(input, indices, kernel_size, stride=None, padding=0, output_size=None):
        kernel = spread(kernel_size, n)
        stride = kernel if stride is None else spread(stride, n)
        sizes = _unpooled(input, kernel, stride, spread(padding, n), output_size)
        x, at, dims = input, indices, max(n, 2)
        if n == 1:
            x, at, sizes = x.unsqueeze(-1), at.unsqueeze(-1), (*sizes, 1)
        if at.dtype is not dtypes.int64:
            name = at.dtype.legacy
            raise RuntimeError(f"elements in indices should be type int64 but got: {name}")
        if x.dim() not in (dims + 1, dims + 2):
            raise RuntimeError(
                f"Input to max_unpooling{dims}d should be a {dims + 1}d or {dims + 2}d Tensor, but "
                f"got a tensor with {input.dim()} dimensions."
            )
        if x.shape != at.shape:
            raise RuntimeError(
                "Expected shape of indices to be same as that of the input tensor "
                f"({list(x.shape)}) but got indices tensor with shape: {list(at.shape)}"
            )
        most = math.prod(sizes) - 1
        if at.numel() and not at._p.within(fresh(at)._raw, 0, most):
            from ..func import debug_unwrap

            seen, volume = debug_unwrap(at), "x".join(map(str, sizes))
            wrong = seen[(seen < 0) | (seen > most)][0].item()
            raise RuntimeError(
                f"Found an invalid max index: {wrong} (output volumes are of size {volume})"
            )
        out = C.max_unpool[dims](x, at, (*x.shape[:-dims], *sizes))
        return out.squeeze(-1) if n == 1 else out

    return _named_as(unpool, name, "The elements of a pool back at their places, among zeros")


max_unpool1d = public()(_unpool("max_unpool1d", 1))
max_unpool2d = public()(_unpool("max_unpool2d", 2))
max_unpool3d = public()(_unpool("max_unpool3d", 3))
