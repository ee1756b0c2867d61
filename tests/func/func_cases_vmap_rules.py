"""vmap around derivatives of ops that hold indices, views of scalars, running statistics; what is
said where a result does not fit, and where Python needs a value."""

from func_registry import case, grid


def attempt(say, f):
    try:
        say(f())
    except Exception as e:
        say(f"{type(e).__name__}: {e}")


@case
def gradients_at_indices_of_each_example(torch, say):
    from torch.func import vjp, vmap

    x, one = grid(torch, 3, 4), torch.ones(2, dtype=torch.float64)
    at = torch.tensor([[0, 2], [1, 1], [3, 0]])
    for f in (
        lambda a, i: a.take(i),
        lambda a, i: a[i],
        lambda a, i: a.put(i, one)[:2],
        lambda a, i: a.index_put((i,), one)[:2],
        lambda a, i: a.index_put((i,), one, accumulate=True)[:2],
        lambda a, i: torch.combinations(a[i])[0],
    ):
        pull = lambda a, i: vjp(lambda b: f(b, i), a)[1](one)[0]  # noqa: E731, B023
        say(vmap(pull)(x, at), vmap(pull, (None, 0))(x[0], at), vmap(pull, (0, None))(x, at[0]))
        say(vmap(vmap(pull, (None, 0)), (0, None))(x, at))
        say(vmap(vmap(pull, (0, None)), (None, 0))(x, at))


@case
def windows_of_scalars(torch, say):
    from torch.func import jvp, vjp, vmap

    x = grid(torch, 3)
    f = lambda a: a.unfold(0, 1, 1)  # noqa: E731
    say(vmap(f)(x), vmap(lambda a: vjp(f, a)[0])(x), vmap(lambda a: vjp(f, a)[1](a[None])[0])(x))
    say(vmap(lambda a: jvp(f, (a,), (a,)))(x), vmap(lambda a: vjp(f, a * 1)[0])(x))


@case
def statistics_inside_derivatives(torch, say):
    from torch.func import grad, jacfwd, jacrev, jvp, vjp, vmap

    x = grid(torch, 2, 3, 2).sin()
    two = torch.stack([x, x * 2])
    F = torch.nn.functional
    for norm in (lambda a, m, v: F.batch_norm(a, m, v, training=True), F.instance_norm):
        for run in (
            lambda f: vjp(f, x)[0],
            lambda f: jvp(f, (x,), (x,))[0],
            lambda f: grad(lambda a: (f(a) ** 2).sum())(x).round(decimals=6),
            lambda f: jacfwd(f)(x).shape,
            lambda f: jacrev(f)(x).shape,
            lambda f: vmap(lambda u: jvp(f, (x,), (u,))[0], out_dims=0)(two).shape,
            lambda f: vmap(f)(two),
        ):
            m, v = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
            attempt(say, lambda: run(lambda a: norm(a, m, v)))  # noqa: B023
            say(m, v)


@case
def results_that_do_not_fit_show_the_batch(torch, say):
    from torch.func import jacfwd, vmap

    names = "mul_ add_ copy_ div_ atan2_ logical_and_ clamp_min_ pow_ remainder_"
    for name in names.split():
        f = lambda a, b: getattr(a, name)(b)  # noqa: E731, B023
        attempt(say, lambda: vmap(f)(torch.zeros(3, 2, 1), torch.zeros(3, 2, 4)))  # noqa: B023
        attempt(say, lambda: vmap(f)(torch.zeros(3, 1), torch.zeros(3, 4, 2)))  # noqa: B023
        attempt(say, lambda: vmap(f, (0, None))(torch.zeros(3, 1), torch.zeros(4)))  # noqa: B023
        attempt(say, lambda: vmap(vmap(f))(torch.zeros(5, 3, 1), torch.zeros(5, 3, 4)))  # noqa: B023
    attempt(
        say, lambda: vmap(lambda a, b: a.copy_(b), (None, 0))(torch.zeros(1), torch.zeros(3, 4))
    )
    attempt(say, lambda: jacfwd(lambda a: a.clone().mul_(torch.ones(2, 2)))(torch.ones(2, 1)))


@case
def products_that_do_not_fit_one_for_all(torch, say):
    from torch.func import vmap

    a, b = torch.ones(3, 2, 2), torch.ones(3, 2, 2)
    attempt(say, lambda: vmap(lambda c, x, y: c.addmm_(x, y), (None, 0, 0))(a[0, :1], a, b))
    attempt(say, lambda: vmap(lambda c, x, y: c.addmv_(x, y), (None, 0, 0))(a[0, 0, :1], a, b[0]))
    attempt(say, lambda: vmap(lambda c, x, y: c.addmm_(x, y))(a[:, :1], a, b))
    mask = torch.tensor([True, False, True])
    for value in (2.0, torch.tensor(2.0)):
        fill = lambda c, m, v=value: c.masked_fill_(m, v)  # noqa: E731
        attempt(say, lambda: vmap(fill, (None, 0))(torch.zeros(()), mask))  # noqa: B023
    one = torch.tensor(True)
    attempt(say, lambda: vmap(lambda v: torch.zeros(()).masked_fill_(one, v))(torch.ones(3)))


@case
def values_that_python_needs(torch, say):
    from torch.func import grad, jvp, vjp, vmap

    x = torch.ones(3, 2)
    for f in (
        lambda a: vjp(lambda b: b if b.sum() else b * 2, a)[0],
        lambda a: vjp(lambda b: b if a.sum() else b * 2, a)[0],
        lambda a: vjp(lambda b: b * b.sum().item(), a)[0],
        lambda a: vjp(lambda b: b if (b > 0).any() else b * 2, a)[0],
        lambda a: jvp(lambda b: b if b.sum() else b * 2, (a,), (a,))[0],
        lambda a: grad(lambda b: b.sum() if b.sum() else b[0])(a),
        lambda a: vjp(lambda b: vmap(lambda c: c if b.sum() else c * 2)(b), a)[0],
        lambda a: vjp(lambda b: vmap(lambda c: c if c else c * 2)(b), a)[0],
        lambda a: a if a.sum() else a * 2,
        lambda a: a * a.sum().item(),
        lambda a: vmap(lambda b: b if a.sum() else b * 2)(a),
    ):
        attempt(say, lambda: vmap(f)(x))  # noqa: B023
    attempt(say, lambda: vjp(lambda y: vmap(lambda a: a if a.sum() else a * 2)(y), x)[0])


@case
def formats_of_another_rank(torch, say):
    from torch.func import vmap

    last = torch.channels_last
    for n in (2, 3, 4):
        x = torch.ones(*[2] * n)
        for f in (
            lambda a: a.double(memory_format=last),
            lambda a: a.float(memory_format=last),
            lambda a: a.to(torch.float64, memory_format=last),
            lambda a: a.clone(memory_format=last),
            lambda a: a.contiguous(memory_format=torch.channels_last_3d),
        ):
            attempt(say, lambda: vmap(f)(x).shape)  # noqa: B023
            if n < 4:
                attempt(say, lambda: f(x).shape)  # noqa: B023


@case
def ends_of_each_example(torch, say):
    from torch.func import vmap

    a, b = torch.tensor([0.0, 1.0, -2.0]), torch.tensor(3.0)
    say(vmap(lambda s: torch.linspace(s, b, 4))(a), vmap(lambda s: torch.linspace(s, b, 1))(a))
    say(vmap(lambda s: torch.linspace(s, b, 0, dtype=torch.complex64))(a).shape)
    say(vmap(lambda s: torch.linspace(b, s, 5, dtype=torch.int64))(a))


@case
def views_scattered_into(torch, say):
    b, v = torch.arange(8.0), torch.tensor([-1.0, -2.0])
    for x in (b, b[1:5], b.view(2, 4).t(), b.view(4, 2)[1:, 1], b[2:6].view(2, 2)):
        for offset in (None, 0, 1, 3):
            say(torch.as_strided_scatter(x, v, (2,), (2,), offset))


@case
def elements_that_differ_in_number(torch, say):
    from torch.func import jvp, vmap

    x, F = torch.tensor([[1.0, 0.0], [2.0, 3.0]]), torch.nn.functional
    attempt(say, lambda: vmap(lambda a: torch.nonzero(a, as_tuple=False))(x))
    attempt(say, lambda: vmap(lambda a: torch.nonzero(a, as_tuple=True))(x))
    at = torch.tensor([[0, 3], [1, 2]])
    say(vmap(lambda a, i: F.max_unpool1d(a[None], i[None], 2))(x, at))
    attempt(say, lambda: vmap(lambda a, i: F.max_unpool1d(a[None], i[None], 2))(x, at + 2))
    wild = lambda a: F.rrelu(a, training=True)  # noqa: E731
    attempt(say, lambda: vmap(wild)(x))
    attempt(say, lambda: vmap(lambda a: jvp(wild, (a,), (a,)))(x))
    attempt(say, lambda: jvp(vmap(wild), (x,), (x,)))
    spread = lambda a, w: torch.cov(a, aweights=w)  # noqa: E731
    attempt(say, lambda: torch.vmap(spread)(torch.ones(2, 3, 4), torch.ones(2, 4)))
    say(torch.vmap(spread, (0, None))(torch.ones(2, 3, 4), torch.ones(4)))
