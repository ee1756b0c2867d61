"""A module's call when it has hooks; kept apart so that the plain call stays short."""

from __future__ import annotations

from ...autograd import Function
from ...tensor import Tensor


class BackwardHookFunction(Function):
    """The identity, whose node is where a module's backward hooks sit."""

    @staticmethod
    def forward(ctx, *args):
        return tuple(a.view_as(a) for a in args)

    @staticmethod
    def backward(ctx, *args):
        return args


def _pass(values):
    """Tensors among ``values`` that require grad passed through one node; (values, node)."""
    at = [i for i, v in enumerate(values) if isinstance(v, Tensor) and v.requires_grad]
    if not at:
        return values, None, at
    passed = BackwardHookFunction.apply(*(values[i] for i in at))
    out = list(values)
    for i, t in zip(at, passed, strict=True):
        out[i] = t
    return tuple(out), passed[0].grad_fn, at


def _fill(grads, at, n):
    out = [None] * n
    for i, g in zip(at, grads, strict=True):
        out[i] = g
    return tuple(out)


def _tuple(x):
    return x if isinstance(x, tuple) else (x,)


class _Backward:
    """The backward hooks of one call: gradients of outputs are kept until those of inputs come."""

    def __init__(self, module):
        self.module = module
        self.grad_output = None
        self.inputs = None

    def enter(self, args):
        args, node, at = _pass(args)
        self.inputs = node
        if node is not None:
            node.register_hook(lambda grads, _: self._input(grads, at, len(args)))
        return args

    def _input(self, grads, at, n):
        full = _fill(grads, at, n)
        changed = self._hooks(full)
        return None if changed is full else tuple(changed[i] for i in at)

    def _hooks(self, full):
        for hook in list(self.module._backward_hooks.values()):
            new = hook(self.module, full, self.grad_output)
            if new is not None:
                full = _tuple(new)
        return full

    def leave(self, result):
        single = isinstance(result, Tensor)
        if not single and not isinstance(result, (tuple, list)):
            return result
        values = (result,) if single else tuple(result)
        out, node, at = _pass(values)
        if node is None:
            return result
        node.register_prehook(lambda grads: self._output(grads, at, len(values)))
        return out[0] if single else type(result)(out)

    def _output(self, grads, at, n):
        full = _fill(grads, at, n)
        for hook in list(self.module._backward_pre_hooks.values()):
            new = hook(self.module, full)
            if new is not None:
                full = _tuple(new)
        self.grad_output = full
        if self.inputs is None:
            self._hooks((None,))
        return tuple(full[i] for i in at)


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
