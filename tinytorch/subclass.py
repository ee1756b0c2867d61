"""Subclasses of Tensor: whose method an op goes to, and results in the class of the operands.

An op that meets a Tensor of a class of the user asks ``__torch_function__`` of the most special
class; the one that Tensor has runs the op on what the tensors are and gives its results that class.
The function handed over is the primitive's, with the operands and parameters of the primitive. Of
what is no op, `autograd.backward`, `autograd.grad` and `Tensor.backward` ask too.
"""

from __future__ import annotations

from .autograd.modes import LOCAL
from .tensor import FAST, Tensor


def call_op(op, args):
    """An op with an operand of a user's class."""
    return ask(op.fn, [x for x in _flat(args) if type(x) is not Tensor], args, {})


def ask(func, tensors, args, kwargs):
    """What the most special class of these tensors makes of ``func``; there is one of a user's."""
    found = []
    for x in tensors:
        c = type(x)
        if isinstance(x, Tensor) and (c is Tensor or c not in FAST) and c not in found:
            found.append(c)
    cls = next(c for c in found if not any(issubclass(d, c) for d in found if d is not c))
    handler = cls.__torch_function__
    if handler.__func__ is Tensor.__torch_function__.__func__:
        return in_class(plainly(func, args, kwargs), cls)
    return handler(func, tuple(found), args, kwargs)


def special(tensors):
    """Whether a class of a user's is to be asked about these tensors, some of no plain class."""
    return not LOCAL.plain and any(isinstance(x, Tensor) and type(x) not in FAST for x in tensors)


def run(cls, func, types, args, kwargs):
    """``Tensor.__torch_function__``."""
    if not all(issubclass(cls, t) for t in types):
        return NotImplemented
    return in_class(plainly(func, args, kwargs), cls)


def plainly(func, args, kwargs):
    """Call with every Tensor taken for a plain one."""
    before, LOCAL.plain = LOCAL.plain, True
    try:
        return func(*args, **kwargs)
    finally:
        LOCAL.plain = before


def in_class(result, cls):
    if type(result) is Tensor and cls is not Tensor:
        try:
            result.__class__ = cls
        except TypeError:  # a class with slots of its own
            return _remade(result, cls)
    elif isinstance(result, (tuple, list)):
        parts = [in_class(x, cls) for x in result]
        if any(a is not b for a, b in zip(parts, result, strict=True)):
            make = getattr(result, "_make", type(result))
            return make(parts)
    return result


def _remade(t, cls):
    out = object.__new__(cls)
    for slot in Tensor.__slots__:
        if not slot.startswith("__"):
            setattr(out, slot, getattr(t, slot))
    out.__dict__.update(t.__dict__)
    return out


def _flat(args):
    for x in args:
        if isinstance(x, (tuple, list)):
            yield from _flat(x)
        else:
            yield x
