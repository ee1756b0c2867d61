"""Elementwise ops: a row an op, with its gradient rules as formulas.

Rules multiply by conjugates, which costs nothing for real dtypes: torch's convention for complex
gradients then holds throughout.
"""

from __future__ import annotations

import math

from .. import registry
from ..tensor import Tensor
from .table import binary, primitive, unary

TWO_OVER_SQRT_PI = 2 / math.sqrt(math.pi)
LN2, LN10 = math.log(2), math.log(10)


def conj(P, x):
    """The conjugate of an operand, which may be a Python number."""
    return P.conj(x) if hasattr(x, "dtype") else x.conjugate()


def times(P, g, x):
    return P.times(g, x)


# --- arithmetic -----------------------------------------------------------------------------------

add = binary("add", lambda P, g: g, lambda P, g: g, function=False, method=False)
sub = binary(
    "sub", lambda P, g: g, lambda P, g: P.negative(g), kernel="subtract", function=False,
    method=False,
)  # fmt: skip
mul = binary(
    "mul", lambda P, g, b: P.times(g, b), lambda P, g, a: P.times(g, a), kernel="multiply"
)
div = binary(
    "div", lambda P, g, b: P.divide(g, conj(P, b)),
    lambda P, g, a, b: P.negative(P.divide(P.multiply(g, conj(P, P.divide(a, b))), conj(P, b))),
    kernel="divide", promote="float", function=False, method=False,
)  # fmt: skip
rsub_scalar = primitive(
    "rsub_scalar", None, lambda P, g: P.negative(g), node="RsubBackward1", kernel="subtract",
    operands=("c", "a"), promote="common", scalars=True,
)


def _pow_scalar_grad(P, g, a, c):
    if c == 0:
        return P.multiply(g, 0.0)
    if c == 1:
        return g
    if c == 2:
        return times(P, g, P.multiply(a, 2))
    return P.multiply(g, P.conj(P.multiply(P.pow(a, c - 1), c)))


def _pow_exponent_grad(P, g, a, b, out):
    if not hasattr(a, "dtype"):
        a = P.full_as(b, (), a)
    if not hasattr(b, "dtype"):
        b = P.full_as(a, (), b)
    zero = P.logical_and(P.equal(a, 0), P.greater_equal(b, 0))
    log = P.log(P.where(zero, P.full_as(a, (), 1), a))
    return times(P, g, P.multiply(out, log))


def _pow_base_grad(P, g, a, b):
    if not hasattr(b, "dtype"):
        return _pow_scalar_grad(P, g, a, b)
    grad = times(P, g, P.multiply(b, P.pow(a, P.subtract(b, 1))))
    return P.where(P.equal(b, 0), P.full_as(grad, (), 0), grad)


pow_scalar = primitive(
    "pow_scalar", _pow_scalar_grad, kernel="pow", node="PowBackward0", params=("c",)
)
pow_tensor = primitive(
    "pow_tensor", _pow_base_grad, _pow_exponent_grad, kernel="pow", node="PowBackward1",
    operands=("a", "b"), promote="common", scalars=True,
)  # fmt: skip

neg = unary("neg", lambda P, g: P.negative(g), kernel="negative", promote=None)
abs_ = unary("abs", lambda P, g, a: P.multiply(g, P.sign(a)), promote=None)
sign = unary("sign", lambda P, g: P.multiply(g, 0), promote=None)
square = unary("square", lambda P, g, a: times(P, g, P.multiply(a, 2)), node="PowBackward0",
               promote=None)  # fmt: skip
reciprocal = unary(
    "reciprocal", lambda P, g, out: P.negative(times(P, g, P.multiply(out, out))),
    forward=lambda P, x: P.divide(1, x),
)

conj_physical = unary("conj_physical", lambda P, g: P.conj(g), kernel="conj", promote=None)
logical_not = unary("logical_not", promote=None)

# --- exponentials, logarithms, roots --------------------------------------------------------------

exp = unary("exp", lambda P, g, out: times(P, g, out))
exp2 = unary("exp2", lambda P, g, out: P.multiply(times(P, g, out), LN2))
expm1 = unary("expm1", lambda P, g, out: times(P, g, P.add(out, 1)))
log = unary("log", lambda P, g, a: P.divide(g, P.conj(a)))
log2 = unary("log2", lambda P, g, a: P.divide(g, P.conj(P.multiply(a, LN2))))
log10 = unary("log10", lambda P, g, a: P.divide(g, P.conj(P.multiply(a, LN10))))
log1p = unary("log1p", lambda P, g, a: P.divide(g, P.conj(P.add(a, 1))))
sqrt = unary("sqrt", lambda P, g, out: P.divide(g, P.conj(P.multiply(out, 2))))
rsqrt = unary(
    "rsqrt", lambda P, g, out: times(P, P.multiply(g, -0.5), P.pow(out, 3)),
    forward=lambda P, x: P.divide(1, P.sqrt(x)),
)

# --- trigonometry ---------------------------------------------------------------------------------

sin = unary("sin", lambda P, g, a: times(P, g, P.cos(a)))
cos = unary("cos", lambda P, g, a: times(P, g, P.negative(P.sin(a))))
tan = unary("tan", lambda P, g, out: times(P, g, P.add(P.multiply(out, out), 1)))
tanh = unary("tanh", lambda P, g, out: times(P, g, P.subtract(1, P.multiply(out, out))))
sinh = unary("sinh", lambda P, g, a: times(P, g, P.cosh(a)))
cosh = unary("cosh", lambda P, g, a: times(P, g, P.sinh(a)))

# --- piecewise ------------------------------------------------------------------------------------

relu = unary(
    "relu", lambda P, g, out: P.mask(g, P.greater(out, 0)), promote=None,
    forward=lambda P, x: P.maximum(x, 0),
)
sigmoid = unary(
    "sigmoid", lambda P, g, out: times(P, g, P.multiply(out, P.subtract(1, out))),
    forward=lambda P, x: P.divide(1, P.add(P.exp(P.negative(x)), 1)),
)
clamp_min = primitive(
    "clamp_min", lambda P, g, a, lo: P.mask(g, P.greater_equal(a, lo)), node="ClampBackward1",
    kernel="clamp_min", params=("lo",), forward=lambda P, x, lo: P.maximum(x, lo),
)
clamp_max = primitive(
    "clamp_max", lambda P, g, a, hi: P.mask(g, P.less_equal(a, hi)), node="ClampBackward1",
    kernel="clamp_max", params=("hi",), forward=lambda P, x, hi: P.minimum(x, hi),
)

# --- comparison -----------------------------------------------------------------------------------

for _name, _kernel in [
    ("eq", "equal"), ("ne", "not_equal"), ("lt", "less"), ("le", "less_equal"), ("gt", "greater"),
    ("ge", "greater_equal"),
]:  # fmt: skip
    globals()[_name] = binary(_name, kernel=_kernel)

logical_and = primitive(
    "logical_and", operands=("a", "b"), forward=lambda P, x, y: P.bitwise_and(
        P.not_equal(x, 0), P.not_equal(y, 0)),
)  # fmt: skip
where = primitive(
    "where", None, lambda P, g, c: P.where(c, g, P.multiply(g, 0)),
    lambda P, g, c: P.where(c, P.multiply(g, 0), g), operands=("c", "a", "b"),
    node="WhereBackward0",
)  # fmt: skip
mask = primitive(
    "mask", lambda P, g, c: P.mask(g, c), None, operands=("a", "c"), node="MulBackward0",
    forward=lambda P, g, keep: P.where(keep, g, P.full((), 0, g.dtype)),
)


# --- torch's signatures ---------------------------------------------------------------------------


def _operands(name, input, other):
    if not isinstance(input, Tensor):
        raise registry.bad_argument(name, "input", 1, input)


@registry.public("add", inplace=True, out=True)
def torch_add(input, other, *, alpha=1):
    """``input + alpha * other`` (torch.add)."""
    _operands("add", input, other)
    result = add(input, other if alpha == 1 else mul(other, alpha) if isinstance(other, Tensor)
                 else other * alpha)  # fmt: skip
    if result is NotImplemented:
        raise registry.bad_argument("add", "other", 2, other)
    return result


@registry.public("sub", inplace=True, out=True)
def torch_sub(input, other, *, alpha=1):
    """``input - alpha * other`` (torch.sub)."""
    _operands("sub", input, other)
    result = sub(input, other if alpha == 1 else mul(other, alpha) if isinstance(other, Tensor)
                 else other * alpha)  # fmt: skip
    if result is NotImplemented:
        raise registry.bad_argument("sub", "other", 2, other)
    return result


@registry.public("div", inplace=True, out=True)
def torch_div(input, other, *, rounding_mode=None):
    """``input / other``, rounded towards zero or down on request (torch.div)."""
    _operands("div", input, other)
    result = div(input, other)
    if result is NotImplemented:
        raise registry.bad_argument("div", "other", 2, other)
    return result


pow_of_number = primitive(
    "pow_of_number", None, lambda P, g, c, b, out: _pow_exponent_grad(P, g, c, b, out),
    kernel="pow", node="PowBackward2", operands=("c", "b"), promote="common", scalars=True,
)


def power(a, b):
    """``a ** b`` with a number or a tensor on either side."""
    if not isinstance(a, Tensor):
        return pow_of_number(a, b)
    if type(b) is float or type(b) is int:
        dt = a._raw.dtype
        P = a._p
        if dt is P.float32 or dt is P.float64 or P.differentiable(a._raw):
            return pow_scalar(a, b)
    return pow_tensor(a, b)


@registry.public("pow", inplace=True, out=True)
def torch_pow(input, exponent):
    """``input ** exponent`` (torch.pow)."""
    result = power(input, exponent)
    if result is NotImplemented:
        raise registry.bad_argument("pow", "exponent", 2, exponent)
    return result


@registry.public("clamp", inplace=True, out=True)
def clamp(input, min=None, max=None):
    """Elements limited to [min, max]; either may be left out (torch.clamp)."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    out = input
    if min is not None:
        out = clamp_min(out, min)
    if max is not None:
        out = clamp_max(out, max)
    return out


def _tensor_namespace():
    from ..primitive import TP

    TP.pow = power
    TP.times = lambda g, x: mul(g, conj(TP, x))
    TP.conj = lambda x: conj_physical(x) if x.dtype.is_complex else x


_tensor_namespace()
