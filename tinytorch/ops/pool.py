"""Pooling over any number of dimensions. Loaded with `nn.functional`.

A maximum is known by its place: ``largest`` finds, without history, which element of its plane each
window takes, and one linear pair moves values there and back (``picked`` and ``placed``), for
windows of any kind. A mean is a sum of windows (see `conv`) over what torch counts in each of them;
adaptive windows, which differ in size, are rows of one dimension after the other.
"""

from __future__ import annotations

import math

from .. import dtypes
from .conv import _padded, _unpadded, windows
from .table import camel, primitive

# --- maxima ---------------------------------------------------------------------------------------


def _planes(P, x, n):
    return P.reshape(x, (math.prod(x.shape[:-n]), math.prod(x.shape[-n:])))


def _take(P, x, i, n):
    return P.reshape(P.gather(_planes(P, x, n), _planes(P, i, n), 1), tuple(i.shape))


def _zeros(P, x, shape, n):
    return P.full_as(x, (math.prod(shape[:-n]), math.prod(shape[-n:])), 0)


def _put(P, x, i, shape, n):
    into = _zeros(P, x, shape, n)
    return P.reshape(P.scatter_add(into, _planes(P, i, n), _planes(P, x, n), 1), tuple(shape))


def picked(name, n, params=()):
    node = camel(name.removesuffix("2d").removesuffix("3d")) + f"{n}D"
    node += "WithIndices" * (name[:3] == "max")
    return primitive(
        name, lambda P, g, i, a_shape: _put(P, g, i, a_shape, n), None, operands=("a", "i"),
        params=params, kernel=f"pool_pick{n}", node=node + "Backward0",
        forward=lambda P, x, i, *_: _take(P, x, i, n), meta={"keeps": {"a": (0,)}},
    )  # fmt: skip


def placed(name, n):
    def forward(P, x, i, shape):
        into = _zeros(P, x, shape, n)
        return P.reshape(P.scatter(into, _planes(P, i, n), _planes(P, x, n), 1), shape)

    return primitive(
        name, lambda P, g, i: _take(P, g, i, n), None, operands=("a", "i"), params=("shape",),
        kernel=f"pool_place{n}", forward=forward, node=f"MaxUnpool{n}DBackward0",
    )  # fmt: skip


_GRID = ("kernel", "stride", "padding", "dilation", "ceil_mode")
max_pool = {n: picked(f"max_pool{n}d", n, _GRID) for n in (2, 3)}
adaptive_max_pool = {n: picked(f"adaptive_max_pool{n}d", n) for n in (2, 3)}
max_unpool = {n: placed(f"max_unpool{n}d", n) for n in (2, 3)}


def _lowest(d):
    """What padding holds, so that no maximum is taken from it."""
    if d.category >= dtypes.FLOAT:
        return -math.inf
    return -(1 << 8 * d.itemsize - 1) if d.is_signed else 0


def _columns(x, kernel, stride, pads, dilation):
    """What each window of ``x`` (N, C, *S) holds: (N, C, elements of a window, *places)."""
    from .pad import constant_pad

    wide = ((0, 0), (0, 0), *pads)
    padded = constant_pad(x, wide, _lowest(x.dtype)) if any(map(any, pads)) else x
    return windows(padded, kernel, stride, dilation)


def maxima(x, kernel, stride, pads, dilation):
    """The largest element of each window of ``x`` ([N], C, *S), where nobody asks which it is."""
    if x.dim() == len(kernel) + 1:
        return maxima(x.unsqueeze(0), kernel, stride, pads, dilation).squeeze(0)
    return _columns(x, kernel, stride, pads, dilation).amax(2)


def largest(x, kernel, stride, pads, dilation):
    """The place in its plane of the largest element of each window of ``x`` ([N], C, *S).

    As in torch the first of equal ones, but the last NaN.
    """
    from ..factories import tensor

    if x.dim() == len(kernel) + 1:
        return largest(x.unsqueeze(0), kernel, stride, pads, dilation).squeeze(0)
    at = _which(_columns(x, kernel, stride, pads, dilation))
    start, first, offsets, step = 0, 0, [0], 1
    for d in reversed(range(len(kernel))):
        starts = _along(x, at.shape[2 + d], d, len(kernel)) * stride[d] - pads[d][0]
        start = starts * step + start
        first = starts.where(starts >= 0, starts % dilation[d]) * step + first
        offsets = [i * dilation[d] * step + o for i in range(kernel[d]) for o in offsets]
        step *= x.shape[2 + d]
    place = tensor(offsets, device=x.device)[at] + start
    if any(low for low, _ in pads):  # of a window of nothing but lowest values: not the padding
        place = place.where(at > 0, first)
    return place


def _which(columns):
    """Which element of each window is taken: a pass for each, as windows are short."""
    best, *others = columns.unbind(2)
    at = best.new_zeros(best.shape, dtype=dtypes.int8 if len(others) < 128 else dtypes.int64)
    floating = best.dtype.category >= dtypes.FLOAT
    for k, value in enumerate(others, 1):
        better = value > best
        if floating:
            better = better | value.isnan()
        best, at = best.maximum(value), at.maximum(better.to(at.dtype) * k)
    return at.to(dtypes.int64)


def _along(x, n, d, dims):
    from ..factories import arange

    return arange(n, device=x.device).reshape(*(n if k == d else 1 for k in range(dims)))


def rows(n, out):
    """Where the windows of an adaptive pool begin and end along one dimension."""
    return [(i * n // out, -((i + 1) * n // -out)) for i in range(out)]


def largest_adaptive(x, sizes):
    """As `largest`, for windows that divide each dimension as evenly as may be."""
    from ..factories import arange
    from ..registry import functions

    shape, dims = x.shape[-len(sizes) :], len(sizes)
    if 0 in sizes:
        return arange(0, device=x.device).reshape(*x.shape[:-dims], *sizes)
    place = arange(math.prod(shape), device=x.device).reshape(shape).expand(x.shape)
    for d in range(-1, -dims - 1, -1):
        parts = []
        for lo, hi in rows(x.shape[d], sizes[d]):
            values, at = x.narrow(d, lo, hi - lo).max(d, True)
            parts.append((values, place.narrow(d, lo, hi - lo).gather(d, at)))
        x, place = (functions["cat"](list(p), d) for p in zip(*parts, strict=True))
    return place


# --- means ----------------------------------------------------------------------------------------


def _counts(P, x, shape, kernel, stride, padding, how):
    """How many elements torch divides the sum of each window by; ``how``: for all, or which
    paddings it counts."""
    if isinstance(how, int):
        return how
    ones = P.full_as(x, (1, 1, *(n + lo + hi for n, (lo, hi) in zip(shape, how, strict=True))), 1)
    rest = tuple((p - a, q - b) for (p, q), (a, b) in zip(padding, how, strict=True))
    cols = P.windows(_padded(P, ones, rest), kernel, stride, (1,) * len(kernel))
    return P.sum(cols, (2,), False)


def _avg_pool(P, x, kernel, stride, padding, how, *_):
    if len(x.shape) == len(kernel) + 1:
        out = _avg_pool(P, P.reshape(x, (1, *x.shape)), kernel, stride, padding, how)
        return P.reshape(out, tuple(out.shape[1:]))
    cols = P.windows(_padded(P, x, padding), kernel, stride, (1,) * len(kernel))
    if how == math.prod(kernel) and P.differentiable(x):
        return P.mean(cols, (2,), False)
    total = P.sum(cols, (2,), False)
    n = _counts(P, x, x.shape[2:], kernel, stride, padding, how)
    if P.differentiable(x):
        return P.divide(total, n)
    if isinstance(n, int) and n < 0:  # integers are divided towards zero
        total, n = P.negative(total), -n
    return P.multiply(P.sign(total), P.floor_divide(P.abs(total), n))


def _avg_pool_grad(P, g, a_shape, kernel, stride, padding, how):
    if len(a_shape) == len(kernel) + 1:
        one = P.reshape(g, (1, *g.shape))
        back = _avg_pool_grad(P, one, (1, *a_shape), kernel, stride, padding, how)
        return P.reshape(back, tuple(a_shape))
    n = _counts(P, g, a_shape[2:], kernel, stride, padding, how)
    one = (*g.shape[:2], 1, *g.shape[2:])
    each = P.reshape(P.divide(g, n), one)
    cols = P.spread(each, (*g.shape[:2], math.prod(kernel), *g.shape[2:]))
    shape = (*a_shape[:2], *(m + lo + hi for m, (lo, hi) in zip(a_shape[2:], padding, strict=True)))
    total = P.fold_windows(cols, shape, kernel, stride, (1,) * len(kernel))
    return _unpadded(P, total, padding)


_MEANS = ("kernel", "stride", "padding", "how", "ceil_mode", "count_include_pad",
          "divisor_override")  # fmt: skip
avg_pool = {
    n: primitive(f"avg_pool{n}d", _avg_pool_grad, params=_MEANS, kernel="avg_pool",
                 node=f"AvgPool{n}DBackward0", forward=_avg_pool, meta={"keeps": {"a": (0,)}})
    for n in (2, 3)
}  # fmt: skip


def _key(rank, d, lo, hi):
    return (*(slice(None),) * d, slice(lo, hi), *(slice(None),) * (rank - d - 1))


def _adaptive_avg(P, x, sizes):
    rank = len(x.shape)
    if 0 in sizes:
        return P.full_as(x, (*x.shape[: rank - len(sizes)], *sizes), 0)
    for d, out in enumerate(sizes, rank - len(sizes)):
        parts = [P.mean(P.getitem(x, _key(rank, d, lo, hi)), (d,), True)
                 for lo, hi in rows(x.shape[d], out)]  # fmt: skip
        x = P.concat(parts, d)
    return x


def _adaptive_avg_grad(P, g, a_shape, sizes):
    rank = len(a_shape)
    if 0 in sizes:
        return P.full_as(g, a_shape, 0)
    for d, out in reversed(list(enumerate(sizes, rank - len(sizes)))):
        shape = (*g.shape[:d], a_shape[d], *g.shape[d + 1 :])
        total = None
        for i, (lo, hi) in enumerate(rows(a_shape[d], out)):
            part = P.divide(P.getitem(g, _key(rank, d, i, i + 1)), hi - lo)
            part = P.spread(part, (*shape[:d], hi - lo, *shape[d + 1 :]))
            part = P.unslice(part, shape, _key(rank, d, lo, hi))
            total = part if total is None else P.add(total, part)
        g = total
    return g


adaptive_avg_pool = {
    n: primitive(f"adaptive_avg_pool{n}d", _adaptive_avg_grad, params=("sizes",),
                 kernel="adaptive_avg_pool", node=f"AdaptiveAvgPool{n}DBackward0",
                 forward=_adaptive_avg, meta={"keeps": {"a": (0,)}})
    for n in (2, 3)
}  # fmt: skip
