"""Selection and writing by boolean masks."""

from __future__ import annotations

from math import prod

from .. import dtypes, registry
from ..autograd.captured import refuse
from ..autograd.errors import c_name
from ..autograd.modes import LOCAL, STATE
from ..autograd.overlap import check_overlap, repeats
from ..dispatch import cast, dtype_of, scalar_as
from ..samples import S, T
from ..tensor import Tensor, current, fresh
from .expanded import FILL, write_some
from .table import broadcast_shape, primitive, refuse_batches
from .view import expand

masked_fill_value = primitive(
    "masked_fill_value", lambda P, g, m: P.mask(g, P.logical_not(m)), None,
    operands=("a", "m"), params=("value",), node="MaskedFillBackward0", kernel="masked_fill_value",
    forward=lambda P, x, m, value: P.where(m, P.full((), value, x.dtype), x),
    meta={"saved_names": {"m": "mask"}},
)  # fmt: skip
put_value = primitive(
    "masked_put_value", lambda P, g, m: P.mask(g, P.logical_not(m)), None,
    operands=("a", "m"), params=("value",), node="IndexPutBackward0", kernel="masked_fill_value",
    meta={"asked": (0, None)},
)  # fmt: skip
masked_fill_tensor = primitive(
    "masked_fill_tensor", lambda P, g, m: P.mask(g, P.logical_not(m)), None,
    lambda P, g, m: P.sum(P.mask(g, m), None, False), operands=("a", "m", "b"),
    node="MaskedFillBackward1", kernel="masked_fill_tensor",
    forward=lambda P, x, m, v: P.where(m, v, x), meta={"saved_names": {"m": "mask"}},
)  # fmt: skip
_FILLS = [S(T((3, 4)), T((3, 4), kind="mask"), 1.5), S(T((3, 4)), T((4,), kind="mask"), 2),
          S(T((3, 4)), T((3, 1), kind="mask"), T(()))]  # fmt: skip


@registry.public("masked_fill", samples=_FILLS)
def masked_fill(input, mask, value):
    """Elements where ``mask`` is true set to ``value`` (torch.masked_fill)."""
    if isinstance(mask, Tensor) and mask.dtype is not dtypes.bool_:
        raise RuntimeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype "
            f"{c_name(mask.dtype)}"
        )
    x = fresh(input)
    broadcast_shape(tuple(fresh(mask)._raw.shape), tuple(x._raw.shape))
    if isinstance(value, Tensor):
        if value.dim() != 0:
            raise RuntimeError(
                "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
                f"{value.dim()} dimension(s)."
            )
        return masked_fill_tensor(x, mask, _as(value, dtype_of(x)))
    have = dtype_of(x)
    kind = dtypes.scalar_dtype(value)
    if kind.category == dtypes.COMPLEX and have.category < dtypes.COMPLEX:
        raise RuntimeError(
            f"value cannot be converted to type {_CPP.get(have._name, have._name)} without overflow"
        )
    return masked_fill_value(x, mask, scalar_as(x._p, value, have))


@registry.public("masked_fill_", function=False)
def masked_fill_(self, mask, value):
    """In-place form of `masked_fill`; torch lets it write elements that share memory."""
    if STATE.exotic and LOCAL.tracks:
        refuse(self, "masked_fill", (mask, value))
    if isinstance(mask, Tensor) and not repeats(current(self)):
        check_overlap(self, (mask,))
    fill = lambda t, *more: masked_fill(t, mask, value)  # noqa: E731
    name = "masked_fill_.Tensor" if isinstance(value, Tensor) else "masked_fill_"
    return write_some(self, fill, (value,), name, FILL)


_CPP = {"int64": "int64_t", "int32": "int", "int16": "int16_t", "int8": "int8_t",
        "uint8": "uint8_t", "float32": "float", "float64": "double"}  # fmt: skip


def _as(t, dtype):
    return t if dtype_of(fresh(t)) is dtype else cast(t, dtype)


def _select(P, x, m):
    i = P.nonzero(P.reshape(m, (-1,)))[0]
    return P.take(P.reshape(x, (-1,)), i, 0)


def _unselect(P, g, m):
    i = P.nonzero(P.reshape(m, (-1,)))[0]
    flat = P.put_flat(P.reshape(P.full_as(g, tuple(m.shape), 0), (-1,)), i, g)
    return P.reshape(flat, tuple(m.shape))


select_prim = primitive(
    "masked_select", lambda P, g, m: P.masked_unselect(g, m), None, operands=("a", "m"),
    forward=_select, meta={"saved_names": {"m": "mask"}, "keeps": {"a": (0,)}},
)  # fmt: skip
unselect_prim = primitive(
    "masked_unselect", lambda P, g, m: P.masked_select(g, m), None, operands=("a", "m"),
    node="MaskedScatterBackward0", forward=_unselect,
)  # fmt: skip


def _scatter(P, x, m, v):
    i = P.nonzero(P.reshape(m, (-1,)))[0]
    n = i.shape[0]
    v = P.getitem(P.reshape(v, (-1,)), (slice(0, n),))
    return P.reshape(P.put_flat(P.reshape(x, (-1,)), i, v), tuple(x.shape))


def _gathered(P, x, m, shape):
    part = P.masked_select(x, m)
    return P.reshape(P.unslice(part, (prod(shape),), (slice(0, part.shape[0]),)), shape)


primitive(
    "masked_gathered", lambda P, g, m, a_shape: P.masked_scatter(P.full_as(g, a_shape, 0), m, g),
    None, operands=("a", "m"), params=("shape",), forward=_gathered, node="MaskedSelectBackward0",
)  # fmt: skip
scatter_prim = primitive(
    "masked_scatter", lambda P, g, m: P.mask(g, P.logical_not(m)), None,
    lambda P, g, m, b_shape: P.masked_gathered(g, m, b_shape),
    operands=("a", "m", "b"), forward=_scatter, meta={"saved_names": {"m": "mask"}},
)  # fmt: skip


def _mask(name, x, mask):
    if dtype_of(fresh(mask)) is not dtypes.bool_:
        if name == "masked_select":
            raise RuntimeError("masked_select: expected BoolTensor for mask")
        raise RuntimeError(
            f"masked_scatter_ only supports boolean masks, but got mask with dtype "
            f"{mask.dtype.legacy}"
        )


@registry.public("masked_select", out=True, samples=lambda: [
    S(T((3, 4)), T((3, 4), kind="mask")), S(T((3, 4)), T((4,), kind="mask"))])  # fmt: skip
def masked_select(input, mask):
    """The elements where ``mask`` is true, in one dimension (torch.masked_select)."""
    x, m = fresh(input), fresh(mask)
    refuse_batches("masked_select", m)
    _mask("masked_select", x, m)
    whole = broadcast_shape(tuple(x._raw.shape), tuple(m._raw.shape))
    x = x if tuple(x._raw.shape) == whole else expand(x, whole)
    m = m if tuple(m._raw.shape) == whole else expand(m, *whole)
    return select_prim(x, m)


@registry.public(
    "masked_scatter",
    inplace=True,
    samples=lambda: [
        S(T((3, 4)), T((3, 4), kind="mask"), T((3, 5))),
        S(T((3, 4)), T((4,), kind="mask"), T((12,))),
    ],
)
def masked_scatter(input, mask, source):
    """The elements where ``mask`` is true replaced by those of ``source`` in order."""
    x, m, s = fresh(input), fresh(mask), fresh(source)
    _mask("masked_scatter", x, m)
    if dtype_of(s) is not dtype_of(x):
        raise RuntimeError(
            "masked_scatter_: expected self and source to have same dtypes but got "
            f"{dtype_of(x).legacy} and {dtype_of(s).legacy}"
        )
    whole = broadcast_shape(tuple(x._raw.shape), tuple(m._raw.shape))
    x = x if tuple(x._raw.shape) == whole else expand(x, whole)
    m = m if tuple(m._raw.shape) == whole else expand(m, *whole)
    if not m._p.level and s.numel() < int(m.sum().item()):
        raise RuntimeError("Number of elements of source < number of ones in mask")
    return scatter_prim(x, m, s)
