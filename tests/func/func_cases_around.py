"""Transforms amid modes, leaves captured from outside, and modules called with other tensors."""

from func_registry import case, grid


@case
def inference_mode_around(torch, say):
    from torch.func import grad, hessian, jacfwd, jacrev, jvp, vjp, vmap

    x = grid(torch, 3)
    with torch.inference_mode():
        say(grad(lambda a: (a * a).sum())(x), torch.is_inference_mode_enabled())
        say(vjp(lambda a: a * a, x)[1](x))
        say(jvp(lambda a: a * a, (x,), (x,)))
        say(jacrev(lambda a: a * a)(x), jacfwd(lambda a: a * a)(x))
        say(hessian(lambda a: (a**3).sum())(x))
        say(vmap(grad(lambda a: a * a * a))(x))
        made = grid(torch, 3)
        say(grad(lambda a: (a * a).sum())(made), torch.is_inference(made))
    say(torch.is_inference_mode_enabled(), torch.is_grad_enabled())


@case
def outputs_without_derivatives(torch, say):
    from torch.func import jacfwd, jacrev, jvp, vjp

    x = grid(torch, 3)
    for f in (lambda a: (a, a > 1), lambda a: torch.max(a[None], 1), lambda a: torch.argmax(a)):
        for g in (lambda f: vjp(f, x)[0], lambda f: jacrev(f)(x), lambda f: jvp(f, (x,), (x,)),
                  lambda f: jacfwd(f)(x)):  # fmt: skip
            try:
                say(tuple(g(f)) if not isinstance(g(f), torch.Tensor) else g(f))
            except RuntimeError as e:
                say(str(e))


@case
def writes_through_views_of_duals(torch, say):
    from torch.func import jvp

    x = grid(torch, 2, 2)

    def item(a):
        b = a.clone()
        b[0] = 0.0
        return b

    def part(a):
        b = a.clone()
        b[0].mul_(3)
        return b

    for needs in (False, True):
        u = grid(torch, 2, 2, start=7).requires_grad_(needs)
        for f in (item, part, lambda a: a.clone().zero_(), lambda a: a.clone().copy_(a * 2)):
            out, push = jvp(f, (x,), (u,))
            say(out.detach(), push.detach(), push.requires_grad)
        say(u.detach())


@case
def names_of_a_strict_call(torch, say):
    from torch.func import functional_call

    nn = torch.nn

    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = nn.Parameter(torch.ones(2))
            self.two = self.one
            self.register_buffer("b", torch.zeros(2))
            self.register_buffer("c", self.b)

        def forward(self, x):
            return x * self.one + self.two + self.c

    x, m = torch.ones(2), Tied()
    for given in ({}, {"one": x * 2}, {"one": x * 2, "b": x}, {"two": x, "c": x, "d": x},
                  {**dict(m.named_parameters()), **dict(m.named_buffers())}, {"": x}, {"b": None},
                  {"one": 3}, {"one": "a"}, {"one": x, "two": x},
                  {"one": x, "two": x * 2}):  # fmt: skip
        for strict in (False, True):
            try:
                say(functional_call(m, given, (x,), strict=strict).detach())
            except (KeyError, RuntimeError, TypeError, ValueError) as e:
                say(type(e), str(e))
    say(m.one is m.two, m.b is m.c, m.one)


@case
def leaves_made_inside(torch, say):
    from torch.func import grad, jacfwd, jacrev, jvp, vjp

    x = grid(torch, 3)
    outside = grid(torch, 3).requires_grad_()

    def leaf():
        return torch.ones(3, dtype=x.dtype, requires_grad=True)

    say(grad(lambda a: (leaf() * a).sum())(x))
    say(grad(lambda a: (leaf() * a * outside).sum())(x).requires_grad)
    say(grad(lambda a: grad(lambda b: (leaf() * b * b).sum())(a).sum())(x))
    out, back = vjp(lambda a: leaf() * a, x)
    say(out, back(x))
    say(jacrev(lambda a: leaf() * a)(x), jacfwd(lambda a: leaf() * a)(x))
    say(jvp(lambda a: leaf() * a, (x,), (x,)))
    torch.manual_seed(0)
    say(grad(lambda a: torch.nn.Linear(3, 3)(a).sum())(x.float()).requires_grad)


@case
def inputs_given_back(torch, say):
    from torch.func import grad_and_value, jacrev, vjp, vmap

    x, s = grid(torch, 3), torch.tensor(2.0)
    leaf = grid(torch, 3).requires_grad_()
    out, back = vjp(lambda a: (a, a.sin(), a), x)
    say(out[0] is x, out[1] is x, out[2] is x, back((x, x, x)))
    g, (value, aux) = grad_and_value(lambda a: (a, a), has_aux=True)(s)
    say(value is s, aux is s, g)
    out, back = vjp(lambda a, b: (b, a), x, leaf)
    say(out[0] is leaf, out[1] is x)
    with torch.no_grad():
        say(vjp(lambda a: a, leaf)[0] is leaf)
    say(jacrev(lambda a: (a, a), has_aux=True)(x)[1] is x)
    say(vmap(lambda r: vjp(lambda a: a, r)[0])(x), vmap(lambda r: vjp(lambda a: a, s)[0])(x))
