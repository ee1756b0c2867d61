"""What concerns the form of floating-point numbers: NaN, signs, neighbours, exponents."""

from __future__ import annotations

import math

from .. import dtypes, registry
from ..dispatch import dtype_of
from ..samples import S, T, unary_samples
from ..tensor import Tensor, fresh
from .rules import (
    FLOATS,
    constant,
    every,
    refuse,
    refuse_complex,
    single,
    times,
    undefined,
    unless,
    zero,
)  # fmt: skip
from .table import binary, check_broadcast, primitive

BOOL, INT, CPLX = dtypes.BOOL, dtypes.INT, dtypes.COMPLEX

# --- repairs and signs ----------------------------------------------------------------------------


def _nan_to_num(P, x, nan, posinf, neginf):
    if not P.differentiable(x):
        return P.copy(x)
    x = P.where(P.isnan(x), constant(P, x, nan), x)
    x = P.where(P.equal(x, math.inf), constant(P, x, posinf), x)
    return P.where(P.equal(x, -math.inf), constant(P, x, neginf), x)


nan_to_num_ = primitive(
    "nan_to_num", lambda P, g, a: P.mask(g, P.isfinite(a)), params=("nan", "posinf", "neginf"),
    forward=_nan_to_num,
)  # fmt: skip
_LARGEST = {"float16": 65504.0, "bfloat16": 3.3895313892515355e38,
            "float32": 3.4028234663852886e38, "float64": 1.7976931348623157e308}  # fmt: skip


@registry.public("nan_to_num", inplace=True, out=True, samples=lambda: [
    *unary_samples(), S(T((3,)), 1.0, 2.0, 3.0), S(T((3,), -3, 3, kind="index")),
])  # fmt: skip
def nan_to_num(input, nan=None, posinf=None, neginf=None):
    """NaN and infinities replaced by numbers: 0 and the dtype's largest (torch.nan_to_num)."""
    if not isinstance(input, Tensor):
        raise registry.bad_argument("nan_to_num", "input", 1, input)
    d = dtype_of(fresh(input))
    if d.is_complex:
        from .complex_parts import complex_, imag, real

        parts = (nan_to_num(f(input), nan, posinf, neginf) for f in (real, imag))
        return complex_(*parts)
    top = _LARGEST.get(d._name, 0.0)
    return nan_to_num_(input, 0.0 if nan is None else nan, top if posinf is None else posinf,
                       -top if neginf is None else neginf)  # fmt: skip


def _copysign(P, x, y):
    if not hasattr(y, "dtype"):
        y = constant(P, x, y)
    size = P.abs(x)
    return P.where(P.signbit(y), P.negative(size), size)


def _copysign_grad(P, g, a, out):
    nil = P.equal(a, 0)
    ratio = P.divide(out, P.where(nil, constant(P, a, 1), a))
    return unless(P, P.multiply(g, ratio), nil)


_SIGNED = dict(kernel="copysign", operands=("a", "b"), promote="float", scalars=True,
               forward=_copysign,
               check=every(check_broadcast, refuse("copysign_cpu", CPLX)))  # fmt: skip
copysign_number = primitive(
    "copysign_number", _copysign_grad, None, node="CopysignBackward1", **_SIGNED
)
copysign_ = binary(
    "copysign", _copysign_grad, lambda P, g: zero(P, g), numbers=copysign_number,
    **{k: v for k, v in _SIGNED.items() if k not in ("operands", "kernel")},
)  # fmt: skip


def _heaviside(P, x, values):
    return P.where(P.equal(x, 0), values, P.astype(P.greater(x, 0), x.dtype))


_STEP = undefined("heaviside")
heaviside_ = primitive(
    "heaviside", _STEP, _STEP, node="NotImplemented", operands=("a", "b"), forward=_heaviside,
    check=every(check_broadcast, refuse_complex(
        "heaviside is not yet implemented for complex tensors.", RuntimeError)), meta=FLOATS,
)  # fmt: skip


@registry.public("heaviside", inplace=True, out=True, samples=lambda: [
    S(T((3, 4), grad=False), T((4,), grad=False)),
    S(T((4,), -2, 2, kind="index"), T((4,), -2, 2, kind="index")),
])  # fmt: skip
def heaviside(input, values):
    """0 below zero, 1 above it, ``values`` at it (torch.heaviside); dtypes must agree."""
    for x, what, position in ((input, "input", 1), (values, "values", 2)):
        if not isinstance(x, Tensor):
            raise registry.bad_argument("heaviside", what, position, x)
    if dtype_of(fresh(input)) is not dtype_of(fresh(values)):
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    return heaviside_(input, values)


# --- floating-point neighbours and exponents ------------------------------------------------------

_UNIT = {"float16": (11, -14), "bfloat16": (8, -126), "float32": (24, -126), "float64": (53, -1022)}


def _nextafter(P, x, y):
    """The neighbour: a product a little over half an ulp is added, or the smallest number.

    Numbers below one are scaled up first, so that this product loses nothing at the small end.
    """
    name = P.torch_dtype[x.dtype]._name
    bits, low = _UNIT[name]
    u = 2.0**-bits
    size = P.abs(x)
    scale = P.where(P.less(size, 1), constant(P, x, 1 / u), constant(P, x, 1))
    wide = P.multiply(x, scale)
    step = P.multiply(P.abs(wide), u * (1 + 2 * u))
    least = P.less(size, 2.0 ** (low + 1))
    tiny = constant(P, x, 2.0 ** (low + 1 - bits))

    def moved(f):
        return P.where(least, f(x, tiny), P.divide(f(wide, step), scale))

    top = constant(P, x, _LARGEST[name])
    up = P.where(P.equal(x, -math.inf), P.negative(top), moved(P.add))
    down = P.where(P.equal(x, math.inf), top, moved(P.subtract))
    out = P.where(P.greater(y, x), up, P.where(P.less(y, x), down, y))
    return P.where(P.isnan(x), x, out)


nextafter = binary(
    "nextafter", lambda P, g, a, b: unless(P, g, P.equal(a, b)), zero, scalars=False,
    meta=FLOATS, check=every(check_broadcast, refuse("nextafter_cpu", BOOL, INT, CPLX)),
    forward=_nextafter, samples=lambda: [S(T((3, 4)), T((4,)))],
)  # fmt: skip
ldexp_ = primitive(
    "ldexp", lambda P, g, b: times(P, g, P.pow(constant(P, g, 2), b)),
    lambda P, g, out: P.multiply(times(P, g, out), math.log(2)), operands=("a", "b"),
    promote="float", check=check_broadcast,
    forward=single(lambda P, x, y: P.multiply(x, P.pow(constant(P, y, 2), y))),
)  # fmt: skip


@registry.public("ldexp", inplace=True, out=True, samples=lambda: [
    S(T((3, 4)), T((4,), 0, 4, kind="index")), S(T((3,)), T((3,))),
])  # fmt: skip
def ldexp(input, other):
    """``input * 2 ** other`` (torch.ldexp)."""
    for x, what, position in ((input, "input", 1), (other, "other", 2)):
        if not isinstance(x, Tensor):
            raise registry.bad_argument("ldexp", what, position, x)
    return ldexp_(input, other)


def _frexp(P, x):
    size = P.abs(x)
    plain = P.logical_and(P.greater(size, 0), P.less(size, math.inf))
    safe = P.where(plain, size, constant(P, x, 1))
    e = P.add(P.floor(P.divide(P.log(safe), math.log(2))), 1)
    half = P.multiply(e, 0.5)
    m = P.divide(P.divide(safe, P.pow(constant(P, e, 2), P.floor(half))),
                 P.pow(constant(P, e, 2), P.subtract(e, P.floor(half))))  # fmt: skip
    high, low = P.greater_equal(m, 1), P.less(m, 0.5)
    one, two = constant(P, e, 1), constant(P, e, 0)
    e = P.subtract(P.add(e, P.where(high, one, two)), P.where(low, one, two))
    m = P.where(high, P.multiply(m, 0.5), P.where(low, P.multiply(m, 2), m))
    m = P.where(plain, P.where(P.less(x, 0), P.negative(m), m), x)
    return m, P.astype(P.where(plain, e, two), P.int32)


def _frexp_rule(P, g, operands, out, params, edges):
    m, e = out
    raw = m._raw if isinstance(m, Tensor) else m
    return (P.divide(g[0], P.pow(constant(P, m, 2), P.astype(e, raw.dtype))),)


frexp_ = primitive("frexp", _frexp_rule, whole=True, outputs=2, forward=_frexp, saves_out=True,
                   meta={"unsaved": (0,), "unsaved_outputs": (0,)})  # fmt: skip


@registry.public("frexp", out=True, samples=lambda: [S(T((3, 4))), S(T(()))])
def frexp(input):
    """Mantissas in [0.5, 1) and integer exponents of two (torch.frexp)."""
    if dtype_of(fresh(input)).category != dtypes.FLOAT:
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    from .. import return_types

    return return_types.frexp(*frexp_(input))
