"""``torch.utils._python_dispatch``: modes that stand around every operation of a block.

A mode sees what autograd has handed down: kernels, named as torch names the operation that they
serve, on tensors without history. A composition counts as one; views and creations that need no
kernel are not seen, and what torch's own compositions run inside them is not shown.
"""

from __future__ import annotations

from .._ops import OpOverload, op_of
from ..autograd.modes import LOCAL, no_grad
from ..tensor import Tensor, fresh, wrap
from ..watching import Watching


class _Operation(OpOverload):
    """The operation that a mode is given; calling it runs the kernel, in the outer modes."""

    def __init__(self, op, P, kernel, kwargs):
        super().__init__(op.overloadpacket, op._overloadname)
        self._run = P, kernel, kwargs

    def __call__(self, *args, **kwargs):
        P, kernel, given = self._run
        out = getattr(P, kernel)(*map(hidden, args), **{**given, **kwargs})
        return shown(P, out)


def shown(P, x):
    """Arrays of a namespace as tensors, in tuples and lists too; anything else as it is."""
    if isinstance(x, (tuple, list)):
        return type(x)(shown(P, y) for y in x)
    return wrap(P, x) if hasattr(x, "dtype") and hasattr(x, "shape") else x


def hidden(x):
    """The arrays of tensors."""
    if type(x) in (tuple, list):
        return type(x)(map(hidden, x))
    return fresh(x)._raw if isinstance(x, Tensor) else x


class TorchDispatchMode:
    """A block in which every operation is ``__torch_dispatch__(func, types, args, kwargs)``.

    Inside that method the mode is off; ``func(*args, **kwargs)`` runs the operation.
    """

    def __init__(self, _dispatch_key=None):
        pass

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        raise NotImplementedError

    def __enter__(self):
        self.__dict__.setdefault("_entered", []).append(Watching(self._seen))
        self._entered[-1].__enter__()
        return self

    def __exit__(self, *exc):
        self._entered.pop().__exit__()

    def _seen(self, kernel, args, call, P):
        before = LOCAL.watchers
        place = max(i for i, w in enumerate(before) if getattr(w, "__self__", None) is self)
        LOCAL.watchers = before[:place]
        try:
            with no_grad():
                op = _Operation(op_of(kernel, args), P, kernel, {})
                return hidden(self.__torch_dispatch__(op, (), shown(P, tuple(args)), {}))
        finally:
            LOCAL.watchers = before

    @classmethod
    def push(cls, *args, **kwargs):
        """A mode of this class (deprecated in torch)."""
        return cls(*args, **kwargs)


__all__ = ["TorchDispatchMode"]
