"""vmap over no examples at all, and Jacobians of functions with no elements."""

from func_registry import case

FUNCTIONS = (
    lambda torch, x: x[:1].exp(),
    lambda torch, x: x.gather(0, torch.tensor([1])),
    lambda torch, x: x.gather(0, torch.tensor([1, 0, 1])),
    lambda torch, x: x[torch.tensor([1])],
    lambda torch, x: x.index_select(0, torch.tensor([0])),
    lambda torch, x: x.clone().index_put((torch.tensor([0]),), torch.ones(1)),
    lambda torch, x: torch.ones(2).index_put((torch.tensor([0]),), x[:1]),
    lambda torch, x: torch.cat([x, torch.ones(2)]),
    lambda torch, x: torch.stack([x, torch.ones(2)]),
    lambda torch, x: x.scatter(0, torch.tensor([1]), 2.0),
    lambda torch, x: torch.ones(2).scatter(0, torch.tensor([1]), x),
    lambda torch, x: x * torch.ones(3, 2),
    lambda torch, x: x @ torch.ones(2, 3),
    lambda torch, x: x.unbind(),
    lambda torch, x: x.softmax(0).max(),
    lambda torch, x: torch.func.grad(lambda y: (y[:1] * y).sum())(x),
)


@case
def no_examples(torch, say):
    for f in FUNCTIONS:
        say.fails(torch.func.vmap(lambda x, f=f: f(torch, x)), torch.ones(0, 2))


@case
def no_elements(torch, say):
    from torch.func import hessian, jacfwd, jacrev

    x = torch.arange(3.0)
    say(jacrev(lambda a: a[:0])(x), jacfwd(lambda a: a[:0])(x))
    say(jacrev(lambda a: a.exp())(x[:0]), jacfwd(lambda a: a.exp())(x[:0]))
    say(hessian(lambda a: a.exp().sum())(x[:0]))
