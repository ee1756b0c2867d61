"""How a tangent lies in memory: as its tensor does, or it is copied; Jacobians by dual levels."""

from func_registry import case


def given(torch, p, u):
    """What `unpack_dual` gives back of a tangent, and that other views of the memory are its."""
    import torch.autograd.forward_ad as fw

    with fw.dual_level():
        d = fw.make_dual(p, u)
        t = fw.unpack_dual(d).tangent
        place = t.dtype, tuple(t.stride()), t.storage_offset(), t._is_view(), t.requires_grad
        return t is u, str(place), t.tolist()


@case
def dual_layout(torch, say):
    a = torch.arange(4.0)
    m = a.view(2, 2)
    pairs = (
        (a, a + 1), (a, a.double()), (a, torch.ones(1).expand(4)), (a[:2], a[2:]),
        (a[:2], (a + 1)[:2]), (a[1:3], a[:2]), (m.t(), m), (m.t(), (m + 1).t()), (m, m.t()),
        (a[1:3], (a[:2] * 1).requires_grad_()), (a[:0], a[:0]), (a[:1], a[1:2]),
        (a[0], torch.tensor(2.0)), (torch.tensor(1.0), torch.tensor(2.0)),
        (a.as_strided((0, 1), (1, 1)), a.as_strided((0, 1), (1, 0))),
        (a[:1].as_strided((1,), (2,)), a.as_strided((1,), (1,))),
    )  # fmt: skip
    for p, u in pairs:
        say.fails(given, torch, p, u)
    c = torch.tensor([[1 + 2j, 3 - 1j], [0.5j, 2 + 0j]])
    ways = (lambda x: x, lambda x: x.conj(), lambda x: x._neg_view())
    for one in ways:
        for other in ways:
            say(given(torch, one(c), other(c * 2)))
    say(given(torch, c.conj().imag, (c * 2).imag), given(torch, c.imag, (c * 2).imag))


@case
def dual_layout_seen(torch, say):
    """A copied tangent is apart from the one that was given; one taken as it is, is not."""
    import torch.autograd.forward_ad as fw

    p = torch.arange(5.0)[:4].detach()
    with fw.dual_level():
        for u in (torch.ones(4), torch.ones(5)[:4]):
            d = fw.make_dual(p, u)
            t = fw.unpack_dual(d).tangent
            t *= 2
            say(u, t)
            d[1:].mul_(3)
            say(u, fw.unpack_dual(d).tangent, p)
            whole = d.as_strided((5,), (1,), 0)
            say(fw.unpack_dual(whole).tangent[:4], whole)
        u = torch.ones(2, 2).t()
        d = fw.make_dual(torch.zeros(2, 2), u)
        d[0] = 5
        say(u, fw.unpack_dual(d).tangent)
        w = torch.ones(1, requires_grad=True)
        d = fw.make_dual(torch.arange(3.0), w.expand(3))
        say(torch.autograd.grad(fw.unpack_dual(d * d).tangent.sum(), w))
        base = torch.zeros(1, 2, 2)
        base.copy_(fw.make_dual(torch.ones(2, 2), torch.full((2, 2), 3.0)))
        say(fw.unpack_dual(base).tangent)


@case
def jacobians_by_dual_levels(torch, say):
    import torch.autograd.forward_ad as fw
    from torch.autograd.functional import hessian, jacobian

    x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    how = dict(vectorize=True, strategy="forward-mode")
    say.fails(jacobian, lambda a: (a * 2, "x"), x, **how)
    say.fails(jacobian, lambda a: 3, x, **how)
    say.fails(jacobian, lambda a: [a], x, **how)
    say.fails(jacobian, lambda a: a.long(), x, **how)
    say(jacobian(lambda a: (a * 2, a.float()), x, **how))
    say(jacobian(lambda a: torch.ones(2), x, **how))
    say(jacobian(lambda a: a.view(3, 1).t()[0] * a, x.flip(0), **how))
    say.fails(jacobian, lambda a: jacobian(lambda b: b**3, a, **how), x, **how)
    with fw.dual_level():
        say.fails(jacobian, lambda a: a * a, x, **how)
    r = x.clone().requires_grad_()
    for t in (x, r):
        out = hessian(lambda a: (a**3).sum(), t, vectorize=True,
                      outer_jacobian_strategy="forward-mode")  # fmt: skip
        say(out.detach(), out.requires_grad, jacobian(lambda a: a**3, t, **how).requires_grad)
