"""Other memory for a tensor: data, `set_`, swaps; who counts versions with whom."""

import weakref

from transcript import case


def state(t):
    return (
        t.tolist(), t._version, t._is_view(), t.requires_grad, t.is_leaf,
        t.grad_fn.name() if t.grad_fn else None, t.stride(), t.storage_offset(),
    )  # fmt: skip


@case
def data_of_another_shape(torch, say):
    x = torch.ones(3, requires_grad=True)
    x.data = torch.zeros(2, 4).t()
    say(state(x))
    b = torch.arange(6.0)
    x = torch.ones(2)
    x.data = b[2:4]
    x.add_(1)
    say(state(x), state(b))
    x = torch.ones(2, requires_grad=True)
    y = x * x
    x.data = torch.full((2,), 5.0)
    y.sum().backward()
    say(x.grad)
    del y
    x.data = torch.ones(3)
    say.fails((x * 2).sum().backward)
    x = torch.ones(2)
    x.data = torch.ones(2, requires_grad=True) * 2
    say(state(x))
    x.data = x
    say(state(x))
    p = torch.nn.Parameter(torch.ones(2))
    p.data = torch.zeros(3)
    say(type(p).__name__, p)


@case
def data_of_a_view(torch, say):
    b = torch.arange(6.0)
    v = b[2:4]
    v.data = torch.zeros(3)
    say(state(v), v._base is b)
    v.add_(1)
    say(state(v), state(b))
    w = torch.ones(2, requires_grad=True)
    y = w * 2
    y.data = torch.zeros(2)
    say(state(y), torch.autograd.grad((y * y).sum(), w))


@case
def versions_stay_with_the_tensor(torch, say):
    x = torch.ones(2)
    d, v, other = x.detach(), x[:1], torch.zeros(2)
    x.data = other
    x.add_(1)
    say(x._version, d._version, v._version, other._version, d, v, other)
    d.add_(1)
    x.data = torch.ones(3)
    x.mul_(2)
    say(x._version, d._version, v._version, other)
    a = torch.ones(2)
    v, other = a[:1], torch.zeros(3)
    a.set_(other)
    a.add_(1)
    say(state(a), state(v), state(other))
    a.set_()
    say(a.tolist(), a._version, list(a.shape), a.stride(), v._version)
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    z = y * y
    with torch.no_grad():
        y.set_(torch.zeros(2))
    say(state(y))
    say.fails(z.sum().backward)


@case
def places_that_set_refuses(torch, say):
    a = torch.ones(6)
    say(torch.zeros(2).set_(a, 1, (2, 2), (2, 1)), torch.zeros(2).set_(a, 4, (2,)))
    for args in ((1, (2, 2), (2,)), (-1, (2,)), (1, (2, 2), (-2, 1))):
        say.fails(torch.zeros(2).set_, a, *args)
    say.fails(torch.ones(2, requires_grad=True).set_, torch.zeros(2))


@case
def tensors_swapped(torch, say):
    swap = torch.utils.swap_tensors
    a, b = torch.nn.Parameter(torch.ones(2)), torch.zeros(3)
    a.note = 1
    (a * a).sum().backward()
    swap(a, b)
    say(state(a), state(b), type(a).__name__, type(b).__name__, b.note, a.grad, b.grad)
    c = torch.ones(4)
    v, d = c[:2], torch.zeros(3)
    swap(v, d)
    d.add_(1)
    say(c, v, d._base is c)
    a, b = torch.ones(2), torch.zeros(2)
    ref = weakref.ref(a)
    say.fails(swap, a, b)
    say.fails(swap, b, a)
    say(ref() is a)
