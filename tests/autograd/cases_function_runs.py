"""Custom Functions: modes, saved outputs, views, backwards inside backward."""

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


def made(torch, fwd, bwd):
    """A custom Function of two functions."""
    return type("F", (torch.autograd.Function,),
                {"forward": staticmethod(fwd), "backward": staticmethod(bwd)})  # fmt: skip


@case
def more_modes(torch, say):
    f = made(
        torch,
        lambda ctx, a: (say(torch.is_grad_enabled(), ctx.needs_input_grad), a * 2)[1],
        lambda ctx, g: (say(torch.is_grad_enabled()), g * 2)[1],
    )
    x = leaf(torch, 1.0)
    with torch.no_grad():
        y = f.apply(x)
        say(y.requires_grad)
    y = f.apply(x.detach())
    say(y.requires_grad, y.grad_fn)
    y = f.apply(x)
    y.backward(create_graph=True)

    def fwd(ctx, a):
        with torch.enable_grad():
            b = a * 3
            say(b.requires_grad, a.requires_grad)
        return b

    y = made(torch, fwd, lambda ctx, g: g).apply(x)
    say(y.grad_fn.name())
    with torch.inference_mode():
        y = f.apply(x)
        say(y.is_inference(), y.requires_grad)


@case
def more_once(torch, say):
    from torch.autograd.function import once_differentiable

    class G(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            ctx.save_for_backward(a)
            return a**2

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            say(torch.is_grad_enabled())
            (a,) = ctx.saved_tensors
            return g * 2 * a

    x = leaf(torch, 3.0)
    y = G.apply(x)
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    say(g, g.requires_grad)
    say.fails(torch.autograd.grad, g, x)
    y = G.apply(x)
    y.backward()
    say(x.grad)
    y = G.apply(x) * x
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    say.fails(g.backward)


@case
def more_setup_context(torch, say):
    class A(torch.autograd.Function):
        @staticmethod
        def forward(x, y):
            return x * y, 3

        @staticmethod
        def setup_context(ctx, inputs, output):
            say(type(inputs).__name__, len(inputs), type(output).__name__)
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, g, h):
            x, y = ctx.saved_tensors
            say(h)
            return g * y, g * x

    x, y = leaf(torch, 2.0), leaf(torch, 3.0)
    o = A.apply(x, y)
    o[0].backward()
    say(x.grad, y.grad)

    class B(A):
        @staticmethod
        def setup_context(ctx, inputs, output):
            return 3

    say.fails(B.apply, x, y)

    class C(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

    say.fails(C.apply(x * 1).backward)

    class D(torch.autograd.Function):
        pass

    say.fails(D.apply, x)
    say.fails(torch.autograd.Function())
    say.fails(A)

    class E(torch.autograd.Function):
        def forward(self, x):
            return x

        def backward(self, g):
            return g

    say.fails(E.apply, x)
    say.fails(E(), x)
    say.fails(lambda: E().forward(x))

    class V(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def vjp(ctx, g):
            return g * 7

    x.grad = None
    V.apply(x).backward()
    say(x.grad)

    class W(V):
        @staticmethod
        def backward(ctx, g):
            return g

    say.fails(W.apply(x).backward)
    say(A.forward(x, y)[0])
    say(V.__mro__[1].__name__, V.generate_vmap_rule)
    say.fails(A.apply, x)
    say.fails(A.apply, x, y, x)


@case
def more_saved_output(torch, say):
    def fwd(ctx, a):
        b = a.exp()
        ctx.save_for_backward(b)
        return b

    f = made(
        torch,
        fwd,
        lambda ctx, g: (
            say(ctx.saved_tensors[0].grad_fn is not None, ctx.saved_tensors[0].requires_grad),
            g * ctx.saved_tensors[0],
        )[1],
    )
    x = leaf(torch, 1.0, 2.0)
    y = f.apply(x)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    say(g)
    (h,) = torch.autograd.grad(g.sum(), x, create_graph=True)
    say(h)
    say(torch.autograd.grad(h.sum(), x))
    y = f.apply(x)
    y.mul_(2)
    say.fails(y.sum().backward)

    def fwd(ctx, a):
        ctx.save_for_backward(a)
        return a * 2

    f = made(torch, fwd, lambda ctx, g: g * ctx.saved_tensors[0])
    z = x * 1
    y = f.apply(z)
    z.add_(1)
    say.fails(y.sum().backward)

    def fwd(ctx, a):
        ctx.t = a * 3
        return a * 2

    f = made(torch, fwd, lambda ctx, g: (say(ctx.t.requires_grad), g)[1])
    f.apply(x).sum().backward()
    y = f.apply(x)
    y.sum().backward()
    y.sum().backward()

    def fwd(ctx, a):
        ctx.save_for_backward(a)
        return a * 2

    f = made(torch, fwd, lambda ctx, g: g)
    y = f.apply(x)
    y.sum().backward()
    say.fails(y.sum().backward)
    f = made(torch, fwd, lambda ctx, g: (ctx.saved_tensors, g)[1])
    y = f.apply(x)
    y.sum().backward()
    say.fails(y.sum().backward)
    y = f.apply(x)
    y.sum().backward(retain_graph=True)
    y.sum().backward()


@case
def more_views_out(torch, say):
    x = leaf(torch, 1.0, 2.0, 3.0, 4.0)
    f = made(torch, lambda ctx, a: a.view(2, 2), lambda ctx, g: g.reshape(-1) * 2)
    y = f.apply(x * 1)
    say(y._is_view(), y.grad_fn.name())
    say.fails(lambda: y.mul_(2))
    b = x * 1
    y = f.apply(b)
    b.mul_(2)
    say.fails(lambda: y.grad_fn)
    with torch.no_grad():
        y = f.apply(x)
        say(y.requires_grad, y._is_view())
    say.fails(lambda: y.mul_(2))
    f = made(torch, lambda ctx, a: (a[:2], a[2:]), lambda ctx, g, h: torch.cat([g, h]))
    u, v = f.apply(x * 1)
    say(u._is_view(), u.grad_fn.name(), v.output_nr)
    say.fails(lambda: u.mul_(2))
    f = made(torch, lambda ctx, a: a, lambda ctx, g: g * 3)
    b = x * 1
    y = f.apply(b)
    say(y is b, y._is_view(), y._base is b)
    say.fails(lambda: y.mul_(2))
    y.sum().backward()
    say(x.grad)
    f = made(torch, lambda ctx, a: a.detach(), lambda ctx, g: g * 3)
    b = x * 1
    y = f.apply(b)
    say(y._is_view(), y.grad_fn.name())
    y.mul_(2)
    say(y.grad_fn.name(), b._version)
    o = torch.ones(4, requires_grad=True) * 1
    f = made(torch, lambda ctx, a: o, lambda ctx, g: g * 3)
    y = f.apply(x)
    say(y is o, y.grad_fn.name())
    o = torch.ones(4)
    f = made(torch, lambda ctx, a: o[:2], lambda ctx, g: g.repeat(2))
    y = f.apply(x)
    say(y._is_view(), y.grad_fn.name())
    say.fails(lambda: y.mul_(2))


@case
def more_reentrant(torch, say):
    depth = []

    class R(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, n):
            ctx.n = n
            with torch.enable_grad():
                ctx.x = x.detach().requires_grad_()
                ctx.y = ctx.x**2
            return ctx.y.detach()

        @staticmethod
        def backward(ctx, g):
            depth.append(ctx.n)
            if ctx.n:
                with torch.enable_grad():
                    R.apply(ctx.x, ctx.n - 1).sum().backward()
            with torch.enable_grad():
                ctx.y.sum().backward()
            return g * ctx.x.grad, None

    x = leaf(torch, 2.0)
    R.apply(x, 3).backward()
    say(depth, x.grad)


@case
def more_deep_reentrant(torch, say):
    class Deep(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            with torch.enable_grad():
                ctx.x = x.detach().requires_grad_()
                ctx.x = ctx.x - 1
            return ctx.x.detach()

        @staticmethod
        def backward(ctx, g):
            if ctx.x < 0:
                return g
            with torch.enable_grad():
                Deep.apply(ctx.x).sum().backward()
            return g

    v = torch.tensor(60.0, requires_grad=True)
    Deep.apply(v).sum().backward()
    say(v.grad)


@case
def more_exception_leaves_engine(torch, say):
    class B(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            raise ValueError("simulated")

    x = leaf(torch, 1.0)
    y = B.apply(x * 2)
    say.fails(y.backward)
    say(torch.is_grad_enabled(), x.grad)
    (x * 3).backward()
    say(x.grad)
    y = x * 2
    y.register_hook(lambda g: 1 / 0)
    say.fails(y.backward)
    say(x.grad)
