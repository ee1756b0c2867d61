"""torch.matmul and the products that it chooses between by dimensions."""

from __future__ import annotations

from .. import registry
from ..dispatch import dtype_of
from ..tensor import Tensor, fresh
from .linalg import dot, mm, mv, same_dtype
from .table import broadcast_shape, primitive
from .view import expand, reshape, squeeze, unsqueeze


def _ht(P, x):
    n = len(x.shape)
    return P.conj(P.permute_dims(x, (*range(n - 2), n - 1, n - 2)))


bmm_prim = primitive(
    "bmm", lambda P, g, b: P.matmul(g, _ht(P, b)), lambda P, g, a: P.matmul(_ht(P, a), g),
    kernel="matmul", operands=("a", "b"),
)  # fmt: skip


def matmul(a, b):
    """``a @ b``: dot, matrix-vector, matrix or batched product by dimensions (torch.matmul)."""
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return NotImplemented
    m, n = len(fresh(a)._raw.shape), len(fresh(b)._raw.shape)
    if m == 2 == n:
        return mm(a, b)
    if m == 0 or n == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {m}D and {n}D"
        )
    same_dtype(a, b)
    if m == 1 == n:
        return torch_dot(a, b)
    if m == 2 and n == 1:
        return torch_mv(a, b)
    if m == 1 and n == 2:
        return squeeze(mm(unsqueeze(a, 0), b), 0)
    if n <= 2:
        k = a._raw.shape[-1]
        flat = reshape(a, (-1, k)) if 0 not in a._raw.shape else reshape(a, (_rows(a), k))
        out = mm(flat, b) if n == 2 else torch_mv(flat, b)
        return reshape(out, (*a._raw.shape[:-1], *b._raw.shape[1:]))
    return _batched(a, b, m, n)


def _rows(a):
    n = 1
    for k in a._raw.shape[:-1]:
        n *= k
    return n


def _batched(a, b, m, n):
    if m == 1:
        return squeeze(matmul(unsqueeze(a, 0), b), -2)
    sa, sb = tuple(a._raw.shape), tuple(b._raw.shape)
    batch = broadcast_shape(sa[:-2], sb[:-2])
    if sa[-1] != sb[-2]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: "
            f"[{_prod(batch)}, {sa[-1]}] but got: [{_prod(batch)}, {sb[-2]}]."
        )
    if sa[:-2] != batch:
        a = expand(a, *batch, *sa[-2:])
    if sb[:-2] != batch:
        b = expand(b, *batch, *sb[-2:])
    return bmm_prim(a, b)


def _prod(shape):
    n = 1
    for k in shape:
        n *= k
    return n


@registry.public("matmul", out=True)
def torch_matmul(input, other):
    """Matrix product of two tensors (torch.matmul)."""
    for i, (name, x) in enumerate((("input", input), ("other", other))):
        if not isinstance(x, Tensor):
            raise registry.bad_argument("matmul", name, i + 1, x)
    return matmul(input, other)


@registry.public("dot", out=True)
def torch_dot(input, tensor):
    """Inner product of two vectors (torch.dot)."""
    m, n = fresh(input)._raw.shape, fresh(tensor)._raw.shape
    if len(m) != 1 or len(n) != 1:
        raise RuntimeError(
            f"1D tensors expected, but got {len(m)}D and {len(n)}D tensors"
        )
    if dtype_of(input) is not dtype_of(tensor):
        raise RuntimeError(
            "dot : expected both vectors to have same dtype, but found "
            f"{input.dtype.legacy} and {tensor.dtype.legacy}"
        )
    if m != n:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{m[0]}] and src [{n[0]}] to have the same "
            f"number of elements, but got {m[0]} and {n[0]} elements respectively"
        )
    return dot(input, tensor)


@registry.public("mv", out=True)
def torch_mv(input, vec):
    """Matrix-vector product (torch.mv)."""
    m, n = fresh(input)._raw.shape, fresh(vec)._raw.shape
    if len(m) == 2 and len(n) == 1 and m[1] != n[0]:
        raise RuntimeError(f"size mismatch, got input ({m[0]}), mat ({m[0]}x{m[1]}), vec ({n[0]})")
    return mv(input, vec)


def _tensor_namespace():
    from ..primitive import TP

    TP.matmul = matmul


_tensor_namespace()
