"""Blends of tensors: interpolation, and a product or quotient added with a weight."""

from __future__ import annotations

from .. import dtypes, registry
from ..autograd.errors import c_name
from ..dispatch import dtype_of
from ..samples import S, T
from ..tensor import Tensor, fresh
from .rules import (
    FLOATS,
    conj,
    refuse,
    single,
    times,
)  # fmt: skip
from .table import check_broadcast, primitive

BOOL, INT, CPLX = dtypes.BOOL, dtypes.INT, dtypes.COMPLEX


def _lerp(P, x, y, w):
    gap = P.subtract(y, x)
    if not hasattr(w, "dtype"):
        if abs(w) < 0.5:
            return P.add(x, P.multiply(gap, w))
        return P.subtract(y, P.multiply(gap, 1 - w))
    near = P.less(P.abs(w), 0.5)
    return P.where(near, P.add(x, P.multiply(gap, w)),
                   P.subtract(y, P.multiply(gap, P.subtract(1, w))))  # fmt: skip


lerp_number = primitive(
    "lerp", lambda P, g, w: P.multiply(g, 1 - (w if type(w) is float else w.conjugate())),
    lambda P, g, w: P.multiply(g, w.conjugate()), node="LerpBackward0", operands=("a", "b"),
    params=("w",), check=lambda a, b, w: check_broadcast(a, b), forward=single(_lerp),
)  # fmt: skip
lerp_tensor = primitive(
    "lerp_tensor", lambda P, g, w: times(P, g, P.subtract(1, w)), lambda P, g, w: times(P, g, w),
    lambda P, g, a, b: times(P, g, P.subtract(b, a)), node="LerpBackward1", kernel="lerp",
    operands=("a", "b", "w"), check=check_broadcast, meta={"keeps": {"w": (2,)}},
)  # fmt: skip


@registry.public("lerp", inplace=True, out=True, samples=lambda: [
    S(T((3, 4)), T((4,)), 0.3), S(T(()), T((3,)), 0.8), S(T((3, 4)), T((3, 1)), T((4,), 0, 1)),
    S(T((0,)), T((0,)), 0.5),
])  # fmt: skip
def lerp(input, end, weight):
    """``input + weight * (end - input)`` (torch.lerp)."""
    for x, what, position in ((input, "input", 1), (end, "end", 2)):
        if not isinstance(x, Tensor):
            raise registry.bad_argument("lerp", what, position, x)
    a = dtype_of(fresh(input))
    for x, what in ((end, "end"), (weight, "weight")):
        if isinstance(x, Tensor) and dtype_of(fresh(x)) is not a:
            raise RuntimeError(f"expected dtype {c_name(a)} for `{what}` but got dtype "
                               f"{c_name(x.dtype)}")  # fmt: skip
    refuse("lerp_kernel_scalar", BOOL, INT)(input)
    if isinstance(weight, Tensor):
        return lerp_tensor(input, end, weight)
    return lerp_number(input, end, weight if isinstance(weight, complex) else float(weight))


def _value(P, x, value):
    return x if value == 1 else P.multiply(x, value)


_WITH = dict(operands=("a", "b", "c"), params=("value",), promote="common", meta=FLOATS,
             check=lambda a, b, c, _: _three(a, b, c))  # fmt: skip


def _three(a, b, c):
    refuse("addcmul_cpu_out", BOOL)(a)
    check_broadcast(b, c)
    check_broadcast(a, b)
    check_broadcast(a, c)


def _scaled(P, g, value, x):
    return times(P, _value(P, g, conj(P, value)), x)


addcmul_ = primitive(
    "addcmul", lambda P, g: g, lambda P, g, c, value: _scaled(P, g, value, c),
    lambda P, g, b, value: _scaled(P, g, value, b), **_WITH,
    forward=single(lambda P, x, y, z, value: P.add(x, P.multiply(_value(P, y, value), z))),
)  # fmt: skip
addcdiv_ = primitive(
    "addcdiv", lambda P, g: g,
    lambda P, g, c, value: P.divide(_value(P, g, conj(P, value)), conj(P, c)),
    lambda P, g, b, c, value: P.negative(_scaled(
        P, g, value, P.divide(P.divide(b, c), c))), **{**_WITH, "meta": {"keeps": {"c": (0,)}}},
    forward=single(lambda P, x, y, z, value: P.add(x, P.divide(_value(P, y, value), z))),
)  # fmt: skip


def _blend(name, op, divisor, doc):
    @registry.public(name, inplace=True, out=True, samples=lambda: [
        S(T((3, 4)), T((4,)), T((3, 1), *divisor)), S(T(()), T((3,)), T((3,), *divisor), value=2.5),
        S(T((0, 2)), T((2,)), T((2,), *divisor)),
    ], doc=doc)  # fmt: skip
    def blend(input, tensor1, tensor2, *, value=1):
        for x, what, position in ((input, "input", 1), (tensor1, "tensor1", 2),
                                  (tensor2, "tensor2", 3)):  # fmt: skip
            if not isinstance(x, Tensor):
                raise registry.bad_argument(name, what, position, x)
        if name == "addcdiv" and all(dtype_of(fresh(x)).category < dtypes.FLOAT
                                     for x in (tensor1, tensor2)):  # fmt: skip
            raise RuntimeError(
                "Integer division with addcdiv is no longer supported, and in a future  release "
                "addcdiv will perform a true division of tensor1 and tensor2. The historic addcdiv "
                "behavior can be implemented as (input + value * torch.trunc(tensor1 / tensor2))"
                ".to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) "
                "for float inputs. The future addcdiv behavior is just the latter implementation: ("
                "input"
                " + value * tensor1 / tensor2), for all dtypes."
            )
        if isinstance(value, float) and all(dtype_of(fresh(x)).category < dtypes.FLOAT
                                            for x in (input, tensor1, tensor2)):  # fmt: skip
            value = int(value)
        return op(input, tensor1, tensor2, value)

    return blend


addcmul = _blend(
    "addcmul", addcmul_, (-2, 2), "``input + value * tensor1 * tensor2`` (torch.addcmul)."
)
addcdiv = _blend(
    "addcdiv", addcdiv_, (0.3, 2), "``input + value * tensor1 / tensor2`` (torch.addcdiv)."
)
