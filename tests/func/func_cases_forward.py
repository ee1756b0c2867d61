"""Dual tensors: made, unpacked, written, viewed, through Functions and through backward."""

from func_registry import case, grid


def parts(torch, t):
    """Value and tangent of a dual tensor, without history."""
    import torch.autograd.forward_ad as fw

    value, tangent = fw.unpack_dual(t)
    return value.detach(), None if tangent is None else tangent.detach()


@case
def dual_levels(torch, say):
    import torch.autograd.forward_ad as fw

    x, u = grid(torch, 3), grid(torch, 3, start=5)
    say.fails(fw.make_dual, x, u)
    say(fw.unpack_dual(x))
    say.fails(fw.exit_dual_level)
    with fw.dual_level() as level:
        say(level, fw._current_level)
        say.fails(fw.enter_dual_level)
        d = fw.make_dual(x, u)
        say(parts(torch, d))
    say(fw.unpack_dual(d), fw._current_level)
    with fw.dual_level():
        say(parts(torch, d))
        say.fails(fw.exit_dual_level, level=5)
    say.fails(fw.exit_dual_level, level=5)
    n = fw.enter_dual_level()
    say(n, parts(torch, fw.make_dual(x, u)))
    fw.exit_dual_level()


@case
def dual_refusals(torch, say):
    import torch.autograd.forward_ad as fw

    x, u = grid(torch, 3), grid(torch, 3, start=5)
    with fw.dual_level():
        say.fails(fw.make_dual, x, grid(torch, 2))
        say.fails(fw.make_dual, x.long(), u)
        say.fails(fw.make_dual, x, u.long())
        say.fails(fw.make_dual, 1, u)
        d = fw.make_dual(x, u)
        say.fails(fw.make_dual, d, u)
        say.fails(fw.make_dual, x, d)
        say(parts(torch, fw.make_dual(x, u.float())))


@case
def dual_is_a_view(torch, say):
    import torch.autograd.forward_ad as fw

    x, u = grid(torch, 3), grid(torch, 3, start=5)
    with fw.dual_level():
        d = fw.make_dual(x, u)
        say(d._is_view(), d._base is x, d._version, d.requires_grad, d.is_leaf)
        p, t = fw.unpack_dual(d)
        say(p._is_view(), p is d, t is u)
        say(fw.unpack_dual(x).primal is x, fw.unpack_dual(x).tangent)
        r = x.clone().requires_grad_()
        d = fw.make_dual(r, u)
        say(d.requires_grad, d.is_leaf)
        d.sum().backward()
        say(r.grad)


@case
def dual_ops(torch, say):
    import torch.autograd.forward_ad as fw

    x, u = grid(torch, 2, 3), grid(torch, 2, 3, start=5)
    y = grid(torch, 3, start=9)
    with fw.dual_level():
        d = fw.make_dual(x, u)
        for f in (torch.sin, torch.exp, torch.sum, torch.neg):
            say(f.__name__, parts(torch, f(d)))
        say(parts(torch, d * y), parts(torch, y / d), parts(torch, d @ y), parts(torch, d**2))
        say(parts(torch, d.reshape(3, 2)), parts(torch, d[0]), parts(torch, d.t()[1:]))
        say(parts(torch, d.max(1).values), parts(torch, d.softmax(1)), parts(torch, d.std()))
        say(parts(torch, torch.cat([d, x])), parts(torch, torch.stack([d, d * 2])))
        say(
            parts(torch, d.sort(1, descending=True)[0]),
            parts(torch, d.index_select(1, d[0].argsort())),
        )
        say([parts(torch, t) for t in d.unbind(1)], [parts(torch, t) for t in d.split(2, 1)])
        say(parts(torch, torch.where(d > 0.3, d, d * 2)), parts(torch, d.clamp(0.2, 0.4)))
        say(parts(torch, d.float()), parts(torch, d.to(torch.float16).double()))


@case
def dual_without_tangents(torch, say):
    import torch.autograd.forward_ad as fw

    x, u = grid(torch, 3), grid(torch, 3, start=5)
    with fw.dual_level():
        d = fw.make_dual(x, u)
        say(parts(torch, d.detach()), parts(torch, d.argmax()), parts(torch, d > 0.1))
        say(parts(torch, d.long()), parts(torch, d.round()), parts(torch, d.ceil()))
        say(parts(torch, torch.zeros_like(d)), parts(torch, torch.full_like(d, 2.0)))
        with torch.no_grad():
            say(parts(torch, d * 3))
        with torch.inference_mode():
            say(fw.unpack_dual(d * 3).tangent)
        with fw._set_fwd_grad_enabled(False):
            y = d * 3
        say(parts(torch, y))


@case
def dual_written(torch, say):
    import torch.autograd.forward_ad as fw

    x, u = grid(torch, 3), grid(torch, 3, start=5)
    with fw.dual_level():
        z = torch.zeros(3, dtype=torch.float64)
        z.add_(fw.make_dual(x, u))
        say(parts(torch, z))
        z.mul_(z.clone())
        say(parts(torch, z))
        z.copy_(x)
        say(parts(torch, z))
        d = fw.make_dual(x.clone(), u.clone())
        d.fill_(3.0)
        say(parts(torch, d))
        d = fw.make_dual(x.clone(), u.clone())
        d[1] = 7.0
        say(parts(torch, d))
        d[0] = d[2]
        say(parts(torch, d))
        d.zero_()
        say(parts(torch, d))
        a = x.clone()
        d = fw.make_dual(a, u.clone())
        d.mul_(2)
        say(a, fw.unpack_dual(a).tangent, parts(torch, d))


@case
def dual_views_written(torch, say):
    import torch.autograd.forward_ad as fw

    x, u = grid(torch, 3), grid(torch, 3, start=5)
    with fw.dual_level():
        d = fw.make_dual(x, u)
        z = torch.zeros(3, dtype=torch.float64)
        v, w = z[:2], z[1:]
        v.add_(d[:2])
        say([parts(torch, t) for t in (z, v, w)])
        w.mul_(d[1:])
        say([parts(torch, t) for t in (z, v, w)])
        z.mul_(2)
        say([parts(torch, t) for t in (z, v, w)])
        m = torch.zeros(2, 3, dtype=torch.float64)
        r = m.t()
        r[0].copy_(d[:2])
        say([parts(torch, t) for t in (m, r)])
        c = fw.make_dual(x.clone(), u.clone())
        v = c.view(3, 1)
        v.sin_()
        say([parts(torch, t) for t in (c, v)])


@case
def dual_and_backward(torch, say):
    import torch.autograd.forward_ad as fw

    x = grid(torch, 3).requires_grad_()
    u = grid(torch, 3, start=5)
    with fw.dual_level():
        d = fw.make_dual(x, u)
        y = (d.sin() * d).tanh()
        value, tangent = fw.unpack_dual(y)
        say(tangent.requires_grad)
        say(torch.autograd.grad(tangent.pow(2).sum(), x)[0])
        (g,) = torch.autograd.grad((d.exp() * d).sum(), d)
        say(parts(torch, g))
        (g,) = torch.autograd.grad((d.exp() * d).sum(), d, create_graph=True)
        value, tangent = fw.unpack_dual(g)
        say(value.detach(), tangent.detach())
        (h,) = torch.autograd.grad(tangent.sum(), x)
        say(h)
        d = fw.make_dual(x, u)
        (d * d).sum().backward()
        say(x.grad, fw.unpack_dual(x.grad).tangent)


@case
def dual_tangent_that_requires_grad(torch, say):
    import torch.autograd.forward_ad as fw

    x = grid(torch, 3)
    u = grid(torch, 3, start=5).requires_grad_()
    with fw.dual_level():
        y = fw.make_dual(x, u).sin()
        value, tangent = fw.unpack_dual(y)
        say(value.requires_grad, tangent.requires_grad)
        tangent.sum().backward()
        say(u.grad)


def function(torch, say, jvp=None):
    """A Function with a jvp, on whichever module is torch."""

    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, k):
            ctx.k = k
            ctx.save_for_forward(x, y)
            ctx.save_for_backward(x, y)
            return x * y * k, x + y

        @staticmethod
        def backward(ctx, a, b):
            x, y = ctx.saved_tensors
            return a * y * ctx.k + b, a * x * ctx.k + b, None

        @staticmethod
        def jvp(ctx, xt, yt, kt):
            say("jvp", xt, yt, kt, len(ctx.saved_tensors))
            if jvp is not None:
                return jvp(xt)
            x, y = ctx.saved_tensors
            return (xt * y + x * yt) * ctx.k, xt + yt

    return F


@case
def dual_functions(torch, say):
    import torch.autograd.forward_ad as fw

    x, y, u = grid(torch, 2), grid(torch, 2, start=3), grid(torch, 2, start=5)
    F = function(torch, say)
    with fw.dual_level():
        a, b = F.apply(fw.make_dual(x, u), y, 2.0)
        say(parts(torch, a), parts(torch, b))
        r = y.clone().requires_grad_()
        a, b = F.apply(fw.make_dual(x, u), r, 2.0)
        say(parts(torch, a), parts(torch, b))
        (a.sum() + b.sum()).backward()
        say(r.grad)
        a, b = F.apply(x, y, 2.0)
        say(parts(torch, a))
        for made in (
            lambda t: t,
            lambda t: (t, 1),
            lambda t: (t, grid(torch, 3)),
            lambda t: (t, t, t),
        ):
            say.fails(function(torch, say, made).apply, fw.make_dual(x, u), y, 2.0)

    class G(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    with fw.dual_level():
        say.fails(G.apply, fw.make_dual(x, u))


@case
def dual_printed(torch, say):
    import torch.autograd.forward_ad as fw

    x = torch.tensor([1.0, 2.0])
    with fw.dual_level():
        d = fw.make_dual(x, torch.ones(2))
        say(repr(d))
        say(repr(d * 2))
    say(repr(d))
    say(fw.UnpackedDualTensor._fields)


@case
def dual_memory(torch, say):
    import torch.autograd.forward_ad as fw

    with fw.dual_level():
        a, u = grid(torch, 2), grid(torch, 2, start=3)
        d = fw.make_dual(a, u)
        a.add_(1)
        p, t = fw.unpack_dual(d)
        say(a._version, d._version, p._version, t is u)
        p.mul_(2)
        say(a, parts(torch, d), fw.unpack_dual(p).tangent)
        t.mul_(2)
        say(parts(torch, d), u)
        d.narrow(0, 0, 1).mul_(3)
        say(parts(torch, d), fw.unpack_dual(a).tangent)
        c = d.clone()
        c.detach_()
        say(fw.unpack_dual(c * 2).tangent)
        z = torch.zeros(2, dtype=torch.float64)
        v = z.detach()
        v.add_(d)
        say(fw.unpack_dual(z).tangent, parts(torch, v))
        for call in (
            lambda: torch.add(z, z, out=d), lambda: torch.add(d, z, out=z),
            lambda: torch.sin(d, out=torch.empty(2, dtype=torch.float64)),
        ):  # fmt: skip
            say.fails(call)


@case
def dual_shapes(torch, say):
    import torch.autograd.forward_ad as fw

    with fw.dual_level():
        m = fw.make_dual(grid(torch, 2, 2), grid(torch, 2, 2, start=5))
        z = torch.zeros(2, 2, dtype=torch.float64)
        z.diagonal().copy_(m[0])
        say(parts(torch, z))
        z.t_().mul_(2)
        say(parts(torch, z))
        z.unsqueeze_(0)
        say(parts(torch, z))
        s = m.sum()
        s += 1
        say(parts(torch, s), parts(torch, m.expand(2, 2, 2).sum(0)))
        m.zero_()
        say(parts(torch, m))
        c = fw.make_dual(grid(torch, 2), grid(torch, 2, start=5))
        z = torch.complex(c, c * 2)
        for t in (
            z.real,
            z.abs(),
            (z * z).imag,
            z.conj().imag,
            torch.view_as_real(z * z),
            z.angle(),
        ):
            say(parts(torch, t))
        say(parts(torch, z.exp()), parts(torch, z.sum()), parts(torch, 1 / z))


@case
def dual_two_ways(torch, say):
    import torch.autograd.forward_ad as fw

    x, u = grid(torch, 2).requires_grad_(), grid(torch, 2, start=5).requires_grad_()
    with fw.dual_level():
        p, t = fw.unpack_dual(fw.make_dual(x, u))
        say(torch.autograd.grad(p.sum(), (x, u), allow_unused=True))
        say(torch.autograd.grad(t.sum(), (x, u), allow_unused=True))
        with torch.no_grad():
            o = fw.make_dual(x, u) * 3
        say(o.requires_grad, fw.unpack_dual(o).tangent.requires_grad)
        w = torch.ones(2, dtype=torch.float64, requires_grad=True)
        d = fw.make_dual(x.detach(), u.detach())
        (w * d).sum().backward()
        say(w.grad, fw.unpack_dual(w.grad).tangent)
        (g,) = torch.autograd.grad((w * d).sum(), w)
        say(parts(torch, g))
        (g,) = torch.autograd.grad((w * w * d).sum(), w, create_graph=True)
        say(parts(torch, g), parts(torch, torch.autograd.grad(g.sum(), w)[0]))
