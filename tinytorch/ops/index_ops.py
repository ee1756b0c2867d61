"""Whole slices at integer positions, and elements by their place in the flattened tensor."""

from __future__ import annotations

from .. import dtypes, registry
from ..autograd.captured import refuse
from ..autograd.modes import LOCAL, STATE
from ..autograd.overlap import check_apart
from ..dispatch import cast, dtype_of, levelled, scalar_as, with_indices
from ..samples import S, T
from ..tensor import Tensor, fresh
from .expanded import FILL, PUT, write_some
from .gather import gather
from .table import compose, primitive, wrap_dim
from .view import reshape, slice_


def _at(dim, i):
    return (slice(None),) * dim + (i,)


def _index_add(P, x, i, src, axis):
    if not x.shape:
        return P.add(x, P.sum(src, None, False))
    return P.put_add(x, _at(axis, i), src)


def _index_copy(P, x, i, src, axis):
    if not x.shape:
        return P.copy(P.reshape(src, ()))
    return P.put(x, _at(axis, i), src)


def _select(P, x, i, axis):
    return P.take(x, i, axis) if x.shape else P.copy(x)


select_prim = primitive(
    "index_select",
    lambda P, g, i, a_shape, axis: P.index_add(P.full_as(g, a_shape, 0), i, g, axis), None,
    operands=("a", "i"), params=("axis",), forward=_select,
)  # fmt: skip


def _source_grad(P, g, i, b_shape, axis):
    return P.reshape(P.index_select(g, i, axis), b_shape) if g.shape else P.reshape(g, b_shape)


add_prim = primitive(
    "index_add", lambda P, g: g, None, _source_grad, operands=("a", "i", "b"), params=("axis",),
    forward=_index_add, meta={"keeps": {"b": (2,)}},
)  # fmt: skip
fill_value = primitive(
    "index_fill", lambda P, g, i, axis: P.index_fill(g, i, 0.0, axis), None, operands=("a", "i"),
    params=("value", "axis"),
    forward=lambda P, x, i, value, axis: P.put(x, _at(axis, i), value) if x.shape else P.full(
        (), value, x.dtype),
)  # fmt: skip
fill_tensor = primitive(
    "index_fill_tensor", lambda P, g, i, axis: P.index_fill(g, i, 0.0, axis), None,
    lambda P, g, i, axis: P.sum(P.subtract(g, P.index_fill(g, i, 0.0, axis)), None, False),
    operands=("a", "i", "b"), params=("axis",), kernel="index_fill_tensor",
    node="IndexFillBackward1",
    forward=lambda P, x, i, v, axis: P.put(x, _at(axis, i), v) if x.shape else P.copy(v),
)  # fmt: skip
copy_prim = primitive(
    "index_copy", lambda P, g, i, axis: P.index_fill(g, i, 0.0, axis), None, _source_grad,
    operands=("a", "i", "b"), params=("axis",), forward=_index_copy,
    meta={"keeps": {"b": (2,)}},
)  # fmt: skip


def _index(name, x, dim, index, dtypes_=(dtypes.int64, dtypes.int32)):
    """(dim, index) checked: a vector of integers in bounds."""
    i = fresh(index)
    dim = wrap_dim(dim, len(x._raw.shape))
    shape = tuple(i._raw.shape)
    if len(shape) > 1:
        if name == "index_select":
            raise IndexError("index_select(): Index is supposed to be a vector")
        raise IndexError(f"{name}(): Index is supposed to be a vector, but got dim: {len(shape)}")
    if dtype_of(i) not in dtypes_:
        raise RuntimeError(_WRONG_DTYPE[name])
    if dtype_of(i) is dtypes.int32:
        i = cast(i, dtypes.int64)
    if not shape:
        i = reshape(i, (1,))
    size = x._raw.shape[dim] if x._raw.shape else 1
    if name != "index_add" or 0 not in x._raw.shape:
        _bounds(name, i, size, dim)
    return dim, i


_WRONG_DTYPE = {
    "index_select": "index_select(): Expected dtype int32 or int64 for index",
    "index_add": "index_add_(): Expected dtype int32/int64 for index",
    "index_copy": "index_copy_(): Expected a long tensor for index, but got a tensor of another "
                  "type",
    "index_fill": "index_fill_(): Expected dtype int64 for index.",
}  # fmt: skip


def _bounds(name, i, size, dim):
    if name == "index_fill":
        i._p.check_index(i._raw, size, dim)
        return
    i._p.check_slice_index(i._raw, size, name)


def _check_slice_index(P, index, size, name):
    host = P.to_host(index)
    if not host.size or (host.min() >= 0 and host.max() < size):
        return
    if name == "index_copy":
        bad = host[(host < 0) | (host >= size)][0]
        raise IndexError(
            f"index_copy_(): index {bad} is out of bounds for dimension 0 with size {size}"
        )
    if name == "index_select":
        raise IndexError("index out of range in self")
    bad = host[(host < 0) | (host >= size)][0]
    raise RuntimeError(f"index {bad} is out of bounds for dimension 0 with size {size}")


compose("check_slice_index", _check_slice_index)


@registry.public("index_select", out=True, samples=lambda: [
    S(T((3, 4)), 0, T((5,), 0, 3, kind="index")), S(T((3, 4)), 1, T((2,), 0, 4, kind="index")),
    S(T((4,)), -1, T((6,), 0, 4, kind="index")), S(T((3, 4)), 0, T((0,), 0, 3, kind="index")),
])  # fmt: skip
def index_select(input, dim, index):
    """Slices of a dimension at an index vector's positions (torch.index_select)."""
    x = fresh(input)
    dim, i = _index("index_select", x, dim, index)
    return select_prim(x, i, dim)


@registry.public("index_add", inplace=True, out=True, samples=lambda: [
    S(T((3, 4)), 0, T((5,), 0, 3, kind="index"), T((5, 4))),
    S(T((3, 4)), 1, T((2,), 0, 4, kind="index"), T((3, 2)), alpha=2),
])  # fmt: skip
def index_add(input, dim, index, source, *, alpha=1):
    """Slices added to a dimension at an index vector's positions (torch.index_add)."""
    x = fresh(input)
    _source("index_add", x, source)
    dim, i = _index("index_add", x, dim, index)
    _source_size("index_add", i, fresh(source), dim)
    _same_slices(tuple(x._raw.shape), tuple(source._raw.shape), dim)
    if 0 in x._raw.shape:  # torch does not look at the index then
        i, source = slice_(i, 0, 0, 0, 1), slice_(source, dim, 0, 0, 1)
    if alpha != 1:
        from .elementwise import mul

        source = cast(mul(source, alpha), dtype_of(x))
    return add_prim(x, i, source, dim)


@registry.public("index_copy", inplace=True, out=True, samples=lambda: [
    S(T((3, 4)), 0, T((1,), 0, 3, kind="index"), T((1, 4))),
])  # fmt: skip
def index_copy(input, dim, index, source):
    """Slices of a dimension replaced at an index vector's positions (torch.index_copy)."""
    x = fresh(input)
    _source("index_copy", x, source)
    dim, i = _index("index_copy", x, dim, index, (dtypes.int64,))
    return copy_prim(x, i, source, dim)


def _source(name, x, source):
    s = fresh(source)
    if dtype_of(s) is not dtype_of(x):
        if name == "index_copy":
            raise RuntimeError(
                "index_copy_(): self and source expected to have the same dtype, but got (self) "
                f"{_lower(x)} and (source) {_lower(s)}"
            )
        raise RuntimeError(
            f"{name}_(): self ({_lower(x)}) and source ({_lower(s)}) must have the same scalar type"
        )


def _same_slices(shape, source, dim):
    if shape[:dim] + shape[dim + 1 :] != source[:dim] + source[dim + 1 :] or len(shape) != len(
        source
    ):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. "
            f"Got self.shape = {list(shape)} source.shape = {list(source)}"
        )


def _source_size(name, i, s, dim):
    shape = tuple(s._raw.shape)
    if shape and dim >= len(shape):
        raise RuntimeError(
            f"{name}_(): Indexing dim {dim} is out of bounds of the source tensor with dim "
            f"{len(shape)}"
        )
    n = shape[dim] if shape else 1
    if n != i._raw.shape[0]:
        raise RuntimeError(
            f"{name}_(): Number of indices ({i._raw.shape[0]}) should be equal to "
            f"source.size(dim): ({n}), for dim: {dim}"
        )


def _lower(t):
    return dtype_of(t).legacy


@registry.public("index_fill", samples=lambda: [
    S(T((3, 4)), 0, T((2,), 0, 3, kind="index"), 1.5),
    S(T((3, 4)), 1, T((2,), 0, 4, kind="index"), T(())),
])  # fmt: skip
def index_fill(input, dim, index, value):
    """Slices of a dimension set to one value (torch.index_fill)."""
    x = fresh(input)
    dim, i = _index("index_fill", x, dim, index, (dtypes.int64,))
    if isinstance(value, Tensor):
        if fresh(value)._raw.shape:
            raise RuntimeError(
                "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
                f"{value.dim()} dimension(s)."
            )
        return fill_tensor(x, i, cast(value, dtype_of(x)) if dtype_of(value) is not dtype_of(x)
                           else value, dim)  # fmt: skip
    return fill_value(x, i, scalar_as(x._p, value, dtype_of(x)), dim)


@registry.public("index_put", samples=lambda: [
    S(T((3, 4)), (T((2,), 0, 3, kind="index"),), T((2, 4)), accumulate=True),
    S(T((3, 4)), (T((5,), 0, 3, kind="index"), T((5,), 0, 4, kind="index")), T(()),
      accumulate=True),
    S(T((3, 4)), (T((3, 4), kind="mask"),), T(())),
])  # fmt: skip
def index_put(input, indices, values, accumulate=False):
    """Elements at index tensors replaced, or added to (torch.index_put)."""
    from . import index as I

    x = fresh(input)
    ready, lone = I._put_indices(indices)
    view, advanced, given = I._read(x, ready)
    view, advanced = I._levelled(view, advanced)
    view, values = levelled(view, values)
    key = I._advanced_key(view, advanced)
    values = I._fit_value(view, I._value(view, values), key, lone)
    out = with_indices((I.index_put_add if accumulate else I.index_put)(view, values, key), given)
    return out if out.shape == x.shape else out.reshape(x.shape)  # a single truth adds a dimension


def _in_place(name, fn, example):
    def inplace(self, *args, **kwargs):
        if STATE.exotic and LOCAL.tracks:
            refuse(self, name, args, kwargs)
        tensors = tuple(v for v in kwargs.values() if isinstance(v, Tensor))
        check_apart(self, args[1:2] if name == "index_fill" else (*args, *tensors))
        write = lambda t, *_: fn(t, *args, **kwargs)  # noqa: E731
        return write_some(self, write, (*args, *tensors), name + "_", example)

    inplace.__name__ = inplace.__qualname__ = name + "_"
    registry.methods[name + "_"] = inplace


_in_place("index_fill", index_fill, FILL)
_in_place("index_put", index_put, PUT)


# --- elements of the flattened tensor -------------------------------------------------------------


def _positions(name, x, index):
    i = fresh(index)
    if dtype_of(i) is not dtypes.int64:
        raise RuntimeError(
            f"{name}(): Expected a long tensor for index, but got {dtype_of(i).legacy}"
        )
    n = 1
    for k in x._raw.shape:
        n *= k
    if n == 0 and 0 not in i._raw.shape:
        raise IndexError(f"{name}(): tried to {name} from an empty tensor")
    return i, x._p.check_flat_index(i._raw, n)


def _check_flat_index(P, index, size):
    host = P.to_host(index)
    bad = host[(host < -size) | (host >= size)]
    if bad.size:
        raise IndexError(
            f"out of range: tried to access index {bad.reshape(-1)[0]} on a tensor of {size} "
            "elements."
        )
    return P.where(P.less(index, 0), P.add(index, size), index)


compose("check_flat_index", _check_flat_index)
take_prim = primitive(
    "take", lambda P, g, a_shape, index: P.untake(g, a_shape, index), params=("index",),
    kernel="take_flattened", meta={"keeps": {"a": (0,)}, "saves_indices": True},
    forward=lambda P, x, index: P.getitem(P.reshape(x, (-1,)), (index,)),
)  # fmt: skip
untake = primitive(
    "untake", lambda P, g, index: P.take_flattened(g, index), params=("shape", "index"),
    forward=lambda P, g, shape, index: P.reshape(
        P.put_add(P.reshape(P.full_as(g, shape, 0), (-1,)), (index,), g), shape),
    node="PutBackward0",
)  # fmt: skip


def _put(P, x, v, index, add):
    flat = P.reshape(x, (-1,))
    index, v = P.reshape(index, (-1,)), P.reshape(v, (-1,))
    out = P.put_add(flat, (index,), v) if add else P.put_flat(flat, index, v)
    return P.reshape(out, tuple(x.shape))


def _put_grad(P, g, index, add):
    return g if add else P.put_zeros(g, index)


put_prim = primitive(
    "put", _put_grad, lambda P, g, b_shape, index: P.reshape(P.take_flattened(g, index), b_shape),
    operands=("a", "b"), params=("index", "add"), kernel="put_flattened", forward=_put,
    meta={"keeps": {"b": (1,)}, "saves_indices": True},
)  # fmt: skip
put_zeros = primitive(
    "put_zeros", lambda P, g, index: P.put_zeros(g, index), params=("index",), node="PutBackward0",
    forward=lambda P, x, index: _put(P, x, P.full(tuple(index.shape), 0, x.dtype), index, False),
)  # fmt: skip


@registry.public(
    "take",
    out=True,
    samples=lambda: [
        S(T((3, 4)), T((5,), -12, 12, kind="index")),
        S(T((3, 4)), T((2, 2), 0, 12, kind="index")),
    ],
)
def take(input, index):
    """Elements by their place in the flattened tensor (torch.take)."""
    x, index = levelled(fresh(input), index)
    return with_indices(take_prim(x, _positions("take", x, index)[1]), (index,))


@registry.public("put", inplace=True, samples=lambda: [
    S(T((3, 4)), T((5,), 0, 12, kind="index"), T((5,)), accumulate=True)])  # fmt: skip
def put(input, index, source, accumulate=False):
    """Elements replaced by their place in the flattened tensor (torch.put)."""
    x, index, source = levelled(fresh(input), index, source)
    i, raw = _positions("put", x, index)
    if dtype_of(fresh(source)) is not dtype_of(x):
        raise RuntimeError(
            f"put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{_lower(x)} and source.dtype = {_lower(source)}"
        )
    if source.numel() != i.numel():
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got "
            f"source.numel() = {source.numel()}, index.numel() = {i.numel()}"
        )
    return with_indices(put_prim(x, source, raw, bool(accumulate)), (i,))


@registry.public("take_along_dim", out=True, samples=lambda: [
    S(T((3, 4)), T((3, 2), 0, 4, kind="index"), 1), S(T((3, 4)), T((5,), 0, 12, kind="index")),
    S(T((3, 4)), T((1, 4), 0, 3, kind="index"), dim=0),
    S(T((3, 4)), T((3, 2), -9, 0, kind="index"), 1)])  # fmt: skip
def take_along_dim(input, indices, dim=None):
    """`gather` with broadcasting, or over the flattened tensor (torch.take_along_dim)."""
    if dim is None:
        return gather(reshape(input, (-1,)), 0, reshape(indices, (-1,)))
    if dtype_of(fresh(indices)) is not dtypes.int64:
        raise RuntimeError(
            "torch.take_along_dim(): dtype of indices should be Long but got "
            f"{indices.dtype.legacy}"
        )
    from .elementwise import remainder
    from .table import broadcast_shape
    from .view import expand

    n = len(fresh(input)._raw.shape)
    if n != len(fresh(indices)._raw.shape):
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {n} dimensions for input, and {indices.dim()} dimensions for indices"
        )
    dim = wrap_dim(dim, n)
    a, b = tuple(input.shape), tuple(indices.shape)
    a1, b1 = (*a[:dim], 1, *a[dim + 1 :]), (*b[:dim], 1, *b[dim + 1 :])
    whole = broadcast_shape(a1, b1)
    x = expand(input, *whole[:dim], a[dim], *whole[dim + 1 :])
    i = remainder(indices, a[dim]) if indices.numel() else indices
    i = expand(i, *whole[:dim], b[dim], *whole[dim + 1 :])
    return gather(x, dim, i)
