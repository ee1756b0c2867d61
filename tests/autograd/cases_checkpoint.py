"""Checkpoints: values, gradients, how often a part runs, and what is refused."""

from transcript import case


def leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


def counted(f):
    """A function that counts its calls in ``.n``."""

    def g(*args, **kwargs):
        g.n += 1
        return f(*args, **kwargs)

    g.n = 0
    return g


@case
def checkpoint_both_ways(torch, say):
    from torch.utils.checkpoint import checkpoint

    for reentrant in (True, False):
        x, w = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 0.5)
        f = counted(lambda a, b: (a * b).sin() * b)
        y = checkpoint(f, x, w, use_reentrant=reentrant)
        say(reentrant, y.detach(), f.n, y.requires_grad, y.grad_fn.name())
        y.sum().backward()
        say(f.n, x.grad, w.grad)


@case
def checkpoint_warns_of_the_default(torch, say):
    from torch.utils.checkpoint import checkpoint, checkpoint_sequential

    x = leaf(torch, 1.0)
    say(checkpoint(lambda t: t * 2, x).detach())
    say(checkpoint_sequential([lambda t: t * 2, lambda t: t + 1], 2, x).detach())
    say(checkpoint(lambda t: t * 2, x.detach(), use_reentrant=True))


@case
def checkpoint_refusals(torch, say):
    from torch.utils.checkpoint import checkpoint, checkpoint_sequential, detach_variable

    x = leaf(torch, 1.0)
    say.fails(checkpoint, lambda t: t, x, use_reentrant=True, other=1)
    say.fails(checkpoint, lambda t: t, x, use_reentrant=True, debug=True)
    say.fails(checkpoint, lambda t: t, x, use_reentrant=True, context_fn=lambda: None)
    say.fails(checkpoint, lambda t: t, x, use_reentrant=False, determinism_check="no")
    say.fails(checkpoint, lambda t: t, x, use_reentrant=False, debug=True, context_fn=lambda: None)
    say.fails(checkpoint_sequential, [lambda t: t], 1, x, use_reentrant=False, other=1)
    say.fails(detach_variable, 3)
    say(detach_variable((x * 2, 3, None)))


@case
def checkpoint_with_grad(torch, say):
    from torch.utils.checkpoint import checkpoint

    x = leaf(torch, 1.0, 2.0)
    y = checkpoint(lambda t: t.exp(), x, use_reentrant=True).sum()
    say.fails(torch.autograd.grad, y, x)
    y = checkpoint(lambda t: t.exp(), x, use_reentrant=True).sum()
    say.fails(y.backward, inputs=[x])
    y = checkpoint(lambda t: t.exp(), x, use_reentrant=False).sum()
    say(torch.autograd.grad(y, x))
    y = checkpoint(lambda t: t.exp(), x, use_reentrant=False).sum()
    y.backward(inputs=[x])
    say(x.grad)


@case
def checkpoint_backward_twice(torch, say):
    from torch.utils.checkpoint import checkpoint

    for reentrant in (True, False):
        x = leaf(torch, 1.0, 2.0)
        f = counted(lambda t: t.exp().sin())
        y = checkpoint(f, x, use_reentrant=reentrant).sum()
        y.backward(retain_graph=True)
        y.backward()
        say(f.n, x.grad)
        say.fails(y.backward)


@case
def checkpoint_second_derivative(torch, say):
    from torch.utils.checkpoint import checkpoint

    x = leaf(torch, 1.0, 2.0)
    f = counted(lambda t: t**3 * t.sin())
    (g,) = torch.autograd.grad(checkpoint(f, x, use_reentrant=False).sum(), x, create_graph=True)
    say(g.detach(), f.n)
    say(torch.autograd.grad(g.sum(), x), f.n)


@case
def checkpoint_stops_early(torch, say):
    from torch.utils.checkpoint import checkpoint, set_checkpoint_early_stop

    seen = []

    def f(t):
        y = t.sin()
        seen.append("middle")
        y = y.exp() * 1
        seen.append("end")
        return y + 1

    for how in (None, True, False):
        x = leaf(torch, 1.0)
        if how is None:
            y = checkpoint(f, x, use_reentrant=False, early_stop=False)
        else:
            with set_checkpoint_early_stop(how):
                y = checkpoint(f, x, use_reentrant=False)
        y.backward()
        say(how, seen, x.grad)
        seen.clear()


@case
def checkpoint_nested(torch, say):
    from torch.utils.checkpoint import checkpoint

    calls = []

    def inner(t):
        calls.append("inner")
        return t.sin().exp()

    def outer(t):
        calls.append("outer")
        y = t * t
        y = checkpoint(inner, y, use_reentrant=False)
        return y.cos() * t

    x = leaf(torch, 0.5, 1.0)
    y = checkpoint(outer, x, use_reentrant=False).sum()
    calls.clear()
    y.backward()
    say(calls, x.grad)
    z = leaf(torch, 0.5, 1.0)
    outer_plain = (((z * z).sin().exp()).cos() * z).sum()
    outer_plain.backward()
    say(torch.equal(x.grad, z.grad))
    calls.clear()
    x.grad = None
    y = checkpoint(lambda t: checkpoint(outer, t, use_reentrant=False), x, use_reentrant=False)
    y.sum().backward()
    say(calls, x.grad)


@case
def checkpoint_reentrant_nested(torch, say):
    from torch.utils.checkpoint import checkpoint

    f = counted(lambda t: t.sin())
    x = leaf(torch, 0.5)
    y = checkpoint(lambda t: checkpoint(f, t * 2, use_reentrant=True) * t, x, use_reentrant=True)
    y.backward()
    say(f.n, x.grad)


@case
def checkpoint_of_random_numbers(torch, say):
    from torch.utils.checkpoint import checkpoint

    for reentrant in (True, False):
        for preserve in (True, False):
            torch.manual_seed(3)
            x = torch.ones(8, requires_grad=True)
            f = lambda t: t * torch.rand(8).round() * t  # noqa: E731
            y = checkpoint(f, x, use_reentrant=reentrant, preserve_rng_state=preserve)
            torch.rand(3)
            y.sum().backward()
            say(reentrant, preserve, torch.equal(x.grad, 2 * y.detach()), torch.rand(1))


@case
def checkpoint_of_another_second_run(torch, say):
    from torch.utils.checkpoint import CheckpointError, checkpoint

    def differing(first, second):
        runs = []

        def f(t):
            runs.append(t)
            return first(t) if len(runs) == 1 else second(t)

        return f

    def tried(first, second, **kwargs):
        x = leaf(torch, 1.0, 2.0, 3.0)
        y = checkpoint(differing(first, second), x, use_reentrant=False, **kwargs)
        try:
            y.sum().backward()
        except CheckpointError as e:
            say("!", isinstance(e, RuntimeError), str(e).split("\n\n")[0])
        else:
            say(x.grad)

    tried(lambda t: t.sin(), lambda t: t + 1)
    tried(lambda t: t.sin(), lambda t: t.reshape(1, 3).sin())
    tried(lambda t: t.sin(), lambda t: t.double().sin())
    tried(lambda t: t.sin(), lambda t: t.reshape(1, 3).sin(), determinism_check="none")
    tried(lambda t: t.sin(), lambda t: t.sin().exp())
    tried(lambda t: t.sin(), lambda t: t.sin().exp(), early_stop=False)
    tried(lambda t: t.sin(), lambda t: t.exp())


@case
def checkpoint_debug(torch, say):
    from torch.utils.checkpoint import (
        CheckpointError,
        checkpoint,
        set_checkpoint_debug_enabled,
    )

    def run(debug, switch):
        runs = []

        def f(t):
            runs.append(t)
            return t.sin() if len(runs) == 1 else t + 1

        x = leaf(torch, 1.0)
        with set_checkpoint_debug_enabled(switch):
            y = checkpoint(f, x, use_reentrant=False, debug=debug)
        try:
            y.backward()
        except CheckpointError as e:
            say("You are seeing this error because you passed `debug=True`" in str(e),
                "sin" in str(e), isinstance(e.__cause__, CheckpointError))  # fmt: skip

    run(True, None)
    run(False, True)
    run(True, False)


@case
def checkpoint_contexts(torch, say):
    import contextlib

    from torch.utils.checkpoint import checkpoint, noop_context_fn

    seen = []

    @contextlib.contextmanager
    def named(name):
        seen.append("in " + name)
        yield
        seen.append("out " + name)

    x = leaf(torch, 1.0)
    y = checkpoint(lambda t: t.sin() * 2, x, use_reentrant=False,
                   context_fn=lambda: (named("first"), named("second")))  # fmt: skip
    say(seen)
    y.backward()
    say(seen, x.grad)
    say(len(noop_context_fn()))

    @contextlib.contextmanager
    def swallow():
        with contextlib.suppress(ValueError):
            yield

    def fails(t):
        raise ValueError("inside")

    say.fails(checkpoint, fails, x, use_reentrant=False)
    say.fails(checkpoint, fails, x, use_reentrant=False,
              context_fn=lambda: (swallow(), contextlib.nullcontext()))  # fmt: skip


@case
def checkpoint_changed_input(torch, say):
    from torch.utils.checkpoint import checkpoint

    x = leaf(torch, 1.0, 2.0)
    for make in (lambda: x * 2, lambda: x.detach().clone()):
        b = make()
        y = checkpoint(lambda t: t.sin() * x, b, use_reentrant=False)
        b.add_(1)
        say.fails(y.sum().backward)


@case
def checkpoint_arguments(torch, say):
    from torch.utils.checkpoint import checkpoint

    x = leaf(torch, 1.0, 2.0)

    def f(pair, scale=1, *, other=None):
        a, b = pair["a"], pair["b"]
        return {"out": [a * b * scale], "n": other}

    out = checkpoint(f, {"a": x * 2, "b": x}, 3, other="o", use_reentrant=False)
    say(out["n"], out["out"][0].detach())
    out["out"][0].sum().backward()
    say(x.grad)
    x.grad = None
    a, none, b = checkpoint(lambda t, n: (t * n, None, t.detach()), x, 2, use_reentrant=True)
    say(a, none, b.requires_grad, b.grad_fn is None)
    a.sum().backward()
    say(x.grad)
    with torch.no_grad():
        say(checkpoint(lambda t: t * 2, x, use_reentrant=False))


@case
def checkpoint_without_gradient_inside(torch, say):
    from torch.utils.checkpoint import checkpoint

    x = leaf(torch, 1.0)
    y = checkpoint(lambda t: t.detach() * 2, x, use_reentrant=True)
    say(y.requires_grad)
    say.fails(y.backward)
    y = checkpoint(lambda t: t.detach() * 2, x, use_reentrant=False)
    say(y.requires_grad)


@case
def checkpoint_sequential_parts(torch, say):
    from torch.utils.checkpoint import checkpoint_sequential

    for reentrant in (True, False):
        for segments in (1, 2, 3):
            fs = [counted(f) for f in (torch.sin, torch.exp, torch.cos, torch.tanh, torch.sin)]
            x = leaf(torch, 0.5, 1.0)
            y = checkpoint_sequential(fs, segments, x, use_reentrant=reentrant)
            y.sum().backward()
            say(reentrant, segments, [f.n for f in fs], y.detach(), x.grad)
    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    with torch.no_grad():
        for p in net.parameters():
            p.fill_(0.25)
    x = torch.tensor([[1.0, 2.0]])
    y = checkpoint_sequential(net, 2, x, use_reentrant=False)
    y.sum().backward()
    say(y.detach(), [p.grad for p in net.parameters()])


@case
def checkpoint_saved_by_function(torch, say):
    from torch.utils.checkpoint import checkpoint

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x, x * 2)
            return x.exp()

        @staticmethod
        def backward(ctx, g):
            x, y = ctx.saved_tensors
            say("saved", x, y, x.grad_fn is None)
            if again:
                say.fails(lambda: ctx.saved_tensors)
            return g * x.exp()

    for again in (False, True):  # noqa: B007 - read inside
        x = leaf(torch, 1.0)
        checkpoint(Twice.apply, x, use_reentrant=False).backward()
        say(x.grad)


@case
def checkpoint_group(torch, say):
    from torch.utils.checkpoint import GraphExecGroup, checkpoint

    f = counted(lambda t: (t.sin(), t.exp()))
    x = leaf(torch, 1.0)
    a, b = checkpoint(f, x, use_reentrant=False)
    with GraphExecGroup():
        a.backward(retain_graph=True)
        b.backward()
    say(f.n, x.grad)
    a, _ = checkpoint(f, x, use_reentrant=False)
    with GraphExecGroup():
        a.backward(retain_graph=True)
        say.fails(a.backward)

    def nested():
        with GraphExecGroup(), GraphExecGroup():
            pass

    say.fails(nested)


@case
def checkpoint_backward_within(torch, say):
    from torch.utils.checkpoint import checkpoint

    def f(t):
        y = t.sin().exp()
        (g,) = torch.autograd.grad(y.sum(), t, create_graph=True)
        return g * t

    x = leaf(torch, 1.0, 2.0)
    for early_stop in (True, False):
        y = checkpoint(f, x, use_reentrant=False, early_stop=early_stop)
        say(torch.autograd.grad(y.sum(), x))


@case
def checkpoint_memory(torch, say):
    import weakref

    from torch.utils.checkpoint import checkpoint

    kept = []

    def f(t):
        y = t.sin()
        kept.append(weakref.ref(y))
        return y.exp().cos()

    x = leaf(torch, 1.0, 2.0)
    for reentrant in (True, False):
        y = checkpoint(f, x, use_reentrant=reentrant)
        say(kept[-1]() is None)
        y.sum().backward()
        say(kept[-1]() is None, y.detach())
