"""Powers: of numbers and tensors on either side, each with the node that torch gives it."""

from __future__ import annotations

from numbers import Number

from .. import dtypes, registry
from ..dispatch import dtype_of
from ..primitive import TP
from ..samples import S, T, unary_samples
from ..tensor import Tensor, fresh
from .rules import constant, every, refuse, times, unless, zero
from .table import check_broadcast, no_form, primitive, unary

COMPLEX = ("complex128",)


def _pow_scalar_grad(P, g, a, c):
    if c == 0:
        return zero(P, g)
    if P is not TP:  # under create_graph every order keeps its node, as in torch
        if c == 1:
            return g
        if c == 2:
            return P.times(g, P.multiply(a, 2))
    return P.times(g, P.multiply(P.pow(a, c - 1), c))


def _pow_exponent_grad(P, g, a, b, out):
    if not hasattr(a, "dtype"):
        a = constant(P, b, a)
    if not hasattr(b, "dtype"):
        b = constant(P, a, b)
    nil = P.logical_and(P.equal(a, 0), P.greater_equal(P.real(b), 0))
    log = P.log(P.where(nil, constant(P, a, 1), a))
    return times(P, g, P.multiply(out, log))


def _pow_base_grad(P, g, a, b):
    if not hasattr(b, "dtype"):
        return _pow_scalar_grad(P, g, a, b)
    grad = times(P, g, P.multiply(b, P.pow(a, P.subtract(b, 1))))
    return unless(P, grad, P.equal(b, 0))


_POW = dict(kernel="pow", promote="common", scalars=True,
            check=every(check_broadcast, refuse("pow", dtypes.BOOL)))  # fmt: skip
pow_scalar = primitive(
    "pow_scalar", _pow_scalar_grad, kernel="pow", node="PowBackward0", params=("c",)
)
pow_number = primitive(
    "pow_number", _pow_base_grad, None, node="PowBackward0", operands=("a", "b"), kernel="pow",
    promote="common", scalars=True,
)  # fmt: skip
pow_tensor = primitive(
    "pow_tensor", _pow_base_grad, _pow_exponent_grad, node="PowBackward1", operands=("a", "b"),
    **_POW,
)  # fmt: skip
pow_of_number = primitive(
    "pow_of_number", None, lambda P, g, c, b, out: _pow_exponent_grad(P, g, c, b, out),
    node="PowBackward2", operands=("c", "b"), **_POW,
)  # fmt: skip


_C_INTS = {"uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t", "int32": "int"}


def _integer_power(d, b):
    if d.category > dtypes.INT:
        return
    if b < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    if d._name in _C_INTS and b >> (8 * d.itemsize - (d is not dtypes.uint8)):
        raise RuntimeError(f"value cannot be converted to type {_C_INTS[d._name]} without overflow")


def power(a, b):
    """``a ** b`` with a number or a tensor on either side."""
    if not isinstance(a, Tensor):
        return pow_of_number(a, b)
    if type(b) is float or type(b) is int:
        dt = a._raw.dtype
        P = a._p
        if dt is P.float32 or dt is P.float64:
            return pow_scalar(a, b)
        if type(b) is int:
            _integer_power(dtype_of(fresh(a)), b)
    if isinstance(b, Number):
        return pow_number(a, b)
    return pow_tensor(a, b)


_POWERS = [
    S(T((3, 4), 0.3, 2.0), T((4,), -2, 2)), S(T((), 0.3, 2.0), T((2,))),
    S(T((2, 1), 0.3, 2.0), 2.5),
    S(T((3,)), 2), S(T((3,)), 3), S(T((3,), 0.3, 2.0), -1), S(T((3,), 0.3, 2.0), 0.5),
    S(T((3,)), 0),
    S(T((3,)), 1), S(2.5, T((3,))), S(T((0, 3)), T((3,))),
    S(T((2, 3), 0.3, 2.0, "complex128"), T((3,), dtype="complex128")),
    S(T((4,), -3, 3, kind="index"), 3),
    S(T((4,), -3, 3, kind="index"), T((4,), 0, 5, kind="index")),
]  # fmt: skip


@registry.public("pow", inplace=True, out=True, samples=_POWERS)
def torch_pow(input, exponent):
    """``input ** exponent`` (torch.pow); RuntimeError for an integer to a negative number."""
    result = power(input, exponent)
    if result is NotImplemented:
        raise no_form("pow", (input, exponent))
    return result


@registry.public("float_power", out=True, samples=_POWERS)
def torch_float_power(input, exponent):
    """``input ** exponent`` in double precision (torch.float_power)."""
    complex_ = any(x.dtype.is_complex if isinstance(x, Tensor) else isinstance(x, complex)
                   for x in (input, exponent))  # fmt: skip
    d = dtypes.complex128 if complex_ else dtypes.float64
    a, b = (x.to(d) if isinstance(x, Tensor) else (complex(x) if complex_ else float(x))
            for x in (input, exponent))  # fmt: skip
    return power(a, b)


def _float_power_(self, exponent):
    """``self **= exponent``; the tensor must be of double precision (torch.Tensor.float_power_)."""
    complex_ = self.dtype.is_complex or isinstance(exponent, complex)
    want = dtypes.complex128 if complex_ else dtypes.float64
    if self.dtype is not want:
        raise RuntimeError(f"the base given to float_power_ has dtype {self.dtype.legacy} but the "
                           f"operation's result requires dtype {want.legacy}")  # fmt: skip
    return _float_power_in_place(self, exponent)


_float_power_in_place = registry.inplace_of(torch_float_power, "float_power")
registry.methods["float_power_"] = _float_power_
square = primitive("square", lambda P, g, a: P.times(g, P.multiply(a, 2)), node="PowBackward0")


@registry.public("square", inplace=True, out=True, samples=lambda: [
    *unary_samples(), S(T((2, 3), dtype="complex128")),
    S(T((4,), -3, 3, kind="index"))])  # fmt: skip
def torch_square(input):
    """``input ** 2`` (torch.square)."""
    if not isinstance(input, Tensor):
        raise registry.bad_argument("square", "input", 1, input)
    P, d = input._p, input._raw.dtype
    return square(input) if d is P.float32 or d is P.float64 else power(input, 2)


reciprocal = unary(
    "reciprocal", lambda P, g, out: P.negative(P.times(g, P.multiply(out, out))),
    forward=lambda P, x: P.divide(1, x), domain=(0.3, 2.0), also=COMPLEX,
)  # fmt: skip


TP.pow = power
