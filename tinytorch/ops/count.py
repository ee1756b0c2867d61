"""Counting: bins, histograms and distinct values."""

from __future__ import annotations

import math

from .. import dtypes, registry, return_types
from ..autograd.errors import c_name
from ..samples import S, T
from ..tensor import Tensor, fresh, made
from .rules import undefined
from .sort import argsort, searchsorted
from .table import by_example, camel, compose, primitive, refuse_batches, wrap_dim


def _bincount(P, x, weights, n):
    dtype = P.int64 if weights is None else weights.dtype
    if weights is None:
        weights = P.full(tuple(x.shape), 1, P.int64)
    return P.put_add(P.full((n,), 0, dtype), (x,), weights)


compose("bincount", _bincount)
_weighted = primitive(
    "bincount_of", None, undefined("bincount"), kernel="first_of", operands=("v", "a"),
    node="NotImplemented",
)  # fmt: skip


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
    out = made(x._p, x._p.bincount(x.to(dtypes.int64)._raw, w, n))
    return out if w is None else _weighted(out, weights)


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
        raise RuntimeError("torch.histc: max must be larger than min")
    low, high = _edges(x, bins, min, max)
    flat = x.reshape(-1)
    inside = flat[(flat >= low) & (flat <= high)]
    at = ((inside - low) * (bins / (high - low))).to(dtypes.int64).clamp(max=bins - 1)
    return bincount(at, minlength=bins).to(x.dtype)


def _fail(text):
    raise RuntimeError(f"torch.histogramdd: {text}")


def _bin_edges(x, bins, range):
    """The edges of bins: given, or equally far apart between two bounds."""
    from .create import linspace

    if isinstance(bins, Tensor):
        if bins.dim() != 1:
            _fail(f"bins tensor should have one dimension, but got {bins.dim()} dimensions in the "
                  "bins tensor for dimension 0")  # fmt: skip
        if bins.dtype is not x.dtype:
            _fail("input tensor and bins tensors should have the same dtype, but got input with "
                  f"dtype {c_name(x.dtype)} and bins for dimension 0 with dtype "
                  f"{c_name(bins.dtype)}")  # fmt: skip
        return bins.detach().clone()
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    if range is None:
        range = (x.min().item(), x.max().item()) if x.numel() else (0.0, 1.0)
    low, high = range
    if not (math.isfinite(low) and math.isfinite(high)):
        _fail(f"dimension 0's range [{low:g}, {high:g}] is not finite")
    if low > high:
        _fail(f"min should not exceed max, but got min {low:g} max {high:g} for dimension 0")
    if low == high:
        low, high = low - 0.5, high + 0.5
    return linspace(low, high, bins + 1, dtype=x.dtype, device=x.device)


histogram_of = primitive(
    "histogram_of", undefined("histogram"), whole=True, outputs=2, operands=("h", "e", "a"),
    node="NotImplemented", forward=lambda P, h, e, a: (P.copy(h), P.copy(e)),
    meta={"asked": (2,), "shapes_only": True},
)  # fmt: skip


@registry.public("histogram", out=True, samples=lambda: [
    S(T((9,), grad=False), 4), S(T((9,), grad=False), 3, range=(-1, 1), density=True),
])  # fmt: skip
@by_example
def histogram(input, bins, *, range=None, weight=None, density=False):
    """Counts (or densities) in bins, with their edges (torch.histogram)."""
    x = fresh(input).detach()
    if x.dtype.category != dtypes.FLOAT:
        raise NotImplementedError(f"\"histogramdd\" not implemented for '{x.dtype.legacy}'")
    edges = _bin_edges(x, bins, range)
    flat, n = x.reshape(-1), edges.numel() - 1
    keep = (flat >= edges[0]) & (flat <= edges[-1])
    at = (searchsorted(edges, flat[keep], right=True) - 1).clamp(max=n - 1)
    w = None if weight is None else fresh(weight).detach().reshape(-1)[keep]
    hist = bincount(at, w, minlength=n).to(x.dtype)
    if density:
        hist = hist / hist.sum() / (edges[1:] - edges[:-1])
    return return_types.histogram(*histogram_of(hist, edges, input))


# --- distinct values ------------------------------------------------------------------------------


def _no_derivative(name):
    """What ties distinct values to the tensor they are of; torch knows no derivative of them."""
    text = "the derivative for '{}' is not implemented."
    return primitive(
        name, None, undefined(name, text, NotImplementedError, name), kernel="first_of",
        operands=("v", "a"), node=camel(name.removeprefix("_")) + "Backward0",
    )  # fmt: skip


_values_of, _rows_of = _no_derivative("_unique2"), _no_derivative("unique_dim")
_runs_of = _no_derivative("unique_consecutive")


def _slices(x, dim):
    """The tensor as rows of elements, of which equal ones are looked for."""
    if dim is None:
        return x.reshape(-1)
    d = wrap_dim(dim, x.dim())
    if not x.numel() and any(n == 0 for i, n in enumerate(x.shape) if i != d):
        raise RuntimeError(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
        )
    return x.movedim(d, 0)


def _placed(values, x, dim):
    return values if dim is None else values.movedim(0, wrap_dim(dim, x.dim())).clone()


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
        change = change.flatten(1).any(1)
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
    refuse_batches("unique_consecutive", input)
    x = fresh(input).detach()
    rows = _slices(x, dim)
    starts, number = _runs(rows)
    inverse = number.reshape(x.shape) if dim is None else number
    values = _runs_of(_placed(rows[starts], x, dim), input)
    return _results(values, inverse, _counts(starts, rows.shape[0]), return_inverse, return_counts)


@registry.public("unique", samples=lambda: [
    S(T((8,), 0, 4, kind="index")), S(T((3, 4), 0, 4, kind="index"), return_inverse=True),
    S(T((8,), 0, 4, kind="index"), return_counts=True),
    S(T((6, 2), 0, 2, kind="index"), dim=0, return_inverse=True, return_counts=True)])  # fmt: skip
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The distinct values in order, with places and counts on request (torch.unique)."""
    refuse_batches("_unique2" if dim is None else "unique_dim", input)
    x = fresh(input).detach()
    rows = _slices(x, dim)
    flat = rows.flatten(1) if rows.dim() > 1 else rows.unsqueeze(1)
    order = argsort(flat[:, -1], 0, stable=True)
    for j in range(flat.shape[1] - 2, -1, -1):
        order = order[argsort(flat[order, j], 0, stable=True)]
    ranked = rows[order]
    starts, number = _runs(ranked)
    values = ranked[starts]
    inverse = number.new_zeros(number.shape).scatter(0, order, number)
    if dim is None:
        inverse = inverse.reshape(x.shape)
    values = (_values_of if dim is None else _rows_of)(_placed(values, x, dim), input)
    return _results(values, inverse, _counts(starts, rows.shape[0]), return_inverse, return_counts)
