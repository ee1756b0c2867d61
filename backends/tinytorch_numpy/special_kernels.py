"""Special functions of float32, which need not the care that float64 takes.

Each is worked out block by block in buffers that stay in the cache, erf in single precision, the
others in double and rounded once; for few elements the standard library's erf is quicker.
"""

from __future__ import annotations

import math

import numpy as np

from .kernels import F32, F64, kernel
from .math_kernels import halves

BLOCK = 8192
FEW = 128


def _polynomial(u, coefficients, out):
    np.multiply(u, coefficients[0], out)
    np.add(out, coefficients[1], out)
    for c in coefficients[2:]:
        np.multiply(out, u, out)
        np.add(out, c, out)
    return out


def blocks(buffers, dtype):
    """A kernel over float32, from a function of one block and ``buffers`` arrays of its size."""

    def made(fn):
        def run(x):
            v = np.array(x, order="C")
            flat = v.reshape(-1)
            work = [np.empty(min(flat.size, BLOCK), dtype) for _ in range(buffers)]
            for i in range(0, flat.size, BLOCK):
                part = flat[i : i + BLOCK]
                fn(part, *(w[: part.size] for w in work))
            return v if x.shape else v[()]

        run.__name__ = fn.__name__
        run.__doc__ = fn.__doc__
        return run

    return made


# --- error functions ------------------------------------------------------------------------------

ERF_TOP = (
    -1.3618908219519484e-08, 4.7684050159056655e-06, 0.0003826560427030342, 0.003853090832696855,
    0.05436939242076349, 0.18505351494423128, 1.128379169957446,
)  # fmt: skip
ERF_BOTTOM = (
    6.390792800575855e-05, 0.0013124131455538532, 0.015479382526760807, 0.11396060979042784,
    0.4973328389768632, 1.0,
)  # fmt: skip


@blocks(3, F32)
def _erf_many(v, u, top, bottom):
    np.maximum(v, np.float32(-4), out=v)
    np.minimum(v, np.float32(4), out=v)
    np.multiply(v, v, u)
    over = _polynomial(u, ERF_TOP, top)
    np.multiply(over, v, over)
    np.true_divide(over, _polynomial(u, ERF_BOTTOM, bottom), v)
    np.maximum(v, np.float32(-1), out=v)
    np.minimum(v, np.float32(1), out=v)


@kernel
@halves
def erf_single(x):
    """erf of float32: a ratio of polynomials."""
    if x.size > FEW:
        return _erf_many(x)
    out = np.array([math.erf(v) for v in x.reshape(-1).tolist()], F32)
    return out.reshape(x.shape) if x.shape else out[0]


CENTRE = (2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
          -0.00125372503, -0.00417768164, 0.246640727, 1.50140941)  # fmt: skip
TAIL = (-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
        -0.0076224613, 0.00943887047, 1.00167406, 2.83297682)  # fmt: skip


@kernel
@halves
@blocks(2, F64)
def erfinv_single(v, w, y):
    """Giles's polynomials in -log(1 - x^2), one for the centre and one for the tails."""
    np.multiply(v, v, w, dtype=F64)
    np.log1p(np.negative(w, w), w)
    np.negative(w, w)
    far = np.flatnonzero(w >= 5)
    root = np.sqrt(w[far])
    _polynomial(np.subtract(w, 2.5, w), CENTRE, y)
    if far.size:
        y[far] = np.where(root < math.inf, _polynomial(root - 3, TAIL, np.empty_like(root)), root)
    np.multiply(y, v, v)


# --- the gamma function ---------------------------------------------------------------------------

STIRLING = (-3617 / 122400, 1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12)
SHIFT = 7
HALF_LOG = 0.5 * math.log(2 * math.pi) - 0.5


@kernel
@halves
@blocks(4, F64)
def lgamma_single(v, y, product, w, u):
    """Stirling's series after seven steps up; below a half, by reflection."""
    y[...] = v
    low = np.flatnonzero(y < 0.5)
    x = y[low]
    y[low] = 1 - x
    product[...] = y
    for i in range(1, SHIFT):
        np.multiply(product, np.add(y, i, w), product)
    big = y >= SHIFT
    product[big] = 1
    np.add(y, SHIFT, y, where=~big)
    np.true_divide(1, np.multiply(y, y, w), w)
    np.true_divide(_polynomial(w, STIRLING, u), y, u)
    np.subtract(np.log(y, w), 1, w)
    np.multiply(np.subtract(y, 0.5, y), w, y)
    np.add(np.add(y, HALF_LOG, y), u, y)
    np.subtract(y, np.log(product, product), y)
    if low.size:
        turn = np.abs(np.sin(np.pi * (x - np.floor(x))))
        y[low] = np.where(np.isinf(x), math.inf, math.log(math.pi) - np.log(turn) - y[low])
    np.copyto(y, 0, where=(v == 1) | (v == 2))
    y[np.isposinf(v)] = math.inf
    v[...] = y
