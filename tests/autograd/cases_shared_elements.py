"""Writes where elements share memory: expanded tensors, operands that overlap in part."""

from transcript import case


def wide(torch):
    return torch.arange(3.0).view(1, 3).expand(2, 3)


@case
def writes_to_expanded_refused(torch, say):
    for write in (
        lambda x: x.add_(1), lambda x: x.exp_(), lambda x: x.copy_(torch.ones(2, 3)),
        lambda x: x.masked_scatter_(torch.ones(2, 3).bool(), torch.ones(6)),
        lambda x: x.index_add_(0, torch.tensor([0]), torch.ones(1, 3)),
        lambda x: x.scatter_(0, torch.zeros(1, 3).long(), 1.0), lambda x: x.normal_(),
        lambda x: torch.add(torch.ones(2, 3), 1, out=x), lambda x: x.__setitem__(slice(None), 1.0),
        lambda x: x.__setitem__((slice(None), 0), 1.0),
        lambda x: torch.cat([torch.ones(1, 3)] * 2, out=x),
    ):  # fmt: skip
        say.fails(write, wide(torch))


@case
def writes_to_expanded_made(torch, say):
    for write in (
        lambda x: x.fill_(3), lambda x: x.zero_(), lambda x: x.t_(),
        lambda x: x[0].mul_(2), lambda x: x[:1].__setitem__(slice(None), 5.0),
    ):  # fmt: skip
        x = wide(torch)
        write(x)
        say(x, x._version)


@case
def writes_to_expanded_with_a_warning(torch, say):
    at = torch.tensor([0])
    for write in (
        lambda x: x.index_put_((at,), torch.tensor(1.0)),
        lambda x: x.index_put_((at,), torch.tensor(1.0), accumulate=True),
        lambda x: x.index_fill_(0, at, 1), lambda x: x.index_fill_(0, at, torch.tensor(1.0)),
        lambda x: x.__setitem__((at,), 1.0), lambda x: x.masked_fill_(x > 0, 1),
        lambda x: x.masked_fill_(torch.tensor([[True], [False]]), 7.0),
    ):  # fmt: skip
        x = wide(torch)
        write(x)
        say(x, x._version, x._base)


@case
def operands_that_overlap(torch, say):
    for write in (
        lambda x: x[1:5].add_(x[:4]), lambda x: torch.add(x[:4], 1, out=x[1:5]),
        lambda x: x[1:5].copy_(x[:4]), lambda x: x.__setitem__(slice(1, 5), x[:4]),
        lambda x: torch.cat([x[:2], x[2:4]], out=x[1:5]),
        lambda x: torch.stack([x[:2], x[2:4]], out=x[1:5].view(2, 2)),
    ):  # fmt: skip
        say.fails(write, torch.arange(10.0))
    for write in (
        lambda x: x[:4].add_(x[:4]), lambda x: x[:4].add_(x[4:8]), lambda x: x[::2].add_(x[1::2]),
        lambda x: x[:4].add_(x[:4].flip(0)), lambda x: x.view(5, 2).add_(x.view(5, 2)),
        lambda x: x.__setitem__(slice(4, 8), x[:4]),
    ):  # fmt: skip
        x = torch.arange(10.0)
        write(x)
        say(x)


@case
def strides_written_into(torch, say):
    x = torch.arange(6.0).view(2, 3).requires_grad_()
    v = torch.arange(4.0).view(2, 2).requires_grad_()
    out = torch.as_strided_scatter(x, v, (2, 2), (2, 1), 1)
    say(out, torch.autograd.grad((out**2).sum(), v)[0])
    say.fails(torch.as_strided_scatter, x, torch.ones(3), (2,), (1,))
    a, b = x.detach().double(), v.detach().double().requires_grad_()
    f = lambda b: torch.as_strided_scatter(a, b, (2, 2), (2, 1), 1)  # noqa: E731
    say(torch.autograd.gradcheck(f, (b,)), torch.autograd.gradgradcheck(f, (b,)))


@case
def elements_by_hand(torch, say):
    x = torch.arange(6.0).view(2, 3)
    say(x.clone().apply_(lambda v: v * 2), x.clone().t().apply_(lambda v: v + 1))
    say(x.clone().map_(torch.ones(3), lambda a, b: a + b))
    say(x.clone().map2_(x, x, lambda a, b, c: a + b * c))
    say.fails(torch.ones(2).apply_, lambda v: "text")
    say.fails(torch.ones(2, requires_grad=True).apply_, abs)
    say.fails(torch.ones(2, requires_grad=True).map_, torch.ones(2), max)
    say.fails(x.clone().map_, torch.ones(3).int(), max)
    say(torch.eye(2, out=torch.zeros(2, 2, dtype=torch.int32)))
    say(torch.arange(3, out=torch.zeros(3)), torch.full((2,), 3, out=torch.zeros(2)))
    o = torch.zeros(2, 2)
    say(torch.eye(2, out=o) is o, torch.threshold_(torch.ones(2), 2, 5))


@case
def elements_read_while_written(torch, say):
    def both():
        return torch.arange(6.0), torch.tensor([2, 1, 0])

    for write in (
        lambda x, i: x.index_put_((i,), x[0]), lambda x, i: i.index_put_((i,), i.clone()),
        lambda x, i: x[:3].index_copy_(0, i, x[:3]), lambda x, i: i.index_add_(0, i, i.clone()),
        lambda x, i: i.index_fill_(0, i, 0), lambda x, i: x[:3].scatter_(0, i, x[:3]),
        lambda x, i: i.scatter_add_(0, i, i.clone()), lambda x, i: x[:3].put_(i, x[:3]),
        lambda x, i: torch.take(x[:3], i, out=x[:3]), lambda x, i: torch.gather(i, 0, i, out=i),
        lambda x, i: torch.index_select(i.clone(), 0, i, out=i),
        lambda x, i: torch.masked_select(x, x > 1, out=x),
        lambda x, i: torch.cat([x[:3], x[3:]], out=x),
        lambda x, i: (x[1:] > 1).masked_fill_(x[1:] > 2, 1).masked_fill_(x[:5] > 1, 1).add_(x),
    ):  # fmt: skip
        say.fails(write, *both())
    for write in (
        lambda x, i: x.index_fill_(0, i, x[0]), lambda x, i: x.masked_fill_(x > 1, x[0]),
        lambda x, i: x.index_put_((i,), x[:3].clone()), lambda x, i: torch.cumsum(x, 0, out=x),
    ):  # fmt: skip
        x, i = both()
        write(x, i)
        say(x)


@case
def a_class_with_slots(torch, say):
    class Slotted(torch.Tensor):
        __slots__ = ("note",)

    t = Slotted([1.0, 2.0])
    t.note = 3
    u = t + 1
    say(type(t).__name__, t.note, type(u).__name__, hasattr(u, "note"), u.tolist())
    say([type(v).__name__ for v in t.split(1)], type(t.max(0).values).__name__)
    w = torch.ones(2, requires_grad=True).as_subclass(Slotted)
    (w * 2).sum().backward()
    say(w.is_leaf, w.grad_fn.name())
    say.fails(torch.utils.swap_tensors, t, torch.ones(2))
