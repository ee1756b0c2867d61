"""Views through vmap: an example is a part of the memory outside, and what leaves is a view of it.

What enters a level is noted as the home of its memory: the tensor outside and the dimension that
was hidden. A tensor that leaves and still lies in such a memory is made again outside, by the same
view steps with the batch in front; its base is then the tensor that went in. Strides inside are
those of the home as well, so that `is_contiguous`, `view` and `as_strided` answer as torch's do.
"""

from __future__ import annotations

from itertools import product
from operator import mul

from ..dispatch import make_alias
from ..dtypes import int64
from ..primitive import TABLE
from ..storage import contiguous_strides, geometry, is_contiguous, mark_inference, storage_of
from ..tensor import fresh, wrap
from .batching import enter, leave
from .inplace import recorded
from .modes import LOCAL


class Home:
    """Where a tensor inside (``inside``) came from: dimension ``dim`` of ``x`` was hidden.

    turned: the tensor outside itself and its dimension, once it came to be seen in another way;
    ``x`` is then what it was before.
    """

    __slots__ = ("clock", "dim", "inside", "turned", "x")

    def __init__(self, inside, x, dim):
        self.inside, self.x, self.dim, self.turned = inside, x, dim, None
        self.clock = inside._st.memory.clock

    def written(self):
        """Whether something was written inside that is not outside yet."""
        return self.inside._st.memory.clock != self.clock

    def write_back(self, level):
        """Bring what was written inside to the tensor outside."""
        t, x = self.inside, self.x
        st, e = t._st, t._ext
        if not self.written():
            return
        self.clock = st.memory.clock
        turned = e is not None and e.chain
        if turned:
            t = wrap(t._p, st.memory.raw)
        value = leave(t, level, self.dim)
        if value.shape != x.shape:
            x.resize_(value.shape)
        x.copy_(value)
        if turned:
            from ..ops.view_inplace import turn

            fresh(x)
            self.x = make_alias(TABLE["alias"], x, ())
            turn(x, seen_outside(self.inside, self.dim), recorded(x))
            self.turned = x, min(self.dim, x.dim() - 1)


def settle(inside, x, level, dim):
    """Note where ``inside`` came from."""
    if inside._p.of is level:
        memory = storage_of(inside).memory
        level.homes[id(memory)] = Home(inside, x, dim)


def home_of(t):
    """The Home of the memory of a tensor of a vmap, or None."""
    st = t._st
    return None if st is None else t._p.of.homes.get(id(st.memory))


def outside(t, level):
    """(``t`` outside of a level, which dimension is the batch): as it went in, if it is that."""
    t = fresh(t)
    home = home_of(t) if t._p.of is level else None
    if home is None or t._ext is not None and t._ext.chain:
        return leave(t, level, 0), 0
    home.write_back(level)
    if t._node is home.inside._node and home.x._tracks == t._tracks:
        return home.x, home.dim
    return leave(t, level, home.dim), home.dim


def start(t):
    """(shape, strides, offset) of the root array that ``t`` is seen through."""
    home = home_of(t)
    if home is None:
        shape = tuple((t._raw if t._st is None else t._st.memory.raw).shape)
        return shape, contiguous_strides(shape), 0
    d = home.dim
    shape, strides, offset = geometry(fresh(home.x))
    return shape[:d] + shape[d + 1 :], strides[:d] + strides[d + 1 :], offset


def _named(name, shift):
    """A step outside: the view op of that name with parameters that leave the batch alone."""

    def step(u, op, params):
        return make_alias(TABLE[name or op.name], fresh(u), shift(u, *params))

    return step


def _expanded(u, op, params):
    batch, *rest = u.shape
    (shape,) = params
    ones = (1,) * (len(shape) - len(rest))
    if ones:
        u = make_alias(TABLE["unsqueeze"], u, ((batch, *ones, *rest),))
    return make_alias(TABLE["expand"], u, ((batch, *shape),))


def _strided(u, op, params):
    from ..ops.view_strided import as_strided

    size, strides, offset = params
    size, strides = (u.shape[0], *size), (u.stride(0) if u.numel() else 0, *strides)
    return as_strided(u, size, strides, u.storage_offset() + offset)


def _unfolded(u, op, params):
    dim, size, step = params
    return make_alias(op, fresh(u), (dim + 1, size, step)) if u.dim() > 1 else None


def _unchanged(u, op, params):
    return make_alias(op, fresh(u), params)


STEPS = {
    "permute_dims": _named("permute", lambda u, axes: ((0, *[a + 1 for a in axes]),)),
    "reshape": _named("view", lambda u, shape: ((u.shape[0], *shape),)),
    "getitem": _named("slice", lambda u, key: ((slice(None), *key),)),
    "diagonal": _named(None, lambda u, k, i, j: (k, i + 1, j + 1)),
    "unfold": _unfolded,
    "broadcast_to": _expanded,
    "as_strided": _strided,
    **dict.fromkeys(
        ("alias", "conj", "negative", "view_as_real", "view_as_complex", "view_bytes"), _unchanged
    ),
}


def _moved(u, source, to):
    axes = [d for d in range(u.dim()) if d != source]
    to = min(to, len(axes))
    axes.insert(to, source)
    if axes == sorted(axes):
        return u
    return make_alias(TABLE["permute"], fresh(u), (tuple(axes),))


def _stepped(u, chain):
    for op, params in chain:
        step = STEPS.get(op.kernel)
        u = None if step is None else step(fresh(u), op, params)
        if u is None:
            return None
    return u


def _laid(t, level):
    """A new tensor with given strides as it is outside; None if ``t`` is none."""
    e = t._ext
    if e is None or not e.chain or e.base is not None or t._node is not None:
        return None
    return _stepped(leave(wrap(t._p, t._st.memory.raw), level, 0, True), e.chain)


def seen_outside(t, to=0):
    """The view outside that ``t`` is of its home, the batch as dimension ``to``; None if it has no
    home or one step has no form outside."""
    home = home_of(t)
    if home is None:
        return None
    e = t._ext
    chain = () if e is None else e.chain
    if e is not None and e.meta == "custom":
        return None
    if t is home.inside and home.turned is not None:
        return _moved(*home.turned, to)
    if not chain:
        u = _moved(home.x, home.dim, to)
        if u is home.x and t is not home.inside:
            u = make_alias(TABLE["alias"], fresh(u), ())
    else:
        u = _stepped(_moved(home.x, home.dim, 0), chain)
        if u is None:
            return None
        u = _moved(u, 0, to)
        if e.meta == "multi" and LOCAL.grad:
            u._ext.meta = e.meta
    if LOCAL.grad and t._node is None and u is not home.x and fresh(u)._node is not None:
        u = u.detach()
    return u


def out_of(t, level, dim):
    """A result with the batch of ``level`` as dimension ``dim``: a view wherever torch gives one.

    What all examples share is expanded to a shape with the batch in its place, as torch does: only
    the first place is sure to fit.
    """
    t = fresh(t)
    if t._duals is not None:
        return leave(t, level, dim, True)
    if level.id not in t._p.levels:
        shape = tuple(t._raw.shape)
        return t.expand(*shape[:dim], level.size, *shape[dim:])
    u = seen_outside(t, dim) if t._p.of is level else None
    if u is not None:
        return u
    u = _laid(t, level) if t._p.of is level else None
    u = leave(t, level, 0, True) if u is None else u.detach()
    if LOCAL.inference:
        mark_inference(u)
    return _moved(u, 0, dim)


# --- given strides --------------------------------------------------------------------------------


def _last(size, stride, offset):
    """The place after the last that a strided region reaches; None if it has no elements."""
    if 0 in size:
        return None
    return offset + 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True))


def as_strided(t, size, stride, storage_offset):
    """`as_strided` of each example, through the memory outside; None if it may go on inside.

    RuntimeError in torch's words if it would leave the example's own memory.
    """
    if len(size) != len(stride):
        raise RuntimeError(
            "Tensor.as_strided(size, stride, ...): size and stride must have the same length! Got "
            f"size {list(size)} and stride {list(stride)}"
        )
    shape, strides, base = geometry(t)
    offset = base if storage_offset is None else storage_offset
    top, own = _last(size, stride, offset), _last(shape, strides, base)
    if top is not None and (own is None or top > own or base > offset):
        why = "`tensor` has no storage but the passed-in (size, stride, storage_offset) imply a "
        why += "result with some storage."
        if own is not None:
            why = f"`result` can access some memory in range [{offset}, {top}], but `tensor` can "
            why += f"only access some memory in range [{base}, {own}]."
        raise RuntimeError(
            f"result = tensor.as_strided({list(size)}, {list(stride)}, {offset}) can access memory "
            f"outside of `tensor`. {why} This is not supported inside of vmap, please try to "
            "rewrite the `as_strided` call as a sequence of PyTorch view operations"
        )
    home = home_of(t)
    if home is None or is_contiguous(*start(t)[:2]):
        return None
    level = t._p.of
    home.write_back(level)
    u = seen_outside(t)
    part = u.as_strided((level.size, *size), (u.stride(0), *stride), offset)
    inside = enter(part, level, 0)
    if t._duals is not None or t._node is not None and LOCAL.grad and t._tracks != home.x._tracks:
        return _followed(t, inside.detach(), (shape, strides, base), (size, stride, offset))
    settle(inside, part, level, 0)
    return make_alias(TABLE["alias"], inside, ())


def _followed(t, values, own, region):
    """A strided region of ``t`` that is no view of it but has its history.

    Elements that are of other examples have none.
    """
    from ..factories import tensor
    from ..ops.piecewise import where

    at = {place: i for i, place in enumerate(_places(*own))}
    index = [at.get(place) for place in _places(*region)]
    here = tensor([i is not None for i in index]).reshape(values.shape)
    index = tensor([i or 0 for i in index], dtype=int64)
    return where(here, t.reshape(-1)[index].reshape(values.shape), values)


def _places(size, stride, offset):
    return [offset + sum(map(mul, at, stride)) for at in product(*map(range, size))]
