"""One captured program of a function: what it takes for granted, what it runs, what it leaves."""

from __future__ import annotations

from sys import getrefcount

from ..autograd.function import Function
from ..autograd.graph import FREED, SEQ, node_class
from ..autograd.modes import LOCAL
from ..storage import Storage, make_view, share, storage_of
from ..tensor import Tensor, edge, fresh, wrap
from .graph import Input, refs
from .guards import SCALARS, same, state_of
from .lower import runner
from .tree import unflatten

CONSTANT, KNOWN, AGAIN, NEW, HISTORY, VIEW = range(6)
TENSOR = object()  # stands for a tensor among the arguments


# --- what a program leaves behind -----------------------------------------------------------------


def set_grad(t, ref, values):
    t._grad = None if ref is None else wrap(t._p, values[ref])


def set_raw(t, ref, values):
    t._raw = values[ref]


def written(t, what, values):
    """A write: a new array where it was bound anew, versions and clocks moved on."""
    ref, root, moved, clock = what
    if ref is not None:
        t._raw = values[ref]
    st = storage_of(t)
    st.version += moved
    m = st.memory
    if clock is not None:
        m.clock += clock
        if root is not None:
            m.raw = values[root]
    if ref is not None and t._ext is None:
        m.raw = t._raw
    e = t._ext
    if e is not None and e.base is None:
        e.seen = m.clock


def view(tensors, values, ref, P, place, mine, base, chain, depth, meta):
    """A result that shares memory with a known tensor."""
    t, of = wrap(P, values[ref]), share(tensors[place])
    if mine:
        t._st = of
    else:
        t._st = Storage()
        t._st.version, t._st.memory = 0, of.memory
    home = None if base is None else tensors[base]
    t._ext = make_view(home, chain, depth, of.memory.clock, meta, t._st.version)
    return t


class Entry:
    """A program that can run in place of the function as long as it `matches`."""

    def __init__(self, capture, effects, outs, spec, back):
        known = capture.known
        self.graph, self.guards = capture.graph, capture.guards
        self.known = [(k.how, k.t if k.how is None else None, k.state, k.layout) for k in known]
        self.pinned = [(i, known[i].t) for i in capture.pinned if known[i].how is not None]
        self.twins = capture.twins
        self.leaves = [TENSOR if isinstance(x, Tensor) else x for x in capture.leaves]
        self.sharing = sharing([k.t for k in known])
        self.given = sum(k.how is not None for k in known)
        self.places = [(i.kind == "root", i.place) for i in self.graph.inputs]
        self.effects, self.outs, self.spec, self.back = effects, outs, spec, back
        wanted = {r for _, _, what in effects for r in refs_in(what)}
        wanted.update(x[0] for kind, x in outs if kind in (NEW, VIEW))
        if back is not None:
            wanted.update(r for _, r in back.results)
            wanted.update(back.saved)
        self.graph.outputs = list(dict.fromkeys(wanted))
        self.donated = self.overwritten(effects, () if back is None else back.saved)
        self.program = runner(self.graph, [i.var for i in self.donated])
        self.program_holds = [(self.graph.inputs.index(i), i.place) for i in self.donated]
        if back is not None and not back.freed:
            back.graph.inputs = [
                *back.graph.inputs,
                *(Input(r, self.graph.space(r), "saved", None, f"saved{i}")
                  for i, r in enumerate(back.saved)),
            ]  # fmt: skip
            back.program = runner(back.graph)
        capture.known = capture.rec = None

    def overwritten(self, effects, kept):
        """Inputs whose array is replaced by the run and not looked at afterwards."""
        bound = {
            i for fn, i, what in effects if fn is set_raw or fn is written and what[0] is not None
        }
        return [
            i for i in self.graph.inputs
            if i.kind == "tensor" and i.place in bound and i.var not in kept
        ]  # fmt: skip

    # --- before a run -------------------------------------------------------------------------

    def matches(self, leaves):
        """The known tensors of this call, or None if the program does not fit it."""
        for have, want in zip(leaves, self.leaves, strict=True):
            if want is TENSOR:
                if not isinstance(have, Tensor):
                    return None
            elif have is not want and not (type(have) in SCALARS and same(have, want)):
                return None
        if not self.guards.holds():
            return None
        tensors = []
        for how, t, state, layout in self.known:
            if how is not None:
                kind, at = how
                if kind == "arg":
                    t = leaves[at]
                else:
                    t = tensors[at]._grad if kind == "grad" else tensors[at]._ext.base
            if t._ext is not None:
                fresh(t)
            if state_of(t) != state or layout is not None and t._p.strides(t._raw) != layout:
                return None
            tensors.append(t)
        if self.given and len(tensors) > 1 and len({id(t) for t in tensors}) != len(tensors):
            return None
        if self.sharing and sharing(tensors) != self.sharing:
            return None
        if any(tensors[i] is not t for i, t in self.pinned):
            return None
        if any(leaves[j] is not tensors[i] for j, i in self.twins):
            return None
        return tensors

    # --- a run --------------------------------------------------------------------------------

    def run(self, tensors):
        raws = [tensors[i]._st.memory.raw if root else tensors[i]._raw for root, i in self.places]
        program = self.program
        if program.donating is not None and self.sole(tensors, raws):
            program = program.donating
        values = dict(zip(self.graph.outputs, program(*raws), strict=True))
        for effect, i, what in self.effects:
            effect(tensors[i], what, values)
        back = self.back
        if back is not None:
            targets = [tensors[i] for i in back.targets]
            if back.freed:
                made = [spent(P, values[r], targets) for P, r in back.results]
            else:
                made = CompiledFunction.apply(back, tensors, values, *targets)
        leaves = []
        for kind, x in self.outs:
            if kind == HISTORY:
                leaves.append(made[x])
            elif kind == NEW:
                ref, P, node = x
                t = wrap(P, values[ref])
                t._node = node
                leaves.append(t)
            elif kind == VIEW:
                leaves.append(view(tensors, values, *x))
            elif kind == KNOWN:
                leaves.append(tensors[x])
            else:
                leaves.append(x if kind == CONSTANT else leaves[x])
        return unflatten(self.spec, iter(leaves))

    def sole(self, tensors, raws):
        """Whether nobody but the tensors themselves holds the arrays that would be donated."""
        for at, place in self.program_holds:
            t = tensors[place]
            held = 1 + (t._st is not None and t._st.memory.raw is raws[at])
            if count(raws, at) - held != ONE:
                return False
        return True


def count(xs, i):
    return getrefcount(xs[i])


ONE = count([object()], 0)


def refs_in(what):
    return refs(what if type(what) is tuple else (what,))


def sharing(tensors):
    """Which tensors lie in one memory."""
    first, out = {}, []
    for i, t in enumerate(tensors):
        st = t._st
        if st is not None and st.memory.shared:
            out.append((i, first.setdefault(id(st.memory), i)))
    return out


def _freed(P, n, g, graph):
    raise RuntimeError(FREED)


Spent = node_class("CompiledFunctionBackward", vjp=staticmethod(_freed))


def spent(P, raw, targets):
    """A result whose graph was used up inside of the function."""
    t, n = wrap(P, raw), object.__new__(Spent)
    edges = tuple([edge(x) for x in targets])
    n.seq, n.P, n.edges, n.params, n.shape, n.dtype = next(SEQ), P, edges, (), raw.shape, raw.dtype
    n.saved = n.versions = n.out = n.out_st = n.hooks = None
    t._node = n
    return t


class CompiledFunction(Function):
    """Gives the results of a program one node, whose gradients the second program computes."""

    @staticmethod
    def forward(ctx, back, tensors, values, *targets):
        ctx.back = back
        outs = [wrap(P, values[r]) for P, r in back.results]
        mine = {r: t for (_, r), t in zip(back.results, outs, strict=True)}
        theirs = {id(t._raw): t for t in tensors}
        saved = []
        for r in back.saved:
            t = mine.get(r, theirs.get(id(values[r])))
            saved.append(wrap(back.results[0][0], values[r]) if t is None else t)
        ctx.save_for_backward(*saved)
        return tuple(outs)

    @staticmethod
    def backward(ctx, *grads):
        back = ctx.back
        given = (*grads, *ctx.saved_tensors)
        if LOCAL.grad and any(t._node is not None for t in given):
            raise RuntimeError(
                "torch.compile with aot_autograd does not currently support double backward"
            )
        raws = [fresh(t)._raw for t in given]
        got = iter(back.program(*raws))
        pairs = zip(back.homes, back.present, strict=True)
        return (None, None, None, *[wrap(P, next(got)) if p else None for P, p in pairs])
