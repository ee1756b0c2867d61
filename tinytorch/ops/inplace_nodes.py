"""In-place methods that torch records otherwise than the function of the same name.

Some have a node of their own, often because torch knows no derivative for them; comparisons give
zeros where the function has no gradient; logic leaves the history as it was, on leaves too.
"""

from __future__ import annotations

from ..autograd.modes import no_grad
from ..dispatch import cast
from ..primitive import TABLE
from ..registry import inplace_of, methods
from ..tensor import Tensor
from .rules import undefined
from .table import primitive

_NO_INPLACE = "the derivative for '{}' is not implemented."


def _variant(name, *rules, node, of=None):
    """The in-place method of an op, recorded as ``node``; ``of``: the method it computes."""
    op = TABLE[name]
    fn = primitive(
        name + "_", *(rules or op.rules), kernel=op.kernel, node=node, operands=op.operands,
        params=op.params, promote=op.promote, scalars=op.scalars, check=op.check, meta=op.meta,
    )  # fmt: skip
    methods[name + "_"] = inplace_of(fn, name)


def _zeros(name, node):
    """A comparison in place: its result is recorded, with gradients of zeros."""
    compare = methods[name]
    zero = lambda P, g, b_shape: P.full_as(g, b_shape, 0)  # noqa: E731
    also = lambda P, g, c_shape: P.full_as(g, c_shape, 0)  # noqa: E731
    with_number = primitive(
        name + "_number_", None, zero, kernel="first_of", operands=("a", "b"), node=node + "0"
    )
    with_tensor = primitive(
        name + "_", None, zero, also, kernel="first_of", operands=("a", "b", "c"), node=node + "1",
    )  # fmt: skip

    def compute(self, other):
        value = compare(self, other)
        if value is NotImplemented:
            return value
        value = cast(value, self.dtype)
        return with_tensor(value, self, other) if isinstance(other, Tensor) else with_number(
            value, self)  # fmt: skip

    return inplace_of(compute, name)


def _unrecorded(name):
    """A method in place that leaves the history of the tensor as it is."""
    write = methods[name + "_"]

    def inplace(self, *args):
        with no_grad():
            return write(self, *args)

    inplace.__name__ = inplace.__qualname__ = name + "_"
    return inplace


_COMPARISONS = {
    "eq": (), "ne": ("not_equal",), "lt": ("less",), "le": ("less_equal",), "gt": ("greater",),
    "ge": ("greater_equal",),
}  # fmt: skip
for _name, _others in _COMPARISONS.items():
    methods[_name + "_"] = _zeros(_name, _name.capitalize() + "Backward")
    for _other in _others:
        methods[_other + "_"] = methods[_name + "_"]
for _name in ("logical_not", "logical_and", "logical_or", "logical_xor"):
    methods[_name + "_"] = _unrecorded(_name)
for _name in ("acosh", "asinh", "atanh"):
    _variant(_name, undefined(f"inplace version of {_name}", _NO_INPLACE, NotImplementedError,
                              _name + "_"), node=_name.capitalize() + "Backward1")  # fmt: skip
    methods["arc" + _name.removeprefix("a") + "_"] = methods[_name + "_"]
_variant("polygamma", node="PolygammaBackward1")
_variant("conj_physical", node="ConjPhysicalBackward1")
for _name in ("floor_divide", "heaviside"):
    _variant(_name, *(undefined(_name + "_"),) * 2, node="NotImplemented")
for _name in ("igamma", "igammac"):
    _variant(_name, undefined(f"{_name}: input", _NO_INPLACE, NotImplementedError, _name + "_"),
             TABLE[_name].rules[1], node=_name.capitalize() + "Backward0")  # fmt: skip
