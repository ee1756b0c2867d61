"""Duals turned and written in place, taken apart, split; what has no derivative forward."""

from func_registry import case


def state(t):
    import torch.autograd.forward_ad as fw

    u = fw.unpack_dual(t).tangent
    u = None if u is None else (u.detach(), u.requires_grad)
    return t.detach(), u, t._is_view(), t._version, t.grad_fn and t.grad_fn.name()


def pair(torch, *, leaf=False, tangent_leaf=False):
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=leaf)
    return x, torch.tensor([[5.0, 6.0], [7.0, 8.0]], requires_grad=tangent_leaf)


@case
def dual_nodes(torch, say):
    import torch.autograd.forward_ad as fw

    with fw.dual_level():
        x, u = pair(torch, leaf=True)
        d = fw.make_dual(x, u)
        say(state(d), d._base is x)
        for t in (x, d, x * 2, d * 2):
            p = fw.unpack_dual(t).primal
            say(state(p), p.is_leaf, p.grad_fn.next_functions[0][0].name())
        say(torch.autograd.grad(fw.unpack_dual(d * d).primal.sum(), x))
        with torch.no_grad():
            for t in (x, d, x * 2):
                p = fw.unpack_dual(t).primal
                say(p.requires_grad, p.grad_fn, p.is_leaf, p._is_view())
        z = x * 2
        p = fw.unpack_dual(z).primal
        p.mul_(3)
        say(state(p), z.grad_fn.name(), z)
        say.fails(fw.unpack_dual(x).primal.mul_, 2)
        y = torch.zeros(2, 2)
        p = fw.unpack_dual(y).primal
        y.copy_(fw.make_dual(*pair(torch)))
        say(state(p), state(y))
        say.fails(fw.make_dual, d, d * 2)
        say.fails(fw.make_dual, x, d)


@case
def dual_turned(torch, say):
    """In-place views turn the tangent that was given, too."""
    import torch.autograd.forward_ad as fw

    with fw.dual_level():
        for turn in (
            lambda d: d.t_(), lambda d: d.unsqueeze_(0), lambda d: d.transpose_(0, 1),
            lambda d: d.unsqueeze_(0).squeeze_(0), lambda d: d.as_strided_((2,), (2,), 1),
            lambda d: d.t_().mul_(2),
        ):  # fmt: skip
            x, u = pair(torch)
            d = fw.make_dual(x, u)
            turn(d)
            say(state(d), x, u, u._version)
            x, u = pair(torch)
            d = fw.make_dual(x, u) * 2
            v = d[0]
            turn(d)
            v.mul_(3)
            say(state(d), state(v))
        x, u = pair(torch, tangent_leaf=True)
        say.fails(fw.make_dual(x, u).t_)
        w = u * 1
        d = fw.make_dual(x, w)
        d.t_()
        say(state(w), torch.autograd.grad(fw.unpack_dual(d).tangent[0].sum(), u))


@case
def dual_parts(torch, say):
    """Views that come about together have tangents that do."""
    import torch.autograd.forward_ad as fw

    for leaf in (False, True):
        for part in (
            lambda d: d.chunk(2)[0], lambda d: d.split(1, 1)[1], lambda d: d.unbind(1)[1],
            lambda d: d.split([1, 1], 1)[1], lambda d: d.tensor_split(2)[0],
            lambda d: d.unbind()[0][1], lambda d: d.hsplit(2)[1],
        ):  # fmt: skip
            with fw.dual_level():
                x, u = pair(torch, leaf=leaf, tangent_leaf=True)
                d = fw.make_dual(x, u)
                v = part(d)
                t = fw.unpack_dual(v).tangent
                say(state(v), t.grad_fn.name())
                say(torch.autograd.grad((t * t).sum(), u))
                for write in (lambda v: v.sin_(), lambda v: v.zero_(), lambda v: v.unsqueeze_(0)):
                    say.fails(write, part(d))
                x, u = pair(torch)
                d = fw.make_dual(x, u)
                part(d).mul_(2)
                say(state(d))


@case
def dual_refused(torch, say):
    import torch.autograd.forward_ad as fw

    with fw.dual_level():
        d = fw.make_dual(*pair(torch))
        say.fails(d.clone().set_, torch.ones(2, 2))
        say.fails(torch.ones(2, 2).set_, d)
        say.fails(d.clone().resize_, 2)
        say.fails(lambda: torch.mul(d, 2, out=torch.zeros(2, 2)))
        say.fails(lambda: torch.mul(torch.ones(2, 2), 2, out=d.clone()))
        for write in (
            lambda d: d.zero_(), lambda d: d.fill_(2.0), lambda d: d.round_(), lambda d: d.sign_(),
            lambda d: d.floor_(), lambda d: d.ge_(2.0), lambda d: d.eq_(1.0), lambda d: d[0].eq_(1),
            lambda d: d.copy_(torch.ones(2, 2)), lambda d: d.masked_fill_(d > 2, 0.0),
            lambda d: d.detach_(), lambda d: d.remainder_(2.0), lambda d: d.uniform_(9, 9.0001),
            lambda d: d.copy_(torch.ones(2, 2, dtype=torch.long)),
        ):  # fmt: skip
            c = d.clone()
            write(c)
            say(fw.unpack_dual(c).tangent, c._version)
        y = torch.tensor(1.0)
        torch.mul(torch.ones(2), 2, out=y.resize_(0))
        say(y, y._version)
