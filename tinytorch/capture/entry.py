"""One captured program of a function: what it takes for granted, what it runs, what it leaves.

A capture is an ordinary run of the function beside which the kernels are recorded; its results are
returned as they are. What the run did to tensors that existed before (a new array, a new gradient,
a version) is read off afterwards by comparison, and becomes part of the program.

Results that have a history get one node, `CompiledFunctionBackward`: the gradients that they would
send to the tensors of the function are captured too, as a second graph over the first one's values.
"""

from __future__ import annotations

from sys import getrefcount

from ..autograd import engine
from ..autograd.function import Function
from ..autograd.graph import FREED, Node
from ..autograd.modes import LOCAL
from ..storage import Storage, make_view, share, storage_of
from ..tensor import Tensor, edge, fresh, wrap
from .graph import Graph, Input, refs
from .guards import SCALARS, Guards, Unwatched, layout_of, state_of
from .lower import live, runner
from .recorder import Recorder, Unsupported, another
from .tree import flatten, unflatten
from .watch import watching


class Known:
    """A tensor that existed before the run: where it is found again, and what it was like.

    how: None (it is itself, held by a guarded place), ("arg", leaf), ("grad", known), ("base",
    known).
    """

    __slots__ = ("clock", "grad", "how", "label", "layout", "memory", "node", "raw", "root",
                 "state", "t", "version")  # fmt: skip

    def __init__(self, t, how, label):
        self.t, self.how, self.label = t, how, label
        self.state, self.layout = state_of(t), layout_of(t)
        st = t._st
        self.raw, self.node, self.grad = t._raw, t._node, t._grad
        self.version, self.clock, self.root = 0, 0, None
        self.memory = None if st is None else st.memory
        if st is not None:
            self.version, self.clock, self.root = st.version, st.memory.clock, st.memory.raw


class Capture:
    """The run of a function under a recorder; ``entry`` is the program, or None with a reason."""

    def __init__(self, fn, name, fullgraph):
        self.fn = fn
        self.graph = Graph(name)
        self.rec = Recorder(self.graph, fullgraph)
        self.known, self.place, self.twins, self.pinned = [], {}, [], set()
        self.memories = set()
        self.guards = Guards(self.found)
        self.parts, self.entry, self.reason, self.changing = None, None, None, None

    # --- tensors that exist before ------------------------------------------------------------

    def found(self, t, label, how=None):
        i = self.place.get(id(t))
        if i is not None:
            if how is not None and how[0] == "arg":
                self.twins.append((how[1], i))
            elif how is None:
                self.pinned.add(i)
            return
        with self.rec.aside():
            fresh(t)
            st = t._st
            if (
                self.rec.met(t._raw)
                and t._ext is None
                and (st is None or id(st.memory) not in self.memories)
            ):
                t._raw = another(t._p, t._raw)
                if st is not None:
                    st.memory.raw = t._raw
            if st is not None:
                self.memories.add(id(st.memory))
        if t._hooks is not None or type(t._p) is not type(t._p.narrow):
            self.rec.stop(f"{label} has hooks, or is inside a transform")
        i = self.place[id(t)] = len(self.known)
        if how is not None and how[0] != "arg":
            how = how[0], self.place[id(how[1])]
        k = Known(t, how, label)
        self.known.append(k)
        self.rec.know(k.raw, t._p, "tensor", i, label)
        if k.root is not None and k.root is not k.raw:
            self.rec.know(k.root, t._p, "root", i, label + " memory")

    # --- the run ------------------------------------------------------------------------------

    def run(self, leaves, call):
        """Call the function, recording; returns its result."""
        rec, guards = self.rec, self.guards
        try:
            guards.walk(self.fn, "function")
            for j, x in enumerate(leaves):
                if isinstance(x, Tensor):
                    guards.walk(x, f"arg{j}", ("arg", j))
                elif type(x) not in SCALARS:
                    guards.walk(x, f"arg{j}")
        except Unwatched as e:
            rec.stop(str(e))
        self.leaves = leaves
        with rec.recording(), watching(guards, rec.stop):
            result = call()
            if rec.reason is None:
                self.finish(result)
        if self.parts is not None:
            try:
                self.entry = Entry(self, *self.parts)
            except Unsupported as e:
                rec.stop(str(e))
        if rec.reason is not None:
            if rec.fullgraph:
                raise Unsupported(rec.reason)
            self.reason = rec.reason
        return result

    def finish(self, result):
        """What the run changed and returned; then the gradients of what it returned."""
        self.changing = self.guards.changed()
        if self.changing is not None:
            return
        try:
            effects = self.effects()
            outs, spec, diff = self.results(result)
            back = self.gradients(diff) if diff else None
            self.parts = effects, outs, spec, back
        except Unsupported as e:
            self.rec.stop(str(e))

    def need(self, raw, what):
        ref = self.rec.var(raw)
        if ref is None:
            raise Unsupported(f"{what} comes from a place that is not captured")
        return ref

    def effects(self):
        out, memories, counted = [], set(), set()
        for i, k in enumerate(self.known):
            t, st = k.t, k.t._st
            if t._node is not k.node:
                raise Unsupported(f"the history of {k.label} changes")
            if t._grad is not k.grad:
                out.append((set_grad, i, self.new_grad(k, t._grad)))
            rebound = t._raw is not k.raw and (t._ext is None or t._ext.base is None)
            ref = self.need(t._raw, k.label) if rebound else None
            if st is None:
                if rebound:
                    out.append((set_raw, i, ref))
                continue
            moved = 0 if id(st) in counted else st.version - k.version
            counted.add(id(st))
            m = st.memory
            if k.memory is not None and k.memory is not m:
                raise Unsupported(f"{k.label} is given other memory")
            root = clock = None
            if id(m) not in memories:
                memories.add(id(m))
                clock = m.clock - k.clock
                if m.raw is not (k.raw if k.root is None else k.root) and not t._p.mutable:
                    root = self.need(m.raw, k.label)
            if rebound or moved or clock:
                out.append((written, i, (ref, root, moved, clock)))
        return out

    def new_grad(self, k, g):
        if g is None:
            return None
        if id(g) in self.place or type(g) is not Tensor or isinstance(g._node, Node):
            raise Unsupported(f"the gradient of {k.label} is not a new one")
        return self.need(fresh(g)._raw, f"the gradient of {k.label}")

    def results(self, result):
        leaves, outs, diff, seen, memories = [], [], [], {}, set()
        spec = flatten(result, leaves)
        theirs = {
            id(k.t._st.memory): i for i, k in enumerate(self.known) if k.t._st is not None
        }  # fmt: skip
        for x in leaves:
            if type(x) in SCALARS:
                outs.append((CONSTANT, x))
            elif not isinstance(x, Tensor):
                raise Unsupported(f"it returns {type(x).__name__}")
            elif id(x) in self.place:
                outs.append((KNOWN, self.place[id(x)]))
            elif id(x) in seen:
                outs.append((AGAIN, seen[id(x)]))
            else:
                fresh(x)
                seen[id(x)] = len(outs)
                shared = id(x._st.memory) if x._st is not None else None
                if shared is not None and shared in memories:
                    raise Unsupported("its results share memory")
                memories.add(shared)
                ref = self.need(x._raw, "a result")
                if shared in theirs:
                    outs.append((VIEW, self.view_of(x, ref, theirs[shared])))
                elif isinstance(x._node, Node):
                    outs.append((HISTORY, len(diff)))
                    diff.append((x, ref))
                else:
                    outs.append((NEW, (ref, x._p, x._node)))
        return outs, spec, diff

    def view_of(self, x, ref, place):
        """How to make a result that is a view of, or shares memory with, a known tensor."""
        e = x._ext
        base = None if e is None or e.base is None else self.place.get(id(e.base), self)
        if x._node is not None or base is self or e is None:
            raise Unsupported("it returns a view that has a history")
        mine = x._st is self.known[place].t._st
        return ref, x._p, place, mine, base, e.chain, e.depth, e.meta

    # --- gradients of results -----------------------------------------------------------------

    def gradients(self, diff):
        """The second graph: from gradients of the results to those of the known tensors."""
        rec, roots = self.rec, [edge(x) for x, _ in diff]
        order = engine.reachable(roots)
        if any(n.hooks is not None for n in order if isinstance(n, Node)):
            raise Unsupported("it hooks a node of its graph")
        met = {e for n in order if isinstance(n, Node) for e in n.edges if e is not None}
        met.update(roots)
        targets = [i for i, k in enumerate(self.known) if k.node is not None and edge(k.t) in met]
        back = Backward(diff, targets, [self.known[i].t._p for i in targets])
        graph = back.graph = rec.graph = Graph(self.graph.name + " gradients")
        graph.types = self.graph.types
        grads = []
        for j, (x, _) in enumerate(diff):
            with rec.aside():
                raw = x._p.full(tuple(x._raw.shape), 1, x._raw.dtype)
            grads.append(raw)
            rec.give(raw, x._p, "grad", j, f"grad{j}")
        edges = [edge(self.known[i].t) for i in targets]
        try:
            got = engine.run(roots, grads, True, False, edges, False)
        except RuntimeError as e:
            if str(e) != FREED:
                raise Unsupported(f"its gradients fail: {e}") from e
            got, back.freed = {}, True
        raws = [got.get(e) for e in edges]
        back.present = [r is not None for r in raws]
        graph.outputs = [self.need(r, "a gradient") for r in raws if r is not None]
        late = [g for g in graph.inputs if g.kind != "grad"]
        graph.inputs = [g for g in graph.inputs if g.kind == "grad"]
        self.graph.inputs += late
        made = {o for n in graph.nodes for o in n.outs} | {g.var for g in graph.inputs}
        wanted = [r for n in live(graph) for r in n.reads] + graph.outputs
        back.saved = [r for r in dict.fromkeys(wanted) if r not in made]
        rec.graph = self.graph
        return back


CONSTANT, KNOWN, AGAIN, NEW, HISTORY, VIEW = range(6)
TENSOR = object()  # stands for a tensor among the arguments


class Backward:
    """The gradients of a program's results: the graph, what it reads, whom it serves."""

    def __init__(self, diff, targets, homes):
        self.refs = [r for _, r in diff]
        self.spaces = [x._p for x, _ in diff]
        self.targets, self.homes, self.freed = targets, homes, False


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
        self.places = [(i.kind == "root", i.place) for i in self.graph.inputs]
        self.effects, self.outs, self.spec, self.back = effects, outs, spec, back
        wanted = {r for _, _, what in effects for r in refs_in(what)}
        wanted.update(x[0] for kind, x in outs if kind in (NEW, VIEW))
        if back is not None:
            wanted.update(back.refs)
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
            elif have is not want and not (
                type(have) is type(want) and type(have) in SCALARS and have == want
            ):
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
        if len({id(t) for t in tensors}) != len(tensors) or sharing(tensors) != self.sharing:
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
            made = CompiledFunction.apply(
                back, tensors, values, *[tensors[i] for i in back.targets]
            )
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


class CompiledFunction(Function):
    """Gives the results of a program one node, whose gradients the second program computes."""

    @staticmethod
    def forward(ctx, back, tensors, values, *targets):
        ctx.back = back
        outs = [wrap(P, values[r]) for P, r in zip(back.spaces, back.refs, strict=True)]
        if not back.freed:
            mine = dict(zip(back.refs, outs, strict=True))
            theirs = {id(t._raw): t for t in tensors}
            saved = []
            for r in back.saved:
                t = mine.get(r, theirs.get(id(values[r])))
                saved.append(wrap(back.spaces[0], values[r]) if t is None else t)
            ctx.save_for_backward(*saved)
        return tuple(outs)

    @staticmethod
    def backward(ctx, *grads):
        back = ctx.back
        if back.freed:
            raise RuntimeError(FREED)
        given = (*grads, *ctx.saved_tensors)
        if LOCAL.grad and any(t._node is not None for t in given):
            raise RuntimeError(
                "torch.compile with aot_autograd does not currently support double backward"
            )
        raws = [fresh(t)._raw for t in given]
        got = iter(back.program(*raws))
        pairs = zip(back.homes, back.present, strict=True)
        return (None, None, None, *[wrap(P, next(got)) if p else None for P, p in pairs])
