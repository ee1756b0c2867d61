"""Saved tensors that may be written: a copy is made when a write comes, not when one is saved.

While the context is on, what nodes save is kept as an alias, known by its memory, its place in it
and the version it had then; one alias serves all nodes that saved the same. Every write asks
`LOCAL.keeper` first (see `storage.write_raw`), which replaces the aliases of that memory by copies.
The dicts are torch's, under torch's names, because that is what its users look at; a key holds
nothing alive, so that an alias lives as long as a node that saved it.
"""

from __future__ import annotations

import contextlib
import weakref
from collections import defaultdict

from ..storage import geometry, storage_of, turns, version
from ..tensor import fresh
from . import modes
from .modes import LOCAL, shift
from .saved import saved_tensors_hooks

OUTSIDE = (
    "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context"
    "in which the graph was originally recorded."
)


class _Handle:
    """What a node saves in place of a tensor."""

    __slots__ = ("__weakref__",)


class SavedCopies:
    """What `allow_mutation_on_saved_tensors` gives.

    original, cloned: handle -> the alias, or the copy that a write has put in its place.
    tid_to_weakhandle: (memory, version, place) -> handle. sid_to_tid: memory -> those of it.
    """

    def __init__(self):
        self.cloned, self.original = weakref.WeakKeyDictionary(), weakref.WeakKeyDictionary()
        self.tid_to_weakhandle = weakref.WeakValueDictionary()
        self.sid_to_tid = defaultdict(set)

    def clear(self):
        """Forget the copies; the graph cannot be run any more."""
        for held in (self.cloned, self.original, self.tid_to_weakhandle, self.sid_to_tid):
            held.clear()

    def pack(self, t):
        sid = weakref.ref(storage_of(fresh(t)).memory)
        tid = sid, version(t), geometry(t), turns(t), t.dtype
        handle = self.tid_to_weakhandle.get(tid)
        if handle is None:
            self.tid_to_weakhandle[tid] = handle = _Handle()
            self.original[handle] = t.detach()
            self.sid_to_tid[sid].add(tid)
        return handle

    def unpack(self, handle):
        found = self.cloned.get(handle) if LOCAL.keeper is not None else None
        found = self.original.get(handle) if found is None else found
        if found is None or LOCAL.keeper is None:
            raise AssertionError(OUTSIDE)
        return found

    def before_write(self, memory):
        """Copy what was saved of a memory and is not copied yet."""
        grad = LOCAL.grad
        modes._set_grad(False)
        try:
            for tid in self.sid_to_tid.pop(weakref.ref(memory), ()):
                handle = self.tid_to_weakhandle.get(tid)
                if handle is not None and handle in self.original:
                    self.cloned[handle] = self.original.pop(handle).clone()
        finally:
            modes._set_grad(grad)


@contextlib.contextmanager
def allow_mutation_on_saved_tensors():
    """Let tensors be written in place before backward needs what they were (torch.autograd.graph).

    Backward must run inside the block. RuntimeError if one block is in another.
    """
    copies = SavedCopies()
    with saved_tensors_hooks(copies.pack, copies.unpack):
        if LOCAL.keeper is not None:
            raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
        LOCAL.keeper = copies
        shift(exotic=1)
        try:
            yield copies
        finally:
            LOCAL.keeper = None
            shift(exotic=-1)
            copies.clear()
