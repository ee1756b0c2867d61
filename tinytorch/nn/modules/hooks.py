"""A module's call when it has hooks; kept apart so that the plain call stays short."""

from __future__ import annotations

import warnings

from ...autograd import Function
from ...autograd.modes import LOCAL
from ...tensor import Tensor


class BackwardHookFunction(Function):
    """The identity, whose node is where a module's backward hooks sit."""

    @staticmethod
    def forward(ctx, *args):
        ctx.mark_non_differentiable(*[a for a in args if not a.requires_grad])
        return args

    @staticmethod
    def backward(ctx, *args):
        return args


def _pass(values, hook):
    """``values`` with its Tensors passed through one node, and the places of these.

    hook: registered with the node. Without anything to record, ``values`` as they are, and None.
    """
    at = [i for i, v in enumerate(values) if isinstance(v, Tensor)]
    if not (LOCAL.grad and any(values[i].requires_grad for i in at)):
        return values, None
    passed = BackwardHookFunction.apply(*(values[i] for i in at))
    next(t.grad_fn for t in passed if t.grad_fn is not None).register_hook(hook)
    out = list(values)
    for i, t in zip(at, passed, strict=True):
        out[i] = t
    return tuple(out) if type(values) is tuple else type(values)(*out), at


def _fill(grads, at, n):
    out = [None] * n
    for i, g in zip(at, grads, strict=True):
        out[i] = g
    return tuple(out)


def _tuple(x):
    return x if isinstance(x, tuple) else (x,)


def _changed(what, hooks, module, grads, *more):
    """The gradients as the hooks leave them; RuntimeError if one returns another number of them."""
    for hook in hooks:
        new = hook(module, grads, *more)
        if new is not None:
            if len(new) != len(grads):
                raise RuntimeError(
                    f"Backward {what[0]} returned an invalid number of {what[1]}, got {len(new)}, "
                    f"but expected {len(grads)}"
                )
            grads = new
    return grads


class _Backward:
    """The backward hooks of one call: gradients of outputs are kept until those of inputs come.

    inputs, outputs: (places of Tensors, number of values), the places None if none is recorded.
    """

    def __init__(self, module):
        self.module = module
        self.hooks = list(module._backward_hooks.values())
        self.pre = list(module._backward_pre_hooks.values())
        self.grads = None

    def enter(self, args):
        args, at = _pass(args, self._input)
        self.inputs = at, len(args)
        return args

    def leave(self, result):
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received {type(result)}",
                stacklevel=4,
            )
        values = _tuple(result)
        out, at = _pass(values, self._output)
        self.outputs = at, len(values)
        return out if values is result else out[0]

    def _input(self, grads, _):
        if self.grads is None:
            return None  # they have not come through the outputs: a second backward, for one
        full = _fill(grads, *self.inputs)
        full = _changed(("hook", "grad_input"), self.hooks, self.module, full, self.grads)
        self.grads = None
        return tuple(full[i] for i in self.inputs[0])

    def _output(self, _, grads):
        full = _fill(grads, *self.outputs)
        self.grads = full = _changed(("pre hook", "grad_output"), self.pre, self.module, full)
        if self.inputs[0] is None:
            warnings.warn(_NO_INPUT, stacklevel=5)
            self._by_outputs()
        return tuple(full[i] for i in self.outputs[0])

    def _by_outputs(self):
        """Call the hooks although no input wants a gradient."""
        nothing = (None,) * self.inputs[1]
        for hook in self.hooks:
            new = hook(self.module, nothing, self.grads)
            if new is not None and not (type(new) is tuple and all(g is None for g in new)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always "
                    "return None or None for all gradients."
                )
        self.grads = None


_NO_INPUT = (
    "Full backward hook is firing when gradients are computed with respect to module outputs since "
    "no inputs require gradients. See "
    "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
    "#torch.nn.Module.register_full_backward_hook for more details."
)


def call_with_hooks(module, args, kwargs):
    for hook, with_kwargs in list(module._forward_pre_hooks.values()):
        if with_kwargs:
            new = hook(module, args, kwargs)
            if new is not None:
                args, kwargs = new
        else:
            new = hook(module, args)
            if new is not None:
                args = _tuple(new)
    around = None
    if module._backward_hooks or module._backward_pre_hooks:
        around = _Backward(module)
        args = around.enter(args)
    result = module.forward(*args, **kwargs)
    for hook, with_kwargs in list(module._forward_hooks.values()):
        new = hook(module, args, kwargs, result) if with_kwargs else hook(module, args, result)
        if new is not None:
            result = new
    return result if around is None else around.leave(result)
