"""What nodes save, when somebody wants to know: hooks that pack it, anomaly traces, versions.

`dispatch.record` calls `on_record` while anything here is switched on; otherwise none of this is
even imported.
"""

from __future__ import annotations

import contextlib

from ..primitive import unpack as unpack_saved
from ..storage import bump, make_view, storage_of, version
from ..tensor import Tensor, fresh, wrap
from .anomaly_mode import note
from .graph import DETACHED, FREED, LEAF, Packed, leaf_alias
from .modes import LOCAL, shift

_new = object.__new__


def pack(t, hooks, own=None, index=0, shown=None):
    """A Packed of a tensor.

    own: the node that saves it, if it is an output of that node. shown: what the hook gets of it.
    """
    from . import modes

    shown = t if shown is None else shown
    before_version = version(shown)
    before = LOCAL.grad
    modes._set_grad(False)
    try:
        data = hooks[0](shown)
    finally:
        modes._set_grad(before)
    if version(shown) != before_version:
        raise RuntimeError(
            "A saved tensor pack hook is modifying its input in place. Tensors provided as input "
            "to "
            "pack hook cannot be modified by in-place operations as this can lead to unexpected "
            "side-effects. Please open an issue if you need to perform in-place operations on the "
            "input to a pack hook."
        )
    p = _new(Packed)
    p.P, p.data, p.unpack_hook = t._p, data, hooks[1]
    p.own, p.index = own is not None, index
    p.edge = None if own is not None else t if t._node is LEAF else t._node
    return p


def unpack(p, n):
    """The tensor a hook gives back, with the history of the one that was packed."""
    data = p.unpack_hook(p.data)
    if not isinstance(data, Tensor):
        raise TypeError(
            "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
            f"{type(data).__name__}"
        )
    if not p.own and p.edge is None and fresh(data)._node is None:
        return data
    st = storage_of(fresh(data))  # made now, lest the node take it for that of its result
    t = wrap(data._p, data._raw)
    t._st, t._ext = st, place_of(data)
    if p.own:
        t._node = n.output(p.index, t._raw) if hasattr(n, "output") else _output(n, p.index, t)
    elif isinstance(p.edge, Tensor):
        t._node = leaf_alias(p.edge._p, fresh(p.edge)._raw, p.edge)
    else:
        t._node = p.edge
    return t


def place_of(t):
    """Where a tensor lies in its memory, for another that is to lie there and has no base."""
    e = t._ext
    return None if e is None else make_view(None, e.chain, len(e.chain), t._st.memory.clock)


def _output(n, index, t):
    from ..dispatch import output_node

    several = n.many
    return output_node(n, index, n.P, t._raw) if several else n


def on_record(n):
    """Note where a node was made, and pack what it saves, as this thread has asked for."""
    if LOCAL.anomaly:
        note(n)
    if LOCAL.saved_hooks:
        hooks = LOCAL.saved_hooks[-1]
        n.saved = tuple(pack(x, hooks) if isinstance(x, Tensor) else x for x in n.saved)


def on_output(n, out):
    """Pack the result that a node saves."""
    hooks = LOCAL.saved_hooks[-1]
    if isinstance(out, tuple):
        n.out = tuple(pack(t, hooks, n, i) for i, t in enumerate(out))
    else:
        n.out = pack(out, hooks, n)


class saved_tensors_hooks(contextlib.AbstractContextManager):
    """Pack what nodes save by one function and unpack it by another (torch.autograd.graph)."""

    def __init__(self, pack_hook, unpack_hook):
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self):
        if LOCAL.hooks_disabled is not None:
            raise RuntimeError(LOCAL.hooks_disabled)
        LOCAL.saved_hooks = (*LOCAL.saved_hooks, (self.pack_hook, self.unpack_hook))
        shift(special=1)

    def __exit__(self, *exc):
        if not LOCAL.saved_hooks:
            raise RuntimeError("saved_tensors_hooks: no hooks are entered that could be left")
        LOCAL.saved_hooks = LOCAL.saved_hooks[:-1]
        shift(special=-1)


def put_back(hooks):
    """The hooks that were entered before a backward are entered after it, whatever it did."""
    shift(special=len(hooks) - len(LOCAL.saved_hooks))
    LOCAL.saved_hooks = hooks


class save_on_cpu(saved_tensors_hooks):
    """Keep what nodes save in host memory (torch.autograd.graph.save_on_cpu)."""

    def __init__(self, pin_memory=False, device_type="cuda"):
        super().__init__(
            lambda t: (t.device, t.detach().clone().cpu()), lambda p: p[1].to(device=p[0])
        )


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message):
    """Let entering ``saved_tensors_hooks`` raise a RuntimeError with this message."""
    if LOCAL.saved_hooks:
        raise RuntimeError(error_message)
    before = LOCAL.hooks_disabled
    LOCAL.hooks_disabled = error_message
    try:
        yield
    finally:
        LOCAL.hooks_disabled = before


def increment_version(tensor):
    """Count a write that happened behind tinytorch's back (torch.autograd.graph)."""
    tensors = (tensor,) if isinstance(tensor, Tensor) else tensor
    if not hasattr(tensors, "__iter__"):
        raise RuntimeError("increment_version expect a Iterable[Tensor] as input")
    for t in tensors:
        bump(fresh(t))


@contextlib.contextmanager
def unsafe_preserve_version_counter(tensors):
    """Let writes in this block leave the versions as they were."""
    tensors = (tensors,) if isinstance(tensors, Tensor) else tuple(tensors)
    before = [version(t) for t in tensors]
    try:
        yield
    finally:
        for t, v in zip(tensors, before, strict=True):
            if t._st is not None:
                t._st.version = v


_FREED = object()
_GONE = (
    "Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values "
    "of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to "
    "access saved variables after calling backward."
)


class SavedTensor:
    """One saved value of a node: ``grad_fn._raw_saved_self`` (torch.autograd.SavedTensor).

    i: its place among what the node saved, None for the node's own result.
    """

    __module__ = "tinytorch._C._autograd"

    def __new__(cls, *args):
        if not args:
            raise RuntimeError("Trying to create a SavedTensor object from Python is forbidden.")
        if len(args) != 2:
            raise TypeError(
                "__init__(): incompatible constructor arguments. The following argument types are "
                "supported:\n    1. torch._C._autograd.SavedTensor()\n\nInvoked with: "
                + ", ".join(map(repr, args))
            )
        return _new(cls)

    def __init__(self, n, i):
        self._n, self._i = n, i

    def _held(self):
        """What the node keeps; `_FREED` once it keeps nothing."""
        n, i = self._n, self._i
        if n.saved is None or (i is None and n.out is None):
            return _FREED
        return n.out if i is None else n.saved[i]

    def register_hooks(self, *hooks, **kwargs):
        """Pack the value now by the first function, and unpack it by the second when asked for."""
        n, i = self._n, self._i
        if kwargs or len(hooks) != 2 or not all(map(callable, hooks)):
            named = ", ".join(f"{k}={v!r}" for k, v in kwargs.items())
            given = ", ".join(map(repr, (self, *hooks))) + "; kwargs: " * bool(named) + named
            raise TypeError(
                "register_hooks(): incompatible function arguments. The following argument types "
                "are supported:\n    1. (self: torch._C._autograd.SavedTensor, arg0: "
                "collections.abc.Callable, arg1: collections.abc.Callable) -> None\n\nInvoked with:"
                f" {given}"
            )
        held = self._held()
        if held is _FREED:
            raise RuntimeError(_GONE)
        if held is None:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor with value None is forbidden"
            )
        if type(held) is Packed:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: "
                "only one pair of hooks is allowed at a time."
            )
        if i is None:
            from ..dispatch import outputs_of

            t = outputs_of(n, held)
            n.out = pack(t, hooks, n, 0, t.detach())
        elif hasattr(held, "unpack"):
            t = held.unpack(n)
            packed = pack(t, hooks, n, held.index, t.detach())
            n.saved = (*n.saved[:i], packed, *n.saved[i + 1 :])
        elif isinstance(held, Tensor):
            n.saved = (*n.saved[:i], pack(held, hooks, shown=held.detach()), *n.saved[i + 1 :])

    def unpack(self):
        """The value, as backward would get it; not that of a result of the node."""
        held = self._held()
        if held is _FREED:
            raise RuntimeError(FREED)
        if self._i is None or getattr(held, "own", True) and hasattr(held, "unpack"):
            raise RuntimeError(DETACHED)
        if hasattr(held, "unpack"):
            return held.unpack(self._n)
        return unpack_saved(self._n, self._i, True)

    @property
    def data(self):
        """What is kept: what the pack hook gave, or the value; a result of the node without it."""
        held = self._held()
        if held is None or held is _FREED:
            return None
        if type(held) is Packed:
            return held.data
        if isinstance(held, Tensor):
            return held
        if self._i is None:
            from ..dispatch import outputs_of

            return outputs_of(self._n, held).detach()
        return held.unpack(self._n).detach() if hasattr(held, "unpack") else self.unpack()

    @property
    def unpack_hook(self):
        held = self._held()
        return held.unpack_hook if type(held) is Packed else None
