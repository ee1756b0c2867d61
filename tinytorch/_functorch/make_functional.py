"""``torch._functorch.make_functional``: a module as a function of its parameters and buffers.

What `torch.func.functional_call` has replaced. The module is copied; the copy's parameters are what
is returned, and a call runs the copy with those it is given.
"""

from __future__ import annotations

import copy

from ..func.modules import functional_call
from ..nn.modules.module import Module
from ..registry import functions

__all__ = ["FunctionalModule", "FunctionalModuleWithBuffers", "combine_state_for_ensemble",
           "make_functional", "make_functional_with_buffers"]  # fmt: skip


def _names(named):
    """{first name: all names} of tensors, some of which go by several."""
    groups: dict[int, list[str]] = {}
    for name, t in named:
        groups.setdefault(id(t), []).append(name)
    return {names[0]: names for names in groups.values()}


class FunctionalModule(Module):
    """``f(params, *args, **kwargs)``; what `make_functional` returns."""

    def __init__(self, stateless_model, param_names, names_map):
        super().__init__()
        self.stateless_model = stateless_model
        self.param_names = param_names
        self.names_map = names_map

    @staticmethod
    def _create_from(model, disable_autograd_tracking=False):
        model, params, names = _copied(model, disable_autograd_tracking)
        return FunctionalModule(model, tuple(names), names), params

    def forward(self, params, *args, **kwargs):  # type: ignore[override]
        given = dict(zip(self.param_names, params, strict=True))
        return functional_call(self.stateless_model, given, args, kwargs)


class FunctionalModuleWithBuffers(Module):
    """``f(params, buffers, *args, **kwargs)``; what `make_functional_with_buffers` returns."""

    def __init__(self, stateless_model, param_names, buffer_names, param_names_map,
                 buffer_names_map):  # fmt: skip
        super().__init__()
        self.stateless_model = stateless_model
        self.param_names = param_names
        self.buffer_names = buffer_names
        self.all_names_map = {**param_names_map, **buffer_names_map}

    @staticmethod
    def _create_from(model, disable_autograd_tracking=False):
        model, params, names = _copied(model, disable_autograd_tracking)
        held = dict(model.named_buffers(remove_duplicate=False))
        of = _names(held.items())
        f = FunctionalModuleWithBuffers(model, tuple(names), tuple(of), names, of)
        return f, params, tuple([held[name] for name in of])

    def forward(self, params, buffers, *args, **kwargs):  # type: ignore[override]
        given = dict(zip(self.param_names, params, strict=True))
        given.update(zip(self.buffer_names, buffers, strict=True))
        return functional_call(self.stateless_model, given, args, kwargs)


def _copied(model, untracked):
    """(a copy of the model, its parameters, {first name: all names} of theirs)."""
    model = copy.deepcopy(model)
    held = dict(model.named_parameters(remove_duplicate=False))
    names = _names(held.items())
    params = tuple([held[name] for name in names])
    if untracked:
        for p in params:
            p.requires_grad_(False)
    return model, params, names


def make_functional(model, disable_autograd_tracking=False):
    """(a function of parameters and inputs, the parameters) of a module without buffers.

    disable_autograd_tracking: the parameters do not require gradients. RuntimeError of buffers.
    """
    if list(model.buffers()):
        raise RuntimeError(
            "make_functional(model): `model` has buffers. Please use "
            "make_functional_with_buffers(model) instead."
        )
    return FunctionalModule._create_from(model, disable_autograd_tracking)


def make_functional_with_buffers(model, disable_autograd_tracking=False):
    """(a function of parameters, buffers and inputs, the parameters, the buffers) of a module."""
    return FunctionalModuleWithBuffers._create_from(model, disable_autograd_tracking)


def combine_state_for_ensemble(models):
    """(a function, parameters, buffers) of several modules, each tensor stacked over them.

    RuntimeError unless they are of one class and all training, or all not.
    """
    if not models:
        raise RuntimeError("combine_state_for_ensemble: Expected at least one model, got 0.")
    if len({m.training for m in models}) > 1:
        raise RuntimeError(
            "combine_state_for_ensemble: Expected all models to have the same training/eval mode."
        )
    if len({type(m) for m in models}) > 1:
        raise RuntimeError(
            "combine_state_for_ensemble: Expected all models to be of the same class."
        )
    made, params, buffers = zip(*map(make_functional_with_buffers, models), strict=True)

    def stacked(rows):
        columns = zip(*rows, strict=True)
        return tuple([functions["stack"](list(column)).detach() for column in columns])

    return made[0], stacked(params), stacked(buffers)
