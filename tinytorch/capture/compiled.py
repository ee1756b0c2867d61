"""`compile`: a function that is captured on its first call and replayed on the ones after.

Whatever a program took for granted is checked before it runs; if none of the captured ones fits,
the call is an ordinary run again, and captured. So a call never gives a stale answer. Functions
that cannot be captured run as they are, and say once why not.
"""

from __future__ import annotations

import functools
import threading
import warnings

from ..autograd import modes
from ..devices import _default
from ..dtypes import get_default_dtype
from ..tensor import Tensor
from .capturing import Capture
from .lower import Deviates
from .tree import flatten

LIMIT = 8  # programs of one function, as torch.compile's recompile_limit
PATIENCE = 4  # runs in a row after which the function's own state differed

STANCE = {"now": "default"}  # torch.compiler.set_stance
STATE = threading.local()
_capturing = threading.Lock()


def is_capturing():
    """Whether this thread runs a function in order to capture it."""
    return getattr(STATE, "capturing", False)


class Compiled:
    """A captured function: ``graphs`` lists what was captured, ``reason`` says why nothing was."""

    def __init__(self, fn, fullgraph=False, limit=None):
        functools.update_wrapper(self, fn, updated=())
        self.fn, self.fullgraph, self.limit = fn, fullgraph, limit or LIMIT
        self.name = getattr(fn, "__name__", type(fn).__name__)
        self.reset()

    def reset(self):
        """Forget all programs."""
        self.entries, self.reason, self.changes = [], None, 0

    @property
    def graphs(self):
        """The captured graphs, the last used first; gradients of results follow their program."""
        out = []
        for _, e in self.entries:
            out.append(e.graph)
            if e.back is not None and not e.back.freed:
                out.append(e.back.graph)
        return out

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        bound = instance.__dict__.setdefault("_compiled_methods", {})
        key = id(self)
        if key not in bound:
            bound[key] = Compiled(self.fn.__get__(instance, owner), self.fullgraph, self.limit)
        return bound[key]

    def __call__(self, *args, **kwargs):
        local = modes.LOCAL
        if (
            self.reason is not None or getattr(STATE, "capturing", False)
            or local.inference or local.transforms or local.duals
            or local.saved_hooks or local.anomaly or STANCE["now"] == "force_eager"
        ):  # fmt: skip
            return self.fn(*args, **kwargs)
        leaves = []
        key = (
            flatten((args, kwargs), leaves), local.grad, get_default_dtype(),
            tuple(getattr(_default, "stack", ())),
        )  # fmt: skip
        for i, (k, entry) in enumerate(self.entries):
            if k == key:
                tensors = entry.matches(leaves)
                if tensors is not None:
                    if i:
                        self.entries.insert(0, self.entries.pop(i))
                    try:
                        return entry.run(tensors)
                    except Deviates:
                        return self.fn(*args, **kwargs)
        return self.capture(key, leaves, args, kwargs)

    def capture(self, key, leaves, args, kwargs):
        if len(self.entries) >= self.limit:
            self.give_up(f"it was captured {self.limit} times, for as many kinds of calls")
            return self.fn(*args, **kwargs)
        if any(isinstance(x, Tensor) and x._p.level for x in leaves):
            return self.fn(*args, **kwargs)
        with _capturing:
            STATE.capturing = True
            try:
                c = Capture(self.fn, self.name, self.fullgraph)
                result = c.run(leaves, lambda: self.fn(*args, **kwargs))
            finally:
                STATE.capturing = False
        if c.reason is not None:
            self.give_up(c.reason)
        elif c.entry is not None:
            self.changes = 0
            self.entries.insert(0, (key, c.entry))
        else:
            self.changes += 1
            if self.changes >= PATIENCE:
                self.give_up(f"each run changes {c.changing} of what it refers to")
        return result

    def give_up(self, reason):
        self.reason = reason
        warnings.warn(f"{self.name} is not compiled: {reason}", UserWarning, stacklevel=4)
