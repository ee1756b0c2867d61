"""What the jvp of a custom Function may return: beside writes, views, and what has no gradient."""

from func_registry import case, grid


def function(torch, forward, jvp):
    """A Function of one tensor with this forward and this jvp."""

    class Fn(torch.autograd.Function):
        @staticmethod
        def backward(ctx, *g):
            return g[0]

    Fn.forward, Fn.jvp = staticmethod(forward), staticmethod(jvp)
    return Fn.apply


def tried(torch, say, forward, jvps, turn=lambda t: t):
    """Say what comes of each jvp, or torch's refusal of it."""
    import torch.autograd.forward_ad as fw

    def run(jvp):
        with fw.dual_level():
            u = torch.ones(3)
            x = turn(fw.make_dual(grid(torch, 3), u))
            outs = function(torch, forward, jvp)(x)
            said = []
            for t in outs if isinstance(outs, tuple) else (outs,):
                if isinstance(t, torch.Tensor):
                    du = fw.unpack_dual(t).tangent
                    said += [t is x, du, du is u, du is not None and du._base is u]
            return said

    for jvp in jvps:
        say.fails(run, jvp)


def doubled(ctx, x):
    ctx.mark_dirty(x)
    return x.mul_(2)


def modified(ctx, u):
    u.mul_(3)
    return u * 1


def detached(ctx, u):
    return u.mul_(2).detach()


@case
def tangents_of_a_written_input(torch, say):
    jvps = (
        lambda ctx, u: u,
        lambda ctx, u: u.mul_(3),
        lambda ctx, u: u * 3,
        lambda ctx, u: None,
        modified,
        detached,
    )
    tried(torch, say, doubled, jvps)


@case
def tangents_of_a_view(torch, say):
    jvps = (
        lambda ctx, u: u[:2],
        lambda ctx, u: u[:2].clone(),
        lambda ctx, u: u.clone()[:2],
        lambda ctx, u: None,
        lambda ctx, u: u.view_as(u),
    )
    tried(torch, say, lambda ctx, x: x[:2], jvps)


@case
def tangents_of_a_view_of_a_view(torch, say):
    import torch.autograd.forward_ad as fw

    def run(jvp):
        with fw.dual_level():
            x = fw.make_dual(grid(torch, 3), torch.ones(3))
            y = function(torch, lambda ctx, x: x[:2], jvp)(x.view_as(x))
            return fw.unpack_dual(y).tangent

    for jvp in (lambda ctx, u: u[:2], lambda ctx, u: u[:2].clone(), lambda ctx, u: u.clone()[:2]):
        say.fails(run, jvp)


@case
def tangents_of_an_input_as_it_is(torch, say):
    jvps = (
        lambda ctx, u: u,
        lambda ctx, u: u.view_as(u),
        lambda ctx, u: u * 2,
        lambda ctx, u: None,
        lambda ctx, u: "u",
        lambda ctx, u: (),
    )
    tried(torch, say, lambda ctx, x: x, jvps)
    both = (lambda ctx, u: (u * 2, u), lambda ctx, u: (u * 2, u.view_as(u)), lambda ctx, u: u)
    tried(torch, say, lambda ctx, x: (x * 2, x), both)


@case
def tangents_where_there_is_no_gradient(torch, say):
    def fixed(ctx, x):
        y = x * 2
        ctx.mark_non_differentiable(y)
        return y

    jvps = (lambda ctx, u: None, lambda ctx, u: u * 2)
    tried(torch, say, fixed, jvps)
    tried(torch, say, lambda ctx, x: x.long(), (*jvps, lambda ctx, u: u.long()))
    tried(torch, say, lambda ctx, x: (x * 2, 5), (lambda ctx, u: (u * 2, None),))


@case
def tangents_of_arguments(torch, say):
    import torch.autograd.forward_ad as fw

    def jvp(ctx, u, v, w, k):
        say(u, v, w, k, len(ctx.saved_tensors))
        return u * 2, None

    class Fn(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, i, k):
            ctx.save_for_backward(x)
            return x * k, i.clone()

        @staticmethod
        def backward(ctx, g, gi):
            say(len(ctx.saved_tensors))
            return g * 2, None, None, None

    Fn.jvp = staticmethod(jvp)
    x = grid(torch, 3).requires_grad_()
    with fw.dual_level():
        out, i = Fn.apply(fw.make_dual(x, torch.ones(3)), torch.ones(2), torch.tensor([1]), 2)
        say(fw.unpack_dual(out).tangent, fw.unpack_dual(i).tangent)
        out.sum().backward()
    say(x.grad)


@case
def tangents_not_passed_on(torch, say):
    from torch.autograd import forward_ad as fw

    say(fw._is_fwd_grad_enabled())
    with fw.dual_level():
        x = fw.make_dual(torch.ones(2), torch.ones(2))
        torch._C._set_fwd_grad_enabled(False)
        say(fw._is_fwd_grad_enabled())
        y = x * 3
        with fw._set_fwd_grad_enabled(True):
            say(fw._is_fwd_grad_enabled())
            say(fw.unpack_dual(x * 2).tangent)
        say(fw._is_fwd_grad_enabled())
        torch._C._set_fwd_grad_enabled(True)
        say(fw._is_fwd_grad_enabled(), fw.unpack_dual(y).tangent, fw.unpack_dual(x).tangent)


@case
def tangents_through_an_input_without_one(torch, say):
    import torch.autograd.forward_ad as fw

    class Fn(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.set_materialize_grads(False)
            return x * 2, y[:2]

    def run(jvp):
        Fn.jvp = staticmethod(jvp)
        with fw.dual_level():
            y = torch.ones(3)
            out, part = Fn.apply(fw.make_dual(grid(torch, 3), torch.ones(3)), y)
            u = fw.unpack_dual(part).tangent
            say(fw.unpack_dual(out).tangent, u, fw.unpack_dual(y).tangent)
            part.mul_(3)
            say(fw.unpack_dual(part).tangent, fw.unpack_dual(y).tangent)

    say.fails(run, lambda ctx, u, v: (u, u[:2] * 5))
    say.fails(run, lambda ctx, u, v: ("u",))
