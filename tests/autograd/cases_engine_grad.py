"""What grad and backward give: zeros for unused inputs, dtypes, graphs of second order."""

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


def shape_of(n):
    """A graph as nested names."""
    if n is None:
        return None
    return [type(n).__name__, *(shape_of(e) for e, _ in n.next_functions)]


def widening(torch):
    """A custom Function whose gradient has another dtype than its input."""

    class Widening(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g.to(torch.float64)

    return Widening.apply


@case
def grad_materialized(torch, say):
    x, y = leaf(torch, 1.0, 2.0), leaf(torch, 3.0)
    z = (x * x).sum()
    for create in (False, True):
        gs = torch.autograd.grad(z, (x, y), None, True, create, materialize_grads=True)
        say(gs, [g.requires_grad for g in gs])
    (d,) = torch.autograd.grad(y.sum(), x, materialize_grads=True, create_graph=True)
    say(torch.autograd.grad(d.sum(), x, materialize_grads=True))
    w = y * 2
    edge = torch.autograd.graph.get_gradient_edge(w)
    say(torch.autograd.grad(z, (x, edge), allow_unused=True, retain_graph=True))
    say.fails(torch.autograd.grad, z, (x, edge), materialize_grads=True, retain_graph=True)


@case
def grad_dtype_of_any_kind(torch, say):
    widen = widening(torch)
    x = leaf(torch, 1.0, 2.0)
    x.grad_dtype = None
    say(torch.autograd.grad(widen(x).sum(), x), torch.autograd.grad((widen(x) + x).sum(), x))
    widen(x).sum().backward()
    say(x.grad)
    x.sum().backward()
    say(x.grad)
    x.grad = None
    x.backward(torch.ones(2, dtype=torch.float64))
    say(x.grad)
    x.grad = None
    widen(x).sum().backward(create_graph=True)
    say(x.grad)
    y = x * 2
    say(torch.autograd.grad(widen(y).sum(), y))
    for dtype, start in ((torch.bfloat16, 1.0078125), (torch.float16, 1.0), (torch.float64, 1.0)):
        t = leaf(torch, 1.0, 2.0)
        t.grad_dtype = None
        t.grad = torch.full((2,), start, dtype=dtype)
        (t * 1.003).sum().backward()
        say(t.grad)


@case
def once_differentiable_graph(torch, say):
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, k, b):
            ctx.save_for_backward(a, b)
            ctx.k = k
            return a * b * k

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, g):
            a, b = ctx.saved_tensors
            return g * b * ctx.k, None, g * a * ctx.k

    a, b = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    go = torch.ones(2, requires_grad=True)
    ga, gb = torch.autograd.grad(Product.apply(a, 3, b), (a, b), go, create_graph=True)
    say(ga, gb, ga.grad_fn is gb.grad_fn, ga.output_nr, gb.output_nr)
    say(shape_of(ga.grad_fn))
    say.fails(ga.sum().backward)
    say.fails(torch.autograd.grad, gb.sum(), go)
    say(torch.autograd.grad(gb.sum(), go, allow_unused=True))
    plain = torch.autograd.grad(Product.apply(a, 3, b), (a, b), torch.ones(2), create_graph=True)
    say(plain)


@case
def second_order_graph_of_a_sum(torch, say):
    x = torch.ones(2, 3, requires_grad=True)
    go = torch.ones((), requires_grad=True)
    (g,) = torch.autograd.grad(x.sum(), x, go, create_graph=True)
    say(g, shape_of(g.grad_fn), g.stride(), g._is_view(), g._base is go)
    say.fails(g.mul_, 2)
    say(torch.autograd.grad(g.sum(), go))
    (g,) = torch.autograd.grad((x * x).sum(), x, go, create_graph=True)
    say(shape_of(g.grad_fn))
    x.sum().backward(go, create_graph=True)
    say(x.grad, x.grad.stride(), shape_of(x.grad.grad_fn))
    a, b = leaf(torch, 1.0, 2.0, 3.0), torch.ones(2, 3, requires_grad=True)
    ones = torch.ones(2, 3, requires_grad=True)
    (g,) = torch.autograd.grad(a * b, a, ones, create_graph=True)
    say(shape_of(g.grad_fn))
    x.grad = None


@case
def function_zeros_for_unmarked_outputs_only(torch, say):
    for flag in (None, False, True):

        class Two(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                a, b = x.clone(), x.clone()
                ctx.mark_non_differentiable(b)
                if flag is not None:  # noqa: B023
                    ctx._materialize_non_diff_grads = flag  # noqa: B023
                return a, b

            @staticmethod
            def backward(ctx, ga, gb):
                say(ga, gb)
                return ga

        Two.apply(leaf(torch, 1.0))[0].sum().backward()


@case
def function_saves_the_input_it_returns(torch, say):
    kept = []

    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x

        @staticmethod
        def backward(ctx, g):
            kept.append(ctx)
            return ctx.saved_tensors

    p = leaf(torch, 2.0)
    Same.apply(p).backward(retain_graph=True)
    say(kept[0].saved_tensors, kept[0].saved_tensors[0] is p, p.grad)
    y = Same.apply(p * 3)
    say(y.grad_fn.saved_tensors)
