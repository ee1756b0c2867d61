"""Naming no dimension and naming None: the same numbers, another node."""

from transcript import case


@case
def sums_of_none(torch, say):
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    for f in (torch.sum, torch.mean):
        for args, kwargs in (
            ((), {}), ((None,), {}), ((), {"dim": None}), ((), {"axis": None}), (((),), {}),
            ((), {"dim": None, "keepdim": True}), ((None, True), {}), ((), {"dim": []}),
            ((), {"dtype": torch.float64}), ((0,), {}), ((), {"axis": 1}),
        ):  # fmt: skip
            y = f(x, *args, **kwargs)
            say(y, torch.autograd.grad(y.sum(), x))
    say(x.sum(None), x.sum(dim=None), x.mean(None), x.mean(axis=None, keepdim=True))
