"""What transforms say of outputs, arguments and cotangents that do not fit."""

from func_registry import case


@case
def outputs_that_are_none(torch, say):
    from torch.func import jacfwd, jacrev, jvp, vjp

    x = torch.ones(2, 3)
    for out in (None, (), [], {}, (None,), 1, "a", (x, 1)):
        for f in (lambda g: vjp(g, x)[0], lambda g: jvp(g, (x,), (x,)), lambda g: jacrev(g)(x),
                  lambda g: jacfwd(g)(x)):  # fmt: skip
            try:
                say(f(lambda _, out=out: out))
            except RuntimeError as e:
                say(str(e))


@case
def argnums_that_do_not_fit(torch, say):
    from torch.func import grad, jacfwd, jacrev

    x = torch.ones(2)
    for argnums in (True, 2, -3, (0, 0), (0, -2), [0], "0", 0.0, (), (0, 1.0), ("0",)):
        for f in (grad, jacrev, jacfwd):
            try:
                say(argnums, f(lambda a, b: (a * b).sum(), argnums=argnums)(x, x))
            except RuntimeError as e:
                say(argnums, str(e))


@case
def cotangents_that_do_not_fit(torch, say):
    from torch.func import vjp

    x = torch.ones(2)
    _, back = vjp(lambda a: a * 2, x)
    for given in (1.0, None, "a"):
        try:
            say(back(given))
        except (TypeError, RuntimeError) as e:
            say(type(e), str(e))
    say(vjp(lambda a: (a * 2).sum(), x)[1](None))


@case
def whole_numbers_have_no_derivative(torch, say):
    from torch.func import grad, jacfwd, jacrev, jvp, linearize

    n, x = torch.tensor([1, 2]), torch.ones(2)
    for f in (lambda: jvp(lambda a: a * 2, (n,), (n,)), lambda: jvp(lambda a: a * 2, (x,), (n,)),
              lambda: jacfwd(lambda a: a * 2)(n), lambda: jacrev(lambda a: a * 2)(n),
              lambda: grad(lambda a: a.sum())(n),
              lambda: linearize(lambda a: a * 2, n)):  # fmt: skip
        try:
            say(f())
        except (ValueError, RuntimeError) as e:
            say(type(e), str(e))


@case
def recording_around_vjp(torch, say):
    from torch.func import vjp

    x, one = torch.tensor(3.0, requires_grad=True), torch.tensor(1.0)
    with torch.no_grad():
        out, back = vjp(lambda a: a * a, x)
        say(out.requires_grad, back(one)[0].requires_grad)
    (g,) = back(one)
    say(g.requires_grad, torch.autograd.grad(g, x))
    out, back = vjp(lambda a: a * a, x)
    with torch.no_grad():
        say(out.requires_grad, back(one)[0].requires_grad)
    say(torch.autograd.grad(out, x))


@case
def one_row_at_a_time(torch, say):
    from torch.func import jacrev

    class Counted(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x.clone()

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

        @staticmethod
        def backward(ctx, g):
            say(g.nonzero().shape)
            return g

    x = torch.ones(2, 2)
    say(jacrev(Counted.apply, chunk_size=1)(x))
    try:
        jacrev(Counted.apply, chunk_size=2)(x)
    except RuntimeError as e:
        say(str(e))
    say(jacrev(lambda a: (a * a, {"k": a.sum()}), chunk_size=1)(x))


@case
def functionalize_is_a_transform(torch, say):
    from torch.func import functionalize

    class Old(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = torch.ones(2)
    for f in (lambda a: a.requires_grad_(), lambda a: a.sum().backward(), Old.apply,
              lambda a: torch.autograd.functional.jacobian(torch.sin, a)):  # fmt: skip
        try:
            say(functionalize(f)(x.clone()))
        except RuntimeError as e:
            say(str(e))
    say(functionalize(lambda a: a.add_(1))(x), x, functionalize(torch.sin).__name__)
