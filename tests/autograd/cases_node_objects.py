"""Nodes of the graph as objects: attributes, what they know of gradients, calls by hand."""

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


def twice(torch):
    """A custom Function of two results."""

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, x.sum()

        @staticmethod
        def backward(ctx, g, h):
            return g * 2 + h

    return Twice.apply


@case
def node_takes_no_attributes(torch, say):
    x = leaf(torch, 1.0, 2.0)
    n = (x * x).grad_fn
    for node in (n, n.next_functions[0][0]):
        for name in ("mine", "name", "next_functions", "metadata", "requires_grad"):
            say.fails(setattr, node, name, 3)
    say.fails(setattr, n, "_saved_self", 3)
    say.fails(delattr, n, "metadata")
    say.fails(lambda: n.mine)
    n.metadata["k"] = 3
    say(n.metadata, hasattr(n, "__dict__"))
    mine = twice(torch)(x)[0].grad_fn
    mine.mine = 3
    say(mine.mine)


@case
def node_input_metadata(torch, say):
    x = torch.ones(2, 3, requires_grad=True)
    var, _ = torch.var_mean(x, dim=0)
    custom = twice(torch)(x)
    nodes = [(x * x).grad_fn, x.sum().grad_fn, x.double().grad_fn, var.grad_fn, custom[1].grad_fn]
    nodes.append(nodes[0].next_functions[0][0])
    for n in nodes:
        for m in n._input_metadata:
            say(n.name(), m.shape, m.dtype, m.device, m.is_nested_tensor, m.is_cpp_nested_tensor)


@case
def node_called_by_hand(torch, say):
    x = leaf(torch, 1.0, 2.0)
    n = (x * x).grad_fn
    for args in ((), (x, x), (3,), (None,), (torch.ones(3),), (torch.ones(2),)):
        say.fails(n, *args)
    say.fails(lambda: n(g=x))
    acc = n.next_functions[0][0]
    say.fails(acc, x, x)
    say(acc(torch.ones(2)), acc(None), x.grad)
    acc(torch.ones(2))
    say(x.grad)
    m = torch.ones(2, 2, requires_grad=True)
    var, mean = torch.var_mean(m, dim=0)
    say.fails(var.grad_fn, torch.ones(2))
    say(var.grad_fn(torch.ones(2), None), mean.grad_fn(None, torch.ones(2)))
    say.fails(twice(torch)(x)[0].grad_fn, x)
