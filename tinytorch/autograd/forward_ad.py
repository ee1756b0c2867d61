"""``torch.autograd.forward_ad``: dual tensors, made and taken apart inside a dual level."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from ..blame import type_name
from ..storage import geometry, turns
from ..tensor import FAST, Tensor, fresh
from .batching import carry
from .dual import DualLevel, put_back, set_tangent, swap, tangent
from .modes import LOCAL, _Decorator


class UnpackedDualTensor(NamedTuple):
    """What `unpack_dual` returns: the value and its tangent, None if it has none."""

    primal: Any
    tangent: Any


def _open():
    """The level that is open, or None."""
    for level in LOCAL.duals:
        if level.public is not None:
            return level
    return None


def __getattr__(name):
    if name == "_current_level":
        level = _open()
        return -1 if level is None else level.public
    raise AttributeError(f"module 'torch.autograd.forward_ad' has no attribute '{name}'")


def enter_dual_level():
    """Open the level and return its number, 0; RuntimeError if one is open."""
    if LOCAL.duals:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    return DualLevel(0).enter().public


def exit_dual_level(*, level=None):
    """Close the level: all its tangents are forgotten."""
    found = _open()
    if level is not None and (found is None or level != found.public):
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is "
            "not supported."
        )
    if found is None:
        raise RuntimeError("Dual level must be a positive number.")
    found.leave()


class dual_level(_Decorator):
    """A block in which tensors may have tangents; ``as`` gives the level's number."""

    def __enter__(self):
        return enter_dual_level()

    def __exit__(self, *exc):
        exit_dual_level()


def check_floating(what, t):
    if not (t.is_floating_point() or t.is_complex()):
        raise ValueError(f"Expected {what} to be floating point or complex, but got: {t.dtype}")


def check_size(t, u):
    """torch's RuntimeError of a tangent that has not the size of its tensor."""
    if tuple(t.shape) != tuple(u.shape):
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original "
            f"Tensor, this is not supported. Tensor is of size {list(t.shape)} while the given "
            f"forward gradient is of size {list(u.shape)}."
        )


def attach(t, u, level):
    """A view of ``t`` with the tangent ``u``; torch's RuntimeErrors."""
    check_size(t, u)
    if tangent(fresh(t), level) is not None:
        raise RuntimeError(
            "Making a dual Tensor based on a Tensor that already has a forward gradient at the "
            f"same level {level.public or 0} is not supported."
        )
    if tangent(fresh(u), level) is not None:
        raise RuntimeError(
            "Setting a forward grad that itself has a forward gradient at the same level"
            f"{level.public or 0} is not supported."
        )
    out = t.view_as(t)
    dense = t._ext is None and u._p.level  # the examples of a tangent are dense too
    set_tangent(out, level, u if t._p.level or dense else laid_out(u, t))
    return out


def laid_out(u, t):
    """A tangent that lies in its memory as ``t`` does: itself, or a copy where it lies otherwise.

    So every view of the tensor is a view of the tangent too.
    """
    (shape, strides, start), (_, have, begin), size = geometry(t), geometry(u), _room(t)
    n = prod(shape)
    same = all(k == 1 or a == b for k, a, b in zip(shape, strides, have, strict=True))
    if _room(u) == size and (not n or same and start == begin) and turns(u) == turns(t):
        return u
    from ..factories import zeros

    memory = zeros(size, dtype=u.dtype, device=u.device)
    if u._p.level:
        memory = carry(memory, u._p)
    return memory.as_strided(shape, strides, start).detach().copy_(u)


def _room(t):
    """How many elements of a tensor's dtype its memory has."""
    root = t._raw if t._ext is None else t._st.memory.raw
    return prod(root.shape) * t._p.torch_dtype[root.dtype].itemsize // t.dtype.itemsize


def make_dual(tensor, tangent, *, level=None):
    """A dual tensor of a value and a tangent of its size; RuntimeError outside a dual level."""
    found = _open()
    if level is not None and level < 0 or found is None:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to "
            "enter_dual_level() first."
        )
    check_floating("primal", tensor)
    if not isinstance(tangent, Tensor):
        raise AttributeError(f"'{type_name(tangent)}' object has no attribute 'is_floating_point'")
    check_floating("tangent", tangent)
    return attach(tensor, tangent, found)


def unpack_dual(tensor, *, level=None):
    """(value, tangent) of a tensor: the value without the tangent, None if there is none."""
    found = _open()
    if found is None or level is not None and level < 0:
        return UnpackedDualTensor(tensor, None)
    u = tangent(fresh(tensor), found)
    value = alias_of(tensor)
    value.__dict__["_duals"] = {**(value._duals or {}), found: None}
    return UnpackedDualTensor(value, u)


def alias_of(t):
    """A view of a tensor for its value alone; of a user's class as it is, without asking that."""
    from ..ops.view import primal_of
    from ..subclass import in_class, plainly

    return primal_of(t) if type(t) in FAST else in_class(plainly(primal_of, (t,), {}), type(t))


def switch(mode):
    """Let ops of this thread pass tangents on, or not (torch._C._set_fwd_grad_enabled)."""
    held = LOCAL.held
    if mode and held is not None:
        put_back(held[0])
        LOCAL.held = None
    elif not mode and held is None:
        LOCAL.held = (swap(()),)


class _set_fwd_grad_enabled(_Decorator):
    """Whether ops pass tangents on: a context manager, in force at once."""

    def __init__(self, mode):
        self.mode, self.before = mode, _is_fwd_grad_enabled()
        switch(mode)

    def _again(self):
        return type(self)(self.mode)

    def __enter__(self):
        pass

    def __exit__(self, *exc):
        switch(self.before)


def _is_fwd_grad_enabled():
    return LOCAL.held is None
