"""The run that captures a function: an ordinary one, beside which the kernels are recorded.

Its results are returned as they are. What the run did to tensors that existed before (a new array,
a new gradient, a version) is read off afterwards by comparison, and becomes part of the program.

Results that have a history get one node, `CompiledFunctionBackward`: the gradients that they would
send to the tensors of the function are captured too, as a second graph over the first one's values.
"""

from __future__ import annotations

from ..autograd import engine
from ..autograd.graph import FREED, Node
from ..tensor import Tensor, edge, fresh
from .graph import Graph
from .guards import SCALARS, Guards, Unwatched, layout_of, state_of
from .lower import live
from .program import (
    AGAIN,
    CONSTANT,
    HISTORY,
    KNOWN,
    NEW,
    VIEW,
    Entry,
    set_grad,
    set_raw,
    written,
)  # fmt: skip
from .recorder import Recorder, Unsupported, another
from .tree import flatten
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
        if t._hooks is not None or t._p.level:
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


class Backward:
    """The gradients of a program's results: the graph, what it reads, whom it serves."""

    def __init__(self, diff, targets, homes):
        self.results = [(x._p, r) for x, r in diff]
        self.targets, self.homes, self.freed = targets, homes, False
