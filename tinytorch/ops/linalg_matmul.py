"""torch.matmul and the products that come down to it: chains, Kronecker, trace."""

from __future__ import annotations

from math import prod

from .. import registry
from ..samples import S, T
from ..storage import geometry
from ..tensor import Tensor, fresh
from .linalg import bmm_prim, mm, mv, same_dtype, torch_dot, torch_mm, torch_mv
from .table import broadcast_shape, compose, primitive, wrap_dim
from .view import (
    contiguous,
    expand,
    reshape,
    t,
    transpose,
    unsafe_view,
    unsqueeze,
    view_shape,
)
from .view_inplace import squeezed


def matmul(a, b):
    """``a @ b``: dot, matrix-vector, matrix or batched product by dimensions (torch.matmul)."""
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return NotImplemented
    m, n = len(fresh(a)._raw.shape), len(fresh(b)._raw.shape)
    if m == 2 == n:
        return mm(a, b)
    if m == 2 and n == 1:
        return mv(a, b)
    if m == 0 or n == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {m}D and {n}D"
        )
    if m == 1 == n:
        return torch_dot(a, b)
    if n == 1 and _folds(a, b):
        return unsafe_view(torch_mv(_rows(a), b), tuple(a._raw.shape[:-1]))
    if n == 1:
        out = _batched(a, unsqueeze(b, 1))
        return squeezed(out, tuple(a._raw.shape[:-1]))
    same_dtype(a, b)
    if m == 1:
        if n == 2:
            out = torch_mm(unsqueeze(a, 0), b)
            return squeezed(out, (b._raw.shape[-1],))
        if a._node is not None:
            return matmul(transpose(b, -2, -1), a)
        return _batched(unsqueeze(a, 0), b, vector=True)
    if n == 2 and _folds(a, b):
        out = torch_mm(_rows(a), b)
        return unsafe_view(out, (*a._raw.shape[:-1], b._raw.shape[-1]))
    if m == 2 and a._node is not None:
        return contiguous(transpose(matmul(transpose(b, -2, -1), t(a)), -2, -1))
    return _batched(a, b)


def _folds(a, b):
    """Whether the batches of ``a`` become rows of one matrix: not if that would copy it in vain."""
    if b._node is not None or 0 in a._raw.shape:
        return True
    shape, strides, _ = geometry(a)
    return all(strides[i] == strides[i + 1] * shape[i + 1] for i in range(len(shape) - 2))


def _rows(a):
    shape = tuple(a._raw.shape)
    return reshape(a, (prod(shape[:-1]), shape[-1]))


def _batched(a, b, vector=False):
    s, t = tuple(a._raw.shape), tuple(b._raw.shape)
    batch = broadcast_shape(s[:-2], t[:-2])
    n = prod(batch)
    if s[-1] != t[-2]:
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{n}, {s[-1]}] but got: [{n}, {t[-2]}]."
        )
    if s[:-2] != batch:
        a = expand(a, *batch, *s[-2:])
    if t[:-2] != batch:
        b = expand(b, *batch, *t[-2:])
    if len(batch) != 1:
        a, b = reshape(a, (n, *s[-2:])), reshape(b, (n, *t[-2:]))
    shape = (*batch, t[-1]) if vector else (*batch, s[-2], t[-1])
    return unsafe_view(bmm_prim(a, b), shape)


@registry.public(
    "matmul",
    out=True,
    samples=lambda: [
        S(T((3,)), T((3,))),
        S(T((2, 3)), T((3,))),
        S(T((3,)), T((3, 2))),
        S(T((2, 3)), T((3, 4))),
        S(T((2, 2, 3)), T((3,))),
        S(T((2, 2, 3)), T((3, 4))),
        S(T((3,)), T((2, 3, 4))),
        S(T((2, 2, 3)), T((2, 3, 4))),
        S(T((2, 1, 2, 3)), T((2, 3, 2))),
        S(T((2, 3)), T((2, 3, 4))),
    ],
)
def torch_matmul(input, other):
    """Matrix product of two tensors (torch.matmul)."""
    for i, (name, x) in enumerate((("input", input), ("other", other))):
        if not isinstance(x, Tensor):
            raise registry.bad_argument("matmul", name, i + 1, x)
    return matmul(input, other)


def _tensor_namespace():
    from ..primitive import TP

    TP.matmul = matmul


_tensor_namespace()


@registry.public("chain_matmul", method=False, out=True, samples=lambda: [
    S(T((2, 3)), T((3, 4)), T((4, 2)))])  # fmt: skip
def chain_matmul(*matrices):
    """The product of several matrices (torch.chain_matmul)."""
    if len(matrices) == 1 and not isinstance(matrices[0], Tensor):
        matrices = matrices[0]
    if len(matrices) == 1:
        return matrices[0].clone()
    result = matrices[0]
    for m in matrices[1:]:
        result = torch_mm(result, m)
    return view_shape(result, tuple(result._raw.shape))


@registry.public("inner", out=True, samples=lambda: [S(T((3,)), T((3,))), S(T((2, 3)), T((4, 3))),
                                             S(T(()), T((3,)))])  # fmt: skip
def inner(input, other):
    """Sums of products over the last dimensions (torch.inner)."""
    from .elementwise import mul

    s, t = tuple(fresh(input)._raw.shape), tuple(fresh(other)._raw.shape)
    if not s or not t:
        return mul(input, other)
    if s[-1] != t[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(s)} and {list(t)}"
        )
    return tensordot(input, other, ([len(s) - 1], [len(t) - 1]))


@registry.public("tensordot", method=False, out=True, samples=lambda: [
    S(T((2, 3)), T((3, 4)), 1), S(T((2, 3, 4)), T((3, 4, 2)), 2),
    S(T((2, 3)), T((4, 3)), ([1], [1]))])  # fmt: skip
def tensordot(a, b, dims=2):
    """Sums of products over any dimensions of two tensors (torch.tensordot)."""
    from .view import permute

    s, t = tuple(fresh(a)._raw.shape), tuple(fresh(b)._raw.shape)
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(len(s), len(t)):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        left, right = list(range(-dims, 0)), list(range(dims))
    else:
        left, right = (([d] if isinstance(d, int) else list(d)) for d in dims)
    if len(left) != len(right):
        raise RuntimeError("both dimension lists should have same length")
    for i, j in zip(left, right, strict=True):
        if s[i] == 1 != t[j]:
            b = b.sum(j, True)
        elif t[j] == 1 != s[i]:
            a = a.sum(i, True)
        elif s[i] != t[j]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {s[i]} in dim {i} and "
                f"second has size {t[j]} in dim {j}"
            )
    s, t = tuple(fresh(a)._raw.shape), tuple(fresh(b)._raw.shape)
    left, right = [wrap_dim(d, len(s)) for d in left], [wrap_dim(d, len(t)) for d in right]
    keep = [d for d in range(len(s)) if d not in left]
    also = [d for d in range(len(t)) if d not in right]
    k = prod(s[d] for d in left)
    x = reshape(permute(a, keep + left), (prod(s[d] for d in keep), k))
    y = reshape(permute(b, right + also), (k, prod(t[d] for d in also)))
    return reshape(torch_mm(x, y), (*(s[d] for d in keep), *(t[d] for d in also)))


@registry.public("kron", out=True, samples=lambda: [S(T((2, 2)), T((2, 3))), S(T((2,)), T((2, 3)))])
def kron(input, other):
    """The Kronecker product (torch.kron)."""
    from .elementwise import mul

    s, t = tuple(fresh(input)._raw.shape), tuple(fresh(other)._raw.shape)
    n = max(len(s), len(t))
    s, t = (1,) * (n - len(s)) + s, (1,) * (n - len(t)) + t
    x = reshape(input, [k for m in s for k in (m, 1)])
    y = reshape(other, [k for m in t for k in (1, m)])
    return unsafe_view(mul(x, y), tuple(a * b for a, b in zip(s, t, strict=True)))


trace_prim = primitive(
    "trace", lambda P, g, a_shape: P.diag_embed_like(g, a_shape),
    forward=lambda P, x: P.sum(P.diagonal(x, 0, 0, 1), None, False),
)  # fmt: skip
compose(
    "diag_embed_like",
    lambda P, g, shape: P.diagonal_scatter(
        P.full_as(g, shape, 0), P.spread(g, (min(shape),)), 0, 0, 1
    ),
)


@registry.public("trace", samples=lambda: [S(T((3, 3))), S(T((2, 3)))])
def trace(input):
    """The sum of a matrix's diagonal (torch.trace)."""
    n = len(fresh(input)._raw.shape)
    if n != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {n}")
    from .reduce import _accumulator

    return trace_prim(_accumulator(input, None))


# --- cross products -------------------------------------------------------------------------------


def _cross(P, x, y, dim):
    def at(v, i):
        i %= 3
        return P.getitem(v, (slice(None),) * dim + (slice(i, i + 1), ...))

    parts = [
        P.subtract(P.multiply(at(x, i + 1), at(y, i + 2)), P.multiply(at(x, i + 2), at(y, i + 1)))
        for i in range(3)
    ]
    return P.concat(parts, dim)


cross_prim = primitive(
    "linalg_cross", lambda P, g, b, dim: P.cross(P.conj(b), g, dim),
    lambda P, g, a, dim: P.cross(g, P.conj(a), dim), kernel="cross", operands=("a", "b"),
    params=("dim",), promote="common", forward=_cross,
)  # fmt: skip


def linalg_cross(input, other, *, dim=-1):
    """Cross products of vectors of three along a dimension (torch.linalg.cross)."""
    s, t = tuple(fresh(input)._raw.shape), tuple(fresh(other)._raw.shape)
    if len(s) != len(t):
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    d = wrap_dim(dim, len(s))
    if s[d] != 3 or t[d] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {s[d]} and {t[d]}"
        )
    whole = broadcast_shape(s, t)
    return cross_prim(expand(input, *whole) if s != whole else input,
                      expand(other, *whole) if t != whole else other, d)  # fmt: skip


@registry.public("cross", out=True, samples=lambda: [
    S(T((2, 3)), T((2, 3)), 1), S(T((3, 2)), T((3, 2)), dim=0)])  # fmt: skip
def cross(input, other, dim=None):
    """Cross products of vectors of three (torch.cross); by default of the first dimension of 3."""
    if dim is None:
        shape = tuple(fresh(input)._raw.shape)
        dim = next((i for i, n in enumerate(shape) if n == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    return linalg_cross(input, other, dim=dim)


# --- distances and combinations -------------------------------------------------------------------


def _pair_difference(P, x, y):
    s, t = tuple(x.shape), tuple(y.shape)
    x = P.reshape(x, (*s[:-1], 1, s[-1]))
    return P.subtract(x, P.reshape(y, (*t[:-2], 1, *t[-2:])))


def _cdist_grad(P, g, operands, out, params, edges):
    from .stats import norm_grad

    a, b = operands
    (p,) = params
    d = _pair_difference(P, a, b)
    n = len(d.shape)
    g = norm_grad(P, g, d, p, (n - 1,), False, out)
    return P.sum(g, (n - 2,), False), P.negative(P.sum(g, (n - 3,), False))


cdist_prim = primitive(
    "cdist", _cdist_grad, whole=True, saves_out=True, operands=("a", "b"), params=("p",),
    forward=lambda P, x, y, p: P.vector_norm(
        _pair_difference(P, x, y), p, (len(_pair_difference(P, x, y).shape) - 1,), False),
)  # fmt: skip


@registry.public("cdist", method=False, samples=lambda: [
    S(T((3, 2)), T((4, 2))), S(T((3, 2)), T((4, 2)), 1.0),
                                                 S(T((2, 3, 2)), T((2, 4, 2)), 3.0)])  # fmt: skip
def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """Distances of all pairs of rows (torch.cdist)."""
    for i, x in ((1, x1), (2, x2)):
        if len(fresh(x)._raw.shape) < 2:
            raise RuntimeError(
                f"cdist only supports at least 2D tensors, X{i} got: {len(x._raw.shape)}D"
            )
    s, t = tuple(x1._raw.shape), tuple(x2._raw.shape)
    if s[-1] != t[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {s[-1]} X2: {t[-1]}"
        )
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    batch = broadcast_shape(s[:-2], t[:-2])
    x1 = expand(x1, *batch, *s[-2:]) if s[:-2] != batch else x1
    x2 = expand(x2, *batch, *t[-2:]) if t[:-2] != batch else x2
    return cdist_prim(x1, x2, float(p))


def _vectors(tensors):
    for v in tensors:
        if v.dim() != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(v.shape)}")


@registry.public("cartesian_prod", method=False, samples=lambda: [S(T((2,)), T((3,))), S(T((2,)))])
def cartesian_prod(*tensors):
    """All combinations of one element of each vector, a row each (torch.cartesian_prod)."""
    from ..factories import meshgrid
    from .join import stack

    _vectors(tensors)
    if len(tensors) == 1:
        return tensors[0]
    return stack([g.reshape(-1) for g in meshgrid(*tensors, indexing="ij")], 1)


@registry.public("combinations", method=False, samples=lambda: [
    S(T((4,))), S(T((3,)), 2, True), S(T((4,)), 3)])  # fmt: skip
def combinations(input, r=2, with_replacement=False):
    """All choices of ``r`` elements of a vector, a row each (torch.combinations)."""
    import itertools

    from ..factories import tensor
    from .join import stack

    _vectors([input])
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty((0,))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(range(input.shape[0]), r))
    index = tensor(rows, device=input.device).reshape(-1, r).long()
    return stack([input[index[:, j]] for j in range(r)], 1)
