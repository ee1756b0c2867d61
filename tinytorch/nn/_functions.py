"""How `nn.functional` publishes: samples under its dotted name, and ``inplace=`` made once."""

from __future__ import annotations

import functools

from ..autograd.modes import LOCAL
from ..registry import inplace_of
from ..samples import declare
from ..tensor import fresh


def public(*samples):
    """Decorator: declare the calls that a function of ``nn.functional`` is tested on."""

    def publish(fn):
        declare("nn.functional." + fn.__name__, samples)
        return fn

    return publish


def inplace(fn):
    """Decorator: accept ``inplace=``, by keyword or last, writing the result into input."""
    write = inplace_of(fn, fn.__name__)
    count = fn.__code__.co_argcount

    @functools.wraps(fn)
    def call(input, *args, inplace=False, **kwargs):
        if len(args) == count:
            *args, inplace = args
        if inplace:
            return write(input, *args, **kwargs)
        return fn(input, *args, **kwargs)

    return call


def refuse_gradient(name, **tensors):
    """torch's refusal of operands that require a gradient, where it has no formula for one."""
    for argument, t in tensors.items():
        if t is not None and LOCAL.grad and fresh(t)._node is not None:
            raise RuntimeError(
                f"The function '{name}' is not differentiable with respect to argument "
                f"'{argument}'. This input cannot have requires_grad True."
            )
