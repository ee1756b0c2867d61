"""Inputs of grad and backward given by name, in a dict."""

from collections import OrderedDict, UserDict

from transcript import case


@case
def grad_by_name(torch, say):
    torch.manual_seed(0)
    net = torch.nn.Linear(2, 1)
    params = dict(net.named_parameters())
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    found = torch.autograd.grad(net(x).sum(), params)
    say(type(found), [(k, g) for k, g in found.items()])
    unused = {"other": torch.ones(1, requires_grad=True), **params}
    y = net(x).sum()
    say.fails(torch.autograd.grad, y, unused, retain_graph=True)
    found = torch.autograd.grad(y, unused, allow_unused=True, retain_graph=True)
    say([(k, g) for k, g in found.items()])
    found = torch.autograd.grad(y, unused, materialize_grads=True, retain_graph=True)
    say([(k, g) for k, g in found.items()])
    rows = torch.ones(3, 2, 1)
    found = torch.autograd.grad(net(x), params, rows, is_grads_batched=True, create_graph=True)
    say([(k, g.shape) for k, g in found.items()])
    edge = torch.autograd.graph.get_gradient_edge(y * 1)
    say.fails(torch.autograd.grad, y, {"edge": edge})


@case
def inputs_by_name_refused(torch, say):
    x = torch.ones(2, requires_grad=True)
    for inputs in ({}, OrderedDict(x=x), UserDict(x=x), {"x": 3}, {"x": None}, {}.keys()):
        say.fails(torch.autograd.grad, (x * 2).sum(), inputs)
        say.fails(torch.autograd.backward, (x * 2).sum(), inputs=inputs)
    say(x.grad)


@case
def backward_by_name(torch, say):
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    z = x * y
    torch.autograd.backward((z * z).sum(), inputs={"x": x, "z": z})
    say(x.grad, y.grad, z.grad)
    (x * y).sum().backward(inputs={"y": y})
    say(x.grad, y.grad)
