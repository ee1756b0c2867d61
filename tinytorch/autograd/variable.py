"""``torch.autograd.variable``: Variable, from the days when a Tensor had no history."""

from __future__ import annotations

from ..tensor import Tensor
from .execution import ExecutionEngine


class VariableMeta(type):
    def __instancecheck__(cls, other):
        return isinstance(other, Tensor)

    def __call__(cls, data=None, requires_grad=False, volatile=None):
        """The data of a tensor as a new leaf (torch.autograd.Variable)."""
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        out = data.detach()
        return out.requires_grad_() if requires_grad else out


class Variable(metaclass=VariableMeta):
    """Every Tensor is one; calling it gives a leaf over a tensor's data."""

    _execution_engine = ExecutionEngine()
