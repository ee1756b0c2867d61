"""The CUDA C of the kernels of our own, as a table; it imports nothing, so any tool can read it.

A row is (name, inputs, outputs, body). The body is straight-line CUDA C over the type letters of
its parameters; `W` is the type that T is computed in: itself, or float where T is of half
precision, so that results are rounded once. Numbers that come from Python are ``float64``, so that
they are not rounded before they are used.
"""

from __future__ import annotations

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
    ("adam_moments", "T m, T v, T g, float64 b1, float64 b2", "T p, T q",
     "W a = m; W b = v; W d = g; "
     "p = a + (d - a) * W(1 - b1); q = b * W(b2) + d * d * W(1 - b2)"),
    ("adam_value", "T x, T m, T v, float64 scale, float64 rate, float64 eps", "T y",
     "W a = x; W b = m; W c = v; y = a - b / (sqrt(c) / W(scale) + W(eps)) * W(rate)"),
    ("normalised_affine", "T x, T mean, T scale, T w, T b", "T y",
     "y = (x - mean) * scale * w + b"),
]  # fmt: skip


def body(row):
    """The whole body of a row's kernel, with the typedef that it needs."""
    return (USING if "W " in row[3] else "") + row[3]
