"""Normal numbers, by the two Box-Muller methods that torch keeps side by side.

Sixteen or more contiguous numbers are made in blocks of sixteen, eight radii beside eight angles.
A remainder is not an own small block: the last sixteen positions are drawn afresh and written over
the end of what was there.  float32 and the half types take logarithm, sine and cosine from single
precision polynomials with fused multiply-adds (`cephes`), float64 from libm.

Fewer numbers, or a layout that is not contiguous, are made one by one in double precision: a pair
of uniforms gives a pair of normals, and the second stays behind in the generator.
"""

import math

import numpy as np

from . import cephes
from .engine import spans
from .exact import exp, fma32, fma64, libm, narrowed
from .kinds import F64, is_float, is_half, narrow, only, real_of, size_of
from .uniform import unit32, unit64

_TAU = 2.0 * math.pi
_STEP = 16 * 1024


def _std(std):
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")


def serial(core, n):
    """list[n] of standard normals, floats, by the scalar method."""
    out = []
    if n and core.spare is not None:
        out.append(core.spare)
        core.spare = None
    u = unit64(core, (n - len(out) + 1) & ~1).tolist()
    for a, b in zip(u[::2], u[1::2], strict=True):
        r, t = math.sqrt(-2.0 * math.log1p(-b)), _TAU * a
        out.append(r * math.cos(t))
        out.append(r * math.sin(t))
    if len(out) > n:
        core.spare = out.pop()
    return out


def _block64(u, mean, std):
    u = u.reshape(-1, 2, 8)
    r = np.sqrt(-2.0 * libm(math.log, 1.0 - u[:, 0]))
    t = _TAU * u[:, 1]
    out = np.empty_like(u)
    out[:, 0] = fma64(r * libm(math.cos, t), std, mean)
    out[:, 1] = fma64(r * libm(math.sin, t), std, mean)
    return out.ravel()


def _block32(u, mean, std):
    """float32[16 k] uniforms to normals, in place."""
    u = u.reshape(-1, 2, 8)
    r, c, s = cephes.polar(u[:, 0].ravel(), u[:, 1].ravel())
    for i, z in enumerate((c, s)):
        z *= r
        u[:, i] = fma32(z, std, mean).reshape(-1, 8)
    return u.reshape(-1)


def _filled(core, n, dtype, mean, std):
    unit, block = (unit64, _block64) if dtype == F64 else (unit32, _block32)
    out, full = np.empty(n, dtype), n & ~15
    for s in spans(full, _STEP):
        out[s] = narrow(block(unit(core, s.stop - s.start), mean, std), dtype)
    if n & 15:
        if not is_half(dtype):
            unit(core, n & 15)
        out[-16:] = narrow(block(unit(core, 16), mean, std), dtype)
    return out


def randn(core, shape, dtype, mean=0.0, std=1.0, contiguous=True):
    """Normal numbers (torch.randn, Tensor.normal_).

    `contiguous` says whether the tensor to be filled is; if not, the caller lays the result out in
    memory order.  The parts of a complex number have std / sqrt(2).  RuntimeError for std < 0,
    NotImplementedError for a type that is not floating.
    """
    dtype = np.dtype(dtype)
    shape, n = size_of(shape)
    _std(std)
    part = real_of(dtype)
    if part is not None:
        return (
            randn(core, 2 * n, part, mean, std / math.sqrt(2.0), contiguous)
            .view(dtype)
            .reshape(shape)
        )
    only("normal_kernel_cpu", dtype, is_float(dtype) or not n)
    if n >= 16 and contiguous:
        return _filled(core, n, dtype, mean, std).reshape(shape)
    z = np.array(serial(core, n), F64)
    return narrow(fma64(z, float(std), float(mean)), dtype).reshape(shape)


def normal_tt(core, mean, std, dtype):
    """Normal numbers, an own mean or deviation each (torch.normal with tensors).

    mean, std: arrays or floats that broadcast; at least one is an array.  RuntimeError for a
    deviation below zero.
    """
    dtype = np.dtype(dtype)
    shape = np.broadcast_shapes(np.shape(mean), np.shape(std))
    if not isinstance(std, np.ndarray):
        return (randn(core, shape, dtype, 0.0, std) + mean).astype(dtype, copy=False)
    if std.size and not (std >= 0).all():
        raise RuntimeError("normal expects all elements of std >= 0.0")
    out = randn(core, shape, dtype)
    out *= std
    out += dtype.type(mean) if isinstance(mean, (int, float)) else mean
    return out


def log_normal(core, shape, dtype, mean=1.0, std=2.0):
    """Numbers whose logarithm is normal (Tensor.log_normal_).

    RuntimeError unless std > 0, NotImplementedError for a type that is not floating.
    """
    dtype = np.dtype(dtype)
    shape, n = size_of(shape)
    if not std > 0.0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    only("log_normal_cpu", dtype, is_float(dtype) or not n)
    z = fma64(np.array(serial(core, n), F64), float(std), float(mean))
    return narrowed(np.exp, exp, lambda y: y, z, dtype).reshape(shape)
