"""gradcheck and gradgradcheck; autograd.functional."""

from transcript import case


def double(torch, *values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def wrong(torch, factor=3):
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * factor

    return Wrong.apply


@case
def gradcheck_passes(torch, say):
    from torch.autograd import gradcheck, gradgradcheck

    x, y = double(torch, 0.5, 1.5), double(torch, 2.0, 3.0)
    say(gradcheck(lambda a, b: a * b.sin(), (x, y)))
    say(gradgradcheck(lambda a, b: (a * b.exp(), a**3), (x, y)))
    say(gradcheck(torch.exp, x, fast_mode=True))
    say(gradcheck(lambda a, k: a * k, (x, 3)))
    say(gradcheck(lambda a: a.sum(), [x], eps=1e-5, atol=1e-4, rtol=1e-2))
    z = torch.tensor([1 + 2j, 0.5 - 1j], dtype=torch.complex128, requires_grad=True)
    say(gradcheck(lambda a: a * a, z), gradcheck(lambda a: (a * a.conj()).real, z))
    say(gradgradcheck(lambda a: a * a * a, z))
    say(x, y)


@case
def gradcheck_fails(torch, say):
    from torch.autograd import gradcheck, gradgradcheck

    x = double(torch, 0.5, 1.5)
    say.fails(gradcheck, wrong(torch), x)
    say(gradcheck(wrong(torch), x, raise_exception=False))
    say.fails(gradgradcheck, lambda a: wrong(torch)(a * a), x)
    say.fails(gradcheck, lambda a: a * 2, (x.detach(),))
    from torch.autograd.gradcheck import GradcheckError as e

    say(e.__name__, issubclass(e, RuntimeError))


@case
def gradcheck_of_single_precision(torch, say):
    x = torch.tensor([1.0], requires_grad=True)
    say(torch.autograd.gradcheck(lambda a: a * 2, x, atol=1, rtol=1, eps=1e-2))


@case
def gradcheck_expanded(torch, say):
    x = torch.ones(1, dtype=torch.float64).expand(3).requires_grad_()
    say.fails(torch.autograd.gradcheck, lambda a: a * 2, x)


@case
def functional_products(torch, say):
    from torch.autograd import functional as F

    x = torch.tensor([1.0, 2.0])
    v = torch.tensor([1.0, 10.0])
    f = lambda a: a * a * 2  # noqa: E731
    say(F.vjp(f, x, v), F.jvp(f, x, v))
    say(F.vjp(lambda a: (a * a).sum(), x))
    say(F.vhp(lambda a: (a**3).sum(), x, v), F.hvp(lambda a: (a**3).sum(), x, v))
    g = lambda a, b: (a * b, a + b)  # noqa: E731
    say(F.vjp(g, (x, v), (v, x)), F.jvp(g, (x, v), (v, x)))
    say.fails(F.vjp, f, x)
    say.fails(F.vjp, f, x, torch.ones(3))
    say.fails(F.jvp, f, x, torch.ones(3))
    say.fails(F.vjp, lambda a: 3, x, v)
    say.fails(F.vjp, f, 3, v)
    say.fails(F.hvp, f, x, v)


@case
def functional_matrices(torch, say):
    from torch.autograd import functional as F

    x = torch.tensor([1.0, 2.0])
    w = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    say(F.jacobian(lambda a: w * a, x))
    say(F.jacobian(lambda a, b: (a * b, a.sum()), (x, x + 1)))
    say(F.hessian(lambda a: (a**3).sum(), x))
    say(F.hessian(lambda a, b: (a * b * b).sum(), (x, x + 1)))
    j = F.jacobian(lambda a: a**3, x.clone().requires_grad_(), create_graph=True)
    say(j.requires_grad)
    say(F.jacobian(lambda a: w.sum() * torch.ones(2), x))
    say.fails(F.jacobian, lambda a: w.sum() * torch.ones(2), x, strict=True)
    say(F.jacobian(lambda a: a * 2, x, vectorize=True))
    say.fails(F.hessian, lambda a: a * 2, x)
