"""Memory, versions and views: who shares data with whom, and since when.

    Memory   one block of data: `clock` counts every write; `raw` is the current root array, which
             immutable backends replace on a write and views are replayed from
    Storage  a version counter over a Memory; `x.data` shares the Memory under a fresh counter,
             and `x.data = y` moves to y's Memory with the counter of before
    View     how a tensor is seen through its Memory (`chain` of view steps from the root) and whose
             history owns it (`base`; the steps from the base are `chain[depth:]`)

A tensor that was never viewed nor written has no Storage at all (`_st is None`): its version is 0.
Views are brought up to date by pull: an op compares `View.seen` with the clock, nothing is pushed.
"""

from __future__ import annotations

from math import prod

from .autograd.modes import LOCAL, STATE

_new = object.__new__
NAN = float("nan")
COUNTED = 2  # a tensor of inference mode with a version: an alias that was made outside it


class Memory:
    __slots__ = ("__weakref__", "clock", "raw", "shared")


class Storage:
    __slots__ = ("memory", "version")


class Moved(Storage):
    """The Storage of a tensor that was given other memory: it counts with what it had before."""

    __slots__ = ("counter",)

    @property
    def version(self):
        return self.counter.version

    @version.setter
    def version(self, n):
        self.counter.version = n


def moved(t, memory):
    """A Storage for ``t`` in another memory, whose versions are those of the one that it has."""
    old = storage_of(t)
    st = _new(Moved)
    st.counter, st.memory = old.counter if type(old) is Moved else old, memory
    return st


class View:
    """The place of a tensor in its memory; ``seen`` is the clock at which it was last current,
    ``at`` the version at which its history was last derived.

    meta: how the view came about where that matters for writes under autograd: None, or
    "no_grad", "multi", "custom", "inference".
    """

    __slots__ = ("at", "base", "chain", "depth", "meta", "seen")


def storage_of(t):
    """The Storage of a tensor, made now if it had none."""
    st = t._st
    if st is None:
        n = t._node
        if n is not None and n.out is t._raw and n.out_st is not None:
            t._st = st = n.out_st  # somebody has been shown the result that the node saved
            share(t)
            return st
        was = t._raw
        t._raw = raw = t._p.own(was)
        m = _new(Memory)
        m.clock, m.raw, m.shared = 0, raw, False
        st = _new(Storage)
        st.version, st.memory = 0, m
        t._st = st
        if n is not None and n.out is not None:
            n.out_st, n.out_version = st, 0
            if n.out is was:
                n.out = raw
    return st


def apart(t):
    """Give a tensor that stands in for the result of its node a Storage which that node ignores."""
    n, t._node = t._node, None
    storage_of(t)
    t._node = n


def share(t):
    """Note that something outside (an alias, a NumPy array) sees the tensor's memory."""
    st = storage_of(t)
    st.memory.shared = True
    if not t._p.mutable and t._ext is None:
        t._ext = make_view(None, (), 0, st.memory.clock)
    return st


def make_view(base, chain, depth, seen, meta=None, at=0):
    e = _new(View)
    e.base, e.chain, e.depth, e.seen, e.meta, e.at = base, chain, depth, seen, meta, at
    return e


def mark_inference(t):
    """Make ``t`` a tensor of inference mode.

    The clock of its memory is NaN: equal to nothing, it keeps the tensor off every short path.
    """
    st = storage_of(t)
    st.memory.clock = NAN
    if t._ext is None:
        t._ext = make_view(None, (), 0, NAN)
    t._inference = True


def bump(t):
    """Count a write to the tensor: its version and its memory's clock."""
    st = storage_of(t)
    st.version += 1
    st.memory.clock += 1


def version(t):
    return 0 if t._st is None else t._st.version


# --- replaying and writing through a chain of view steps ------------------------------------------

TURNS = ("conj", "negative")  # steps that change values, not places
RETYPES = ("view_as_real", "view_as_complex")


def turns(t):
    """Whether a tensor shows the conjugates of its memory, and whether the negatives."""
    e = t._ext
    if e is None:
        return False, False
    kernels = [op.kernel for op, _ in e.chain]
    return kernels.count("conj") % 2 == 1, kernels.count("negative") % 2 == 1


def _turned_back(P, value, chain):
    for op, _ in chain:
        if op.kernel in TURNS:
            value = op.put(P, None, value)
    return value


def look(P, root, chain):
    """The raw array seen through ``chain`` from ``root``; generic in the namespace ``P``."""
    for op, params in chain:
        root = getattr(P, op.kernel)(root, *params)
    return root


def put(P, root, value, chain):
    """``root`` with the region seen through ``chain`` replaced by ``value``; generic in ``P``.

    Each step inverts itself where it can; from the first that cannot, an index array is pushed
    through the rest of the chain and the values are scattered.
    """
    if not chain:
        return value
    op, params = chain[0]
    if op.put is not None:
        inner = look(P, root, chain[:1]) if len(chain) > 1 else None
        return op.put(P, root, put(P, inner, value, chain[1:]), *params)
    for i, (op, _) in enumerate(chain):
        if op.kernel in RETYPES:
            value = put(P, look(P, root, chain[:i]), value, chain[i:])
            chain = chain[:i]
            break
    n = prod(root.shape)
    flat = P.reshape(root, (n,))
    idx = P.as_index(positions(P.host, tuple(root.shape), chain))
    value = _turned_back(P, value, chain)
    return P.reshape(P.put_flat(flat, idx, P.reshape(value, (-1,))), tuple(root.shape))


def positions(host, shape, chain):
    """Where in the flattened root each element seen through ``chain`` lies: a host array."""
    n = prod(shape)
    chain = [step for step in chain if step[0].kernel not in TURNS]
    idx = look(host, host.reshape(host.arange(0, n, 1, host.int64), shape), chain)
    return host.reshape(idx, (-1,))


def unlook(P, g, chain, shape):
    """The adjoint of `look`: an array of the root's ``shape`` with ``g`` added where it was seen.

    Steps that can see an element twice (expand, overlapping windows) have no `put`, so their
    contributions are summed.
    """
    for i, (op, _) in enumerate(chain):
        if op.kernel in RETYPES:
            inner = tuple(look(P, P.full_as(g, shape, 0), chain[:i]).shape)
            inner = op.geometry(inner, contiguous_strides(inner), 0)[0]
            g = unlook(P, g, chain[i + 1 :], inner)
            return unlook(P, op.put(P, None, g), chain[:i], shape)
    if all(op.put is not None for op, _ in chain):
        return put(P, P.full_as(g, shape, 0), g, chain)
    idx = P.as_index(positions(P.host, shape, chain))
    g = _turned_back(P, g, chain)
    return P.reshape(P.add_flat(P.reshape(g, (-1,)), (prod(shape),), idx), shape)


def write_raw(t, value):
    """Write a raw array of the tensor's own shape and dtype into its memory and count the write."""
    P = t._p
    st = storage_of(t)
    if STATE.exotic and LOCAL.keeper is not None:
        LOCAL.keeper.before_write(st.memory)
    e = t._ext
    if P.mutable and e is not None and any(op.kernel in P.replayed for op, _ in e.chain):
        root = st.memory.raw
        P.assign(root, put(P, root, value, e.chain))
        t._raw = look(P, root, e.chain)
    elif P.mutable:
        P.assign(t._raw, value)
    else:
        t._raw = value
        st.memory.raw = put(P, st.memory.raw, value, e.chain) if e is not None else value
    st.version += 1
    st.memory.clock += 1
    if e is not None and e.base is None:
        e.seen = st.memory.clock


# --- geometry: strides and offsets, in integers, the same on every backend ------------------------


def contiguous_strides(shape):
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))


def _strides_of(P, raw):
    return contiguous_strides(raw.shape) if 0 in raw.shape else P.strides(raw)


def geometry(t):
    """(shape, strides, offset) of a tensor in elements of its memory."""
    e = t._ext
    shape = tuple(t._raw.shape)
    if t._p.level:
        from .autograd.batched_views import start

        shape, strides, offset = start(t)
    elif e is None or not e.chain:
        return shape, _strides_of(t._p, t._raw), 0
    else:
        root = t._st.memory.raw
        shape, strides, offset = tuple(root.shape), _strides_of(t._p, root), 0
    for op, params in () if e is None else e.chain:
        shape, strides, offset = op.geometry(shape, strides, offset, *params)
    return shape, strides, offset


def is_contiguous(shape, strides):
    expected = 1
    for n, s in zip(reversed(shape), reversed(strides), strict=True):
        if n != 1:
            if s != expected:
                return 0 in shape
            expected *= n
    return True


def view_strides(shape, strides, new):
    """Strides of a reshape that copies nothing, or None if there are none."""
    if 0 in shape:
        return contiguous_strides(new)
    out = []
    d = len(new) - 1
    chunk_base, chunk, seen = (strides[-1] if strides else 1), 1, 1
    for i in range(len(shape) - 1, -1, -1):
        chunk *= shape[i]
        if i == 0 or (shape[i - 1] != 1 and strides[i - 1] != chunk * chunk_base):
            while d >= 0 and (seen < chunk or new[d] == 1):
                out.append(seen * chunk_base)
                seen *= new[d]
                d -= 1
            if seen != chunk:
                return None
            if i > 0:
                chunk_base, chunk, seen = strides[i - 1], 1, 1
    if d != -1 and shape:
        return None
    if not shape:
        return (1,) * len(new)
    return tuple(reversed(out))
