"""Views that step through memory in their own way: diagonals, windows, given strides.

On a backend without strides each is a read of positions, found from the same geometry; its gradient
adds into those positions.
"""

from __future__ import annotations

from math import prod

from .. import registry
from ..autograd.captured import refuse
from ..autograd.graph import LEAF, SEQ, notes_of
from ..autograd.modes import LOCAL, STATE
from ..dispatch import cast, dtype_of
from ..primitive import TABLE
from ..samples import S, T
from ..storage import contiguous_strides, geometry, is_contiguous, make_view, share, turns
from ..tensor import edge, fresh, wrap
from .convert import copy
from .table import ints, primitive, wrap_dim
from .view import diagonal_geometry, view_op


def _places(P, shape, strides, offset):
    """Flat positions of a strided region, as an integer array of its shape."""
    out = P.full((), offset, P.int64)
    for d, (n, s) in enumerate(zip(shape, strides, strict=True)):
        part = P.multiply(P.arange(0, n, 1, P.int64), s)
        out = P.add(out, P.reshape(part, (n,) + (1,) * (len(shape) - 1 - d)))
    return P.broadcast_to(out, tuple(shape))


def _read(P, x, shape, strides, offset):
    at = P.reshape(_places(P, shape, strides, offset), (-1,))
    return P.reshape(P.take(P.reshape(x, (-1,)), at, 0), tuple(shape))


def _add_back(P, g, whole, shape, strides, offset):
    at = P.reshape(_places(P, shape, strides, offset), (-1,))
    flat = P.full((prod(whole),), 0, g.dtype)
    return P.reshape(P.put_add(flat, (at,), P.reshape(g, (-1,))), tuple(whole))


add_back = primitive(
    "strided_add", lambda P, g, size, strides, offset: P.strided_read(g, size, strides, offset),
    params=("whole", "size", "strides", "offset"), node="AsStridedBackward0", forward=_add_back,
)  # fmt: skip
strided_read = primitive(
    "strided_read", lambda P, g, a_shape, size, strides, offset: P.strided_add(
        g, a_shape, size, strides, offset),
    params=("size", "strides", "offset"), node="AsStridedBackward0", forward=_read,
)  # fmt: skip


def _dense(shape):
    return tuple(shape), contiguous_strides(shape), 0


def _back(geometry_of):
    def grad(P, g, shape, *params):
        return P.strided_add(g, tuple(shape), *geometry_of(*_dense(shape), *params))

    return grad


def unfold_geometry(shape, strides, offset, dim, size, step):
    if not shape:
        return (size,), (1,), offset
    n = (shape[dim] - size) // step + 1
    return (
        (*shape[:dim], n, *shape[dim + 1 :], size),
        (*strides[:dim], strides[dim] * step, *strides[dim + 1 :], strides[dim]),
        offset,
    )


_diagonal_back, _unfold_back = _back(diagonal_geometry), _back(unfold_geometry)
diagonal_view = view_op(
    "diagonal", lambda P, g, a_shape, k, i, j: _diagonal_back(P, g, a_shape, k, i, j),
    params=("k", "i", "j"), geometry=diagonal_geometry,
    forward=lambda P, x, k, i, j: _read(P, x, *diagonal_geometry(*_dense(x.shape), k, i, j)),
)  # fmt: skip
unfold_view = view_op(
    "unfold", lambda P, g, a_shape, dim, size, step: _unfold_back(P, g, a_shape, dim, size, step),
    params=("dim", "size", "step"), geometry=unfold_geometry,
    forward=lambda P, x, dim, size, step: _read(
        P, x, *unfold_geometry(*_dense(x.shape), dim, size, step)),
)  # fmt: skip


def _of_view(P, g, whole, size, strides, offset, *own):
    """The part of a gradient that a view which was stepped through gets: its own places."""
    g = P.strided_read(P.strided_add(g, whole, size, strides, offset), *own)
    if any(s == 0 and n > 1 for n, s in zip(*own[:2], strict=True)):
        ones = P.strided_add(P.full_as(g, own[0], 1), whole, *own)
        g = P.divide(g, P.strided_read(ones, *own))
    return g


primitive(
    "as_strided_of", lambda P, g, whole, size, strides, offset, own_size, own_strides, own_offset:
    _of_view(P, g, whole, size, strides, offset, own_size, own_strides, own_offset),
    params=("whole", "size", "strides", "offset", "own_size", "own_strides", "own_offset"),
    node="AsStridedBackward0", kernel="as_strided_of",
)  # fmt: skip
as_strided_view = view_op(
    "as_strided", lambda P, g, a_shape, size, strides, offset: P.strided_add(
        g, a_shape, size, strides, offset),
    params=("size", "strides", "offset"), kernel="as_strided", forward=_read,
    geometry=lambda shape, old, at, size, strides, offset: (size, strides, offset),
)  # fmt: skip


@registry.public("diagonal", samples=lambda: [
    S(T((3, 4))), S(T((3, 4)), 1), S(T((3, 4)), -1), S(T((2, 3, 4)), 0, 1, 2),
    S(T((2, 3, 4)), 1, -1, 0)])  # fmt: skip
def diagonal(input, offset=0, dim1=0, dim2=1):
    """A view of a diagonal of two dimensions, put last (torch.diagonal)."""
    x = fresh(input)
    n = len(x._raw.shape)
    i, j = wrap_dim(dim1, n), wrap_dim(dim2, n)
    if i == j:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return diagonal_view(x, offset, i, j)


@registry.public("unfold", function=False, samples=lambda: [
    S(T((6,)), 0, 3, 1), S(T((5, 4)), 1, 2, 2), S(T((5, 4)), 0, 3, 1)])  # fmt: skip
def unfold(self, dimension, size, step):
    """A view of the windows of a dimension, put last (torch.Tensor.unfold)."""
    x = fresh(self)
    shape = tuple(x._raw.shape)
    dim = wrap_dim(dimension, len(shape))
    most = shape[dim] if shape else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > most:
        raise RuntimeError(
            f"maximum size for tensor at dimension {dim} is {most} but size is {size}"
        )
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return unfold_view(x, dim, size, step)


@registry.public(
    "as_strided",
    samples=lambda: [
        S(T((3, 4)), (2, 2), (1, 2)),
        S(T((3, 4)), (2, 3), (4, 1), 1),
        S(T((4,)), (3, 2), (1, 1)),
    ],
)
def as_strided(input, size, stride, storage_offset=None):
    """A view of the tensor's memory with given shape and strides (torch.as_strided)."""
    x = fresh(input)
    if x._p.level:
        from ..autograd.batched_views import as_strided as of_each

        part = of_each(x, ints((size,)), ints((stride,)), storage_offset)
        if part is not None:
            return part
    root, *how = stepped(x, size, stride, storage_offset)
    out = as_strided_view(root, *how)
    if root is not x and x._ext is not None:
        base = x._ext.base
        if base is not None and root is not base:  # which was turned in place: steps undo that
            out._ext.base, out._ext.depth = base, 0
        out._ext.meta = out._ext.meta or x._ext.meta
    if root is not x and LOCAL.grad and x._node is not None and not x._inference:
        of = object.__new__(TABLE["as_strided_of"].node_cls)
        of.edges, of.saved, of.seq = (edge(x),), (), next(SEQ)
        of.params = (tuple(root._raw.shape), *how, *geometry(x))
        of.P, of.shape, of.dtype = x._p, out._raw.shape, x._raw.dtype
        of.versions = of.out = of.out_st = of.hooks = None
        out._node = of
    if storage_offset is None and LOCAL.grad and out._node is not None:
        notes_of(out._node)["offset"] = None
    if root is not x and STATE.exotic and LOCAL.duals:
        from ..autograd.dual import follow

        follow(out, x, lambda u: as_strided(u, *how))
    return out


def stepped(input, size, stride, storage_offset):
    """The tensor whose memory `as_strided` steps through, and how; torch's refusals."""
    x = fresh(input)
    size, stride = ints((size,)), ints((stride,))
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in stride):
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: "
            f"{list(stride)}"
        )
    shape, strides, at = geometry(x)
    offset = at if storage_offset is None else storage_offset
    if x._p.level:
        from ..autograd.batched_views import start

        offset -= start(x)[2]
    root = _root(x, shape, strides)
    _check_room(root, size, stride, offset, x.dtype.itemsize)
    return root, size, stride, offset


def _root(x, shape, strides):
    """The tensor whose memory ``x`` lies in, to be stepped through from its start."""
    e = x._ext
    if e is None or (not e.chain and e.base is None):
        return x
    if is_contiguous(shape, strides) and prod(shape) == prod(x._st.memory.raw.shape):
        return x
    if e.base is not None and (e.base._ext is None or not e.base._ext.chain):
        return _alike(fresh(e.base), x)
    st = share(x)
    root = wrap(x._p, st.memory.raw)
    root._st = st
    root._ext = make_view(None, (), 0, st.memory.clock)
    root._node = None if x._node is LEAF else x._node
    return _alike(root, x)


def _alike(root, x):
    """What a tensor over the whole of a memory is for ``x``: as real, conjugate or negative."""
    if root._raw.dtype == x._raw.dtype and turns(x) == (False, False):
        return root
    if root.dtype.is_complex and not x.dtype.is_complex:
        root = TABLE["view_as_real"].fn(root)
    elif x.dtype.is_complex and not root.dtype.is_complex:
        root = TABLE["view_as_complex"].fn(root.view(-1, 2))
    for turned, name in zip(turns(x), ("conj", "neg_view"), strict=True):
        root = TABLE[name].fn(root) if turned else root
    return root


def _check_room(root, size, stride, offset, itemsize):
    if 0 in size:
        return
    need = offset + 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    have = prod(root._raw.shape)
    if need > have:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and "
            f"itemsize {itemsize} requiring a storage size of {need * itemsize} are out of bounds "
            f"for storage of size {have * itemsize}"
        )


# --- their inverses -------------------------------------------------------------------------------


def _fill_strided(P, x, v, size, strides, offset):
    at = P.reshape(_places(P, size, strides, offset), (-1,))
    flat = P.put_flat(P.reshape(x, (-1,)), at, P.reshape(v, (-1,)))
    return P.reshape(flat, tuple(x.shape))


strided_scatter = primitive(
    "as_strided_scatter", lambda P, g, size, strides, offset: P.strided_clear(
        g, size, strides, offset),
    lambda P, g, size, strides, offset: P.strided_read(g, size, strides, offset),
    operands=("a", "b"), params=("size", "strides", "offset"), forward=_fill_strided,
)  # fmt: skip
primitive(
    "strided_clear", lambda P, g, size, strides, offset: P.strided_clear(g, size, strides, offset),
    params=("size", "strides", "offset"), node="AsStridedScatterBackward0",
    forward=lambda P, x, size, strides, offset: _fill_strided(
        P, x, P.full(size, 0, x.dtype), size, strides, offset),
)  # fmt: skip


@registry.public("as_strided_scatter", samples=lambda: [
    S(T((3, 4)), T((2, 2)), (2, 2), (4, 1))])  # fmt: skip
def as_strided_scatter(input, src, size, stride, storage_offset=None):
    """A copy with what `as_strided` would show replaced (torch.as_strided_scatter).

    Of a view its whole memory is copied, so that strides and offset are those of the memory. Inside
    vmap the memory of an example is its elements row by row.
    """
    x = fresh(copy(input) if input._p.level else input)
    root, *how = stepped(x.detach(), size, stride, storage_offset)
    if tuple(fresh(src)._raw.shape) != how[0]:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(how[0])}"
        )
    if dtype_of(src) is not dtype_of(x):
        src = cast(src, dtype_of(x))
    shape, strides, at = place = geometry(x)
    if at == 0 and is_contiguous(shape, strides):
        return strided_scatter(x, src, *how)
    whole = strided_scatter(root.detach(), x, *place)
    return strided_read(strided_scatter(whole, src, *how), *place)


def _fill_diagonal(P, x, v, k, i, j):
    shape, strides, offset = diagonal_geometry(*_dense(x.shape), k, i, j)
    at = P.reshape(_places(P, shape, strides, offset), (-1,))
    flat = P.put_flat(P.reshape(x, (-1,)), at, P.reshape(v, (-1,)))
    return P.reshape(flat, tuple(x.shape))


diagonal_scatter_prim = primitive(
    "diagonal_scatter", lambda P, g, k, i, j: P.diagonal_clear(g, k, i, j),
    lambda P, g, k, i, j: P.diagonal(g, k, i, j), operands=("a", "b"), params=("k", "i", "j"),
    forward=_fill_diagonal,
)  # fmt: skip
diagonal_clear = primitive(
    "diagonal_clear", lambda P, g, k, i, j: P.diagonal_clear(g, k, i, j), params=("k", "i", "j"),
    node="DiagonalScatterBackward0",
    forward=lambda P, x, k, i, j: _fill_diagonal(
        P, x, P.full(diagonal_geometry(*_dense(x.shape), k, i, j)[0], 0, x.dtype), k, i, j),
)  # fmt: skip


@registry.public(
    "diagonal_scatter",
    out=True,
    samples=lambda: [
        S(T((3, 4)), T((3,))),
        S(T((3, 4)), T((3,)), 1),
        S(T((2, 3, 3)), T((2, 3)), 0, 1, 2),
    ],
)
def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """A copy with a diagonal replaced (torch.diagonal_scatter)."""
    x = fresh(input)
    n = len(x._raw.shape)
    i, j = wrap_dim(dim1, n), wrap_dim(dim2, n)
    want = diagonal_geometry(*_dense(x._raw.shape), offset, i, j)[0]
    if tuple(fresh(src)._raw.shape) != want:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(want)}"
        )
    return diagonal_scatter_prim(x, src, offset, i, j)


def _embed(P, x, shape, k, i, j):
    return _fill_diagonal(P, P.full(shape, 0, x.dtype), x, k, i, j)


diag_embed_prim = primitive(
    "diag_embed", lambda P, g, k, i, j: P.diagonal(g, k, i, j), params=("shape", "k", "i", "j"),
    forward=_embed,
)  # fmt: skip


@registry.public(
    "diag_embed", samples=lambda: [S(T((3,))), S(T((2, 3)), 1), S(T((2, 3)), -1, 0, 2)]
)
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """The last dimension laid on a diagonal of two new ones (torch.diag_embed)."""
    x = fresh(input)
    shape = tuple(x._raw.shape)
    n = len(shape) + 1
    i, j = wrap_dim(dim1, n), wrap_dim(dim2, n)
    if i == j:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    side = shape[-1] + abs(offset)
    rest = list(shape[:-1])
    whole = [side if d in (i, j) else rest.pop(0) for d in range(n)]
    return diag_embed_prim(x, tuple(whole), offset, i, j)


@registry.public("diag", out=True, samples=lambda: [
    S(T((3,))), S(T((3,)), 1), S(T((3, 4))), S(T((3, 4)), -1)])  # fmt: skip
def diag(input, diagonal=0):
    """The diagonal of a matrix copied, or a vector laid on one (torch.diag)."""
    n = len(fresh(input)._raw.shape)
    if n == 1:
        return diag_embed(input, diagonal)
    if n == 2:
        return diagonal_copy(input, diagonal, 0, 1)
    raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {n}D")


diagonal_copy = primitive(
    "diagonal_copy", lambda P, g, a_shape, k, i, j: _diagonal_back(P, g, a_shape, k, i, j),
    params=("k", "i", "j"), node="DiagonalBackward0_copy",
    forward=lambda P, x, k, i, j: P.copy(P.diagonal(x, k, i, j)),
)  # fmt: skip


@registry.public("diagflat", samples=lambda: [S(T((3,))), S(T((2, 2)), 1)])
def diagflat(input, offset=0):
    """All elements laid on the diagonal of a matrix (torch.diagflat)."""
    return diag_embed(input.reshape(-1), offset)


@registry.public("fill_diagonal_", function=False)
def fill_diagonal_(self, fill_value, wrap=False):
    """The main diagonal set to a value (torch.Tensor.fill_diagonal_)."""
    x = fresh(self)
    if STATE.exotic and LOCAL.tracks:
        refuse(x, "fill_diagonal")
    shape, strides, offset = geometry(x)
    n = len(shape)
    if n < 2:
        raise RuntimeError("dimensions must larger than 1")
    if n > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    size, step = min(shape), sum(strides)
    if wrap and n == 2 and shape[0] > shape[1] + 1:
        size = -(-prod(shape) // step)
    as_strided(x, (size,), (step,), offset).fill_(fill_value)
    return self
