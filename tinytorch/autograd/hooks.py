"""Hooks on tensors and nodes, and retained gradients.

A tensor's hook sees the gradient of that tensor before anything else does; for a leaf it lives on
the tensor, for any other on the node that made it. Node hooks see all gradients of a node.
"""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict

from ..registry import methods
from ..tensor import Tensor, fresh, wrap
from . import modes
from .graph import LEAF, Output

_ids = itertools.count()


class RemovableHandle:
    """What registering a hook returns; ``remove()`` takes the hook away again."""

    def __init__(self, hooks_dict, *, extra_dict=None):
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        self.id = next(_ids)

    def remove(self):
        """Take the hook away; doing so twice is harmless."""
        hooks = self.hooks_dict_ref()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.remove()


class _Hooks:
    """The hooks of one node: of its output tensor, before it, after it, and a retained gradient."""

    __slots__ = ("post", "pre", "retain", "tensor")

    def __init__(self):
        self.tensor, self.pre, self.post = OrderedDict(), OrderedDict(), OrderedDict()
        self.retain = None

    def before(self, n, g, create):
        """Gradient after tensor hooks, node prehooks, and the copy for ``retain_grad``."""
        for fn in list(self.tensor.values()):
            if g is not None:
                g = _call_tensor_hook(fn, n.P, g, create)
        retained = self.retain() if self.retain is not None else None
        if retained is not None and g is not None:
            _retain(retained, g, create)
        if self.pre:
            several = isinstance(g, list)
            seen = tuple(_show(n.P, x, create) for x in (g if several else [g]))
            for fn in list(self.pre.values()):
                out = fn(seen)
                if out is not None:
                    seen = out if isinstance(out, tuple) else (out,)
            back = [_hide(x, create) for x in seen]
            g = back if several else back[0]
        return g

    def after(self, n, results, g, create):
        if not self.post:
            return results
        outs = tuple(_show(n.P, x, create) for x in (g if isinstance(g, list) else [g]))
        seen = tuple(_show(n.P, r, create) for r in results)
        for fn in list(self.post.values()):
            out = fn(seen, outs)
            if out is not None:
                seen = out if isinstance(out, tuple) else (out,)
        return tuple(_hide(x, create) for x in seen)


def _show(P, g, create):
    return g if create or g is None else wrap(P, g)


def _hide(t, create):
    return t if create or t is None else fresh(t)._raw


def _call_tensor_hook(fn, P, g, create):
    shown = _show(P, g, create)
    out = fn(shown)
    if out is None:
        return g
    if not isinstance(out, Tensor):
        raise RuntimeError(
            f"hook '{getattr(fn, '__name__', 'unknown')}' has returned a value of type "
            f"'{type(out).__name__}' (expected 'Tensor' or None)"
        )
    if tuple(out.shape) != tuple(shown.shape):
        raise RuntimeError(
            f"hook '{getattr(fn, '__name__', 'unknown')}' has changed the size of value"
        )
    return _hide(out, create)


def _retain(t, g, create):
    t._grad = g if create else wrap(t._p, t._p.own_grad(g, False))


def hooks_of(n):
    if n.hooks is None:
        n.hooks = _Hooks()
    return n.hooks


def add_node_hook(n, kind, fn):
    table = getattr(hooks_of(n), kind)
    handle = RemovableHandle(table)
    table[handle.id] = fn
    return handle


def method(fn):
    methods[fn.__name__] = fn
    return fn


@method
def register_hook(self, hook):
    """Call ``hook(grad)`` when this tensor's gradient is computed; it may return another one."""
    t = fresh(self)
    if t._node is None:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if t._node is LEAF:
        if t._hooks is None:
            t._hooks = OrderedDict()
        table = t._hooks
    else:
        table = hooks_of(t._node).tensor
    handle = RemovableHandle(table)
    table[handle.id] = hook
    return handle


@method
def register_post_accumulate_grad_hook(self, hook):
    """Call ``hook(param)`` after ``.grad`` of this leaf has been accumulated."""
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if self.grad_fn is not None:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    table = self.__dict__.setdefault("_post_accumulate_hooks", OrderedDict())
    handle = RemovableHandle(table)
    table[handle.id] = hook
    return handle


@method
def retain_grad(self):
    """Let ``.grad`` of this non-leaf tensor be filled in by backward (torch.Tensor.retain_grad)."""
    t = fresh(self)
    if t._node is None:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if t._node is LEAF:
        return
    t.__dict__["_retains_grad"] = True
    hooks_of(t._node).retain = weakref.ref(t)


def retains_grad(self):
    return bool(self.__dict__.get("_retains_grad")) and not self.is_leaf


__all__ = ["Output", "RemovableHandle", "modes"]
