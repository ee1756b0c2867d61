"""Writes in place inside transforms: refused for what comes from outside, by torch's names."""

from func_registry import case, grid


def _refused(torch, say, who, write, *more):
    """Run a write inside a transform on a tensor from outside and on one made inside."""
    from torch.func import grad

    c = grid(torch, 3, 3)

    def outside(x):
        write(c, x, *more)
        return x.sum()

    def inside(x):
        write(c.clone(), x, *more)
        return x.sum()

    for f in (outside, inside):
        try:
            say(who, grad(f)(grid(torch, 3, 3)).sum())
        except RuntimeError as e:
            say(who, str(e).partition("(aten::")[2].partition(")")[0] or str(e))
    say(c)


@case
def captured_arithmetic(torch, say):
    t = torch.tensor
    say(_text(torch))
    _refused(torch, say, "add", lambda c, x: c.add_(1))
    _refused(torch, say, "add of an input", lambda c, x: c.add_(x))
    _refused(torch, say, "+=", lambda c, x: c.__iadd__(1))
    _refused(torch, say, "mul", lambda c, x: c.mul_(2.0))
    _refused(torch, say, "div", lambda c, x: c.div_(2))
    _refused(torch, say, "div floor", lambda c, x: c.div_(2, rounding_mode="floor"))
    _refused(torch, say, "pow", lambda c, x: c.pow_(2))
    _refused(torch, say, "pow tensor", lambda c, x: c.pow_(x.detach()))
    _refused(torch, say, "eq", lambda c, x: c.eq_(1))
    _refused(torch, say, "clamp", lambda c, x: c.clamp_(0, 1))
    _refused(torch, say, "clamp tensor", lambda c, x: c.clamp_(t(0.0), t(1.0)))
    _refused(torch, say, "lerp", lambda c, x: c.lerp_(x, 0.5))
    _refused(torch, say, "sin", lambda c, x: c.sin_())
    _refused(torch, say, "addcmul", lambda c, x: c.addcmul_(x, x))
    _refused(torch, say, "xlogy", lambda c, x: c.xlogy_(2.0))


def _text(torch):
    from torch.func import grad

    c = grid(torch, 3)
    try:
        return grad(lambda x: (c.copy_(x) * x).sum())(grid(torch, 3))
    except RuntimeError as e:
        return str(e)


@case
def captured_contents(torch, say):
    t = torch.tensor
    _refused(torch, say, "copy", lambda c, x: c.copy_(x))
    _refused(torch, say, "fill", lambda c, x: c.fill_(2))
    _refused(torch, say, "fill tensor", lambda c, x: c.fill_(t(2.0)))
    _refused(torch, say, "zero", lambda c, x: c.zero_())
    _refused(torch, say, "masked_fill", lambda c, x: c.masked_fill_(x > 1, 0.0))
    _refused(torch, say, "masked_fill tensor", lambda c, x: c.masked_fill_(x > 1, t(0.0)))
    _refused(torch, say, "index_fill", lambda c, x: c.index_fill_(0, t([0]), 1.0))
    _refused(torch, say, "index_add", lambda c, x: c.index_add_(0, t([0]), x[:1]))
    _refused(torch, say, "index_put", lambda c, x: c.index_put_((t([0]),), x[0]))
    _refused(torch, say, "scatter", lambda c, x: c.scatter_(0, t([[0]]), 1.0))
    _refused(torch, say, "fill_diagonal", lambda c, x: c.fill_diagonal_(1.0))
    _refused(torch, say, "item", lambda c, x: c.__setitem__(0, x[0]))
    _refused(torch, say, "slice", lambda c, x: c.__setitem__(slice(0, 2), x[:2]))
    _refused(torch, say, "mask", lambda c, x: c.__setitem__(x > 1, 0.0))
    _refused(torch, say, "all", lambda c, x: c.__setitem__(..., 1.0))


@case
def captured_shapes_and_numbers(torch, say):
    _refused(torch, say, "unsqueeze", lambda c, x: c.unsqueeze_(0))
    _refused(torch, say, "squeeze", lambda c, x: c.squeeze_())
    _refused(torch, say, "squeeze dim", lambda c, x: c.squeeze_(0))
    _refused(torch, say, "t", lambda c, x: c.t_())
    _refused(torch, say, "transpose", lambda c, x: c.transpose_(0, 1))
    _refused(torch, say, "detach", lambda c, x: c.detach_())
    _refused(torch, say, "resize", lambda c, x: c.resize_(2))
    torch.manual_seed(0)
    for name, args in (("normal_", ()), ("uniform_", ()), ("random_", ()), ("random_", (2,)),
                       ("random_", (0, 2)), ("bernoulli_", ()), ("exponential_", ())):  # fmt: skip
        write = getattr(grid(torch, 3), name)
        try:
            torch.func.grad(lambda x, w=write, a=args: (w(*a), x.sum())[1])(grid(torch, 3))
        except RuntimeError as e:
            say(name, args, str(e).partition("(aten::")[2].partition(")")[0])


@case
def captured_views(torch, say):
    from torch.func import grad

    x, c = grid(torch, 3), grid(torch, 3)

    def tried(write):
        try:
            say(grad(lambda a: (write(a) * a).sum())(x))
        except RuntimeError as e:
            say(str(e).partition("(aten::")[2].partition(")")[0] or str(e))

    tried(lambda a: c[0:2].add_(1).sum())
    tried(lambda a: c.view(3, 1).add_(1).sum())
    tried(lambda a: c.detach().add_(1).sum())
    tried(lambda a: c.data.add_(1).sum())
    tried(lambda a: c.contiguous().add_(1).sum())
    tried(lambda a: c.unbind()[0].add_(1))
    tried(lambda a: c.expand(3, 3).clone().add_(1).sum())
    tried(lambda a: torch.ones(3).split(1)[0].add_(1))
    tried(lambda a: torch.add(x, 1, out=c).sum())
    say(c)


@case
def made_inside_may_be_written(torch, say):
    from torch.func import grad, jacrev, jvp, vjp, vmap

    x, c = grid(torch, 4, 3), grid(torch, 3)

    def tried(f):
        say(grad(lambda a: f(a).sum())(x))

    tried(lambda a: torch.zeros(3).add_(1) * a)
    tried(lambda a: torch.arange(3).add_(1) * a)
    tried(lambda a: torch.tensor([1.0, 2.0, 3.0]).add_(1) * a)
    tried(lambda a: torch.ones_like(a).add_(1) * a)
    tried(lambda a: torch.ones(3).nonzero().add_(1).sum() * a)
    tried(lambda a: torch.bincount(torch.tensor([1, 2])).add_(1).sum() * a)
    tried(lambda a: torch.nn.Parameter(torch.zeros(3)).data.add_(1) * a)
    tried(lambda a: (c * 2).add_(1) * a)
    tried(lambda a: grad(lambda b: (b * b).sum())(a).add_(1))
    tried(lambda a: grad(lambda b: (b * b).sum())(c).add_(1) * a)
    tried(lambda a: jvp(lambda b: (b * b).sum(), (a,), (a,))[1].add_(1))
    tried(lambda a: vjp(lambda b: (b * b).sum(), a)[1](torch.ones((), dtype=a.dtype))[0].add_(1))
    tried(lambda a: vmap(lambda b: (b * b).sum().add_(1))(a).add_(1))
    tried(lambda a: vmap(lambda b: torch.zeros(3).add_(1) * b)(a))
    tried(lambda a: jacrev(lambda b: b * 2)(a[0]).clone().add_(1) * a.sum())


@case
def captured_by_levels(torch, say):
    from torch.func import grad, jacfwd, jvp, vjp, vmap

    x, c, n = grid(torch, 3), grid(torch, 3), grid(torch, 2, 3)

    def tried(f):
        try:
            say(f())
        except RuntimeError as e:
            say(str(e).partition("(aten::")[2].partition(")")[0] or str(e))

    tried(lambda: jvp(lambda a: c.add_(a), (x,), (x,)))
    tried(lambda: vjp(lambda a: c.add_(a), x))
    tried(lambda: jacfwd(lambda a: c.add_(a))(x))
    tried(lambda: vmap(lambda a: (c.add_(1), a)[1])(n))
    c = grid(torch, 3)
    tried(lambda: grad(lambda a: grad(lambda b: (c.add_(1), b.sum())[1])(a).sum())(x))
    tried(lambda: grad(lambda a: grad(lambda b: (a.add_(1), b.sum())[1])(a).sum())(x))
    tried(lambda: grad(lambda a: grad(lambda b: (b.add_(1), b.sum())[1])(c).sum())(x))
    tried(lambda: grad(lambda a: vmap(lambda b: (c.add_(1), b.sum())[1])(a).sum())(n))
    tried(lambda: grad(lambda a: vmap(lambda b: (c.add_(b), b.sum())[1])(a).sum())(n))
    tried(lambda: vmap(grad(lambda b: (c.add_(1), b.sum())[1]))(n))
    tried(lambda: vmap(grad(lambda b: (c.add_(b), b.sum())[1]))(n))
    tried(lambda: grad(lambda a: vmap(lambda b: (b.add_(1), b)[1])(c).sum())(x))
    tried(lambda: grad(lambda a: (a.add_(1), a.sum())[1])(x))
    tried(lambda: jvp(lambda a: (a.add_(1), a.sum())[1], (x.clone(),), (x,)))
    say(c)


@case
def other_arguments_may_be_written(torch, say):
    from torch.func import grad, grad_and_value, jacfwd, jacrev

    x, y = grid(torch, 3), grid(torch, 3, start=5)
    for jac in (jacrev, jacfwd):
        y = grid(torch, 3, start=5)
        say(jac(lambda a, b: b.copy_(a * a))(x, y), y)
        y = grid(torch, 3, start=5)
        say(jac(lambda a, b: (a[:2].copy_(b[:2]), a.prod())[1], argnums=1)(y, x), y)
    y = grid(torch, 3, start=5)
    say(grad(lambda a, b: (b.add_(1) * a).sum())(x, y), y)
    say(grad(lambda a, b=None: (b.add_(1) * a).sum())(x, b=y), y)
    say(grad_and_value(lambda a, b: (b["k"].mul_(2) * a).sum())(x, {"k": y}), y)


@case
def running_statistics_inside(torch, say):
    from torch.func import grad

    nn = torch.nn
    x = grid(torch, 4, 3)
    mean, var = torch.zeros(3, dtype=x.dtype), torch.ones(3, dtype=x.dtype)
    f = nn.functional.batch_norm
    say(grad(lambda a: (f(a, mean, var, training=True) * x).sum())(x).abs().sum() < 1e3, mean, var)
    bn = nn.BatchNorm1d(3).double()
    try:
        grad(lambda a: bn(a).sum())(x)
    except RuntimeError as e:
        say(str(e).partition("(aten::")[2].partition(")")[0])
    torch.manual_seed(0)
    say(grad(lambda a: nn.Linear(3, 2)(a).sum())(x.float()).shape)
