"""Custom Functions: contexts, several outputs, errors, double backward."""

from transcript import case


def leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


@case
def function_basic(torch, say):
    class MyReLU(torch.autograd.Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return input.clamp(min=0)

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            grad_input = grad_output.clone()
            grad_input[input < 0] = 0
            return grad_input

    x = leaf(torch, -1.0, 2.0)
    y = MyReLU.apply(x)
    say(y, repr(y), repr(y.grad_fn), y.grad_fn.name(), type(y.grad_fn), y.grad_fn.next_functions)
    y.sum().backward()
    say(x.grad)
    say.fails(y.sum().backward)
    say(isinstance(y.grad_fn, torch.autograd.graph.Node))
    say(isinstance(y.grad_fn, torch.autograd.function.FunctionCtx))
    say(MyReLU.apply(torch.ones(2)), type(y.grad_fn).__module__ == MyReLU.__module__)
    with torch.no_grad():
        say(MyReLU.apply(x))


@case
def function_setup_context(torch, say):
    class Mul(torch.autograd.Function):
        @staticmethod
        def forward(x, y, scale=1):
            say("forward", torch.is_grad_enabled())
            return x * y * scale

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, y, scale = inputs
            say("setup", torch.is_grad_enabled(), output.requires_grad)
            ctx.save_for_backward(x, y)
            ctx.scale = scale

        @staticmethod
        def backward(ctx, g):
            x, y = ctx.saved_tensors
            return g * y * ctx.scale, g * x * ctx.scale, None

    x, y = leaf(torch, 2.0), leaf(torch, 3.0)
    z = Mul.apply(x, y, 4)
    say(z)
    z.backward()
    say(x.grad, y.grad)


@case
def function_ctx(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, n, y, flag):
            ctx.n = n
            say(ctx.needs_input_grad, type(ctx), torch.is_grad_enabled(), x.requires_grad)
            say(repr(ctx), isinstance(ctx, torch.autograd.function.FunctionCtx))
            ctx.save_for_backward(x, None, y)
            say(ctx.to_save is not None)
            return x * n

        @staticmethod
        def backward(ctx, g):
            say(ctx.needs_input_grad, ctx.n, ctx.saved_tensors, torch.is_grad_enabled())
            return g * ctx.n, None, None, None

    x = leaf(torch, 2.0)
    out = F.apply(x, 3, torch.ones(1), True)
    say(out.grad_fn.saved_tensors, out.grad_fn.n, out.grad_fn.needs_input_grad)
    out.backward()
    say(x.grad)
    say.fails(lambda: out.grad_fn.saved_tensors)


@case
def function_materialize(torch, say):
    def make(flag):
        class Two(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                if flag is not None:
                    ctx.set_materialize_grads(flag)
                return x * 2, x * 3

            @staticmethod
            def backward(ctx, a, b):
                say("grads", a, b)
                return (0 if a is None else a * 2) + (0 if b is None else b * 3)

        return Two

    x = leaf(torch, 1.0, 2.0)
    for flag in (None, True, False):
        a, b = make(flag).apply(x)
        say(a, b, a.grad_fn is b.grad_fn, a.output_nr, b.output_nr)
        a.sum().backward()
        say(x.grad)
    say(a.grad_fn.next_functions)


@case
def function_gradient_count(torch, say):
    def make(result):
        class F(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, y):
                return x + y

            @staticmethod
            def backward(ctx, g):
                return result(g)

        return F

    x, y = leaf(torch, 1.0), leaf(torch, 2.0)
    for result in (
        lambda g: g,
        lambda g: (g, g, g),
        lambda g: (g, g, None),
        lambda g: (g, None),
        lambda g: (None, None),
        lambda g: [g, g],
        lambda g: (g, 1.0),
        lambda g: (g, g.expand(3)),
        lambda g: (g, torch.ones(3)),
        lambda g: (g, g.double()),
        lambda g: None,
        lambda g: (g, "text"),
        lambda g: (),
        lambda g: (g, torch.ones(2, 2)),
    ):
        x.grad = y.grad = None
        say.fails(make(result).apply(x, y).backward)
        say(x.grad, y.grad)


@case
def function_gradient_for_non_tensor(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, n):
            return x * n

        @staticmethod
        def backward(ctx, g):
            return g, g

    x = leaf(torch, 1.0)
    say.fails(F.apply(x, 2).backward)
    w = torch.ones(1)
    F.apply(x, w).backward()
    say(x.grad, w.grad)


@case
def function_not_implemented(torch, say):
    class NoForward(torch.autograd.Function):
        @staticmethod
        def backward(ctx, g):
            return g

    class NoBackward(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    class Both(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g

        @staticmethod
        def vjp(ctx, g):
            return g

    x = leaf(torch, 1.0)
    say.fails(NoForward.apply, x)
    say.fails(NoBackward.apply(x).backward)
    say.fails(lambda: Both.apply(x).backward())


@case
def function_legacy(torch, say):
    class Old(torch.autograd.Function):
        def forward(self, x):
            return x * 2

        def backward(self, g):
            return g * 2

    x = leaf(torch, 1.0)
    say.fails(lambda: Old()(x))
    say.fails(lambda: Old.apply(x))


@case
def function_non_differentiable(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            i = (x > 1).to(torch.float32)
            k = torch.argsort(x)
            ctx.mark_non_differentiable(i, k)
            return x * 2, i, k

        @staticmethod
        def backward(ctx, g, gi, gk):
            say("grads", g, gi, gk)
            return g * 2

    x = leaf(torch, 1.0, 2.0)
    a, i, k = F.apply(x)
    say(a, i, k, i.requires_grad, k.requires_grad)
    a.sum().backward()
    say(x.grad)


@case
def function_integer_output(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, x.to(torch.int64)

        @staticmethod
        def backward(ctx, g, gi):
            say("grads", g, gi)
            return g * 2

    x = leaf(torch, 1.0, 2.0)
    a, i = F.apply(x)
    say(a, i)
    a.sum().backward()
    say(x.grad)


@case
def function_mark_dirty(torch, say):
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = leaf(torch, 1.0, 2.0)
    y = x * 1
    z = Twice.apply(y)
    say(z is y, y, y._version)
    z.sum().backward()
    say(x.grad)
    say.fails(Twice.apply, x)
    plain = torch.ones(2)
    say(Twice.apply(plain) is plain, plain)
    base = x * 1
    say.fails(lambda: Twice.apply(base[:1]))
    say(base, base._version)
    with torch.no_grad():
        say(Twice.apply(x))


@case
def function_dirty_not_returned(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = leaf(torch, 1.0, 2.0)
    say.fails(F.apply, x * 1)


@case
def function_in_place_unmarked(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.mul_(2)

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = leaf(torch, 1.0, 2.0)
    y = x * 1
    say.fails(F.apply, y)
    say(y)


@case
def function_identity(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 7

    x = leaf(torch, 1.0, 2.0)
    y = F.apply(x)
    say(y is x, y, y._is_view(), y._base is x, y.grad_fn)
    y.sum().backward()
    say(x.grad)
    say.fails(F.apply(x * 1).mul_, 2)
    say.fails(y.add_, 1)


@case
def function_view_output(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.view(2, 1)

        @staticmethod
        def backward(ctx, g):
            return g.view(2) * 7

    x = leaf(torch, 1.0, 2.0)
    a = x * 1
    y = F.apply(a)
    say(y, y._is_view())
    y.sum().backward()
    say(x.grad)
    y = F.apply(x * 1)
    say.fails(y.mul_, 2)


@case
def function_two_views(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x[:1], x[1:]

        @staticmethod
        def backward(ctx, a, b):
            return torch.cat([a, b]) * 7

    x = leaf(torch, 1.0, 2.0)
    a = x * 1
    u, v = F.apply(a)
    say(u, v)
    say.fails(u.mul_, 2)
    (u + v).sum().backward()
    say(x.grad)


@case
def function_double_backward(torch, say):
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 3 * x**2 * g

    x = leaf(torch, 2.0)
    (g,) = torch.autograd.grad(Cube.apply(x), x, create_graph=True)
    (h,) = torch.autograd.grad(g, x, create_graph=True)
    (k,) = torch.autograd.grad(h, x)
    say(g, h, k)


@case
def function_double_backward_saved_output(torch, say):
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            say("saved", y)
            return g * y

    x = leaf(torch, 0.5)
    (g,) = torch.autograd.grad(Exp.apply(x), x, create_graph=True)
    (h,) = torch.autograd.grad(g, x)
    say(g, h)


@case
def function_once_differentiable(torch, say):
    from torch.autograd.function import once_differentiable

    class Sq(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            say(torch.is_grad_enabled())
            return 2 * x * g

    x = leaf(torch, 2.0)
    Sq.apply(x).backward()
    say(x.grad)
    y = Sq.apply(x)
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    say(g.requires_grad)
    say.fails(g.backward)
    y = Sq.apply(x) * x
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    say(g.requires_grad)
    say.fails(g.backward)


@case
def function_save_errors(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x, 3)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g

    say.fails(F.apply, leaf(torch, 1.0))
    say.fails(F.apply, torch.ones(1))

    class G(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return [x * 2]

        @staticmethod
        def backward(ctx, g):
            return g

    say.fails(G.apply, leaf(torch, 1.0))

    class H(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, "text", None, 5

        @staticmethod
        def backward(ctx, *g):
            say("grads", g)
            return g[0]

    x = leaf(torch, 1.0)
    say.fails(H.apply, x)
    out = H.apply(x)
    out[0].backward()
    say(x.grad)
    say.fails(lambda: H.apply(x)[0].grad_fn.undefined)
