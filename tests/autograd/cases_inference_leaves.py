"""Leaves that require gradients and were made in inference mode: what is recorded of them."""

from transcript import case


def made(torch, how):
    with torch.inference_mode():
        if how == "asked for":
            return torch.tensor([1.0, 2.0], requires_grad=True)
        return torch.tensor([1.0, 2.0]).requires_grad_()


@case
def inference_leaf_recorded_beside_others(torch, say):
    for how in ("asked for", "set"):
        x = made(torch, how)
        say(x, x.is_leaf, x.is_inference())
        plain, leaf = torch.ones(2), torch.ones(2, requires_grad=True)
        say(x * 3.0, x + 1, x + plain, x + leaf)
        say(x * x, x.exp(), x.sum(), x**2, x + x)
        say.fails(lambda x=x, leaf=leaf: x * leaf)
        y = (x + 1).sum()
        y.backward()
        say(x.grad)
        say(torch.autograd.grad((x * 3.0).sum(), x))
        with torch.no_grad():
            say(x + 1)


@case
def inference_leaf_seen(torch, say):
    x = made(torch, "set")
    for mode in (torch.enable_grad, torch.no_grad, torch.inference_mode):
        with mode():
            for v in (x.view(2), x[:1], x.detach()):
                say(v, v.requires_grad, v._is_view(), v.is_inference(), v.is_leaf)
    w = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        v = w.view(2)
        say(v.requires_grad, v._is_view(), v.is_inference(), v.is_leaf)


@case
def inference_leaf_written(torch, say):
    x = made(torch, "set")
    say.fails(x.add_, 1)
    say(x)
    with torch.no_grad():
        say.fails(x.add_, 1)
    with torch.inference_mode():
        say.fails(x.add_, 1)
    say(x)
    say(x.requires_grad_(False))
    say.fails(x.requires_grad_)


@case
def inference_views_out_of_functions(torch, say):
    class Fn(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, how):
            return {"same": lambda: x, "part": lambda: x[:1], "sum": lambda: x.sum()}[how]()

        @staticmethod
        def backward(ctx, g):
            return None, None, None

    w = torch.ones(2, requires_grad=True)
    for how in ("same", "part"):
        for start in ("set", "plain"):
            x = made(torch, "set")
            if start == "plain":
                x = x.detach() * 1
                with torch.inference_mode():
                    x = x + 1
            y = Fn.apply(x, w, how)
            say(y, y._is_view(), y.is_inference())
            say.fails(y.copy_, torch.ones(1))
            say.fails(y.zero_)
            say(y.reshape(-1)[:1].is_inference())
