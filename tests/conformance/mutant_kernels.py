"""The table of mistakes that `mutants` hunts: a name, the groups that must see it, the patch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ml_dtypes
import numpy as np

BF16 = np.dtype(ml_dtypes.bfloat16)
F16, F32, F64 = (np.dtype(f"float{n}") for n in (16, 32, 64))
BOOL = np.dtype(bool)
FLOATS = (F32, F64)


@dataclass(frozen=True)
class Mutant:
    """late: patched when the namespace is complete. raises: raising is the mistake."""

    name: str
    groups: tuple
    patch: Callable
    base: str = "numpy"
    late: bool = False
    raises: bool = False


MUTANTS = []


def mutant(name, *groups, **how):
    def add(patch):
        MUTANTS.append(Mutant(name, groups, patch, **how))
        return patch

    return add


def replaced(name, kernel, fn, *groups, **how):
    """A mutant in which ``kernel`` is ``fn``, which gets the right one first."""

    def patch(P):
        right = getattr(P, kernel)
        setattr(P, kernel, lambda *args: fn(right, *args))

    MUTANTS.append(Mutant(name, groups or (f"kernels/{kernel}-*",), patch, **how))


def up(x):
    return np.nextafter(x, np.asarray(np.inf, x.dtype)) if x.dtype in FLOATS else x


def past(kernel):
    """The right result, moved by all that the suite allows and one ulp."""

    def wrong(right, x):
        from tinytorch_conformance.test_kernels import tolerances

        out = right(x)
        if out.dtype not in FLOATS:
            return out
        rtol, atol = tolerances(kernel, str(out.dtype))[str(out.dtype)]
        return up(up(out + np.asarray(rtol * np.abs(out) + atol, out.dtype)))

    return wrong


# --- arithmetic -----------------------------------------------------------------------------------

for k in ("add", "subtract", "multiply", "divide"):
    replaced(f"{k} one ulp off", k, lambda right, x, y: up(right(x, y)))
for k in ("exp", "log", "sin", "tanh", "expm1", "log1p", "sqrt"):
    replaced(f"{k} one ulp past what is allowed", k, past(k))
replaced("expm1 as exp minus 1", "expm1", lambda right, x: np.exp(x) - np.ones((), x.dtype))
replaced("log1p as log of 1 plus", "log1p", lambda right, x: np.log(np.ones((), x.dtype) + x))
replaced(
    "tanh by two exponentials",
    "tanh",
    lambda right, x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
)
replaced("round half up", "round", lambda right, x: np.floor(x + np.asarray(0.5, x.dtype)))
replaced("remainder with the dividend's sign", "remainder", lambda right, x, y: np.fmod(x, y))
replaced(
    "floor_divide truncates",
    "floor_divide",
    lambda right, x, y: np.trunc(np.true_divide(x, y)).astype(np.result_type(x, y)),
)
replaced(
    "integers divided by 0 give 0",
    "floor_divide",
    lambda right, x, y: np.floor_divide(x, np.where(np.equal(y, 0), 1, y)),
    "errors/*",
)
replaced("negative zero lost by negative", "negative", lambda right, x: np.zeros((), x.dtype) - x)
replaced("negative zero lost by ceil", "ceil", lambda right, x: right(x) + np.zeros((), x.dtype))
replaced(
    "negative zero lost by multiply",
    "multiply",
    lambda right, x, y: right(x, y) + np.zeros((), np.result_type(x, y)),
)
replaced("sign of NaN is NaN", "sign", lambda right, x: np.sign(x))
replaced(
    "abs of the smallest integer saturates",
    "abs",
    lambda right, x: (
        np.abs(np.maximum(x, -np.iinfo(x.dtype).max)) if x.dtype.kind == "i" else right(x)
    ),
)
replaced(
    "products of integers saturate",
    "multiply",
    lambda right, x, y: (
        np.clip(right(np.int64(x), np.int64(y)), *limits(x, y)).astype(np.result_type(x, y))
        if small(x, y)
        else right(x, y)
    ),
)
replaced(
    "unsigned differences stop at 0",
    "subtract",
    lambda right, x, y: (
        np.maximum(right(np.int64(x), np.int64(y)), 0).astype(np.uint8)
        if getattr(x, "dtype", None) == np.uint8
        else right(x, y)
    ),
)
replaced(
    "products of integers are int64",
    "multiply",
    lambda right, x, y: right(x, y).astype(np.int64) if small(x, y) else right(x, y),
    "kernels/multiply-*",
    "ops/mul-*",
)
replaced(
    "bools add by xor",
    "add",
    lambda right, x, y: np.logical_xor(x, y) if getattr(x, "dtype", None) == BOOL else right(x, y),
    "kernels/add-*",
    "ops/add-*",
)
replaced(
    "pow by exp and log",
    "pow",
    lambda right, x, y: (
        np.exp(np.log(x) * y) if getattr(x, "dtype", F16) in FLOATS else right(x, y)
    ),
)
replaced(
    "negative powers of integers are 0",
    "pow",
    lambda right, x, y: (
        np.where(np.less(y, 0), 0, right(x, np.maximum(y, 0)))
        if getattr(x, "dtype", F16).kind == "i"
        else right(x, y)
    ),
    "kernels/pow-*",
    "ops/pow-*",
)
replaced(
    "shift right without the sign",
    "bitwise_right_shift",
    lambda right, x, y: (x.view(f"u{x.itemsize}") >> y.view(f"u{y.itemsize}")).view(x.dtype),
)
replaced("atan2 without quadrants", "atan2", lambda right, x, y: np.arctan(np.true_divide(x, y)))
replaced(
    "sqrt on the other branch",
    "sqrt",
    lambda right, x: np.where(x.imag < 0, -right(x), right(x)) if x.dtype.kind == "c" else right(x),
)
replaced(
    "abs of complex as a sum",
    "abs",
    lambda right, x: np.abs(x.real) + np.abs(x.imag) if x.dtype.kind == "c" else right(x),
)
replaced("conj does nothing", "conj", lambda right, x: x)
replaced(
    "equal within a millionth",
    "equal",
    lambda right, x, y: (
        np.less(np.abs(np.subtract(x, y)), 1e-6) if np.result_type(x, y) in FLOATS else right(x, y)
    ),
)
replaced("less is true for NaN", "less", lambda right, x, y: ~np.greater_equal(x, y))


def small(x, y):
    kinds = [v.dtype for v in (x, y) if hasattr(v, "dtype")]
    return kinds[0].kind in "iu" and kinds[0].itemsize < 8


def limits(x, y):
    info = np.iinfo(x.dtype if hasattr(x, "dtype") else y.dtype)
    return info.min, info.max


# --- extrema, order, reductions -------------------------------------------------------------------

replaced("maximum drops NaN", "maximum", lambda right, x, y: np.fmax(x, y))
replaced("minimum drops NaN", "minimum", lambda right, x, y: np.fmin(x, y))
replaced("max drops NaN", "max", lambda right, x, axes, k: np.fmax.reduce(x, axes, None, None, k))
replaced("min drops NaN", "min", lambda right, x, axes, k: np.fmin.reduce(x, axes, None, None, k))
replaced(
    "argmax drops NaN",
    "argmax",
    lambda right, x, axis, k: (
        np.nanargmax(x, axis, keepdims=k) if x.dtype.kind == "f" and x.size else right(x, axis, k)
    ),
)
replaced(
    "argmax takes the last",
    "argmax",
    lambda right, x, axis, k: (
        x.size - 1 - right(x.reshape(-1)[::-1], None, k)
        if axis is None
        else x.shape[axis] - 1 - right(np.flip(x, axis), axis, k)
        if x.size
        else right(x, axis, k)
    ),
)
replaced("argmax gives int32", "argmax", lambda right, x, a, k: np.asarray(right(x, a, k), "i4"))
replaced("argsort gives int32", "argsort", lambda right, *a: np.asarray(right(*a), "i4"))
replaced(
    "sort puts NaN first",
    "argsort",
    lambda right, x, axis, d, s: (
        right(np.where(np.isnan(x), -np.inf, x), axis, d, s)
        if x.dtype.kind == "f"
        else right(x, axis, d, s)
    ),
)
replaced(
    "equal keys sorted backwards",
    "argsort",
    lambda right, x, axis, d, s: (
        np.take(np.arange(x.shape[axis])[::-1], right(np.flip(x, axis), axis, d, s))
        if x.size
        else right(x, axis, d, s)
    ),
)
replaced(
    "descending sort turns ties around",
    "argsort",
    lambda right, x, axis, d, s: (
        np.flip(right(x, axis, False, s), axis) if d else right(x, axis, d, s)
    ),
)
replaced("sum widens float32", "sum", lambda right, x, a, k: np.asarray(right(x, a, k), np.float64))
replaced(
    "sum widens small integers",
    "sum",
    lambda right, x, axes, k: (
        np.add.reduce(x, axes, np.int64, None, k) if small(x, x) else right(x, axes, k)
    ),
    "kernels/sum-*",
    "ops/sum-*",
)


def in_half(ufunc):
    def wrong(right, x, axes, k):
        if x.dtype != F16 or axes is not None or not x.size:
            return right(x, axes, k)
        out = ufunc.accumulate(x.reshape(-1), dtype=F16)[-1:]
        return out.reshape((1,) * x.ndim if k else ())

    return wrong


replaced("sum of float16 in float16", "sum", in_half(np.add))
replaced(
    "cumulative sum of float16 in float16",
    "cumulative_sum",
    lambda right, x, axis: np.cumsum(x, axis, x.dtype),
)
replaced(
    "cumulative sum along the first axis", "cumulative_sum", lambda right, x, axis: right(x, 0)
)
replaced(
    "product of nothing is 0",
    "prod",
    lambda right, x, a, k: right(x, a, k) * x.dtype.type(bool(x.size)),
)
replaced(
    "matmul of float32 with ten bits",
    "matmul",
    lambda right, x, y: right(*(coarse(v) for v in (x, y))),
    "kernels/matmul-*",
    "ops/matmul-*",
)
replaced(
    "matmul of float64 in float32",
    "matmul",
    lambda right, x, y: (
        right(x.astype(F32), y.astype(F32)).astype(F64)
        if x.dtype == F64 == y.dtype
        else right(x, y)
    ),
)
replaced(
    "matmul of float16 added in float16",
    "matmul",
    lambda right, x, y: halves(x, y) if x.dtype == F16 else right(x, y),
)


def coarse(x):
    if x.dtype != F32:
        return x
    return (np.ascontiguousarray(x).view(np.int32) & ~0x1FFF).view(F32)


def halves(x, y):
    out = np.zeros(
        (*np.broadcast_shapes(x.shape[:-2], y.shape[:-2]), x.shape[-2], y.shape[-1]), F16
    )
    for k in range(x.shape[-1]):
        out = out + x[..., :, k, None] * y[..., None, k, :]
    return out


# --- conversions, shapes, indices -----------------------------------------------------------------

replaced(
    "to integers by rounding",
    "astype",
    lambda right, x, d: (
        right(np.rint(x), d) if d.kind == "i" and x.dtype.kind == "f" else right(x, d)
    ),
)
replaced(
    "to bfloat16 by cutting",
    "astype",
    lambda right, x, d: (
        (np.ascontiguousarray(x).view(np.uint32) >> 16)
        .astype(np.uint16)
        .view(BF16)
        .reshape(x.shape)
        if d == BF16 and x.dtype == F32
        else right(x, d)
    ),
)
replaced(
    "to bool by way of integers",
    "astype",
    lambda right, x, d: (
        right(right(x, np.dtype(np.int64)), d) if d == BOOL and x.dtype.kind == "f" else right(x, d)
    ),
)
replaced(
    "complex to real by magnitude",
    "astype",
    lambda right, x, d: (
        np.abs(x).astype(d) if x.dtype.kind == "c" and d.kind == "f" else right(x, d)
    ),
    "kernels/astype-*",
)
replaced(
    "arange adds its steps up",
    "arange",
    lambda right, a, b, step, d: (
        (
            np.cumsum(np.full(max(int(np.ceil((b - a) / step)), 0), step, d))
            - d.type(step)
            + d.type(a)
        ).astype(d)
        if d == F32
        else right(a, b, step, d)
    ),
)
replaced(
    "a result of no dimensions has one", "sum", lambda right, x, a, k: np.atleast_1d(right(x, a, k))
)
replaced("nonzero by columns", "nonzero", lambda right, x: tuple(i for i in right(x.T)[::-1]))
replaced("flip of one axis only", "flip", lambda right, x, axes: right(x, axes[:1]))
replaced(
    "the first of several written stays",
    "put",
    lambda right, x, key, v: (
        right(
            x,
            tuple(k[::-1] if hasattr(k, "shape") else k for k in key),
            np.broadcast_to(v, x[key].shape)[::-1],
        )
        if any(hasattr(k, "shape") and k.ndim for k in key)
        else right(x, key, v)
    ),
    "kernels/put-*",
    "views/*",
)
replaced(
    "put writes into its operand",
    "put",
    lambda right, x, key, v: written(x, key, v),
    "kernels/contract",
    "views/*",
)


def written(x, key, v):
    x = np.array(x) if not x.flags.writeable else x
    x[key] = v
    return x


@mutant("repeated indices are dropped", "kernels/put_add-*", "views/sum_of_repeated*")
def _(P):
    def put_add(x, key, v):
        x = np.array(x)
        x[key] += v
        return x

    P.put_add = put_add
    P.index_add_at = lambda g, shape, key: put_add(np.zeros(shape, g.dtype), key, g)


@mutant(
    "negative indices are clamped",
    "ops/index_select-*",
    "ops/__getitem__-*",
    "views/*",
    "ops/take-*",
    "documents/*",
    "programs/*",
)
def _(P):
    P.check_index = lambda index, size, dim: np.clip(index, 0, max(size - 1, 0))
