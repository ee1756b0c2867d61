"""A static graph: the kernel calls of one run, in order, with variables for the arrays.

A variable is a number (`Ref`). An input says where its array is found at each run, a node which
kernel makes which variables of which; whatever else stands in its arguments is fixed. Nodes that
write into an array come in the list where they came in the program, so the order of a graph is part
of its meaning on backends whose arrays can be written to.
"""

from __future__ import annotations

from collections import Counter


class Ref(int):
    """A variable."""

    __slots__ = ()

    def __repr__(self):
        return f"%{int(self)}"


class Node:
    """One kernel call: ``out = P.name(*args)``; ``out`` is a Ref, a tuple of them, or None."""

    __slots__ = ("P", "args", "fn", "kwargs", "name", "out")

    def __init__(self, P, name, fn, args, kwargs, out):
        self.P, self.name, self.fn, self.args, self.kwargs, self.out = (
            P,
            name,
            fn,
            args,
            kwargs,
            out,
        )

    @property
    def outs(self):
        """The variables that it makes."""
        if self.out is None:
            return ()
        return (
            tuple(o for o in self.out if o is not None) if type(self.out) is tuple else (self.out,)
        )

    @property
    def reads(self):
        """The variables in its arguments."""
        return [*refs(self.args), *refs(tuple(self.kwargs.values()))]


class Input:
    """Where an array comes from.

    kind: "tensor" (of the known tensor ``place``), "root" (of its memory), "grad", "saved".
    """

    __slots__ = ("P", "kind", "label", "place", "var")

    def __init__(self, var, P, kind, place, label):
        self.var, self.P, self.kind, self.place, self.label = var, P, kind, place, label


def refs(x):
    """The variables in a nest of tuples and lists."""
    if type(x) is Ref:
        yield x
    elif isinstance(x, (tuple, list)):
        for v in x:
            yield from refs(v)


class Graph:
    """Inputs, nodes and outputs; prints as a program."""

    def __init__(self, name):
        self.name = name
        self.inputs, self.nodes, self.outputs = [], [], []
        self.ready = None  # what `run` runs
        self.types = {}  # variable -> (dtype as torch calls it, shape); None for a Python number

    def new(self, type):
        ref = Ref(len(self.types))
        self.types[ref] = type
        return ref

    def count(self):
        """How often each kernel stands in the graph: a Counter by name."""
        return Counter(n.name for n in self.nodes)

    def __len__(self):
        return len(self.nodes)

    def space(self, ref):
        """The namespace that a variable's array belongs to."""
        at = next((n.P.narrow for n in self.nodes if ref in n.outs), None)
        return at or next(i.P for i in self.inputs if i.var == ref)

    def run(self, *feeds):
        """The outputs for other inputs, a list of Tensors; ``feeds`` stand in the inputs' order.

        feeds: Tensors, arrays or numbers of the captured shapes and dtypes; they are not written
        to. Raises ValueError for a wrong number of them, a wrong shape or dtype.
        """
        from ..factories import as_tensor
        from ..tensor import fresh, wrap
        from .lower import runner

        if len(feeds) != len(self.inputs):
            raise ValueError(f"{self.name} has {len(self.inputs)} inputs, not {len(feeds)}")
        raws = []
        for i, x in zip(self.inputs, feeds, strict=True):
            t = fresh(as_tensor(x))
            have = (t.dtype._name, tuple(t.shape))
            if have != self.types[i.var]:
                raise ValueError(
                    f"input {i.label} of {self.name} is {self._type(i.var)}, not "
                    f"{have[0]}{list(have[1])}"
                )
            raw = t._raw if t._p is i.P else i.P.receive(t._p, t._raw)
            raws.append(i.P.copy(raw))
        if self.ready is None:
            self.ready = runner(self)
        out = self.ready(*raws)
        return [wrap(self.space(r), x) for r, x in zip(self.outputs, out, strict=True)]

    def __str__(self):
        given = [f"{i.var!r} {i.label}: {self._type(i.var)}" for i in self.inputs]
        lines = [f"graph {self.name}(", *(f"    {g}," for g in given), "):"]
        for n in self.nodes:
            args = [_show(a) for a in n.args] + [f"{k}={_show(v)}" for k, v in n.kwargs.items()]
            made = ", ".join(f"{o!r}: {self._type(o)}" for o in n.outs)
            lines.append(f"    {made + ' = ' if made else ''}{n.name}({', '.join(args)})")
        lines.append(f"    return {', '.join(repr(o) for o in self.outputs) or 'nothing'}")
        return "\n".join(lines)

    __repr__ = __str__

    def _type(self, ref):
        t = self.types[ref]
        return "number" if t is None else f"{t[0]}{list(t[1])}"


def _show(x):
    if type(x) is Ref:
        return repr(x)
    if isinstance(x, (tuple, list)):
        inside = ", ".join(map(_show, x))
        return f"[{inside}]" if isinstance(x, list) else f"({inside}{',' if len(x) == 1 else ''})"
    if callable(x) and hasattr(x, "__qualname__"):
        return f"<{x.__name__}>"
    if hasattr(x, "shape") and hasattr(x, "dtype"):
        return f"<constant {x.dtype}{list(x.shape)}>"
    return repr(x)
