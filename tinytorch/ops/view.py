"""View ops: the result shares memory with its operand.

Each entry gives, besides kernel and gradient, its geometry (shape, strides and offset in integers,
the same on every backend) and, where it has one, its inverse `put`, by which a write goes through.
"""

from __future__ import annotations

from math import prod

from .. import dtypes, registry
from ..dispatch import dtype_of
from ..layouts import check_rank
from ..primitive import TABLE
from ..storage import contiguous_strides, geometry, is_contiguous, view_strides
from ..tensor import Tensor, fresh
from .convert import copy
from .table import ints, primitive, refuse_batches, wrap_dim


def view_op(name, rule, **spec):
    return primitive(name, rule, is_view=True, **spec)


def _inverse(axes):
    out = [0] * len(axes)
    for i, a in enumerate(axes):
        out[a] = i
    return tuple(out)


# --- permutations ---------------------------------------------------------------------------------

_PERMUTE = dict(
    kernel="permute_dims", params=("axes",),
    geometry=lambda shape, strides, offset, axes: (
        tuple(shape[a] for a in axes), tuple(strides[a] for a in axes), offset),
    put=lambda P, root, v, axes: P.permute_dims(v, _inverse(axes)),
)  # fmt: skip


def _permute_grad(P, g, axes):
    return P.permute_dims(g, _inverse(axes))


permute_dims = view_op("permute", _permute_grad, **_PERMUTE)
transpose_axes = view_op("transpose", _permute_grad, **_PERMUTE)
t_axes = view_op("t", _permute_grad, node="TBackward0", **_PERMUTE)

# --- shapes ---------------------------------------------------------------------------------------


def _reshape_geometry(shape, strides, offset, new):
    return new, view_strides(shape, strides, new), offset


_RESHAPE = dict(
    kernel="reshape", params=("shape",), geometry=_reshape_geometry,
    put=lambda P, root, v, shape: P.reshape(v, tuple(root.shape)),
)  # fmt: skip


def _reshape_grad(P, g, a_shape):
    return P.reshape(g, a_shape)


view_shape = view_op("view", _reshape_grad, **_RESHAPE)
reshape_alias = view_op("reshape_alias", _reshape_grad, **_RESHAPE)
unsqueeze_shape = view_op("unsqueeze", _reshape_grad, **_RESHAPE)
squeeze_shape = view_op("squeeze", _reshape_grad, node="SqueezeBackward0", **_RESHAPE)
squeeze_dim_shape = view_op("squeeze_dim", _reshape_grad, node="SqueezeBackward1", **_RESHAPE)
squeeze_last_shape = view_op("squeeze_last", _reshape_grad, node="SqueezeBackward4", **_RESHAPE)
squeeze_dims_shape = view_op("squeeze_dims", _reshape_grad, node="SqueezeBackward2", **_RESHAPE)
_ALIAS = dict(
    kernel="alias", geometry=lambda shape, strides, offset: (shape, strides, offset),
    put=lambda P, root, v: v,
)  # fmt: skip
alias = view_op("alias", lambda P, g: g, forward=lambda P, x: x, **_ALIAS)
primal_of = view_op("primal_of", lambda P, g: g, node="Identity", **_ALIAS)
unsafe_view = primitive(
    "unsafe_view", _reshape_grad, kernel="reshape", node="UnsafeViewBackward0", params=("shape",)
)


def _expand_geometry(shape, strides, offset, new):
    lead = len(new) - len(shape)
    out = [0 if n == 1 and m != 1 else s
           for n, m, s in zip(shape, new[lead:], strides, strict=True)]  # fmt: skip
    step = out[0] * new[lead] if out else 1
    for n in reversed(new[:lead]):
        out.insert(0, step if n == 1 else 0)
        step = out[0] * n
    return new, tuple(out), offset


expand_shape = view_op(
    "expand", lambda P, g: g, kernel="broadcast_to", params=("shape",),
    geometry=_expand_geometry,
)  # fmt: skip
spread = primitive("spread", lambda P, g: g, params=("shape",),
                   forward=lambda P, x, shape: P.copy(P.broadcast_to(x, shape)))  # fmt: skip

# --- selections -----------------------------------------------------------------------------------


_BEFORE = tuple((slice(None),) * n for n in range(64))


def _key(dim, index):
    return (*_BEFORE[dim], index, ...) if dim else (index, ...)


def _select_geometry(shape, strides, offset, key):
    dim = len(key) - 2
    k = key[dim]
    if type(k) is slice:
        start, stop, step = k.start, k.stop, k.step
        n = max(0, -(-(stop - start) // step))
        return (
            (*shape[:dim], n, *shape[dim + 1 :]),
            (*strides[:dim], strides[dim] * step, *strides[dim + 1 :]),
            offset + start * strides[dim],
        )
    return (
        shape[:dim] + shape[dim + 1 :],
        strides[:dim] + strides[dim + 1 :],
        offset + k * strides[dim],
    )


_SELECT = dict(
    kernel="getitem", params=("key",), geometry=_select_geometry,
    put=lambda P, root, v, key: P.put(root, key, v),
)  # fmt: skip


def _select_grad(P, g, a_shape, key):
    return P.unslice(g, a_shape, key)


select_key = view_op("select", _select_grad, **_SELECT)
slice_key = view_op("slice", _select_grad, **_SELECT)
unslice = primitive(
    "unslice", lambda P, g, key: P.getitem(g, key), params=("shape", "key"),
    node="SliceBackward0", forward=lambda P, g, shape, key: P.put(P.full_as(g, shape, 0), key, g),
)  # fmt: skip


def _zeros(P, x):
    return P.full_as(x, tuple(x.shape), 0)


put = primitive(
    "put_region", lambda P, g, key: P.put(g, key, _zeros(P, P.getitem(g, key))),
    lambda P, g, key: P.getitem(g, key), kernel="put_region", operands=("a", "b"),
    params=("key",), node="SliceScatterBackward0", forward=lambda P, x, v, key: P.put(x, key, v),
)  # fmt: skip
put_flat = primitive(
    "put_flat_values", lambda P, g, index: P.put_flat(
        g, index, _zeros(P, P.take_flat(g, index))), lambda P, g, index: P.take_flat(g, index),
    kernel="put_flat_values", operands=("a", "b"), params=("index",), node="IndexPutBackward0",
    forward=lambda P, x, v, index: P.put_flat(x, P.as_index(index), v),
)  # fmt: skip
take_flat = primitive(
    "take_flat", lambda P, g, a_shape, index: P.add_flat(g, a_shape, index), params=("index",),
    forward=lambda P, x, index: P.take(x, P.as_index(index), 0), node="IndexBackward0",
)  # fmt: skip
add_flat = primitive(
    "add_flat", lambda P, g, index: P.take_flat(g, index), params=("shape", "index"),
    forward=lambda P, g, shape, index: P.put_add(P.full_as(g, shape, 0), (P.as_index(index),), g),
    node="IndexPutBackward0",
)  # fmt: skip
full_as = primitive(
    "full_as", params=("shape", "value"), forward=lambda P, x, shape, value: P.full(
        shape, value, x.dtype),
)  # fmt: skip


def diagonal_geometry(shape, strides, offset, k, i, j):
    n = max(0, min(shape[i], shape[j] - k) if k >= 0 else min(shape[i] + k, shape[j]))
    start = k * strides[j] if k >= 0 else -k * strides[i]
    keep = [d for d in range(len(shape)) if d not in (i, j)]
    return (
        (*(shape[d] for d in keep), n),
        (*(strides[d] for d in keep), strides[i] + strides[j]),
        offset + (start if n else 0),
    )


def _install():
    """In the Tensor namespace, `put` takes Tensors like a kernel takes raws; `spread` is a view."""
    from ..primitive import TP

    TP.spread = expand_shape
    TP.put = lambda x, key, v: put(x, v, key)
    TP.put_flat = lambda x, index, v: put_flat(x, v, index)


_install()


# --- torch's signatures ---------------------------------------------------------------------------


def infer_shape(shape, numel):
    """A shape with its -1 filled in; torch's RuntimeErrors if it does not fit."""
    if -1 in shape:
        if shape.count(-1) > 1:
            raise RuntimeError("only one dimension can be inferred")
        known = -prod(shape)
        if known == 0:
            if numel:
                raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {list(shape)} because the "
                "unspecified dimension size -1 can be any value and is ambiguous"
            )
        if numel % known:
            raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")
        return tuple([numel // known if n == -1 else n for n in shape])
    for i, n in enumerate(shape):
        if n < 0:
            raise RuntimeError(f"invalid shape dimension {n} at index {i} of shape {list(shape)}")
    if prod(shape) != numel:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")
    return tuple(shape)


def _rows(x):
    """Whether the array says that the elements lie row by row in memory; False if it cannot."""
    flags = getattr(x._raw, "flags", None)
    if flags is None or not flags.c_contiguous or not x._p.strided:
        return False
    e = x._ext
    return e is None or not any(op.kernel in x._p.replayed for op, _ in e.chain)


def by_keyword(name, parameter, value):
    """What was given by a keyword in place of the positional arguments, as those would be."""
    if value is None:
        raise TypeError(f'{name}() missing 1 required positional arguments: "{parameter}"')
    return (value,)


def _viewable(x, shape):
    if _rows(x):
        return True
    have, strides, _ = geometry(x)
    return view_strides(have, strides, shape) is not None


@registry.public("view", function=False)
def view(self, *shape, dtype=None, size=None):
    """The same memory in another shape (torch.Tensor.view)."""
    x = self if self._ext is None else fresh(self)
    if not shape:
        shape = by_keyword("view", "size", size if dtype is None else dtype)
    if len(shape) == 1 and not isinstance(shape[0], (int, tuple, list)):
        from .view_dtype import view_as_dtype

        return view_as_dtype(x, shape[0])
    shape = infer_shape(ints(shape), prod(x._raw.shape))
    if not _viewable(x, shape):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        )
    return view_shape(x, shape)


@registry.public("reshape", method=False)
def reshape(input, shape):
    """A view in another shape if there is one, else a copy (torch.reshape)."""
    return _reshaped(fresh(input), ints((shape,)))


def _reshaped(x, shape):
    shape = infer_shape(shape, prod(x._raw.shape))
    if _rows(x):
        return view_shape(x, shape)
    have, strides, _ = geometry(x)
    if is_contiguous(have, strides):
        return view_shape(x, shape)
    if view_strides(have, strides, shape) is not None:
        return reshape_alias(x, shape)
    return unsafe_view(copy(x), shape)


@registry.public("reshape", function=False)
def _reshape_method(self, *sizes, shape=None):
    x = self if self._ext is None else fresh(self)
    return _reshaped(x, ints(sizes or by_keyword("reshape", "shape", shape)))


@registry.public("flatten")
def flatten(input, start_dim=0, end_dim=-1):
    """Dimensions start to end made one (torch.flatten)."""
    x = fresh(input)
    shape = tuple(x._raw.shape)
    n = len(shape)
    if n == 0:
        return _reshaped(x, (1,))
    a, b = wrap_dim(start_dim, n), wrap_dim(end_dim, n)
    if a > b:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if a == b:
        return input
    return _reshaped(x, (*shape[:a], prod(shape[a : b + 1]), *shape[b + 1 :]))


@registry.public("unsqueeze", inplace=False)
def unsqueeze(input, dim):
    """A dimension of size 1 put in at ``dim`` (torch.unsqueeze)."""
    shape = tuple(fresh(input)._raw.shape)
    dim = wrap_dim(dim, len(shape) + 1)
    return unsqueeze_shape(input, (*shape[:dim], 1, *shape[dim:]))


@registry.public("squeeze")
def squeeze(input, dim=None, *, axis=None):
    """Dimensions of size 1 taken out: all, or those named (torch.squeeze)."""
    shape = tuple(fresh(input)._raw.shape)
    dim = axis if dim is None else dim
    if dim is None:
        return squeeze_shape(input, tuple(n for n in shape if n != 1))
    if isinstance(dim, int):
        d = wrap_dim(dim, len(shape))
        new = tuple(n for i, n in enumerate(shape) if i != d or n != 1)
        return squeeze_dim_shape(input, new)
    dims = {wrap_dim(d, len(shape)) for d in dim}
    new = tuple(n for i, n in enumerate(shape) if i not in dims or n != 1)
    return squeeze_dims_shape(input, new)


@registry.public("permute", method=False)
def permute(input, dims):
    """Dimensions in another order (torch.permute)."""
    n = len(fresh(input)._raw.shape)
    if len(dims) != n:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {n} is not equal to "
            f"len(dims) = {len(dims)}"
        )
    axes = tuple([wrap_dim(d, n) for d in dims])
    if len(set(axes)) != n:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return permute_dims(input, axes)


@registry.public("permute", function=False)
def _permute_method(self, *axes, dims=None):
    return permute(self, ints(axes or by_keyword("permute", "dims", dims)))


@registry.public("transpose")
def transpose(input, dim0, dim1):
    """Two dimensions swapped (torch.transpose)."""
    n = len(fresh(input)._raw.shape)
    i, j = wrap_dim(dim0, n), wrap_dim(dim1, n)
    axes = list(range(n))
    if n:
        axes[i], axes[j] = j, i
    elif input._p.level:
        return input
    return transpose_axes(input, tuple(axes))


@registry.public("t")
def t(input):
    """A matrix transposed; a vector or scalar as it is (torch.t)."""
    return turned(input, "t")


def turned(input, name):
    n = len(fresh(input)._raw.shape)
    if n > 2:
        raise RuntimeError(f"{name}() expects a tensor with <= 2 dimensions, but self is {n}D")
    return t_axes(input, (1, 0) if n == 2 else tuple(range(n)))


@registry.public("expand", function=False)
def expand(self, *sizes, size=None, implicit=False):
    """Dimensions of size 1 repeated without copying (torch.Tensor.expand); -1 keeps a size."""
    sizes = ints(sizes or by_keyword("expand", "size", size))
    shape = tuple(fresh(self)._raw.shape)
    return expand_shape(self, expand_shape_check(shape, sizes, self))


def expand_shape_check(shape, sizes, self=None):
    """The sizes of an expansion with each -1 filled in; torch's RuntimeErrors if impossible."""
    lead = len(sizes) - len(shape)
    if lead < 0:
        raise RuntimeError(
            f"expand({_type_of(self)}{{{list(shape)}}}, size={list(sizes)}): the number of sizes "
            f"provided ({len(sizes)}) must be greater or equal to the number of dimensions in the "
            f"tensor ({len(shape)})"
        )
    out = []
    for i in range(len(sizes) - 1, -1, -1):
        n = sizes[i]
        have = shape[i - lead] if i >= lead else None
        if n == -1:
            if have is None:
                raise RuntimeError(
                    "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing "
                    f"dimension {i}"
                )
            n = have
        elif have is not None and have != 1 and have != n:
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({have}) at "
                f"non-singleton dimension {i}.  Target sizes: {list(sizes)}.  Tensor sizes: "
                f"{list(shape)}"
            )
        out.append(n)
    return tuple(reversed(out))


def _type_of(x):
    return "torch.FloatTensor" if x is None else x.type()


@registry.public("expand_as", function=False)
def expand_as(self, other):
    """``self.expand(other.size())`` (torch.Tensor.expand_as)."""
    return expand(self, tuple(other.shape))


def one_format(x, memory_format):
    """torch's refusal to ask for another memory format inside vmap."""
    if memory_format is not None and repr(memory_format) != "torch.contiguous_format":
        refuse_batches("is_contiguous", x)


@registry.public("contiguous", function=False)
def contiguous(self, memory_format=None):
    """The tensor, or a copy of it laid out row by row (torch.Tensor.contiguous)."""
    x = fresh(self)
    if memory_format is not None:
        if x._p.level:
            one_format(x, memory_format)
        check_rank(x, memory_format)
    if _rows(x):
        return self
    shape, strides, _ = geometry(x)
    return self if is_contiguous(shape, strides) else copy(self)


def select(x, dim, index):
    n = x._raw.shape[dim]
    if not -n <= index < n:
        raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {n}")
    return select_key(x, _key(dim, index + n if index < 0 else index))


def slice_(x, dim, start, stop, step):
    return slice_key(x, _key(dim, slice(start, max(start, stop), step)))


@registry.public("select")
def torch_select(input, dim, index):
    """One slice along a dimension, without it (torch.select)."""
    x = fresh(input)
    n = len(x._raw.shape)
    if n == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, n)
    index = int(index)
    size = x._raw.shape[dim]
    if not -size <= index < size:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(x._raw.shape)} at "
            f"dimension {dim}"
        )
    return select(x, dim, index)


@registry.public("narrow")
def narrow(input, dim, start, length):
    """``length`` elements of a dimension from ``start`` on (torch.narrow)."""
    x = fresh(input)
    if not x._raw.shape:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, len(x._raw.shape))
    n = x._raw.shape[dim]
    if isinstance(start, Tensor) and (start.dim() or dtype_of(start).category != dtypes.INT):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    refuse_batches("narrow.Tensor", start)
    start = int(start)
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not -n <= start <= n:
        raise IndexError(
            f"start out of range (expected to be in range of [{-n}, {n}], but got {start})"
        )
    start = start + n if start < 0 else start
    if start + length > n:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    return slice_(x, dim, start, start + length, 1)


__all__ = ["TABLE", "contiguous_strides"]
