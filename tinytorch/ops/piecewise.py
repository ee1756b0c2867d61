"""Choices between values: limits, extrema of two, selection by a condition, blends."""

from __future__ import annotations

import math

from .. import dtypes, registry
from ..dispatch import cast, dtype_of, result_dtype, scalar_as
from ..samples import S, T, unary_samples
from ..tensor import Tensor, fresh
from .rules import (
    FLOATS, conj, constant, every, refuse, refuse_complex, single, times, undefined, unless, zero,
)  # fmt: skip
from .table import alias, binary, check_broadcast, no_form, primitive, unary

B, I, C = dtypes.BOOL, dtypes.INT, dtypes.COMPLEX

# --- selection ------------------------------------------------------------------------------------

where = primitive(
    "where", None, lambda P, g, c: P.mask(g, c), lambda P, g, c: unless(P, g, c),
    operands=("c", "a", "b"), node="WhereBackward0", check=check_broadcast,
)  # fmt: skip
mask = primitive(
    "mask", lambda P, g, c: P.mask(g, c), None, operands=("a", "c"), node="MulBackward0",
    forward=lambda P, g, keep: P.where(keep, g, P.full((), 0, g.dtype)),
)


_WHERE = [
    "Tensor condition", "Tensor condition, Tensor input, Tensor other, *, Tensor out = None",
    "Tensor condition, Number self, Tensor other", "Tensor condition, Tensor input, Number other",
    "Tensor condition, Number self, Number other",
]  # fmt: skip


@registry.public("where", out=True, method=False, samples=[
    S(T((3, 4), kind="mask"), T((3, 4)), T((4,))), S(T((3, 1), kind="mask"), T(()), T((1, 4))),
    S(T((3,), kind="mask"), T((3,)), 2.5), S(T((3,), kind="mask"), -1, T((3,))),
    S(T((3,), kind="mask"), 1, 2), S(T((3,), kind="mask"), 1.5, 2), S(T((3, 4), kind="mask")),
])  # fmt: skip
def torch_where(condition, input=None, other=None):
    """``input`` where the condition holds, else ``other``; positions if neither (torch.where)."""
    if type(input) is type(other) is type(condition) is Tensor and plain(condition, input, other):
        return where(condition, input, other)
    given = tuple(x for x in (condition, input, other) if x is not None)
    if not isinstance(condition, Tensor) or len(given) == 2:
        raise no_form("where", given, _WHERE)
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if dtype_of(fresh(condition)) is dtypes.uint8:
        condition = condition.to(dtypes.bool_)
    if dtype_of(condition) is not dtypes.bool_:
        raise RuntimeError("where expected condition to be a boolean tensor, but got a tensor with "
                           f"dtype {condition.dtype.legacy}")  # fmt: skip
    if not all(isinstance(x, (Tensor, bool, int, float, complex)) for x in (input, other)):
        raise no_form("where", given, _WHERE)
    P = condition._p
    d = _beside_number(P, input, other)
    if d is None:
        d = result_dtype([fresh(x) if isinstance(x, Tensor) else x for x in (input, other)])
    values = (input, other)
    values = [_of_dtype(x, P, d) for x in values]
    return where(condition, *values)


def _beside_number(P, a, b):
    """The dtype of a float tensor beside a real number, the frequent case; None for others."""
    t, number = (a, b) if isinstance(a, Tensor) else (b, a)
    if type(number) not in (float, int) or not isinstance(t, Tensor):
        return None
    raw = t._raw.dtype
    return P.torch_dtype[raw] if raw is P.float32 or raw is P.float64 else None


def plain(condition, a, b):
    """Whether the operands need neither a cast nor a check."""
    return a._raw.dtype is b._raw.dtype and condition._raw.dtype is condition._p.bool


def _of_dtype(x, P, d):
    """A tensor or number as a tensor of dtype ``d``."""
    if isinstance(x, Tensor):
        return x if dtype_of(x) is d else cast(x, d)
    from ..tensor import wrap

    return wrap(P, P.full((), scalar_as(P, x, d), P.raw_dtype[d]))


@registry.public("where", function=False)
def _where_method(self, condition, other):
    return torch_where(condition, self, other)


# --- limits ---------------------------------------------------------------------------------------


def _inside(P, a, lo, hi):
    keep = None
    if lo is not None:
        keep = P.greater_equal(a, lo)
    if hi is not None:
        below = P.less_equal(a, hi)
        keep = below if keep is None else P.logical_and(keep, below)
    return keep


def _limit(P, x, lo, hi):
    if lo is not None:
        x = P.maximum(x, lo)
    return x if hi is None else P.minimum(x, hi)


_NO_COMPLEX = refuse_complex("clamp is not supported for complex types")
_CLAMP = dict(kernel="clamp", params=("lo", "hi"), forward=single(_limit), meta=FLOATS,
              check=lambda a, *_: _NO_COMPLEX(a))  # fmt: skip
_MIN, _MAX = refuse("maximum_cpu", C), refuse("minimum_cpu", C)


def _clamp_rule(P, g, a, lo, hi):
    return P.mask(g, _inside(P, a, lo, hi))


clamp_number = primitive("clamp", _clamp_rule, node="ClampBackward1", **_CLAMP)
clamp_min_number = primitive("clamp_min", _clamp_rule, node="ClampMinBackward0", **_CLAMP)
clamp_max_number = primitive("clamp_max", _clamp_rule, node="ClampMaxBackward0", **_CLAMP)


def _clamp_tensors_rule(P, g, operands, out, params, edges):
    a, lo, hi = operands
    grads = [None, None, None]
    if edges[0] is not None:
        grads[0] = P.mask(g, _inside(P, a, lo, hi))
    if lo is not None and edges[1] is not None:
        won = P.less(a, lo)
        grads[1] = P.mask(g, won if hi is None else P.logical_and(won, P.less(lo, hi)))
    if hi is not None and edges[2] is not None:
        won = P.greater(a, hi)
        grads[2] = P.mask(g, won if lo is None else P.logical_or(won, P.less(hi, lo)))
    return tuple(grads)


def _tensor_limits(name, node, refusal=_NO_COMPLEX):
    return primitive(
        name, _clamp_tensors_rule, whole=True, node=node, operands=("a", "lo", "hi"),
        kernel="clamp", promote="common", check=every(
            lambda *x: check_broadcast(*(v for v in x if v is not None)), refusal),
    )  # fmt: skip


clamp_tensor = _tensor_limits("clamp_tensor", "ClampBackward0")
clamp_min_tensor = _tensor_limits("clamp_min_tensor", "ClampMinBackward1", _MIN)
clamp_max_tensor = _tensor_limits("clamp_max_tensor", "ClampMaxBackward1", _MAX)


_CLAMPS = [
    f"Tensor input, {kind} min = None, {kind} max = None, *, Tensor out = None"
    for kind in ("Tensor", "Number")
]


def _clamp(name, input, lo, hi, number, tensor):
    if not isinstance(input, Tensor):
        raise registry.bad_argument(name, "input", 1, input)
    if isinstance(lo, Tensor) or isinstance(hi, Tensor):
        for x in (lo, hi):
            if x is not None and not isinstance(x, Tensor):
                raise no_form(name, (input, lo, hi), _CLAMPS)
        return tensor(input, lo, hi)
    x = fresh(input)
    P, raw = x._p, x._raw.dtype
    if raw is not P.float32 and raw is not P.float64:
        d = result_dtype([x, *(v for v in (lo, hi) if v is not None)])
        if d is not dtype_of(x):
            x = cast(x, d)
        if d.category != C:
            lo, hi = (v if v is None else scalar_as(P, v, d) for v in (lo, hi))
    return number(x, lo, hi)


_LIMITS = [
    S(T((3, 4)), -0.5, 0.8), S(T(()), min=0.1), S(T((5,)), max=0.1), S(T((3, 4)), T((4,)), T((3, 1))),
    S(T((3, 4)), T((4,))), S(T((3, 4)), max=T((4,))), S(T((4,), -9, 9, kind="index"), -2, 3),
    S(T((4,), -9, 9, kind="index"), min=0.5), S(T((0, 2)), 0, 1),
]  # fmt: skip


@registry.public("clamp", inplace=True, out=True, samples=_LIMITS)
def clamp(input, min=None, max=None):
    """Elements limited to [min, max], numbers or tensors; either may be left out (torch.clamp)."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    return _clamp("clamp", input, min, max, clamp_number, clamp_tensor)


@registry.public("clamp_min", inplace=True, out=True, samples=[S(T((3, 4)), 0.1),
                                                               S(T((3, 4)), T((4,)))])  # fmt: skip
def clamp_min(input, min):
    """Elements no smaller than ``min`` (torch.clamp_min)."""
    return _clamp("clamp_min", input, min, None, clamp_min_number, clamp_min_tensor)


@registry.public("clamp_max", inplace=True, out=True, samples=[S(T((3, 4)), 0.1),
                                                               S(T((3, 4)), T((4,)))])  # fmt: skip
def clamp_max(input, max):
    """Elements no larger than ``max`` (torch.clamp_max)."""
    return _clamp("clamp_max", input, None, max, clamp_max_number, clamp_max_tensor)


def _no_relu(a):
    if dtype_of(a) is dtypes.bool_:
        raise RuntimeError("Boolean inputs not supported for relu")
    _NO_COMPLEX(a)


relu = unary(
    "relu", lambda P, g, out: P.mask(g, P.not_equal(out, 0)), promote=None, meta=FLOATS,
    check=_no_relu, forward=lambda P, x: P.maximum(P.full_as(x, (), 0), x), also=("int64",),
)  # fmt: skip

# --- extrema of two -------------------------------------------------------------------------------


def _extremum(name, worse, node):
    def rule(P, g, mine, other):
        half = P.where(P.equal(mine, other), P.multiply(g, 0.5), g)
        return unless(P, half, getattr(P, worse)(mine, other))

    return binary(
        name, lambda P, g, a, b: rule(P, g, a, b), lambda P, g, a, b: rule(P, g, b, a),
        scalars=False, inplace=False, node=node, meta=FLOATS, also=("int64",), check=every(
            check_broadcast,
            refuse_complex(f"{name} not implemented for complex tensors.", RuntimeError)),
    )  # fmt: skip


maximum = _extremum("maximum", "less", "MaximumBackward0")
minimum = _extremum("minimum", "greater", "MinimumBackward0")


def _number_extremum(name, best, better):
    def forward(P, x, y):
        if not P.differentiable(x):
            return getattr(P, best)(x, y)
        return P.where(P.isnan(x), y, P.where(P.isnan(y), x, getattr(P, best)(x, y)))

    def first_wins(P, a, b):
        return P.logical_or(getattr(P, better)(a, b), P.isnan(b))

    return binary(
        name, lambda P, g, a, b: P.mask(g, first_wins(P, a, b)),
        lambda P, g, a, b: unless(P, g, first_wins(P, a, b)), scalars=False, inplace=False,
        forward=forward, meta=FLOATS, check=every(check_broadcast, refuse_complex(
            f"{name} not implemented for complex tensors.", RuntimeError)),
    )  # fmt: skip


fmax = _number_extremum("fmax", "maximum", "greater_equal")
fmin = _number_extremum("fmin", "minimum", "less_equal")

# --- blends ---------------------------------------------------------------------------------------


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
    operands=("a", "b", "w"), check=check_broadcast,
)  # fmt: skip


@registry.public("lerp", inplace=True, out=True, samples=[
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
            raise RuntimeError(f"expected dtype {_c_name(a)} for `{what}` but got dtype "
                               f"{_c_name(x.dtype)}")  # fmt: skip
    refuse("lerp_kernel_scalar", B, I)(input)
    if isinstance(weight, Tensor):
        return lerp_tensor(input, end, weight)
    return lerp_number(input, end, weight if isinstance(weight, complex) else float(weight))


_C_NAMES = {"float32": "float", "float64": "double", "float16": "c10::Half", "int64": "long",
            "bfloat16": "c10::BFloat16", "complex64": "c10::complex<float>", "int32": "int",
            "complex128": "c10::complex<double>", "int8": "signed char", "uint8": "unsigned char",
            "int16": "short", "bool": "bool"}  # fmt: skip


def _c_name(d):
    return _C_NAMES[d._name]


def _value(P, x, value):
    return x if value == 1 else P.multiply(x, value)


_WITH = dict(operands=("a", "b", "c"), params=("value",), promote="common", meta=FLOATS,
             check=lambda a, b, c, _: _three(a, b, c))  # fmt: skip


def _three(a, b, c):
    refuse("addcmul_cpu_out", B)(a)
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
        P, g, value, P.divide(P.divide(b, c), c))), **_WITH,
    forward=single(lambda P, x, y, z, value: P.add(x, P.divide(_value(P, y, value), z))),
)  # fmt: skip


def _blend(name, op, divisor, doc):
    @registry.public(name, inplace=True, out=True, samples=[
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
                ".to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for "
                "float inputs. The future addcdiv behavior is just the latter implementation: (input"
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


@registry.public("nan_to_num", inplace=True, out=True, samples=[
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
               forward=_copysign, check=every(check_broadcast, refuse("copysign_cpu", C)))  # fmt: skip
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


@registry.public("heaviside", inplace=True, out=True, samples=[
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

_UNIT = {"float32": (2.0**-24, 2.0**-149), "float64": (2.0**-53, 2.0**-1074)}


def _nextafter(P, x, y):
    """The neighbour: a product a little over half an ulp is added, or the smallest number."""
    u, tiny = _UNIT[P.torch_dtype[x.dtype]._name]
    step = P.add(P.multiply(P.abs(x), u * (1 + 2 * u)), tiny)
    up = P.add(x, step)
    down = P.subtract(x, step)
    out = P.where(P.greater(y, x), up, P.where(P.less(y, x), down, y))
    return P.where(P.isnan(x), x, out)


nextafter = binary(
    "nextafter", lambda P, g, a, b: unless(P, g, P.equal(a, b)), zero, scalars=False,
    meta=FLOATS, check=every(check_broadcast, refuse("nextafter_cpu", B, I, C)),
    forward=_nextafter, samples=[S(T((3, 4)), T((4,)))],
)  # fmt: skip
ldexp_ = primitive(
    "ldexp", lambda P, g, b: P.multiply(g, P.pow(constant(P, g, 2), b)),
    lambda P, g, out: P.multiply(times(P, g, out), math.log(2)), operands=("a", "b"),
    promote="float", check=check_broadcast,
    forward=single(lambda P, x, y: P.multiply(x, P.pow(constant(P, y, 2), y))),
)  # fmt: skip


@registry.public("ldexp", inplace=True, out=True, samples=[
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


frexp_ = primitive("frexp", _frexp_rule, whole=True, outputs=2, forward=_frexp, saves_out=True)


@registry.public("frexp", out=True, samples=[S(T((3, 4))), S(T(()))])
def frexp(input):
    """Mantissas in [0.5, 1) and integer exponents of two (torch.frexp)."""
    if dtype_of(fresh(input)).category != dtypes.FLOAT:
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    from .. import return_types

    return return_types.frexp(*frexp_(input))


alias({"clip": "clamp"})
