"""Tensors of a user's class in autograd: what `__torch_function__` is asked, and what stays."""

from transcript import case


def noting(torch):
    """A class that notes the names of what it is asked."""
    asked = []

    class Noting(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            if func in (torch.autograd.backward, torch.autograd.grad, torch.Tensor.backward):
                named = sorted(
                    k for k, v in (kwargs or {}).items() if v is not None and v is not False
                )
                asked.append((func.__name__, len(args), ",".join(named)))
            return super().__torch_function__(func, types, args, kwargs or {})

    return Noting, asked


@case
def subclass_backward(torch, say):
    cls, asked = noting(torch)
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    made = lambda: (x * 2).as_subclass(cls)  # noqa: E731
    ones = torch.ones(2)
    say(torch.autograd.backward(made(), ones), x.grad)
    torch.autograd.backward((made(), x * 3), (ones, ones))
    torch.autograd.backward([made()], [ones], retain_graph=True)
    torch.autograd.backward(x * 2, ones)
    torch.autograd.backward(made(), ones, inputs=[x])
    made().backward(ones)
    made().sum().backward()
    made().backward(gradient=ones, retain_graph=True)
    say(x.grad, str(asked))
    w = torch.ones(2).as_subclass(cls).requires_grad_()
    asked.clear()
    (x * w).sum().backward()
    torch.autograd.backward((x * 2).sum(), inputs=x)
    say(type(w.grad).__name__, w.grad.tolist(), str(asked))


@case
def subclass_grad(torch, say):
    cls, asked = noting(torch)
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    made = lambda: (x * 2).as_subclass(cls)  # noqa: E731
    ones = torch.ones(2)
    shown = lambda gs: [(type(g).__name__, g.tolist()) for g in gs]  # noqa: E731
    say(str(shown(torch.autograd.grad(made(), x, ones))))
    say(str(shown(torch.autograd.grad([made().sum()], [x], create_graph=True))))
    w = torch.ones(2).as_subclass(cls).requires_grad_()
    say(str(shown(torch.autograd.grad((w * 2).sum(), w))))
    say(str(shown(torch.autograd.grad((w * x).sum(), (w, x)))))
    plain = w.as_subclass(torch.Tensor)
    say(type(plain).__name__, type(w.detach()).__name__, plain.requires_grad)
    say(str(shown(torch.autograd.grad((plain * 2).sum(), w))))
    say(str(asked))


@case
def subclass_takes_over(torch, say):
    class Inner(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            if func is torch.autograd.backward:
                return "backward", len(args[0]), kwargs["retain_graph"], kwargs["inputs"]
            if func is torch.autograd.grad:
                return "grad", len(args[0]), len(args[1]), kwargs["allow_unused"]
            return super().__torch_function__(func, types, args, kwargs or {})

    class Outer(Inner):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            say("outer", func.__name__, str(sorted(t.__name__ for t in types)))
            return super().__torch_function__(func, types, args, kwargs)

    x = torch.ones(2, requires_grad=True)
    a, b = (x * 2).as_subclass(Inner), (x * 2).as_subclass(Outer)
    say(torch.autograd.backward(a, torch.ones(2), retain_graph=True), x.grad)
    say(torch.autograd.grad(a, x, allow_unused=True), x.grad)
    say(torch.autograd.backward((a, b)))
    say(torch.autograd.grad(x.sum(), [b]))
