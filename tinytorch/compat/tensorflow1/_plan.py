"""What one run computes, settled before it runs: a flat list of steps over numbered values.

A plan is made once for a set of fetches and fed tensors. Which value an operation reads is decided
here, also of variables: each assignment is a new value, never a write, and the last value of each
variable goes back to the session. So `step` is a function of tensors alone, which gives new ones.
A plan that is run again is captured (`tinytorch.compile`) and replayed from then on.

The tape records only operations that some gradient is asked through. A tensor by which a gradient
is taken is made a leaf there, or a node of its own where it depends on another such tensor.
"""

from __future__ import annotations

from itertools import groupby

import tinytorch as torch
from tinytorch.capture import Compiled

from ._graph import Tensor, itself
from ._shapes import brief
from .errors import InvalidArgumentError


class Captured(Compiled):
    """A step that is captured, or runs as it is without a word where that cannot be."""

    def give_up(self, reason):
        self.reason = reason


def needed(targets, fed):
    """The operations that `targets` depend on, in the order of their making."""
    found, todo = set(), [t.op_ for t in targets if t not in fed]
    while todo:
        op = todo.pop()
        if op not in found:
            found.add(op)
            todo += op.control_inputs
            todo += [t.op for t in op.inputs if t not in fed]
    return sorted(found, key=lambda op: op.index)


class Plan:
    """How to compute `targets` in one run when the tensors `fed` are given.

    `run(fed, held)` takes their values and those of the variables `reads`, and returns the values
    of the tensors among the targets and of the variables `writes`. Raises InvalidArgumentError for
    a placeholder that is needed and not fed, when it is made, and for operands that do not fit.
    """

    def __init__(self, targets, fed, generator):
        self.fed, self.generator = fed, generator
        self.ops = needed(targets, fed)
        self.asked = [op for op in self.ops if op.kind == "gradients"]
        self.taped = set(needed([t for op in self.asked for t in op.of], fed))
        self.leaves = {x for op in self.asked for x in op.by}
        self.blank, self.at, self.numbers, self.constants = [], {}, {}, {}
        self.held, self.latest, self.wrote = {}, {}, {}
        self.marks, self.rows = [], []
        for t in fed:
            self.at[t] = self._mark(t, self._new())
        for op in self.ops:
            self._add(op)
        fetched = [self._slot(t) for t in targets if isinstance(t, Tensor)]
        self.reads, self.writes = list(self.held), list(self.latest)
        given = [*(self.at[t] for t in fed), *self.held.values(), *self.constants]
        self.results = fetched + list(self.latest.values())
        self.made = [i for i in dict.fromkeys(self.results) if i not in given]
        self.given, self.count = given, len(fetched)
        rows = [(None, True, self._leaf(i)) for i in self.marks] + self.rows
        self.parts = [
            (mode, [(op, run) for op, _, run in part])
            for mode, part in groupby(rows, lambda r: r[1])
        ]
        random = any(op.kind == "random" for op in self.ops)
        self.again = self.step if random else Captured(self.step)
        self.call = self.step

    def run(self, fed, held):
        """Everything that is wanted: the values fetched, and those of the variables."""
        given = [*fed, *held, *self.constants.values()]
        made = self.call(given)
        self.call = self.again
        value = dict(zip(self.given, given, strict=True))
        value.update(zip(self.made, made, strict=True))
        found = [value[i] for i in self.results]
        return found[: self.count], found[self.count :]

    def step(self, given):
        """The tensors that are made of those given."""
        v = self.blank.copy()
        for i, x in zip(self.given, given, strict=True):
            v[i] = x
        op = None
        try:
            for mode, rows in self.parts:
                with torch.set_grad_enabled(mode):
                    for op, run in rows:  # noqa: B007
                        run(v)
        except (RuntimeError, ValueError, IndexError, TypeError) as e:
            raise InvalidArgumentError(None, op, str(e)) from e
        return [v[i].detach() if v[i].requires_grad else v[i] for i in self.made]

    def _new(self, value=None):
        self.blank.append(value)
        return len(self.blank) - 1

    def _mark(self, t, i):
        if t in self.leaves:
            self.marks.append(i)
        return i

    def _slot(self, t, late=False):
        """Where the value of `t` is; of a variable, as before the run or `late` as it is by now."""
        variable = t.op.variable
        if t in self.at:
            return self.at[t]
        if late and variable in self.latest:
            return self.latest[variable]
        if variable not in self.held:
            self.held[variable] = self._mark(t, self._new())
        return self.held[variable]

    def _operands(self, op):
        numeric = [
            t for k, t in enumerate(op.inputs)
            if k in op.weak and t.op.number is not None and t in self.at
            and t not in self.fed and t not in self.leaves
        ]  # fmt: skip
        if len(numeric) == len(op.inputs):
            numeric = numeric[1:]
        for t in numeric:
            if t not in self.numbers:
                self.numbers[t] = self._new(t.op.number)
        late = frozenset().union(*(self.wrote[c] for c in op.control_inputs))
        late |= {op.variable}
        return [
            self.numbers[t] if t in numeric else self._slot(t, t.op.variable in late)
            for t in op.inputs
        ]

    def _add(self, op):
        before = [self.wrote[c] for c in op.control_inputs]
        before += [self.wrote.get(t.op, frozenset()) for t in op.inputs if t not in self.fed]
        own = {op.variable} if op.kind == "assign" else ()
        self.wrote[op] = frozenset(own).union(*before)
        if op.kind == "feed":
            (t,) = op.outputs
            shape = "" if t.shape.dims is None else f" and shape {brief(t.shape)}"
            raise InvalidArgumentError(None, op, (
                f"You must feed a value for placeholder tensor {op.name!r} with dtype "
                f"{t.dtype.spoken}{shape}"
            ))  # fmt: skip
        if op.kind in ("none", "variable"):
            return
        if op.kind == "constant":
            i = self.at[op.outputs[0]] = self._mark(op.outputs[0], self._new())
            self.constants[i] = op.compute()
            return
        ins = self._operands(op)
        if op.compute is itself and op.outputs[0] not in self.leaves:
            self.at.setdefault(op.outputs[0], ins[0])
            if op.kind == "assign":
                self.latest[op.variable] = ins[0]
            return
        outs = [self._new() for _ in op.outputs]
        run = getattr(self, f"_{op.kind}")(op, ins, outs)
        mode = op in self.taped
        self.rows.append((op, mode, run))
        for t, i in zip(op.outputs, outs, strict=True):
            self.at.setdefault(t, i)
            if t in self.leaves:
                self.rows.append((op, mode, self._leaf(i)))

    @staticmethod
    def _leaf(i):
        def run(v):
            x = v[i]
            v[i] = x.view_as(x) if x.requires_grad else x.detach().requires_grad_()

        return run

    def _value(self, op, ins, outs):
        f, o = op.compute, outs[0]
        if len(ins) == 1:
            a = ins[0]

            def run(v):
                v[o] = f(v[a])

        elif len(ins) == 2:
            a, b = ins

            def run(v):
                v[o] = f(v[a], v[b])

        else:

            def run(v):
                v[o] = f(*[v[i] for i in ins])

        return run

    def _assign(self, op, ins, outs):
        self.latest[op.variable] = outs[0]
        return self._value(op, ins, outs)

    def _random(self, op, ins, outs):
        f, o, g = op.compute, outs[0], self.generator(op)

        def run(v):
            v[o] = f(g)

        return run

    def _gradients(self, op, ins, outs):
        n, m = len(op.of), len(op.by)
        ys, xs, given = ins[:n], ins[n : n + m], iter(ins[n + m :])
        weights = [None if w is None else next(given) for w in op.weights]
        create, keep = op in self.taped, op is not self.asked[-1]

        def run(v):
            pairs = [(v[y], w) for y, w in zip(ys, weights, strict=True) if v[y].requires_grad]
            by, found = [v[x] for x in xs], [None] * m
            if pairs:
                seeds = [torch.ones_like(y) if w is None else v[w] for y, w in pairs]
                found = torch.autograd.grad(
                    [y for y, _ in pairs], by, seeds,
                    retain_graph=keep or create, create_graph=create, allow_unused=True,
                )  # fmt: skip
            for o, x, g in zip(outs, by, found, strict=True):
                v[o] = torch.zeros_like(x) if g is None else g

        return run
