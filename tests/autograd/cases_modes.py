"""Grad modes and inference mode, as contexts and as decorators."""

import threading

from transcript import case


def leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


@case
def modes_as_contexts(torch, say):
    x = leaf(torch, 1.0, 2.0)
    with torch.no_grad():
        say(torch.is_grad_enabled(), x * 2)
        with torch.enable_grad():
            say(torch.is_grad_enabled(), x * 2)
        say(torch.is_grad_enabled())
    say(torch.is_grad_enabled())
    with torch.set_grad_enabled(False):
        say(x * 2)
    prev = torch.set_grad_enabled(False)
    say(torch.is_grad_enabled())
    torch.set_grad_enabled(True)
    say(torch.is_grad_enabled(), prev)
    try:
        with torch.no_grad():
            raise ValueError
    except ValueError:
        say(torch.is_grad_enabled())


@case
def modes_reentrant(torch, say):
    g = torch.no_grad()
    with g:
        with g:
            say(torch.is_grad_enabled())
        say(torch.is_grad_enabled())
    say(torch.is_grad_enabled())


@case
def modes_as_decorators(torch, say):
    x = leaf(torch, 1.0, 2.0)

    @torch.no_grad()
    def f(a):
        "doc of f"
        return a * 2

    @torch.no_grad
    def g(a):
        return a * 2

    @torch.enable_grad()
    def h(a):
        return a * 2

    @torch.set_grad_enabled(False)
    def k(a):
        return a * 2

    say(torch.is_grad_enabled())
    say(f(x), f.__name__, f.__doc__, g(x), k(x))
    with torch.no_grad():
        say(h(x))


@case
def modes_of_generators(torch, say):
    @torch.no_grad()
    def gen():
        got = yield torch.is_grad_enabled()
        say("got", got, torch.is_grad_enabled())
        try:
            yield 2
        except KeyError:
            say("caught", torch.is_grad_enabled())
        yield torch.is_grad_enabled()
        return 7

    it = gen()
    say(next(it), torch.is_grad_enabled())
    say(it.send(5), torch.is_grad_enabled())
    say(it.throw(KeyError()), torch.is_grad_enabled())
    try:
        next(it)
    except StopIteration as e:
        say(e.value)
    it = gen()
    next(it)
    it.close()
    say(torch.is_grad_enabled())


@case
def modes_of_classes(torch, say):
    @torch.no_grad()
    class A:
        def __init__(self):
            self.seen = torch.is_grad_enabled()

        def f(self):
            return torch.is_grad_enabled()

    a = A()
    say(a.seen, a.f())


@case
def modes_of_methods(torch, say):
    class A:
        @torch.no_grad()
        def f(self):
            return torch.is_grad_enabled()

        @staticmethod
        @torch.inference_mode()
        def g():
            return torch.is_inference_mode_enabled()

    say(A().f(), A.g(), torch.is_inference_mode_enabled())


@case
def modes_are_of_a_thread(torch, say):
    seen = []
    with torch.no_grad():
        t = threading.Thread(target=lambda: seen.append(torch.is_grad_enabled()))
        t.start()
        t.join()
    say(seen)


@case
def inference_flags(torch, say):
    with torch.inference_mode():
        say(torch.is_inference_mode_enabled(), torch.is_grad_enabled())
        x = torch.ones(2)
        say(x.is_inference(), (x * 2).is_inference(), x.view(2, 1).is_inference())
        with torch.inference_mode(False):
            say(torch.is_inference_mode_enabled(), torch.is_grad_enabled())
            say(torch.ones(2).is_inference())
        with torch.enable_grad():
            say(torch.is_grad_enabled(), torch.is_inference_mode_enabled())
    say(x.is_inference(), (x + 1).is_inference(), x.clone().is_inference())
    say(torch.is_inference(x), torch.ones(1).is_inference())
    with torch.inference_mode(mode=False):
        say(torch.is_grad_enabled())

    @torch.inference_mode
    def f():
        return torch.is_inference_mode_enabled()

    @torch.inference_mode()
    def g():
        return torch.is_inference_mode_enabled()

    say(f(), g())


@case
def inference_requires_grad(torch, say):
    w = leaf(torch, 1.0, 2.0)
    with torch.inference_mode():
        y = w * 2
        say(y.requires_grad, y.is_inference())
        z = torch.ones(2, requires_grad=True)
        say(z.requires_grad, (z * 2).requires_grad)
        say(w.view(2, 1).is_inference(), w.view(2, 1).requires_grad)


@case
def inference_errors(torch, say):
    w = leaf(torch, 1.0, 2.0)
    with torch.inference_mode():
        x = torch.ones(2)
    say.fails(lambda: w * x)
    say(w + x)
    say(x.clone() * w)
    with torch.no_grad():
        say(w * x)
    say.fails(x.add_, 1)
    say.fails(x.mul_, w)
    say.fails(x.requires_grad_)
    say.fails(setattr, x, "requires_grad", True)
    say.fails(lambda: x.view(2, 1).add_(1))
    say.fails(lambda: x._version)
    with torch.no_grad():
        say.fails(x.add_, 1)
    with torch.inference_mode():
        x = torch.ones(2)
        x.add_(1)
        say(x)
    say.fails(x.backward)
    say.fails(x.zero_)
    say.fails(x.__setitem__, 0, 5.0)


@case
def inference_on_normal(torch, say):
    w = torch.ones(3)
    with torch.inference_mode():
        w.add_(1)
        v = w[1:]
        say(v.is_inference(), w.is_inference())
        v.add_(1)
    say(w, w._version)
    w.requires_grad_()
    say((w * 2).sum())


@case
def inference_view_of_normal_written(torch, say):
    w = torch.ones(3, requires_grad=True)
    a = w.clone()
    with torch.inference_mode():
        v = a.view(3, 1)
    say(v.is_inference(), v.requires_grad)
    say.fails(v.mul_, 2)


@case
def inference_save_for_backward(torch, say):
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx, g):
            _, y = ctx.saved_tensors
            return g * y, None

    with torch.inference_mode():
        i = torch.ones(2)
        say(Double.apply(i, i).is_inference())
    say.fails(Double.apply, leaf(torch, 1.0, 2.0), i)


@case
def coroutines_and_modes(torch, say):
    import asyncio

    async def f():
        return torch.is_grad_enabled()

    say(asyncio.run(f()))


@case
def mode_reprs(torch, say):
    say(repr(torch.set_grad_enabled(True)), torch.is_grad_enabled())
    say(isinstance(torch.no_grad(), torch.autograd.grad_mode.no_grad))
    say(torch.autograd.no_grad is torch.no_grad)
    say(torch.autograd.inference_mode is torch.inference_mode)


@case
def multithreading_switch(torch, say):
    with torch.autograd.set_multithreading_enabled(False):
        x = leaf(torch, 1.0)
        (x * 2).backward()
        say(x.grad)


@case
def version_preserving(torch, say):
    x = torch.ones(2)
    with torch.autograd._unsafe_preserve_version_counter(x):
        x.add_(1)
    say(x, x._version)
    torch.autograd.graph.increment_version(x)
    say(x._version)
    torch.autograd.graph.increment_version([x, x])
    say(x._version)
