"""Activation functions as single nodes: a row each, its forward and its gradient as formulas.

Loaded with `nn.functional`. A rule works from the input unless it says ``out``.
"""

from __future__ import annotations

import math

from .elementwise import TWO_OVER_SQRT_PI
from .fused import show_edges, single
from .table import primitive

SELU = (1.6732632423543772848170429916717, 1.0507009873554804934193349852946)
ROOT_HALF = math.sqrt(0.5)
BETA = math.sqrt(2 / math.pi)
CUBIC = 0.044715


def act(name, forward, rule, params=(), node=None):
    return primitive(name, rule, params=params, forward=single(forward), node=node)


def zero(P, x):
    return P.full_as(x, (), 0)


def choose(P, cond, g, *factors):
    """``g`` where ``cond``, else ``g`` times the factors."""
    other = g
    for f in factors:
        other = P.multiply(other, f)
    return P.where(cond, g, other)


hardtanh = act(
    "hardtanh", lambda P, x, lo, hi: P.minimum(P.maximum(x, lo), hi),
    lambda P, g, a, lo, hi: P.tied(
        P.mask(g, P.logical_and(P.greater(a, lo), P.less(a, hi))), a),
    ("lo", "hi"),
)  # fmt: skip
leaky_relu = act(
    "leaky_relu", lambda P, x, slope: choose(P, P.greater(x, 0), x, slope),
    lambda P, g, a, slope: P.tied(choose(P, P.greater(a, 0), g, slope), a), ("slope",),
)  # fmt: skip


def _elu(P, x, alpha, scale, inner):
    neg = P.multiply(P.expm1(P.multiply(x, inner)), alpha * scale)
    return P.where(P.greater(x, 0), P.multiply(x, scale), neg)


def _elu_grad(P, g, a, alpha, scale, inner):
    slope = P.multiply(P.exp(P.multiply(a, inner)), alpha * scale * inner)
    return P.where(P.greater(a, 0), P.multiply(g, scale), P.multiply(g, slope))


elu = act("elu", _elu, _elu_grad, ("alpha", "scale", "inner"))
celu = act(
    "celu", lambda P, x, alpha: _elu(P, x, alpha, 1.0, 1.0 / alpha),
    lambda P, g, a, alpha: _elu_grad(P, g, a, alpha, 1.0, 1.0 / alpha), ("alpha",),
)  # fmt: skip


def _phi(P, x):
    """The normal distribution function."""
    return P.multiply(P.add(P.erf(P.multiply(x, ROOT_HALF)), 1), 0.5)


def _gelu_grad(P, g, a):
    bell = P.exp(P.multiply(P.multiply(a, a), -0.5))
    density = P.multiply(bell, ROOT_HALF * TWO_OVER_SQRT_PI / 2)
    return P.multiply(g, P.add(_phi(P, a), P.multiply(a, density)))


def _gelu_tanh_inner(P, x):
    return P.tanh(P.multiply(P.add(x, P.multiply(P.multiply(P.multiply(x, x), x), CUBIC)), BETA))


def _gelu_tanh_grad(P, g, a):
    t = _gelu_tanh_inner(P, a)
    left = P.multiply(P.add(t, 1), 0.5)
    inner = P.multiply(P.add(P.multiply(P.multiply(a, a), 3 * CUBIC), 1), BETA)
    right = P.multiply(P.multiply(P.multiply(a, 0.5), P.subtract(1, P.multiply(t, t))), inner)
    return P.multiply(g, P.add(left, right))


gelu = act("gelu", lambda P, x: P.multiply(x, _phi(P, x)), _gelu_grad)
gelu_tanh = act(
    "gelu_tanh",
    lambda P, x: P.multiply(P.multiply(x, 0.5), P.add(_gelu_tanh_inner(P, x), 1)),
    _gelu_tanh_grad, node="GeluBackward0",
)  # fmt: skip


def _silu_grad(P, g, a):
    s = P.sigmoid(a)
    return P.multiply(g, P.multiply(s, P.add(P.multiply(a, P.subtract(1, s)), 1)))


silu = act("silu", lambda P, x: P.multiply(x, P.sigmoid(x)), _silu_grad)


def _softplus(P, x, beta=1, threshold=20):
    z = P.multiply(x, beta)
    return P.where(P.greater(z, threshold), x, P.divide(P.log1p(P.exp(z)), beta))


softplus = act(
    "softplus", _softplus,
    lambda P, g, a, beta, threshold: choose(
        P, P.greater(P.multiply(a, beta), threshold), g, P.sigmoid(P.multiply(a, beta))),
    ("beta", "threshold"),
)  # fmt: skip


def _mish_grad(P, g, a):
    s, t = P.sigmoid(a), P.tanh(P.softplus(a, 1, 20))
    return P.multiply(g, P.add(t, P.multiply(P.multiply(a, s), P.subtract(1, P.multiply(t, t)))))


mish = act("mish", lambda P, x: P.multiply(x, P.tanh(_softplus(P, x))), _mish_grad)


def _hinge(P, x):
    """``relu6(x + 3)``."""
    return P.minimum(P.maximum(P.add(x, 3), 0), 6)


hardsigmoid = act(
    "hardsigmoid", lambda P, x: P.divide(_hinge(P, x), 6),
    lambda P, g, a: P.mask(
        P.divide(g, 6), P.logical_and(P.greater(a, -3), P.less(a, 3))),
)  # fmt: skip


def _hardswish_grad(P, g, a):
    inner = P.multiply(g, P.add(P.divide(a, 3), 0.5))
    return P.where(P.greater_equal(a, 3), g, P.mask(inner, P.greater(a, -3)))


hardswish = act("hardswish", lambda P, x: P.divide(P.multiply(x, _hinge(P, x)), 6), _hardswish_grad)


def _outside(P, a, lambd):
    return P.logical_not(P.less_equal(P.abs(a), lambd))


hardshrink = act(
    "hardshrink", lambda P, x, lambd: P.where(_outside(P, x, lambd), x, zero(P, x)),
    lambda P, g, a, lambd: P.mask(g, _outside(P, a, lambd)), ("lambd",),
)  # fmt: skip
softshrink = act(
    "softshrink",
    lambda P, x, lambd: P.where(
        P.greater(x, lambd), P.subtract(x, lambd),
        P.where(P.less(x, -lambd), P.add(x, lambd), P.multiply(x, 0))),
    lambda P, g, a, lambd: P.mask(g, P.greater(P.abs(a), lambd)), ("lambd",),
)  # fmt: skip
threshold = act(
    "threshold",
    lambda P, x, least, value: P.where(P.less_equal(x, least), P.full_as(x, (), value), x),
    lambda P, g, a, least: P.tied(P.mask(g, P.greater(a, least)), a), ("least", "value"),
)  # fmt: skip
logsigmoid = act(
    "log_sigmoid",
    lambda P, x: P.subtract(P.minimum(x, 0), P.log1p(P.exp(P.negative(P.abs(x))))),
    lambda P, g, a: P.multiply(g, P.sigmoid(P.negative(a))),
)  # fmt: skip


def _halves(dim, n):
    lead = (slice(None),) * dim
    return (*lead, slice(0, n // 2)), (*lead, slice(n // 2, n))


def _glu(P, x, dim):
    a, b = _halves(dim, x.shape[dim])
    return P.multiply(P.getitem(x, a), P.sigmoid(P.getitem(x, b)))


def _glu_grad(P, g, a, dim):
    first, second = _halves(dim, a.shape[dim])
    s = P.sigmoid(P.getitem(a, second))
    gs = P.multiply(g, s)
    slope = P.multiply(P.multiply(gs, P.getitem(a, first)), P.subtract(1, s))
    shape = tuple(a.shape)
    return P.add(P.unslice(gs, shape, first), P.unslice(slope, shape, second))


glu = act("glu", _glu, _glu_grad, ("dim",))
prelu = primitive(
    "prelu", lambda P, g, a, w: choose(P, P.greater(a, 0), g, w),
    lambda P, g, a: P.multiply(P.mask(g, P.logical_not(P.greater(a, 0))), a),
    operands=("a", "w"), node="PreluKernelBackward0", meta={"keeps": {"w": (1,)}},
    forward=lambda P, x, w: choose(P, P.greater(x, 0), x, w),
)  # fmt: skip
rrelu_noise = primitive(
    "rrelu_noise", lambda P, g, noise: P.multiply(g, noise), None, operands=("a", "noise"),
    node="RreluWithNoiseBackward0", kernel="multiply",
)  # fmt: skip
show_edges("rrelu_noise", (0,))
rrelu_mean = primitive(
    "rrelu_mean", lambda P, g, a, slope: P.tied(choose(P, P.greater(a, 0), g, slope), a),
    params=("slope",), kernel="leaky_relu", node="RreluWithNoiseBackward0",
)  # fmt: skip
