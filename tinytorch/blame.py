"""Whose call it was: the public function and the argument that an error is about.

Asked only when an error is being written, by walking up the stack, so that checks deep in the house
can speak torch's words and calls that are right pay nothing.
"""

from __future__ import annotations

import sys
import warnings


def caller():
    """The frame of the outermost of our functions that the user's program has called."""
    frame, found = sys._getframe(1), None
    while frame is not None:
        name = frame.f_globals.get("__name__") or ""
        if name.partition(".")[0] != "tinytorch":
            break
        if not frame.f_code.co_name.startswith(("_", "<")) and frame.f_code.co_name not in _INNER:
            found = frame
        frame = frame.f_back
    return found


_INNER = {"call", "guarded", "inplace", "slow", "apply"}


def closed(name, value, owner=None, delete=None):
    """A property that refuses to be assigned or deleted in torch's words, where it has no way to.

    owner: the class named in the error, else that of the object. delete: an error of its own for
    deletion, as a function that raises it. What is no property is given back.
    """
    if type(value) is not property or value.fset is not None and value.fdel is not None:
        return value

    def refuse(self, *new):
        who = owner or type(self).__name__
        raise AttributeError(f"attribute '{name}' of '{who}' objects is not writable")

    return property(value.fget, value.fset or refuse, value.fdel or delete or refuse)


def called():
    """The name of that function."""
    frame = caller()
    return "tensor" if frame is None else _name(frame)


def _name(frame):
    """A function made in a loop knows its public name by the variable ``name``."""
    name = frame.f_locals.get("name")
    return name if isinstance(name, str) else frame.f_code.co_name


def type_name(value):
    """How torch writes the type of an argument."""
    kind = type(value)
    return f"numpy.{kind.__name__}" if kind.__module__ == "numpy" else kind.__name__


def not_tensor(value):
    """torch's TypeError of an argument that should have been a Tensor."""
    frame = caller()
    name, what, position = "function", "input", 1
    if frame is not None:
        code = frame.f_code
        name = _name(frame)
        for i, key in enumerate(code.co_varnames[: code.co_argcount]):
            if frame.f_locals.get(key) is value:
                what, position = key, i + 1
                break
    return TypeError(
        f"{name}(): argument '{what}' (position {position}) must be Tensor, not {type_name(value)}"
    )


_given: set[str] = set()
always = False  # whether such warnings are given each time (torch.set_warn_always)


def warn_once(text):
    """A UserWarning in the user's own line, the first time only, as torch gives some of them."""
    if always or text not in _given:
        _given.add(text)
        warn(text)


def warn(text):
    """A UserWarning in the user's own line."""
    level, frame = 1, sys._getframe(0)
    while frame is not None and (frame.f_globals.get("__name__") or "").startswith("tinytorch"):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, UserWarning, stacklevel=level)
