"""Names of torch's compiled part that say how a view came about, and what hooks would raise."""

from transcript import case


def told(fn):
    try:
        return str(fn())
    except RuntimeError as e:
        return str(e)


@case
def creation_meta(torch, say):
    from torch._C._autograd import CreationMeta
    from torch._C._autograd import _get_creation_meta as meta

    class Viewed(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.view(-1)

        @staticmethod
        def backward(ctx, g):
            return g.view(2, 3)

    x = torch.ones(2, 3, requires_grad=True)
    say([CreationMeta(k).name for k in range(5)], repr(CreationMeta.DEFAULT))
    say(*[told(lambda t=t: meta(t)) for t in (x, x[0], x.unbind(0)[0], x.detach(), x.detach()[0])])
    with torch.no_grad():
        say(told(lambda: meta(x[0])))
    with torch.inference_mode():
        say(told(lambda: meta(x[0])))
    say(told(lambda: meta(Viewed.apply(x))), meta(x[0]) == CreationMeta.DEFAULT)


@case
def why_hooks_are_disabled(torch, say):
    reason = torch._C._autograd._saved_tensors_hooks_get_disabled_error_message
    say(reason())
    with torch.autograd.graph.disable_saved_tensors_hooks("not now"):
        say(reason())


@case
def shapes_of_gradients(torch, say):
    x = torch.ones(2, 3, requires_grad=True)
    edge = torch.autograd.graph.get_gradient_edge(x * 1)
    shapes = torch.autograd._calculate_shape
    say(shapes(x, torch.ones(2, 3), False), shapes(x, torch.ones(4, 2, 3), True))
    say(shapes(edge, torch.ones(2, 3), False), issubclass(torch.Tensor, torch._C.TensorBase))
