"""Saved tensors that are written before backward: which are copied, when, and for how long."""

from transcript import case


def values(torch):
    rows = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    return torch.tensor(rows, dtype=torch.float64, requires_grad=True)


def counts(say, ctx):
    say(len(list(ctx.cloned.items())), len(list(ctx.tid_to_weakhandle.items())))


@case
def mutation_copied_when_written(torch, say):
    with torch.autograd.graph.allow_mutation_on_saved_tensors() as ctx:
        a = values(torch).clone()
        out = (a**2).sum()
        counts(say, ctx)
        out.backward()
        a.sin_()
        counts(say, ctx)
        out = (a**2).sum()
        counts(say, ctx)
        a.sin_()
        counts(say, ctx)
        del out
        counts(say, ctx)
        b, c = a**2, a**2
        a.sin_()
        counts(say, ctx)
        d = a**3
        a.sin_()
        counts(say, ctx)
        del b, c
        counts(say, ctx)
        del d
        counts(say, ctx)


@case
def mutation_through_views(torch, say):
    context = torch.autograd.graph.allow_mutation_on_saved_tensors
    writes = (
        lambda a, v: a.mul_(10), lambda a, v: v.mul_(10), lambda a, v: a.zero_(),
        lambda a, v: v.fill_(3.0), lambda a, v: a.__setitem__(0, 7.0),
        lambda a, v: a.copy_(a.detach() * 5), lambda a, v: torch.mul(v.detach(), 2, out=a.data[:1]),
        lambda a, v: a.data.add_(1), lambda a, v: a.masked_fill_(a > 2, 0.0),
    )  # fmt: skip
    reads = (lambda a, v: (a**2).sum(), lambda a, v: (v**2).sum(), lambda a, v: a.exp().sum(),
             lambda a, v: a.t()[1:].sigmoid().sum(), lambda a, v: (a * v).sum())  # fmt: skip
    for read in reads:
        for write in writes:
            with context():
                x = values(torch)
                a = x.clone()
                v = a[:1]
                out = read(a, v)
                write(a, v)
                out.backward()
                say(x.grad)


@case
def mutation_of_results(torch, say):
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        x = values(torch)
        y = x.exp()
        y.mul_(3)
        z = y.sigmoid()
        z.zero_()
        (y.sum() + z.sum()).backward()
        say(x.grad)
        x = values(torch)
        b = x.clone()
        out = (b**2).sum()
        b.sin_()
        torch.autograd.grad(out, x, create_graph=True)
        (g,) = torch.autograd.grad(out, x, create_graph=True)
        say(g.detach(), torch.autograd.grad(g.sum(), x))
        c = torch.tensor([1 + 1j], requires_grad=True)
        d = c.clone()
        e = d.conj()
        out = (e**2).sum()
        d.mul_(2)
        e.mul_(1j)
        out.abs().backward()
        say(c.grad)


@case
def mutation_with_out(torch, say):
    with torch.autograd.graph.allow_mutation_on_saved_tensors() as ctx:
        a = torch.tensor([1.0], requires_grad=True)
        b, c = torch.tensor([1.0]), torch.tensor([2.0])
        out = a * b
        counts(say, ctx)
        torch.sin(c, out=b)
        counts(say, ctx)
        out.backward()
        counts(say, ctx)
        say(a.grad, b)


@case
def mutation_outside(torch, say):
    context = torch.autograd.graph.allow_mutation_on_saved_tensors
    a = values(torch)
    with context() as ctx:
        out = (a**2).sum()
        say.fails(lambda: context().__enter__())
        counts(say, ctx)
    counts(say, ctx)
    say.fails(out.backward)
    with context():
        say.fails(out.backward)
        b = a.clone()
        out = (b**2).sum()
        b.zero_()
    say.fails(out.backward)
    b = a.clone()
    out = (b**2).sum()
    with context():
        b.zero_()
    say.fails(out.backward)
    with context():
        b = a.clone()
        out = (b**2).sum()
        b.add_(1)
        out.backward(retain_graph=True)
        b.add_(1)
        out.backward()
        say(a.grad, b)
        say.fails(out.backward)
