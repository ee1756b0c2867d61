"""Bitwise logic, shifts and the arithmetic of whole numbers."""

from __future__ import annotations

from numbers import Number

from .. import dtypes
from ..dispatch import dtype_of, result_dtype
from ..registry import inplace_of, methods
from ..samples import S, T
from ..tensor import Tensor, fresh
from .rules import every, refuse
from .table import binary, check_broadcast, primitive, unary

BOOL, INT, FLOAT, CPLX = dtypes.BOOL, dtypes.INT, dtypes.FLOAT, dtypes.COMPLEX


def _ints(lo=-9, hi=9, lo2=None, hi2=None):
    a, b = (lo, hi), (lo if lo2 is None else lo2, hi if hi2 is None else hi2)
    return [
        S(T(s, *a, kind="index"), T(r, *b, kind="index"))
        for s, r in [((3, 4), (3, 4)), ((3, 1), (4,)), ((), (2,)), ((0, 2), (2,))]
    ] + [S(T((5,), *a, kind="index"), 3)]


def _bitwise(name, kernel, word, refused, samples, bools=True):
    check = every(check_broadcast, refuse(word, *refused))
    of_number = primitive(
        name + "_of_number", kernel=kernel, operands=("c", "b"), promote="common", scalars=True,
        check=check,
    )  # fmt: skip
    more = [S(3, T((4,), 0, 5, kind="index"))]
    if bools:
        more.append(S(T((3, 4), kind="mask"), T((4,), kind="mask")))

    def written(self, other):
        if isinstance(other, (Tensor, Number)):
            have = result_dtype([fresh(self), fresh(other) if isinstance(other, Tensor) else other])
            if not dtypes.can_cast(have, dtype_of(self)):
                raise RuntimeError(f"result type {have.legacy} can't be cast to the desired output "
                                   f"type {self.dtype.legacy}")  # fmt: skip
        return both(self, other)

    both = binary(name, kernel=kernel, check=check, number_first=of_number, samples=samples + more)
    methods[name + "_"] = inplace_of(written, name)
    return both, of_number


and_, _ = _bitwise("bitwise_and", "bitwise_and", "bitwise_and_cpu", (FLOAT, CPLX), _ints())
or_, _ = _bitwise("bitwise_or", "bitwise_or", "bitwise_or_cpu", (FLOAT, CPLX), _ints())
xor, _ = _bitwise("bitwise_xor", "bitwise_xor", "bitwise_xor_cpu", (FLOAT, CPLX), _ints())
lshift, lshift_of_number = _bitwise(
    "bitwise_left_shift",
    "bitwise_left_shift",
    "lshift_cpu",
    (BOOL, FLOAT, CPLX),
    _ints(-9, 9, 0, 9),
    False,
)
rshift, rshift_of_number = _bitwise(
    "bitwise_right_shift", "bitwise_right_shift", "rshift_cpu", (BOOL, FLOAT, CPLX),
    _ints(-99, 99, 0, 9),
    False,
)  # fmt: skip
invert = unary(
    "bitwise_not", kernel="bitwise_invert", promote=None,
    check=refuse("bitwise_not_cpu", FLOAT, CPLX), samples=lambda: [
        S(T((3, 4), -9, 9, kind="index")), S(T((5,), kind="mask")), S(T((), 0, 9, kind="index")),
    ],
)  # fmt: skip


def _gcd(P, x, y):
    """Euclid's algorithm for a fixed number of rounds: enough for any two 64-bit integers."""
    x, y = P.abs(x), P.abs(y)
    for _ in range(92):
        done = P.equal(y, 0)
        x, y = P.where(done, x, y), P.where(
            done, y, P.remainder(x, P.where(done, P.full_as(y, (), 1), y)))  # fmt: skip
    return x


def _lcm(P, x, y):
    g = P.gcd(x, y)
    nil = P.equal(g, 0)
    return P.abs(P.multiply(P.floor_divide(x, P.where(nil, P.full_as(g, (), 1), g)), y))


gcd = binary(
    "gcd", scalars=False, check=every(check_broadcast, refuse("gcd_cpu", BOOL, FLOAT, CPLX)),
    forward=_gcd,
    samples=_ints(-90, 90)[:4],
)  # fmt: skip
lcm = binary(
    "lcm", scalars=False, check=every(check_broadcast, refuse("lcm_cpu", BOOL, FLOAT, CPLX)),
    forward=_lcm,
    samples=_ints(-90, 90)[:4],
)  # fmt: skip
