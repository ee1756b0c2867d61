"""vmap over functions whose rule is not just one dimension more, and gradients through them."""

from func_registry import case, grid


@case
def vmap_of_masked_scatter(torch, say):
    from torch.func import grad, jvp, vmap

    x, source = grid(torch, 2, 2, 3), grid(torch, 2, 2, 4, start=20)
    mask = torch.tensor([[[True, False, True], [False, True, True]],
                         [[False, True, False], [True, False, False]]])  # fmt: skip

    def f(a, m, v):
        return (a.masked_scatter(m, v) ** 2).sum()

    for dims in ((0, 0, 0), (None, 0, None), (0, None, 0), (None, 0, 0)):
        args = [t if d == 0 else t[0] for t, d in zip((x, mask, source), dims)]  # noqa: B905
        say(vmap(lambda a, m, v: a.masked_scatter(m, v), dims)(*args))
        say(vmap(grad(f, argnums=(0, 2)), dims)(*args))
    inner = lambda a, m, v: grad(f, argnums=2)(a, m, v).sin().sum()  # noqa: E731
    say(vmap(grad(inner, argnums=2))(x, mask, source))
    say(vmap(lambda a, m, v: jvp(lambda a, v: a.masked_scatter(m, v), (a, v), (a, v)))(
        x, mask, source))  # fmt: skip
    say(vmap(grad(f, argnums=2))(x, torch.zeros(2, 2, 3, dtype=torch.bool), source))


@case
def vmap_example_by_example(torch, say):
    from torch.func import vmap

    x = torch.tensor([[1.0, 0.0, 3.0], [0.0, 2.0, 5.0]])
    i = x.long()
    say(vmap(lambda a: torch.bincount(a, minlength=6))(i))
    say(vmap(lambda a, w: torch.bincount(a, w, minlength=6), (None, 0))(i[0], x))
    say(vmap(lambda a, w: tuple(torch.histogram(a, 3, weight=w)), (0, None))(x, x[1]))
    edges = torch.tensor([[0.0, 1.0, 4.0], [1.0, 2.0, 6.0]])
    say(vmap(lambda b: tuple(torch.histogram(x[0], b)))(edges))
    say(vmap(lambda a, r: torch.repeat_interleave(a, r), (0, 1))(x, torch.ones(3, 2).long()))
    say(vmap(vmap(lambda a: torch.histc(a, 2, 0, 5)), 1)(x.reshape(1, 2, 3)))
    say(vmap(torch.argwhere)(torch.tensor([[1, 0, 1], [0, 1, 1]])))


@case
def vmap_of_norms_with_statistics(torch, say):
    from torch.func import vmap

    F = torch.nn.functional
    x = grid(torch, 2, 4, 3)
    for dims in ((0, 0, 0), (0, None, None), (None, 0, 0)):
        mean, var = (f(2, 3, dtype=torch.float64) for f in (torch.zeros, torch.ones))
        given = [t if d == 0 else t[0] for t, d in zip((x, mean, var), dims)]  # noqa: B905
        say.fails(vmap(lambda a, m, v: F.batch_norm(a, m, v, training=True), dims), *given)
        say(mean, var)
        say(vmap(lambda a, m, v: F.batch_norm(a, m, v), dims)(*given))
    say.fails(vmap(lambda a: F.instance_norm(a[None], torch.zeros(4), torch.ones(4))), x.float())
    say.fails(vmap(torch.nn.BatchNorm1d(3)), x.float())
    say(vmap(torch.nn.BatchNorm1d(3, track_running_stats=False))(x.float()).sum(0))


@case
def vmap_of_gradients_that_are_nan(torch, say):
    from torch.func import grad, vmap

    with torch.autograd.set_detect_anomaly(True):
        say(vmap(grad(lambda a: a.sum()))(-torch.ones(3)))
        say.fails(vmap(grad(lambda a: a.sqrt().sum())), torch.tensor([4.0, -1.0, 9.0]))
        say(vmap(grad(lambda a: a.sqrt().sum()))(torch.tensor([4.0, 1.0, 0.25])))


@case
def functions_in_place(torch, say):
    """torch names its in-place methods as functions too."""
    x = torch.tensor([0.5, 0.25])
    for f in (torch.sin_, torch.exp_, torch.neg_, torch.abs_, torch.sqrt_, torch.clip_):
        y = x.clone()
        r = f(y) if f is not torch.clip_ else f(y, max=0.3)
        say(r, r is y, y._version)
    y = x.clone()
    say(torch.clamp_min_(y, 0.3), torch.clamp_max_(y, 0.4), torch.index_put_(
        y, (torch.tensor([1]),), torch.tensor(9.0)))  # fmt: skip
    say(torch.cat([torch.ones(0, requires_grad=True), torch.ones(2)], 0).requires_grad)
