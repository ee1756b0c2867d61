"""Reading and writing at integer positions along a dimension.

All writes come down to two kernels: `put_add`, which adds where positions repeat, and
`put_combine`, which multiplies or takes extrema there. Both have compositions of required kernels
here: positions are sorted, runs of one position are combined by doubling, and each run's last
element is put; so no shape depends on a value.
"""

from __future__ import annotations

from .. import dtypes, registry
from ..dispatch import cast, dtype_of, scalar_as
from ..samples import S, T
from ..tensor import Tensor, edge, fresh
from .table import compose, primitive, wrap_dim


def _prod(shape):
    n = 1
    for k in shape:
        n *= k
    return n


# --- kernels made of the required ones ------------------------------------------------------------

_COMBINE = {
    "sum": lambda P, x, y: P.add(x, y), "prod": lambda P, x, y: P.multiply(x, y),
    "amax": lambda P, x, y: P.maximum(x, y), "amin": lambda P, x, y: P.minimum(x, y),
}  # fmt: skip


def _put_combine(P, flat, index, value, how):
    n, m = flat.shape[0], index.shape[0]
    if m == 0:
        return P.copy(flat)
    f = _COMBINE[how]
    order = P.argsort(index, 0, False, True)
    at = P.take(index, order, 0)
    v = P.take(P.broadcast_to(value, (m,)), order, 0)
    step = 1
    while step < m:
        head, tail = (slice(0, step),), (slice(step, m),)
        same = P.equal(P.getitem(at, tail), P.getitem(at, (slice(0, m - step),)))
        joined = f(P, P.getitem(v, (slice(0, m - step),)), P.getitem(v, tail))
        v = P.concat([P.getitem(v, head), P.where(same, joined, P.getitem(v, tail))], 0)
        step *= 2
    last = P.concat([
        P.not_equal(P.getitem(at, (slice(1, m),)), P.getitem(at, (slice(0, m - 1),))),
        P.equal(P.getitem(at, (slice(0, 1),)), P.getitem(at, (slice(0, 1),))),
    ], 0)  # fmt: skip
    v = f(P, P.take(flat, at, 0), v)
    spare = P.concat([flat, P.full((1,), 0, flat.dtype)], 0)
    spare = P.put_flat(spare, P.where(last, at, P.full((), n, at.dtype)), v)
    return P.getitem(spare, (slice(0, n),))


def _put_add(P, x, key, value):
    n = _prod(x.shape)
    at = P.getitem(P.reshape(P.arange(0, n, 1, P.int64), tuple(x.shape)), key)
    if not hasattr(value, "shape"):
        value = P.full((), value, x.dtype)
    value = P.reshape(P.broadcast_to(value, tuple(at.shape)), (-1,))
    flat = P.put_combine(P.reshape(x, (n,)), P.reshape(at, (-1,)), value, "sum")
    return P.reshape(flat, tuple(x.shape))


def _positions(P, i, shape, axis):
    out, step = None, 1
    for d in range(len(shape) - 1, -1, -1):
        if d == axis:
            part = P.multiply(i, step)
        else:
            part = P.multiply(P.arange(0, i.shape[d], 1, P.int64), step)
            part = P.reshape(part, (-1,) + (1,) * (len(shape) - 1 - d))
        out = part if out is None else P.add(out, part)
        step *= shape[d]
    return P.broadcast_to(out, tuple(i.shape))


compose("put_combine", _put_combine)
compose("put_add", _put_add)
compose("positions", _positions)


def _corner(x, shape):
    return tuple(slice(0, n) for n in shape)


def _region(P, x, shape):
    """The leading corner of ``x`` in a shape: torch's indices may be smaller than their source."""
    return x if tuple(x.shape) == tuple(shape) else P.getitem(x, _corner(x, shape))


def _gather(P, x, i, axis):
    if not x.shape:
        return P.copy(P.broadcast_to(x, tuple(i.shape)))
    if not i.shape:
        return P.reshape(P.take(x, P.reshape(i, (1,)), 0), ())
    want = tuple(x.shape[d] if d == axis else n for d, n in enumerate(i.shape))
    return P.take_along_axis(_region(P, x, want), i, axis)


def _flat_put(P, x, i, src, axis, put):
    shape = tuple(x.shape)
    if 0 in i.shape:
        return P.copy(x)
    if not i.shape:
        i = P.reshape(i, (1,))
    at = P.reshape(P.positions(i, shape or (1,), axis), (-1,))
    if hasattr(src, "shape") and src.shape:
        src = P.reshape(_region(P, src, i.shape), (-1,))
    elif hasattr(src, "shape"):
        src = P.reshape(src, (1,))
    return P.reshape(put(P.reshape(x, (-1,)), at, src), shape)


def _scatter(P, x, i, src, axis):
    return _flat_put(P, x, i, src, axis, P.put_flat)


def _scatter_add(P, x, i, src, axis):
    return _flat_put(P, x, i, src, axis, lambda flat, at, v: P.put_add(flat, (at,), v))


# --- gather and scatter ---------------------------------------------------------------------------


def _same(P, g, i, a_shape, axis):
    return P.scatter_add(P.full_as(g, a_shape, 0), i, g, axis)


def _back(P, g, i, b_shape, axis):
    """The gradient of a scattered source: what was read from it, zeros for the rest of it."""
    part = P.gather(g, i, axis)
    if tuple(b_shape) == tuple(i.shape):
        return part
    return P.unslice(part, tuple(b_shape), _corner(part, i.shape))


gather_none = primitive(  # an empty index may have any number of dimensions
    "gather_none", lambda P, g, a_shape: P.spread(P.sum(g, tuple(range(len(g.shape))), False),
                                                  a_shape), params=("shape",),
    forward=lambda P, x, shape: P.full_as(x, shape, 0), node="GatherBackward0",
)  # fmt: skip
gather_prim = primitive(
    "gather", lambda P, g, i, a_shape, axis: _same(P, g, i, a_shape, axis), None,
    operands=("a", "i"), params=("axis",), forward=_gather,
    meta={"saved_names": {"i": "index"}, "keeps": {"a": (0,)}},
)  # fmt: skip
scatter_prim = primitive(
    "scatter", lambda P, g, i, axis: P.scatter(g, i, 0.0, axis), None,
    lambda P, g, i, b_shape, axis: _back(P, g, i, b_shape, axis), operands=("a", "i", "b"),
    params=("axis",), kernel="scatter_from", forward=_scatter, node="ScatterBackward0",
)  # fmt: skip
scatter_value = primitive(
    "scatter_value", lambda P, g, i, axis: P.scatter_value(g, i, 0.0, axis), None,
    operands=("a", "i"), params=("value", "axis"), node="ScatterBackward1", forward=_scatter,
)  # fmt: skip
scatter_add_prim = primitive(
    "scatter_add", lambda P, g: g, None,
    lambda P, g, i, b_shape, axis: _back(P, g, i, b_shape, axis), operands=("a", "i", "b"),
    params=("axis",), forward=_scatter_add,
)  # fmt: skip
compose(
    "scatter",
    lambda P, x, i, src, axis: (
        P.scatter_from(x, i, src, axis)
        if hasattr(src, "dtype")
        else P.scatter_value(x, i, src, axis)
    ),
)


def index_of(name, x, index, dim, size_checks=True):
    """An int64 index along a dimension, in bounds; torch's errors otherwise."""
    i = fresh(index)
    if dtype_of(i) not in (dtypes.int64, dtypes.int32):
        if 0 in i._raw.shape and dtype_of(i).category <= dtypes.INT:
            return cast(i, dtypes.int64)
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    shape = x._raw.shape
    size = shape[dim] if shape else 1
    raw = i._raw
    if dtype_of(i) is dtypes.int32:
        i = cast(i, dtypes.int64)
        raw = i._raw
    i._p.check_scatter_index(raw, size, dim)
    return i


def _check_scatter_index(P, index, size, dim):
    host = P.to_host(index)
    if host.size and (host.min() < 0 or host.max() >= size):
        bad = host[(host < 0) | (host >= size)].reshape(-1)[0]
        raise RuntimeError(f"index {bad} is out of bounds for dimension {dim} with size {size}")


compose("check_scatter_index", _check_scatter_index)


def _check_rank(name, x, i, src=None):
    m, n = len(x._raw.shape) or 1, len(fresh(i)._raw.shape) or 1
    if m != n and i.numel():
        what = "input tensor" if name == "gather" else "self tensor"
        raise RuntimeError(f"Index tensor must have the same number of dimensions as {what}")
    if src is not None and (len(fresh(src)._raw.shape) or 1) != n and i.numel():
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")


def _check_sizes(name, x, i, dim, src=None):
    have, want = tuple(x._raw.shape), tuple(i._raw.shape)
    if 0 in want:
        return
    if name == "gather":
        for d, n in enumerate(want):
            if d != dim and have and n > have[d]:
                raise RuntimeError(
                    f"Size does not match at dimension {d} expected index {list(want)} to be no "
                    f"larger than self {list(have)} apart from dimension {dim}"
                )
        return
    source = () if src is None else tuple(src._raw.shape)
    bad = any(d != dim and n > have[d] for d, n in enumerate(want) if have)
    if bad or any(n > source[d] for d, n in enumerate(want) if source):
        tail = "" if src is None else f" and to be no larger size than src {list(source)}"
        raise RuntimeError(
            f"Expected index {list(want)} to be no larger than self {list(have)} apart from "
            f"dimension {dim}{tail}"
        )


@registry.public("gather", out=True, samples=lambda: [
    S(T((3, 4)), 0, T((3, 4), 0, 3, kind="index")), S(T((3, 4)), 1, T((2, 6), 0, 4, kind="index")),
    S(T((4,)), -1, T((6,), 0, 4, kind="index")),
    S(T((2, 3, 2)), 1, T((1, 5, 2), 0, 3, kind="index")),
])  # fmt: skip
def gather(input, dim, index, *, sparse_grad=False):
    """Values along a dimension at an index tensor's positions (torch.gather)."""
    x = fresh(input)
    dim = wrap_dim(dim, len(x._raw.shape))
    if fresh(index).numel() and dtype_of(index) not in (dtypes.int64, dtypes.int32):
        raise RuntimeError("gather(): Expected dtype int32/int64 for index")
    _check_rank("gather", x, index)
    _check_sizes("gather", x, fresh(index), dim)
    if (len(x._raw.shape) or 1) != (index.dim() or 1):
        return gather_none(x, tuple(index.shape))
    return gather_prim(x, index_of("gather", x, index, dim), dim)


_SCATTERS = [
    S(T((3, 4)), 0, T((3, 4), 0, 3, kind="index"), T((3, 4))),
    S(T((3, 4)), 1, T((2, 3), 0, 4, kind="index"), T((3, 5), grad=False)),
    S(T((4,)), -1, T((6,), 0, 4, kind="index"), T((6,))),
]


@registry.public("scatter", inplace=True, out=True, samples=lambda: [
    S(T((5, 4)), 0, T((1, 4), 0, 5, kind="index"), T((1, 4))),
    S(T((3, 4)), 1, T((3, 2), 0, 4, kind="index"), 1.5),
])  # fmt: skip
def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """Values written along a dimension at an index tensor's positions (torch.scatter)."""
    if reduce is not None:
        return _scatter_reduced(input, dim, index, value if src is None else src, reduce)
    x = fresh(input)
    dim = wrap_dim(dim, len(x._raw.shape))
    src = value if src is None else src
    tensor = isinstance(src, Tensor)
    if tensor and dtype_of(fresh(src)) is not dtype_of(x):
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    _check_rank("scatter", x, index, src if tensor else None)
    _check_sizes("scatter", x, fresh(index), dim, fresh(src) if tensor else None)
    i = index_of("scatter", x, index, dim)
    if tensor:
        return scatter_prim(x, i, src, dim)
    return scatter_value(x, i, scalar_as(x._p, src, dtype_of(x)), dim)


def _scatter_reduced(input, dim, index, src, reduce):
    if reduce not in ("add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    if not isinstance(src, Tensor):
        src = full_like(index, src, fresh(input))
    how = "sum" if reduce == "add" else "prod"
    return scatter_reduce(input, dim, index, src, how)


def full_like(index, value, like):
    """A constant in the shape of an index, in the dtype of another tensor."""
    from ..factories import full

    return full(tuple(index.shape), value, dtype=like.dtype, device=like.device)


@registry.public("scatter_add", inplace=True, out=True, samples=_SCATTERS)
def scatter_add(input, dim, index, src):
    """Values added along a dimension at an index tensor's positions (torch.scatter_add)."""
    x = fresh(input)
    dim = wrap_dim(dim, len(x._raw.shape))
    if dtype_of(fresh(src)) is not dtype_of(x):
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    _check_rank("scatter", x, index, src)
    _check_sizes("scatter", x, fresh(index), dim, fresh(src))
    return scatter_add_prim(x, index_of("scatter", x, index, dim), src, dim)


# --- scatter_reduce -------------------------------------------------------------------------------


def _scatter_combine(P, x, i, src, axis, how, include):
    if how == "mean":
        total = _scatter_combine(P, x, i, src, axis, "sum", include)
        n = _counts(P, x, i, axis, include)
        if P.torch_dtype[x.dtype].category < dtypes.FLOAT:
            return P.floor_divide(total, n)
        return P.divide(total, n)
    if not include:
        neutral = {"sum": 0, "prod": 1}.get(how)
        if neutral is None:
            first = _scatter(P, x, i, src, axis)
            return _flat_put(P, first, i, src, axis, lambda f, at, v: P.put_combine(f, at, v, how))
        x = _scatter(P, x, i, neutral, axis)
    return _flat_put(P, x, i, src, axis, lambda f, at, v: P.put_combine(f, at, v, how))


def _counts(P, x, i, axis, include):
    base = P.full(tuple(x.shape), 1 if include else 0, x.dtype)
    n = _scatter_add(P, base, i, P.full(tuple(i.shape), 1, x.dtype), axis)
    return P.where(P.equal(n, 0), P.full((), 1, x.dtype), n)


def _reduce_grad(P, g, operands, out, params, fn, source):
    a, i, b = operands
    axis, how, include = params
    ones = P.full_as(g, tuple(i.shape), 1)
    at = lambda x: P.gather(x, i, axis)  # noqa: E731
    clear = lambda x: x if include else P.scatter_value(x, i, 0.0, axis)  # noqa: E731
    if tuple(b.shape) != tuple(i.shape):
        src = P.getitem(b, _corner(b, i.shape))
    else:
        src = b
    if how == "sum":
        ga, gb = clear(g), at(g)
    elif how == "mean":
        n = P.scatter_add(P.full_as(g, tuple(a.shape), 1 if include else 0), i, ones, axis)
        n = P.where(P.equal(n, 0), P.full_as(n, (), 1), n)
        ga, gb = clear(P.divide(g, n)), at(P.divide(g, n))
    elif how == "prod":
        combine = lambda x, y: P.scatter_combine(x, i, y, axis, "prod", include)  # noqa: E731
        one, own, theirs = P.full_as(g, (), 1), P.equal(a, 0), P.equal(src, 0)
        rest = P.where(own, one, a)
        ga = clear(P.divide(P.multiply(g, combine(rest, src)), rest))
        none = P.full_as(g, tuple(a.shape), 0)
        zeros = at(P.scatter_add(none, i, P.where(theirs, one, P.full_as(g, (), 0)), axis))
        alone = P.logical_and(theirs, P.equal(zeros, 1))
        others = combine(a, P.where(alone, one, src))
        gb = P.where(alone, at(P.multiply(g, others)),
                     P.divide(at(P.multiply(g, out)), P.where(theirs, one, src)))  # fmt: skip
        if isinstance(gb, Tensor) and not gb._p.level and gb._node is not None:
            gb = _once(gb, zeros, fn, source)
    else:
        kind = out._raw.dtype if isinstance(out, Tensor) else out.dtype
        mine = P.astype(P.equal(a, out), kind)
        mine = mine if include else P.scatter_value(mine, i, 0.0, axis)
        theirs = P.astype(P.equal(src, at(out)), kind)
        n = P.scatter_add(mine, i, theirs, axis)
        share = P.divide(g, P.maximum(n, P.full_as(n, (), 1)))
        kept = P.multiply(mine, share) if include else clear(g)
        ga, gb = kept, P.multiply(theirs, at(share))
    if tuple(b.shape) != tuple(i.shape):
        gb = P.unslice(gb, tuple(b.shape), _corner(b, i.shape))
    return ga, None, gb


def _once(gb, zeros, fn, source):
    """The gradient of a product's factors, final where several that are zero met in one place."""
    if not (zeros.detach() > 1).any():
        return gb
    from ..autograd.raising import raising_outputs

    return raising_outputs(
        (gb,), (edge(fresh(gb)),),
        f"{fn}(): Double backward is unsupported for {source} when >1 zeros in {source} are "
        "scattered to the same position in self",
    )[0]  # fmt: skip


def reduce_grad(fn, source):
    """The rule of scatter_reduce and its kin; fn, source: the names that its error says."""
    return lambda P, g, operands, out, params, edges: _reduce_grad(
        P, g, operands, out, params, fn, source
    )


scatter_reduce_prim = primitive(
    "scatter_reduce", reduce_grad("scatter_reduce", "src"), whole=True, saves_out=True,
    operands=("a", "i", "b"), params=("axis", "how", "include"),
    forward=_scatter_combine, kernel="scatter_combine", meta={"asked": (0, 2)},
)  # fmt: skip


@registry.public("scatter_reduce", inplace=True, out=True, samples=lambda: [
    S(T((3, 4)), 0, T((3, 4), 0, 3, kind="index"), T((3, 4)), how)
    for how in ("sum", "mean", "amax", "amin")
] + [S(T((3, 4), 0.5, 2), 0, T((3, 4), 0, 3, kind="index"), T((3, 4), 0.5, 2), "prod"),
     S(T((3, 4)), 0, T((2, 4), 0, 3, kind="index"), T((2, 4)), "amax",
       include_self=False)])  # fmt: skip
def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """Values combined along a dimension at an index's positions (torch.scatter_reduce)."""
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    x = fresh(input)
    dim = wrap_dim(dim, len(x._raw.shape))
    if dtype_of(fresh(src)) is not dtype_of(x):
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    _check_rank("scatter", x, index, src)
    _check_sizes("scatter", x, fresh(index), dim, fresh(src))
    i = index_of("scatter", x, index, dim)
    return scatter_reduce_prim(x, i, src, dim, reduce, include_self)
