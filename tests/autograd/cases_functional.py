"""autograd.functional: what strict mode refuses at each stage, grad modes, vectors, histories."""

from transcript import case


def constant(a):
    """A non-leaf that requires grad and has nothing to do with the input."""
    return a.long().to(a.dtype).requires_grad_().clone()


def bare(t):
    """Values without the names of nodes, and which of them have a history."""
    if isinstance(t, tuple):
        return tuple(bare(x) for x in t)
    return t.detach(), t.requires_grad


def tell(say, fn, *args, **kwargs):
    say.fails(lambda: bare(fn(*args, **kwargs)))


FUNCTIONS = (lambda a: a.detach(), constant, lambda a: a.clone(), lambda a: a * a,
             lambda a: a**3)  # fmt: skip


def strictly(say, x):
    """``x`` with and without gradient, every way that `strict` may be asked."""
    for t in (x, x.clone().requires_grad_()):
        for strict in (False, True):
            for create_graph in (False, True):
                how = dict(strict=strict, create_graph=create_graph)
                say(str(how))
                yield t, how


@case
def functional_strict_products(torch, say):
    from torch.autograd import functional as F

    v = torch.tensor([3.0, -1.0])
    for t, how in strictly(say, torch.tensor([1.0, 2.0])):
        for f in FUNCTIONS:
            tell(say, F.vjp, f, t, v, **how)
            tell(say, F.jvp, f, t, v, **how)
            tell(say, F.vhp, lambda a, f=f: f(a).sum(), t, v, **how)
            tell(say, F.hvp, lambda a, f=f: f(a).sum(), t, v, **how)


@case
def functional_strict_matrices(torch, say):
    from torch.autograd import functional as F

    x = torch.tensor([1.0, 2.0])
    for t, how in strictly(say, x):
        for f in FUNCTIONS:
            tell(say, F.jacobian, f, t, **how)
            tell(say, F.hessian, lambda a, f=f: f(a).sum(), t, **how)
        tell(say, F.jacobian, lambda a, b: (b, a * 2), (t, x), **how)
        tell(say, F.hessian, lambda a, b: (a * a).sum(), (t, x), **how)


@case
def functional_without_grad(torch, say):
    from torch.autograd import functional as F

    x = torch.tensor([1.0, 2.0])
    v = torch.tensor([3.0, -1.0])
    r, w = x.clone().requires_grad_(), v.clone().requires_grad_()
    for a, b in ((x, v), (r, w)):
        for create_graph in (False, True):
            with torch.no_grad():
                how = dict(create_graph=create_graph)
                tell(say, F.vjp, lambda a: a.exp(), a, b, **how)
                tell(say, F.jvp, lambda a: a.exp(), a, b, **how)
                tell(say, F.vhp, lambda a: a.exp().sum(), a, b, **how)
                tell(say, F.hvp, lambda a: a.exp().sum(), a, b, **how)
                tell(say, F.jacobian, lambda a: a.exp(), a, **how)
                tell(say, F.hessian, lambda a: a.exp().sum(), a, **how)
                say(torch.is_grad_enabled())


@case
def functional_vectors(torch, say):
    from torch.autograd import functional as F

    x = torch.tensor([1.0, 2.0])
    s = torch.tensor(2.0)
    square = lambda a: (a * a).sum()  # noqa: E731
    two = lambda a, b: (a * b, a.sum())  # noqa: E731
    for fn in (F.vjp, F.jvp, F.vhp, F.hvp):
        f = square if fn in (F.vhp, F.hvp) else lambda a: a * a
        tell(say, fn, f, x)
        tell(say, fn, f, s)
        tell(say, fn, f, x, (x, x))
        tell(say, fn, f, x, (x, 2))
        tell(say, fn, f, x, 2)
        tell(say, fn, f, x, x[:1])
        tell(say, fn, f, (x, 2), x)
        tell(say, fn, f, [x], x)
        tell(say, fn, lambda a: (a.sum(), "text"), x, x)
        tell(say, fn, lambda a: [a.sum()], x, x)
        tell(say, fn, f, (x,), (x,))
        tell(say, fn, f, (x,), x)
    tell(say, F.vjp, two, (x, x), x)
    tell(say, F.vjp, two, (x, x), (x, x))
    tell(say, F.vjp, two, (x, x), (x, s))
    tell(say, F.jvp, two, (x, x), x)
    tell(say, F.jvp, two, (x, x), (x, s))
    tell(say, F.jvp, two, (x, x), (x, x))


@case
def functional_one_element(torch, say):
    from torch.autograd import functional as F

    x = torch.tensor([1.0, 2.0])
    cube = lambda a: (a**3).sum().view(1, 1, 1)  # noqa: E731
    for fn in (F.vhp, F.hvp):
        tell(say, fn, cube, x, x)
        tell(say, fn, lambda a: a * 2, x, x)
        tell(say, fn, lambda a: (a.sum(), a.sum()), x, x)
        tell(say, fn, lambda a: (a.sum(),), x, x)
        tell(say, fn, lambda a: a.sum(), x, x)
        tell(say, fn, lambda a: (a**3).sum(), torch.tensor(2.0))
    for how in ({}, {"vectorize": True}):
        tell(say, F.hessian, cube, x, **how)
        tell(say, F.hessian, lambda a: a * 2, x, **how)
        tell(say, F.hessian, lambda a: (a.sum(), a.sum()), x, **how)
        tell(say, F.hessian, lambda a: (a.sum(),), x, **how)
        tell(say, F.hessian, lambda a: (a.sum(), "text"), x, **how)
        tell(say, F.hessian, lambda a, b: (a[:1] * b).sum(), (x, x), **how)
        tell(say, F.hessian, lambda a: a.sum(), torch.tensor(2.0), **how)
        tell(say, F.jacobian, lambda a: a.unsqueeze(0).repeat(3), torch.tensor(2.0), **how)
        tell(say, F.jacobian, lambda a: (a[:1], "text"), x, **how)
        tell(say, F.jacobian, lambda a, b: (b, a * 3), (x, x[:1]), **how)
        tell(say, F.jacobian, lambda a: (a, a.double()), x, **how)
    tell(say, F.jacobian, lambda a: a[:0], x)


@case
def functional_of_itself(torch, say):
    """Products are differentiable through both their inputs and their vectors."""
    from torch.autograd import functional as F
    from torch.autograd import gradcheck, gradgradcheck

    x = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([2.0, -1.0], dtype=torch.float64, requires_grad=True)
    two = lambda a, b: (2 * a + 3 * b, a * b)  # noqa: E731
    scalar = lambda a, b: (a + 3 * b[:1]).exp().sum()  # noqa: E731

    def mixed(fn, f):
        def through(a, b, c, d):
            out, found = fn(f, (a.cos(), b), (c, d), create_graph=True)
            out = out if isinstance(out, tuple) else (out,)
            return sum(t.sin().sum() for t in (*out, *found, a))

        return through

    for fn, f in ((F.vjp, two), (F.jvp, two), (F.vhp, scalar), (F.hvp, scalar)):
        args = (x, y, y * 0 + 1, x * 2)
        args = tuple(a.detach().requires_grad_() for a in args)
        say(gradcheck(mixed(fn, f), args), gradgradcheck(mixed(fn, f), args))
    for how in ({}, {"vectorize": True}):
        jac = lambda *a, how=how: F.jacobian(  # noqa: E731
            lambda a, b: a.sin() * b, a, create_graph=True, **how
        )
        hes = lambda *a, how=how: sum(  # noqa: E731
            F.hessian(lambda a, b: (a**3 * b).sum(), a, create_graph=True, **how), ()
        )
        say(gradcheck(jac, (x, y)), gradgradcheck(jac, (x, y)))
        say(gradcheck(hes, (x, y)), gradgradcheck(hes, (x, y)))
