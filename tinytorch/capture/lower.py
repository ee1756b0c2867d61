"""From a graph to something that runs: unused nodes dropped, the rest written out as Python.

The written function calls kernels one after the other on raw arrays; a name is used again once its
array is dead, so memory is given back as early as in an eager run. Where the backend makes
programs of its own (`Backend.compile_program`), the nodes of its namespace go into one such
program, and what only the host can do (draws, numbers, arrays of other namespaces) runs before it.
"""

from __future__ import annotations

from ..backend import Backend
from .graph import Node, Ref
from .recorder import CHECKS, Unsupported

WRITES = frozenset(("assign", "fill_where", "add_into"))  # into their first argument
EFFECTS = WRITES | CHECKS | {"draw", "check_target"}
HOSTED = frozenset(("draw", "scalars", "receive", "receive_later"))
UNARY = frozenset((
    "negative exp expm1 log log1p sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh"
    " log2 exp2 floor ceil trunc isnan isinf isfinite reciprocal square logical_not bitwise_invert"
    " signbit"
).split())  # fmt: skip
FRESH = frozenset((  # kernels whose result is new memory on every backend
    "add subtract multiply divide maximum minimum exp log log1p expm1 sqrt sin cos tanh matmul sum"
    " mean max min full zeros ones full_as spread mask copy take put where negative square times"
    " over concat"
).split())  # fmt: skip


class Deviates(Exception):
    """A check about values came out otherwise than when the program was captured."""


def written(n):
    """The variable that a node writes into, or None."""
    if n.name in WRITES:
        return n.args[0]
    if n.name in n.P.out_kernels and len(n.args) > (1 if n.name in UNARY else 2):
        return n.args[-1]
    return None


def acts(n):
    """Whether a node does something beside making its result."""
    return n.name in EFFECTS or n.name.startswith("check_") or written(n) is not None


def live(graph):
    """The nodes that matter for the outputs, or that do something."""
    needed, kept = set(graph.outputs), []
    for n in reversed(graph.nodes):
        if acts(n) or not needed.isdisjoint(n.outs):
            needed.update(n.reads)
            kept.append(n)
    kept.reverse()
    return kept


class Aliases:
    """Which variables may share memory: those that a kernel does not surely make anew."""

    def __init__(self, nodes):
        self.of = {}
        for n in nodes:
            if n.name not in FRESH or written(n) is not None:
                for o in n.outs:
                    for r in n.reads:
                        self.of[self.root(o)] = self.root(r)

    def root(self, r):
        while (up := self.of.get(r, r)) != r:
            r = up
        return r

    def roots(self, rs):
        return {self.root(r) for r in rs}


def fold(nodes, outputs):
    """Nodes that depend on nothing are computed now, where nobody writes into them."""
    groups = Aliases(nodes)
    taken = groups.roots([*outputs, *(w for n in nodes if (w := written(n)) is not None)])
    values, kept = {}, []
    for n in nodes:
        constant = all(r in values for r in n.reads) and groups.roots(n.outs).isdisjoint(taken)
        if not constant or not n.outs or acts(n) or n.name in HOSTED:
            kept.append(n)
            continue
        out = n.fn(*[put_in(a, values) for a in n.args], **n.kwargs)
        values.update(zip(n.out, out, strict=True) if type(n.out) is tuple else [(n.out, out)])
    return kept, values


def put_in(x, values):
    if type(x) is Ref:
        return values[x]
    if isinstance(x, (tuple, list)):
        return type(x)([put_in(v, values) for v in x])
    return x


def own(nodes, inputs, outputs):
    """Gradients that nothing else refers to are taken over: as in an eager run, not copied."""
    groups = Aliases([n for n in nodes if n.name != "own_grad"])
    foreign = groups.roots(inputs)
    uses = {}
    for n in nodes:
        for r in n.reads:
            uses.setdefault(groups.root(r), []).append(n)
    out = []
    for n in nodes:
        if n.name == "own_grad":
            g = groups.root(n.reads[0])
            if g not in foreign and uses[g][-1] is n and n.reads[0] not in outputs:
                n = Node(n.P, n.name, n.fn, (n.args[0], True), n.kwargs, n.out)
        out.append(n)
    return out


# --- written out ----------------------------------------------------------------------------------


class Names:
    """Names for variables, used again when free."""

    def __init__(self):
        self.of, self.free, self.made = {}, [], 0

    def take(self, ref):
        if self.free:
            name = self.free.pop()
        else:
            name = f"v{self.made}"
            self.made += 1
        self.of[ref] = name
        return name


class Writer:
    """Writes nodes as a Python function of some variables that returns others.

    numbers: the variables that are Python numbers; in a program that a backend traces they come as
    0-d arrays, and take the dtype of the array beside them.
    """

    def __init__(self, inputs, outputs, values, numbers=()):
        self.names, self.body = Names(), []
        self.scope = {"Deviates": Deviates, "__name__": "tinytorch.captured"}
        self.inputs, self.outputs, self.values, self.numbers = inputs, outputs, values, numbers
        self.fns = {}

    def constant(self, x):
        key = f"c{len(self.scope)}"
        self.scope[key] = x
        return key

    def code(self, x):
        kind = type(x)
        if kind is Ref:
            return self.constant(self.values[x]) if x in self.values else self.names.of[x]
        if kind is tuple:
            return f"({''.join(self.code(v) + ', ' for v in x)})"
        if kind is list:
            return f"[{', '.join(map(self.code, x))}]"
        return repr(x) if x is None or kind is int or kind is bool else self.constant(x)

    def call(self, n):
        fn = self.fns.get((id(n.P), n.name))
        if fn is None:
            fn = self.fns[id(n.P), n.name] = f"{n.name}_{len(self.fns)}"
            self.scope[fn] = n.fn
        args = [self.code(a) for a in n.args]
        beside = next((a for a in n.reads if a not in self.numbers), None)
        for i, a in enumerate(n.args):
            if type(a) is Ref and a in self.numbers and beside is not None:
                args[i] = f"{self.constant(weakly(n.P))}({args[i]}, {self.code(beside)})"
        if n.name == "from_host" and type(n.args[0]) is not Ref:
            args[0] += ".copy()"
        return f"{fn}({', '.join(args + [f'{k}={self.code(v)}' for k, v in n.kwargs.items()])})"

    def function(self, nodes, title):
        names, keep = self.names, set(self.outputs)
        args = ", ".join([names.take(r) for r in self.inputs])
        last = {r: i for i, n in enumerate(nodes) for r in (*n.outs, *n.reads) if r not in keep}
        for i, n in enumerate(nodes):
            line = self.call(n)
            dying = {r for r in (*n.reads, *n.outs) if last.get(r) == i and r not in self.values}
            before = dying.difference(n.outs)
            names.free += [names.of[r] for r in before]
            if n.name in CHECKS:
                line = f"if not {line}: raise Deviates"
            elif type(n.out) is tuple:
                target = "".join(("_" if o is None else names.take(o)) + ", " for o in n.out)
                line = f"{target}= {line}"
            elif n.out is not None:
                line = f"{names.take(n.out)} = {line}"
            self.body.append("    " + line)
            names.free += [names.of[r] for r in dying - before]
        results = "".join(self.code(r) + ", " for r in self.outputs)
        text = "\n".join([f"def program({args}):", *self.body, f"    return ({results})", ""])
        exec(compile(text, f"<tinytorch captured {title}>", "exec"), self.scope)
        self.scope["program"].source = text
        self.scope["program"].donating = None
        return self.scope["program"]


def weakly(P):
    return lambda x, like: P.astype(x, like.dtype) if hasattr(x, "dtype") else x


# --- the whole ------------------------------------------------------------------------------------


def makes_programs(P):
    return type(P).compile_program is not Backend.compile_program


def runner(graph, donate=()):
    """``run(*raws of the graph's inputs) -> tuple of raws of its outputs``.

    donate: inputs whose memory a backend that makes programs may use for outputs; ``run.donating``
    does so, and is None where there is nothing to gain.
    """
    nodes = live(graph)
    inputs = [i.var for i in graph.inputs]
    mains = {id(n.P.narrow): n.P.narrow for n in nodes if makes_programs(n.P)}
    if len(mains) > 1:
        raise Unsupported("it computes on several devices that make programs of their own")
    nodes, values = fold(nodes, graph.outputs)
    if not mains:
        nodes = own(nodes, inputs, graph.outputs)
        return Writer(inputs, graph.outputs, values).function(nodes, graph.name)
    return _split(graph, nodes, values, inputs, next(iter(mains.values())), donate)


def _split(graph, nodes, values, inputs, main, donate):
    """Host part first, then one program of the backend."""
    mine = {i.var for i in graph.inputs if i.P is main}
    host, device = [], []
    for n in nodes:
        if makes_programs(n.P) and not (n.name in HOSTED and mine.isdisjoint(n.reads)):
            device.append(n)
            mine.update(n.outs)
        elif mine.isdisjoint(n.reads):
            host.append(n)
        else:
            raise Unsupported(f"{n.name} takes values from the device back to the host")
    made = {o for n in device for o in n.outs}
    need = {r for n in device for r in n.reads} | (set(graph.outputs) - made)
    entry = [r for r in (*inputs, *(o for n in host for o in n.outs)) if r in need]
    first = Writer(inputs, entry, values).function(host, graph.name)
    out = [r for r in dict.fromkeys(graph.outputs) if r in made]
    numbers = {r for r, t in graph.types.items() if t is None}
    traced = Writer(entry, out, values, numbers).function(device, graph.name)
    places = tuple(entry.index(r) for r in donate if r in entry)
    plain = main.compile_program(traced)
    donating = main.compile_program(traced, places) if places else plain
    at = [(True, out.index(r)) if r in made else (False, entry.index(r)) for r in graph.outputs]

    def running(fast):
        def run(*raws):
            given = first(*raws)
            got = fast(*given)
            return tuple([got[i] if computed else given[i] for computed, i in at])

        return run

    run = running(plain)
    run.donating = running(donating)
    run.source = first.source + "\n" + traced.source
    return run
