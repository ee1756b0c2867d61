"""`Module.load_state_dict`: matching names, then copying, then torch's one error for all faults."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from ...autograd.modes import no_grad
from ...tensor import Tensor
from ..parameter import Parameter


def load(module, state, strict, assign, keys):
    """``keys(missing names, unexpected names)``; RuntimeError listing every fault."""
    if not isinstance(state, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state)}.")
    metadata = getattr(state, "_metadata", None)
    state = OrderedDict(state)
    if metadata is not None:
        state._metadata = metadata
    missing, unexpected, faults = [], [], []
    found = keys(missing, unexpected)
    _load(module, state, "", metadata or {}, assign, found, faults)
    if strict and unexpected:
        faults.insert(0, f"Unexpected key(s) in state_dict: {_named(unexpected)}. ")
    if strict and missing:
        faults.insert(0, f"Missing key(s) in state_dict: {_named(missing)}. ")
    if faults:
        raise RuntimeError(
            f"Error(s) in loading state_dict for {type(module).__name__}:\n\t" + "\n\t".join(faults)
        )
    return found


def _named(keys):
    return ", ".join(f'"{k}"' for k in keys)


def _load(module, state, prefix, metadata, assign, found, errors):
    own = metadata.get(prefix[:-1], {})
    if assign:
        own["assign_to_params_buffers"] = assign
    module._load_from_state_dict(state, prefix, own, True, *found, errors)
    for name, child in module._modules.items():
        if child is not None:
            head = prefix + name + "."
            part = {k: v for k, v in state.items() if k.startswith(head)}
            _load(child, part, head, metadata, assign, found, errors)
    for hook in module._load_state_dict_post_hooks.values():
        if hook(module, found) is not None:
            raise AssertionError(
                "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to "
                "return new values, if incompatible_keys need to be modified, it should be done "
                "inplace."
            )


def take_state(module, state, prefix, metadata, strict, missing, unexpected, errors):
    """Copy a module's own parameters and buffers; note names that lack or are too many."""
    for hook in module._load_state_dict_pre_hooks.values():
        hook(state, prefix, metadata, strict, missing, unexpected, errors)
    assign = metadata.get("assign_to_params_buffers", False)
    own = {name: value for name, value in module._own_state() if value is not None}
    for name, value in own.items():
        key = prefix + name
        if key in state:
            _take(module, name, key, value, state[key], errors, assign)
        elif strict:
            missing.append(key)
    extra = prefix + "_extra_state"
    if type(module).set_extra_state is not _module().set_extra_state:
        if extra in state:
            module.set_extra_state(state[extra])
        elif strict:
            missing.append(extra)
    elif strict and extra in state:
        unexpected.append(extra)
    for key in state if strict else ():
        if key.startswith(prefix) and key != extra:
            first, _, rest = key[len(prefix) :].partition(".")
            if first not in (module._modules if rest else own):
                unexpected.append(key)


def _module():
    from .module import Module

    return Module


def _take(module, name, key, value, new, errors, assign):
    if not isinstance(new, Tensor):
        errors.append(
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like '
            f"object from checkpoint but received {type(new)}"
        )
        return
    if tuple(new.shape) != tuple(value.shape):
        errors.append(
            f"size mismatch for {key}: copying a param with shape {new.shape} from checkpoint, "
            f"the shape in current model is {value.shape}."
        )
        return
    with no_grad():
        if not assign:
            value.copy_(new)
        elif isinstance(value, Parameter):
            setattr(module, name, Parameter(new, value.requires_grad))
        else:
            setattr(module, name, new)
