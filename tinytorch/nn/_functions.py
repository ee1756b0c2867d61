"""How `nn.functional` publishes: samples under its dotted name, and ``inplace=`` made once."""

from __future__ import annotations

import functools

from ..autograd.modes import LOCAL
from ..registry import bad_argument, inplace_of
from ..samples import declare
from ..tensor import Tensor, fresh


def public(*samples):
    """Decorator: declare the calls that a function of ``nn.functional`` is tested on."""

    def publish(fn):
        declare("nn.functional." + fn.__name__, samples)
        return fn

    return publish


def of_tensor(fn, name=None, write=None):
    """Decorator: torch's TypeError of an ``input`` that is no tensor, when the call has failed.

    write: also accept ``inplace=``, by keyword or last.
    """
    count = fn.__code__.co_argcount if write else -1

    @functools.wraps(fn)
    def call(input, *args, inplace=False, **kwargs):
        if len(args) == count:
            *args, inplace = args
        if inplace:
            if write is None:
                raise TypeError(f"{fn.__name__}() got an unexpected keyword argument 'inplace'")
            return write(input, *args, **kwargs)
        try:
            result = fn(input, *args, **kwargs)
        except AttributeError:
            if isinstance(input, Tensor):
                raise
            result = NotImplemented
        if result is NotImplemented:
            raise bad_argument(name or fn.__name__, "input", 1, input)
        return result

    return call


def inplace(fn):
    """Decorator: accept ``inplace=``, by keyword or last, writing the result into input."""
    return of_tensor(fn, write=inplace_of(fn, fn.__name__))


def refuse_gradient(name, **tensors):
    """torch's refusal of operands that require a gradient, where it has no formula for one."""
    for argument, t in tensors.items():
        if t is not None and LOCAL.grad and fresh(t)._node is not None:
            raise RuntimeError(
                f"The function '{name}' is not differentiable with respect to argument "
                f"'{argument}'. This input cannot have requires_grad True."
            )
