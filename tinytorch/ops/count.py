"""Counting: bins, histograms and distinct values."""

from __future__ import annotations

from .. import dtypes, registry, return_types
from ..samples import S, T
from ..tensor import fresh, made
from .table import by_example, compose, wrap_dim


def _bincount(P, x, weights, n):
    dtype = P.int64 if weights is None else weights.dtype
    if weights is None:
        weights = P.full(tuple(x.shape), 1, P.int64)
    return P.put_add(P.full((n,), 0, dtype), (x,), weights)


compose("bincount", _bincount)


@registry.public("bincount", samples=lambda: [S(T((6,), 0, 5, kind="index")),
                                      S(T((6,), 0, 5, kind="index"), T((6,), grad=False)),
                                      S(T((6,), 0, 3, kind="index"), minlength=6)])  # fmt: skip
@by_example
def bincount(input, weights=None, minlength=0):
    """How often each non-negative integer occurs, or the sum of its weights (torch.bincount)."""
    x = fresh(input)
    if x.dtype.category > dtypes.INT:
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{x.dtype.legacy}'")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if x.dim() != 1 or (x.numel() and int(x.min().item()) < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    n = max(int(x.max().item()) + 1 if x.numel() else 0, minlength)
    w = None
    if weights is not None:
        w = fresh(weights)
        if w.numel() != x.numel():
            raise RuntimeError("weights should be 1-d and have the same length as input")
        w = (w if w.dtype is dtypes.float32 else w.to(dtypes.float64))._raw
    return made(x._p, x._p.bincount(x.to(dtypes.int64)._raw, w, n))


def _edges(x, bins, low, high):
    if low == 0 and high == 0 and x.numel():
        low, high = float(x.min().item()), float(x.max().item())
    if low == high:
        low, high = low - 1, high + 1
    return low, high


@registry.public("histc", out=True, samples=lambda: [S(T((9,), grad=False), 4, -2, 2)])
@by_example
def histc(input, bins=100, min=0, max=0):
    """Counts of elements in equal bins between two bounds (torch.histc)."""
    x = fresh(input).detach()
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    if min > max:
        raise RuntimeError("max must be larger than min")
    low, high = _edges(x, bins, min, max)
    flat = x.reshape(-1)
    inside = flat[(flat >= low) & (flat <= high)]
    at = ((inside - low) * (bins / (high - low))).to(dtypes.int64).clamp(max=bins - 1)
    return bincount(at, minlength=bins).to(x.dtype)


@registry.public("histogram")
def histogram(input, bins, *, range=None, weight=None, density=False):
    """Counts (or densities) in equal bins, with their edges (torch.histogram)."""
    from .create import linspace

    x = fresh(input).detach()
    low, high = _edges(x, bins, *(range or (0, 0)))
    edges = linspace(low, high, bins + 1, dtype=x.dtype, device=x.device)
    flat = x.reshape(-1)
    keep = (flat >= low) & (flat <= high)
    at = ((flat[keep] - low) * (bins / (high - low))).to(dtypes.int64).clamp(max=bins - 1)
    w = None if weight is None else weight.reshape(-1)[keep]
    hist = bincount(at, w, minlength=bins).to(x.dtype)
    if density:
        hist = hist / hist.sum() / (edges[1:] - edges[:-1])
    return return_types.histogram(hist, edges)


# --- distinct values ------------------------------------------------------------------------------


def _results(values, inverse, counts, return_inverse, return_counts):
    out = (values,)
    if return_inverse:
        out += (inverse,)
    if return_counts:
        out += (counts,)
    return out if len(out) > 1 else values


def _runs(rows):
    """Where runs of equal rows start, and each row's run number; rows is (n,) or (n, m)."""
    n = rows.shape[0]
    change = rows[1:] != rows[:-1]
    if change.dim() > 1:
        change = change.reshape(n - 1, -1).any(1)
    first = change.new_ones(1)
    from .join import cat

    starts = cat([first, change]) if n else first[:0]
    return starts.nonzero(as_tuple=True)[0], starts.to(dtypes.int64).cumsum(0) - 1


def _counts(starts, n):
    from .join import cat

    end = starts.new_full((1,), n)
    return cat([starts[1:], end]) - starts if starts.numel() else starts


@registry.public("unique_consecutive", samples=lambda: [S(T((8,), 0, 3, kind="index")),
    S(T((8,), 0, 3, kind="index"), return_inverse=True, return_counts=True)])  # fmt: skip
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """The values of runs of equal elements (torch.unique_consecutive)."""
    x = fresh(input).detach()
    rows = x.reshape(-1) if dim is None else x.movedim(wrap_dim(dim, x.dim()), 0)
    starts, number = _runs(rows)
    values = rows[starts]
    inverse = number.reshape(x.shape) if dim is None else number
    values = values if dim is None else values.movedim(0, wrap_dim(dim, x.dim()))
    return _results(values, inverse, _counts(starts, rows.shape[0]), return_inverse, return_counts)


@registry.public("unique", samples=lambda: [
    S(T((8,), 0, 4, kind="index")), S(T((3, 4), 0, 4, kind="index"), return_inverse=True),
    S(T((8,), 0, 4, kind="index"), return_counts=True),
    S(T((6, 2), 0, 2, kind="index"), dim=0, return_inverse=True, return_counts=True)])  # fmt: skip
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The distinct values in order, with places and counts on request (torch.unique)."""
    from .sort import argsort

    x = fresh(input).detach()
    if dim is None:
        rows = x.reshape(-1)
        order = argsort(rows, 0, stable=True)
    else:
        d = wrap_dim(dim, x.dim())
        rows = x.movedim(d, 0)
        flat = rows.reshape(rows.shape[0], -1)
        order = argsort(flat[:, -1], 0, stable=True)
        for j in range(flat.shape[1] - 2, -1, -1):
            order = order[argsort(flat[order, j], 0, stable=True)]
    ranked = rows[order]
    starts, number = _runs(ranked)
    values = ranked[starts]
    inverse = number.new_zeros(number.shape).scatter(0, order, number)
    if dim is None:
        inverse = inverse.reshape(x.shape)
    else:
        values = values.movedim(0, wrap_dim(dim, x.dim()))
    return _results(values, inverse, _counts(starts, rows.shape[0]), return_inverse, return_counts)
