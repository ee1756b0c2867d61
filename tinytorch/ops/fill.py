"""Writes that replace whole contents: `copy_`, `fill_`, `zero_`."""

from __future__ import annotations

from .. import registry
from ..autograd.captured import refuse
from ..autograd.inplace import (
    check_write,
    fill_straight,
    outside,
    recorded,
    refuse_early,
    refuse_outside,
    unused_view,
    write,
)
from ..autograd.modes import LOCAL, STATE
from ..autograd.overlap import check_overlap, check_partial_overlap, same_place, shares
from ..dispatch import dtype_of
from ..storage import bump
from ..tensor import Tensor, current, fresh
from .table import broadcast_shape, primitive


def _zeros(P, g):
    """What was overwritten has no part in the result."""
    return P.full_as(g, tuple(g.shape), 0)


copied = primitive(
    "copied", _zeros, lambda P, g: g, operands=("a", "b"),
    node="CopyBackwards", forward=lambda P, x, v: P.spread(v, tuple(x.shape)),
)  # fmt: skip
filled = primitive(
    "filled", _zeros, params=("value",), node="FillBackward2",
    forward=lambda P, x, value: P.full(tuple(x.shape), value, x.dtype),
)  # fmt: skip
filled_apart = primitive("fill", _zeros, params=("value",), kernel="filled", node="FillBackward0")
_WITH = dict(operands=("a", "b"), kernel="copied")
filled_with = primitive(
    "fill_with", _zeros, lambda P, g: P.sum(g, None, False), node="FillBackward1", **_WITH
)
fill_written = primitive(
    "fill_written", _zeros, lambda P, g: P.sum(g, None, False), node="FillBackward3", **_WITH
)
filled_item = primitive(
    "fill_item", _zeros, lambda P, g: None, operands=("a", "b"), kernel="filled",
    node="FillBackward3",
)  # fmt: skip
zeroed = primitive(
    "zeroed", _zeros, node="ZeroBackward0",
    forward=lambda P, x: P.full(tuple(x.shape), 0, x.dtype),
)  # fmt: skip


def copy_from(target, value, item=False):
    """Write a number or a broadcastable tensor of any dtype into ``target``.

    item: as an assignment to an item does, which brings the value to the shape first.
    """
    if STATE.exotic and LOCAL.tracks:
        refuse(target, "copy" if isinstance(value, Tensor) else "fill_.Tensor", (value,))
    if not isinstance(value, Tensor):
        if isinstance(value, (bool, int, float, complex)):
            if item and target._ext is not None:
                refuse_early(target, unused_view(target))
                check_overlap(current(target))
            return fill_by(target, value, filled_item)
        from ..factories import tensor

        value = tensor(value, device=target.device)
    value = fresh(value)
    if item and not value._raw.shape and value._p.device.type == "cpu":
        return fill_by(target, value, filled)
    from .convert import hidden_cast, move

    if value._p is not target._p:
        value = move(value, target._p)
    if dtype_of(value) is not dtype_of(target):
        value = hidden_cast(value, dtype_of(target))
    have, want = tuple(value._raw.shape), tuple(fresh(target)._raw.shape)
    while have != want and have[:1] == (1,) and (item or len(have) > len(want)):
        have = have[1:]
    if have != tuple(value._raw.shape) or item and have != want:
        from .view import view_shape

        value = view_shape(value, have)
    if have != want:
        try:
            ok = broadcast_shape(have, want) == want
        except RuntimeError:
            ok = False
        if not ok:
            raise _mismatch(have, want, value.type())
        if recorded(target, (value,)) and not outside(target):
            check_write(target)
        check_overlap(target)
        if item:
            from .view import expand_shape

            value = expand_shape(value, want)
        return write(target, copied, (value,), overlap=True)
    return write(target, copied, (value,), overlap=same_place(target, value))


def _mismatch(have, want, name):
    lead = len(want) - len(have)
    for i in range(len(want) - 1, -1, -1) if lead >= 0 else ():
        n = have[i - lead] if i >= lead else None
        if n is not None and n != want[i] and n != 1:
            return RuntimeError(
                f"The expanded size of the tensor ({want[i]}) must match the existing size ({n}) "
                f"at non-singleton dimension {i}.  Target sizes: {list(want)}.  Tensor sizes: "
                f"{list(have)}"
            )
    return RuntimeError(
        f"expand({name}{{{list(have)}}}, size={list(want)}): the number of sizes "
        f"provided ({len(want)}) must be greater or equal to the number of dimensions in the "
        f"tensor ({len(have)})"
    )


@registry.public("copy_", function=False)
def copy_(self, src, non_blocking=False):
    """Contents replaced by those of ``src``, cast and broadcast (torch.Tensor.copy_)."""
    if not isinstance(src, Tensor):
        raise registry.bad_argument("copy_", "other", 1, src)
    if STATE.exotic and LOCAL.tracks:
        refuse(self, "copy", (src,))
    unborn = unused_view(self)
    if self._ext is not None:
        refuse_early(self, unborn)
    if recorded(fresh(self), (fresh(src),)) and not outside(self):
        check_write(self, unborn)
    elif src is self:
        bump(self)
        refuse_outside(self)
        return self
    if not same_place(self, src):
        check_overlap(self)
        if shares(self, src):
            check_partial_overlap(self, src)
    have, want = tuple(src._raw.shape), tuple(self._raw.shape)
    both = broadcast_shape(want, have)
    if both != want:
        from ..autograd.batched_texts import outgrown
        from ..autograd.batching import refuse_write

        refuse_write("copy", self, src)
        raise RuntimeError(outgrown("copy", self, both))
    return copy_from(self, src)


def check_fill(value):
    if value.dim() != 0:
        raise RuntimeError(
            "fill_ only supports 0-dimension value tensor but got tensor with "
            f"{value.dim()} dimensions."
        )


@registry.public("fill_", function=True)
def fill_(self, value):
    """All elements set to ``value``, a number or a 0-d tensor (torch.Tensor.fill_)."""
    return fill_by(self, value, filled, "fill")


def fill_by(self, value, number, name=""):
    if STATE.exotic and LOCAL.tracks:
        refuse(self, "fill", (value,))
    if isinstance(value, Tensor):
        check_fill(value)
        from .convert import hidden_cast

        value = fresh(value)
        if dtype_of(value) is not dtype_of(self):
            value = hidden_cast(value, dtype_of(self))
        return write(self, fill_written, (value,), overlap=True, name=name)
    from ..dispatch import scalar_as

    value = scalar_as(self._p, value, dtype_of(self))
    if fill_straight(self, value):
        return self
    return write(self, lambda t: number(t, value), overlap=True)


@registry.public("zero_", function=True)
def zero_(self):
    """All elements set to zero (torch.Tensor.zero_)."""
    if fill_straight(self, 0):
        return self
    if STATE.exotic and LOCAL.tracks:
        refuse(self, "zero")
    return write(self, zeroed, overlap=True)
