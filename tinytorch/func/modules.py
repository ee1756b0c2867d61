"""``torch.func`` of modules: called with other parameters, stacked into an ensemble."""

from __future__ import annotations

from ..registry import functions
from ..tensor import Tensor


def functional_call(module, parameter_and_buffer_dicts, args=None, kwargs=None, *,
                    tie_weights=True, strict=False):  # fmt: skip
    """``module(*args, **kwargs)`` with these tensors for its parameters and buffers.

    parameter_and_buffer_dicts: a dict by name, or several of them with no name twice. tie_weights:
    a tensor given for one name of a parameter stands for all its names. strict: names must be just
    the module's. A buffer that the module sets anew is set in the dict. ValueError, RuntimeError
    and TypeError in torch's words.
    """
    given = _combined(parameter_and_buffer_dicts)
    if args is None:
        args = ()
    elif not isinstance(args, tuple):
        args = (args,)
    own = [*module.named_parameters(remove_duplicate=False),
           *module.named_buffers(remove_duplicate=False)]  # fmt: skip
    values = _tied(own, given) if tie_weights else dict(given)
    if strict:
        _check_names(module, values, {name for name, _ in own})
    for t in given.values():
        if not isinstance(t, Tensor) and t is not None:
            raise TypeError(f"{t} is not an instance of torch.Tensor")
    before = [(place, _swap(place, t)) for place, t in _places(module, values)]
    try:
        return module(*args, **(kwargs or {}))
    finally:
        for (name, table, key), old in reversed(before):
            if name in given and key in table and isinstance(parameter_and_buffer_dicts, dict):
                parameter_and_buffer_dicts[name] = table[key]
            if old is _MISSING:
                table.pop(key, None)
            else:
                table[key] = old


_MISSING = object()


def _combined(dicts):
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, (list, tuple)):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(dicts)}"
        )
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    names = [name for d in dicts for name in d]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"{twice} appeared in multiple dictionaries; behavior of functional call is ambiguous"
        )
    return {name: t for d in dicts for name, t in d.items()}


def _check_names(module, given, own):
    text = f"Error(s) in reparametrizing for {type(module).__name__}:"
    unexpected, missing = sorted(set(given) - own), sorted(own - set(given))
    for what, names in (("Unexpected", unexpected), ("Missing", missing)):
        if names:
            text += f"\n\t{what} key(s): " + ", ".join(map(repr, names)) + "."
    if unexpected or missing:
        raise RuntimeError(text)


def _tied(own, given):
    """The given tensors under all names that a parameter or buffer of the module goes by."""
    groups: dict = {}
    for name, t in own:
        if t is not None:
            groups.setdefault(id(t), []).append(name)
    values = dict(given)
    for names in groups.values():
        found = [n for n in names if n in given]
        if any(given[n] is not given[found[0]] for n in found):
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(names)}, which are tied. "
                "Consider using tie_weights=False"
            )
        for n in names if found else ():
            values[n] = given[found[0]]
    return values


def _places(module, values):
    """(where a tensor stands, tensor): its name, the table of its module, its key in that."""
    for name, t in values.items():
        path, _, key = name.rpartition(".")
        if not key:
            raise KeyError('tensor name can\'t be empty string ""')
        tables = module.get_submodule(path).__dict__
        table = tables["_buffers"] if key in tables["_buffers"] else tables["_parameters"]
        yield (name, table, key), t


def _swap(place, t):
    _, table, key = place
    old = table.get(key, _MISSING)
    table[key] = t
    return old


def stack_module_state(models):
    """(parameters, buffers) of modules alike, each stacked along a new first dimension.

    RuntimeError in torch's words unless all are of one class and mode.
    """
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({m.training for m in models}) != 1:
        raise RuntimeError(
            "stack_module_state: Expected all models to have the same training/eval mode."
        )
    if any(type(m) is not type(models[0]) for m in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    params = [dict(m.named_parameters()) for m in models]
    buffers = [dict(m.named_buffers()) for m in models]
    return (
        {k: _stacked(k, [p[k] for p in params]) for k in params[0]},
        {k: _stacked(k, [b[k] for b in buffers]) for k in buffers[0]},
    )


def _stacked(name, ts):
    needs = {t.requires_grad for t in ts}
    if len(needs) != 1:
        raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
    out = functions["stack"]([t.detach() for t in ts])
    return out.requires_grad_() if needs.pop() else out


def replace_all_batch_norm_modules_(root):
    """Let every batch norm in a module keep no running statistics; returns the module."""
    for m in root.modules():
        if hasattr(m, "running_mean") and hasattr(m, "track_running_stats"):
            m.running_mean = m.running_var = m.num_batches_tracked = None
            m.track_running_stats = False
    return root
