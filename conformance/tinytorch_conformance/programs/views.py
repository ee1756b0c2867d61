"""Views and writes: who sees what, what gradients follow, which versions are counted."""


def write_through_a_view(torch):
    base = torch.zeros(3, 4)
    row, column, flat = base[1], base[:, 2], base.view(-1)
    row += 1
    column.mul_(5)
    flat[::5] = -1
    return [base, row, column, flat, base._version, row._version, row._base is base]


def views_of_views(torch):
    base = torch.arange(24.0).reshape(2, 3, 4)
    v = base.transpose(0, 2)[1:3].permute(1, 0, 2)
    w = v[..., 0]
    w.zero_()
    v[0] = 7.0
    return [base, v, w, w.stride(), w.storage_offset(), v.is_contiguous()]


def reshape_copies_or_not(torch):
    base = torch.arange(6.0).reshape(2, 3)
    same, copied = base.reshape(3, 2), base.t().reshape(-1)
    base[0, 0] = 100.0
    return [same, copied, same._base is None, copied.is_contiguous()]


def expanded(torch):
    x = torch.tensor([[1.0], [2.0]])
    e = x.expand(2, 3)
    x += 1
    return [e, e.stride(), e.contiguous().stride()]


def diagonal_of_ones(torch):
    x = torch.zeros(3, 3)
    x.diagonal().fill_(1)
    x.diagonal(1).copy_(torch.tensor([5.0, 6.0]))
    return x


def detach_shares(torch):
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    d = y.detach()
    d[0] = 50.0
    return [y, d, y._version, d._version, d.requires_grad]


def data_is_uncounted(torch):
    x = torch.ones(3, requires_grad=True)
    x.data[0] = 9.0
    x.data.mul_(2)
    return [x, x._version]


def swap_of_rows(torch):
    x = torch.arange(6.0).reshape(3, 2)
    x[[0, 2]] = x[[2, 0]]
    return x


def overlapping_slices(torch):
    x = torch.arange(6.0)
    x[1:] = x[:-1].clone()
    y = torch.arange(6.0)
    y[1:] += y[:-1].clone()
    return [x, y]


def masked_write(torch):
    x = torch.arange(6.0).reshape(2, 3)
    x[x > 2] = -1.0
    x[x == 1] += 10
    return [x, x._version]


def integer_lists(torch):
    x = torch.zeros(4, 3)
    x[[0, 2], [1, 1]] = torch.tensor([5.0, 6.0])
    x[torch.tensor([3, 3])] = torch.tensor([[1.0, 1, 1], [2.0, 2, 2]])
    at = torch.tensor([0, 0])
    x.index_put_((at, at), torch.tensor([1.0, 1.0]), accumulate=True)
    return x


def gradient_of_item_assignment(torch):
    x = torch.arange(4.0, requires_grad=True)
    v = torch.tensor([10.0, 20.0], requires_grad=True)
    y = x * 2
    y[1:3] = v
    (y * torch.tensor([1.0, 2, 3, 4])).sum().backward()
    return [y, x.grad, v.grad, y.grad_fn.name()]


def gradient_through_a_written_view(torch):
    x = torch.ones(2, 3, requires_grad=True)
    y = x * 1
    row = y[0]
    row.mul_(5)
    loss = (y * y).sum()
    loss.backward()
    return [y, row, x.grad, row.grad_fn.name(), y.grad_fn.name()]


def gradient_of_sibling_views(torch):
    x = torch.arange(6.0, requires_grad=True)
    y = x.clone()
    a, b = y[:4], y[2:]
    a += 1
    b *= a.clone()
    y.sum().backward()
    return [y, a, b, x.grad]


def second_gradient_through_a_write(torch):
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * x
    y[1] = x[0] * x[2]
    (g,) = torch.autograd.grad((y**2).sum(), x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x)
    return [g.detach(), h]


def copy_takes_the_gradient(torch):
    x = torch.ones(3, requires_grad=True)
    y = torch.zeros(2, 3)
    y.copy_(x * 3)
    (y * torch.arange(6.0).reshape(2, 3)).sum().backward()
    return [y, x.grad, y.grad_fn.name(), y.requires_grad]


def sum_of_repeated_indices(torch):
    x = torch.arange(3.0, requires_grad=True)
    y = x[torch.tensor([0, 0, 2, 0])]
    y.backward(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    return [y, x.grad]


def split_and_unbind(torch):
    x = torch.arange(12.0).reshape(3, 4)
    a, b = x.split(2)
    c, d = x.chunk(2, 1)
    a.add_(100)
    d.zero_()
    return [x, a, b, c, d, [r for r in x.unbind(0)]]


def in_place_counts(torch):
    x = torch.zeros(3)
    x += 1
    x[0] = 2
    x.relu_()
    x.view(3, 1).add_(1)
    x.copy_(torch.ones(3))
    return [x, x._version]


def narrow_select_squeeze(torch):
    x = torch.arange(24.0).reshape(2, 3, 1, 4)
    parts = [x.narrow(1, 1, 2), x.select(3, 0), x.squeeze(2), x.unsqueeze(0)]
    parts += [x.flatten(1), x[0, ..., -1]]
    parts[0].sub_(1)
    return [parts, [p.stride() for p in parts], [p.storage_offset() for p in parts]]


def step_slices(torch):
    x = torch.arange(10.0)
    x[1::3] = 0
    x[::2] *= -1
    return [x, x[2:9:3], x[-3:], x[:0]]


def out_argument(torch):
    out = torch.zeros(3)
    got = torch.add(torch.ones(3), 2, out=out)
    return [got is out, out, out._version]


def complex_parts(torch):
    z = torch.zeros(3, dtype=torch.complex64)
    z.real.fill_(1)
    z.imag[1] = 5
    return [z, z.real, torch.view_as_real(z)]
