"""Hooks on tensors and nodes, and retained gradients.

A tensor's hook sees the gradient of that tensor before anything else does. A tensor keeps its hooks
in one dict, which a leaf shows to backward itself; of any other tensor the node that made it holds
the dict too, under the number of the output. A tensor that gets another history begins a new dict
there, and the old node keeps the old one. Node hooks see all gradients of a node.
"""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict

from ..registry import methods
from ..tensor import Tensor, edge, fresh, made, settled, wrap
from .errors import IN_TRANSFORM
from .graph import LEAF, AccumulateGrad, Node, Output, Refused
from .modes import LOCAL, STATE

_ids = itertools.count()


class RemovableHandle:
    """What registering a hook returns; ``remove()`` takes the hook away again."""

    __module__ = "torch.utils.hooks"

    def __init__(self, hooks_dict, *, extra_dict=None):
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        self.id = next(_ids)
        extra = [extra_dict] if isinstance(extra_dict, dict) else extra_dict or ()
        self.extra_dict_ref = tuple(weakref.ref(d) for d in extra)

    def remove(self):
        """Take the hook away; doing so twice is harmless."""
        for ref in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = ref()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __getstate__(self):
        return (self.hooks_dict_ref(), self.id, tuple(ref() for ref in self.extra_dict_ref))

    def __setstate__(self, state):
        hooks, self.id, *more = state
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks is None else hooks)
        self.extra_dict_ref = tuple(weakref.ref(d) for d in (more[0] if more else ()))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.remove()


class _Hooks:
    """The hooks of one node.

    tensor: of its outputs, as (output number, dict of functions), in the order in which they got
    their first one. pre, post: before and after it runs. retain: weak references to outputs whose
    gradient is kept, by output number.
    """

    __slots__ = ("__weakref__", "post", "pre", "retain", "tensor")

    def __init__(self):
        self.pre, self.post = OrderedDict(), OrderedDict()
        self.tensor, self.retain = [], {}

    def before(self, n, g, create):
        """The gradient after the tensor hooks, copied for ``retain_grad``."""
        several = isinstance(g, list)
        gs = g if several else [g]
        if g is None and n.many:
            gs, several = [None] * len(n.shape), True
        for index, table in self.tensor:
            for fn in list(table.values()):
                gs[index] = call_tensor_hook(fn, n.P, gs[index], create)
        for index, ref in self.retain.items():
            t = ref()
            if t is not None and gs[index] is not None:
                _retain(t, gs[index], create)
        if several and g is None and all(x is None for x in gs):
            return None
        return gs if several else gs[0]

    def idle(self, n, create):
        """Call the hooks of a node that no gradient reaches: they see that there is none."""
        if self.pre:
            self.prehooks(n, None, create)
        self.after(n, (None,) * len(n.edges), None, create)

    def prehooks(self, n, g, create):
        """The gradient after the node's own prehooks."""
        several = isinstance(g, list)
        seen = tuple(_show(n.P, x, create) for x in (g if several else [g]))
        for fn in list(self.pre.values()):
            seen = _answer(fn, fn(seen), seen)
        back = [_hide(x, create) for x in seen]
        return back if several else back[0]

    def after(self, n, results, g, create, late=False):
        """The gradients of the operands after the node's posthooks.

        late: there were none when the node began to run; they do not see what it was given.
        """
        if not self.post:
            return results
        given = () if late else g if isinstance(g, list) else [g]
        outs = tuple(_show(n.P, x, create) for x in given)
        asked = range(len(results)) if n.asked is None else n.asked
        seen = tuple(None if i is None else _show(n.P, results[i], create) for i in asked)
        for fn in list(self.post.values()):
            seen = _answer(fn, fn(seen, outs), seen)
        results = list(results)
        for i, x in zip(asked, seen, strict=True):
            if i is not None:
                results[i] = _hide(x, create)
        return tuple(results)


def _answer(fn, out, seen):
    """What a node hook returned in place of what it saw."""
    if out is None:
        return seen
    if not isinstance(out, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(out).__name__}'")
    if len(out) != len(seen):
        raise RuntimeError(
            f"hook '{_name(fn)}' has returned an incorrect number of values (got {len(out)}, but "
            f"expected {len(seen)})"
        )
    return tuple(_checked(fn, new, old) for new, old in zip(out, seen, strict=True))


def _name(fn):
    return getattr(fn, "__name__", "<unknown>")


def _show(P, g, create):
    return g if create or g is None else made(P, g)


def _hide(t, create):
    return t if create or t is None else fresh(t)._raw


def _checked(fn, new, old):
    """A hook's value; torch's errors if it is not like the one it replaces."""
    if new is None:
        return new
    if old is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if not isinstance(new, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(new).__name__}'")
    from .errors import message_type

    if new.dtype is not old.dtype:
        raise RuntimeError(
            f"hook '{_name(fn)}' has changed the type of value (was "
            f"{message_type(old._p, old._raw)} got {message_type(new._p, fresh(new)._raw)})"
        )
    if new.shape != old.shape:
        raise RuntimeError(f"hook '{_name(fn)}' has changed the size of value")
    return new


def call_tensor_hook(fn, P, g, create):
    """A gradient after one tensor hook."""
    shown = _show(P, g, create)
    out = fn(shown)
    return (g if shown is g or g is None else shown._raw) if out is None else _hide(
        _checked(fn, out, shown), create)  # fmt: skip


def leaf_hooks(leaf, g, create):
    """The gradient of a leaf after its tensor hooks."""
    hooks = leaf._hooks
    if hooks is not None:
        for fn in list(hooks.values()):
            g = call_tensor_hook(fn, leaf._p, g, create)
    return g


def call_post_accumulate(leaf):
    """The hooks that run once ``.grad`` of a leaf is there."""
    for fn in list(leaf.__dict__["_post_accumulate_hooks"].values()):
        out = fn(leaf)
        if out is not None:
            if isinstance(out, Tensor):
                raise RuntimeError("Tensor post accumulate grad hooks should return None.")
            raise TypeError(f"expected Variable, but hook returned '{type(out).__name__}'")


def _retain(t, g, create):
    from ..primitive import TP

    old = t._grad
    if create:
        t._grad = TP.copy(g) if old is None else TP.add(old, g)
    else:
        P = t._p
        t._grad = wrap(P, P.own_grad(g, False) if old is None else P.add(fresh(old)._raw, g))


def hooks_of(n):
    """The hooks of a node, made now if it had none; an accumulator's live on its leaf."""
    if n.hooks is None:
        if type(n) is AccumulateGrad:
            n.hooks = n.variable.__dict__.setdefault("_accumulator_hooks", _Hooks())
            STATE.leaf_hooks = True
        else:
            n.hooks = _Hooks()
    return n.hooks


def place_of(node):
    """(node, output number) that the hooks of a tensor with this history are kept under."""
    return (node.parent, node.index) if type(node) is Output else (node, 0)


def move(t, old):
    """What becomes of a tensor's hooks when it gets another history than ``old``, as by a write.

    They stay with that; its retained gradient is that of the new value.
    """
    t._hooks = None
    if not t._retains_grad or not isinstance(old, Node):
        return
    n, index = place_of(old)
    if n.hooks is not None:
        n.hooks.retain.pop(index, None)
    n, index = place_of(t._node)
    hooks_of(n).retain[index] = weakref.ref(t)


def add_node_hook(n, kind, fn):
    """Register a pre- or posthook of a node; returns its handle."""
    table = getattr(hooks_of(n), kind)
    handle = RemovableHandle(table)
    table[handle.id] = fn
    return handle


def method(fn):
    methods[fn.__name__] = fn
    return fn


@method
def register_hook(self, hook):
    """Call ``hook(grad)`` when this tensor's gradient is computed; it may return another one.

    The hooks of a view that has some stay where they are until something asks for its history.
    """
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if self._hooks is None:
        self._hooks = OrderedDict()
        _give(settled(self))
    handle = RemovableHandle(self._hooks)
    self._hooks[handle.id] = hook
    return handle


def _give(t):
    """Let backward find the dict of hooks of a tensor."""
    if t._hooks is None:  # a view has just found its history
        t._hooks = OrderedDict()
    edge(t)
    if t._node is LEAF:
        STATE.leaf_hooks = True
        return
    n, index = place_of(t._node)
    if n.edges or n.fixed:
        hooks_of(n).tensor.append((index, t._hooks))


@method
def register_post_accumulate_grad_hook(self, hook):
    """Call ``hook(param)`` after ``.grad`` of this leaf has been accumulated."""
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if self.grad_fn is not None:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    STATE.leaf_hooks = True
    table = self.__dict__.setdefault("_post_accumulate_hooks", OrderedDict())
    handle = RemovableHandle(table)
    table[handle.id] = hook
    return handle


@method
def retain_grad(self):
    """Let ``.grad`` of this non-leaf tensor be filled in by backward (torch.Tensor.retain_grad)."""
    if self._retains_grad and self._node is not None:
        return  # asked for again, of a view that has been spoiled since: no reason to say so
    t = settled(self)
    if LOCAL.transforms and t.requires_grad:
        raise RuntimeError(IN_TRANSFORM.format("retain_grad", ""))
    if type(t._node) is Refused and t._node.params[1] is None:
        return  # a view that had no history of its own counts as a leaf
    if edge(t) is None or not t.requires_grad:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if not t._node.own:
        return
    t._retains_grad = True
    n, index = place_of(t._node)
    if n.edges:
        hooks_of(n).retain[index] = weakref.ref(t)


methods["retains_grad"] = property(lambda self: self._retains_grad)


def _set_backward_hooks(self, hooks):
    """Hooks that the tensor has while it is a leaf; those on its node stay."""
    self._hooks = hooks
    STATE.leaf_hooks = True


methods["_backward_hooks"] = property(lambda self: self._hooks, _set_backward_hooks)
