"""Tensors of inference mode seen outside it: aliases with versions, other data, gradients."""

from transcript import case


def alike(torch, say, t):
    say(t.is_inference(), t.requires_grad, t.is_leaf, t._is_view())


@case
def aliases_of_inference_tensors(torch, say):
    with torch.inference_mode():
        x = torch.ones(2, 3)
    for t in (x[0], x.data, x.detach(), x.t()):
        alike(torch, say, t)
    d = x.detach()
    d.add_(1)
    say(x, d._version)
    x.data.t_()
    say.fails(lambda: x._version)
    say.fails(lambda: x.add_(1))
    say.fails(lambda: x[0].add_(1))
    x.detach_()
    with torch.inference_mode():
        say.fails(lambda: x.detach()._version)


@case
def leaves_of_inference_mode(torch, say):
    with torch.inference_mode():
        r = torch.ones(2, 3).requires_grad_()
    alike(torch, say, r[0])
    for part in (*r.chunk(2), *r.unbind()):
        alike(torch, say, part)
    say((r + 1).grad_fn.name(), (r * 2).requires_grad, r.exp().requires_grad)
    say.fails(lambda: r * torch.ones(3, requires_grad=True))
    say.fails(lambda: r.add_(1))


@case
def data_of_inference_tensors(torch, say):
    with torch.inference_mode():
        x = torch.ones(2)
    n = torch.zeros(2)
    n.data = x
    say(n.is_inference(), n._version, n.add_(1), n._version)
    say.fails(lambda: n * torch.ones(2, requires_grad=True))
    with torch.inference_mode():
        x.data = torch.ones(2)
        m = torch.ones(2)
    say(x.is_inference(), m.is_inference())


@case
def gradients_of_inference_mode(torch, say):
    w = torch.ones(2, requires_grad=True)
    y = (w * 2).sum()
    with torch.inference_mode():
        y.backward()
    say(w.grad.is_inference())
    say.fails((w * 2).sum().backward)
    say(w.grad)
    w.grad = None
    (w * 2).sum().backward()
    say(w.grad)
