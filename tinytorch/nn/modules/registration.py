"""Where the hooks of modules are registered: on one module, or on all there are.

`Hooked` holds the methods, from which `Module` inherits. The tables of hooks on all modules are in
`module`, where programs look for them and put others in their place; they are read there at each
call once anything was registered (`EVERY`), so that a plain call pays nothing for them.
"""

from __future__ import annotations

import weakref
from functools import update_wrapper

from ...autograd.hooks import RemovableHandle

EVERY: list[str] = []  # the kinds of hooks on all modules that were registered in this process

_BOTH = (
    "Cannot use both regular backward hooks and full backward hooks {} Please use only one of them."
)


class WrappedHook:
    """A hook that gets its module first, without keeping it alive."""

    def __init__(self, hook, module=None):
        self.hook = hook
        update_wrapper(self, hook)
        self.module = None if module is None else weakref.ref(module)

    def __call__(self, *args):
        if self.module is None:
            return self.hook(*args)
        module = self.module()
        if module is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return self.hook(module, *args)

    def __getstate__(self):
        return {"hook": self.hook, "module": None if self.module is None else self.module()}

    def __setstate__(self, state):
        self.__init__(**state)


def _enter(hooks, extra, hook, marks):
    """Put a hook into a table, and its number into the tables of what holds for it."""
    handle = RemovableHandle(hooks, extra_dict=extra)
    hooks[handle.id] = hook
    for marked, on in zip(extra, marks, strict=True):
        if on:
            marked[handle.id] = True
    return handle


class Hooked:
    """The methods of `Module` that register hooks."""

    def _add_hook(self, table, hook, prepend=False, **marks):
        hooks = getattr(self, table)
        extra = [getattr(self, f"{table}_{name}") for name in marks]
        handle = _enter(hooks, extra, hook, marks.values())
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        object.__setattr__(self, "_hooked", True)
        return handle

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Call ``hook(module, args)`` before forward; its result replaces the arguments."""
        return self._add_hook("_forward_pre_hooks", hook, prepend, with_kwargs=with_kwargs)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Call ``hook(module, args, output)`` after forward; its result replaces the output.

        always_call: also if forward raises.
        """
        return self._add_hook(
            "_forward_hooks", hook, prepend, with_kwargs=with_kwargs, always_called=always_call
        )

    def register_full_backward_hook(self, hook, prepend=False):
        """Call ``hook(module, grad_input, grad_output)`` when gradients of the inputs are known.

        RuntimeError if the module has a hook of `register_backward_hook`.
        """
        self._only(True)
        return self._add_hook("_backward_hooks", hook, prepend)

    def register_backward_hook(self, hook):
        """Call ``hook(module, grad_input, grad_output)`` of the node of the module's first result.

        RuntimeError if the module has a hook of `register_full_backward_hook`.
        """
        self._only(False)
        return self._add_hook("_backward_hooks", hook)

    def _only(self, full):
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(_BOTH.format("on a single Module."))
        object.__setattr__(self, "_is_full_backward_hook", full)

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Call ``hook(module, grad_output)`` before the module's own backward."""
        return self._add_hook("_backward_pre_hooks", hook, prepend)

    def register_state_dict_pre_hook(self, hook):
        """Call ``hook(module, prefix, keep_vars)`` before `state_dict`."""
        return self._add_hook("_state_dict_pre_hooks", hook)

    def _register_state_dict_hook(self, hook):
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously "
                "registered via register_state_dict_post_hook"
            )
        return self._add_hook("_state_dict_hooks", hook)

    def register_state_dict_post_hook(self, hook):
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after `state_dict`."""
        hook._from_public_api = True
        return self._add_hook("_state_dict_hooks", hook)

    def _register_load_state_dict_pre_hook(self, hook, with_module=False):
        wrapped = WrappedHook(hook, self if with_module else None)
        return self._add_hook("_load_state_dict_pre_hooks", wrapped)

    def register_load_state_dict_pre_hook(self, hook):
        """Call ``hook(module, state_dict, prefix, ...)`` before the module takes its state."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def register_load_state_dict_post_hook(self, hook):
        """Call ``hook(module, incompatible_keys)`` after the module took its state."""
        return self._add_hook("_load_state_dict_post_hooks", hook)


# --- hooks on all modules -------------------------------------------------------------------------


def _tables():
    from . import module

    return module


def _add(kind, hook, **marks):
    tables = _tables()
    table = getattr(tables, f"_global_{kind}_hooks")
    extra = [getattr(tables, f"_global_{kind}_hooks_{name}") for name in marks]
    handle = _enter(table, extra, hook, marks.values())
    EVERY.append(kind)
    return handle


def register_module_forward_pre_hook(hook):
    """Call ``hook(module, args)`` before the forward of every module."""
    return _add("forward_pre", hook)


def register_module_forward_hook(hook, *, with_kwargs=False, always_call=False):
    """Call ``hook(module, args, output)`` after the forward of every module."""
    return _add("forward", hook, with_kwargs=with_kwargs, always_called=always_call)


def _add_backward(hook, full):
    tables = _tables()
    if tables._global_is_full_backward_hook is (not full):
        raise RuntimeError(_BOTH.format("as a global Module hook."))
    tables._global_is_full_backward_hook = full
    return _add("backward", hook)


def register_module_backward_hook(hook):
    """`Module.register_backward_hook` for every module."""
    return _add_backward(hook, False)


def register_module_full_backward_hook(hook):
    """`Module.register_full_backward_hook` for every module."""
    return _add_backward(hook, True)


def register_module_full_backward_pre_hook(hook):
    """`Module.register_full_backward_pre_hook` for every module."""
    return _add("backward_pre", hook)


def register_module_buffer_registration_hook(hook):
    """Call ``hook(module, name, buffer)`` when a buffer is registered; it may return another."""
    return _add("buffer_registration", hook)


def register_module_module_registration_hook(hook):
    """Call ``hook(module, name, submodule)`` when one is registered; it may return another."""
    return _add("module_registration", hook)


def register_module_parameter_registration_hook(hook):
    """Call ``hook(module, name, param)`` when one is registered; it may return another."""
    return _add("parameter_registration", hook)


def registered(kind, module, name, value):
    """What the hooks on registrations of a kind make of a value."""
    for hook in getattr(_tables(), f"_global_{kind}_registration_hooks").values():
        new = hook(module, name, value)
        if new is not None:
            value = new
    return value


__all__ = [name for name in dir() if name.startswith("register_module_")]
