"""Reductions: sums, means, extrema."""

from __future__ import annotations

from .. import dtypes, registry
from ..dispatch import dtype_of
from ..tensor import fresh
from .convert import cast_to
from .table import primitive, wrap_dims


def restore(P, g, shape, axes, keepdims):
    """A reduced gradient with the reduced dimensions put back as ones."""
    if axes is None or keepdims or not shape:
        return g
    return P.reshape(g, tuple(1 if i in axes else n for i, n in enumerate(shape)))


def _sum_grad(P, g, a_shape, axes, keepdims):
    return P.spread(restore(P, g, a_shape, axes, keepdims), a_shape)


def _mean_grad(P, g, a_shape, axes, keepdims):
    n = 1
    for i in range(len(a_shape)) if axes is None else axes:
        n *= a_shape[i]
    return P.spread(restore(P, P.divide(g, n), a_shape, axes, keepdims), a_shape)


_AXES = ("axes", "keepdims")
sum_all = primitive("sum", _sum_grad, node="SumBackward0", params=_AXES)
sum_dim = primitive("sum_dim", _sum_grad, kernel="sum", node="SumBackward1", params=_AXES)
mean_all = primitive("mean", _mean_grad, node="MeanBackward0", params=_AXES)
mean_dim = primitive("mean_dim", _mean_grad, kernel="mean", node="MeanBackward1", params=_AXES)


def _accumulator(input, dtype):
    """The dtype that a sum is taken in: the one asked for, int64 for integers."""
    if dtype is None:
        have = dtype_of(fresh(input))
        dtype = dtypes.int64 if have.category <= dtypes.INT else have
    return input if dtype_of(fresh(input)) is dtype else cast_to(input, dtype)


@registry.public("sum", out=True)
def sum(input, dim=None, keepdim=False, *, dtype=None):
    """Sum over all or some dimensions; integers sum to int64 (torch.sum)."""
    P = input._p
    dt = input._raw.dtype
    if dtype is not None or not (dt is P.float32 or dt is P.float64):
        input = _accumulator(input, dtype)
    if dim is None:
        return sum_all(input, None, keepdim)
    return sum_dim(input, wrap_dims(dim, len(input._raw.shape)), keepdim)


@registry.public("mean", out=True)
def mean(input, dim=None, keepdim=False, *, dtype=None):
    """Mean over all or some dimensions of a floating tensor (torch.mean)."""
    if dtype is not None:
        input = cast_to(input, dtype)
    have = dtype_of(fresh(input))
    if have.category < dtypes.FLOAT:
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or "
            f"complex dtype. Got: {have.legacy}"
        )
    if dim is None:
        return mean_all(input, None, keepdim)
    return mean_dim(input, wrap_dims(dim, len(input._raw.shape)), keepdim)
