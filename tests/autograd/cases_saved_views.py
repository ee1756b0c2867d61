"""Views that were saved: what comes back lies where they lay, and can be viewed and read."""

from transcript import case


def looks(torch, say, t):
    """What a tensor shows of itself and of views and copies of it."""
    d = t.detach()
    say(t._is_view(), d, d.t(), d.reshape(-1), d.view_as(d) * 1, (t * 1).detach(), t.shape)
    with torch.enable_grad():
        again = d.clone().requires_grad_().t() * 2
    say(again)


def keeper(torch, say):
    class Keeps(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 1

        @staticmethod
        def backward(ctx, g):
            looks(torch, say, ctx.saved_tensors[0])
            return g

    return Keeps.apply


@case
def views_unpacked_by_hooks(torch, say):
    for unpack in (lambda t: t, lambda t: t.detach(), lambda t: t.clone()):
        a = torch.arange(6.0).reshape(3, 2).requires_grad_()
        b = a * 1
        for view in (b[1:3], b.t()[:, 1:], b[:, 1:].t(), a[1:3], (b * 1)[0:2].t()):
            with torch.autograd.graph.saved_tensors_hooks(lambda t: t, unpack):
                y = keeper(torch, say)(view)
            y.sum().backward(retain_graph=True)


@case
def views_that_a_function_returns_and_saves(torch, say):
    class Part(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = (x * 2)[1:3]
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            for _ in range(2):
                looks(torch, say, ctx.saved_tensors[0])
            return torch.cat([torch.zeros(1, 2), g])

    a = torch.arange(6.0).reshape(3, 2).requires_grad_()
    Part.apply(a).sum().backward()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        y = Part.apply(a)
    y.sum().backward()
    say(a.grad)


@case
def views_in_nested_checkpoints(torch, say):
    from torch.utils.checkpoint import checkpoint

    def inner(x, w):
        x = x * 1
        x.mul_(w)
        a, b = x.unbind(0)
        return torch.stack([a * b, a])

    for inside in (True, False):

        def outer(x, w, inside=inside):
            x = torch.cat([x, w])[1:3].t().reshape(2, 2)
            return checkpoint(inner, x, w, use_reentrant=inside).exp()

        x = torch.tensor([[0.1, 0.2], [0.3, 0.4]], requires_grad=True)
        w = torch.tensor([[0.5, -0.6], [0.7, 0.8]], requires_grad=True)
        y = checkpoint(outer, x, w, use_reentrant=False)
        (y * 2).sum().backward(retain_graph=True)
        say(y, x.grad, w.grad)
        (y * 2).sum().backward()
        say(x.grad, w.grad)
