"""Levels of reverse mode on one tape: what goes into a transform, and what may come out of it.

Inside, an input is a leaf of its own that knows the tensor it stands for: gradients are taken with
respect to it, and flow on through it. A result keeps its history only if that leads somewhere
outside: to a leaf, or to an input of a transform that is still running.
"""

from __future__ import annotations

import functools

from ..autograd import modes
from ..autograd.batched import base, join
from ..autograd.batching import carry
from ..autograd.captured import Track, own
from ..autograd.dual import follow
from ..autograd.errors import HOOKS_IN_TRANSFORM
from ..autograd.graph import LEAF, SEQ, LeafAlias, Node, leaf_alias
from ..autograd.modes import LOCAL
from ..tensor import FAST, Tensor, edge, fresh, wrap
from ..utils._pytree import tree_map

NOT_TENSOR = "Thing passed to transform API must be Tensor, got {}"


class Entry(LeafAlias):
    """The history of an input of a transform; its edge: the tensor that it stands for, if any."""

    __slots__ = ("level",)
    fixed = True


class GradLevel:
    """One running transform that takes gradients; recording is on inside it.

    inputs: by the number of an input inside: it, and the tensor outside.
    """

    __slots__ = ("before", "disabled", "inputs", "track")

    @property
    def alive(self):
        return self.track.open

    @alive.setter
    def alive(self, on):
        self.track.open = on

    def __enter__(self):
        if LOCAL.saved_hooks:
            raise RuntimeError(HOOKS_IN_TRANSFORM)
        self.before, self.disabled, self.inputs = LOCAL.grad, LOCAL.hooks_disabled, {}
        LOCAL.hooks_disabled = HOOKS_IN_TRANSFORM
        self.track = Track().begin()
        modes._set_grad(True)
        return self

    def __exit__(self, *exc):
        self.alive, self.inputs = False, {}
        modes._set_grad(self.before)
        LOCAL.hooks_disabled = self.disabled
        self.track.end()

    def enter(self, x):
        """An input as a leaf of this level; ValueError unless it is a Tensor."""
        if not isinstance(x, Tensor):
            raise ValueError(NOT_TENSOR.format(type(x)))
        given, x = x, _at_all_levels(fresh(x))
        if not x._p.differentiable(x._raw):
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        out = x.detach() if not x._inference else wrap(x._p, x._p.copy(x._raw))
        n = object.__new__(Entry)
        e = edge(x)
        n.seq, n.P, n.edges, n.params, n.saved = next(SEQ), x._p, () if e is None else (e,), (), ()
        n.versions = n.out = n.out_st = n.hooks = None
        n.shape, n.dtype, n.level = x._raw.shape, x._raw.dtype, self
        out._node = n
        self.track.enter(out, x)
        if LOCAL.duals:
            follow(out, x, lambda u: u)
        self.inputs[id(out)] = out, given
        return out

    def leave(self, tree):
        """Results as they are outside; the transform is over."""
        self.alive = False
        return tree_map(lambda t: self._outside(t) if isinstance(t, Tensor) else t, tree)

    def _outside(self, t):
        t = fresh(t)
        if id(t) in self.inputs:
            return self.inputs[id(t)][1]
        self.track.leave(t)
        if t._node is None or self.before and leads_outside([t._node]):
            return t
        out = t.detach()
        self.track.leave(out)
        if LOCAL.duals:
            follow(out, t, self._outside)
        return out


def admitted(track, t):
    """An argument that no derivative is taken of, inside: the same memory, histories apart."""
    if type(t) not in FAST:
        return t
    n = fresh(t)._node
    out = t.detach()
    if n is not None:
        out._node = leaf_alias(t._p, t._raw, t) if n is LEAF else n
    track.enter(out, t)
    if LOCAL.duals:
        follow(out, t, lambda u: u)
    return out


def _at_all_levels(x):
    """``x`` at every running vmap, so that its gradient is that of each example apart."""
    P = x._p
    for level in LOCAL.vmaps:
        if level.id not in P.levels:
            P = join(P, level.over(base(P)))
    return carry(x, P)


def bare_of(track, t):
    """A result of a transform as it is outside, without a history that leads nowhere."""
    track.leave(t)
    if t._node is None or leads_outside([t._node]):
        return t
    out = t.detach()
    track.leave(out)
    if LOCAL.duals:
        follow(out, t, functools.partial(bare_of, track))
    return out


def followed(t):
    """Whether the innermost transform that a tensor with a history belongs to knows this history.

    What comes from outside has none inside, nor has anything at a vmap.
    """
    level = t._p.of if t._p.level else None
    track = t._tracks[-1] if t._tracks else None
    if track is None or level is not None and level.depth > track.depth:
        return level is None
    return not track.alive or _reached(
        [t._node], lambda n: type(n) is Entry and n.level.track is track
    )


def leads_outside(nodes, inputs=True):
    """Whether a leaf, or an input of a running transform (if ``inputs``), can be reached."""

    def outside(n):
        if not isinstance(n, Node):
            return all(v.open for v in own(n))  # not a leaf that is the transform's own
        if n.edges is None:
            return True
        return inputs and type(n) is Entry and not n.edges and n.level.alive

    return _reached(nodes, outside)


def _reached(nodes, wanted):
    stack = [n for n in nodes if n is not None]
    seen = set(stack)
    while stack:
        n = stack.pop()
        if wanted(n):
            return True
        for e in getattr(n, "edges", None) or ():
            if e is not None and e not in seen:
                seen.add(e)
                stack.append(e)
    return False
