"""Views and writes under autograd: histories, versions, refusals."""

from transcript import case


def leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


@case
def view_flags(torch, say):
    x = torch.arange(4.0)
    v = x.view(2, 2)
    w = v[0]
    say(v._base is x, w._base is x, v._is_view(), x._is_view(), x._base)
    d = v.detach()
    say(d._is_view(), d._base, d._version)
    w.add_(1)
    say(x, v, d, x._version, v._version, w._version, d._version)
    say(x.data._version, x.clone()._version)
    x.zero_()
    say(v, w, d)


@case
def write_through_view(torch, say):
    x = leaf(torch, 1.0, 2.0, 3.0, 4.0)
    b = x * 1
    v = b[1:3]
    v.mul_(10)
    say(b, v, v.grad_fn, b.grad_fn, b.grad_fn.next_functions)
    (b * b).sum().backward()
    say(x.grad)


@case
def write_base_seen_by_view(torch, say):
    x = leaf(torch, 1.0, 2.0, 3.0, 4.0)
    b = x * 1
    v = b[1:3]
    say(v)
    b.mul_(2)
    say(v, b)
    (v * v).sum().backward()
    say(x.grad)


@case
def sibling_views(torch, say):
    x = leaf(torch, 1.0, 2.0, 3.0, 4.0)
    b = x * 1
    u, v = b.view(2, 2), b[:2]
    v.mul_(5)
    u[1].add_(v)
    say(b, u, v)
    (u * u).sum().backward(retain_graph=True)
    say(x.grad)
    (g,) = torch.autograd.grad((u**3).sum(), x, create_graph=True)
    say(g)
    say(torch.autograd.grad(g.sum(), x))


@case
def view_of_plain_gets_history(torch, say):
    w = leaf(torch, 5.0, 6.0)
    b = torch.zeros(4)
    v = b[:2]
    v.copy_(w)
    say(b, v, b.requires_grad, v.is_leaf)
    u = b[1:]
    (u * u).sum().backward()
    say(w.grad)


@case
def setitem_history(torch, say):
    w = leaf(torch, 5.0, 6.0)
    b = torch.zeros(2, 3)
    b[0, :2] = w
    b[1] = w.sum()
    say(b)
    b[0, 0] = 1
    say(b)
    b.sum().backward()
    say(w.grad)


@case
def leaf_refusals(torch, say):
    x = leaf(torch, 1.0, 2.0)
    say.fails(x.add_, 1)
    say.fails(x.zero_)
    say.fails(x.__setitem__, 0, 5.0)
    say.fails(x[:1].add_, 1)
    say.fails(x.view(2, 1).mul_, 2)
    say.fails(x.detach().add_(0).sub_, 0)
    with torch.no_grad():
        x.add_(1)
        x[0] = 7
        x[:1].mul_(2)
    say(x, x._version)


@case
def no_grad_view_refusals(torch, say):
    x = leaf(torch, 1.0, 2.0)
    b = x * 1
    with torch.no_grad():
        v = b[:1]
    say(v.requires_grad, v._is_view())
    say.fails(v.add_, 1)
    with torch.no_grad():
        v.add_(1)
    say(b, v)
    with torch.no_grad():
        w = x[:1]
    say.fails(w.add_, 1)
    c = torch.ones(3)
    with torch.no_grad():
        u = c[:2]
    u.mul_(3)
    say.fails(u.mul_, leaf(torch, 2.0))


@case
def no_grad_view_then_base_written(torch, say):
    x = leaf(torch, 1.0, 2.0)
    b = x * 1
    with torch.no_grad():
        v = b[:1]
    b.mul_(2)
    say(v.requires_grad)
    say.fails(lambda: v.grad_fn)
    say.fails(lambda: v * 2)


@case
def multi_view_refusals(torch, say):
    x = leaf(torch, 1.0, 2.0, 3.0, 4.0)
    b = x * 1
    a, c = b.split(2)
    say(a, c)
    say.fails(a.add_, 1)
    u = b.unbind()
    say.fails(u[1].mul_, 2)
    say.fails(b.chunk(2)[1].mul_, 2)
    say.fails(b.view(2, 2).unbind()[0].zero_)
    with torch.no_grad():
        a.add_(1)
    say(b)
    plain = torch.ones(4)
    p, _ = plain.split(2)
    p.add_(1)
    say(plain)
    say.fails(p.mul_, leaf(torch, 2.0, 3.0))


@case
def multi_view_then_base_written(torch, say):
    x = leaf(torch, 1.0, 2.0, 3.0, 4.0)
    b = x * 1
    a, _ = b.split(2)
    b.mul_(2)
    say.fails(lambda: a.grad_fn)
    say.fails(lambda: a * 2)


@case
def expanded_refusal(torch, say):
    e = torch.ones(1).expand(3)
    say.fails(e.add_, 1)
    say.fails(e.zero_)
    x = leaf(torch, 1.0)
    say.fails((x * 1).expand(3).add_, 1)


@case
def in_place_histories(torch, say):
    x = leaf(torch, 1.0, 2.0)
    a = x * 1
    a += 1
    say(a)
    a *= x
    say(a)
    a.exp_()
    say(a)
    a.copy_(x)
    say(a, a.grad_fn.next_functions)
    a.fill_(3)
    say(a)
    a.zero_()
    say(a, a._version)
    b = torch.ones(2)
    b.mul_(x)
    say(b, b.is_leaf)
    b.sum().backward()
    say(x.grad)


@case
def in_place_dtype(torch, say):
    x = leaf(torch, 1.0, 2.0)
    i = torch.tensor([1, 2])
    say.fails(i.add_, 1.5)
    say.fails(i.mul_, x)
    h = torch.ones(2, dtype=torch.float16)
    h.mul_(x)
    say(h)
    h.sum().backward()
    say(x.grad)
    say.fails(torch.ones(2).add_, torch.ones(3))
    say.fails(torch.ones(2).add_, torch.ones(2, 2))
    say.fails(torch.ones(1).add_, torch.ones(2))


@case
def detach_rules(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = x * 2
    d = y.detach()
    say(d.requires_grad, d.is_leaf, d.data_ptr() == y.data_ptr())
    v = y[:1]
    say.fails(v.detach_)
    y2 = x * 3
    say(y2.detach_() is y2, y2)
    z = y2 * x
    z.sum().backward()
    say(x.grad)
    leaf2 = leaf(torch, 1.0)
    say(leaf2.detach_())


@case
def data_rules(torch, say):
    x = leaf(torch, 1.0, 2.0)
    x.data.add_(1)
    say(x, x._version, x.data.requires_grad)
    x.data = torch.tensor([5.0, 6.0, 7.0])
    say(x, x._version)
    (x * x).sum().backward()
    say(x.grad)
    x.grad.data.zero_()
    say(x.grad)
    say.fails(setattr, x, "data", 5)
    say.fails(setattr, x, "data", torch.ones(2, dtype=torch.int64))
    y = x * 2
    y.data = torch.zeros(3)
    say(y)


@case
def data_shares_memory(torch, say):
    x = torch.ones(3)
    y = torch.zeros(3)
    x.data = y
    y.add_(1)
    say(x, y._version, x._version)
    x.mul_(3)
    say(y)


@case
def self_overlapping_program(torch, say):
    x = leaf(torch, 1.0, 2.0, 3.0)
    b = x * 1
    v = b[1:]
    w = v[:1]
    w.mul_(w.clone())
    say.fails(v.add_, b[:2])
    v.add_(b[:2].clone())
    b.mul_(2)
    say(b, v, w, b._version)
    (w * v).sum().backward()
    say(x.grad)


@case
def transposed_writes(torch, say):
    x = torch.arange(6.0).view(2, 3).clone().requires_grad_()
    b = x * 1
    t = b.t()
    t[0] = 0
    t.mul_(2)
    say(b, t, t.grad_fn)
    (b**2).sum().backward()
    say(x.grad)


@case
def view_names(torch, say):
    x = torch.arange(6.0).view(2, 3).clone().requires_grad_()
    b = x * 1
    for v in (b.view(6), b.t(), b[0], b[:, 1:], b.unsqueeze(0), b.squeeze(), b.transpose(0, 1),
              b.permute(1, 0), b.expand(2, 2, 3), b.reshape(3, 2), b.flatten(), b.select(0, 1),
              b.narrow(1, 0, 2), b.view_as(b), b.unbind()[0], b.split(1)[0], b.chunk(2)[0],
              b[None], b[..., 0], b.detach(), b.diagonal(), b.contiguous()):  # fmt: skip
        say(v.grad_fn, v._is_view(), v._base is b, v.is_leaf)


@case
def view_becomes_leaf(torch, say):
    x = torch.ones(3)
    v = x[:2]
    v.requires_grad_()
    say(v.is_leaf, v._base is x, x.requires_grad)
    (v * 2).sum().backward()
    say(v.grad)
    say.fails(v.add_, 1)
    say.fails(x.add_, 1)
    say(v)


@case
def base_becomes_leaf(torch, say):
    x = torch.ones(3)
    v = x[:2]
    x.requires_grad_()
    say(v.requires_grad)
    say.fails(v.add_, 1)
    say(v)


@case
def in_place_view_ops(torch, say):
    x = leaf(torch, 1.0, 2.0)
    a = x * 1
    a.unsqueeze_(0)
    say(a, a._version)
    a.squeeze_()
    say(a)
    a.t_()
    say(a)
    b = torch.arange(6.0).view(2, 3)
    b.t_()
    say(b, b._version)
    b.transpose_(0, 1)
    say(b, b._version)
    a.sum().backward()
    say(x.grad)


@case
def set_requires_grad_on_view(torch, say):
    x = leaf(torch, 1.0, 2.0)
    b = x * 1
    say.fails(b[:1].requires_grad_, False)
    say(b[:1].requires_grad_())


@case
def swap_of_values(torch, say):
    x = leaf(torch, 1.0, 2.0)
    b = x * 1
    tmp = b[0].clone()
    b[0] = b[1]
    b[1] = tmp
    say(b)
    (b * torch.tensor([10.0, 1.0])).sum().backward()
    say(x.grad)


@case
def overlapping_copy(torch, say):
    b = torch.arange(5.0)
    b[1:].copy_(b[:-1].clone())
    say(b)
    c = torch.arange(4.0)
    say.fails(c.add_, c[0])
    c += c
    say(c)


@case
def increments_by_index(torch, say):
    x = leaf(torch, 1.0, 2.0, 3.0)
    b = x * 1
    b[0] += 5
    b[1:] *= x[:2]
    b[b > 5] = 0
    say(b)
    b.sum().backward()
    say(x.grad)


@case
def versions_of_numpy_and_ops(torch, say):
    x = torch.zeros(3)
    x.add_(1)
    x[0] = 2
    x[1:].mul_(2)
    x.copy_(torch.ones(3))
    torch.add(x, 1, out=x)
    say(x._version)
    x.detach().add_(1)
    say(x._version)
    with torch.no_grad():
        x.mul_(2)
    say(x._version, x)


@case
def accumulate_then_view_of_grad(torch, say):
    x = leaf(torch, 1.0, 2.0)
    x.sum().backward()
    v = x.grad[:1]
    x.sum().backward()
    say(v, x.grad)
    x.grad.zero_()
    say(v)


@case
def base_gains_a_history_after_the_view(torch, say):
    a = torch.zeros(4)
    v, w = a[:2], a[1:]
    a.mul_(leaf(torch, 1.0, 1.0, 1.0, 1.0))
    say.fails(lambda: v.mul_(2))
    say.fails(lambda: w.copy_(torch.ones(3)))
    say(v.grad_fn)
    v.mul_(2)
    say(v.grad_fn, a.grad_fn)


@case
def expanded_onto_itself(torch, say):
    x = torch.ones(3, 1)
    e = x.expand(3, 4)
    e.copy_(e)
    e[:].copy_(e)
    e[:] = e
    say(x._version, x)
    say.fails(lambda: e.copy_(e.clone()))


@case
def inference_tensors_are_written_then_refused(torch, say):
    def writes(t):
        yield lambda: t.add_(1)
        yield lambda: t.copy_(torch.zeros(3))
        yield lambda: t.fill_(7)
        yield lambda: t[1:].mul_(2)
        yield lambda: t.unsqueeze_(0)
        yield lambda: torch.add(t, 1, out=t)

    with torch.inference_mode():
        x = torch.ones(3)
    for write in writes(x):
        say.fails(write)
        say(x)
