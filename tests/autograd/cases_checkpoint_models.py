"""Checkpoints of models and of functions that give back what they were given."""

import warnings

from transcript import case


class Given:
    """Makes the Function whose result is its input, saved."""

    def __new__(cls, torch, seen):
        class F(torch.autograd.Function):
            @staticmethod
            def forward(ctx, a, b):
                ctx.save_for_backward(a, b)
                return a

            @staticmethod
            def backward(ctx, g):
                seen.extend(ctx.saved_tensors)
                return None, g

        return F


@case
def saved_input_given_back(torch, say):
    seen = []
    a, b = torch.ones(2), torch.ones(2, requires_grad=True)
    out = Given(torch, seen).apply(a, b)
    out.sum().backward()
    say(out is a, a.requires_grad, out.requires_grad, [t.requires_grad for t in seen])
    say([t.is_leaf for t in seen], [t._is_view() for t in seen], b.grad)


@case
def checkpoint_of_parts(torch, say):
    from torch.utils.checkpoint import checkpoint

    a, b = torch.ones(1, 4), torch.ones(1, 4, requires_grad=True)
    checkpoint(lambda x, y: (x, y), b, a, use_reentrant=True)[0].sum().backward()
    say(b.grad)
    out = checkpoint(lambda x, y: x, a, b, use_reentrant=True)
    say.fails(out.sum().backward)
    say(checkpoint(lambda x, y: x if y is None else y, b, None, use_reentrant=True))


def several(x, y, scale, z):
    t = x + y * z
    u = x * y + z
    t *= scale
    u *= scale
    return scale, t, None, True, u, "text", x


@case
def checkpoint_of_mixed_values(torch, say):
    from torch.utils.checkpoint import checkpoint

    for way in (True, False):
        x = torch.arange(4.0, requires_grad=True)
        y = (torch.arange(4.0) + 1).requires_grad_()
        out = checkpoint(several, x, y, 3, torch.full((4,), 0.5), use_reentrant=way)
        say(out)
        out[1].sum().backward(retain_graph=True)
        out[4].sum().backward(retain_graph=True)
        out[6].sum().backward()
        say(x.grad, y.grad)
        if way:
            say.fails(out[6].sum().backward)
        say(checkpoint(several, 1.0, 2.0, 3, 0.5, use_reentrant=way))


@case
def checkpoint_of_models(torch, say):
    from torch import nn
    from torch.utils.checkpoint import checkpoint_sequential

    calls = []

    class Counted(nn.Linear):
        def forward(self, x):
            calls.append(1)
            return super().forward(x)

    for way in (True, False):
        torch.manual_seed(0)
        model = nn.Sequential(Counted(3, 3), nn.ReLU(), Counted(3, 2), nn.Dropout(), Counted(2, 2))
        parts = list(model.children())
        for given in (model, parts, nn.ModuleList(parts)):
            x = torch.ones(1, 3, requires_grad=True)
            model.zero_grad()
            calls.clear()
            torch.manual_seed(1)
            checkpoint_sequential(given, 2, x, use_reentrant=way).sum().backward()
            say(len(calls), x.grad, [p.grad for p in model.parameters()])
        out = checkpoint_sequential(parts, 2, x, use_reentrant=way)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            say.fails(torch.autograd.grad, [out.sum()], [x], create_graph=True)
        say.fails(checkpoint_sequential, model, 1)
        say.fails(checkpoint_sequential, nn.Sequential(nn.Bilinear(2, 2, 2)), 1, x, x)
