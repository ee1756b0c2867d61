"""The matmul family."""

from __future__ import annotations

from .. import registry
from .table import primitive


def _t(P, x):
    return P.permute_dims(x, (1, 0))


def _h(P, x):
    return P.conj(P.permute_dims(x, (1, 0)))


def _check_mm(a, b):
    if len(a._raw.shape) != 2:
        raise RuntimeError("self must be a matrix")
    if len(b._raw.shape) != 2:
        raise RuntimeError("mat2 must be a matrix")
    (n, k), (m, p) = a._raw.shape, b._raw.shape
    if k != m:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{k} and {m}x{p})")
    same_dtype(a, b)


def same_dtype(a, b):
    """torch's error of a matrix product of two dtypes."""
    if a._raw.dtype != b._raw.dtype:
        x, y = (t.dtype._name for t in (a, b))
        names = {"float32": "float", "float64": "double", "int64": "long int", "int32": "int",
                 "float16": "c10::Half", "bfloat16": "c10::BFloat16"}  # fmt: skip
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {names.get(x, x)} != "
            f"{names.get(y, y)}"
        )


mm = primitive(
    "mm", lambda P, g, b: P.matmul(g, _h(P, b)), lambda P, g, a: P.matmul(_h(P, a), g),
    kernel="matmul", operands=("a", "b"), check=_check_mm,
)  # fmt: skip
mv = primitive(
    "mv", lambda P, g, b: P.outer(g, P.conj(b)), lambda P, g, a: P.matmul(_h(P, a), g),
    kernel="matmul", operands=("a", "b"),
)  # fmt: skip
dot = primitive(
    "dot", lambda P, g, b: P.multiply(g, P.conj(b)), lambda P, g, a: P.multiply(g, P.conj(a)),
    kernel="matmul", operands=("a", "b"),
)  # fmt: skip
outer = primitive(
    "outer", lambda P, g, b: P.matmul(g, P.conj(b)),
    lambda P, g, a: P.matmul(P.permute_dims(g, (1, 0)), P.conj(a)), operands=("a", "b"),
    node="MulBackward0",
    forward=lambda P, x, y: P.multiply(P.reshape(x, (-1, 1)), P.reshape(y, (1, -1))),
)  # fmt: skip
registry.functions["mm"] = registry.methods["mm"] = mm
registry.functions["mv"] = registry.methods["mv"] = mv
registry.functions["dot"] = registry.methods["dot"] = dot
