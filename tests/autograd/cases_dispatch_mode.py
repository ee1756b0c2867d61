"""Modes around operations: what they see, what they may give instead."""

from transcript import case


def logging(torch):
    from torch.utils._python_dispatch import TorchDispatchMode

    class Logging(TorchDispatchMode):
        def __init__(self, name=""):
            self.name, self.seen = name, []

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            self.seen.append(func.__name__)
            return func(*args, **(kwargs or {}))

    return Logging


@case
def modes_see_operations(torch, say):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with logging(torch)() as mode:
        y = (x.exp() * x + 1).sin()
        total = y.sum()
    say([n for n in mode.seen if n not in ("detach.default", "ones.default")])
    say(total, torch.autograd.grad(total, x))
    mode.seen.clear()
    x.cos()
    say(mode.seen)


@case
def modes_in_a_backward(torch, say):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with logging(torch)() as mode:
        y = x.mul(2).div(3)
        forward = list(mode.seen)
        mode.seen.clear()
        y.backward(torch.tensor([1.0, 1.0]))
    say(forward, [n for n in mode.seen if n in ("mul.Tensor", "div.Tensor")], x.grad)


@case
def modes_inside_modes(torch, say):
    Logging = logging(torch)
    order = []

    class Named(Logging):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            order.append((self.name, func.__name__))
            return super().__torch_dispatch__(func, types, args, kwargs)

    x = torch.tensor([0.5])
    with Named("outer"), Named("inner"):
        x.sin()
    say(order)

    class Extra(Logging):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            self.seen.append(func.__name__)
            out = func(*args, **(kwargs or {}))
            return out * 10 if func == torch.ops.aten.cos.default else out

    x.requires_grad_()
    with Named("outer"), Extra() as mode:
        y = x.cos()
    say(mode.seen, order, y, torch.autograd.grad(y, x))


@case
def modes_in_place_of_operations(torch, say):
    from torch.utils._python_dispatch import TorchDispatchMode

    class Zeros(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            if func is torch.ops.aten.sin.default or func == torch.ops.aten.sin.default:
                return torch.zeros_like(args[0])
            return func(*args, **(kwargs or {}))

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with Zeros():
        y = x.sin()
    say(y, torch.autograd.grad(y.sum(), x))

    class Fails(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            raise ValueError(f"no {func}")

    def failing():
        with Fails():
            x.sin()

    say.fails(failing)
    say(x.detach().exp())


@case
def modes_around_checkpoints(torch, say):
    import contextlib

    from torch.utils.checkpoint import checkpoint

    for first in (True, False):
        mode = logging(torch)()
        pair = (mode, contextlib.nullcontext()) if first else (contextlib.nullcontext(), mode)
        x = torch.tensor(1.0, requires_grad=True)
        out = checkpoint(lambda t: t.exp(), x, use_reentrant=False, context_fn=lambda p=pair: p)
        ran = list(mode.seen)
        out.backward()
        say(ran, [n for n in mode.seen if n != "detach.default"], x.grad)
