"""Parameters made of inference tensors, and inference tensors resized outside that mode."""

from transcript import case


@case
def inference_parameters(torch, say):
    x = torch.ones(2)
    with torch.inference_mode():
        i = torch.ones(2)
        p, q = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(x)
        say(p.is_inference(), p.requires_grad, q.is_inference(), q.requires_grad)
        layer = torch.nn.Linear(2, 1)
        say(layer.weight.is_inference(), layer.weight.requires_grad)
        say(layer(torch.ones(1, 2)).requires_grad, (p * 2).requires_grad)
        with torch.no_grad():
            p.mul_(3)
        say(p)
    say.fails(torch.nn.Parameter, i)
    f = torch.nn.Parameter(i, requires_grad=False)
    say(f.is_inference(), f.requires_grad, torch.nn.Parameter(q.detach()).is_inference())
    say.fails(f.requires_grad_)
    say.fails(lambda: p.mul_(torch.ones(2)))
    say.fails(lambda: (p * x).sum())
    say.fails(lambda: p * q)
    say((p + q).requires_grad)


@case
def inference_resized(torch, say):
    with torch.inference_mode():
        i, r = torch.ones(3), torch.ones(3, requires_grad=True)
    for t in (i, r):
        say.fails(lambda: t.resize_(2))  # noqa: B023
        say.fails(lambda: t.resize_(3).shape)  # noqa: B023
        with torch.inference_mode():
            t.resize_(2)
        say(t.is_inference(), t.requires_grad, tuple(t.shape))


@case
def inference_leaf_written(torch, say):
    """Outside the mode torch looks first for a leaf only where it reads a tensor of that side."""
    with torch.inference_mode():
        leaf, plain, other = torch.ones(2, requires_grad=True), torch.ones(2), torch.ones(2)
    one = torch.ones(1)
    writes = (
        lambda x: x.mul_(2), lambda x: x.add_(one), lambda x: x.zero_(), lambda x: x.fill_(1.0),
        lambda x: x.uniform_(), lambda x: x.copy_(one), lambda x: x.clamp_(-1, 1),
        lambda x: x.pow_(2), lambda x: x.exp_(), lambda x: x.sub_(other), lambda x: x.eq_(1.0),
        lambda x: x.addcmul_(other, other), lambda x: x.div_(3), lambda x: x.t_(),
        lambda x: x.addcmul_(one, other), lambda x: x.bernoulli_(), lambda x: x.__iadd__(1),
        lambda x: torch.nn.init.ones_(x),
    )  # fmt: skip
    for write in writes:
        say.fails(write, leaf)
        say.fails(write, plain)
