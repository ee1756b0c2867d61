"""Rearrangements that copy: flips, rolls, repeats, triangles, one region replaced."""

from __future__ import annotations

from .. import dtypes, registry
from ..samples import S, T
from ..tensor import Tensor, fresh
from .convert import copy
from .reduce import hidden_reshape
from .table import ints, primitive, wrap_dim
from .view import (
    _key,
    by_keyword,
    expand,
    put,
    reshape,
    slice_,
    unsqueeze,
)  # fmt: skip

# --- flips and rolls ------------------------------------------------------------------------------

flip_prim = primitive("flip", lambda P, g, axes: P.flip(g, axes), params=("axes",))


def _roll(P, x, shifts, axes):
    for n, axis in zip(shifts, axes, strict=True):
        size = x.shape[axis]
        n = n % size if size else 0
        if n:
            x = P.concat(
                [
                    P.getitem(x, _key(axis, slice(size - n, size, 1))),
                    P.getitem(x, _key(axis, slice(0, size - n, 1))),
                ],
                axis,
            )
    return P.copy(x)


roll_prim = primitive(
    "roll", lambda P, g, shifts, axes: P.roll(g, tuple(-n for n in shifts), axes),
    params=("shifts", "axes"), forward=_roll,
)  # fmt: skip


@registry.public("flip", method=False, samples=lambda: [
    S(T((3,)), (0,)), S(T((3, 4)), [0, 1]), S(T((2, 3, 2)), (-1,))])  # fmt: skip
def flip(input, dims):
    """The order of elements reversed along dimensions, copied (torch.flip)."""
    n = len(fresh(input)._raw.shape)
    axes = tuple(wrap_dim(d, n) for d in ints((dims,) if isinstance(dims, int) else (tuple(dims),)))
    for d in axes:
        if axes.count(d) > 1:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return flip_prim(input, axes if n else ())


@registry.public("flip", function=False)
def _flip_method(self, *args, dims=None):
    return flip(self, ints(args if dims is None else (dims,)))


@registry.public("fliplr", samples=lambda: [S(T((2, 3)))])
def fliplr(input):
    """The second dimension reversed (torch.fliplr)."""
    if input.dim() < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, (1,))


@registry.public("flipud", samples=lambda: [S(T((2, 3)))])
def flipud(input):
    """The first dimension reversed (torch.flipud)."""
    if input.dim() < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, (0,))


@registry.public("roll", samples=lambda: [
    S(T((5,)), 2), S(T((3, 4)), 1), S(T((3, 4)), -1, 1), S(T((3, 4)), (1, 2), (0, 1))])  # fmt: skip
def roll(input, shifts, dims=None):
    """Elements moved along dimensions, those that fall off put in front (torch.roll)."""
    x = fresh(input)
    shifts = ints((shifts,)) if not isinstance(shifts, int) else (shifts,)
    if not shifts:
        raise RuntimeError("`shifts` required")
    if dims is not None and not x._raw.shape:
        at = dims if isinstance(dims, int) else dims[0] if len(dims) else None
        if at is not None:
            raise IndexError(f"Dimension specified as {at} but tensor has no dimensions")
    if dims is None or (not isinstance(dims, int) and len(dims) == 0):
        if len(shifts) != 1:
            raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:0")
        flat = roll_prim(hidden_reshape(x, (-1,)), shifts, (0,))
        return hidden_reshape(flat, tuple(x._raw.shape))
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    if len(dims) != len(shifts):
        raise RuntimeError(
            f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}"
        )
    n = len(x._raw.shape)
    return roll_prim(x, shifts, tuple(wrap_dim(d, n) for d in dims))


def _rot90(P, x, k, i, j):
    k %= 4
    if k == 2:
        return P.flip(P.flip(x, (i,)), (j,))
    axes = list(range(len(x.shape)))
    axes[i], axes[j] = j, i
    if k == 1:
        return P.permute_dims(P.flip(x, (j,)), tuple(axes))
    return P.flip(P.permute_dims(x, tuple(axes)), (j,)) if k == 3 else P.copy(x)


rot90_prim = primitive(
    "rot90", lambda P, g, k, i, j: P.rot90(g, -k, i, j), params=("k", "i", "j"), forward=_rot90
)


@registry.public(
    "rot90", samples=lambda: [S(T((2, 3))), S(T((2, 3)), 2), S(T((2, 3, 2)), -1, (1, 2))]
)
def rot90(input, k=1, dims=(0, 1)):
    """A plane turned by quarter turns (torch.rot90)."""
    n = len(fresh(input)._raw.shape)
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if n < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {n}")
    i, j = (wrap_dim(d, n) for d in dims)
    if i == j:
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )
    return rot90_prim(input, int(k), i, j)


# --- repeats --------------------------------------------------------------------------------------


def _repeat(P, x, repeats):
    for axis, n in enumerate(repeats):
        if n == 0:
            x = P.getitem(x, _key(axis, slice(0, 0, 1)))
        elif n > 1:
            x = P.concat([x] * n, axis)
    return P.copy(x)


def _repeat_grad(P, g, a_shape, repeats):
    if 0 in repeats:
        return P.full_as(g, a_shape, 0)
    lead = len(repeats) - len(a_shape)
    split, axes = [], []
    for i, n in enumerate(repeats):
        axes.append(len(split))
        split += [n, a_shape[i - lead] if i >= lead else 1]
    g = P.sum(P.reshape(g, tuple(split)), tuple(axes), False)
    return P.reshape(g, a_shape) if lead else g


def _lifted(P, x, repeats):
    lead = len(repeats) - len(x.shape)
    return _repeat(P, P.reshape(x, (1,) * lead + tuple(x.shape)) if lead else x, repeats)


repeat_prim = primitive("repeat", _repeat_grad, params=("repeats",), forward=_lifted)
_REPEATS = [S(T((3,)), (2,)), S(T((2, 3)), (2, 1)), S(T((3,)), (2, 2)), S(T((2, 2)), (0, 1))]


@registry.public("repeat", function=False, samples=_REPEATS)
def repeat(self, *sizes, repeats=None):
    """The tensor laid beside itself along each dimension (torch.Tensor.repeat)."""
    repeats = ints(sizes or by_keyword("repeat", "repeats", repeats))
    if len(repeats) < len(fresh(self)._raw.shape):
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
    if any(n < 0 for n in repeats):
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(repeats)}: "
            f"{[n * m for n, m in zip(repeats, self.shape, strict=False)]}"
        )
    return repeat_prim(self, repeats)


@registry.public("tile", method=False, samples=_REPEATS)
def tile(input, dims):
    """`repeat` with missing leading counts taken as 1 (torch.tile)."""
    dims = ints((dims,))
    return repeat(input, (1,) * (len(fresh(input)._raw.shape) - len(dims)) + dims)


@registry.public("tile", function=False)
def _tile_method(self, *sizes, dims=None):
    return tile(self, ints(sizes or by_keyword("tile", "dims", dims)))


@registry.public("repeat_interleave", samples=lambda: [
    S(T((2, 3)), 2), S(T((2, 3)), 2, 0), S(T((3,)), T((3,), 0, 3, kind="index"))])  # fmt: skip
def repeat_interleave(input, repeats=None, dim=None, *, output_size=None):
    """Each element of a dimension repeated in place (torch.repeat_interleave)."""
    from .index_ops import index_select

    x = fresh(input)
    if repeats is None:
        return repeat_interleave(_arange(x, x._raw.shape[0]), x)
    if isinstance(repeats, Tensor) and repeats._p.level:
        from ..autograd.batching import one_by_one

        return one_by_one(repeat_interleave, (x, repeats, dim), {})
    if dim is None:
        x, dim = reshape(x, (-1,)), 0
    dim = wrap_dim(dim, len(x._raw.shape))
    shape = tuple(x._raw.shape)
    if not isinstance(repeats, Tensor) or repeats.numel() == 1:
        n = int(repeats)
        if n < 0:
            raise RuntimeError("Repeats must be non-negative")
        wide = expand(unsqueeze(x, dim + 1), *shape[: dim + 1], n, *shape[dim + 1 :])
        return reshape(copy(wide), (*shape[:dim], shape[dim] * n, *shape[dim + 1 :]))
    counts = [int(n) for n in repeats.tolist()]
    if len(counts) != shape[dim]:
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{len(counts)} and input.size({dim}) = {shape[dim]}"
        )
    if any(n < 0 for n in counts):
        raise RuntimeError("repeats can not be negative")
    from ..factories import tensor

    at = [i for i, n in enumerate(counts) for _ in range(n)]
    return index_select(x, dim, tensor(at, dtype=dtypes.int64, device=x.device))


def _arange(x, n):
    from ..factories import arange

    return arange(n, device=x.device)


# --- triangles ------------------------------------------------------------------------------------


def _triangle(lower):
    def cut(P, x, k):
        m, n = x.shape[-2], x.shape[-1]
        rows = P.reshape(P.arange(0, m, 1, P.int64), (m, 1))
        gap = P.subtract(P.reshape(P.arange(0, n, 1, P.int64), (1, n)), rows)
        keep = P.less_equal(gap, k) if lower else P.greater_equal(gap, k)
        return P.where(keep, x, P.full((), 0, x.dtype))

    return cut


tril_prim = primitive("tril", lambda P, g, k: P.tril(g, k), params=("k",), forward=_triangle(True))
triu_prim = primitive("triu", lambda P, g, k: P.triu(g, k), params=("k",), forward=_triangle(False))


def _cutter(name, prim):
    def triangle(input, diagonal=0):
        if len(fresh(input)._raw.shape) < 2:
            raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
        return prim(input, int(diagonal))

    triangle.__name__ = triangle.__qualname__ = name
    triangle.__doc__ = f"The part of matrices on one side of a diagonal (torch.{name})."
    registry.public(
        name,
        inplace=True,
        out=True,
        samples=lambda: [S(T((3, 4))), S(T((3, 4)), 1), S(T((2, 3, 3)), -1)],
    )(triangle)
    return triangle


tril, triu = _cutter("tril", tril_prim), _cutter("triu", triu_prim)

# --- one region replaced --------------------------------------------------------------------------


@registry.public("select_scatter", out=True, samples=lambda: [S(T((3, 4)), T((4,)), 0, 1),
                                                      S(T((3, 4)), T((3,)), 1, -1)])  # fmt: skip
def select_scatter(input, src, dim, index):
    """A copy with one slice replaced (torch.select_scatter)."""
    x = fresh(input)
    dim = wrap_dim(dim, len(x._raw.shape))
    n = x._raw.shape[dim]
    if not -n <= index < n:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(x._raw.shape)} at "
            f"dimension {dim}"
        )
    key = _key(dim, index + n if index < 0 else index)
    _fits(x, src, tuple(m for d, m in enumerate(x._raw.shape) if d != dim))
    return select_put(x, src, key)


def _fits(x, src, want):
    if tuple(fresh(src)._raw.shape) != want:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(want)}"
        )


select_put = primitive(
    "select_scatter", lambda P, g, key: P.put(g, key, P.multiply(P.getitem(g, key), 0)),
    lambda P, g, key: P.getitem(g, key), kernel="put_region", operands=("a", "b"), params=("key",),
)  # fmt: skip


@registry.public("slice_scatter", out=True, samples=lambda: [
    S(T((4, 3)), T((2, 3)), 0, 1, 3), S(T((4, 3)), T((4, 2)), 1, step=2)])  # fmt: skip
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """A copy with a slice of a dimension replaced (torch.slice_scatter)."""
    x = fresh(input)
    dim = wrap_dim(dim, len(x._raw.shape))
    a, b, c = slice(start, end, step).indices(x._raw.shape[dim])
    region = slice_(x.detach(), dim, a, b, c)
    _fits(x, src, tuple(region._raw.shape))
    return put(x, src, _key(dim, slice(a, max(a, b), c)))
