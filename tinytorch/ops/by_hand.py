"""Python functions called for each element of a tensor: `apply_`, `map_`, `map2_`."""

from __future__ import annotations

from .. import registry
from ..tensor import Tensor, fresh
from .fill import copy_


def _host(name, t):
    if t.requires_grad:
        raise RuntimeError(
            f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() "
            "instead."
        )
    if t.device.type != "cpu":
        raise TypeError(f"{name} is only implemented on CPU tensors")
    return t.detach().reshape(-1).tolist()


def _others(name, self, tensors):
    for word, t in zip(("other", "x", "y")[len(tensors) > 1 :], tensors, strict=False):
        if not isinstance(t, Tensor):
            raise registry.bad_argument(name, word, 1, t)
        if fresh(t).dtype is not self.dtype:
            raise TypeError(f"{name}: expected {self.type()} for '{word}' (got {t.type()})")
    return [_host(name, t.expand(self.shape)) for t in tensors]


def _write(self, name, callable, tensors):
    from ..factories import tensor

    columns = _host(name, self), *_others(name, self, tensors)
    values = [callable(*row) for row in zip(*columns, strict=True)]
    for v in values:
        if not isinstance(v, (int, float, complex)):
            raise TypeError(f"must be real number, not {type(v).__name__}")
    made = tensor(values, dtype=self.dtype, device=self.device)
    return copy_(self, made.reshape(tuple(self.shape)))


@registry.public("apply_", function=False)
def apply_(self, callable):
    """Each element replaced by a function of it (torch.Tensor.apply_)."""
    return _write(self, "apply_", callable, ())


@registry.public("map_", function=False)
def map_(self, tensor, callable):
    """Each element replaced by a function of it and another's (torch.Tensor.map_)."""
    return _write(self, "map_", callable, (tensor,))


@registry.public("map2_", function=False)
def map2_(self, x, y, callable):
    """Each element replaced by a function of it and two others' (torch.Tensor.map2_)."""
    return _write(self, "map2_", callable, (x, y))
