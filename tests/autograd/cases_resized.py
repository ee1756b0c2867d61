"""Tensors resized in place: where they lie afterwards, what is counted, when it is refused."""

from transcript import case


def place(t):
    return t.tolist(), tuple(t.stride()), t.storage_offset(), t._version, t._is_view()


@case
def resized_in_memory(torch, say):
    a = torch.arange(6.0)
    v = a[2:4]
    v.resize_(4)
    say(place(v), a._version)
    v.add_(10)
    say(a, v._version, a._version)
    a = torch.arange(6.0)
    b = a[3:]
    a.resize_(2, 2)
    say(place(a), b._version)
    a.add_(10)
    say(a, b, a._version, b._version)
    t = torch.arange(6.0).view(2, 3).t()
    t.resize_(3, 2)
    say(place(t))
    t.resize_(2, 2)
    say(place(t))
    t.zero_()
    say(t)
    e = torch.arange(3.0).expand(4, 3)
    e.resize_(2)
    say(place(e))
    s = torch.tensor(3.0)
    s.resize_(1, 1).resize_(())
    say(place(s))


@case
def resized_versions(torch, say):
    x, y = torch.zeros(1), torch.zeros(3)
    x.resize_((1, 2))
    say(x._version, tuple(x.shape))
    x.resize_as_(y)
    say(x._version, tuple(x.shape))
    x.resize_((3,))
    x.resize_as_(y)
    say(x._version)
    w = torch.ones(3, requires_grad=True)
    k = torch.zeros(2, 3)
    out = (k * w).sum()
    k.resize_(3, 2)
    say.fails(out.backward)
    k = torch.ones(2, 3)
    d = k.detach()
    out = (d * w).sum()
    k.resize_(2)
    say.fails(out.backward)
    say(d.shape == (2, 3), d._version)


@case
def resized_refused(torch, say):
    x = torch.ones(3, requires_grad=True)
    say.fails(x.resize_, 2)
    say.fails((x * 2).resize_, 2)
    say.fails(x.resize_, 3)
    with torch.no_grad():
        say.fails(x.resize_, 2)
        v = (x * 2).detach()
        v.resize_(2)
        say(v)
    with torch.inference_mode():
        i = torch.ones(3, requires_grad=True)
        i.resize_(1, 2)
        say(i.detach(), i.requires_grad, i.is_inference())
        n = torch.ones(3, requires_grad=True)
        n.resize_as_(torch.ones(1, 2))
        say(tuple(n.shape))
        x.resize_(1)
    say(x, x._version, x.requires_grad)
    with torch.inference_mode():
        i = torch.ones(3)
    say.fails(i.resize_, 2)
    say.fails(torch.ones(2, 3).resize_, -1)
