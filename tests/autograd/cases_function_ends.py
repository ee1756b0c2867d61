"""Custom Functions: what is refused, and what ctx shows."""

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


def made(torch, fwd, bwd):
    """A custom Function of two functions."""
    return type("F", (torch.autograd.Function,),
                {"forward": staticmethod(fwd), "backward": staticmethod(bwd)})  # fmt: skip


@case
def more_function_fields(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, z):
            say(ctx.needs_input_grad)
            say.fails(lambda: ctx.needs_input_grad.append(1))
            ctx.x = 3
            say(hasattr(ctx, "saved_tensors"))
            say.fails(lambda: ctx.saved_tensors)
            return x * y

        @staticmethod
        def backward(ctx, g):
            say(ctx.needs_input_grad, ctx.x, ctx.saved_tensors)
            return g, None, None

    F.apply(leaf(torch, 1.0), torch.tensor([2.0]), 3).backward()
    say(
        F.apply.__name__,
        F.__name__,
        F._backward_cls.__name__ if hasattr(F, "_backward_cls") else None,
    )
    y = F.apply(leaf(torch, 1.0), torch.tensor([2.0]), 3)
    say(
        type(y.grad_fn).__name__,
        y.grad_fn.name(),
        type(y.grad_fn).__mro__[1].__name__,
        isinstance(y.grad_fn, torch.autograd.function.BackwardCFunction),
        isinstance(y.grad_fn, torch.autograd.graph.Node),
    )
    say(y.grad_fn.x, y.grad_fn.needs_input_grad, y.grad_fn.next_functions[0][1], y.grad_fn.metadata)
    say(
        y.grad_fn.saved_tensors,
        y.grad_fn._raw_saved_tensors,
        y.grad_fn.non_differentiable,
        y.grad_fn.dirty_tensors,
        y.grad_fn.to_save,
        y.grad_fn.saved_for_forward,
    )


@case
def more_function_saved_twice(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x, x, None, x * 2)
            return x.exp()

        @staticmethod
        def backward(ctx, g):
            a, b, c, d = ctx.saved_tensors
            say(a is b, c, d, a.requires_grad, d.requires_grad)
            return g

    x = leaf(torch, 1.0, 2.0)
    y = F.apply(x)
    say([t for t in y.grad_fn.saved_tensors])
    say(len(y.grad_fn._raw_saved_tensors))
    y.sum().backward()
    say.fails(lambda: y.grad_fn.saved_tensors)
    say.fails(lambda: y.grad_fn._raw_saved_tensors)


@case
def more_numbers(torch, say):
    for n in (0, 1, 2, 3, 4):
        f = made(torch, lambda ctx, a, b, c: a * b, lambda ctx, g, n=n: (None,) * n)
        x = leaf(torch, 1.0)
        try:
            f.apply(x, 2, x).backward()
        except Exception as e:
            say(n, "!", e)
        else:
            say(n, x.grad)
    f = made(torch, lambda ctx, a: a * 2, lambda ctx, g: 3)
    say.fails(f.apply(leaf(torch, 1.0)).backward)
    f = made(torch, lambda ctx, a: a * 2, lambda ctx, g: "x")
    say.fails(f.apply(leaf(torch, 1.0)).backward)
    f = made(torch, lambda ctx, a: a * 2, lambda ctx, g: [g])
    say.fails(f.apply(leaf(torch, 1.0)).backward)
    f = made(torch, lambda ctx, a: a * 2, lambda ctx, g: torch.ones(3))
    say.fails(f.apply(leaf(torch, 1.0, 2.0)).sum().backward)
    f = made(torch, lambda ctx, a: a * 2, lambda ctx, g: torch.ones(3, 2))
    x = leaf(torch, 1.0, 2.0)
    f.apply(x).sum().backward()
    say(x.grad)
    f = made(torch, lambda ctx, a: a * 2, lambda ctx, g: g.double())
    x = leaf(torch, 1.0, 2.0)
    f.apply(x).sum().backward()
    say(x.grad)
    f = made(torch, lambda ctx, a: a * 2, lambda ctx, g: torch.ones(2, dtype=torch.int64))
    x = leaf(torch, 1.0, 2.0)
    f.apply(x).sum().backward()
    say(x.grad)
    f = made(torch, lambda ctx, a: a * 2, lambda ctx, g: g.to(torch.complex64))
    say.fails(f.apply(leaf(torch, 1.0, 2.0)).sum().backward)
    f = made(torch, lambda ctx, a: a * 2, lambda ctx, g: torch.ones(()))
    x = leaf(torch, 1.0, 2.0)
    say.fails(f.apply(x).sum().backward)
    say(x.grad)
    f = made(torch, lambda ctx, *a: (a[0] * 2, "str", 3, None), lambda ctx, *g: (say(g), g[0])[1])
    x = leaf(torch, 1.0)
    r = f.apply(x)
    say(r)
    r[0].backward()
    say(x.grad)
    f = made(torch, lambda ctx, a: None, lambda ctx, g: g)
    say.fails(f.apply, leaf(torch, 1.0))
    f = made(torch, lambda ctx, a: 5, lambda ctx, g: g)
    say.fails(f.apply, leaf(torch, 1.0))
    f = made(torch, lambda ctx, a: [a * 2], lambda ctx, g: g)
    say.fails(f.apply, leaf(torch, 1.0))
    f = made(torch, lambda ctx, a: (), lambda ctx, g: g)
    say.fails(f.apply, leaf(torch, 1.0))
    f = made(torch, lambda ctx, a: [a * 2, a * 3], lambda ctx, *g: g[0])
    r = f.apply(leaf(torch, 1.0))
    say(type(r).__name__, r)


@case
def more_dirty(torch, say):
    def fwd(ctx, a, b):
        a.add_(b)
        ctx.mark_dirty(a)
        return a

    f = made(torch, fwd, lambda ctx, g: (g, g))
    x = leaf(torch, 1.0, 2.0)
    say.fails(f.apply, x, x.detach())
    y = x * 1
    z = f.apply(y, x)
    say(z is y, y.grad_fn.name(), y._version)
    z.sum().backward()
    say(x.grad)
    p = torch.ones(2)
    q = f.apply(p, x)
    say(q is p, p.requires_grad, p.grad_fn.name())
    v = (x * 1)[:1]
    w = f.apply(v, x[:1])
    say(w is v, v.grad_fn.name(), v._base.grad_fn.name())

    def fwd(ctx, a):
        ctx.mark_dirty(a)
        return a * 2

    say.fails(made(torch, fwd, lambda ctx, g: g).apply, x * 1)

    def fwd(ctx, a):
        ctx.mark_dirty(a)
        return a

    r = made(torch, fwd, lambda ctx, g: g * 5).apply(x * 1)
    r.sum().backward()
    say(r._version)

    def fwd(ctx, a, b):
        ctx.mark_dirty(a)
        return a.mul_(2), b

    y = x * 1
    r = made(torch, fwd, lambda ctx, g, h: (g, h)).apply(y, x)
    say(r[0] is y, r[1] is x, r)

    def fwd(ctx, a):
        ctx.mark_dirty(3)
        return a

    say.fails(made(torch, fwd, lambda ctx, g: g).apply, x)

    def fwd(ctx, a):
        ctx.mark_non_differentiable(3)
        return a * 2

    say.fails(made(torch, fwd, lambda ctx, g: g).apply, x)

    def fwd(ctx, a):
        ctx.save_for_backward(3)
        return a * 2

    say.fails(made(torch, fwd, lambda ctx, g: g).apply, x)

    def fwd(ctx, a):
        ctx.save_for_backward(a)
        ctx.save_for_backward(a * 2, None)
        return a * 2

    r = made(torch, fwd, lambda ctx, g: (say(ctx.saved_tensors), g)[1]).apply(x)
    r.sum().backward()

    def fwd(ctx, a):
        ctx.to_save = [a]
        return a * 2

    say.fails(made(torch, fwd, lambda ctx, g: g).apply, x)
    say.fails(made(torch, lambda ctx, a: a.mul_(2), lambda ctx, g: g).apply, x * 1)
    say.fails(made(torch, lambda ctx, a: a.mul_(2), lambda ctx, g: g).apply, x)


@case
def more_nondiff(torch, say):
    def fwd(ctx, a):
        b = a * 2
        c = a > 0
        i = a.long()
        ctx.mark_non_differentiable(c)
        return b, c, i

    f = made(
        torch,
        fwd,
        lambda ctx, *g: (say([None if x is None else (x.dtype, x.shape) for x in g]), g[0] * 2)[1],
    )
    x = leaf(torch, 1.0, -2.0)
    b, c, i = f.apply(x)
    say(b.requires_grad, c.requires_grad, i.requires_grad, i.grad_fn is None)
    b.sum().backward()
    say(x.grad)

    def fwd(ctx, a):
        ctx.set_materialize_grads(False)
        return a * 2, a * 3

    f = made(torch, fwd, lambda ctx, g, h: (say(g, h), g if h is None else h)[1])
    a, b = f.apply(x)
    a.sum().backward()
    a, b = f.apply(x)
    b.sum().backward()

    def fwd(ctx, a):
        y = a * 2
        ctx.mark_non_differentiable(y)
        return y

    y = made(torch, fwd, lambda ctx, g: g).apply(x)
    say(y.requires_grad, y.is_leaf)

    def fwd(ctx, a):
        ctx.mark_non_differentiable(a)
        return a

    y = made(torch, fwd, lambda ctx, g: g).apply(x)
    say(y.requires_grad, y.grad_fn is None, y is x)
