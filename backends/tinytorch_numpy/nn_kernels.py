"""NumPy's own versions of the fused ops of networks, where fewer temporaries pay.

Half types are computed in float32 and rounded once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .kernels import F32, HALVES, kernel, sum


@kernel
def softmax(x, dim):
    if x.dtype in HALVES:
        return softmax(x.astype(F32), dim).astype(x.dtype)
    if not x.size or not x.shape:
        return np.exp(np.subtract(x, x))
    e = np.subtract(x, np.maximum.reduce(x, dim, None, None, True), order="C")
    np.exp(e, e)
    np.true_divide(e, sum(e, (dim,), True), e)
    return e


@kernel
def log_softmax(x, dim):
    if x.dtype in HALVES:
        return log_softmax(x.astype(F32), dim).astype(x.dtype)
    if not x.size or not x.shape:
        return np.subtract(x, x)
    c = np.subtract(x, np.maximum.reduce(x, dim, None, None, True), order="C")
    np.subtract(c, np.log(sum(np.exp(c), (dim,), True)), c)
    return c


@kernel
def linear(b, x, w):
    if x.dtype in HALVES:
        return linear(b.astype(F32), x.astype(F32), w.astype(F32)).astype(x.dtype)
    out = x.dot(w.T)
    return np.add(out, b, out) if b.dtype == out.dtype else out + b


@kernel
def within(x, low, high):
    if not x.size:
        return True
    return bool(np.minimum.reduce(x, None) >= low and np.maximum.reduce(x, None) <= high)


@lru_cache(64)
def _rows(n):
    return np.arange(n)


def _picks(x_shape, t, ignore):
    """(rows, classes) where all classes count, else None: one look finds -1 and C alike."""
    if len(x_shape) != 2 or t.ndim != 1 or t.dtype != np.int64 or not t.size:
        return None
    if np.maximum.reduce(t.view(np.uint64)) >= x_shape[1]:
        return None
    if 0 <= ignore < x_shape[1] and (t == ignore).any():
        return None
    return _rows(len(t)), t


@kernel
def nll(x, t, w, how, ignore):
    if x.dtype in HALVES:
        w = None if w is None else w.astype(F32)
        return nll(x.astype(F32), t, w, how, ignore).astype(x.dtype)
    at = _picks(x.shape, t, ignore) if w is None else None
    if at is not None:
        picked = x[at]
        if how == 0:
            return np.negative(picked)
        total = np.negative(np.add.reduce(picked))
        return total / len(picked) if how == 1 else total
    axis = min(x.ndim - 1, 1)
    safe, each = _weights(x, t, w, x.shape[axis], ignore)
    picked = np.take_along_axis(x, np.expand_dims(safe, axis), axis).reshape(safe.shape)
    loss = np.where(t == ignore, x.dtype.type(0), np.negative(picked * each))
    if how == 0:
        return loss
    total = np.add.reduce(loss, None)
    return np.true_divide(total, np.add.reduce(each, None)) if how == 1 else total


@kernel
def nll_spread(g, t, w, shape, how, ignore):
    if g.dtype in HALVES:
        w = None if w is None else w.astype(F32)
        return nll_spread(g.astype(F32), t, w, shape, how, ignore).astype(g.dtype)
    out = np.zeros(shape, g.dtype)
    at = _picks(shape, t, ignore) if w is None else None
    if at is not None:
        out[at] = np.negative(g) / len(t) if how == 1 else np.negative(g)
        return out
    axis = min(len(shape) - 1, 1)
    safe, each = _weights(g, t, w, shape[axis], ignore)
    if how == 1:
        each = each / np.add.reduce(each, None)
    values = np.where(t == ignore, out.dtype.type(0), np.negative(each * g))
    np.put_along_axis(out, np.expand_dims(safe, axis), np.expand_dims(values, axis), axis)
    return out


def _weights(x, t, w, classes, ignore):
    keep = np.not_equal(t, ignore)
    bad = keep & ((t < 0) | (t >= classes))
    if bad.any():
        raise IndexError(f"Target {int(np.asarray(t)[bad].reshape(-1)[0])} is out of bounds.")
    safe = np.where(keep, t, 0)
    each = np.ones(safe.shape, x.dtype) if w is None else w[safe]
    return safe, each * keep


@kernel
def nll_plain(x, t, how, ignore):
    return nll(x, t, None, how, ignore)


@kernel
def nll_plain_spread(g, t, shape, how, ignore):
    return nll_spread(g, t, None, shape, how, ignore)


def _standard(x, axes, eps):
    n = _count(x.shape, axes)
    y = x - np.add.reduce(x, axes, None, None, True) / n
    scale = np.add.reduce(y * y, axes, None, None, True)
    scale /= n
    scale += eps
    np.sqrt(scale, scale)
    np.true_divide(1, scale, scale)
    y *= scale
    return y, scale


@kernel
def layer_norm(x, w, b, dims, eps):
    if x.dtype in HALVES:
        w, b = (None if v is None else v.astype(F32) for v in (w, b))
        return layer_norm(x.astype(F32), w, b, dims, eps).astype(x.dtype)
    y, _ = _standard(x, tuple(range(x.ndim - dims, x.ndim)), eps)
    if w is not None:
        y *= w
    if b is not None:
        y += b
    return y


@kernel
def norm_back(g, x, w, b, shape, axes, weights, eps, need):
    """Gradients of a norm for its input, weight and bias, in the shapes they are worked out in."""
    dtype = x.dtype
    if dtype in HALVES:
        w = None if w is None else w.astype(F32)
        out = norm_back(g.astype(F32), x.astype(F32), w, b, shape, axes, weights, eps, need)
        return tuple(None if o is None else o.astype(dtype) for o in out)
    own = x.shape
    y, scale = _standard(x.reshape(shape), axes, eps)
    gx = gw = gb = None
    if need[0]:
        gy = (g if w is None else g * w.reshape(weights)).reshape(shape)
        n = _count(shape, axes)
        gx = y * (np.add.reduce(gy * y, axes, None, None, True) / -n)
        gx += gy
        gx -= np.add.reduce(gy, axes, None, None, True) / n
        gx *= scale
        gx = gx.reshape(own)
    if need[1]:
        gw = _fold(g * y.reshape(own), weights).reshape(w.shape)
    if need[2]:
        gb = _fold(g, weights).reshape(b if type(b) is tuple else b.shape)
    return gx, gw, gb


def _count(shape, axes):
    n = 1
    for a in axes:
        n *= shape[a]
    return n


def _fold(g, shape):
    lead = g.ndim - len(shape)
    axes = tuple(i for i in range(g.ndim) if i < lead or shape[i - lead] == 1)
    return np.add.reduce(g, axes, g.dtype, None, True) if axes else g
