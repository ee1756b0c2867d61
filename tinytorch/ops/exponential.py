"""Exponentials, logarithms, roots and what is built on them."""

from __future__ import annotations

import math

from .. import dtypes, registry
from ..samples import S, T, unary_samples
from ..tensor import Tensor
from .rules import conj, constant, every, log_add, refuse, single, unless
from .table import binary, check_broadcast, no_form, primitive, unary

LN2, LN10 = math.log(2), math.log(10)
BOOL, INT, CPLX = dtypes.BOOL, dtypes.INT, dtypes.COMPLEX
COMPLEX = ("complex128",)
POSITIVE = (0.1, 3.0)

exp = unary("exp", lambda P, g, out: P.times(g, out), also=COMPLEX)
exp2 = unary(
    "exp2", lambda P, g, out: P.multiply(P.times(g, out), LN2), also=COMPLEX,
    forward=single(lambda P, x: P.pow(constant(P, x, 2), x)),
)  # fmt: skip
expm1 = unary("expm1", lambda P, g, out: P.times(g, P.add(out, 1)), also=COMPLEX)
log = unary("log", lambda P, g, a: P.over(g, a), domain=POSITIVE, also=COMPLEX)
log2 = unary(
    "log2", lambda P, g, a: P.over(g, P.multiply(a, LN2)), domain=POSITIVE, also=COMPLEX,
    forward=single(lambda P, x: P.divide(P.log(x), LN2)),
)  # fmt: skip
log10 = unary(
    "log10", lambda P, g, a: P.over(g, P.multiply(a, LN10)), domain=POSITIVE, also=COMPLEX,
    forward=single(lambda P, x: P.divide(P.log(x), LN10)),
)  # fmt: skip
log1p = unary(
    "log1p", lambda P, g, a: P.over(g, P.add(a, 1)), node="Log1PBackward0", domain=(-0.9, 3.0),
    also=COMPLEX,
)  # fmt: skip
sqrt = unary("sqrt", lambda P, g, out: P.over(g, P.multiply(out, 2)), domain=POSITIVE, also=COMPLEX)
rsqrt = unary(
    "rsqrt", lambda P, g, out: P.times(P.multiply(g, -0.5), P.pow(out, 3)), domain=POSITIVE,
    also=COMPLEX, forward=single(lambda P, x: P.divide(1, P.sqrt(x))),
)  # fmt: skip


def _sigmoid(P, x):
    """``1 / (1 + exp(-x))`` without overflow, right to the smallest result."""
    e = P.exp(P.negative(P.abs(x)))
    small = P.divide(e, P.add(e, 1))
    return P.where(P.less(x, 0), small, P.divide(1, P.add(e, 1)))


sigmoid = unary(
    "sigmoid", lambda P, g, out: P.times(g, P.multiply(P.subtract(1, out), out)), also=COMPLEX,
    forward=single(lambda P, x: P.divide(1, P.add(P.exp(P.negative(x)), 1))
                   if P.torch_dtype[x.dtype].is_complex else _sigmoid(P, x)),
)  # fmt: skip


# --- the logit ------------------------------------------------------------------------------------


def _logit_grad(P, g, a, eps):
    inner = P.multiply(a, P.subtract(1, a))
    if eps is None or eps < 0:
        outside = P.logical_or(P.less(a, 0), P.greater(a, 1))
        inner = P.where(outside, constant(P, inner, math.nan), inner)
        return P.divide(g, inner)
    inside = P.logical_and(P.greater_equal(a, eps), P.less_equal(a, 1 - eps))
    return P.mask(P.divide(g, P.where(inside, inner, constant(P, inner, 1))), inside)


def _logit(P, x, eps):
    if eps is not None and eps >= 0:
        x = P.minimum(P.maximum(x, eps), 1 - eps)
    return P.log(P.divide(x, P.subtract(1, x)))


logit_ = primitive(
    "logit", _logit_grad, params=("eps",), promote="float", forward=single(_logit),
    check=lambda a, eps: refuse("logit_cpu", CPLX)(a),
)  # fmt: skip


@registry.public("logit", inplace=True, out=True, samples=lambda: [
    *unary_samples((0.05, 0.95)), S(T((4, 5), -0.2, 1.2), eps=0.1), S(T((6,), -0.5, 1.5), 0.0),
])  # fmt: skip
def logit(input, eps=None):
    """``log(x / (1 - x))``, the input limited to [eps, 1 - eps] first if given (torch.logit)."""
    result = logit_(input, eps) if isinstance(input, Tensor) else NotImplemented
    if result is NotImplemented:
        raise registry.bad_argument("logit", "input", 1, input)
    return result


# --- sums of exponentials, products with logarithms -----------------------------------------------


def _logaddexp(exp, scale):
    def forward(P, x, y):
        if P.torch_dtype[x.dtype].is_complex:
            return log_add(P, x, y)
        top = P.maximum(x, y)
        gap = P.negative(P.abs(P.subtract(x, y)))
        gap = P.where(P.equal(x, y), constant(P, gap, 0), gap)
        return P.add(top, P.divide(P.log1p(getattr(P, exp)(gap)), scale))

    return single(forward)


def _share(exp):
    """The gradient of a log of summed exponentials: what the operand's part of the sum is."""

    def share(P, g, mine, other):
        return P.divide(g, conj(P, P.add(getattr(P, exp)(P.subtract(other, mine)), 1)))

    return lambda P, g, a, b: share(P, g, a, b), lambda P, g, a, b: share(P, g, b, a)


logaddexp = binary(
    "logaddexp", *_share("exp"), scalars=False, inplace=False, meta={"floats": True},
    check=every(check_broadcast, refuse("logaddexp_cpu", BOOL, INT)),
    forward=_logaddexp("exp", 1),
)  # fmt: skip
logaddexp2 = binary(
    "logaddexp2", *_share("exp2"), scalars=False, inplace=False, meta={"floats": True},
    check=every(check_broadcast, refuse("logaddexp2_cpu", BOOL, INT, CPLX)),
    forward=_logaddexp("exp2", LN2),
)  # fmt: skip


def _xlog(log, shift, name, node):
    """``x * log(y + shift)``, 0 where x is 0: tensor and number forms (one node each)."""
    check = every(check_broadcast, refuse(name + "_cpu", CPLX))

    def first(P, g, a, b):
        if not hasattr(b, "dtype"):
            b = constant(P, a, b)
        nil = P.logical_and(P.equal(a, 0), P.less_equal(b, -shift))
        return unless(P, P.multiply(g, getattr(P, log)(b)), nil)

    def second(P, g, a, b):
        return P.divide(P.multiply(g, a), P.add(b, shift) if shift else b)

    def forward(P, x, y):
        if not hasattr(y, "dtype"):
            y = constant(P, x, y)
        logs = getattr(P, log)(y)
        x = constant(P, logs, x) if not hasattr(x, "dtype") else x
        out = P.where(P.equal(x, 0), constant(P, logs, 0), P.multiply(x, logs))
        return P.where(P.not_equal(y, y), y, out)

    spec = dict(kernel=name, operands=("a", "b"), promote="float", scalars=True, check=check,
                forward=single(forward))  # fmt: skip
    return (
        primitive(name, first, second, node=node + "0", **spec),
        primitive(name + "_of_number", None, second, node=node + "1", **spec),
        primitive(name + "_number", first, None, node=node + "2", **spec),
    )


def xlog_function(name, ops):
    """The public function over the three forms; ``name`` is what error messages say."""
    both, of_number, number = ops

    def call(input, other):
        if not isinstance(input, Tensor):
            op = of_number
        else:
            op = both if isinstance(other, Tensor) else number
        result = op(input, other)
        if result is NotImplemented:
            raise no_form(name, (input, other))
        return result

    call.__doc__ = f"``input * log(other)`` with 0 where input is 0 (torch.{name})."
    return call


XLOGY = [
    S(T((3, 4)), T((4,), 0.2, 2)), S(T((3,)), 2.5), S(1.5, T((3,), 0.2, 2)),
    S(T(()), T((2,), 0.2, 2)),
    S(T((0, 3)), T((3,), 0.2, 2)), S(T((3, 1)), T((1, 4), 0.2, 2)),
]  # fmt: skip
xlogy_ops = _xlog("log", 0, "xlogy", "XlogyBackward")
xlog1py_ops = _xlog("log1p", 1, "xlog1py", "SpecialXlog1PyBackward")
xlogy = xlog_function("xlogy", xlogy_ops)
xlog1py = xlog_function("special_xlog1py", xlog1py_ops)
registry.public("xlogy", inplace=True, out=True, samples=XLOGY)(xlogy)
