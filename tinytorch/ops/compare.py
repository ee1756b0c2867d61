"""Comparisons, tests of a value's kind, logic: results are bool and have no gradient."""

from __future__ import annotations

import math

from .. import dtypes, registry
from ..dispatch import dtype_of
from ..samples import S, T
from ..tensor import Tensor, fresh
from .rules import FLOATS, REALS, every, refuse, refuse_complex
from .table import alias, binary, check_broadcast, primitive, refuse_batches, unary

C = dtypes.COMPLEX

eq = binary("eq", kernel="equal", also=("int64", "complex128"))
ne = binary("ne", kernel="not_equal", also=("int64", "complex128"))


def _order(name, kernel):
    return binary(name, kernel=kernel, meta=REALS, also=("int64",),
                  check=every(check_broadcast, refuse(name + "_cpu", C)))  # fmt: skip


lt = _order("lt", "less")
le = _order("le", "less_equal")
gt = _order("gt", "greater")
ge = _order("ge", "greater_equal")

# --- logic ----------------------------------------------------------------------------------------


def _truth(P, x):
    return P.not_equal(x, 0)


logical_not = unary("logical_not", promote=None, also=("int64", "complex128"))


def _logical(name, kernel):
    return binary(
        name, scalars=False, also=("int64", "complex128"),
        forward=lambda P, x, y: getattr(P, kernel)(_truth(P, x), _truth(P, y)),
    )  # fmt: skip


logical_and = _logical("logical_and", "bitwise_and")
logical_or = _logical("logical_or", "bitwise_or")
logical_xor = _logical("logical_xor", "bitwise_xor")

# --- kinds of values ------------------------------------------------------------------------------


def _kind(name, forward, check=None):
    return unary(name, promote=None, inplace=False, forward=forward, check=check, meta=FLOATS,
                 also=("int64",) if check else ("int64", "complex128"))  # fmt: skip


def _all(P, x, value):
    return P.full(tuple(x.shape), value, P.bool)


def _isinf(P, x):
    if P.torch_dtype[x.dtype].is_complex:
        return P.logical_or(P.isinf(P.real(x)), P.isinf(P.imag(x)))
    return P.equal(P.abs(x), math.inf) if P.differentiable(x) else _all(P, x, False)


def _isfinite(P, x):
    if P.torch_dtype[x.dtype].is_complex:
        return P.logical_and(P.isfinite(P.real(x)), P.isfinite(P.imag(x)))
    return P.less(P.abs(x), math.inf) if P.differentiable(x) else _all(P, x, True)


def _signed_inf(value):
    def forward(P, x):
        return P.equal(x, value) if P.differentiable(x) else _all(P, x, False)

    return forward


isnan = _kind("isnan", lambda P, x: P.not_equal(x, x))
isinf = _kind("isinf", _isinf)
isfinite = _kind("isfinite", _isfinite)
isposinf = _kind("isposinf", _signed_inf(math.inf), refuse_complex(
    "isposinf does not support complex inputs.", RuntimeError))  # fmt: skip
isneginf = _kind("isneginf", _signed_inf(-math.inf), refuse_complex(
    "isneginf does not support complex inputs.", RuntimeError))  # fmt: skip
isreal = _kind(
    "isreal", lambda P, x: P.equal(P.imag(x), 0) if P.torch_dtype[x.dtype].is_complex
    else _all(P, x, True),
)  # fmt: skip


# --- closeness and sameness -----------------------------------------------------------------------


def _isclose(P, x, y, rtol, atol, equal_nan):
    close = P.equal(x, y)
    if equal_nan and P.differentiable(x):
        close = P.logical_or(close, P.logical_and(P.isnan(x), P.isnan(y)))
    if rtol == 0 and atol == 0:
        return close
    if not P.differentiable(x):
        wide = P.widest
        x, y = P.astype(x, wide), P.astype(y, wide)
    allowed = P.add(P.multiply(P.abs(y), rtol), atol)
    error = P.abs(P.subtract(x, y))
    return P.logical_or(close, P.logical_and(P.isfinite(error), P.less_equal(error, allowed)))


isclose_ = primitive(
    "isclose", operands=("a", "b"), params=("rtol", "atol", "equal_nan"), forward=_isclose,
)  # fmt: skip


def _tolerances(name, input, other, rtol, atol):
    for value, what, position in ((input, "input", 1), (other, "other", 2)):
        if not isinstance(value, Tensor):
            raise registry.bad_argument(name, what, position, value)
    a, b = dtype_of(fresh(input)), dtype_of(fresh(other))
    if a is not b:
        raise RuntimeError(f"{a.legacy} did not match {b.legacy}")
    for value, what in ((rtol, "rtol"), (atol, "atol")):
        if value < 0:
            text = f"{value:g}"
            raise RuntimeError(f"{what} must be greater than or equal to zero, but got {text}")


_CLOSE = [
    S(T((3, 4)), T((4,))), S(T((3, 4)), T((3, 4)), rtol=0.5, atol=0.1), S(T(()), T(()), atol=2.0),
    S(T((6,), -3, 3, kind="index"), T((6,), -3, 3, kind="index")), S(T((0,)), T((0,))),
]  # fmt: skip


@registry.public("isclose", samples=_CLOSE)
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether ``|input - other| <= atol + rtol * |other|``, elementwise (torch.isclose)."""
    _tolerances("isclose", input, other, rtol, atol)
    check_broadcast(fresh(input), fresh(other))
    return isclose_(input, other, rtol, atol, equal_nan)


@registry.public("allclose", samples=_CLOSE)
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements are close, as one Python bool (torch.allclose)."""
    _tolerances("allclose", input, other, rtol, atol)
    check_broadcast(fresh(input), fresh(other))
    refuse_batches("allclose", input, other)
    return bool(isclose_(input, other, rtol, atol, equal_nan).all().item())


@registry.public("equal", samples=lambda: [
    S(T((3, 4)), T((3, 4))), S(T((3,)), T((4,))), S(T((0,)), T((0,))),
    S(T((1,), 0, 1, kind="index"), T((1,), 0, 1, kind="index")),
])  # fmt: skip
def equal(input, other):
    """Whether two tensors have the same shape and elements, as a Python bool (torch.equal)."""
    for value, what, position in ((input, "input", 1), (other, "other", 2)):
        if not isinstance(value, Tensor):
            raise registry.bad_argument("equal", what, position, value)
    refuse_batches("equal", input, other)
    if tuple(fresh(input)._raw.shape) != tuple(fresh(other)._raw.shape):
        return False
    return bool(eq(input, other).all().item())


alias({
    "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "not_equal": "ne",
})  # fmt: skip
