"""Views and writes once more: other memory, versions, chains, casts."""

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


def state(x):
    return (
        x.grad_fn.name() if x.grad_fn else None, x._version, x._is_view(), x.requires_grad,
        x.is_leaf,
    )  # fmt: skip


@case
def more_set_and_swap(torch, say):
    x = torch.zeros(3)
    y = torch.ones(2)
    v = x._version
    x.set_(y)
    say(x, x._version > v, x.data_ptr() == y.data_ptr())
    x.add_(1)
    say(y)
    a = torch.ones(2, requires_grad=True)
    say.fails(a.set_, torch.zeros(2))
    with torch.no_grad():
        a.set_(torch.zeros(2))
        say(a)
    p = torch.ones(2, requires_grad=True)
    q = torch.zeros(3)
    torch.utils.swap_tensors(p, q)
    say(p, q)
    x = torch.ones(2, requires_grad=True)
    z = x * 2
    x.data = torch.zeros(2)
    z.sum().backward()
    say(x, x.grad)
    say.fails(setattr, x, "data", 3)
    say.fails(setattr, x, "data", torch.ones(2).long())
    x.data = torch.ones(5)
    say(x.shape, x.grad)
    n = torch.ones(2)
    n.data = torch.ones(3, dtype=torch.int64)
    say(n)


@case
def more_version_things(torch, say):
    x = torch.ones(3)
    say(x._version)
    x.add_(1)
    v = x[:2]
    v.mul_(2)
    say(x._version, v._version)
    d = x.detach()
    d.add_(1)
    say(x._version, d._version)
    e = x.data
    e.add_(1)
    say(x._version, e._version)
    torch.autograd.graph.increment_version(x)
    say(x._version)
    torch.autograd.graph.increment_version((x, d))
    say(x._version)
    say.fails(torch.autograd.graph.increment_version, 3)
    y = leaf(torch, 1.0, 2.0)
    z = y.exp()
    torch.autograd.graph.increment_version(z)
    say.fails(z.sum().backward)
    with torch.autograd._unsafe_preserve_version_counter(x):
        x.add_(1)
    say(x._version)
    a = torch.ones(3)
    b = a.t()
    c = a.expand(2, 3)
    say(c._version, a.reshape(3)._version)
    a.zero_()
    say(b._version, c._version)
    say.fails(c.add_, 1)
    say.fails(c.zero_)
    say.fails(c.copy_, torch.ones(2, 3))
    say.fails(c.fill_, 1)
    say.fails(c.mul_, 2)
    say.fails(c.normal_)
    o = torch.ones(5)
    say.fails(o[1:].add_, o[:-1])
    say.fails(torch.add, o[1:], o[:-1], out=o[:-1])
    o[1:].copy_(o[:-1].clone())


@case
def more_expanded(torch, say):
    x = leaf(torch, 1.0, 2.0)
    e = x.expand(3, 2)
    say.fails(lambda: e.mul_(2))
    y = (x * 1).expand(3, 2)
    say.fails(lambda: y.add_(1))
    y.sum().backward()
    say(x.grad)


@case
def more_views_no_grad(torch, say):
    x = leaf(torch, 1.0, 2.0, 3.0)
    with torch.no_grad():
        v = x[:2]
    say(state(v))
    say.fails(lambda: v.mul_(2))
    say(v.requires_grad)
    with torch.no_grad():
        v.mul_(2)
    say(x)
    say.fails(state, v)
    a = torch.ones(3)
    v = a[:2]
    a.mul_(x)
    say(state(v))
    v.sum().backward()
    say(x.grad)
    b = torch.ones(3)
    with torch.no_grad():
        v = b[:2]
    b.mul_(x)
    say.fails(lambda: v.grad_fn)
    say.fails(lambda: v * 2)
    d = (x * 2).detach()
    say(state(d), d._base is None)
    e = x * 2
    f = e.detach()
    f.zero_()
    say(e, e._version)


@case
def more_requires_grad_views(torch, say):
    x = torch.ones(3)
    v = x[:2]
    v.requires_grad_()
    say(state(v), state(x))
    say.fails(lambda: v.mul_(2))
    w = v * 2
    w.sum().backward()
    say(v.grad)
    x.mul_(2)
    say(v)
    y = torch.ones(3)
    u = y[:2]
    y.requires_grad_()
    say(state(u), u.requires_grad)
    z = (u * 3).sum()
    say(z.requires_grad)
    whole = torch.ones(3, dtype=torch.int64)
    say.fails(whole.requires_grad_)
    say.fails(setattr, whole, "requires_grad", True)
    say.fails(setattr, w, "requires_grad", False)
    w2 = w.detach_()
    say(state(w2))
    say.fails(lambda: (leaf(torch, 1.0)[:]).detach_())


@case
def more_multi_output_writes(torch, say):
    x = torch.ones(4, 2, requires_grad=True) * 1
    for f in (
        lambda: x.unbind(),
        lambda: x.split(2),
        lambda: x.chunk(2),
        lambda: torch.split(x, [1, 3]),
        lambda: x.unbind(1),
        lambda: torch.tensor_split(x, 2),
        lambda: x.hsplit(2),
        lambda: x.vsplit(2),
    ):
        v = f()
        say(state(v[0]), v[1].output_nr)
        say.fails(v[0].mul_, 2)
    with torch.no_grad():
        v = x.unbind()
    say.fails(lambda: v[0].mul_(2))
    y = torch.ones(4, 2)
    v = y.unbind()
    v[0].mul_(2)
    say(y[0])
    a = torch.ones(2)
    say.fails(lambda: v[0].mul_(a.requires_grad_()))
    z = torch.zeros(2, 2)
    u = z.unbind()
    z.add_(x[:2])
    say.fails(lambda: u[0] * 1)


@case
def more_chain_of_writes(torch, say):
    x = leaf(torch, 1.0, 2.0, 3.0, 4.0)
    a = x * 1
    b = a.view(2, 2)
    c = b[0]
    c.mul_(3)
    b.t().add_(1)
    d = a[::2]
    d.exp_()
    say(a, b, c, d, state(a), state(b), state(c))
    (g,) = torch.autograd.grad((a**2).sum(), x, create_graph=True)
    say(g)
    say(torch.autograd.grad(g.sum(), x))


@case
def more_copy_and_casts(torch, say):
    x = leaf(torch, 1.5, 2.5)
    a = torch.zeros(2, dtype=torch.float64)
    a.copy_(x)
    say(state(a))
    a.sum().backward()
    say(x.grad)
    i = torch.zeros(2, dtype=torch.int64)
    i.copy_(x)
    say(state(i), i)
    h = torch.zeros(2, 2)
    h[0] = x
    h[1] = x.double() * 2
    h.sum().backward()
    say(x.grad)
    h = torch.zeros(2)
    h.add_(x.double() if False else x)
    say(state(h))
    say.fails(i.add_, x)
    m = torch.zeros(3)
    m[torch.tensor([True, False, True])] = x
    say(state(m), m)
    m.sum().backward()
    say(x.grad)
    m = torch.zeros(3)
    m.masked_scatter_(torch.tensor([True, False, True]), x)
    say(state(m))
    m = torch.zeros(3)
    m.index_put_((torch.tensor([0, 0]),), x, accumulate=True)
    say(state(m), m)
    m.scatter_(0, torch.tensor([1, 2]), x)
    say(state(m))
    m.index_fill_(0, torch.tensor([0]), 2.0)
    say(state(m))
    m.clamp_(0, 2)
    say(state(m))
    m.sum().backward()
    say(x.grad)
