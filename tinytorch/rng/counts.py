"""Samplers that try until they succeed: Poisson, binomial, gamma and Dirichlet.

How many uniform numbers an element takes depends on the numbers, so these are loops over the
elements, in Python floats, drawing one number at a time.  Small means count waiting times, large
ones use Hoermann's transformed rejection (PTRS 1993 for Poisson, BTRS for the binomial), the gamma
is Marsaglia and Tsang's.  Where torch computes in the type of its arguments before it goes on in
double precision, so does this: `f` below rounds to that type.
"""

import math

import numpy as np

from .exact import log
from .kinds import F32, F64, is_float, narrow, only, torch_name
from .normal import serial

_TAIL = (
    0.0810614667953272,
    0.0413406959554092,
    0.0276779256849983,
    0.02079067210376509,
    0.0166446911898211,
    0.0138761288230707,
    0.0118967099458917,
    0.0104112652619720,
    0.00925546218271273,
    0.00833056343336287,
)
_THIRD, _SQUEEZE = float(F32.type(1) / F32.type(3)), float(F32.type(0.0331))


def _poisson_large(draw, rate):
    root, lograte = math.sqrt(rate), math.log(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inv = 1.1239 + 1.1328 / (b - 3.4)
    vr = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u = draw() - 0.5
        v = draw()
        us = 0.5 - abs(u)
        k = math.floor((2.0 * a / us + b) * u + rate + 0.43) if us else -1
        if us >= 0.07 and v <= vr:
            return k
        if k < 0 or (us < 0.013 and v > us):
            continue
        if log(v) + math.log(inv) - math.log(
            a / (us * us) + b
        ) <= -rate + k * lograte - math.lgamma(k + 1.0):
            return k


def _poisson(draw, rate):
    if rate >= 10.0:
        return _poisson_large(draw, rate)
    if rate == 0.0:
        return 0
    k, prod, end = 0, draw(), math.exp(-rate)
    while prod > end:
        k += 1
        prod *= draw()
    return k


def poisson(core, rate):
    """Poisson counts of the rates, an array, in its type (torch.poisson).

    RuntimeError for a rate below zero or nan, NotImplementedError for types not floating.
    """
    only("poisson_cpu", rate.dtype, is_float(rate.dtype) or not rate.size)
    if not (rate >= 0).all():
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    out = [float(_poisson(core.double, r)) for r in rate.astype(F64).ravel().tolist()]
    return narrow(np.array(out, F64), rate.dtype).reshape(rate.shape)


def _inversion(draw, n, p):
    sum_, k, logq = 0.0, 0.0, math.log1p(-p)
    while True:
        g = log(draw()) / logq
        sum_ += math.ceil(g) if g < math.inf else g
        if sum_ > n:
            return k
        k += 1.0


def _tail(k):
    if k <= 9.0:
        return _TAIL[int(k)]
    kk = (k + 1.0) * (k + 1.0)
    return (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / kk) / kk) / (k + 1.0)


def _btrs(draw, n, p, f):
    sd = math.sqrt(f(f(n * p) * f(1.0 - p)))
    b = 1.15 + 2.53 * sd
    a = -0.0873 + 0.0248 * b + 0.01 * p
    c = f(n * p) + 0.5
    vr = 0.92 - 4.2 / b
    r = f(p / f(1.0 - p))
    alpha = (2.83 + 5.1 / b) * sd
    m = math.floor(f(f(n + 1.0) * p))
    while True:
        u = draw() - 0.5
        v = draw()
        us = 0.5 - abs(u)
        k = f(float(math.floor((2.0 * a / us + b) * u + c))) if us else -1.0
        if k < 0.0 or k > n:
            continue
        if us >= 0.07 and v <= vr:
            return k
        v = log(v * alpha / (a / (us * us) + b))
        if v <= (
            (m + 0.5) * math.log((m + 1.0) / (r * (n - m + 1.0)))
            + f(n + 1.0) * math.log((n - m + 1.0) / f(f(n - k) + 1.0))
            + f(k + 0.5) * math.log(r * f(f(n - k) + 1.0) / f(k + 1.0))
            + _tail(m)
            + _tail(n - m)
            - _tail(k)
            - _tail(f(n - k))
        ):
            return k


def _binomial(draw, n, p, f):
    if n <= 0.0 or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return n
    if p <= 0.5:
        return _btrs(draw, n, p, f) if f(n * p) >= 10.0 else _inversion(draw, n, p)
    if p > 0.5:
        q = f(1.0 - p)
        return f(n - (_btrs(draw, n, q, f) if f(n * q) >= 10.0 else _inversion(draw, n, q)))
    return math.nan


def _rounder(dtype):
    """Round a Python float to the type it stands for."""
    return (lambda x: float(F32.type(x))) if dtype == F32 else float


def binomial(core, count, prob):
    """Successes of `count` trials of probability `prob`, arrays of one type (torch.binomial).

    They broadcast.  ValueError for types not floating, RuntimeError for two different ones,
    NotImplementedError for the half types.
    """
    if not is_float(count.dtype):
        raise ValueError(
            "binomial only supports floating-point dtypes for count, got: "
            + torch_name(count.dtype)
        )
    if not is_float(prob.dtype):
        raise ValueError(
            "binomial only supports floating-point dtypes for prob, got: " + torch_name(prob.dtype)
        )
    if count.dtype != prob.dtype:
        raise RuntimeError(
            f"Found dtype {torch_name(prob.dtype)} but expected " + torch_name(count.dtype)
        )
    n, p = np.broadcast_arrays(count, prob)
    only("binomial_cpu", n.dtype, n.dtype.char in "fd" or not n.size)
    f = _rounder(count.dtype)
    pairs = zip(n.astype(F64).ravel().tolist(), p.astype(F64).ravel().tolist(), strict=True)
    out = [_binomial(core.double, a, b, f) for a, b in pairs]
    return np.array(out, count.dtype).reshape(n.shape)


def _gamma(core, alpha, f):
    scale = 1.0
    if alpha < 1.0:
        if alpha == 0.0:
            return 0.0
        scale = math.pow(1.0 - core.double(), f(1.0 / alpha))
        alpha = f(alpha + 1.0)
    d = f(alpha - _THIRD)
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        y = 0.0
        while y <= 0.0:
            [x] = serial(core, 1)
            y = 1.0 + c * x
        v = y * y * y
        u = 1.0 - core.double()
        xx = x * x
        if u < 1.0 - _SQUEEZE * xx * xx or math.log(u) < 0.5 * xx + d * (1.0 - v + math.log(v)):
            return scale * d * v


def gamma(core, alpha):
    """Gamma numbers of the shapes alpha, an array, and scale one (torch._standard_gamma).

    NotImplementedError for types but float32 and float64.
    """
    only("gamma_cpu", alpha.dtype, alpha.dtype.char in "fd" or not alpha.size)
    f, least = _rounder(alpha.dtype), float(np.finfo(alpha.dtype).tiny) if alpha.size else 0.0
    out = [max(least, f(_gamma(core, a, f))) for a in alpha.astype(F64).ravel().tolist()]
    return np.array(out, alpha.dtype).reshape(alpha.shape)


def dirichlet(core, alpha):
    """Points of the simplex, concentrations alpha along the last axis (torch._sample_dirichlet).

    torch's normalising sum is taken in an order that depends on the processor, so of four and more
    float64 parts the last bits may differ.  NotImplementedError for other types but float32.
    """
    dtype = alpha.dtype
    only("dirichlet", dtype, dtype.char in "fd" or not alpha.size)
    if not alpha.size:
        return np.empty(alpha.shape, dtype)
    least = float(np.finfo(F64).tiny)
    g = np.array([max(least, _gamma(core, a, float)) for a in alpha.astype(F64).ravel().tolist()])
    g = g.reshape(alpha.shape)
    out = (g / g.sum(-1, keepdims=True) if g.ndim else g / g).astype(dtype)
    below = np.nextafter(dtype.type(1), dtype.type(0))
    return np.clip(out, np.finfo(dtype).tiny, below)
