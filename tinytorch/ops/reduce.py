"""Reductions: sums, products, means, extrema and truth.

Gradients of extrema over all elements are shared evenly among ties; those of an extremum along one
dimension go to the element whose index was returned. The latter are therefore an index (without a
gradient) and a `pick` of it, as all ordering ops are.
"""

from __future__ import annotations

from .. import dtypes, registry, return_types
from ..dispatch import dtype_of
from ..primitive import TP
from ..samples import S, T
from ..tensor import Tensor, fresh
from .convert import cast_to, hidden_cast
from .rules import single
from .table import compose, numpy_names, primitive, wrap_dim, wrap_dims


def restore(P, g, shape, axes, keepdims):
    """A reduced gradient with the reduced dimensions put back as ones."""
    if axes is None or keepdims or not shape:
        return g
    return P.reshape(g, tuple(1 if i in axes else n for i, n in enumerate(shape)))


def count(shape, axes):
    n = 1
    for i in range(len(shape)) if axes is None else axes:
        n *= shape[i]
    return n


def _sum_grad(P, g, a_shape, axes, keepdims):
    return P.spread(restore(P, g, a_shape, axes, keepdims), a_shape)


def _mean_grad(P, g, a_shape, axes, keepdims):
    g = P.divide(g, count(a_shape, axes) or 1)
    return P.spread(restore(P, g, a_shape, axes, keepdims), a_shape)


def _nansum_grad(P, g, a, axes, keepdims):
    g = restore(P, g, a.shape, axes, keepdims)
    return P.mask(P.spread(g, tuple(a.shape)), P.equal(a, a))


def _prod_grad(P, g, a, axes, keepdims):
    shape = tuple(a.shape)
    if not shape:
        return P.multiply(g, 1)
    axes = tuple(range(len(shape))) if axes is None else axes
    keep = tuple(i for i in range(len(shape)) if i not in axes)
    order = (*keep, *axes)
    back = tuple(order.index(i) for i in range(len(shape)))
    moved = P.permute_dims(a, order)
    flat = P.reshape(moved, (*(shape[i] for i in keep), count(shape, axes)))
    others = P.permute_dims(P.reshape(P.prod_others(flat), tuple(moved.shape)), back)
    if not keepdims:
        g = P.reshape(g, tuple(1 if i in axes else n for i, n in enumerate(shape)))
    return P.multiply(g, P.conj(others))


def _prod_others(P, x):
    """For each element of the last axis the product of all others, without division."""
    n, axis = x.shape[-1], len(x.shape) - 1
    if n < 2:
        return P.full_as(x, tuple(x.shape), 1)
    one = P.full_as(x, (*x.shape[:-1], 1), 1)
    key = (..., slice(0, n - 1))
    before = P.concat([one, P.cumulative_prod(P.getitem(x, key), axis)], axis)
    tail = P.cumulative_prod(P.getitem(P.flip(x, (axis,)), key), axis)
    return P.multiply(before, P.flip(P.concat([one, tail], axis), (axis,)))


def _prod_others_grad(P, g, a):
    n, axis = a.shape[-1], len(a.shape) - 1
    shape = (*a.shape[:-1], n, n)
    i = P.iota(a, n)
    off = P.not_equal(P.reshape(i, (n, 1)), P.reshape(i, (1, n)))
    rows = P.spread(P.reshape(a, (*a.shape[:-1], 1, n)), shape)
    rows = P.prod_others(P.where(off, rows, P.full_as(a, (), 1)))
    part = P.multiply(P.reshape(g, (*a.shape[:-1], n, 1)), P.conj(rows))
    return P.sum(P.where(off, part, P.full_as(part, (), 0)), (axis,), False)


def _even_grad(P, g, a, axes, keepdims, out):
    """The gradient of an extremum, shared evenly among the elements equal to it."""
    g = restore(P, g, a.shape, axes, keepdims)
    out = restore(P, out, a.shape, axes, keepdims)
    return _shared(P, g, a, axes, P.equal(a, out))


def extremum_grad(P, g, a, axes, keepdims, out):
    """The same, NaNs counting as equal."""
    g = restore(P, g, a.shape, axes, keepdims)
    out = restore(P, out, a.shape, axes, keepdims)
    hit = P.logical_or(P.equal(a, out), P.logical_and(P.not_equal(a, a), P.not_equal(out, out)))
    return _shared(P, g, a, axes, hit)


def _shared(P, g, a, axes, hit):
    hit = P.astype(hit, a._raw.dtype if isinstance(a, Tensor) else a.dtype)
    return P.multiply(hit, P.divide(g, P.sum(hit, axes, True)))


AXES = ("axes", "keepdims")
sum_all = primitive("sum", _sum_grad, node="SumBackward0", params=AXES)
sum_dim = primitive("sum_dim", _sum_grad, kernel="sum", node="SumBackward1", params=AXES)
TP.sum = lambda x, axes, keepdims: (sum_all if axes is None else sum_dim)(x, axes, keepdims)
_MEAN = dict(
    kernel="mean", params=AXES,
    forward=single(
        lambda P, x, axes, k: P.divide(P.sum(x, axes, k), count(x.shape, axes) or float("nan"))
    ),
)  # fmt: skip
mean_all = primitive("mean", _mean_grad, node="MeanBackward0", **_MEAN)
mean_dim = primitive("mean_dim", _mean_grad, node="MeanBackward1", **_MEAN)
nansum_prim = primitive(
    "nansum", _nansum_grad, params=AXES,
    forward=lambda P, x, axes, k: P.sum(P.where(P.equal(x, x), x, P.full_as(x, (), 0)), axes, k),
)  # fmt: skip
_RESULT = {"keeps": {"out": (0,)}}
prod_all = primitive("prod", _prod_grad, node="ProdBackward0", params=AXES, meta=_RESULT)
prod_dim = primitive("prod_dim", _prod_grad, kernel="prod", node="ProdBackward1", params=AXES,
                     meta=_RESULT)  # fmt: skip
prod_others = primitive("prod_others", _prod_others_grad, node="ProdBackward1",
                        forward=_prod_others)  # fmt: skip
iota = primitive("iota", params=("n",), forward=lambda P, x, n: P.arange(0, n, 1, P.int64))
amax_prim = primitive("amax", _even_grad, kernel="max", params=AXES)
amin_prim = primitive("amin", _even_grad, kernel="min", params=AXES)
max_all = primitive("max_all", extremum_grad, kernel="max", node="MaxBackward1", params=AXES)
min_all = primitive("min_all", extremum_grad, kernel="min", node="MinBackward1", params=AXES)
any_prim = primitive(
    "any", params=AXES,
    forward=lambda P, x, axes, k: P.not_equal(P.sum(P.astype(x, P.int64), axes, k), 0),
)  # fmt: skip
all_prim = primitive(
    "all", params=AXES,
    forward=lambda P, x, axes, k: P.logical_not(P.any(P.logical_not(x), axes, k)),
)  # fmt: skip
arg = {
    name: primitive(name, params=("axis", "keepdims"))
    for name in ("argmax", "argmin")
}  # fmt: skip
compose("logical_or", lambda P, x, y: P.bitwise_or(P.not_equal(x, 0), P.not_equal(y, 0)))


# --- picking along a dimension --------------------------------------------------------------------


def _pick(P, x, i, axis):
    return P.take_along_axis(x, i, axis) if x.shape else P.copy(x)


def _unpick(P, g, i, shape, axis):
    if not shape:
        return P.copy(g)
    return P.scatter(P.full_as(g, shape, 0), i, g, axis)


def picker(name, node):
    """The values at indices along a dimension that appear once: the values of an ordering op."""
    return primitive(
        name, lambda P, g, a_shape, i, axis: P.unpick(g, i, a_shape, axis), None, kernel="pick",
        node=node, operands=("a", "i"), params=("axis",), forward=_pick,
    )  # fmt: skip


def _pick_along(P, x, i, axis, keepdims):
    shape = tuple(x.shape)
    if not shape:
        return P.copy(x)
    kept = P.reshape(i, (*shape[:axis], 1, *shape[axis + 1 :]))
    return P.reshape(P.pick(x, kept, axis), tuple(i.shape))


def picker_along(name, node):
    """The values at the one index per row along a dimension, which is kept or not."""
    return primitive(
        name, _at_index, None, kernel="pick_along", node=node, operands=("a", "i"),
        params=("axis", "keepdims"), forward=_pick_along,
    )  # fmt: skip


unpick = primitive(
    "unpick", lambda P, g, i, axis: P.pick(g, i, axis), None, operands=("a", "i"),
    params=("shape", "axis"), node="ValueSelectingReductionBackward0", forward=_unpick,
)  # fmt: skip


def _at_index(P, g, i, a_shape, axis, keepdims):
    if not keepdims and a_shape:
        kept = (*a_shape[:axis], 1, *a_shape[axis + 1 :])
        g, i = P.reshape(g, kept), P.reshape(i, kept)
    return P.unpick(g, i, a_shape, axis)


def _extremum_along(name, kernel, node):
    def forward(P, x, i, axis, keepdims):
        return getattr(P, kernel)(x, (axis,) if x.shape else None, keepdims)

    return primitive(name, _at_index, None, node=node, operands=("a", "i"),
                     params=("axis", "keepdims"), forward=forward)  # fmt: skip


max_along = _extremum_along("max_dim", "max", "MaxBackward0")
min_along = _extremum_along("min_dim", "min", "MinBackward0")


def along(x, index, axis, keepdim, pick):
    """Values and indices of a reduction along one axis, from an index that kept the axis."""
    if not keepdim and x._raw.shape:
        index = drop(index, axis)
    return pick(x, index, axis, keepdim), index


def drop(x, axis):
    """A dimension of size 1 taken out, unseen in the graph."""
    shape = tuple(x._raw.shape)
    return hidden_reshape(x, shape[:axis] + shape[axis + 1 :])


hidden_reshape = primitive(
    "hidden_reshape", lambda P, g, a_shape: P.reshape(g, a_shape), kernel="reshape",
    params=("shape",), node="ViewBackward0",
)  # fmt: skip


def _hide():
    from ..primitive import TABLE

    TABLE["hidden_reshape"].node_cls.transparent = True


_hide()


# --- torch's signatures ---------------------------------------------------------------------------


def _accumulator(input, dtype):
    """The dtype that a sum is taken in: the one asked for, int64 for integers."""
    if dtype is None:
        have = dtype_of(fresh(input))
        dtype = dtypes.int64 if have.category <= dtypes.INT else have
    return input if dtype_of(fresh(input)) is dtype else cast_to(input, dtype)


SUMS = [S(T(())), S(T((5,))), S(T((3, 4))), S(T((3, 4)), 0), S(T((3, 4)), (0, 1)),
        S(T((2, 3, 2)), (0, -1)), S(T((2, 3, 2)), 1, True), S(T((0, 3)), 0), S(T((0, 3))),
        S(T((3, 4)), dim=-1)]  # fmt: skip


class _Every:
    """All dimensions, where none was named; naming None has a node of its own in torch."""

    def __repr__(self):
        return "None"


_EVERY = _Every()


@registry.public("sum", out=True, samples=SUMS)
def sum(input, dim=_EVERY, keepdim=False, *, dtype=None, axis=_EVERY, keepdims=None):
    """Sum over all or some dimensions; integers sum to int64 (torch.sum)."""
    if axis is not _EVERY:
        dim = axis
    if keepdims is not None:
        keepdim = keepdims
    P = input._p
    dt = input._raw.dtype
    if dtype is not None or not (dt is P.float32 or dt is P.float64):
        input = _accumulator(input, dtype)
    if dim is _EVERY:
        return sum_all(input, None, keepdim)
    return sum_dim(input, wrap_dims(dim, len(input._raw.shape)), keepdim)


@registry.public("nansum", out=True, samples=SUMS)
@numpy_names
def nansum(input, dim=None, keepdim=False, *, dtype=None):
    """Sum of the elements that are not NaN (torch.nansum)."""
    input = _accumulator(input, dtype)
    if dtype_of(input).category < dtypes.FLOAT:
        return sum(input, dim, keepdim)
    return nansum_prim(input, wrap_dims(dim, len(fresh(input)._raw.shape)), keepdim)


def mean_dtype(name, have, which="Input"):
    """torch's error of a mean of integers."""
    if have.category < dtypes.FLOAT:
        raise RuntimeError(
            f"{name}(): could not infer output dtype. {which} dtype must be either a floating "
            f"point or complex dtype. Got: {have.legacy}"
        )


@registry.public("mean", out=True, samples=SUMS)
def mean(input, dim=_EVERY, keepdim=False, *, dtype=None, axis=_EVERY, keepdims=None):
    """Mean over all or some dimensions of a floating tensor (torch.mean)."""
    if axis is not _EVERY:
        dim = axis
    if keepdims is not None:
        keepdim = keepdims
    if dtype is not None:
        input = cast_to(input, dtype)
    mean_dtype("mean", dtype_of(fresh(input)), "Input" if dtype is None else "Optional")
    if dim is _EVERY:
        return mean_all(input, None, keepdim)
    return mean_dim(input, wrap_dims(dim, len(input._raw.shape)), keepdim)


@registry.public("nanmean", out=True, samples=SUMS[:8])
@numpy_names
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """Mean of the elements that are not NaN (torch.nanmean)."""
    x = fresh(input)
    if dtype_of(x).category < dtypes.FLOAT:
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{dtype_of(x).legacy}"
        )
    from .elementwise import div

    there = sum(x.detach() == x.detach(), dim, keepdim)
    return div(nansum(input, dim, keepdim, dtype=dtype), there)


@registry.public("prod", out=True, samples=lambda: [
    S(T(())), S(T((5,))), S(T((3, 4))), S(T((3, 4)), 0),
                                            S(T((2, 3, 2)), 1, True), S(T((0, 3)), 0)])  # fmt: skip
@numpy_names
def prod(input, dim=None, keepdim=False, *, dtype=None):
    """Product over all elements or one dimension; integers multiply to int64 (torch.prod)."""
    input = _accumulator(input, dtype)
    if dim is None:
        return prod_all(input, None, False)
    return prod_dim(input, wrap_dims(int(dim), len(fresh(input)._raw.shape)), keepdim)


def refuse_empty(name, x, dim):
    """torch's errors of an extremum of no elements."""
    shape = tuple(fresh(x)._raw.shape)
    if 0 not in shape:
        return
    if name == "aminmax" and dim is None:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no "
            "identity."
        )
    if dim is None or dim == ():
        text = f"{name}(): Expected reduction dim to be specified for input.numel() == 0."
        if name.startswith("arg"):
            raise IndexError(text)
        raise RuntimeError(text + " Specify the reduction dim with the 'dim' argument.")
    colon = name if name == "aminmax" else name + "()"
    for d in (dim,) if isinstance(dim, int) else dim:
        if shape[wrap_dim(d, len(shape))] == 0:
            raise IndexError(
                f"{colon}: Expected reduction dim {wrap_dim(d, len(shape))} to have non-zero size."
            )


EXTREMA = [S(T((), kind="distinct")), S(T((5,), kind="distinct")),
           S(T((3, 4), kind="distinct")), S(T((3, 4), kind="distinct"), 0),
           S(T((2, 3, 2), kind="distinct"), -1, True)]  # fmt: skip
SEVERAL = [*EXTREMA, S(T((2, 3, 2), kind="distinct"), (0, 2))]


@registry.public("amax", out=True, samples=SEVERAL)
@numpy_names
def amax(input, dim=(), keepdim=False):
    """Largest values over dimensions; ties share the gradient (torch.amax)."""
    refuse_empty("amax", input, dim)
    return amax_prim(input, wrap_dims(dim, len(fresh(input)._raw.shape)), keepdim)


@registry.public("amin", out=True, samples=SEVERAL)
@numpy_names
def amin(input, dim=(), keepdim=False):
    """Smallest values over dimensions; ties share the gradient (torch.amin)."""
    refuse_empty("amin", input, dim)
    return amin_prim(input, wrap_dims(dim, len(fresh(input)._raw.shape)), keepdim)


def _aminmax_grad(P, gs, operands, out, params, edges):
    (a,) = operands
    parts = [
        extremum_grad(P, g, a, *params, o) for g, o in zip(gs, out, strict=True) if g is not None
    ]
    return (parts[0] if len(parts) == 1 else P.add(parts[0], parts[1]),)


aminmax_prim = primitive(
    "aminmax", _aminmax_grad, whole=True, outputs=2, saves_out=True, params=AXES,
    forward=lambda P, x, axes, k: (P.min(x, axes, k), P.max(x, axes, k)),
)  # fmt: skip


@registry.public("aminmax", out=True, samples=lambda: [S(T((3, 4), kind="distinct")),
                                               S(T((3, 4), kind="distinct"), dim=0)])  # fmt: skip
@numpy_names
def aminmax(input, *, dim=None, keepdim=False):
    """Smallest and largest values, all or along a dimension (torch.aminmax)."""
    refuse_empty("aminmax", input, dim)
    axes = wrap_dims(dim, len(fresh(input)._raw.shape))
    return return_types.aminmax(*aminmax_prim(input, axes, keepdim))


def _extremum(name, whole, index, pick, binary):
    result = getattr(return_types, name)

    @numpy_names
    def extremum(input, dim=None, keepdim=False, *, other=None):
        if isinstance(dim, Tensor) or other is not None:
            from . import elementwise

            fresh(input)
            return getattr(elementwise, binary)(input, dim if other is None else other)
        x = fresh(input)
        refuse_empty(name, x, dim)
        if dim is None:
            return whole(x, None, False)
        axis = wrap_dim(int(dim), len(x._raw.shape))
        at = arg[index](x, axis, keepdim) if x._raw.shape else _zero_index(x)
        return result(pick(x, at, axis, keepdim), at)

    extremum.__name__ = extremum.__qualname__ = name
    extremum.__doc__ = (
        f"The {name}imum of all, along a dimension with indices, or of two tensors (torch.{name})."
    )
    registry.public(name, out=True, samples=lambda: [
        *EXTREMA[:4], S(T((2, 3, 2), kind="distinct"), 1), S(T((3, 4)), T((4,))),
    ])(extremum)  # fmt: skip
    return extremum


def _zero_index(x):
    from ..tensor import made

    return made(x._p, x._p.full((), 0, x._p.int64))


max_ = _extremum("max", max_all, "argmax", max_along, "maximum")
min_ = _extremum("min", min_all, "argmin", min_along, "minimum")


def _arg(name):
    @numpy_names
    def argument(input, dim=None, keepdim=False):
        x = fresh(input)
        refuse_empty(name, x, dim)
        if dtype_of(x) is dtypes.bool_:
            raise RuntimeError(f"{name}(): does not support bool input")
        shape = tuple(x._raw.shape)
        if dim is None or not shape:
            if dim is not None:
                wrap_dim(int(dim), 0)
            flat = hidden_reshape(x.detach(), (-1,))
            at = arg[name](flat, 0, False)
            return hidden_reshape(at, (1,) * len(shape)) if keepdim else at
        return arg[name](x, wrap_dim(int(dim), len(shape)), keepdim)

    argument.__name__ = argument.__qualname__ = name
    argument.__doc__ = f"The index of an extremum, of all or along a dimension (torch.{name})."
    registry.public(name, out=True, samples=EXTREMA)(argument)
    return argument


argmax, argmin = _arg("argmax"), _arg("argmin")


def _truth(name, prim):
    @numpy_names
    def truth(input, dim=None, keepdim=False):
        x = fresh(input)
        have = dtype_of(x)
        if have is not dtypes.bool_:
            x = x != 0
        out = prim(x, wrap_dims(dim, len(x._raw.shape)), keepdim)
        return hidden_cast(out, have) if have is dtypes.uint8 else out

    truth.__name__ = truth.__qualname__ = name
    truth.__doc__ = f"Whether {name} elements are true, over all or some dimensions (torch.{name})."
    masks = [S(T((), kind="mask")), S(T((3, 4), kind="mask")), S(T((3, 4), kind="mask"), 0),
             S(T((2, 3, 2)), (0, 2)), S(T((0, 2)), 0)]  # fmt: skip
    registry.public(name, out=True, samples=masks)(truth)
    return truth


any_, all_ = _truth("any", any_prim), _truth("all", all_prim)


@registry.public("count_nonzero", samples=lambda: [S(T((3, 4), kind="mask")), S(T((3, 4)), 0)])
@numpy_names
def count_nonzero(input, dim=None):
    """How many elements are not zero (torch.count_nonzero)."""
    return sum(fresh(input).detach() != 0, dim)
