"""Turned views among other views: layouts, writes, operands that overlap."""

from transcript import case


def grid(torch):
    return (torch.arange(6.0) + 1j * torch.arange(6.0)).reshape(2, 3).clone()


def node(t):
    return t.grad_fn.name() if t.grad_fn else None


@case
def turned_twice_in_history(torch, say):
    w = grid(torch).requires_grad_()
    x = w * 1
    v = x.conj().conj()
    v.mul_(2)
    say(node(v), node(x), v.is_conj(), v._base is x)
    v = torch._neg_view(torch._neg_view(x))
    x.mul_(2)
    say(node(v), v)
    g = torch.ones(3, requires_grad=True)
    for look in (torch._neg_view, lambda t: t.view(3, 1), lambda t: t.view_as(t)):
        y = g * 1
        look(y).zero_()
        (d,) = torch.autograd.grad((y * y).sum(), g, create_graph=True)
        say(d.abs().detach(), d.requires_grad)


@case
def turned_layouts(torch, say):
    c = grid(torch)[:, 1:].conj()
    say.fails(c.view, -1)
    say(c.reshape(-1)._is_view(), c.contiguous().is_conj(), c.flatten(), c.is_contiguous())
    say(c.t().contiguous(), c.conj().view(2, 2, 1).stride())
    z = torch.tensor(1 + 2j)
    say(z.mH, z.adjoint().is_conj(), z.H.is_conj(), torch.tensor(2.0).mH)
    say.fails(getattr, torch.ones(2), "mH")


@case
def parts_of_steps_written(torch, say):
    x = grid(torch)
    v = torch.view_as_real(x.as_strided((2,), (2,)))
    v[0] = 0.5
    x.as_strided((2,), (2,)).imag.zero_()
    say(x, v)
    w = grid(torch).requires_grad_()
    x = w * 1
    torch.view_as_real(x.as_strided((2,), (2,)))[0] = 0.5
    (g,) = torch.autograd.grad((x * x.conj()).sum().real, w)
    say(torch.view_as_real(g.resolve_conj()).abs())


@case
def turned_operands_are_read_first(torch, say):
    for write in (
        lambda x: x.add_(torch._neg_view(x)), lambda x: x.mul_(x.conj()),
        lambda x: x[:, 1:].add_(x[:, :2].conj()), lambda x: x.conj()[:, 1:].sub_(x[:, :2]),
    ):  # fmt: skip
        x = grid(torch)
        write(x)
        say(torch.view_as_real(x) + 0.0)
    say.fails(lambda x: x.view(-1)[1:].copy_(x.conj().view(-1)[:5]), grid(torch))
