"""Python's operators on Tensors: plain, reflected and in place.

An operand that is no number and no tensor gives NotImplemented, so that Python asks the other side
and then raises its own TypeError, or calls two things unequal.
"""

from __future__ import annotations

from numbers import Number

from .. import dtypes
from ..registry import inplace_of, methods
from ..tensor import Tensor, fresh
from . import arithmetic as A
from . import bits, compare, powers


def _rsub(self, other):
    return (A.rsub_tensor if isinstance(other, Tensor) else A.rsub_number)(self, other)


def _rdiv(self, other):
    return A.mul(powers.reciprocal(self), other)


def _mod(self, other):
    return (A.remainder if isinstance(other, Tensor) else A.remainder_number)(self, other)


def _rmod(self, other):
    return (A.remainder if isinstance(other, Tensor) else A.remainder_of_number)(other, self)


def _invert(self):
    if fresh(self).dtype.category > dtypes.INT:
        raise TypeError(
            "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
        )
    return bits.invert(self)


def _swapped(op):
    return lambda self, other: op(other, self)


def _written(write):
    """An in-place operator of an in-place method."""

    def operator(self, other):
        try:
            return write(self, other)
        except TypeError:
            if isinstance(other, (Tensor, Number)):
                raise
            return NotImplemented

    return operator


OPERATORS = {
    "__add__": A.add, "__radd__": A.add, "__sub__": A.sub, "__rsub__": _rsub, "__mul__": A.mul,
    "__rmul__": A.mul, "__truediv__": A.div, "__rtruediv__": _rdiv, "__div__": A.div,
    "__rdiv__": _rdiv, "__pow__": powers.power, "__rpow__": _swapped(powers.power), "__mod__": _mod,
    "__rmod__": _rmod, "__floordiv__": A.floor_divide,
    "__rfloordiv__": _swapped(A.floor_divide_number), "__neg__": A.neg, "__abs__": A.abs_,
    "__eq__": compare.eq, "__ne__": compare.ne, "__lt__": compare.lt, "__le__": compare.le,
    "__gt__": compare.gt, "__ge__": compare.ge, "__invert__": _invert, "__pos__": A.positive,
    "__and__": bits.and_, "__rand__": bits.and_, "__or__": bits.or_, "__ror__": bits.or_,
    "__xor__": bits.xor, "__rxor__": bits.xor, "__lshift__": bits.lshift,
    "__rshift__": bits.rshift, "__rlshift__": _swapped(bits.lshift_of_number),
    "__rrshift__": _swapped(bits.rshift_of_number),
}  # fmt: skip

_WRITTEN = {
    "__iadd__": (A.add, "add"), "__isub__": (A.sub, "sub"), "__imul__": (A.mul, "mul"),
    "__itruediv__": (A.div, "div"), "__idiv__": (A.div, "div"), "__ipow__": (powers.power, "pow"),
    "__imod__": (_mod, "remainder"), "__ifloordiv__": (A.floor_divide, "floor_divide"),
}  # fmt: skip

_BITS = {"and": "and", "or": "or", "xor": "xor", "lshift": "left_shift", "rshift": "right_shift"}

OPERATORS.update({name: _written(inplace_of(*made)) for name, made in _WRITTEN.items()})
OPERATORS.update({f"__i{k}__": _written(methods[f"bitwise_{v}_"]) for k, v in _BITS.items()})
