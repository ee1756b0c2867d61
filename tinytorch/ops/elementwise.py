"""The elementwise ops, a file per kind; the names that other op files build on stand here."""

from __future__ import annotations

import math

from . import arithmetic, exponential, trig, rounding, compare, bits, piecewise  # noqa: I001
from .arithmetic import (
    abs_, add, div, floor_divide, floor_divide_number, mul, neg, pow_number, pow_of_number,
    pow_scalar, pow_tensor, power, reciprocal, remainder, rsub_number, sgn, sign, square, sub,
    torch_add, torch_div, torch_floor_divide, torch_pow, torch_remainder, torch_sub,
)  # fmt: skip
from .compare import (
    eq, ge, gt, isfinite, isinf, isnan, le, logical_and, logical_not, logical_or, lt, ne,
)  # fmt: skip
from .exponential import (
    LN2, LN10, exp, expm1, log, log1p, log2, log10, logaddexp, rsqrt, sigmoid, sqrt,
)  # fmt: skip
from .piecewise import (
    clamp, clamp_max, clamp_min, lerp, mask, maximum, minimum, relu, torch_where, where,
)  # fmt: skip
from .rules import conj, times
from .trig import cos, cosh, sin, sinh, tan, tanh

TWO_OVER_SQRT_PI = 2 / math.sqrt(math.pi)

__all__ = [
    "LN2", "LN10", "TWO_OVER_SQRT_PI", "abs_", "add", "arithmetic", "bits", "clamp", "clamp_max",
    "clamp_min", "compare", "conj", "cos", "cosh", "div", "eq", "exp", "expm1", "exponential",
    "floor_divide", "floor_divide_number", "ge", "gt", "isfinite", "isinf", "isnan", "le", "lerp",
    "log", "log10", "log1p", "log2", "logaddexp", "logical_and", "logical_not", "logical_or", "lt",
    "mask", "maximum", "minimum", "mul", "ne", "neg", "piecewise", "pow_number", "pow_of_number",
    "pow_scalar", "pow_tensor", "power", "reciprocal", "relu", "remainder", "rounding", "rsqrt",
    "rsub_number", "sgn", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "sub", "tan", "tanh",
    "times", "torch_add", "torch_div", "torch_floor_divide", "torch_pow", "torch_remainder",
    "torch_sub", "torch_where", "trig", "where",
]  # fmt: skip
