"""Modes, nodes and flags as objects: what they remember, refuse and cannot be made into."""

import copy
import pickle

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


@case
def modes_remember_what_was(torch, say):
    mode = torch.no_grad()
    say(mode.prev)
    with mode:
        say(mode.prev, torch.is_grad_enabled())
    torch.no_grad().__exit__(None, None, None)
    say(torch.is_grad_enabled())
    switch = torch.set_grad_enabled(True)
    say(switch.prev, switch.mode)
    say(hasattr(torch.enable_grad(), "prev"))


@case
def nodes_are_not_pickled(torch, say):
    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g

    x = leaf(torch, 1.0, 2.0)
    n = (x * 2).grad_fn
    for node in (n, n.next_functions[0][0], Same.apply(x).grad_fn):
        for make in (pickle.dumps, copy.copy, copy.deepcopy):
            say.fails(make, node)


@case
def requires_grad_takes_a_bool(torch, say):
    x = leaf(torch, 1.0, 2.0)
    for value in (3, "a", None, torch.tensor(True)):
        say.fails(x.requires_grad_, value)
    say(x.requires_grad_(False).requires_grad, x.requires_grad_().requires_grad)


@case
def backward_inputs_of_other_kinds(torch, say):
    x = leaf(torch, 1.0, 2.0)
    for inputs in ([3], [x, None], [torch.ones(2)], []):
        say.fails(torch.autograd.backward, x.sum(), inputs=inputs)
        say.fails(torch.autograd.grad, x.sum(), inputs)
    say(x.grad)
