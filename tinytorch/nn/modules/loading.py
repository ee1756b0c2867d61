"""`Module.load_state_dict`: matching names, then copying, then torch's one error for all faults."""

from __future__ import annotations

from collections.abc import Mapping

from ...autograd.modes import no_grad
from ...tensor import Tensor
from ..parameter import Parameter


def load(module, state, strict, assign):
    """(missing names, unexpected names); RuntimeError listing every fault."""
    if not isinstance(state, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state)}.")
    missing, unexpected, errors = [], [], []
    _load(module, state, "", missing, unexpected, errors, assign)
    faults = []
    if strict and unexpected:
        names = ", ".join(f'"{k}"' for k in unexpected)
        faults.append(f"Unexpected key(s) in state_dict: {names}. ")
    if strict and missing:
        names = ", ".join(f'"{k}"' for k in missing)
        faults.insert(0, f"Missing key(s) in state_dict: {names}. ")
    faults += errors
    if faults:
        raise RuntimeError(
            f"Error(s) in loading state_dict for {type(module).__name__}:\n\t" + "\n\t".join(faults)
        )
    return missing, unexpected


def _load(module, state, prefix, missing, unexpected, errors, assign):
    own = dict(module._own_state())
    for name, value in own.items():
        key = prefix + name
        if value is None:
            continue
        if key not in state:
            missing.append(key)
            continue
        _take(module, name, key, value, state[key], errors, assign)
    known = {*own, *module._modules}
    for key in state:
        if key.startswith(prefix):
            first, _, rest = key[len(prefix) :].partition(".")
            strange = first not in known or (rest and first not in module._modules)
            if strange and key not in unexpected:
                unexpected.append(key)
    for name, child in module._modules.items():
        if child is not None:
            _load(child, state, prefix + name + ".", missing, unexpected, errors, assign)


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
