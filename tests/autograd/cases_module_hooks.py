"""Full backward hooks of modules: what they see, what they may return, when they are quiet."""

import gc
import warnings
import weakref
from collections import namedtuple

from transcript import case

Pair = namedtuple("Pair", "a b")


def module(torch, forward):
    class Mine(torch.nn.Module):
        pass

    Mine.forward = staticmethod(forward)
    return Mine()


def run(torch, say, forward, args, hook=None, pre=None):
    """Call a module with hooks that say what they see, and go back through its first output."""
    m = module(torch, forward)

    def shown(mod, gi, go):
        say("hook", type(gi), gi, go)
        return hook(gi) if hook else None

    def shown_before(mod, go):
        say("before", go)
        return pre(go) if pre else None

    m.register_full_backward_hook(shown)
    m.register_full_backward_pre_hook(shown_before)

    def back():
        out = m(*args)
        first = out if isinstance(out, torch.Tensor) else next(iter(out))
        first = out[first] if isinstance(out, dict) else first
        say(type(out), first)
        first.sum().backward()

    say.fails(back)


FORWARDS = {
    "one": lambda x, *y: x * 2 + sum(y),
    "two": lambda x, *y: (x * 2, x + sum(y)),
    "list": lambda x, *y: [x * 2],
    "dict": lambda x, *y: {"a": x * 2},
    "pair": lambda x, *y: Pair(x * 2, x + sum(y)),
    "mixed": lambda x, *y: (x * 2, 5, x.detach()),
    "same": lambda x, *y: x,
    "written": lambda x, *y: x.add_(1) * 2,
}


@case
def module_hooks_by_result(torch, say):
    for name, forward in FORWARDS.items():
        w = torch.tensor([1.0, 2.0], requires_grad=True)
        for args in ((w * 1,), (w * 1, torch.ones(2)), (w * 1, w * 3), (w,)):
            say(name, len(args))
            run(torch, say, forward, args)
        say(w.grad)


@case
def module_hooks_that_return(torch, say):
    for hook in (
        lambda g: tuple(None if x is None else x * 10 for x in g),
        lambda g: (*g, None),
        lambda g: (None,) * len(g),
        lambda g: g[:1],
    ):
        w = torch.tensor([1.0, 2.0], requires_grad=True)
        run(torch, say, FORWARDS["one"], (w * 1, torch.ones(2)), hook)
        say(w.grad)
        run(torch, say, FORWARDS["one"], (w * 1, torch.ones(2)), None, hook)
        say(w.grad)


@case
def module_hooks_without_inputs_that_need_them(torch, say):
    p = torch.ones(2, requires_grad=True)
    for hook in (None, lambda g: (None,), lambda g: g[:0], lambda g: (torch.ones(2),)):
        run(torch, say, lambda x: x * p, (torch.ones(2),), hook)
    m = module(torch, lambda x: x * p)
    m.register_full_backward_hook(lambda *a: say("never"))
    with torch.no_grad():
        say(m(p))


@case
def module_hooks_and_a_second_backward(torch, say):
    x = torch.tensor([0.5], requires_grad=True)
    loss = torch.nn.MSELoss()
    loss.register_full_backward_hook(lambda m, gi, go: say("hook", len(gi), len(go)))
    f = loss(x, torch.zeros(1))
    (g,) = torch.autograd.grad(f, x, create_graph=True)
    say(torch.autograd.grad(g, x))


@case
def module_hooks_of_a_call_stay_with_it(torch, say):
    m = module(torch, lambda x: x * 2)
    handle = m.register_full_backward_hook(lambda *a: say("first"))
    x = torch.ones(1, requires_grad=True)
    y = m(x)
    handle.remove()
    m.register_full_backward_hook(lambda *a: say("second"))
    y.sum().backward()


@case
def module_hooks_are_no_cycle(torch, say):
    class Token:
        pass

    for count in (1, 3):
        m = module(torch, lambda x: x**2 * 2)
        for _ in range(count):
            m.register_full_backward_hook(lambda *a: None)
        x = torch.ones(2, requires_grad=True)
        y = m(x)
        token = Token()
        y.grad_fn.metadata["token"] = token
        ref = weakref.ref(token)
        (g,) = torch.autograd.grad(y.exp().sum(), x, create_graph=True)
        del token, y, g
        gc.collect()
        say(ref() is None)


@case
def warnings_each_time(torch, say):
    say(torch.is_warn_always_enabled())
    torch.set_warn_always(True)
    say(torch.is_warn_always_enabled())
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        for _ in range(2):
            x = torch.ones(1, requires_grad=True)
            (x * x).sum().backward(create_graph=True)
            x.grad = None
    say(len(given))
    torch.set_warn_always(False)
    say(torch.is_warn_always_enabled())
    say.fails(torch.set_warn_always, 1)
