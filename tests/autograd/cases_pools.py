"""Pools of every kind: windows that hang over the end, indices, divisors, adaptive sizes."""

from transcript import case


def field(torch, *shape, grad=True):
    n = 1
    for s in shape:
        n *= s
    x = ((torch.arange(n, dtype=torch.float64) * 7 + 3) % (n + 4)) / 4 - 2
    return x.reshape(shape).requires_grad_(grad)


def told(torch, say, x, out):
    """A result, its node, and its derivatives to second order."""
    first = out[0] if isinstance(out, tuple) else out
    say(out, first.grad_fn.name())
    (g,) = torch.autograd.grad((first * first).sum(), x, create_graph=True)
    say(g.detach(), torch.autograd.grad((g * g).sum(), x))


SHAPES = {1: (2, 2, 7), 2: (2, 5, 4), 3: (1, 1, 3, 4, 3)}


@case
def pool_maxima(torch, say):
    F = torch.nn.functional
    for n, shape in SHAPES.items():
        pool, x = getattr(F, f"max_pool{n}d"), field(torch, *shape)
        for args in ((2,), (2, 1), (3, 2, 1), (2, 2, 0, 1, True), (2, 1, 1, 2, True)):
            told(torch, say, x, pool(x, *args))
        told(torch, say, x, pool(x, 2, return_indices=True, ceil_mode=True))


@case
def pool_means(torch, say):
    F = torch.nn.functional
    for n, shape in SHAPES.items():
        pool, x = getattr(F, f"avg_pool{n}d"), field(torch, *shape)
        for args in ((2,), (2, 1), (3, 2, 1), (2, 2, 0, True), (3, 2, 1, True, False)):
            told(torch, say, x, pool(x, *args))
        if n > 1:
            told(torch, say, x, pool(x, 2, 2, 0, True, True, 3))
            say(pool(x.detach().long(), 2, 2, 0, True, True, -3))


@case
def pool_adaptive(torch, say):
    F = torch.nn.functional
    for n, shape in SHAPES.items():
        x = field(torch, *shape)
        for size in (1, 2, 3):
            told(torch, say, x, getattr(F, f"adaptive_avg_pool{n}d")(x, size))
            told(torch, say, x, getattr(F, f"adaptive_max_pool{n}d")(x, size, True))
        say(getattr(F, f"adaptive_avg_pool{n}d")(x, 0).shape)
        say(getattr(F, f"adaptive_max_pool{n}d")(x, 0).shape)
    x = field(torch, 1, 2, 5, 4)
    told(torch, say, x, F.adaptive_avg_pool2d(x, (None, 3)))
    told(torch, say, x, F.adaptive_max_pool2d(x, (4, None)))


@case
def pool_norms(torch, say):
    F = torch.nn.functional
    for n, shape in SHAPES.items():
        pool, x = getattr(F, f"lp_pool{n}d"), field(torch, *shape)
        x = (x.detach().abs() + 0.5).requires_grad_()
        for args in ((2, 2), (3.0, 2, 1), (2.0, 2, None, True)):
            told(torch, say, x, pool(x, *args))
        say(pool(x, float("inf"), 2), pool(x, -float("inf"), 2))


@case
def pool_maxima_undone(torch, say):
    F = torch.nn.functional
    for n, shape in {1: (2, 2, 6), 2: (2, 4, 4), 3: (1, 1, 4, 4, 2)}.items():
        x = field(torch, *shape)
        y, at = getattr(F, f"max_pool{n}d")(x, 2, return_indices=True)
        told(torch, say, x, getattr(F, f"max_unpool{n}d")(y, at, 2))
    x = field(torch, 1, 5, 5)
    y, at = F.max_pool2d(x, 2, return_indices=True)
    told(torch, say, x, F.max_unpool2d(y, at, 2, output_size=(5, 5)))
    say.fails(F.max_unpool2d, y, at, 2, None, 0, (9, 9))
    say.fails(F.max_unpool2d, y, at, 2, None, 0, (9,))
    say.fails(F.max_unpool2d, y[:, :1, :1], at[:, :1, :1] + 99, 2)
    say.fails(F.max_unpool2d, y, at.int(), 2)
    say.fails(F.max_unpool2d, y, at[:, :1], 2)


@case
def pool_modules(torch, say):
    nn, x = torch.nn, field(torch, 1, 2, 5, 6)
    for module in (
        nn.MaxPool2d(2, ceil_mode=True), nn.AvgPool2d(2, divisor_override=3),
        nn.AdaptiveAvgPool2d((3, None)), nn.AdaptiveMaxPool2d(2), nn.LPPool2d(2, (2, 3), 2, True),
    ):  # fmt: skip
        say(repr(module))
        told(torch, say, x, module(x))
    down, up = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)
    say(repr(up), up(*down(x), output_size=x.shape))
    for name in ("MaxUnpool1d", "MaxUnpool3d", "AvgPool1d"):
        say(repr(getattr(nn, name)(3)))
    for name in ("AdaptiveAvgPool1d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d"):
        say(repr(getattr(nn, name)(3)))
    say(repr(nn.LPPool1d(2, 3)), repr(nn.LPPool3d(2, 3)))


@case
def pool_saved(torch, say):
    F, x = torch.nn.functional, field(torch, 1, 1, 4, 4)
    n = F.max_pool2d(x, 3, 2, 1, 1, True).grad_fn
    say(n._saved_ceil_mode, n._saved_kernel_size, n._saved_stride, n._saved_result1)
    n = F.avg_pool2d(x, 3, 2, 1, True, False, 5).grad_fn
    say(n._saved_ceil_mode, n._saved_count_include_pad, n._saved_divisor_override)
    y, at = F.max_pool2d(x, 2, return_indices=True)
    at.add_(1)
    say.fails(y.sum().backward)


@case
def pool_refusals(torch, say):
    F = torch.nn.functional
    x, y, z = (field(torch, *s) for s in ((2, 3, 7), (2, 3, 7, 5), (2, 3, 4, 5, 6)))
    for pool, t in ((F.max_pool1d, x), (F.max_pool2d, y), (F.max_pool3d, z), (F.avg_pool1d, x),
                    (F.avg_pool2d, y), (F.avg_pool3d, z)):  # fmt: skip
        for args in ((0,), (2, 0), (2, 1, -1), (2, 1, 2), (20,), ((2, 2, 2, 2),), (2, (1,) * 4)):
            say.fails(pool, t, *args)
        say.fails(pool, t[0, 0], 2)
        say.fails(pool, t[..., :0], 2)
    for pool, t in ((F.max_pool2d, y), (F.max_pool3d, z)):
        say.fails(pool, t, 2, 2, 1, 0)
        say.fails(pool, t, 2, 2, 0, (1,) * 4)
        say.fails(pool, t[:, :0], 2)
    say.fails(F.avg_pool2d, y, 2, divisor_override=0)
    say.fails(F.avg_pool2d, y.bool(), 2)


@case
def pool_adaptive_refusals(torch, say):
    F = torch.nn.functional
    x, y, z = (field(torch, *s) for s in ((2, 3, 7), (2, 3, 7, 5), (2, 3, 4, 5, 6)))
    for kind in ("avg", "max"):
        for n, t in ((1, x), (2, y), (3, z)):
            pool = getattr(F, f"adaptive_{kind}_pool{n}d")
            say.fails(pool, t, (2,) * (n + 1))
            say.fails(pool, t, -1)
            say.fails(pool, t[0, 0], 2)
            say.fails(pool, t[..., :0], 2)
            say.fails(pool, t.long(), 2)
