"""Views of conjugates and negatives: what they are, share, record, refuse, and when they end."""

import copy

from transcript import case


def sample(torch):
    return torch.tensor([[1 + 2j, 3 - 4j], [7 + 5j, 6 + 8j]], dtype=torch.complex128)


def parts(torch, t):
    """The parts of complex numbers as real ones, zeros without a sign."""
    return torch.view_as_real(t.detach().resolve_conj()) + 0.0


def state(t):
    return (
        t.is_conj(), t.is_neg(), t._is_view(), t._version, t.is_leaf,
        t.grad_fn.name() if t.grad_fn else None, t.stride(), t.storage_offset(),
    )  # fmt: skip


@case
def turned_is_a_view(torch, say):
    z = sample(torch)
    c = z.conj()
    say(state(c), c._base is z, c.data_ptr() == z.data_ptr(), c)
    say(state(c.conj()), c.conj()._base is z, c.conj())
    say(state(c.t().conj()), c.t().conj().numpy().tolist())
    say(state(z.mH), state(z.H), state(z.adjoint()), z.mH)
    say(z.real.conj().is_conj(), torch.ones(2).conj().is_conj())
    x = torch.ones(2)
    say(x.conj() is x, x.resolve_conj() is x, x.resolve_neg() is x)
    say(torch.is_conj(c), torch.is_neg(c), torch._conj(z).is_conj(), state(torch._neg_view(x)))
    say(torch._neg_view(torch.tensor([1, -2])), state(torch._neg_view(c)), torch._neg_view(c))
    say(state(torch._neg_view(torch._neg_view(x))))


@case
def turned_writes_go_both_ways(torch, say):
    z = sample(torch)
    c = z.conj()
    z[0, 0] = 9 + 9j
    say(c, c._version)
    c[1, 1] = 1 + 1j
    say(z, z._version, c._version)
    c.mul_(2j)
    say(z, c)
    c.t()[0].copy_(torch.tensor([1j, 2j], dtype=torch.complex128))
    say(z)
    n = c.imag
    say(state(n), n._base is z, n)
    n.add_(1)
    n[0] = 7
    say(z, c, n)
    c.real.fill_(3)
    say(z, c.real)
    torch._neg_view(z.real).copy_(torch.ones(2, 2, dtype=torch.float64))
    say(z)
    c.copy_(z)
    say(z)
    c.conj_physical_()
    say(z)
    torch.add(z, 1, out=c)
    say(z)


@case
def turned_ends_in_a_copy(torch, say):
    z = sample(torch)
    c = z.conj()
    n = c.imag
    for t in (c, n):
        say(state(t.resolve_conj()), state(t.resolve_neg()), t.resolve_conj() is t)
        say(state(t.clone()), state(t + 1), state(t.contiguous()), state(torch.stack([t, t])))
        say(state(t.detach()), state(t.t()), state(t.reshape(4)), state(t[0]), t.sum())
        say(state(copy.deepcopy(t)), state(copy.copy(t)), state(torch.zeros_like(t)))
    say(state(torch.conj_physical(c)), torch.conj_physical(c))
    say(c @ z, torch.equal(c, z.conj()), torch.equal(c, z), c[0, 1].item(), n.abs())
    say(torch.add(c, c), c.expand(2, 2, 2).sum(), torch._neg_view(c).imag)
    x = torch.zeros(2, 2, dtype=torch.complex128)
    say(state(x.set_(c)), x)
    y = torch.zeros(2, 2, dtype=torch.complex128)
    y.data = c
    say(state(y), y)


@case
def turned_refusals(torch, say):
    z = sample(torch)
    c, n = z.conj(), z.conj().imag
    for t in (c, n):
        say.fails(t.numpy)
        say.fails(t.view, torch.int32)
    say(c.numpy(force=True).tolist(), c.resolve_conj().numpy().tolist())
    say.fails(torch.view_as_real, c)
    say(torch.view_as_real(torch._neg_view(z)))
    say(z)


@case
def turned_history(torch, say):
    w = sample(torch).requires_grad_()
    c = w.conj()
    say(state(c), c.grad_fn.next_functions[0][0].name())
    say(c.imag.grad_fn.name(), c.real.grad_fn.name(), c.conj().grad_fn.name())
    say(c.resolve_conj().grad_fn.name(), c.imag.resolve_neg().grad_fn.name())
    say(torch._neg_view(w).grad_fn.name(), w.mH.grad_fn.name())
    (c * w.mT).sum().abs().backward()
    say(w.grad)
    say(torch.autograd.grad(c.imag.sum(), w)[0])
    say(torch.autograd.gradcheck(lambda x: x.conj() * x.mH.imag, (w,)))
    say(torch.autograd.gradgradcheck(lambda x: x.conj() * x.mH.imag, (w,)))
    say.fails(c.mul_, 2)
    with torch.no_grad():
        q = w.conj()
        say(state(q))
    say.fails(q.mul_, 2)


@case
def turned_writes_recorded(torch, say):
    for look in (
        lambda x: x.conj(), lambda x: x.conj().imag, lambda x: x.imag, lambda x: x.mH[0],
        lambda x: x.conj().real[:, 1], lambda x: torch._neg_view(x),
        lambda x: torch.view_as_real(x),
        lambda x: x[0].conj(),
    ):  # fmt: skip
        w = sample(torch).requires_grad_()
        x = w * 1
        v = look(x)
        before = look(x)
        v.mul_(2)
        say(state(x), state(v), state(before), before)
        (before * before).sum().backward(torch.ones((), dtype=before.dtype), retain_graph=True)
        say(parts(torch, w.grad))
        (g,) = torch.autograd.grad((x * x).sum().abs(), w, create_graph=True)
        say(parts(torch, torch.autograd.grad(g.abs().sum(), w)[0]))
        x.mul_(3)
        say(v, v.grad_fn.name())


@case
def turned_reads_beside_writes(torch, say):
    a = sample(torch)
    b, c = a.conj(), a.conj()
    say(parts(torch, torch.add(a, b)), parts(torch, a.add_(b)))
    a[0] = 1 + 1j
    say(parts(torch, torch.add(b, c)), parts(torch, torch.add(b, c, out=a)))
    a[0] = 1 + 2j
    say(parts(torch, torch.add(b, c)), parts(torch, b.add_(c)), parts(torch, a))
    x = torch.randn(3, dtype=torch.complex64)
    x.real = torch.ones(3, dtype=torch.int64)
    x.imag = torch.tensor([1.5, 2, 3])
    say(x)


@case
def turned_after_repeats(torch, say):
    e = torch.tensor([[1 + 2j, 3 + 4j]], dtype=torch.complex128)
    v = e.expand(3, 2).conj()
    v[1, 1] = 5j
    say(e, v)
    w = e.clone().requires_grad_()
    b = w * 1
    v = b.expand(3, 2).conj()
    b.mul_(2j)
    (g,) = torch.autograd.grad((v * v).sum().abs(), w)
    say(parts(torch, g))
    z = sample(torch)
    z.as_strided((2, 2), (1, 2)).conj().mul_(2)
    say(z)
    z.conj().real = torch.zeros(2, 2, dtype=torch.float64)
    z.conj().imag = torch.ones(2, 2, dtype=torch.float64)
    say(z)


@case
def turned_with_tangents(torch, say):
    import warnings

    import torch.autograd.forward_ad as fw

    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")
    z = sample(torch)
    with fw.dual_level():
        d = fw.make_dual(z, z * 1j)
        out, tangent = fw.unpack_dual(d.conj() * d.conj().imag)
        say(out, parts(torch, tangent))
        d = fw.make_dual(z.clone(), z * 1j)
        d.conj().mul_(2j)
        out, tangent = fw.unpack_dual(d)
        say(out, parts(torch, tangent))
    say(torch.func.vmap(lambda x: x.conj() * x.imag)(z))
