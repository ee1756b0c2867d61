"""Rearrangements: flips, rolls, repeats, triangles, and torch's many names for transposes."""

from __future__ import annotations

from math import prod

from .. import dtypes, registry
from ..blame import warn
from ..samples import S, T
from ..tensor import Tensor, fresh
from .convert import copy
from .reduce import hidden_reshape
from .table import ints, primitive, wrap_dim
from .view import (
    _key,
    alias,
    expand,
    permute,
    put,
    reshape,
    slice_,
    transpose,
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
def repeat(self, *repeats):
    """The tensor laid beside itself along each dimension (torch.Tensor.repeat)."""
    repeats = ints(repeats)
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
def _tile_method(self, *dims):
    return tile(self, ints(dims))


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

# --- torch's names for transposes and shapes ------------------------------------------------------

for _name in ("swapaxes", "swapdims"):
    registry.public(_name, samples=[S(T((2, 3)), 0, 1), S(T((2, 3, 4)), -1, 0)],
                    doc=f"Two dimensions in each other's place (torch.{_name}).")(
        lambda input, dim0=None, dim1=None, axis0=None, axis1=None: transpose(
            input, axis0 if dim0 is None else dim0, axis1 if dim1 is None else dim1)
    )  # fmt: skip


@registry.public(
    "movedim", samples=lambda: [S(T((2, 3, 4)), 0, -1), S(T((2, 3, 4)), (0, 1), (2, 0))]
)
def movedim(input, source, destination):
    """Dimensions moved to other places, the rest in order (torch.movedim)."""
    n = len(fresh(input)._raw.shape)
    a, b = ((v,) if isinstance(v, int) else tuple(v) for v in (source, destination))
    if len(a) != len(b):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: source "
            f"({list(a)} dims) should contain the same number of dims as destination "
            f"({list(b)} dims)"
        )
    given = a, b
    a, b = ([wrap_dim(d, n) for d in v] for v in (a, b))
    for what, v, said in (("source", a, given[0]), ("destination", b, given[1])):
        if len(set(v)) != len(v):
            raise RuntimeError(f"movedim: repeated dim in `{what}` ({list(said)})")
    rest = iter(d for d in range(n) if d not in a)
    place = dict(zip(b, a, strict=True))
    return permute(input, [place[d] if d in place else next(rest) for d in range(n)])


registry.public("moveaxis", samples=lambda: [S(T((2, 3, 4)), 0, -1)])(movedim)


@registry.public("adjoint", samples=lambda: [S(T((2, 3)))])
def adjoint(input, *, name="adjoint()"):
    """Matrices transposed and conjugated (torch.adjoint)."""
    if not input.dim():
        what = "adjoint()" if name == "adjoint()" else "Tensor.mH"
        warn(f"{what} is deprecated on 0-D tensors. Consider using x.conj().")
        return input.conj() if input.is_complex() else alias(input)
    if input.dim() < 2:
        raise RuntimeError(
            f"tensor.{name} is only supported on matrices or batches of matrices. Got "
            f"{input.dim()}-D tensor."
        )
    out = transpose(input, -2, -1)
    return out.conj() if out.is_complex() else out


def _hermitian(self):
    if self.dim() not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {self.dim()}-D tensor."
            + (" For batches of matrices, consider using tensor.mH" if self.dim() > 2 else "")
        )
    if self.dim():
        return adjoint(self)
    warn("Tensor.H is deprecated on 0-D tensors. Consider using x.conj().")
    return self.conj()


registry.methods["H"] = property(_hermitian)
registry.methods["mH"] = property(lambda self: adjoint(self, name="mH"))


@registry.public("unflatten", method=False, samples=lambda: [
    S(T((2, 6)), 1, (2, 3)), S(T((6,)), 0, (-1, 2))])  # fmt: skip
def unflatten(input, dim, sizes):
    """One dimension taken apart into several (torch.unflatten)."""
    shape = tuple(fresh(input)._raw.shape)
    dim = wrap_dim(dim, len(shape))
    sizes = ints((sizes,))
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    known = prod(n for n in sizes if n != -1)
    if shape[dim] % known if -1 in sizes and known else prod(sizes) != shape[dim]:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
            f"({shape[dim]}) in the input tensor"
        )
    sizes = tuple(shape[dim] // known if n == -1 else n for n in sizes)
    return reshape(input, (*shape[:dim], *sizes, *shape[dim + 1 :]))


@registry.public("unflatten", function=False)
def _unflatten_method(self, dim, *sizes):
    return unflatten(self, dim, ints(sizes if sizes else ()))


@registry.public("ravel", samples=lambda: [S(T((2, 3)))])
def ravel(input):
    """The elements in one dimension (torch.ravel)."""
    return fresh(input).contiguous().view((-1,))


@registry.public("view_as", function=False, samples=lambda: [S(T((2, 3)), T((6,)))])
def view_as(self, other):
    """A view in the shape of another tensor (torch.Tensor.view_as)."""
    return self.view(tuple(other.shape))


@registry.public("reshape_as", function=False, samples=lambda: [S(T((2, 3)), T((6,)))])
def reshape_as(self, other):
    """`reshape` to the shape of another tensor (torch.Tensor.reshape_as)."""
    return reshape(self, tuple(other.shape))


@registry.public("broadcast_to", samples=lambda: [S(T((3,)), (2, 3)), S(T((2, 1)), (2, 4))])
def broadcast_to(input, size):
    """A view in a larger shape without copying (torch.broadcast_to)."""
    return expand(input, *ints((size,)))


@registry.public("broadcast_tensors", method=False, samples=lambda: [S(T((3,)), T((2, 1)))])
def broadcast_tensors(*tensors):
    """Views of all tensors in their common shape (torch.broadcast_tensors)."""
    if len(tensors) == 1 and not isinstance(tensors[0], Tensor):
        tensors = tensors[0]
    whole = broadcast_shapes(*(tuple(t.shape) for t in tensors))
    return tuple(expand(t, *whole) for t in tensors)


@registry.public("broadcast_shapes", method=False)
def broadcast_shapes(*shapes):
    """The shape that shapes broadcast to (torch.broadcast_shapes)."""
    from ..tensor import Size

    read = []
    for s in shapes:
        if not isinstance(s, (int, tuple, list)):
            raise RuntimeError(
                f"Input shapes should be of type ints, a tuple of ints, or a list of ints, got {s}"
            )
        read.append((s,) if isinstance(s, int) else tuple(s))
        for d, n in enumerate(read[-1]):
            if not isinstance(n, int):
                raise TypeError(
                    f"torch.Size() takes an iterable of 'int' (item {d} is '{type(n).__name__}')"
                )
    out = [1] * max(map(len, read), default=0)
    for i, s in enumerate(read):
        for d in range(-1, -len(s) - 1, -1):
            if s[d] < 0:
                raise ValueError("Attempting to broadcast a dimension with negative length!")
            if s[d] != 1 != out[d] != s[d]:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {s[d]} at {d}! Mismatching "
                    f"argument at index {i} had {s}; but expected shape should be broadcastable "
                    f"to {out}"
                )
            out[d] = out[d] if s[d] == 1 else s[d]
    return Size(out)


def atleast(n, t):
    """A tensor with dimensions of size 1 added until it has ``n``, as ``atleast_nd`` adds them."""
    have = len(fresh(t)._raw.shape)
    if have >= n:
        return t
    if have == 0:
        return reshape(t, (1,) * n)
    if n == 2:
        return unsqueeze(t, 0)
    return unsqueeze(unsqueeze(t, 0), -1) if have == 1 else unsqueeze(t, -1)


def _atleast(n):
    def at(*tensors):
        many = len(tensors) != 1 or not isinstance(tensors[0], Tensor)
        ts = tensors[0] if len(tensors) == 1 and many else tensors
        out = tuple(atleast(n, t) for t in ts)
        return out if many else out[0]

    at.__name__ = at.__qualname__ = f"atleast_{n}d"
    at.__doc__ = f"Views with at least {n} dimensions (torch.atleast_{n}d)."
    registry.public(
        at.__name__,
        method=False,
        samples=lambda: [S(T(())), S(T((3,))), S(T((2, 3))), S(T((3,)), T(()))],
    )(at)


for _n in (1, 2, 3):
    _atleast(_n)

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
