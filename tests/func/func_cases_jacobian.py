"""Jacobians and Hessians of torch.func and of torch.autograd.functional, and batched gradients."""

from func_registry import case, grid


@case
def jacobians(torch, say):
    from torch.func import hessian, jacfwd, jacrev, vmap

    x, w = grid(torch, 2, 3), grid(torch, 3, start=7)
    for jac in (jacrev, jacfwd):
        say(jac(lambda x: x.sin().sum(1))(x))
        say(jac(lambda a, b: (a * b, a), argnums=(0, 1))(w, w))
        say(jac(lambda a: {"a": a.sum(), "b": [a]})(w))
        say(jac(lambda a: (a * a, a), has_aux=True)(w))
        say(jac(lambda a: torch.ones(2, dtype=torch.float64))(w))
        say(vmap(jac(lambda x: x.sin() * w))(x))
        say.fails(jac(lambda a: 1), x)
        say.fails(jac(lambda a: a, argnums=2), x)
        say.fails(jac(lambda a: a.sum(), has_aux=True), x)
        for other in (jacrev, jacfwd):
            say(jac(other(lambda x: x.sin().prod()))(w))
        say.fails(jac(lambda a: a * 1j), w)
        say.fails(jac(torch.abs), w + 0j)
    say(jacrev(lambda a: a * a, chunk_size=2)(w))
    say.fails(jacrev, lambda a: a, chunk_size=0)
    say(hessian(lambda x: x.sin().prod())(w), vmap(hessian(lambda x: x.sin().prod()))(x))
    say(hessian(lambda a: a["x"].sin().sum())({"x": w}))
    say(hessian(lambda a, b: (a * b).sum(), argnums=(0, 1))(w, w))


def bare(t):
    """The same tree without history."""
    return type(t)(bare(x) for x in t) if isinstance(t, (tuple, list)) else t.detach()


@case
def functional_jacobians(torch, say):
    from torch.autograd.functional import hessian, jacobian

    x = grid(torch, 3)
    r = x.clone().requires_grad_()

    def told(fn, *args, **kwargs):
        say.fails(lambda: bare(fn(*args, **kwargs)))

    for strategy in ("reverse-mode", "forward-mode", "foo"):
        for vectorize in (False, True):
            for strict in (False, True):
                how = dict(strategy=strategy, vectorize=vectorize, strict=strict)
                say(str(how))
                told(jacobian, lambda x: x**2, x, **how)
                told(jacobian, lambda x, y: (x * y, x.sum()), (x, x), **how)
                told(jacobian, lambda x: (x * 2, x.sum()), x, **how)
                told(jacobian, lambda x: torch.ones(2, dtype=torch.float64), x, **how)
                told(jacobian, lambda x: x**2, r, create_graph=True, **how)
                how["outer_jacobian_strategy"] = how.pop("strategy")
                told(hessian, lambda x: x.sin().sum(), x, **how)
                told(hessian, lambda x, y: (x * y).sin().sum(), (x, x), **how)
                told(hessian, lambda x: x.sum(), x, **how)


@case
def batched_gradients(torch, say):
    x = grid(torch, 3).requires_grad_()
    eye = torch.eye(3, dtype=torch.float64)
    grad = torch.autograd.grad
    say(grad(x * x, x, eye, is_grads_batched=True))
    say(grad((x * 2, x.sin()), x, (eye, eye), is_grads_batched=True))
    (g,) = grad(x**3, x, eye, is_grads_batched=True, create_graph=True)
    say(g.detach(), g.requires_grad)
    say(grad(g.sum(), x))
    y = x.exp()
    say.fails(grad, (y, x), x, (eye, eye[:2]), is_grads_batched=True)
    say.fails(grad, y, x, torch.ones(3, dtype=torch.float64), is_grads_batched=True)
    say.fails(grad, y.sum(), x, None, is_grads_batched=True)
    z = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    say.fails(grad, x * 2, (x, z), eye, is_grads_batched=True)
    say(grad(x * 2, (x, z), eye, is_grads_batched=True, allow_unused=True))
    say(grad(x * 2, (x, z), eye, is_grads_batched=True, materialize_grads=True))


@case
def checks(torch, say):
    from torch.autograd import gradcheck, gradgradcheck

    x = grid(torch, 2, 3).requires_grad_()
    c = torch.tensor([0.5 + 1j, 1.5 - 0.2j], dtype=torch.complex128, requires_grad=True)
    for f, a in (
        (torch.sin, x), (lambda x: (x * x).softmax(1), x), (lambda c: c * c, c), (torch.abs, c),
        (lambda c: (c.exp(), c.real), c),
    ):  # fmt: skip
        say(gradcheck(f, (a,), check_forward_ad=True, check_batched_grad=True,
                      check_batched_forward_grad=True))  # fmt: skip
        say(gradgradcheck(f, (a,), check_fwd_over_rev=True, check_batched_grad=True))

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

        @staticmethod
        def jvp(ctx, t):
            return t * 3

    say.fails(gradcheck, Wrong.apply, (x[0, :2].detach().requires_grad_(),), check_forward_ad=True)
    say(gradcheck(Wrong.apply, (x,), check_forward_ad=True, raise_exception=False))
    say.fails(gradcheck, Wrong.apply, (x,), check_batched_forward_grad=True)
    say.fails(gradcheck, Wrong.apply, (x,), check_backward_ad=False)
    say.fails(gradcheck, Wrong.apply, (x,), check_backward_ad=False, check_forward_ad=True,
              check_batched_grad=True)  # fmt: skip
