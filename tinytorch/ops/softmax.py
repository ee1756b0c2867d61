"""Softmax and its logarithm."""

from __future__ import annotations

import warnings

from .. import dtypes, registry
from ..dispatch import dtype_of
from ..samples import S, T
from ..tensor import fresh
from .convert import cast_to
from .fused import single
from .table import primitive, wrap_dim


def _softmax(P, x, dim):
    if not x.shape:
        return P.exp(P.subtract(x, x))
    if x.shape[dim] == 0:
        return x
    e = P.exp(P.subtract(x, P.max(x, (dim,), True)))
    return P.divide(e, P.sum(e, (dim,), True))


def _log_softmax(P, x, dim):
    if not x.shape:
        return P.subtract(x, x)
    if x.shape[dim] == 0:
        return x
    c = P.subtract(x, P.max(x, (dim,), True))
    return P.subtract(c, P.log(P.sum(P.exp(c), (dim,), True)))


def _total(P, x, dim):
    return P.sum(x, (dim,), True) if x.shape else x


def _softmax_grad(P, g, out, dim):
    gy = P.multiply(g, out)
    return P.subtract(gy, P.multiply(out, _total(P, gy, dim)))


softmax_prim = primitive("softmax", _softmax_grad, params=("dim",), forward=single(_softmax))
log_softmax_prim = primitive(
    "log_softmax", lambda P, g, out, dim: P.subtract(g, P.multiply(P.exp(out), _total(P, g, dim))),
    params=("dim",), forward=single(_log_softmax),
)  # fmt: skip


def _along(name, prim, kernel):
    @registry.public(name, out=True, samples=lambda: [
        S(T((3, 4)), 1), S(T((3, 4)), dim=0), S(T((2, 3, 2)), -2), S(T((5,)), 0), S(T(()), 0),
    ], doc=f"``{name}`` along a dimension of a floating tensor (torch.{name}).")  # fmt: skip
    def along(input, dim, dtype=None):
        raw, P = input._raw, input._p
        if dtype is None and (raw.dtype is P.float32 or raw.dtype is P.float64):
            n = len(raw.shape)
            if type(dim) is int and -n <= dim < n:
                return prim(input, dim if dim >= 0 else dim + n)
        input = fresh(input)
        if dtype is not None and dtype is not dtype_of(input):
            input = cast_to(input, dtype)
        d = dtype_of(input)
        if d.category != dtypes.FLOAT:
            raise NotImplementedError(f"\"{kernel}\" not implemented for '{d.legacy}'")
        return prim(input, wrap_dim(dim, len(input._raw.shape)))

    return along


softmax = _along("softmax", softmax_prim, "softmax_lastdim_kernel_impl")
log_softmax = _along("log_softmax", log_softmax_prim, "log_softmax_lastdim_kernel_impl")


def implicit_dim(name, ndim, level):
    """The dimension torch chooses, with a warning, where none is given."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument.",
        stacklevel=level + 1,
    )
    return 0 if ndim in (0, 1, 3) else 1
