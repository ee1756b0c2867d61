"""Losses as single nodes. Loaded with `nn.functional`.

A loss per element is written once; its reduction and the sharing out of the gradient are `fused`'s.
Targets, weights and masks are operands without gradients where torch has none for them, and do not
show in ``next_functions``.
"""

from __future__ import annotations

from .fused import MEAN, NONE, reduced, shared, show_edges, single
from .table import primitive


def difference(name, forward, slope, node=None):
    """A loss of ``a - b`` with one constant ``c``: per element, with its derivative."""

    def up(P, g, a, b, c, how):
        return P.multiply(shared(P, g, a, how), slope(P, P.subtract(a, b), c))

    def down(P, g, a, b, c, how):
        return P.negative(up(P, g, a, b, c, how))

    def run(P, a, b, c, how):
        return reduced(P, forward(P, P.subtract(a, b), c), how)

    return primitive(name, up, down, operands=("a", "b"), params=("c", "how"), promote="common",
                     forward=single(run), node=node)  # fmt: skip


def _huber(P, d, c):
    size = P.abs(d)
    return P.where(P.less_equal(size, c), P.multiply(P.multiply(d, d), 0.5),
                   P.multiply(P.subtract(size, 0.5 * c), c))  # fmt: skip


def _huber_slope(P, d, c):
    return P.where(P.less_equal(P.abs(d), c), d, P.multiply(P.sign(d), c))


def _smooth(P, d, c):
    size = P.abs(d)
    return P.where(P.less(size, c), P.divide(P.multiply(P.multiply(d, d), 0.5), c),
                   P.subtract(size, 0.5 * c))  # fmt: skip


def _smooth_slope(P, d, c):
    return P.where(P.less(P.abs(d), c), P.divide(d, c), P.sign(d))


mse = difference("mse_loss", lambda P, d, c: P.multiply(d, d), lambda P, d, c: P.multiply(d, 2))
smooth_l1 = difference("smooth_l1_loss", _smooth, _smooth_slope, node="SmoothL1LossBackward0")
huber = difference("huber_loss", _huber, _huber_slope)


# --- classes --------------------------------------------------------------------------------------


def _weights(P, x, t, w, ignore):
    """The weight of each example: its class's, 0 where it is ignored; and the class to look at."""
    keep = P.not_equal(t, ignore)
    t = P.where(keep, t, P.multiply(t, 0))
    if w is None:
        each = P.full_as(x, tuple(t.shape), 1)
    else:
        each = P.reshape(P.take(w, P.reshape(t, (-1,)), 0), tuple(t.shape))
    return t, P.mask(each, keep)


def _expand(P, v, axis):
    return P.reshape(v, (*v.shape[:axis], 1, *v.shape[axis:]))


def _nll(P, x, t, w, how, ignore):
    axis = min(len(x.shape) - 1, 1)
    P.check_target(t, x.shape[axis], ignore)
    keep = P.not_equal(t, ignore)
    t, each = _weights(P, x, t, w, ignore)
    picked = P.take_along_axis(x, _expand(P, t, axis), axis)
    loss = P.mask(P.negative(P.multiply(P.reshape(picked, tuple(t.shape)), each)), keep)
    if how == NONE:
        return loss
    total = P.sum(loss, None, False)
    return P.divide(total, P.sum(each, None, False)) if how == MEAN else total


def _nll_spread(P, g, t, w, shape, how, ignore):
    """The gradient of `_nll`: what was picked, put back."""
    axis = min(len(shape) - 1, 1)
    keep = P.not_equal(t, ignore)
    t, each = _weights(P, g, t, w, ignore)
    if how == MEAN:
        each = P.divide(each, P.sum(each, None, False))
    values = P.mask(P.negative(P.multiply(each, g)), keep)
    n = shape[axis]
    classes = P.reshape(P.arange(0, n, 1, P.int64), (n, *(1,) * (len(shape) - 1 - axis)))
    hit = P.equal(_expand(P, t, axis), classes)
    return P.mask(P.spread(_expand(P, values, axis), shape), hit)


def _nll_grad(P, g, t, w, a_shape, how, ignore):
    return P.nll_spread(g, t, w, a_shape, how, ignore)


def _nll_entry(name, node):
    return primitive(
        name, _nll_grad, None, None, operands=("a", "t", "w"), params=("how", "ignore"),
        kernel="nll", node=node, forward=single(_nll), meta={"keeps": {"a": (0,)}},
    )  # fmt: skip


nll = _nll_entry("nll", "NllLossBackward0")
nll_plain = primitive(
    "nll_plain", lambda P, g, t, a_shape, how, ignore: P.nll_plain_spread(
        g, t, a_shape, how, ignore), None, operands=("a", "t"), params=("how", "ignore"),
    node="NllLossBackward0", meta={"keeps": {"a": (0,)}},
    forward=single(lambda P, x, t, how, ignore: _nll(P, x, t, None, how, ignore)),
)  # fmt: skip
nll_plain_spread = primitive(
    "nll_plain_spread", lambda P, g, t, how, ignore: P.nll_plain(g, t, how, ignore), None,
    operands=("a", "t"), params=("shape", "how", "ignore"), node="NllLossBackwardBackward0",
    forward=single(lambda P, g, t, shape, how, ignore: _nll_spread(
        P, g, t, None, shape, how, ignore)),
)  # fmt: skip
nll2d = _nll_entry("nll2d", "NllLoss2DBackward0")
nll_spread = primitive(
    "nll_spread", lambda P, g, t, w, how, ignore: P.nll(g, t, w, how, ignore), None, None,
    operands=("a", "t", "w"), params=("shape", "how", "ignore"),
    node="NllLossBackwardBackward0", forward=single(_nll_spread),
)  # fmt: skip
for _name in ("nll", "nll_plain", "nll2d", "nll_spread", "nll_plain_spread"):
    show_edges(_name, (0,))


# --- probabilities --------------------------------------------------------------------------------


def _weigh(P, loss, w):
    return loss if w is None else P.multiply(loss, w)


def _bounded_log(P, x, log):
    return P.maximum(log(x), -100.0)


def _bce(P, a, b, w, how):
    loss = P.subtract(P.multiply(P.subtract(b, 1), _bounded_log(P, P.negative(a), P.log1p)),
                      P.multiply(b, _bounded_log(P, a, P.log)))  # fmt: skip
    return reduced(P, _weigh(P, loss, w), how)


def _bce_grad(P, g, a, b, w, how):
    spread = P.multiply(P.subtract(1, a), a)
    spread = P.where(P.greater(spread, 1e-12), spread, P.full_as(a, (), 1e-12))
    slope = P.divide(P.multiply(shared(P, g, a, how), P.subtract(a, b)), spread)
    return _weigh(P, slope, w)


def _floored(P, x):
    return P.where(P.greater(x, -100.0), x, P.full_as(x, (), -100.0))


def _bce_target_grad(P, g, a, b, w, how):
    odds = P.subtract(_floored(P, P.log1p(P.negative(a))), _floored(P, P.log(a)))
    return _weigh(P, P.multiply(shared(P, g, a, how), odds), w)


bce = primitive(
    "binary_cross_entropy", _bce_grad, _bce_target_grad, None, operands=("a", "b", "w"),
    params=("how",), forward=single(_bce),
)  # fmt: skip


def _log_weight(P, b, pw):
    return P.add(P.multiply(P.subtract(pw, 1), b), 1)


def _bce_logits(P, a, b, w, pw, how):
    tail = P.add(P.log1p(P.exp(P.negative(P.abs(a)))), P.maximum(P.negative(a), 0))
    if pw is not None:
        tail = P.multiply(tail, _log_weight(P, b, pw))
    loss = P.add(P.multiply(P.subtract(1, b), a), tail)
    return reduced(P, _weigh(P, loss, w), how)


def _bce_logits_grad(P, g, a, b, w, pw, how):
    s = P.sigmoid(a)
    if pw is None:
        slope = P.subtract(s, b)
    else:
        t = P.multiply(b, pw)
        slope = P.subtract(P.multiply(P.subtract(P.add(t, 1), b), s), t)
    return _weigh(P, P.multiply(slope, shared(P, g, a, how)), w)


def _bce_logits_target_grad(P, g, a, b, w, pw, how):
    if pw is None:
        slope = P.negative(a)
    else:
        slope = P.subtract(P.log(P.subtract(1, P.sigmoid(a))),
                           P.multiply(pw, P.log(P.sigmoid(a))))  # fmt: skip
    return _weigh(P, P.multiply(slope, shared(P, g, a, how)), w)


bce_logits = primitive(
    "binary_cross_entropy_with_logits", _bce_logits_grad, _bce_logits_target_grad, None, None,
    operands=("a", "b", "w", "pw"), params=("how",), forward=single(_bce_logits),
)  # fmt: skip
bce_logits_plain = primitive(
    "bce_logits_plain",
    lambda P, g, a, b, how: P.multiply(P.subtract(P.sigmoid(a), b), shared(P, g, a, how)),
    lambda P, g, a, how: P.negative(P.multiply(a, shared(P, g, a, how))),
    operands=("a", "b"), params=("how",), node="BinaryCrossEntropyWithLogitsBackward0",
    meta={"keeps": {"b": (1,)}},
    forward=single(lambda P, a, b, how: _bce_logits(P, a, b, None, None, how)),
)  # fmt: skip
show_edges("binary_cross_entropy", (0, 1))
show_edges("binary_cross_entropy_with_logits", (0, 1))


def _soft_margin_grad(P, g, a, b, how):
    slope = P.negative(P.multiply(b, P.sigmoid(P.negative(P.multiply(a, b)))))
    return P.multiply(slope, shared(P, g, a, how))


soft_margin = primitive(
    "soft_margin_loss", _soft_margin_grad, None, operands=("a", "b"), params=("how",),
    promote="common", forward=single(lambda P, a, b, how: reduced(
        P, P.log1p(P.exp(P.negative(P.multiply(a, b)))), how)),
)  # fmt: skip
show_edges("soft_margin_loss", (0,))
divide_by = primitive(
    "divide_by", lambda P, g, c: P.divide(g, c), kernel="divide", node="DivBackward1",
    params=("c",),
)  # fmt: skip
