"""torch's many names for other shapes of a tensor: transposes, broadcasts, dimensions put in."""

from __future__ import annotations

from math import prod

from .. import registry
from ..blame import warn
from ..samples import S, T
from ..tensor import Size, Tensor, fresh
from .table import ints, wrap_dim
from .view import alias, expand, permute, reshape, transpose, unsqueeze

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
def _unflatten_method(self, dim, sizes):
    return unflatten(self, dim, sizes)


_unflatten_method.__qualname__ = "Tensor.unflatten"  # which torch's error text names


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
    return expand(input, ints((size,)))


@registry.public("broadcast_tensors", method=False, samples=lambda: [S(T((3,)), T((2, 1)))])
def broadcast_tensors(*tensors):
    """Views of all tensors in their common shape (torch.broadcast_tensors)."""
    if len(tensors) == 1 and not isinstance(tensors[0], Tensor):
        tensors = tensors[0]
    whole = broadcast_shapes(*(tuple(t.shape) for t in tensors))
    return tuple(expand(t, whole) for t in tensors)


@registry.public("broadcast_shapes", method=False)
def broadcast_shapes(*shapes):
    """The shape that shapes broadcast to (torch.broadcast_shapes)."""
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
