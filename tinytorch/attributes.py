"""What Tensor's attributes refuse, and the few that exist only because torch has them.

torch's attributes are C descriptors with errors of their own for assigning and deleting. A Python
property words them otherwise, so every property goes through `blame.closed` before it is attached;
it stays a plain property, which the interpreter reads fastest.
"""

from __future__ import annotations

import warnings

from .autograd import modes
from .blame import closed
from .registry import methods
from .tensor import Tensor, fresh


def _undeletable(kind, text):
    def refuse(self):
        raise kind(text)

    return refuse


_UNDELETABLE = {
    "data": _undeletable(
        RuntimeError, "Deleting tensor data is not allowed. Delete tensor instead!"
    ),
    "requires_grad": _undeletable(RuntimeError, "requires_grad must be a bool"),
    "_grad_fn": _undeletable(
        RuntimeError, "Deletion of _grad_fn not allowed. Detach tensor instead!"
    ),
    "_backward_hooks": _undeletable(RuntimeError, "Deletion of _backwards_hooks not allowed!"),
    "_post_accumulate_grad_hooks": _undeletable(
        RuntimeError, "Deletion of _post_accumulate_grad_hooks not allowed!"
    ),
}


# --- names that torch has -------------------------------------------------------------------------


def _set_grad_fn(self, value):
    if value is not None:
        raise RuntimeError("_grad_fn can be only set to None")
    self.detach_()


def _set_post_accumulate(self, hooks):
    self.__dict__["_post_accumulate_hooks"] = hooks
    modes.STATE.leaf_hooks = True


def _volatile(self):
    warnings.warn("volatile was removed (Variable.volatile is always False)", stacklevel=2)
    return False


def _set_volatile(self, value):
    warnings.warn(
        "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
        stacklevel=2,
    )


methods["_grad_fn"] = property(lambda self: self.grad_fn, _set_grad_fn)
methods["_post_accumulate_grad_hooks"] = property(
    lambda self: fresh(self).__dict__.get("_post_accumulate_hooks"), _set_post_accumulate
)
methods["_cdata"] = property(id)
methods["name"] = property(lambda self: None)
methods["volatile"] = property(_volatile, _set_volatile)


def attach(tables):
    """Put the operators, methods and properties of some tables on Tensor."""
    for table in tables:
        for name, value in table.items():
            value = closed(name, value, "torch._C.TensorBase", _UNDELETABLE.get(name))
            setattr(Tensor, name, value)
