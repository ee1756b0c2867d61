"""Module: what holds parameters, buffers and other modules, and can be called.

Attributes are sorted on assignment into three dicts, which everything else walks: names,
`state_dict`, `to`, `train`, `repr`. A call goes straight to ``forward`` while no hook is set.
"""

from __future__ import annotations

from collections import OrderedDict, namedtuple

from ... import dtypes
from ...autograd.hooks import RemovableHandle  # noqa: F401
from ...autograd.modes import no_grad
from ...devices import device as _device
from ...tensor import Tensor
from ..parameter import Buffer, Parameter
from .registration import *  # noqa: F403
from .registration import EVERY, Hooked, registered

_global_backward_hooks: OrderedDict = OrderedDict()
_global_backward_pre_hooks: OrderedDict = OrderedDict()
_global_is_full_backward_hook = None
_global_forward_hooks: OrderedDict = OrderedDict()
_global_forward_hooks_always_called: OrderedDict = OrderedDict()
_global_forward_hooks_with_kwargs: OrderedDict = OrderedDict()
_global_forward_pre_hooks: OrderedDict = OrderedDict()
_global_buffer_registration_hooks: OrderedDict = OrderedDict()
_global_module_registration_hooks: OrderedDict = OrderedDict()
_global_parameter_registration_hooks: OrderedDict = OrderedDict()


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    __slots__ = ()

    def __repr__(self):
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


def _typename(x):
    cls = type(x)
    if issubclass(cls, Tensor) and cls.__module__.startswith("tinytorch"):
        return "torch.FloatTensor" if cls is Tensor and x.dtype is dtypes.float32 else x.type()
    module = cls.__module__
    return cls.__qualname__ if module in ("builtins", "__builtin__") else f"{module}.{cls.__name__}"


def _indent(text, n):
    head, *rest = text.split("\n")
    return "\n".join([head, *(" " * n + line for line in rest)])


_SLOTS = ("_parameters", "_buffers", "_modules")
_HOOKS = (
    "_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called",
    "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_backward_hooks",
    "_backward_pre_hooks", "_state_dict_hooks", "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks",
)  # fmt: skip


class Module(Hooked):
    """Base of all network parts (torch.nn.Module): assign parameters and modules, write forward."""

    dump_patches = False
    _version = 1
    training: bool
    call_super_init = False

    def __init__(self, *args, **kwargs):
        set_ = super().__setattr__
        set_("training", True)
        for name in _SLOTS:
            set_(name, {})
        set_("_non_persistent_buffers_set", set())
        for name in _HOOKS:
            set_(name, OrderedDict())
        set_("_hooked", False)
        set_("_is_full_backward_hook", None)

    def forward(self, *input):
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    # --- calls ------------------------------------------------------------------------------------

    def __call__(self, *args, **kwargs):
        if not (self._hooked or EVERY):
            return self.forward(*args, **kwargs)
        from .hooks import call_with_hooks

        return call_with_hooks(self, args, kwargs)

    def compile(self, *args, **kwargs):
        """Capture this module's forward from now on (torch.nn.Module.compile)."""
        from ...compiler import compile

        object.__setattr__(self, "forward", compile(self.forward, *args, **kwargs))

    # --- attributes -------------------------------------------------------------------------------

    def _tables(self):
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign module before Module.__init__() call")
        return self.__dict__

    def __getattr__(self, name):
        d = self.__dict__
        for table in _SLOTS:
            found = d.get(table)
            if found is not None and name in found:
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name, value):
        d = self.__dict__
        params = d.get("_parameters")
        if isinstance(value, Parameter):
            if params is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name)
            self.register_parameter(name, value)
        elif params is not None and name in params:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_typename(value)}' as parameter '{name}' "
                    "(torch.nn.Parameter or None expected)"
                )
            params[name] = None
        elif isinstance(value, Module):
            self._tables()
            self._forget(name)
            d["_modules"][name] = registered("module", self, name, value) if EVERY else value
        elif name in d.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_typename(value)}' as child module '{name}' "
                    "(torch.nn.Module or None expected)"
                )
            d["_modules"][name] = None
        elif isinstance(value, Buffer):
            self._tables()
            self._forget(name)
            self.register_buffer(name, value, value.persistent)
        elif name in d.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{_typename(value)}' as buffer '{name}' "
                    "(torch.nn.Buffer, torch.Tensor or None expected)"
                )
            d["_buffers"][name] = value
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name):
        d = self.__dict__
        d.pop(name, None)
        for table in _SLOTS:
            d[table].pop(name, None)
        d["_non_persistent_buffers_set"].discard(name)

    def __delattr__(self, name):
        for table in _SLOTS:
            if name in self.__dict__[table]:
                del self.__dict__[table][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self):
        own = [*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers]
        return sorted(k for k in set(own) if not k[0].isdigit())

    def __setstate__(self, state):
        self.__dict__.update(state)

    def _check_name(self, kind, name):
        if "_parameters" not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {_typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')

    def register_parameter(self, name, param):
        """Add a parameter under a name (torch.nn.Module.register_parameter); it may be None."""
        self._check_name("parameter", name)
        if hasattr(self, name) and name not in self._parameters:
            raise KeyError(f"attribute '{name}' already exists")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_typename(param)}' object to parameter '{name}' "
                "(torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be "
                "created explicitly. To express '{name}' as a function of another Tensor, compute "
                "the value in the forward() method."
            )
        if EVERY and param is not None:
            param = registered("parameter", self, name, param)
        self._parameters[name] = param

    def register_buffer(self, name, tensor, persistent=True):
        """Add a tensor that is state but no parameter (torch.nn.Module.register_buffer)."""
        self._check_name("buffer", name)
        if hasattr(self, name) and name not in self._buffers:
            raise KeyError(f"attribute '{name}' already exists")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{_typename(tensor)}' object to buffer '{name}' "
                "(torch Tensor or None required)"
            )
        self._buffers[name] = registered("buffer", self, name, tensor) if EVERY else tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name, module):
        """Add a child module under a name (torch.nn.Module.add_module)."""
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{_typename(module)} is not a Module subclass")
        self._check_name("module", name)
        if hasattr(self, name) and name not in self._modules:
            raise KeyError(f"attribute '{name}' already exists")
        self._modules[name] = registered("module", self, name, module) if EVERY else module

    register_module = add_module

    # --- walking ----------------------------------------------------------------------------------

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        """(name, module) of this module and all below (torch.nn.Module.named_modules)."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                path = prefix + ("." if prefix else "") + name
                yield from module.named_modules(memo, path, remove_duplicate)

    def modules(self):
        """This module and all below (torch.nn.Module.modules)."""
        for _, module in self.named_modules():
            yield module

    def named_children(self):
        """(name, module) of the modules just below (torch.nn.Module.named_children)."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self):
        """The modules just below (torch.nn.Module.children)."""
        for _, module in self.named_children():
            yield module

    def _named(self, table, prefix, recurse, remove_duplicate):
        seen = set()
        modules = (self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
                   if recurse else [(prefix, self)])  # fmt: skip
        for path, module in modules:
            for name, value in module.__dict__[table].items():
                if value is None or id(value) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(value))
                yield path + ("." if path else "") + name, value

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        """(name, parameter) of all parameters (torch.nn.Module.named_parameters)."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse=True):
        """All parameters (torch.nn.Module.parameters)."""
        for _, p in self.named_parameters(recurse=recurse):
            yield p

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        """(name, buffer) of all buffers (torch.nn.Module.named_buffers)."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse=True):
        """All buffers (torch.nn.Module.buffers)."""
        for _, b in self.named_buffers(recurse=recurse):
            yield b

    def get_submodule(self, target):
        """The module of a dotted name (torch.nn.Module.get_submodule)."""
        module = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def get_parameter(self, target):
        """The parameter of a dotted name (torch.nn.Module.get_parameter)."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        found = getattr(module, name)
        if not isinstance(found, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return found

    def get_buffer(self, target):
        """The buffer of a dotted name (torch.nn.Module.get_buffer)."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return module._buffers[name]

    # --- modes, casts, gradients ------------------------------------------------------------------

    def train(self, mode=True):
        """Set training mode here and below (torch.nn.Module.train)."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        """Set evaluation mode (torch.nn.Module.eval)."""
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        """Switch gradients of all parameters on or off (torch.nn.Module.requires_grad_)."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        """Drop the gradients of all parameters (torch.nn.Module.zero_grad)."""
        for p in self.parameters():
            if p.grad is not None:
                if set_to_none:
                    p.grad = None
                else:
                    p.grad = p.grad.detach().zero_()

    def apply(self, fn):
        """Call ``fn`` on every module below, then on this one (torch.nn.Module.apply)."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def _apply(self, fn, recurse=True):
        for module in self.children():
            module._apply(fn)
        for p in self._parameters.values():
            if p is None:
                continue
            with no_grad():
                p.data = fn(p.data)
                if p.grad is not None:
                    grad = fn(p.grad.detach())
                    p._grad = grad
        for name, b in self._buffers.items():
            if b is not None:
                self._buffers[name] = fn(b)
        return self

    def to(self, *args, **kwargs):
        """Move and cast parameters and buffers (torch.nn.Module.to); integers are only moved."""
        dtype, dev = kwargs.get("dtype"), kwargs.get("device")
        for a in args:
            if isinstance(a, dtypes.dtype):
                dtype = a
            elif isinstance(a, Tensor):
                dtype, dev = a.dtype, a.device
            elif isinstance(a, (str, int, _device)) and not isinstance(a, bool):
                dev = a
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={dtype}"
            )

        def convert(t):
            wanted = dtype if t.is_floating_point() or t.is_complex() else None
            return t.to(device=dev, dtype=wanted)

        return self._apply(convert)

    def type(self, dst_type):
        """Cast all parameters and buffers (torch.nn.Module.type)."""
        return self._apply(lambda t: t.type(dst_type))

    def _cast(self, dtype):
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)

    def float(self):
        """Cast floating parameters and buffers to float32 (torch.nn.Module.float)."""
        return self._cast(dtypes.float32)

    def double(self):
        """Cast floating parameters and buffers to float64 (torch.nn.Module.double)."""
        return self._cast(dtypes.float64)

    def half(self):
        """Cast floating parameters and buffers to float16 (torch.nn.Module.half)."""
        return self._cast(dtypes.float16)

    def bfloat16(self):
        """Cast floating parameters and buffers to bfloat16 (torch.nn.Module.bfloat16)."""
        return self._cast(dtypes.bfloat16)

    def cpu(self):
        """Move to the CPU (torch.nn.Module.cpu)."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device=None):
        """Move to a CUDA device (torch.nn.Module.cuda)."""
        return self._apply(lambda t: t.cuda(device))

    def share_memory(self):
        """No effect: memory is not shared between processes (torch.nn.Module.share_memory)."""
        return self

    # --- state ------------------------------------------------------------------------------------

    def state_dict(self, *args, destination=None, prefix="", keep_vars=False):
        """Parameters and persistent buffers by name (torch.nn.Module.state_dict)."""
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(
                    destination=destination, prefix=prefix + name + ".", keep_vars=keep_vars
                )
        for hook in self._state_dict_hooks.values():
            new = hook(self, destination, prefix, metadata)
            if new is not None:
                if getattr(hook, "_from_public_api", False):
                    raise RuntimeError("state_dict post-hook must return None")
                destination = new
        return destination

    def _own_state(self):
        yield from self._parameters.items()
        for name, b in self._buffers.items():
            if name not in self._non_persistent_buffers_set:
                yield name, b

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        for name, value in self._own_state():
            if value is not None:
                destination[prefix + name] = value if keep_vars else value.detach()
        extra = self.get_extra_state()
        if extra is not None:
            destination[prefix + "_extra_state"] = extra

    def get_extra_state(self):
        """State that is no tensor, for `state_dict`; None for none."""
        return None

    def set_extra_state(self, state):
        """Take back what `get_extra_state` gave."""

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copy parameters and buffers from a dict by name (torch.nn.Module.load_state_dict)."""
        from .loading import load

        return load(self, state_dict, strict, assign, _IncompatibleKeys)

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ):
        from .loading import take_state

        where = (missing_keys, unexpected_keys, error_msgs)
        take_state(self, state_dict, prefix, local_metadata, strict, *where)

    # --- text -------------------------------------------------------------------------------------

    def _get_name(self):
        return type(self).__name__

    def extra_repr(self):
        return ""

    def __repr__(self):
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {_indent(repr(m), 2)}" for name, m in self._modules.items()]
        body = lines + children
        head = self._get_name() + "("
        if not body:
            return head + ")"
        if len(lines) == 1 and not children:
            return head + lines[0] + ")"
        return head + "\n  " + "\n  ".join(body) + "\n)"
