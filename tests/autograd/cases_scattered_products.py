"""Products into places of a tensor: gradients where factors are zero, and what ends the graph."""

import warnings

from transcript import case


@case
def scattered_products(torch, say):
    warnings.simplefilter("ignore")  # that index_reduce is in beta torch says once in a process
    d = torch.float64
    for fn in (torch.scatter_reduce, torch.index_reduce):
        for values in ([0.0, 0.0], [0.0, 1.0], [2.0, 3.0], [0.0, 0.0, 2.0]):
            for include in (True, False):
                x = torch.tensor([1.0, 0.0], dtype=d, requires_grad=True)
                src = torch.tensor(values, dtype=d, requires_grad=True)
                i = torch.zeros(len(values), dtype=torch.long)
                out = fn(x, 0, i, src, "prod", include_self=include)
                g = torch.autograd.grad(out.sum(), (x, src), retain_graph=True)
                say(out.detach(), g)
                a, b = torch.autograd.grad((out * out).sum(), (x, src), create_graph=True)
                say(a.detach(), b)
                say.fails(lambda: torch.autograd.grad((a.sum(), b.sum()), (x, src)))  # noqa: B023


@case
def scattered_products_checked(torch, say):
    warnings.simplefilter("ignore")  # that index_reduce is in beta torch says once in a process
    d = torch.float64
    gradcheck, gradgradcheck = torch.autograd.gradcheck, torch.autograd.gradgradcheck
    x = torch.tensor([[1.0, 0.0, 2.0], [0.0, 3.0, 0.5]], dtype=d, requires_grad=True)
    src = torch.tensor([[2.0, 0.0, 1.5], [0.5, 2.0, 3.0]], dtype=d, requires_grad=True)
    i = torch.tensor([[0, 1, 1], [0, 1, 0]])
    f = lambda x, s: torch.scatter_reduce(x, 0, i, s, "prod")  # noqa: E731
    say(gradcheck(f, (x, src)), gradgradcheck(f, (x, src)))
    k = torch.tensor([0, 1])
    f = lambda x, s: torch.index_reduce(x, 0, k, s, "prod")  # noqa: E731
    say(gradcheck(f, (x, src)), gradgradcheck(f, (x, src)))
    i = torch.tensor([[0, 2, 2], [1, 1, 0]])
    f = lambda x, s: torch.scatter_reduce(x, 1, i, s, "prod")  # noqa: E731
    say(gradcheck(f, (x, src)), gradgradcheck(f, (x, src)))
    both = torch.zeros(2, dtype=d, requires_grad=True)
    one = torch.ones(1, dtype=d, requires_grad=True)
    i = torch.tensor([0, 0])
    for fn in (torch.scatter_reduce, torch.index_reduce):
        say(gradcheck(fn, (one, 0, i, both, "prod")))
        say.fails(gradgradcheck, fn, (one, 0, i, both, "prod"))
