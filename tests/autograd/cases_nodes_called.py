"""Nodes run by hand: one gradient for each edge that torch shows, whatever else the op is given."""

from transcript import case


def leaf(torch):
    return torch.arange(1.0, 5.0).requires_grad_()


@case
def ops_with_arguments_that_have_no_gradient(torch, say):
    for y in (
        leaf(torch).view(2, 2).max(0).values,
        leaf(torch).sort().values,
        leaf(torch).topk(2).values,
        leaf(torch).cummax(0).values,
        leaf(torch).gather(0, torch.tensor([1])),
        leaf(torch)[torch.tensor([1, 2])],
        leaf(torch).masked_fill(torch.tensor([True, False, True, False]), 0.0),
        leaf(torch).index_add(0, torch.tensor([0]), torch.ones(1)),
        torch.where(torch.tensor([True, False, True, False]), leaf(torch), 2.0),
    ):
        n = y.grad_fn
        more = [None] * (len(n._input_metadata) - 1)
        found = n(torch.ones_like(y), *more)
        say(type(found).__name__, found, len(n.next_functions))


@case
def nothing_comes_in(torch, say):
    say((leaf(torch) * 2).grad_fn(None), leaf(torch).gather(0, torch.tensor([1])).grad_fn(None))
    say(leaf(torch).masked_fill(torch.tensor([True, False, True, False]), 0.0).grad_fn(None))


@case
def saved_gradients_that_backward_adds_to(torch, say):
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        p, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
        (p * 2).sum().backward()
        y = (w * p.grad).sum()
        (p * 3).sum().backward()
        y.backward()
        say(w.grad, p.grad)
