"""Parameter: a leaf that modules find, and that ops treat as the plain Tensor it is."""

from __future__ import annotations

from ..autograd import captured
from ..autograd.errors import INFERENCE_LEAF
from ..autograd.graph import LEAF
from ..autograd.modes import LOCAL
from ..protocols import deep_copy
from ..storage import COUNTED, make_view, mark_inference, share
from ..tensor import FAST, Tensor, fresh


class Parameter(Tensor):
    """A Tensor that a Module lists among its parameters (torch.nn.Parameter).

    It shares memory with ``data``; results of operations on it are plain Tensors.
    """

    __slots__ = ()

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            from ..factories import empty

            data = empty(0)
        source = fresh(data)
        if requires_grad and not source._p.differentiable(source._raw):
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients"
            )
        st = share(source)
        self = object.__new__(cls)
        self._raw, self._p, self._st = source._raw, source._p, st
        e = source._ext
        self._ext = None if e is None else make_view(None, e.chain, len(e.chain), st.memory.clock)
        self._node = LEAF if requires_grad else None
        if source._tracks:
            captured.follow(self, source, False)
        if source._inference:
            if requires_grad and not LOCAL.inference:
                raise RuntimeError(INFERENCE_LEAF)
            mark_inference(self)
            self._inference = True if LOCAL.inference else COUNTED
        return self

    def __init__(self, data=None, requires_grad=True):
        pass

    def __deepcopy__(self, memo):
        """Its values only: no gradient, no hooks, no attributes, as in torch."""
        return deep_copy(self, memo, {})

    def __repr__(self):
        return "Parameter containing:\n" + Tensor.__repr__(self)


class Buffer(Tensor):
    """A Tensor that a Module registers as a buffer when assigned (torch.nn.Buffer)."""

    __slots__ = ()

    def __new__(cls, data=None, *, persistent=True):
        self = Parameter.__new__(cls, data, False)  # type: ignore[arg-type]
        self.persistent = persistent
        return self

    def __init__(self, data=None, *, persistent=True):
        pass


FAST.update((Parameter, Buffer))
