"""Layer, group and batch normalisation as single nodes. Loaded with `nn.functional`.

Each is the same map: centre and scale over some axes, then an affine map. The gradient is worked
out again from the input, so that nothing but the operands is saved and its own gradient follows. A
backend may have a kernel ``norm_back`` that works out all three gradients at once.
"""

from __future__ import annotations

from .fused import single
from .stats import norm_grad
from .table import primitive


def standardise(P, x, axes, eps):
    """(x centred and scaled over ``axes``, the scale)."""
    c = P.subtract(x, P.mean(x, axes, True))
    scale = P.rsqrt(P.add(P.mean(P.multiply(c, c), axes, True), eps))
    return P.multiply(c, scale), scale


def back(P, g, y, scale, axes):
    """The gradient of `standardise` for its input; ``y``, ``scale`` are its results."""
    tilt = P.multiply(y, P.mean(P.multiply(g, y), axes, True))
    g = P.subtract(g, P.add(P.mean(g, axes, True), tilt))
    return P.multiply(g, scale)


def affine(P, y, w, b):
    if w is not None:
        y = P.multiply(y, w)
    return y if b is None else P.add(y, b)


def _sum_to(P, g, shape):
    """``g`` summed over the axes that ``shape`` has 1 at (or has not), in that shape."""
    lead = len(g.shape) - len(shape)
    axes = tuple(i for i in range(len(g.shape)) if i < lead or shape[i - lead] == 1)
    return P.reshape(P.sum(g, axes, True), shape) if axes else g


def _whole(arrange):
    """The rule of a norm: ``arrange(x shape, params)`` gives the shape to work in, the axes, the
    shape in which weights apply, and eps."""

    def rule(P, g, operands, out, params, edges):
        x, w, b = operands
        shape, axes, weights, eps = arrange(tuple(x.shape), params)
        fast = getattr(P, "norm_back", None)
        if fast is not None:
            return fast(g, x, w, b, shape, axes, weights, eps, [e is not None for e in edges])
        own = tuple(x.shape)
        y, scale = standardise(P, P.reshape(x, shape), axes, eps)
        full = P.reshape(y, own)
        gx = gw = gb = None
        if edges[0] is not None:
            gy = g if w is None else P.multiply(g, P.reshape(w, weights))
            gx = P.reshape(back(P, P.reshape(gy, shape), y, scale, axes), own)
        if edges[1] is not None:
            gw = P.reshape(_sum_to(P, P.multiply(g, full), weights), tuple(w.shape))
        if edges[2] is not None:
            gb = P.reshape(_sum_to(P, g, weights), _shape(b))
        return gx, gw, gb

    def forward(P, x, w, b, *params):
        shape, axes, weights, eps = arrange(tuple(x.shape), params)
        y, _ = standardise(P, P.reshape(x, shape), axes, eps)
        w = None if w is None else P.reshape(w, weights)
        b = None if b is None else P.reshape(b, weights)
        return affine(P, P.reshape(y, tuple(x.shape)), w, b)

    return rule, single(forward)


def _shape(b):
    return b if type(b) is tuple else tuple(b.shape)


def _norm(name, node, params, arrange, **spec):
    rule, forward = _whole(arrange)
    return primitive(name, rule, whole=True, operands=("a", "w", "b"), params=params, node=node,
                     forward=forward, **spec)  # fmt: skip


def _layer(shape, params):
    dims, eps = params
    n = len(shape)
    return shape, tuple(range(n - dims, n)), shape[n - dims :], eps


def _group(shape, params):
    groups, eps = params
    inner = 1
    for k in shape[1:]:
        inner *= k
    return (shape[0], groups, inner // groups), (2,), (1, shape[1], *(1,) * (len(shape) - 2)), eps


def _batch(shape, params):
    n = len(shape)
    axes = (0, *range(2, n))
    return shape, axes, (1, shape[1], *(1,) * (n - 2)), params[0]


_NO_BIAS = {"unsaved": (2,)}
layer_norm = _norm("layer_norm", "NativeLayerNormBackward0", ("dims", "eps"), _layer)
group_norm = _norm("group_norm", "NativeGroupNormBackward0", ("groups", "eps"), _group,
                   meta=_NO_BIAS)  # fmt: skip
batch_norm = _norm("batch_norm", "NativeBatchNormBackward0", ("eps",), _batch, meta=_NO_BIAS)


def _channels(x):
    return (1, x.shape[1], *(1,) * (len(x.shape) - 2))


def _fixed(P, x, w, b, m, v, eps):
    shape = _channels(x)
    scale = P.reshape(P.rsqrt(P.add(v, eps)), shape)
    y = P.multiply(P.subtract(x, P.reshape(m, shape)), scale)
    return affine(P, y, None if w is None else P.reshape(w, shape),
                  None if b is None else P.reshape(b, shape))  # fmt: skip


def _fixed_rule(P, g, operands, out, params, edges):
    x, w, b, m, v = operands
    shape = _channels(x)
    scale = P.reshape(P.rsqrt(P.add(v, params[0])), shape)
    gx = gw = gb = None
    if edges[0] is not None:
        gx = P.multiply(g, scale)
        gx = gx if w is None else P.multiply(gx, P.reshape(w, shape))
    if edges[1] is not None:
        y = P.multiply(P.subtract(x, P.reshape(m, shape)), scale)
        gw = P.reshape(_sum_to(P, P.multiply(g, y), shape), tuple(w.shape))
    if edges[2] is not None:
        gb = P.reshape(_sum_to(P, g, shape), _shape(b))
    return gx, gw, gb, None, None


batch_norm_fixed = primitive(
    "batch_norm_fixed", _fixed_rule, whole=True, operands=("a", "w", "b", "m", "v"),
    params=("eps",), node="NativeBatchNormBackward0", forward=single(_fixed), meta=_NO_BIAS,
)  # fmt: skip
norm = primitive(
    "norm",
    norm_grad,
    kernel="vector_norm",
    params=("ord", "axes", "keepdims"),
    node="NormBackward1",
)
