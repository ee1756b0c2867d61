"""What Tensor's attributes refuse, and the few that exist only because torch has them.

torch's attributes are C descriptors with errors of their own for assigning and deleting. A Python
property words them otherwise, so every property goes through `closed` before it is attached; it
stays a plain property, which the interpreter reads fastest.
"""

from __future__ import annotations

import warnings

from .autograd import modes
from .registry import methods
from .tensor import Tensor, fresh


def _refused(name, owner):
    def refuse(self, *value):
        who = owner or type(self).__name__
        raise AttributeError(f"attribute '{name}' of '{who}' objects is not writable")

    return refuse


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


def closed(name, value, owner="torch._C.TensorBase"):
    """A property that answers an assignment or deletion it does not allow as torch does.

    owner: the class named in the error, None for that of the object.
    """
    if type(value) is not property or value.fset is not None and value.fdel is not None:
        return value
    no = _refused(name, owner)
    delete = value.fdel or _UNDELETABLE.get(name, no)
    return property(value.fget, value.fset or no, delete, value.__doc__)


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
            setattr(Tensor, name, closed(name, value))
