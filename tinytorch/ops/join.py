"""Joining and splitting.

The parts of a split are views that came about together: one node in the graph receives all their
gradients, and torch refuses in-place writes to them while gradients are recorded.
"""

from __future__ import annotations

from .. import dtypes, registry
from ..autograd.modes import LOCAL, STATE
from ..dispatch import make_alias, output_node, record
from ..primitive import TABLE
from ..samples import S, T
from ..tensor import FAST, Tensor, fresh
from .table import primitive, refuse_batches, wrap_dim
from .view import _key, reshape, slice_, view_op

# --- joining --------------------------------------------------------------------------------------


def _cat_grad(P, g, shapes, out, params, edges):
    """Parts for all operands, wanted or not: hooks of the node see them, and they cost little."""
    (axis,) = params
    at, out = 0, []
    for shape in shapes:
        n = shape[axis]
        out.append(P.getitem(g, _key(axis, slice(at, at + n, 1))))
        at += n
    return out


def _stack_grad(P, g, shapes, out, params, edges):
    (axis,) = params
    return [P.getitem(g, _key(axis, i)) for i in range(len(edges))]


def _stack(P, xs, axis):
    shape = tuple(xs[0].shape)
    shape = (*shape[:axis], 1, *shape[axis:])
    return P.concat([P.reshape(x, shape) for x in xs], axis)


_LIST = dict(whole=True, operands=("tensors",), params=("axis",), promote="common")
cat_prim = primitive("cat", _cat_grad, kernel="concat",
                     meta={"variadic": True, "shapes_only": True}, **_LIST)  # fmt: skip
stack_prim = primitive("stack", _stack_grad, forward=_stack,
                       meta={"variadic": True, "shapes_only": True}, **_LIST)  # fmt: skip


def _tensors(name, tensors):
    if isinstance(tensors, Tensor):
        raise TypeError(
            f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor"
        )
    tensors = list(tensors)
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise TypeError(
                f"expected Tensor as element {i} in argument 0, but got {type(t).__name__}"
            )
    return tensors


_PARTS = [S([T((2, 3)), T((2, 3))]), S([T((2, 3)), T((4, 3))], 0),
          S([T((2, 3)), T((2, 1))], dim=-1),
          S([T((3,))]), S([T((0,)), T((2, 3))])]  # fmt: skip


def _one_shape(tensors):
    """The shape that all the tensors of a list or tuple have, else an empty one."""
    if type(tensors) is list or type(tensors) is tuple:
        try:
            shapes = {t._raw.shape for t in tensors}
        except AttributeError:
            return ()
        if len(shapes) == 1:
            return shapes.pop()
    return ()


def cat(tensors, dim=0):
    """Tensors joined along a dimension that they have (torch.cat)."""
    n = len(_one_shape(tensors))
    if n and type(dim) is int and -n <= dim < n:
        return cat_prim(tensors, dim if dim >= 0 else dim + n)
    tensors = _tensors("cat", tensors)
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    shapes = [tuple(fresh(t)._raw.shape) for t in tensors]
    first = shapes[0]
    for s in shapes:
        if len(s) != len(first) or not s or (0 in s and s == (0,)):
            tensors, shapes = _comparable(tensors, shapes, dim)
            break
    first = shapes[0]
    dim = wrap_dim(dim, len(first))
    for i, s in enumerate(shapes):
        if s[:dim] != first[:dim] or s[dim + 1 :] != first[dim + 1 :]:
            d = next(d for d in range(len(s)) if d != dim and s[d] != first[d])
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {dim}. Expected size {first[d]} "
                f"but got size {s[d]} for tensor number {i} in the list."
            )
    return cat_prim(tensors, dim)


def _comparable(tensors, shapes, dim):
    """Without torch's legacy empty vectors; an error where dimensions differ."""
    for i, s in enumerate(shapes):
        if not s:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    whole = next((s for s in shapes if s != (0,)), None)
    if whole is None:
        return tensors, shapes
    out = []
    for t, s in zip(tensors, shapes, strict=True):
        if s == (0,) and len(whole) > 1:
            if t._node is None:
                continue
            d = wrap_dim(dim, len(whole))
            t = reshape(t, (*whole[:d], 0, *whole[d + 1 :]))
            s = whole
        if len(s) != len(whole):
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {len(whole)} and {len(s)}"
            )
        out.append(t)
    return out, [tuple(t._raw.shape) for t in out]


for _name in ("cat", "concat", "concatenate"):
    registry.public(_name, method=False, out=True, samples=_PARTS)(cat)


@registry.public("stack", method=False, out=True, samples=lambda: [
    S([T((2, 3)), T((2, 3))]), S([T(()), T(()), T(())]), S([T((2, 3)), T((2, 3))], -1),
    S([T((0, 2))], dim=1)])  # fmt: skip
def stack(tensors, dim=0):
    """Tensors of one shape joined along a new dimension (torch.stack)."""
    n = len(_one_shape(tensors))
    if n and type(dim) is int and 0 <= dim <= n:
        return stack_prim(tensors, dim)
    tensors = _tensors("stack", tensors)
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = tuple(fresh(tensors[0])._raw.shape)
    for i, t in enumerate(tensors):
        if tuple(fresh(t)._raw.shape) != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(t._raw.shape)} at entry {i}"
            )
    return stack_prim(tensors, wrap_dim(dim, len(first) + 1))


def _least(n):
    from .shape_names import atleast

    return lambda ts: [atleast(n, t) for t in ts]


def _joined(name, least, dim, samples, *aliases):
    def join(tensors):
        if type(tensors) in (list, tuple) and not tensors:
            what = "vstack" if dim == 0 else name
            raise RuntimeError(f"{what} expects a non-empty TensorList")
        parts = _least(least)(_tensors(name, tensors))
        axis = dim(parts[0]) if callable(dim) else dim
        return cat(parts, axis)

    join.__name__ = join.__qualname__ = name
    join.__doc__ = f"Tensors joined after torch.{name}'s lifting to {least} dimensions."
    for key in (name, *aliases):
        registry.public(key, method=False, out=True, samples=samples)(join)
    return join


_SAME = [S([T((2, 3)), T((2, 3))]), S([T((3,)), T((3,))])]
hstack = _joined("hstack", 1, lambda t: 0 if t.dim() == 1 else 1, [*_SAME, S([T(()), T(())])])
vstack = _joined("vstack", 2, 0, _SAME, "row_stack")
dstack = _joined("dstack", 3, 2, _SAME)


@registry.public(
    "column_stack", method=False, out=True, samples=lambda: [*_SAME, S([T((2, 3)), T((2,))])]
)
def column_stack(tensors):
    """Vectors as columns, matrices beside each other (torch.column_stack)."""
    if type(tensors) in (list, tuple) and not tensors:
        raise RuntimeError("column_stack expects a non-empty TensorList")
    parts = _tensors("column_stack", tensors)
    return hstack([reshape(t, (t.numel(), 1)) if t.dim() < 2 else t for t in parts])


@registry.public(
    "block_diag", method=False, samples=lambda: [S(T((2, 3)), T((1, 2))), S(T((3,)), T(()))]
)
def block_diag(*tensors):
    """Matrices along the diagonal of one matrix (torch.block_diag)."""
    for i, t in enumerate(tensors):
        if t.dim() > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input "
                f"{i} has {t.dim()} dimensions"
            )
    return block_prim([reshape(t, (1,) * (2 - t.dim()) + tuple(t.shape)) for t in tensors])


def _block(P, xs):
    n, width = 0, sum(x.shape[1] for x in xs)
    rows = []
    for x in xs:
        parts = [P.full((x.shape[0], n), 0, x.dtype), x,
                 P.full((x.shape[0], width - n - x.shape[1]), 0, x.dtype)]  # fmt: skip
        rows.append(P.concat(parts, 1))
        n += x.shape[1]
    return P.concat(rows, 0)


def _block_grad(P, g, shapes, out, params, edges):
    r = c = 0
    out = []
    for m, n in shapes:
        rows = P.getitem(g, _key(0, slice(r, r + m, 1)))
        out.append(P.getitem(rows, _key(1, slice(c, c + n, 1))))
        r, c = r + m, c + n
    return out


block_prim = primitive(
    "block_diag", _block_grad, whole=True, operands=("tensors",), promote="common", forward=_block,
    meta={"variadic": True, "shapes_only": True},
)  # fmt: skip

# --- splitting ------------------------------------------------------------------------------------


def _split_grad(P, gs, operands, out, params, edges):
    axis, shapes = params
    there = next(g for g in gs if g is not None)
    parts = [P.full_as(there, s, 0) if g is None else g for g, s in zip(gs, shapes, strict=True)]
    return (P.concat(parts, axis),)


def _unbind_grad(P, gs, operands, out, params, edges):
    axis, shapes = params
    there = next(g for g in gs if g is not None)
    parts = [P.full_as(there, s, 0) if g is None else g for g, s in zip(gs, shapes, strict=True)]
    return (P.stack(parts, axis),)


_MANY = dict(whole=True, params=("axis", "shapes"), outputs=2)
primitive("split", _split_grad, node="SplitBackward0", kernel="split_views", **_MANY)
primitive("split_with_sizes", _split_grad, kernel="split_views", **_MANY)
primitive("unbind", _unbind_grad, kernel="unbind_views", **_MANY)
part_of = view_op("part", TABLE["select"].rules[0], kernel="getitem", params=("key",),
                  geometry=TABLE["select"].geometry, put=TABLE["select"].put)  # fmt: skip


def several(name, x, keys, axis):
    """Views of ``x`` at keys that came about together, with one node for them all."""
    if type(x) not in FAST and not LOCAL.plain:
        from ..subclass import ask

        return ask(several, (x,), (name, x, keys, axis), {})
    part = TABLE["part"]
    record_them = LOCAL.grad and x._node is not None and not x._inference
    outs = [make_alias(part, x, (k,)) for k in keys]
    for t in outs:
        if LOCAL.grad and t._ext.meta != "inference":
            t._ext.meta = "multi"
    if record_them:
        shapes = tuple(tuple(t._raw.shape) for t in outs)
        n = record(TABLE[name], x._p, [x], (axis, shapes))
        n.saved, n.versions = (), None
        n.shape, n.dtype = shapes, (x._raw.dtype,) * len(outs)
        for i, t in enumerate(outs):
            t._node = output_node(n, i, x._p, t._raw)
    if STATE.exotic and LOCAL.duals:
        from ..autograd.dual import follow_all

        follow_all(outs, x, lambda u: several(name, u, keys, axis))
    return tuple(outs)


def _pieces(name, x, dim, sizes):
    at, keys = 0, []
    for n in sizes:
        keys.append(_key(dim, slice(at, at + n, 1)))
        at += n
    return several(name, x, keys, dim)


def _even(total, size):
    if total == 0 or size == 0:
        return [total]
    return [min(size, total - i) for i in range(0, total, size)]


@registry.public(
    "split",
    samples=lambda: [
        S(T((5, 2)), 2),
        S(T((2, 6)), 3, 1),
        S(T((5,)), [1, 4]),
        S(T((2, 5)), [2, 0, 3], dim=-1),
    ],
)
def split(tensor, split_size_or_sections, dim=0):
    """Views of chunks of one size, or of given sizes (torch.split)."""
    x = fresh(tensor)
    if not isinstance(split_size_or_sections, int):
        return registry.functions["split_with_sizes"](x, split_size_or_sections, dim)
    if not x._raw.shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    size = split_size_or_sections
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    dim = wrap_dim(dim, len(x._raw.shape))
    total = x._raw.shape[dim]
    if size == 0 and total:
        raise RuntimeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {total}"
        )
    return _pieces("split", x, dim, _even(total, size))


@registry.public("split", function=False)
def _split_method(self, split_size, dim=0):
    return split(self, split_size, dim)


_split_method.__qualname__ = "Tensor.split"  # which torch's error text names


@registry.public("split_with_sizes", samples=lambda: [S(T((5, 2)), [2, 3])])
def split_with_sizes(input, split_sizes, dim=0):
    """Views of chunks of given sizes (torch.split_with_sizes)."""
    x = fresh(input)
    if not x._raw.shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, len(x._raw.shape))
    sizes = [int(n) for n in split_sizes]
    if any(n < 0 for n in sizes):
        raise RuntimeError(
            "split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={sizes}"
        )
    if sum(sizes) != x._raw.shape[dim]:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {x._raw.shape[dim]} (input "
            f"tensor's size at dimension {dim}), but got split_sizes={sizes}"
        )
    return _pieces("split_with_sizes", x, dim, sizes)


@registry.public("chunk", samples=lambda: [S(T((5, 2)), 2), S(T((2, 6)), 3, 1), S(T((5,)), 4)])
def chunk(input, chunks, dim=0):
    """At most ``chunks`` views of equal size, the last one smaller (torch.chunk)."""
    x = fresh(input)
    if not x._raw.shape:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = wrap_dim(dim, len(x._raw.shape))
    total = x._raw.shape[dim]
    size = -(-total // chunks)
    if size == 0:
        return _pieces("split_with_sizes", x, dim, [0] * chunks)
    return _pieces("split", x, dim, _even(total, size))


@registry.public("unbind", samples=lambda: [S(T((3, 2))), S(T((3, 2)), 1), S(T((4,)))])
def unbind(input, dim=0):
    """The slices of a dimension, without it (torch.unbind)."""
    x = fresh(input)
    if not x._raw.shape:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    dim = wrap_dim(dim, len(x._raw.shape))
    return several("unbind", x, [_key(dim, i) for i in range(x._raw.shape[dim])], dim)


def _tensor_split(name, x, indices_or_sections, dim):
    x = fresh(x)
    if not x._raw.shape:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )
    dim = wrap_dim(dim, len(x._raw.shape))
    total = x._raw.shape[dim]
    if isinstance(indices_or_sections, Tensor):
        given = fresh(indices_or_sections)
        what = "tensor_split expected tensor_indices_or_sections to"
        if given.dtype is not dtypes.int64:
            raise RuntimeError(f"{what} have dtype of long, but got {given.dtype.legacy}")
        if given.dim() > 1:
            raise RuntimeError(
                f"{what} be a zero-dimensional or one-dimensional tensor, but got a tensor with "
                f"{given.dim()} dims"
            )
        indices_or_sections = given.tolist()
    if isinstance(indices_or_sections, int):
        k = indices_or_sections
        if k <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {k}")
        base, more = divmod(total, k)
        ends = [base * (i + 1) + min(i + 1, more) for i in range(k)]
    else:
        ends = [*(int(i) for i in indices_or_sections), total]
    start, out = 0, []
    for end in ends:
        a, b, _ = slice(start, end).indices(total)
        out.append(slice_(x, dim, a, b, 1))
        start = end
    return tuple(out)


@registry.public("tensor_split", samples=lambda: [S(T((7, 2)), 3), S(T((2, 6)), (1, 4), dim=1),
                                          S(T((5,)), (2, 2, 4))])  # fmt: skip
def tensor_split(input, indices_or_sections=None, dim=0, *, indices=None, sections=None):
    """Views of parts as equal as possible, or between indices (torch.tensor_split)."""
    given = next(v for v in (indices_or_sections, indices, sections) if v is not None)
    refuse_batches("tensor_split.tensor_indices_or_sections", given)
    return _tensor_split("tensor_split", input, given, dim)


def _sided(name, least, axis, samples):
    def part(input, indices_or_sections):
        x = fresh(input)
        n = len(x._raw.shape)
        if n < least:
            raise RuntimeError(
                f"torch.{name} requires a tensor with at least {least} dimension, but got a "
                f"tensor with {n} dimensions!"
            )
        d = axis(n)
        if isinstance(indices_or_sections, int) and (
            indices_or_sections == 0 or x._raw.shape[d] % indices_or_sections
        ):
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {d}, but the size of the "
                f"dimension {x._raw.shape[d]} is not divisible by the split_size "
                f"{indices_or_sections}!"
            )
        return _tensor_split(name, x, indices_or_sections, d)

    part.__name__ = part.__qualname__ = name
    part.__doc__ = f"Views of equal parts, or between indices (torch.{name})."
    registry.public(name, samples=samples)(part)


_sided("hsplit", 1, lambda n: 0 if n == 1 else 1, [S(T((2, 4)), 2), S(T((6,)), 3)])
_sided("vsplit", 2, lambda n: 0, [S(T((4, 2)), 2), S(T((4, 2)), (1, 3))])
_sided("dsplit", 3, lambda n: 2, [S(T((2, 2, 4)), 2)])


def _unsafe(name, fn):
    def unsafe(*args, **kwargs):
        return tuple(t.clone() for t in fn(*args, **kwargs))

    unsafe.__name__ = unsafe.__qualname__ = name
    unsafe.__doc__ = f"`{fn.__name__}` whose parts are copies, free to write to (torch.{name})."
    registry.public(name)(unsafe)


for _fn in (split, chunk, split_with_sizes):
    _unsafe("unsafe_" + _fn.__name__, _fn)
