"""Hooks on saved tensors that are entered or left while backward runs; old Functions of torch's."""

import gc
import weakref

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


@case
def saved_hooks_entered_in_backward(torch, say):
    x = leaf(torch, 1.0, 2.0)
    log = []

    def pair(name):
        def note(what):
            return lambda t: log.append(what + name) or t

        return torch.autograd.graph.saved_tensors_hooks(note("pack "), note("unpack "))

    outer, inner = pair("outer"), pair("inner")
    for create in (False, True):
        with outer:
            y = x.exp()
            y.register_hook(lambda g: inner.__enter__())
            torch.autograd.grad(y.sin().sum(), x, create_graph=create)
            log.append("after")
            x.exp()
        log.append("left")
        x.exp()
        say(log)
        log.clear()


@case
def saved_hooks_left_in_backward(torch, say):
    def unpack(t):
        first.__exit__()
        return t

    hooks = torch.autograd.graph.saved_tensors_hooks
    first, second = hooks(lambda t: t, unpack), hooks(lambda t: t, lambda t: t)
    x = leaf(torch, 1.0, 2.0)
    for _ in range(3):
        with second:
            first.__enter__()
            x.sin().sum().backward()
    for _ in range(3):
        first.__exit__()
    say(x.grad)
    try:
        first.__exit__()
    except RuntimeError as e:
        say(type(e))
    y = x.exp()
    y.grad_fn._raw_saved_result.register_hooks(lambda t: t * 2, lambda t: t / 2)
    say(torch.autograd.grad(y.sum(), x))


@case
def saved_hooks_entered_in_backward_are_freed(torch, say):
    def scope():
        def unpack(t):
            held().__enter__()
            return t

        hooks = torch.autograd.graph.saved_tensors_hooks(lambda t: t, unpack)
        held = weakref.ref(hooks)
        x = leaf(torch, 1.0, 2.0)
        with hooks:
            x.sin().sum().backward()
        return weakref.ref(unpack)

    gc.disable()
    try:
        say(scope()() is None)
    finally:
        gc.enable()


@case
def functions_kept_for_old_programs(torch, say):
    import importlib

    old = importlib.import_module(torch.autograd.__name__ + "._functions")
    x = torch.arange(6.0).reshape(2, 3).t().requires_grad_()
    y = old.Resize.apply(x, (6,))
    (y * torch.arange(6.0)).sum().backward()
    say(y, x.grad, old.Resize.apply(x, (1, 6)).shape)
    say.fails(old.Resize.apply, x, (5,))
    z = old.Type.apply(x, torch.float64)
    (g,) = torch.autograd.grad(z.sum(), x)
    say(z.dtype, g.dtype, z.grad_fn.name())
    say(isinstance(torch.autograd.torch.ones(1), torch.Tensor))
