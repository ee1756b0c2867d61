"""Custom Functions: the rarer ways of using them."""

from transcript import case


def leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


def identity(torch, forward, backward=lambda ctx, g: g, name="F"):
    body = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    return type(name, (torch.autograd.Function,), body)


@case
def nested_backward(torch, say):
    def forward(ctx, x):
        with torch.enable_grad():
            ctx.x = x.detach().requires_grad_()
            ctx.y = ctx.x * ctx.x
        return ctx.y.detach()

    def backward(ctx, g):
        with torch.enable_grad():
            ctx.y.backward(g)
        return ctx.x.grad

    x = leaf(torch, 2.0, 3.0)
    y = identity(torch, forward, backward).apply(x * 2)
    y.sum().backward()
    say(x.grad)


@case
def nested_grad(torch, say):
    def backward(ctx, g):
        with torch.enable_grad():
            w = g.detach().requires_grad_()
            (k,) = torch.autograd.grad((w * w).sum(), w)
        return k

    x = leaf(torch, 2.0, 3.0)
    identity(torch, lambda ctx, x: x * 2, backward).apply(x).sum().backward()
    say(x.grad, torch.is_grad_enabled())


@case
def backward_raises(torch, say):
    def backward(ctx, g):
        raise ValueError("inside")

    x = leaf(torch, 2.0)
    y = identity(torch, lambda ctx, x: x * 2, backward).apply(x)
    say.fails(y.backward)
    say(torch.is_grad_enabled(), x.grad)
    (x * 2).backward()
    say(x.grad)


@case
def forward_raises(torch, say):
    def forward(ctx, x):
        raise ValueError("inside")

    say.fails(identity(torch, forward).apply, leaf(torch, 2.0))
    say(torch.is_grad_enabled())


@case
def modes_in_forward_and_backward(torch, say):
    def forward(ctx, x):
        say("forward", torch.is_grad_enabled())
        return x * 2

    def backward(ctx, g):
        say("backward", torch.is_grad_enabled())
        return g * 2

    F = identity(torch, forward, backward)
    x = leaf(torch, 2.0)
    F.apply(x).backward()
    F.apply(x).backward(create_graph=True)
    with torch.no_grad():
        F.apply(x)


@case
def grad_enabled_in_forward(torch, say):
    def forward(ctx, x):
        with torch.enable_grad():
            y = x * 2
        say(y.requires_grad)
        return y

    x = leaf(torch, 2.0)
    y = identity(torch, forward, lambda ctx, g: g * 100).apply(x)
    say(y)
    y.backward()
    say(x.grad)


@case
def node_in_chain(torch, say):
    F = identity(torch, lambda ctx, x, y: x + y, lambda ctx, g: (g, g), "Plus")
    x = leaf(torch, 2.0)
    z = F.apply(x * 2, F.apply(x, torch.ones(1)))
    say(z.grad_fn.next_functions, z.grad_fn.next_functions[1][0].next_functions)
    z.backward()
    say(x.grad)


@case
def none_arguments(torch, say):
    def forward(ctx, x, y, z):
        say(ctx.needs_input_grad)
        return x if y is None else x + y

    F = identity(
        torch, lambda ctx, x, y, z: forward(ctx, x, y, z) * 1, lambda ctx, g: (g, None, None)
    )
    x = leaf(torch, 2.0)
    out = F.apply(x, None, [x])
    say(out, out.grad_fn.next_functions)
    out.backward()
    say(x.grad)


@case
def tensors_in_lists_are_not_seen(torch, say):
    F = identity(torch, lambda ctx, xs: xs[0] * 2, lambda ctx, g: None)
    say(F.apply([leaf(torch, 2.0)]))


@case
def output_is_other_input(torch, say):
    F = identity(torch, lambda ctx, x, y: (y, x), lambda ctx, a, b: (b * 2, a * 3))
    x, y = leaf(torch, 2.0), torch.ones(1)
    a, b = F.apply(x, y)
    say(a, b, a is y, b is x)
    (a * 5 + b).backward()
    say(x.grad)


@case
def same_output_twice(torch, say):
    def forward(ctx, x):
        y = x * 2
        return y, y

    F = identity(torch, forward, lambda ctx, a, b: a * 10 + b)
    x = leaf(torch, 2.0)

    def run():
        a, b = F.apply(x)
        say(a, b, a is b)
        (a + b).backward()
        say(x.grad)

    say.fails(run)


@case
def output_from_outside(torch, say):
    saved = torch.ones(1)
    F = identity(torch, lambda ctx, x: saved)
    y = F.apply(leaf(torch, 2.0))
    say(y, y is saved, saved)


@case
def non_leaf_from_outside(torch, say):
    w = leaf(torch, 3.0)
    outside = w * 2
    F = identity(torch, lambda ctx, x: outside)
    x = leaf(torch, 2.0)
    y = F.apply(x)
    say(y, y is outside)
    y.backward()
    say(x.grad, w.grad)


@case
def hooks_on_custom_nodes(torch, say):
    F = identity(torch, lambda ctx, x: x * 2, lambda ctx, g: g * 2)
    x = leaf(torch, 2.0)
    y = F.apply(x)
    y.grad_fn.register_hook(lambda gi, go: say("post", gi, go))
    y.grad_fn.register_prehook(lambda go: say("pre", go))
    y.register_hook(lambda g: g * 3)
    y.backward()
    say(x.grad, y.grad_fn.metadata)


@case
def keyword_arguments(torch, say):
    F = identity(torch, lambda ctx, x, n=3: x * n, lambda ctx, g: (g, None))
    say.fails(F.apply, leaf(torch, 2.0), n=5)


@case
def function_without_inputs(torch, say):
    F = identity(torch, lambda ctx: torch.ones(1), lambda ctx, g: None)
    say(F.apply())


@case
def attribute_cycle_and_state(torch, say):
    def forward(ctx, x):
        ctx.shape = "mine"
        ctx.dtype = "dtype mine"
        ctx.value = 5
        ctx.index = 3
        ctx.params = "p"
        return x * 2

    def backward(ctx, g):
        say(ctx.shape, ctx.dtype, ctx.value, ctx.index, ctx.params)
        return g

    x = leaf(torch, 2.0)
    identity(torch, forward, backward).apply(x).backward()
    say(x.grad)


@case
def ctx_names_that_the_tape_uses(torch, say):
    names = ["op", "edges", "saved", "versions", "P", "out", "hooks", "seq", "out_st", "single",
             "parent", "transparent", "needs"]  # fmt: skip

    def forward(ctx, x):
        for n in names:
            setattr(ctx, n, n.upper())
        ctx.save_for_backward(x)
        return x * 2

    def backward(ctx, g):
        say([getattr(ctx, n) for n in names], ctx.saved_tensors)
        return g

    x = leaf(torch, 2.0)
    identity(torch, forward, backward).apply(x).backward()
    say(x.grad)


@case
def retain_graph_through_function(torch, say):
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    F = identity(torch, forward, lambda ctx, g: g * 2 * ctx.saved_tensors[0])
    x = leaf(torch, 2.0)
    y = F.apply(x)
    y.backward(retain_graph=True)
    y.backward()
    say(x.grad)
    say.fails(y.backward)


@case
def second_backward_without_saves(torch, say):
    F = identity(torch, lambda ctx, x: x * 2, lambda ctx, g: g * 2)
    x = leaf(torch, 2.0)
    y = F.apply(x)
    y.backward()
    say.fails(y.backward)
    say(x.grad)


@case
def inherited_functions(torch, say):
    A = identity(torch, lambda ctx, x: x * 2, lambda ctx, g: g * 2, "A")

    class B(A):
        @staticmethod
        def forward(ctx, x):
            return A.forward(ctx, x) + 1

    x = leaf(torch, 2.0)
    y = B.apply(x)
    say(y)
    y.backward()
    say(x.grad)


@case
def function_on_complex_and_half(torch, say):
    F = identity(torch, lambda ctx, x: x * 2, lambda ctx, g: g.to(torch.float64) * 2)
    x = torch.tensor([1.0], dtype=torch.float16, requires_grad=True)
    F.apply(x).backward()
    say(x.grad)
    F = identity(torch, lambda ctx, x: x * 2, lambda ctx, g: g * (1 + 1j))
    x = torch.tensor([1.0], requires_grad=True)
    say.fails(F.apply(x).backward)
    say(x.grad)


@case
def function_metadata(torch, say):
    F = identity(torch, lambda ctx, x: x * 2)
    say(F.__name__, F.apply.__name__, repr(F._backward_cls))
    say(torch.autograd.Function is torch.autograd.function.Function)
    say(issubclass(F, torch.autograd.function.FunctionCtx) or "ctx is apart")
    say(F.generate_vmap_rule, torch.autograd.Function.__name__)


@case
def mark_shared_storage(torch, say):
    def forward(ctx, x):
        ctx.mark_shared_storage((x, x))
        return x * 2

    say.fails(identity(torch, forward).apply, leaf(torch, 2.0))


@case
def dirty_and_saved(torch, say):
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x

    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        say("saved", x)
        return g * 2

    w = leaf(torch, 1.0, 2.0)
    y = w * 1
    z = identity(torch, forward, backward).apply(y)
    z.sum().backward()
    say(w.grad)


@case
def variable_legacy(torch, say):
    from torch.autograd import Variable

    v = Variable(torch.ones(2), requires_grad=True)
    say(v, isinstance(v, torch.Tensor), isinstance(torch.ones(1), Variable))
    say(Variable(torch.ones(2)), torch.autograd.variable.Variable is Variable)
    (v * 2).sum().backward()
    say(v.grad, v.data)
    say(isinstance(Variable(torch.ones(1)), Variable), type(v) is torch.Tensor)


@case
def nested_io_function(torch, say):
    from torch.autograd.function import Function, FunctionCtx, once_differentiable

    say(Function, FunctionCtx, once_differentiable)
    import torch.autograd.function as fn

    say(fn.Function is Function)


@case
def views_and_data_are_apart(torch, say):
    w = leaf(torch, 1.0, 2.0)
    with torch.no_grad():
        v = w.view(2, 1)
    w.data.add_(1)
    say(v.requires_grad, v * 1)
    (v * 3).sum().backward()
    say(v.grad, w.grad)


@case
def captured_and_needed(torch, say):
    x = leaf(torch, 2.0)
    y = x * x
    y.register_hook(lambda g: g * 10)
    y.grad_fn.register_prehook(lambda gs: (gs[0] * 7,))
    z = y * 3
    say(torch.autograd.grad(z, [y, x], retain_graph=True))
    say(torch.autograd.grad(z, [x], retain_graph=True))
    say(torch.autograd.grad(z, [y], retain_graph=True))


@case
def output_used_twice_through_saves(torch, say):
    x = torch.tensor([1.0, 3.0, 2.0], requires_grad=True)
    v, _ = x.max(0)
    e = v.exp()
    (g,) = torch.autograd.grad(e, x, create_graph=True)
    say(g.detach(), torch.autograd.grad(g.sum(), [x, v]))


@case
def function_intermediate_tensor(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            mid = x * 2
            ctx.save_for_backward(x, mid)
            return mid * x

        @staticmethod
        def backward(ctx, g):
            x, mid = ctx.saved_tensors
            say(x, mid)
            return g * 2 * mid

    x = leaf(torch, 3.0)
    y = F.apply(x)
    y.backward()
    say(x.grad)
