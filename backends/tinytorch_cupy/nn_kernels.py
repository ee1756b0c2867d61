"""The fused ops of networks: few launches, intermediate results in place.

Half types are computed in float32 and rounded once.
"""

from __future__ import annotations

import cupy as cp

from .fused import CUDA
from .kernels import F32, HALVES, halves, kernel


@kernel
@halves
def softmax(x, dim):
    if not x.size or not x.shape:
        return cp.exp(cp.subtract(x, x))
    e = CUDA["shifted_exp"](x, cp.amax(x, dim, None, True))
    return cp.true_divide(e, e.sum(dim, None, None, True), e)


@kernel
@halves
def log_softmax(x, dim):
    if not x.size or not x.shape:
        return cp.subtract(x, x)
    c = cp.subtract(x, cp.amax(x, dim, None, True))
    return cp.subtract(c, cp.log(cp.exp(c).sum(dim, None, None, True)), c)


@kernel
@halves
def linear(b, x, w):
    out = cp.matmul(x.reshape(-1, x.shape[-1]), w.T)
    return cp.add(out, b, out).reshape(*x.shape[:-1], w.shape[0])


def standard(x, axes, eps):
    """(mean, 1 / standard deviation) over axes."""
    n = count(x.shape, axes)
    mean = x.sum(axes, None, None, True) / n
    spread = cp.square(x - mean).sum(axes, None, None, True) / n
    return mean, CUDA["rsqrt"](spread + eps)


@kernel
@halves
def layer_norm(x, w, b, dims, eps):
    mean, scale = standard(x, tuple(range(x.ndim - dims, x.ndim)), eps)
    if w is None and b is None:
        return CUDA["normalised"](x, mean, scale)
    w, b = 1 if w is None else w, 0 if b is None else b
    return CUDA["normalised_affine"](x, mean, scale, w, b)


@kernel
def norm_back(g, x, w, b, shape, axes, weights, eps, need):
    """Gradients of a norm for its input, weight and bias, in the shapes they are worked out in."""
    half = x.dtype
    if half in HALVES:
        g, x, w = (None if v is None else v.astype(F32) for v in (g, x, w))
        out = norm_back(g, x, w, b, shape, axes, weights, eps, need)
        return tuple(None if o is None else o.astype(half) for o in out)
    own, n = x.shape, count(shape, axes)
    x = x.reshape(shape)
    mean, scale = standard(x, axes, eps)
    y = CUDA["normalised"](x, mean, scale)
    gx = gw = gb = None
    if need[0]:
        gy = (g if w is None else g * w.reshape(weights)).reshape(shape)
        mean, tilt = (v.sum(axes, None, None, True) / n for v in (gy, gy * y))
        gx = CUDA["norm_grad"](gy, y, mean, tilt, scale).reshape(own)
    if need[1]:
        gw = fold(g * y.reshape(own), weights).reshape(w.shape)
    if need[2]:
        gb = fold(g, weights).reshape(b if type(b) is tuple else b.shape)
    return gx, gw, gb


def fold(g, shape):
    """Summed over the axes that ``shape`` has 1 at, or has not."""
    lead = g.ndim - len(shape)
    axes = tuple(i for i in range(g.ndim) if i < lead or shape[i - lead] == 1)
    return g.sum(axes, g.dtype, None, True) if axes else g


def count(shape, axes):
    n = 1
    for a in axes:
        n *= shape[a]
    return n
