"""Custom Functions whose inputs, results, gradients and saved results are at unlike levels."""

from func_registry import case, grid


def function(torch, forward, backward, jvp=None, saves=lambda inputs, out: inputs, **extra):
    """A Function that saves what ``saves`` names, for backward and for jvp."""

    class Fn(torch.autograd.Function):
        @staticmethod
        def setup_context(ctx, inputs, output):
            kept = saves(inputs, output)
            ctx.save_for_backward(*kept)
            ctx.save_for_forward(*kept)

    Fn.forward, Fn.backward = staticmethod(forward), staticmethod(backward)
    if jvp is not None:
        Fn.jvp = staticmethod(jvp)
    for name, value in extra.items():
        setattr(Fn, name, value)
    return Fn


def exponential(torch, several):
    """exp, of which the result is saved; as one of two results if ``several``."""

    def forward(x):
        return (x.exp(), x * 2) if several else x.exp()

    def backward(ctx, g, *more):
        (y,) = ctx.saved_tensors
        return g * y + (2 * more[0] if several else 0)

    def jvp(ctx, u):
        (y,) = ctx.saved_tensors
        return (u * y, 2 * u) if several else u * y

    def saves(inputs, out):
        return (out[0] if several else out,)

    return function(torch, forward, backward, jvp, saves)


@case
def tangents_of_saved_results(torch, say):
    import torch.autograd.forward_ad as fw

    x, u = grid(torch, 3), grid(torch, 3, start=4)
    for several in (False, True):
        Fn = exponential(torch, several)

        def first(x, Fn=Fn, several=several):
            return Fn.apply(x)[0] if several else Fn.apply(x)

        def pulled(x, first=first):
            return torch.func.vjp(first, x)[1](torch.ones(3, dtype=torch.float64))[0]

        say(torch.func.jvp(pulled, (x,), (u,)))
        say(torch.func.jvp(lambda x, f=first: torch.func.jvp(f, (x,), (u,))[1], (x,), (u,))[0])
        with fw.dual_level():
            dual = fw.make_dual(x.clone().requires_grad_(), u)
            (g,) = torch.autograd.grad(first(dual).sum(), dual)
            say(*fw.unpack_dual(g))
        leaf = x.clone().requires_grad_()
        say(torch.autograd.gradcheck(first, leaf, check_forward_ad=True))
        say(torch.autograd.gradgradcheck(first, leaf, check_fwd_over_rev=True))


@case
def tangents_of_results_saved_after_a_write(torch, say):
    def forward(x):
        return x.exp_()

    def backward(ctx, g):
        return g * ctx.saved_tensors[0]

    def jvp(ctx, u):
        return u.mul_(ctx.saved_tensors[0])

    Fn = function(torch, forward, backward, jvp, lambda inputs, out: (out,))
    keep = Fn.setup_context

    def setup(ctx, inputs, output):
        ctx.mark_dirty(inputs[0])
        keep(ctx, inputs, output)

    Fn.setup_context = staticmethod(setup)
    leaf = grid(torch, 3).requires_grad_()
    say(torch.autograd.gradgradcheck(lambda x: Fn.apply(x.clone()), leaf, check_fwd_over_rev=True))


@case
def gradients_of_inputs_at_fewer_levels(torch, say):
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * y, g * x

    Fn = function(torch, lambda x, y: x * y, backward, generate_vmap_rule=True)
    vmap = torch.func.vmap
    for dims, shapes in (((None, 0), ((4,), (3, 4))), ((0, None), ((3, 4), (4,))),
                         ((-1, 0), ((4, 3), (3, 4)))):  # fmt: skip
        leaves = [grid(torch, *s, start=k).requires_grad_() for k, s in enumerate(shapes)]
        out = vmap(Fn.apply, dims)(*leaves)
        say(torch.autograd.grad(out.square().sum(), leaves, create_graph=True)[0].detach())
        say(torch.autograd.grad(vmap(Fn.apply, dims)(*leaves).square().sum(), leaves))
        whole = [t.detach() for t in leaves]
        say(torch.func.grad(lambda a, b, d=dims: vmap(Fn.apply, d)(a, b).sum(), (0, 1))(*whole))
        say(vmap(torch.func.grad(lambda a, b: Fn.apply(a, b).sum(), (0, 1)), dims)(*whole))
    x, y, z = (grid(torch, *s) for s in ((2,), (3, 2), (4, 2)))

    def nested(x, y, z):
        inner = vmap(lambda b: vmap(lambda c: Fn.apply(Fn.apply(x, b), c))(z))(y)
        return inner.sum()

    say(torch.func.grad(nested, (0, 1, 2))(x, y, z))
    leaf = y.clone().requires_grad_()
    once = Fn.apply(leaf, y)
    say(torch.func.vmap(lambda g: torch.autograd.grad(once, leaf, g, retain_graph=True)[0])(
        torch.stack([y, y * 2])))  # fmt: skip


@case
def gradients_the_same_for_all_examples(torch, say):
    def backward(ctx, g, h):
        return torch.zeros(2, *g.shape, dtype=g.dtype), torch.ones(h.shape, dtype=h.dtype)

    def saves(inputs, out):
        return ()

    Fn = function(torch, lambda x, y: (x.clone(), y.clone()), backward, None, saves,
                  generate_vmap_rule=True)  # fmt: skip
    x, y = grid(torch, 3, 4), grid(torch, 3, 4, start=5)
    for dims in ((0, 0), (0, 1)):
        b = y if dims[1] == 0 else y.T.contiguous()
        leaves = [x.clone().requires_grad_(), b.clone().requires_grad_()]
        first, second = torch.func.vmap(Fn.apply, dims)(*leaves)
        say(first.detach(), second.detach(), first.grad_fn.name())
        say(torch.autograd.grad(first.sum() + second.sum(), leaves))
        say(torch.func.vmap(torch.func.grad(lambda a, b: Fn.apply(a, b)[1].sum(), (0, 1)), dims)(
            x, b))  # fmt: skip


@case
def views_whose_tangent_is_none_in_a_transform(torch, say):
    import torch.autograd.forward_ad as fw

    x, u = grid(torch, 3, 2), grid(torch, 3, 2, start=7)
    forwards = (lambda x: x, lambda x: x[1], lambda x: x.view_as(x))
    for k, forward in enumerate(forwards):

        def jvp(ctx, u, k=k):
            return u[1] * 1 if k == 1 else u * 1

        Fn = function(torch, forward, lambda ctx, g: g, jvp, lambda inputs, out: ())
        say(torch.func.jvp(Fn.apply, (x,), (u,)))
        say(torch.func.jvp(lambda x, F=Fn: F.apply(x.view(3, 2)) + x[1], (x,), (u,)))

        def dual(Fn=Fn):
            with fw.dual_level():
                return fw.unpack_dual(Fn.apply(fw.make_dual(x, u)))

        say.fails(dual)


@case
def functions_without_a_rule_inside_any_vmap(torch, say):
    Fn = function(torch, lambda x: x * 2, lambda ctx, g: g * 2)
    x, y = grid(torch, 3), grid(torch, 2)
    say.fails(lambda: torch.func.vmap(lambda t: Fn.apply(x) * t)(y))
    say.fails(lambda: torch.func.jacfwd(Fn.apply)(x))
    say.fails(lambda: torch.func.vmap(lambda t: torch.func.jvp(Fn.apply, (t,), (t,)))(x))
    both = function(torch, lambda x: x * 2, lambda ctx, g: g * 2, generate_vmap_rule=True,
                    vmap=staticmethod(lambda info, dims, x: (x * 2, dims[0])))  # fmt: skip
    say.fails(lambda: torch.func.vmap(lambda t: both.apply(x) * t)(y))


@case
def once_differentiable_inside_two_transforms(torch, say):
    def backward(ctx, g):
        return g * 3 * ctx.saved_tensors[0] ** 2

    once = torch.autograd.function.once_differentiable(backward)
    Fn = function(torch, lambda x: x**3, once)
    x = grid(torch, 3)

    def total(x):
        return Fn.apply(x).square().sum()

    say(torch.func.grad(total)(x))
    say(torch.func.grad(lambda x: torch.func.grad(total)(x).square().sum())(x))
    say(torch.func.grad(lambda x: (torch.func.grad(total)(x) * x).sum())(x))
