"""Optimizer: groups of parameters, their state, and torch's `state_dict` of both.

An update is written over raw arrays in the namespace of the parameter, so it runs on every backend
and records nothing; the result is written into the parameter's memory and counted as a write.
"""

from __future__ import annotations

import itertools
import warnings
from collections import OrderedDict, defaultdict
from copy import deepcopy

from ..autograd.modes import enable_grad, no_grad
from ..nn.modules.module import RemovableHandle, _typename
from ..storage import write_raw
from ..tensor import Tensor, fresh, wrap

required = object()


def raw(t):
    return fresh(t)._raw


def put(t, value):
    """Write a raw array into a tensor."""
    write_raw(fresh(t), value)


def like(p, value):
    """A new state tensor on the namespace of ``p``."""
    return wrap(p._p, value)


def zeros(p):
    P, x = p._p, raw(p)
    return like(p, P.full(tuple(x.shape), 0, x.dtype))


def step_counter(value=0.0):
    """The number of updates of one parameter, a 0-d tensor on the CPU as torch keeps it."""
    from ..dtypes import float32
    from ..factories import tensor

    return tensor(float(value), dtype=float32, device="cpu")


def number(x):
    """A learning rate, which may be a tensor, as a float."""
    return x.item() if isinstance(x, Tensor) else x


def numbers(step, group, fn):
    """``fn(n, lr)`` of the count of updates and the learning rate, as Python numbers."""
    P = step._p
    return P.scalars(fn, raw(step), P.scalars(lambda: number(group["lr"])))


class Optimizer:
    """Base of all optimizers (torch.optim.Optimizer)."""

    def __init__(self, params, defaults):
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {_typename(params)}"
            )
        self.defaults = defaults
        self.state = defaultdict(dict)
        self.param_groups = []
        self._no_hooks()
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(dict(group))

    def _no_hooks(self):
        self._step_pre_hooks, self._step_post_hooks = OrderedDict(), OrderedDict()
        self._state_dict_hooks = {"pre": OrderedDict(), "post": OrderedDict()}
        self._load_hooks = {"pre": OrderedDict(), "post": OrderedDict()}
        self._opt_called = False

    def add_param_group(self, param_group):
        """Add parameters with options of their own (torch.optim.Optimizer.add_param_group)."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, Tensor):
            params = [params]
        elif isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the "
                "ordering of tensors in sets will change between runs. Please use a list instead."
            )
        params = list(params)
        named = [isinstance(p, tuple) for p in params]
        if any(named):
            if not all(named):
                raise ValueError(
                    "all optimizer params should be with/without names. Some param names are "
                    "missing"
                )
            param_group["param_names"] = [name for name, _ in params]
            params = [p for _, p in params]
        param_group["params"] = params
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {_typename(p)}"
                )
            if not p.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, value in self.defaults.items():
            if value is required and name not in param_group:
                raise ValueError(
                    "parameter group didn't specify a value of required optimization parameter "
                    f"{name}"
                )
            param_group.setdefault(name, value)
        if len({id(p) for p in params}) != len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this "
                "will cause an error; see github.com/pytorch/pytorch/issues/40967 for more "
                "information",
                stacklevel=3,
            )
        seen = {id(p) for g in self.param_groups for p in g["params"]}
        if seen & {id(p) for p in params}:
            raise ValueError("some parameters appear in more than one parameter group")
        if self.param_groups and ("param_names" in self.param_groups[0]) != (
            "param_names" in param_group
        ):
            verb = "without" if "param_names" in self.param_groups[0] else "with"
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{verb} names to the optimizer"
            )
        self.param_groups.append(param_group)

    def zero_grad(self, set_to_none=True):
        """Drop the gradients of all parameters (torch.optim.Optimizer.zero_grad)."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    if set_to_none:
                        p.grad = None
                    else:
                        p.grad = p.grad.detach().zero_()

    def step(self, closure=None):
        """Update all parameters once; ``closure`` computes the loss again and is returned."""
        for hook in self._step_pre_hooks.values():
            hook(self, (closure,) if closure else (), {})
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        x, g = raw(p), raw(p.grad)
                        if group.get("maximize"):
                            g = p._p.negative(g)
                        state = self.state[p] if self.keeps_state(group) else None
                        self.update(p._p, p, x, g, state, group)
        self._opt_called = True
        for hook in self._step_post_hooks.values():
            hook(self, (closure,) if closure else (), {})
        return loss

    def keeps_state(self, group):
        """Whether updates under these options remember anything."""
        return True

    def update(self, P, p, x, g, state, group):
        """Update one parameter ``p`` of raw value ``x`` and gradient ``g``."""
        raise NotImplementedError

    def register_step_pre_hook(self, hook):
        """Call ``hook(optimizer, args, kwargs)`` before each step."""
        return _hooked(self._step_pre_hooks, hook)

    def register_step_post_hook(self, hook):
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return _hooked(self._step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook, prepend=False):
        """Call ``hook(optimizer)`` before ``state_dict`` is made."""
        return _hooked(self._state_dict_hooks["pre"], hook, prepend)

    def register_state_dict_post_hook(self, hook, prepend=False):
        """Call ``hook(optimizer, state_dict)``; what it returns, if not None, is returned."""
        return _hooked(self._state_dict_hooks["post"], hook, prepend)

    def register_load_state_dict_pre_hook(self, hook, prepend=False):
        """Call ``hook(optimizer, state_dict)``; what it returns, if not None, is loaded."""
        return _hooked(self._load_hooks["pre"], hook, prepend)

    def register_load_state_dict_post_hook(self, hook, prepend=False):
        """Call ``hook(optimizer)`` once a state is loaded."""
        return _hooked(self._load_hooks["post"], hook, prepend)

    def state_dict(self):
        """Options and state, parameters by number (torch.optim.Optimizer.state_dict)."""
        for hook in list(self._state_dict_hooks["pre"].values()):
            hook(self)
        numbers = {}
        groups = []
        for group in self.param_groups:
            packed = {k: v for k, v in group.items() if k != "params"}
            for p in group["params"]:
                numbers.setdefault(id(p), len(numbers))
            packed["params"] = [numbers[id(p)] for p in group["params"]]
            groups.append(packed)
        state = {numbers[id(p)]: s for p, s in self.state.items()}
        made = {"state": state, "param_groups": groups}
        for hook in list(self._state_dict_hooks["post"].values()):
            found = hook(self, made)
            made = made if found is None else found
        return made

    def load_state_dict(self, state_dict):
        """Take up options and state (torch.optim.Optimizer.load_state_dict).

        Tensors that need no cast are shared with the state that is loaded, as in torch.
        """
        state_dict = dict(state_dict)
        for hook in list(self._load_hooks["pre"].values()):
            found = hook(self, state_dict)
            state_dict = state_dict if found is None else found
        saved = deepcopy(state_dict["param_groups"])
        if len(self.param_groups) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        pairs = list(zip(self.param_groups, saved, strict=True))
        if any(len(g["params"]) != len(s["params"]) for g, s in pairs):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                "optimizer's group"
            )
        params = list(itertools.chain.from_iterable(g["params"] for g, _ in pairs))
        numbers = list(itertools.chain.from_iterable(s["params"] for _, s in pairs))
        state = defaultdict(dict)
        for p, i in zip(params, numbers, strict=True):
            if i in state_dict["state"]:
                state[p] = {k: _fit(k, v, p) for k, v in state_dict["state"][i].items()}
        self.state = state
        for group, new in pairs:
            new["params"] = group["params"]
            if "param_names" in group and "param_names" not in new:
                new["param_names"] = group["param_names"]
        self.param_groups = saved
        for hook in list(self._load_hooks["post"].values()):
            hook(self)

    def __getstate__(self):
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._no_hooks()

    def __repr__(self):
        text = type(self).__name__ + " ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(f"    {k}: {group[k]}\n" for k in sorted(group) if k != "params")
        return text + ")"


def _hooked(hooks, hook, prepend=False):
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def _fit(key, value, p):
    if not isinstance(value, Tensor) or key == "step":
        return value
    return value.to(device=p.device, dtype=p.dtype if p.is_floating_point() else None)


def refuse(name, value, ok):
    """torch's ValueError of a bad option."""
    if not ok:
        raise ValueError(f"Invalid {name}: {value}")
