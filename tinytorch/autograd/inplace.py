"""Writes under autograd: what a write does to the history of a tensor, its base and its views.

A write computes the new value out of place on a stand-in for the tensor, so that it is recorded
like any op; then the raw value goes into memory and the history moves:

    not a view         x.grad_fn = node of the new value
    a view of `base`   base.grad_fn = CopySlices(old base, new value); the view, and every other
                       view of that base, finds its new history from the base when next used

CopySlices is the functional `put` of the chain of view steps: its rules are `put` of zeros and the
look through the chain, made of primitives, so that double backward follows.
"""

from __future__ import annotations

from weakref import ref

from ..storage import (
    apart,
    bump,
    look,
    put,
    storage_of,
    unlook,
    write_raw,
)
from ..tensor import FAST, Tensor, edge, fresh, settled, sync, wrap
from . import errors
from .graph import FREED, LEAF, SEQ, Node, Refused, node_class, notes_of, public_edge
from .modes import LOCAL, STATE
from .overlap import OVERLAP, check_overlap, repeating, repeats, shares

_new = object.__new__


def region_of(P, n, g, chain):
    """The part of a gradient that arrives at a CopySlices which is that of the value written."""
    if n.saved is None:
        raise RuntimeError(FREED)
    if n.edges[0] is not None and repeating(tuple(g.shape), chain):
        raise RuntimeError(OVERLAP)  # torch writes the region of a copy of the gradient
    return look(P, g, chain)


def _copy_slices_vjp(P, n, g, graph):
    (chain,) = n.params
    region = region_of(P, n, g, chain)
    base = None
    if n.edges[0] is not None:
        base = put(P, g, P.full_as(region, tuple(region.shape), 0), chain)
        if graph and base._node is None:
            base = P.copied(g, base)  # zeros all over, but of a gradient with a history
    return base, region if n.edges[1] is not None else None


def _repeating_vjp(P, n, g, graph):
    if n.saved is None:
        raise RuntimeError(FREED)
    raise RuntimeError(OVERLAP)  # torch lays the gradient out as the base


def _through_views_vjp(P, n, g, graph):
    chain, base_shape = n.params
    return (unlook(P, g, chain, base_shape),)


CopySlices = node_class("CopySlices", vjp=staticmethod(_copy_slices_vjp), voids=True)
RepeatingCopySlices = node_class("CopySlices", vjp=staticmethod(_repeating_vjp), voids=True)
AsStridedBackward0 = node_class(
    "AsStridedBackward0", vjp=staticmethod(_through_views_vjp), picks=True
)


def _next_functions(n):
    """The base, and what else the write read: as torch shows a CopySlices."""
    value = n.edges[1]
    rest = value.next_functions[1:] if isinstance(value, Node) else (public_edge(value),)
    return (public_edge(n.edges[0]), *rest)


def _register_hook(n, fn):
    """Call ``fn(grad_inputs, grad_outputs)`` after this write has run; returns a handle."""
    from .whole_write import join

    join(n)
    return Node.register_hook(n, fn)


CopySlices.next_functions = RepeatingCopySlices.next_functions = property(_next_functions)
CopySlices.register_hook = _register_hook


def _node(cls, P, edges, params, like):
    n = _new(cls)
    n.seq, n.P, n.edges, n.params = next(SEQ), P, edges, params
    n.saved, n.versions = (), None
    n.out = n.out_st = n.hooks = None
    n.shape, n.dtype = like.shape, like.dtype
    return n


def regenerate(t):
    """Give a view the history that follows from its base's, now that this has been written."""
    e, old = t._ext, t._node
    base = e.base
    if e.meta is not None:
        from .view_errors import origin_of, text

        asked = old is LEAF or type(old) is Refused and old.params[2]
        params = (text(t, e.meta, indirect=True), origin_of(t), asked)
        t._node = _node(Refused, t._p, (), params, t._raw)
        return
    chain = steps_from_base(e)
    t._node = _node(_replay(chain), t._p, (edge(base),), (chain, tuple(base._raw.shape)), t._raw)
    if t.__dict__ and (t._hooks is not None or t._retains_grad):
        from .hooks import move

        move(t, old)


_replays = {}
_ALWAYS_REPLAYED = frozenset(
    n + "Backward0" for n in ("Conj", "NegView", "ViewAsReal", "ViewAsComplex")
)


def _replay(chain):
    """The node that stands for all steps from a base: the strides say all of it, or the last."""
    op = chain[-1][0] if chain else None
    if op is None or op.node not in _ALWAYS_REPLAYED and not LOCAL.view_replay:
        return AsStridedBackward0
    if op.node not in _replays:
        _replays[op.node] = node_class(op.node, vjp=staticmethod(_through_views_vjp), picks=True)
    return _replays[op.node]


def steps_from_base(e):
    """The view steps from the base to a view, also if the base has been turned in place since."""
    b = e.base._ext
    if b is None or len(b.chain) == e.depth:
        return e.chain[e.depth :]
    root = e.base._st.memory.raw
    place, undo = (tuple(root.shape), e.base._p.strides(root), 0), []
    for k, (op, params) in enumerate(b.chain):
        shape = place[0]
        place = op.geometry(*place, *params)
        if k >= e.depth:
            axes = params[0] if op.kernel == "permute_dims" else None
            back = shape if axes is None else tuple(axes.index(i) for i in range(len(axes)))
            undo.append((op, (back,)))
    return (*reversed(undo), *e.chain[e.depth :])


def past_hooks(t):
    """A way from a view straight to its base, if it or one between has hooks, else None.

    What a write reads of the view goes that way: those hooks see nothing of a write.
    """
    e, n = t._ext, t._node
    if e is None or e.base is None:
        return None
    at = n
    for _ in e.chain[e.depth :]:
        if not isinstance(at, Node) or not at.edges:
            break
        if at.hooks is not None:
            params = steps_from_base(e), tuple(e.base._raw.shape)
            return _node(AsStridedBackward0, t._p, (edge(e.base),), params, t._raw)
        at = at.edges[0]
    return None


def lead(n, old, straight):
    """Let what has been recorded since ``straight`` was made read by that, and not by ``old``."""
    if n.edges and n.edges[0] is old:
        n.edges = (straight, *n.edges[1:])
    else:
        stack = [n]
        while stack:
            n = stack.pop()
            n.edges = tuple([straight if e is old else e for e in n.edges])
            stack += [e for e in n.edges if isinstance(e, Node) and e.seq > straight.seq]
    straight.seq = old.seq  # a Function's node is older than this


def check_write(t, unborn=False):
    """torch's refusals of an in-place write to ``t`` while gradients are recorded.

    unborn: ``t`` is a view that has not been used since its base came to have a history.
    """
    e = t._ext
    if e is not None and e.base is not None:
        if e.meta is not None:
            from .view_errors import text

            raise RuntimeError(text(t, e.meta))
        base = settled(e.base)._node
        if t._node is not None and (base is None or not base.own):
            raise RuntimeError(errors.LEAF_VIEW_INPLACE)
        if t._node is not None and t._node.replayed:
            regenerate(t)
    if t._node is not None and (unborn or t._node.fixed):
        raise RuntimeError(errors.LEAF_INPLACE)


def refuse_early(t, unborn):
    """torch's refusals of a recorded write to a view, before the view is brought up to date."""
    e = t._ext
    if e.base is None or not LOCAL.grad or outside(t) or not t._p.differentiable(t._raw):
        return
    n = settled(e.base)._node
    if n is None and not (
        isinstance(t._node, Node) and t._node.own and type(t._node) is not Refused
    ):
        return
    if e.meta is not None:
        from .view_errors import text

        raise RuntimeError(text(t, e.meta))
    if n is None or not n.own:
        raise RuntimeError(errors.LEAF_VIEW_INPLACE)
    if unborn:
        raise RuntimeError(errors.LEAF_INPLACE)


def write_straight(op, t, args):
    """Let the kernel write its result into ``t`` itself; False where it may not, or could not.

    That needs a plain tensor of a mutable backend, operands of its dtype, and nothing to record.
    """
    P = t._p
    if t._ext is not None or STATE.exotic or op.kernel not in P.out_kernels:
        return False
    if t._node is not None and (LOCAL.grad or t._inference):
        return False
    x = t._raw
    dt = x.dtype
    if not x.shape or (op.promote == "float" and dt is not P.float32 and dt is not P.float64):
        return False
    if args:
        (y,) = args
        c = type(y)
        if c in FAST:
            if y._ext is not None:
                if shares(t, y):
                    return False
                fresh(y)
            if (y._node is not None and LOCAL.grad) or y._p is not P:
                return False
            y = y._raw
            if y.dtype is not dt:
                return False
        elif (c is not float and c is not int) or (dt is not P.float32 and dt is not P.float64):
            return False
        try:
            getattr(P, op.kernel)(x, y, x)
        except Exception:
            return False
    else:
        getattr(P, op.kernel)(x, x)
    st = t._st
    if st is None:
        st = storage_of(t)
    st.version += 1
    st.memory.clock += 1
    return True


def fill_straight(t, value):
    """Set all elements of a plain tensor to a Python number in place; False where it may not."""
    P = t._p
    if t._ext is not None or STATE.exotic or not P.mutable:
        return False
    if t._node is not None and (LOCAL.grad or t._inference):
        return False
    st = t._st
    if st is None:
        st = storage_of(t)
    P.assign(t._raw, value)
    st.version += 1
    st.memory.clock += 1
    return True


def recorded(t, args=()):
    """Whether a write to ``t`` that reads ``args`` is recorded now."""
    return (
        LOCAL.grad
        and t._p.differentiable(t._raw)
        and (
            t._node is not None
            or (
                t._ext is not None
                and t._ext.base is not None
                and fresh(t._ext.base)._node is not None
            )
            or any(isinstance(x, Tensor) and edge(fresh(x)) is not None for x in args)
        )
    )


def unused_view(t):
    """Whether ``t`` is a view that counts as a leaf, before it is brought up to date."""
    leaf = t._node is None or t._node is LEAF
    return leaf and t._ext is not None and t._ext.base is not None


def outside(t):
    """Whether ``t`` is a tensor of inference mode, without a version, and this is not that mode."""
    return t._inference is True and not LOCAL.inference


def refuse_outside(t):
    """torch's refusal of a write to such a tensor: it comes when the write is to be counted."""
    if outside(t):
        raise RuntimeError(errors.INFERENCE_INPLACE)


_MAKES_TENSORS = frozenset(
    "add sub mul div subtract multiply divide true_divide floor_divide".split()
)  # in-place ops that read a number as a tensor


def _reads_normal(args, name):
    """Whether a write reads a tensor that is not of inference mode: then torch records it."""
    return any(
        not x._inference if isinstance(x, Tensor)
        else name in _MAKES_TENSORS and isinstance(x, (int, float, complex))
        for x in args
    )  # fmt: skip


def write(t, compute, args=(), overlap=False, name=""):
    """Replace the contents of ``t`` by ``compute(t, *args)`` and move the history accordingly.

    compute: a function of Tensors whose result has the shape of ``t`` and a dtype that may be cast
    to its own; called on a stand-in for ``t``. overlap: elements of ``t`` may share memory, as
    where all become one value. name: of the op, where vmap refuses it. Returns ``t``.
    """
    unborn = unused_view(t)
    if t._ext is not None:
        refuse_early(t, unborn)
    fresh(t)
    record = recorded(t, args)
    if record and t._inference and outside(t):
        record = False
        if t._node is LEAF and _reads_normal(args, name):
            raise RuntimeError(errors.LEAF_INPLACE)
    if record:
        check_write(t, unborn)
    if not overlap:
        check_overlap(t, args)
    P = t._p.written(args) if t._p.level else t._p
    stand_in = wrap(P, P.copy(t._raw) if record and P.mutable and t._st is not None else t._raw)
    straight = past_hooks(t) if record else None
    old = stand_in._node = t._node if record else None
    if record and t._node is not None and t._node.out is not None:
        apart(stand_in)
    if STATE.exotic and LOCAL.duals:
        from .dual import lend

        lend(stand_in, t)
    with_grad = LOCAL.grad
    if with_grad and not record:
        args = tuple(args)
    value = compute(stand_in, *args)
    if value is NotImplemented:
        return value
    if value._p is not P and (P.level or value._p.level):
        from ..dispatch import convert
        from .batching import refuse_write

        refuse_write(name, t, value)
        value = convert(value, P)
    value = _fit(t, value, name)
    if straight is not None and value._node is not None and value._node.seq > straight.seq:
        lead(value._node, old, straight)
    install(t, value, record)
    if STATE.exotic and LOCAL.duals:
        from .dual import written

        written(t, value)
    refuse_outside(t)
    return t


def rebase(t, node):
    """Let ``node`` (an edge) be the history of what has just been written into ``t``."""
    e = t._ext
    if e is None or e.base is None:
        old, t._node = t._node, node
        if t.__dict__ and (t._hooks is not None or t._retains_grad):
            from .hooks import move

            move(t, old)
        return
    base, params = e.base, (steps_from_base(e),)
    old = base._node
    cls = RepeatingCopySlices if repeats(base) else CopySlices
    base._node = _node(cls, t._p, (edge(base), node), params, base._raw)
    if base.__dict__ and (base._hooks is not None or base._retains_grad):
        from .hooks import move

        move(base, old)
    e.seen = e.at = -1
    sync(t)


def _fit(t, value, name):
    from .. import dtypes

    have, want = value.dtype, t.dtype
    if tuple(value._raw.shape) != tuple(t._raw.shape):
        from .batched_texts import outgrown

        raise RuntimeError(outgrown(name, t, value._raw.shape))
    if have is not want:
        if not dtypes.can_cast(have, want):
            raise RuntimeError(
                f"result type {have.legacy} can't be cast to the desired output type {want.legacy}"
            )
        from ..dispatch import cast

        value = cast(value, want)
    return value


def install(t, value, record):
    """Put a Tensor's data and history in place of ``t``'s; shapes and dtypes agree."""
    raw = fresh(value)._raw
    P = t._p
    n = t._node
    if t._st is None and n is not None and n.out is t._raw and n.out_st is not None:
        storage_of(t)
    st = t._st
    e = t._ext
    if e is None and (st is None or not st.memory.shared):
        t._raw = P.laid_as(P.own(raw) if value._st is None else P.copy(raw), t._raw)
        bump(t)
        st = t._st
        st.memory.raw = t._raw
    else:
        write_raw(t, raw)
        st = t._st
    if not record:
        return
    n = value._node
    rebase(t, _alias_of_leaf(value) if n is LEAF else n)
    if n is not None and n is not LEAF and n.out is not None and type(n.out) is not tuple:
        n.out_st, n.out_version = st, st.version
        if n.out is raw and P.mutable:
            n.out = t._raw  # writes past the version counter, as through `.data`, reach it
        if t._node is not n and isinstance(t._node, Node):
            notes_of(n)["written"] = ref(t._node)


def _alias_of_leaf(value):
    from ..primitive import TP

    return TP.copy(value)._node


def _sum(P, a, b):
    """Two arrays of different dtypes added, rounded to that of the first at the end."""
    from ..dtypes import promote_types

    name = promote_types(P.torch_dtype[a.dtype], P.torch_dtype[b.dtype])
    wide = P.raw_dtype[name]
    return P.cast_grad(P.add(P.astype(a, wide), P.astype(b, wide)), a.dtype)


def accumulate_into(grad, g):
    """``grad += g`` on raw data, as backward adds to an existing ``.grad``."""
    fresh(grad)
    P = grad._p
    if grad._raw.shape != g.shape:
        from ..ops.table import broadcast_shape

        have, both = tuple(grad._raw.shape), broadcast_shape(grad._raw.shape, g.shape)
        if both != have:
            raise RuntimeError(
                f"output with shape {list(have)} doesn't match the broadcast shape {list(both)}"
            )
        g = P.broadcast_to(g, have)
    storage_of(grad)
    if g.dtype != grad._raw.dtype:
        write_raw(grad, _sum(P, grad._raw, g))
    elif P.mutable and grad._ext is None:
        if STATE.exotic and LOCAL.keeper is not None:
            LOCAL.keeper.before_write(grad._st.memory)
        raw = P.add_into(grad._raw, g)
        if raw is not grad._raw:
            P.assign(grad._raw, raw)
        bump(grad)
    else:
        write_raw(grad, P.add(grad._raw, g))
    refuse_outside(grad)
