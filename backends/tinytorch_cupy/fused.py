"""CUDA kernels of our own: one launch where CuPy's functions would take several, or differ.

A row is (name, inputs, outputs, body). The body is straight-line CUDA C over the type letters of
its parameters; `W` is the type that T is computed in: itself, or float where T is of half
precision, so that results are rounded once.
"""

from __future__ import annotations

import cupy as cp

from .kernels import BOOL, KERNELS, halves, int_zero_check, kernel

WIDE = """
template <int size, typename T> struct tinytorch_wide { typedef T type; };
template <typename T> struct tinytorch_wide<2, T> { typedef float type; };
"""
USING = "typedef typename tinytorch_wide<sizeof(T), T>::type W; "

ROWS = [
    ("select", "bool c, T x, T y", "T z", "z = c ? x : y"),
    ("relu", "T x", "T y", "y = x < T(0) ? T(0) : x"),
    ("sigmoid", "T x", "T y", "W v = x; W e = exp(v > W(40) ? W(40) : v); y = e / (e + W(1))"),
    ("rsqrt", "T x", "T y", "W v = x; y = W(1) / sqrt(v)"),
    ("sign", "T x", "T y", "y = T(x > T(0)) - T(x < T(0))"),
    ("clamp", "T x, T lo, T hi", "T y", "T v = x < lo ? lo : x; y = v > hi ? hi : v"),
    ("remainder", "T x, T y", "T z",
     "W a = x; W b = y; W r = fmod(a, b); "
     "z = r != W(0) && ((b < W(0)) != (r < W(0))) ? r + b : r"),
    ("floor_divide", "T x, T y", "T z",
     "W a = x; W b = y; W r = fmod(a, b); W q = (a - r) / b; "
     "W d = r != W(0) && ((b < W(0)) != (r < W(0))) ? q - W(1) : q; "
     "W f = floor(d); W n = d - f > W(0.5) ? f + W(1) : f; "
     "z = b == W(0) ? a / b : (d != W(0) ? n : copysign(W(0), a / b))"),
    ("trunc_divide", "T x, T y", "T z", "W a = x; W b = y; z = trunc(a / b)"),
    ("fmod", "T x, T y", "T z", "W a = x; W b = y; z = fmod(a, b)"),
    ("erf", "T x", "T y", "W v = x; y = erf(v)"),
    ("erfc", "T x", "T y", "W v = x; y = erfc(v)"),
    ("lgamma", "T x", "T y", "W v = x; y = lgamma(v)"),
    ("log_add", "T x, T y", "T z",
     "W a = x; W b = y; W top = a > b ? a : b; W low = a > b ? b : a; "
     "z = a == b ? a + W(0.6931471805599453) : "
     "(a != a || b != b ? a + b : top + log1p(exp(low - top)))"),
    ("erfinv", "T x", "T y", "W v = x; y = erfinv(v)"),
    ("gelu", "T x", "T y", "W v = x; y = v * (W(0.5) * (erf(v * W(0.7071067811865476)) + W(1)))"),
    ("gelu_tanh", "T x", "T y",
     "W v = x; W u = (v + v * v * v * W(0.044715)) * W(0.7978845608028654); "
     "y = v * W(0.5) * (tanh(u) + W(1))"),
    ("silu", "T x", "T y",
     "W v = x; W e = exp(v > W(40) ? W(40) : v); y = v * (e / (e + W(1)))"),
    ("mish", "T x", "T y",
     "W v = x; W p = v > W(20) ? v : log1p(exp(v)); y = v * tanh(p)"),
    ("log_sigmoid", "T x", "T y",
     "W v = x; y = (v > W(0) ? W(0) : v) - log1p(exp(-fabs(v)))"),
    ("leaky_relu", "T x, float64 slope", "T y",
     "W v = x; y = v > W(0) ? v : v * W(slope)"),
    ("elu", "T x, float64 alpha, float64 scale, float64 inner", "T y",
     "W v = x; y = v > W(0) ? v * W(scale) : expm1(v * W(inner)) * W(alpha * scale)"),
    ("celu", "T x, float64 alpha", "T y",
     "W v = x; y = v > W(0) ? v : expm1(v * W(1 / alpha)) * W(alpha)"),
    ("softplus", "T x, float64 beta, float64 threshold", "T y",
     "W v = x; W z = v * W(beta); "
     "y = z > W(threshold) ? v : log1p(exp(z)) / W(beta)"),
    ("hardtanh", "T x, float64 lo, float64 hi", "T y",
     "W v = x; W a = v < W(lo) ? W(lo) : v; y = a > W(hi) ? W(hi) : a"),
    ("hardsigmoid", "T x", "T y",
     "W v = x; W a = v + W(3); W b = a < W(0) ? W(0) : a; y = (b > W(6) ? W(6) : b) / W(6)"),
    ("hardswish", "T x", "T y",
     "W v = x; W a = v + W(3); W b = a < W(0) ? W(0) : a; y = v * (b > W(6) ? W(6) : b) / W(6)"),
    ("norm_grad", "T g, T y, T mean, T tilt, T scale", "T z", "z = (g - mean - y * tilt) * scale"),
    ("shifted_exp", "T x, T top", "T y", "y = exp(x - top)"),
    ("normalised", "T x, T mean, T scale", "T y", "y = (x - mean) * scale"),
    ("normalised_affine", "T x, T mean, T scale, T w, T b", "T y",
     "y = (x - mean) * scale * w + b"),
]  # fmt: skip

CUDA = {
    name: cp.ElementwiseKernel(
        inputs, outputs, (USING if "W " in body else "") + body, f"tinytorch_{name}", preamble=WIDE
    )
    for name, inputs, outputs, body in ROWS
}

BARE = (
    "relu erf erfc erfinv lgamma gelu gelu_tanh mish log_sigmoid leaky_relu elu celu softplus"
    " hardtanh hardsigmoid hardswish"
)
for _name in BARE.split():
    KERNELS[_name] = CUDA[_name]
KERNELS["erf_single"], KERNELS["lgamma_single"] = CUDA["erf"], CUDA["lgamma"]


def _real_only(name, other):
    mine = CUDA[name]

    def run(x):
        return other(x) if x.dtype.kind == "c" else mine(x)

    KERNELS[name] = run


_real_only("sigmoid", lambda x: cp.reciprocal(cp.add(cp.exp(cp.negative(x)), 1)))
_real_only("silu", lambda x: cp.multiply(x, KERNELS["sigmoid"](x)))
_real_only("rsqrt", lambda x: cp.reciprocal(cp.sqrt(x)))
_select = CUDA["select"]


@kernel
def where(c, x, y):
    return _select(c if c.dtype is BOOL else cp.not_equal(c, 0), x, y)


@kernel
def mask(g, keep):
    """``g`` where ``keep``, else +0."""
    return _select(keep, g, 0)


@kernel
def masked_fill_value(x, m, value):
    return _select(m, value, x)


@kernel
def sign(x):
    if x.dtype.kind == "c":
        return cp.sign(x)
    return x.copy() if x.dtype is BOOL else CUDA["sign"](x)


@kernel
@halves
def clamp(x, lo, hi):
    if type(lo) in NUMBERS and type(hi) in NUMBERS:
        return CUDA["clamp"](x, lo, hi)
    if lo is not None:
        x = cp.maximum(x, lo)
    return x if hi is None else cp.minimum(x, hi)


NUMBERS = {int, float}


@kernel
def floor_divide(x, y):
    return (cp.floor_divide if int_zero_check(x, y) else CUDA["floor_divide"])(x, y)


@kernel
def remainder(x, y):
    return (cp.remainder if int_zero_check(x, y) else CUDA["remainder"])(x, y)


@kernel
def trunc_divide(x, y):
    if not int_zero_check(x, y):
        return CUDA["trunc_divide"](x, y)
    q = cp.floor_divide(x, y)
    inexact = cp.not_equal(cp.multiply(q, y), x)
    return cp.add(q, cp.logical_and(inexact, cp.not_equal(cp.less(x, 0), cp.less(y, 0))))


@kernel
def fmod(x, y):
    return (cp.fmod if int_zero_check(x, y) else CUDA["fmod"])(x, y)


@kernel
def logaddexp(x, y):
    return CUDA["log_add"](x, y)


__all__ = ["CUDA"]
