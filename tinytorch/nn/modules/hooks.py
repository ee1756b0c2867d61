"""A module's call when it has hooks; kept apart so that the plain call stays short."""

from __future__ import annotations

import warnings

from ...autograd import Function
from ...autograd.modes import LOCAL
from ...tensor import Tensor
from .registration import WrappedHook


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

    def __init__(self, module, hooks, pre):
        self.module, self.hooks, self.pre = module, hooks, pre
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


def _sorted_hooks(module, every):
    """The backward hooks of a module, those on all first: (full, of nodes, before)."""
    full, node = [], []
    for kind, hooks in (
        (every._global_is_full_backward_hook, every._global_backward_hooks),
        (module._is_full_backward_hook, module._backward_hooks),
    ):
        (node if kind is False else full).extend(hooks.values())
    before = every._global_backward_pre_hooks, module._backward_pre_hooks
    return full, node, [hook for hooks in before for hook in hooks.values()]


def _on_node(module, hooks, args, result):
    """Register hooks with the node of the first Tensor that a module gave."""
    first = result
    while not isinstance(first, Tensor):
        if isinstance(first, dict):
            first = next(v for v in first.values() if isinstance(v, Tensor))
        else:
            first = first[0]
    node = first.grad_fn
    if node is None:
        return
    for hook in hooks:
        node.register_hook(WrappedHook(hook, module))
    why = _misses(args, result, node)
    if why is not None:
        warnings.warn(why, FutureWarning, stacklevel=4)


def _misses(args, result, node):
    """What a hook on ``node`` will not see of a module's gradients, in torch's words; or None."""
    container = "Using non-full backward hooks on a Module that does not {} single Tensor or a"
    values = _tuple(result)
    if not all(isinstance(v, Tensor) for v in values):
        return _DEPRECATED.format(container.format("return a") + " tuple of Tensors",
                                  "of the grad_output", _USE)  # fmt: skip
    if not all(isinstance(v, Tensor) for v in args):
        return _DEPRECATED.format(container.format("take as input a") + " tuple of Tensors",
                                  "of the grad_input", _USE)  # fmt: skip
    made = {v.grad_fn for v in values if v.grad_fn is not None}
    when = "Using a non-full backward hook when "
    if not made or (len(made) == 1 and node not in made):
        what = when + "outputs are nested in python data structure"
        return _DEPRECATED.format(what, "grad_output", "")
    if len(made) > 1:
        what = when + "outputs are generated by different autograd Nodes"
        return _DEPRECATED.format(what, "grad_output", _USE)
    if {v.grad_fn for v in args if v.grad_fn is not None} != {n for n, _ in node.next_functions}:
        what = when + "the forward contains multiple autograd Nodes"
        return _DEPRECATED.format(what, "grad_input", _USE)
    return None


_USE = " Please use register_full_backward_hook to get the documented behavior."
_DEPRECATED = (
    "{} is deprecated and will be removed in future versions. This hook will be missing some {}.{}"
)


class _Call:
    """One call of a module that has hooks, or while there are hooks on all modules."""

    def __init__(self, module, args, kwargs):
        from . import module as every

        self.module, self.every = module, every
        self.args, self.kwargs, self.result = args, kwargs, None
        self.done = set()

    def run(self):
        module, every = self.module, self.every
        full, node, before = _sorted_hooks(module, every)
        self._before()
        around = _Backward(module, full, before) if full or before else None
        if around is not None:
            self.args = around.enter(self.args)
        self.result = module.forward(*self.args, **self.kwargs)
        for key, hook, with_kwargs, _ in self._after():
            self.done.add(key)
            self._took(hook, with_kwargs)
        if around is not None:
            self.result = around.leave(self.result)
        if node:
            _on_node(module, node, self.args, self.result)
        return self.result

    def _before(self):
        module = self.module
        hooks = [*self.every._global_forward_pre_hooks.items(), *module._forward_pre_hooks.items()]
        for key, hook in hooks:
            if key not in module._forward_pre_hooks_with_kwargs:
                new = hook(module, self.args)
                self.args = self.args if new is None else _tuple(new)
                continue
            new = hook(module, self.args, self.kwargs)
            if new is None:
                continue
            if not (isinstance(new, tuple) and len(new) == 2):
                raise RuntimeError(
                    "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but "
                    f"got {new}."
                )
            self.args, self.kwargs = new

    def _after(self):
        """(key, hook, whether it takes keywords, whose it is) of hooks on results."""
        every, module = self.every, self.module
        sources = (
            (every._global_forward_hooks, every._global_forward_hooks_with_kwargs, "global module"),
            (module._forward_hooks, module._forward_hooks_with_kwargs, "module"),
        )
        return [(k, h, k in w, whose) for hooks, w, whose in sources for k, h in hooks.items()]

    def _took(self, hook, with_kwargs):
        more = (self.kwargs,) if with_kwargs else ()
        new = hook(self.module, self.args, *more, self.result)
        if new is not None:
            self.result = new

    def always(self):
        """After an error: the hooks that are called in any case, once."""
        marked = {*self.every._global_forward_hooks_always_called,
                  *self.module._forward_hooks_always_called}  # fmt: skip
        for key, hook, with_kwargs, whose in self._after():
            if key in self.done or key not in marked:
                continue
            try:
                self._took(hook, with_kwargs)
            except Exception as e:
                warnings.warn(
                    f"{whose} forward hook with ``always_call=True`` raised an exception that was "
                    f"silenced as another error was raised in forward: {e}",
                    stacklevel=4,
                )


def call_with_hooks(module, args, kwargs):
    call = _Call(module, args, kwargs)
    try:
        return call.run()
    except Exception:
        call.always()
        raise
