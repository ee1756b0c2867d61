"""Elements picked along a dimension: from a single one, from none, and none of them."""

from transcript import case


def refused(say, fn):
    try:
        say(fn())
    except RuntimeError as e:
        say(e)


@case
def picked_from_a_scalar(torch, say):
    for at in ([0, 0, 0], [0], []):
        a = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
        y = a.gather(0, torch.tensor(at, dtype=torch.int64))
        (g,) = torch.autograd.grad((y * y).sum(), a, create_graph=True)
        say(y, g)
        if at:
            say(*torch.autograd.grad(g, a))


@case
def picked_from_a_scalar_by_example(torch, say):
    at = torch.zeros(3, 2, dtype=torch.int64)
    say(torch.vmap(lambda a: a.gather(0, at[0]))(torch.arange(3.0)))
    say(torch.vmap(lambda a, i: a.gather(0, i))(torch.arange(3.0), at))


@case
def picked_along_nothing(torch, say):
    a = torch.zeros(3, 0, dtype=torch.float64, requires_grad=True)
    y = torch.take_along_dim(a, torch.zeros(3, 0, dtype=torch.int64), 1)
    y.sum().backward()
    say(y, a.grad)
    a = torch.arange(6.0).reshape(2, 3)
    say(torch.take_along_dim(a, torch.zeros(2, 0, dtype=torch.int64), 1))
    say(torch.take_along_dim(a, torch.tensor([[-1], [-3]]), 1))


@case
def picked_by_other_dtypes(torch, say):
    a = torch.arange(6.0).reshape(2, 3)
    for dtype in (torch.int32, torch.float32, torch.bool):
        at = torch.ones(2, 1).to(dtype)
        refused(say, lambda at=at: torch.take_along_dim(a, at, 1))
    refused(say, lambda: torch.take_along_dim(a, torch.tensor([4], dtype=torch.int32)))
