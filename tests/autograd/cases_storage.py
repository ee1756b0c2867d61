"""A tensor's memory: as bytes, as elements, as another dtype, given to another tensor."""

import warnings

from transcript import case


def state(t):
    return t._version, t._is_view(), t.stride(), t.storage_offset(), t.data_ptr() % 4


@case
def storage_of_bytes(torch, say):
    x = torch.arange(3.0)
    s = x.untyped_storage()
    say(len(s), s.nbytes(), s.size(), str(s.device), s.is_cuda, s.element_size(), s.type())
    say(x.untyped_storage() is s, x[1:].untyped_storage() is s, s == x.data.untyped_storage())
    say(s.data_ptr() == x.data_ptr(), x[1:].data_ptr() - s.data_ptr(), x[3:].data_ptr())
    say(s[4], s[-1], s.tolist(), s[0:4].tolist(), str(s)[-50:])
    s[3] = 64
    say(x, x._version)
    s.fill_(0)
    say(x, x._version, s.clone() == s, torch.is_storage(s), torch.is_storage(x))
    s.copy_(torch.ones(3).untyped_storage())
    say(x)
    say.fails(s.__getitem__, 12)
    say(torch.UntypedStorage([1, 2, 3]).tolist(), torch.UntypedStorage(4).size())
    z = torch.ones(2, dtype=torch.complex64)
    say(z.conj().untyped_storage() == z.untyped_storage(), z.imag.untyped_storage().size())
    y = x * 2
    say(y.untyped_storage() == s, y.untyped_storage().data_ptr() == s.data_ptr())


@case
def storage_of_elements(torch, say):
    x = torch.arange(3.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        t = x[1:].storage()
        made = torch.TypedStorage([1.0, 2.0], dtype=torch.float64)
    say(len(t), t.size(), t.nbytes(), str(t.dtype), t.tolist(), t[1], list(t), t.type())
    t[1] = 5
    say(x, x._version, t.untyped() is x.untyped_storage(), t.data_ptr() == x.data_ptr())
    say(t.fill_(2).tolist(), x, made.tolist(), str(made))
    say.fails(t.__getitem__, slice(0, 2))
    say.fails(torch.zeros(2, dtype=torch.int32).set_, t)


@case
def storage_given_away(torch, say):
    x = torch.arange(6.0)
    s = x.untyped_storage()
    y = torch.zeros(2)
    say(y.set_(s), state(y), y.set_(s, 1, (2,)), y.set_(s, 1, (2, 2), (1, 2)), state(y))
    y.add_(1)
    say(x, x._version, y._version, y.is_set_to(x), x.is_set_to(x.detach()), x[1:].is_set_to(x))
    say(torch.zeros(2, dtype=torch.int32).set_(s, 0, (3,), (1,)))
    say.fails(y.set_, s, 0, (2, 2), (1,))
    say.fails(y.set_, torch.zeros(2, dtype=torch.float16))
    say.fails(torch.zeros(2, dtype=torch.complex64).set_, y)
    w = torch.randn(1, 16, 5, 5)
    say(w.set_(w.untyped_storage(), 0, w.size(), (20, 25, 5, 1)).is_contiguous(), w.stride())


@case
def bytes_read_as_another_dtype(torch, say):
    x = torch.arange(8.0).reshape(2, 4).requires_grad_()
    for d in (torch.int32, torch.float32, torch.float64, torch.int16, torch.complex64):
        v = x.view(d)
        say(state(v), v.requires_grad, v._base is None, list(v.shape), v.data_ptr() == x.data_ptr())
    v = x.view(torch.int32)
    v[0, 0] = 0x3F800000
    v[1].zero_()
    say(x, x._version, v[0]._base is v)
    a = torch.zeros(4, 4, 3, dtype=torch.int8)
    for b in (
        a, a[:, :, 1:], a[:, :, ::2], a.as_strided((4, 4, 2), (2, 1, 1)),
        a.view(-1)[1:].as_strided((2, 2), (2, 2)), a.as_strided((2, 2, 2), (3, 4, 1)),
        a.as_strided((), ()),
    ):  # fmt: skip
        say.fails(b.view, torch.int16)
    say.fails(x.t().view, torch.int8)


@case
def parts_stepped_through(torch, say):
    z = (torch.arange(12.0) + 10j * torch.arange(12.0)).reshape(3, 4).clone()
    for look in (
        lambda z: z.real, lambda z: z.imag, lambda z: z.mH, lambda z: z.conj().imag,
        lambda z: z.t(), lambda z: torch.view_as_real(z), lambda z: z[1:],
    ):  # fmt: skip
        v = look(z).as_strided((2, 2), (2, 1), 1)
        say(v, v.is_conj(), v.is_neg(), v.stride(), v._base is z)
        u = z.clone()
        look(u).as_strided((2,), (1,)).mul_(3)
        say(u)
        w = z.clone().requires_grad_()
        v = look(w).as_strided((2, 2), (2, 1), 1)
        (g,) = torch.autograd.grad(v.abs().sum(), w)
        say(v.grad_fn.name(), torch.view_as_real(g.resolve_conj()).abs())
    x = torch.arange(5.0, dtype=torch.float64).requires_grad_()
    for size, stride in (((5, 5), (0, 1)), ((2, 3), (1, 1))):

        def f(x, size=size, stride=stride):
            return x.expand(5, 5).as_strided(size, stride, 0)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            say(torch.autograd.gradcheck(f, (x,), check_forward_ad=True))


@case
def pairs_that_are_not_complex(torch, say):
    x = torch.arange(12.0)
    say(torch.view_as_complex(x.as_strided((1, 2), (1, 1))))
    for t in (
        x[1:3], x.view(3, 2, 2).transpose(1, 2), x.as_strided((2, 2), (1, 1)),
        x.as_strided((0, 2), (1, 1)), x.view(4, 3),
    ):  # fmt: skip
        say.fails(torch.view_as_complex, t)
