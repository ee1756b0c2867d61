"""Forward mode: a tensor may carry a tangent at each level, and every op passes them on.

A tangent is a Tensor like any other: it may be recorded, be on a level of vmap, have tangents at
outer levels. An op computes its result as always; then, level by level from the outermost, the
tangent of the result follows from the gradient rules, so there is no second table of formulas:

    elementwise ops    the sum of the rules, with the tangents for the gradient: they are diagonal
    linear ops         the op itself, on the tangents
    all others         the transpose of the rule: the gradient of the gradient, which is linear

While a level's tangent is computed only the levels outside it are on. A view's tangent is the same
view of its base's tangent, so writes reach it as they reach the data.
"""

from __future__ import annotations

import weakref

from ..codegen import rule_args
from ..dispatch import shapes_of
from ..primitive import TABLE, TP
from ..tensor import Tensor, edge, fresh, wrap
from . import modes
from .batched import MAPPED, join
from .batching import carry
from .captured import unwatched
from .errors import no_forward
from .graph import LEAF, SEQ, LeafAlias, leaf_alias, notes_of
from .modes import LOCAL, shift
from .ties import PRODUCTS, tie

LINEAR = frozenset(
    "neg sum sum_dim mean mean_dim cumsum roll cat stack tril triu repeat trace unslice take_flat"
    " add_flat index index_add_at strided_add diag_embed block_diag"
    " max_unpool2d max_unpool3d".split()
)  # in all their operands together, but for indices


class DualLevel:
    """One level of forward mode; ``public``: the number `forward_ad` knows it by, or None.

    A level with a number is on in every thread, as in torch; the others are their thread's.
    """

    __slots__ = ("holders", "public")

    def __init__(self, public=None):
        self.holders, self.public = [], public

    def note(self, holder):
        self.holders.append(weakref.ref(holder))

    def enter(self):
        if self.public is None:
            LOCAL.duals = (*LOCAL.duals, self)
        else:
            type(LOCAL).duals = (self,)
        shift(exotic=1)
        return self

    def leave(self):
        """Forget all tangents of this level, wherever they are kept."""
        if self.public is not None:
            type(LOCAL).duals = ()
        rest = tuple(v for v in LOCAL.duals if v is not self)
        put_back(None if rest == type(LOCAL).duals else rest)
        shift(exotic=-1)
        for ref in self.holders:
            held = ref()
            if held is not None and held.__dict__.get("_duals"):
                held.__dict__["_duals"].pop(self, None)
        self.holders = []


def swap(levels):
    """Let these be the levels of this thread; gives what `put_back` takes."""
    before = LOCAL.__dict__.get("duals")
    LOCAL.duals = levels
    return before


def put_back(before):
    """End what `swap` began; None: the thread has no levels but those that all have."""
    if before is None:
        LOCAL.__dict__.pop("duals", None)
    else:
        LOCAL.duals = before


class below:
    """A block in which only the levels outside ``level`` are on; None: no level is."""

    __slots__ = ("before", "level")

    def __init__(self, level):
        self.level = level

    def __enter__(self):
        on = LOCAL.duals
        self.before = swap(on[: on.index(self.level)] if self.level is not None else ())

    def __exit__(self, *exc):
        put_back(self.before)


# --- tangents of tensors --------------------------------------------------------------------------


def tangent(t, level):
    """The tangent of a tensor at a level, or None."""
    found = t._duals
    if found is not None and level in found:
        return found[level]
    e = t._ext
    if e is None or e.base is None:
        return None
    u = tangent(e.base, level)
    if u is not None:
        with below(level):
            for op, params in e.chain[e.depth :]:
                u = op.fn(u, *params)
        set_tangent(t, level, u)
    return u


def set_tangent(t, level, u):
    """Give a tensor its tangent at a level; it is at least at the vmaps that the tensor is at."""
    if t._p.level and u is not None and u._p is not t._p:
        u = carry(u, join(u._p, t._p))
    fields = t.__dict__
    if fields.get("_duals") is None:
        fields["_duals"] = {}
    fields["_duals"][level] = u
    level.note(t)


def follow(out, t, step):
    """Give ``out``, made of ``t`` by a linear ``step`` of Tensors, the tangents that follow."""
    return follow_all((out,), t, lambda u: (step(u),))[0]


def follow_all(outs, t, step):
    """The same for several results of one step."""
    for level in LOCAL.duals:
        u = tangent(t, level)
        if u is not None:
            with below(level):
                us = step(u)
            for out, v in zip(outs, us, strict=True):
                set_tangent(out, level, v)
    return outs


def primal(t, level, shared=True):
    """``t`` without its tangents at a level and inside it: the same data and history.

    shared: writes to one are seen in the other; not needed inside a rule, which writes nothing.
    """
    t = fresh(t)
    n = t._node
    if not shared and (n is None or not LOCAL.grad):
        out = wrap(t._p, t._raw)
    elif n is None or not LOCAL.grad:
        out = t.detach()
    else:
        out = t.detach()
        out._node = leaf_alias(t._p, t._raw, t) if n is LEAF else n
    if level in LOCAL.duals and LOCAL.duals[0] is not level:
        with below(level):
            follow(out, t, lambda u: u)
    return out


# --- ops ------------------------------------------------------------------------------------------


def apply(op, P, operands, params, compute):
    """An op whose operands may have tangents; ``compute`` is it without them."""
    tensors = [x for x in operands if isinstance(x, Tensor)]
    levels = [v for v in LOCAL.duals if any(tangent(x, v) is not None for x in tensors)]
    with below(None):
        y = compute(op, P, operands, params)
    if op.rules is None or not levels or LOCAL.inference:
        return y
    refuse(op)
    many = type(y) is tuple
    ys = y if many else (y,)
    if not any(P.differentiable(t._raw) for t in ys):
        return y
    for level in levels:
        us = [tangent(x, level) if isinstance(x, Tensor) else None for x in operands]
        us = [u if u is None or P.differentiable(x._raw) else None
              for u, x in zip(us, operands, strict=True)]  # fmt: skip
        xs = [primal(x, level, False) if isinstance(x, Tensor) else x for x in operands]
        outs = [primal(t, level, False) for t in ys]
        with below(level):
            found = push(op, P, xs, us, outs if many else outs[0], params)
            if LOCAL.grad and op.name in PRODUCTS:
                for u in found:
                    if u is not None and u._node is None:
                        _tie(op, u, xs)
        for t, u in zip(ys, found, strict=True):
            if u is not None:
                set_tangent(t, level, u)
    if op.saves_out and ys[0]._node is not None:
        n = ys[0]._node if not many else getattr(ys[0]._node, "parent", ys[0]._node)
        notes_of(n)["duals"] = [t.__dict__.get("_duals") for t in ys]
    return y


def refuse(op):
    """torch's error of an op that it has no derivative of, in this mode or at all."""
    for rule in (op.rules,) if op.whole else op.rules:
        name = getattr(rule, "refused", None)
        if name:
            raise no_forward(name)


def push(op, P, xs, us, out, params):
    """The tangents of an op's results (a list) from those of its operands.

    out: the result without tangents at this level, a list of several.
    """
    variadic = op.meta.get("variadic")
    if op.name in LINEAR or op.is_view:
        ts = [(_zeros(x) if P.differentiable(x._raw) else x) if u is None else u
              for x, u in zip(xs, us, strict=True)]  # fmt: skip
        return [op.fn(ts, *params) if variadic else op.fn(*ts, *params)]
    if not op.whole and op.kernel in MAPPED and _real(out) and all(map(_real, xs)):
        return [_diagonal(op, P, xs, us, out, params)]
    return _transposed(op, P, xs, us, out, params)


def _tie(op, u, xs):
    """Let a tangent without history be of the graph of the operands whose values the rules read:
    in torch a tangent that was not given is zeros, which multiply them."""
    read = op.operands if op.whole else op.saves
    edges = [edge(x) for name, x in zip(op.operands, xs, strict=False)
             if name in read and isinstance(x, Tensor) and x._node is not None]  # fmt: skip
    if edges:
        tie(u, tuple(edges), "AddBackward0")


def _real(x):
    if type(x) is list:
        return False
    return not isinstance(x, (Tensor, complex)) or isinstance(x, Tensor) and not x.is_complex()


def _zeros(x):
    return wrap(x._p, x._p.full(tuple(x._raw.shape), 0, x._raw.dtype))


def _ones(x):
    return wrap(x._p, x._p.full(tuple(x._raw.shape), 1, x._raw.dtype))


def _asked(op, rule, xs, out, params):
    """What a rule asks for, by name."""
    given = dict(zip(op.operands, xs, strict=True))
    given.update(zip(op.params, params, strict=True))
    for name, x in zip(op.operands, xs, strict=True):
        given[name + "_shape"] = tuple(x._raw.shape) if isinstance(x, Tensor) else ()
    given["out"] = out
    return [given[name] for name in rule_args(rule)]


def _diagonal(op, P, xs, us, out, params):
    total = None
    shape, dtype = tuple(out._raw.shape), out.dtype
    for rule, u, x in zip(op.rules, us, xs, strict=True):
        if rule is None or u is None:
            continue
        u = _shaped(u, shape, dtype if x.dtype is not dtype else None)
        r = rule(TP, u, *_asked(op, rule, xs, out, params))
        if r is not None:
            total = r if total is None else TP.add(total, r)
    if total is None:
        return _zeros(out)
    total = _shaped(total, shape, dtype)
    return total.clone() if any(total is u for u in us) else total


def _shaped(u, shape, dtype):
    from ..dispatch import cast

    if tuple(u._raw.shape) != shape:
        u = TABLE["spread"].fn(u, shape)
    return u if dtype is None or u.dtype is dtype else cast(u, dtype)


class Cut(LeafAlias):
    """A node that ends the graph while a rule is transposed, and is tied to it afterwards."""

    __slots__ = ()


def _cut(x, cuts):
    """A stand-in for a tensor at which a backward stops."""
    if not isinstance(x, Tensor) or x._node is None:
        return x
    n = object.__new__(Cut)
    n.seq, n.P, n.edges, n.params, n.saved = next(SEQ), x._p, (), (), ()
    n.versions = n.out = n.out_st = n.hooks = None
    n.shape, n.dtype = x._raw.shape, x._raw.dtype
    cuts.append((n, edge(x)))
    out = wrap(x._p, x._raw)
    out._st, out._ext = x._st, x._ext
    out._node = n
    follow(out, x, lambda u: u)
    return out


def _transposed(op, P, xs, us, out, params):
    from . import grad
    from .engine import _fit

    many = type(out) is list
    outs = out if many else [out]
    cuts: list = []
    before = LOCAL.grad
    record = before and any(isinstance(x, Tensor) and x._node is not None for x in [*xs, *us])
    modes._set_grad(True)
    try:
        xs = [_cut(x, cuts) for x in xs] if record else [_bare(x) for x in xs]
        outs = [_cut(t, cuts) for t in outs] if record else [_bare(t) for t in outs]
        vs = [_ones(t) if P.differentiable(t._raw) else None for t in outs]
        for v in vs:
            if v is not None:
                v._node = LEAF
        gs = _pulled(op, P, xs, us, outs if many else outs[0], params, vs if many else vs[0])
        pairs = [
            (_fit(P, g, x._raw.shape, x._raw.dtype, True), u)
            for g, x, u in zip(gs, xs, us, strict=True) if g is not None and u is not None
        ]  # fmt: skip
        pairs = [(g, _cast_like(u, g)) for g, u in pairs if g._node is not None]
        live = [v for v in vs if v is not None]
        found = [None] * len(live)
        if pairs:
            found = grad([g for g, _ in pairs], live, [u for _, u in pairs], create_graph=record,
                         allow_unused=True)  # fmt: skip
    finally:
        modes._set_grad(before)
    for n, e in cuts:
        n.edges = (e,)
    found = iter(found)
    results = [None if v is None else next(found) for v in vs]
    return [(None if v is None else _zeros(t)) if r is None else r.clone()
            for r, v, t in zip(results, vs, outs, strict=True)]  # fmt: skip


def _cast_like(u, g):
    from ..dispatch import cast

    return u if u.dtype is g.dtype else cast(u, g.dtype)


def _bare(x):
    if not isinstance(x, Tensor) or x._node is None:
        return x
    return follow(x.detach(), x, lambda u: u)


def _pulled(op, P, xs, us, out, params, v):
    """The rules of an op on Tensors: per operand its gradient, None where none is wanted."""
    if op.whole:
        edges = tuple(None if u is None else LEAF for u in us)
        saved = [tuple(x._raw.shape) for x in xs] if op.meta.get("shapes_only") else shapes_of(
            op, xs)  # fmt: skip
        out = (tuple(out) if type(out) is list else out) if op.saves_out else None
        return op.rules(TP, v, saved, out, tuple(params), edges)
    return [
        None if rule is None or u is None else rule(TP, v, *_asked(op, rule, xs, out, params))
        for rule, u in zip(op.rules, us, strict=True)
    ]


def any_tangent(tensors):
    """Whether one of these tensors has a tangent now."""
    return any(tangent(fresh(t), v) is not None for t in tensors for v in LOCAL.duals)


def refuse_out(name, tensors):
    """torch's refusal of ``out=`` where a tensor has a tangent."""
    if any_tangent(tensors):
        raise NotImplementedError(
            f"Trying to use forward AD with {name}_out that does not support it because it is an "
            "out= function"
        )


# --- writes and views -----------------------------------------------------------------------------


def lend(stand_in, t):
    """Give the stand-in for a tensor that is to be written the tangents that it has now."""
    for level in LOCAL.duals:
        u = tangent(t, level)
        if u is not None:
            with below(level):
                set_tangent(stand_in, level, u.clone())


def written(t, value):
    """The tangents of ``t`` after ``value`` was written into it."""
    if LOCAL.inference:
        return
    for level in LOCAL.duals:
        new, old = tangent(value, level), tangent(t, level)
        if new is None and old is None:
            continue
        with below(level):
            if old is None or new is not None and not new._p.levels.keys() <= old._p.levels.keys():
                old = _begun(t, level, new)
            with unwatched():
                if new is None:
                    old.zero_()
                else:
                    old.copy_(new)


def _begun(t, level, new):
    """A tangent that ``new`` can be written to: zeros, or the old one at the vmaps of ``new``.

    For a view, the view of its base's.
    """
    alone = t._ext is None or level in (t._duals or ())
    base = None if alone else t._ext.base
    root = tangent(t if base is None else base, level)
    root = _zeros(t if base is None else base) if root is None else root
    if new._p is not root._p:
        root = carry(root, join(root._p, new._p))
    if base is None:
        set_tangent(t, level, root)
        return root
    set_tangent(base, level, root)
    u = root
    for op, params in t._ext.chain[t._ext.depth :]:
        u = op.fn(u, *params)
    set_tangent(t, level, u)
    return u


def turn_tangents(t, out, turn):
    """Turn the tangents of ``t`` in place by the step that its view ``out`` has gone."""
    op, params = out._ext.chain[-1]
    for level in LOCAL.duals:
        u = tangent(t, level)
        if u is not None:
            with below(level):
                turn(u, op, params)


def restored(ts, n):
    """Saved results of a node, as new Tensors, with the tangents that they had."""
    for t, found in zip(ts, n.notes["duals"], strict=True):
        if found:
            t.__dict__["_duals"] = found
    return ts
