"""A leaf that is given other memory is another leaf to the graph; what used it before stays."""

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


@case
def leaf_set_to_other_memory(torch, say):
    x, y = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    edge = torch.autograd.graph.get_gradient_edge(x)
    calls = []
    x.register_hook(lambda g: calls.append(g.tolist()))
    out = (x + y).sum()
    with torch.no_grad():
        x.set_(torch.ones(2))
    say(x, x._version, torch.autograd.graph.get_gradient_edge(x).node is edge.node)
    say.fails(torch.autograd.grad, out, x, retain_graph=True)
    say(torch.autograd.grad(out, [x, y], allow_unused=True, retain_graph=True))
    out = x.clone().sum()
    say(torch.autograd.grad(out, x, retain_graph=True))
    torch.autograd.backward(out, inputs=[x])
    say(x.grad, calls)


@case
def leaf_set_keeps_old_edges(torch, say):
    x = leaf(torch, 1.0, 2.0)
    edge = torch.autograd.graph.get_gradient_edge(x)
    out = x.clone()
    with torch.no_grad():
        x.set_(torch.ones(2))
    say(torch.autograd.grad(out.sum(), edge, retain_graph=True))
    out.sum().backward(retain_graph=True)
    say(x.grad)
    torch.autograd.backward(out.sum(), inputs=[x])
    say(x.grad)


@case
def leaf_given_data_of_another_dtype(torch, say):
    for data in (torch.ones(2), torch.ones(2).double()):
        x = leaf(torch, 1.0, 2.0)
        edge = torch.autograd.graph.get_gradient_edge(x)
        out = x.clone()
        x.data = data
        say(torch.autograd.graph.get_gradient_edge(x).node is edge.node)
        say.fails(torch.autograd.grad, out.sum(), x)
        (x * 2).sum().backward()
        say(x.grad)
