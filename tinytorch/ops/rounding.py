"""Rounding: integers stay as they are, gradients are zero almost everywhere."""

from __future__ import annotations

from .. import dtypes, registry
from ..samples import S, T, unary_samples
from ..tensor import Tensor
from .rules import FLOATS, every, refuse, refuse_complex, single, zero
from .table import alias, primitive, unary

BOOL, INT, CPLX = dtypes.BOOL, dtypes.INT, dtypes.COMPLEX


def _rounding(name, forward=None):
    refusals = every(
        refuse_complex(f"{name} is not supported for complex inputs"),
        refuse(f"{name}_vml_cpu", BOOL),
    )
    return unary(name, zero, promote=None, forward=forward, check=refusals, meta=FLOATS,
                 also=("int64",))  # fmt: skip


def _trunc(P, x):
    if not P.differentiable(x):
        return x
    return P.where(P.less(x, 0), P.ceil(x), P.floor(x))


ceil = _rounding("ceil")
floor = _rounding("floor")
trunc = _rounding("trunc", _trunc)
frac = unary(
    "frac", lambda P, g: g, promote=None, meta=FLOATS, check=refuse("frac_cpu", BOOL, INT, CPLX),
    forward=single(lambda P, x: P.subtract(x, P.trunc(x))),
)  # fmt: skip
_NO_ROUND = refuse("round_vml_cpu", BOOL, CPLX)


def _round(P, x, decimals):
    if decimals == 0:
        return P.round(x)
    if decimals < 0:
        return P.multiply(P.round(P.divide(x, 10.0**-decimals)), 10.0**-decimals)
    return P.divide(P.round(P.multiply(x, 10.0**decimals)), 10.0**decimals)


round_whole = primitive("round", zero, check=_NO_ROUND, meta=FLOATS)
round_decimals = primitive(
    "round_decimals", zero, node="RoundBackward1", params=("decimals",), meta=FLOATS,
    check=lambda a, decimals: refuse(
        "round_cpu" if decimals else "round_vml_cpu", BOOL, INT, CPLX)(a),
    forward=single(_round),
)  # fmt: skip


@registry.public("round", inplace=True, out=True, samples=lambda: [
    *unary_samples(), S(T((4, 5), -90, 90), decimals=-1), S(T((4, 5)), decimals=3),
])  # fmt: skip
def round_(input, *, decimals=None):
    """To the nearest integer, halves to even; or to a number of decimals (torch.round)."""
    if not isinstance(input, Tensor):
        raise registry.bad_argument("round", "input", 1, input)
    if decimals is None:
        return round_whole(input)
    return round_decimals(input, decimals)


alias({"fix": "trunc"})
