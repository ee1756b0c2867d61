"""vmap and memory: results that are views of what went in, strides inside, writes that come out."""

from func_registry import case, grid


def views(torch):
    """Functions whose result is seen through one view step or more."""
    return {
        "itself": lambda a: a, "t": lambda a: a.t(), "row": lambda a: a[0], "cut": lambda a: a[1:],
        "column": lambda a: a[:, 1], "ends": lambda a: a.narrow(-1, 1, 2),
        "flat": lambda a: a.reshape(-1),
        "view": lambda a: a.view_as(a), "wide": lambda a: a.expand(2, *a.shape),
        "more": lambda a: a.unsqueeze(0), "less": lambda a: a[:, :1].squeeze(),
        "diagonal": lambda a: a.diagonal(1), "windows": lambda a: a.unfold(1, 2, 1),
        "moved": lambda a: torch.movedim(a, 0, 1), "let go": lambda a: a.detach(),
        "steps": lambda a: a.t()[1:].unsqueeze(0)[..., ::2],
    }  # fmt: skip


@case
def vmap_results_are_views(torch, say):
    from torch.func import vmap

    for in_dim, out_dim in ((0, 0), (1, 0), (2, 1), (-1, -1)):
        x = grid(torch, 3, 4, 5)
        for name, f in views(torch).items():
            y = vmap(f, in_dim, out_dim)(x)
            say(in_dim, out_dim, name, y.shape, y.stride(), y.storage_offset())
            say(y._base is x, y is x)
    x = grid(torch, 2, 3, 4)
    for f in (torch.unbind, lambda a: torch.split(a, 2, 1), lambda a: torch.chunk(a, 2, -1)):
        say([(y.stride(), y._base is x) for y in vmap(f)(x)])
    y = vmap(vmap(lambda a: a[1:], 1), 2)(x)
    say(y, y._base is x, vmap(vmap(lambda a: a))(x) is x)
    z = torch.view_as_complex(grid(torch, 2, 3, 2))
    for f in (torch.view_as_real, torch.real, torch.imag, torch.conj):
        y = vmap(f, 1)(z)
        say(y.shape, y._base is z._base, y.abs())


@case
def vmap_of_what_is_shared(torch, say):
    from torch.func import vmap

    x, y = grid(torch, 3, 2), grid(torch, 4)
    r = vmap(lambda a: y)(x)
    say(r, r.stride(), r._base is y)
    r = vmap(torch.Tensor.view_as, (None, 0))(y, grid(torch, 3, 2, 2))
    say(r, r.stride(), r._base is y)
    r = vmap(lambda a: y[1:], out_dims=1)(x)
    say(r.stride(), r.storage_offset(), r._base is y)
    for f in (lambda a: a.new_zeros(2), torch.zeros_like, lambda a: a.new_full((2,), 3.0)):
        r = vmap(f)(x)
        r[0] += 1
        say(r, r.stride())
    w = y.clone().requires_grad_()
    r = vmap(lambda a: w * 2)(x)
    say(r)
    (r * x.sum()).sum().backward()
    say(w.grad)
    for size, stride in (((2, 3), (3, 1)), ((2, 3), (1, 2)), ((0, 2), (2, 1)), ((2, 2), (0, 1))):
        say(vmap(lambda a: a.new_empty_strided(size, stride))(x).stride())  # noqa: B023
        say(vmap(vmap(lambda a: a.new_empty_strided(size, stride)), 1)(x).stride())  # noqa: B023


@case
def vmap_histories_of_views(torch, say):
    from torch.func import grad, vmap

    leaf = grid(torch, 2, 3).requires_grad_()
    x = leaf * 1
    for f in (lambda a: a[1:], lambda a: a.detach(), lambda a: a * 2, lambda a: a.expand(2, 3)):
        y = vmap(f)(x)
        say(y, y.requires_grad)
        if y.requires_grad:
            say(torch.autograd.grad(y.sum(), leaf, retain_graph=True))
    y = vmap(lambda a: a[1:], 1, 1)(x)
    y.mul_(3)
    say(x, y, torch.autograd.grad(x.sum(), leaf))
    say(vmap(lambda a: a)(leaf) is leaf, vmap(lambda a: a[0])(leaf).requires_grad)
    say.fails(vmap(lambda a: a.mul_(2)), leaf)
    with torch.no_grad():
        y = vmap(lambda a: a * 2)(x)
        say(y, y.requires_grad)

    def squares(a):
        b = a * a
        b.t()[0].mul_(3)
        b.diagonal().sin_()
        return b[1:].sum()

    say(vmap(grad(squares))(grid(torch, 2, 3, 3)), vmap(grad(squares), 2, 1)(grid(torch, 3, 3, 2)))


@case
def vmap_strides_inside(torch, say):
    from torch.func import vmap

    seen = []

    def look(a):
        seen.append((a.stride(), a.storage_offset(), a.is_contiguous(), a.contiguous() is a))
        return a.contiguous()

    x = grid(torch, 2, 3, 4, 5)
    for arrangement in (x, x.movedim(1, 0), x[1], x.transpose(2, 3), x[:, :, ::2], x[:, :0]):
        for d in (0, 1, -1):
            y = vmap(look, d, d)(arrangement)
            say(y.shape, y.stride(), y is arrangement, seen.pop())
    vmap(vmap(look, 1), 2)(x)
    vmap(lambda a: look(a.t()[1:]))(x[0])
    vmap(lambda a: look(a.sin()))(x[0])
    vmap(lambda a: look(a.expand(2, 5)))(x[0, 0])
    say(seen)
    say.fails(vmap(lambda a: a.view(-1), 1), x[0])
    say.fails(vmap(lambda a: a.view(2, -1)), x[0])
    say(vmap(lambda a: a.reshape(-1), 1)(x[0]))
    say.fails(vmap(torch.view_as_complex, 1), torch.ones(2, 3))
    say.fails(vmap(torch.view_as_complex), torch.ones(3))
    say.fails(vmap(torch.view_as_complex, 1), torch.ones(3, 2))
    y = vmap(lambda a: a.clone(memory_format=torch.contiguous_format), 1, 1)(grid(torch, 2, 3, 4))
    say(y.movedim(1, 0).is_contiguous(), y[:, 0].is_contiguous())
    for memory_format in (torch.channels_last, torch.channels_last_3d):
        say.fails(vmap(lambda a: a.clone(memory_format=memory_format)), x)  # noqa: B023
        say.fails(vmap(lambda a: a.contiguous(memory_format=memory_format)), x)  # noqa: B023
        say.fails(vmap(lambda a: a.is_contiguous(memory_format=memory_format)), x)  # noqa: B023


@case
def vmap_given_strides(torch, say):
    from torch.func import grad, vmap

    x = grid(torch, 2, 5, 3, 4)
    for a in (x[1], x[1].transpose(1, 2), x[0].movedim(0, 1), x[:, 2:, ::2, 1], x[1, :, 1:, ::2]):
        s, t = a.stride()[1:]
        at = a.storage_offset()
        for size, stride, offset in (
            ((2, 2), (s, t), None), ((2, 2), (t, s), at), ((2,), (s + t,), at),
            ((2, 2), (0, t), at), ((2,), (s,), at + t),
        ):  # fmt: skip
            y = vmap(lambda b: b.as_strided(size, stride, offset))(a)  # noqa: B023
            say(y, y.stride(), y._base is x)
            say(vmap(lambda b: b.as_strided(size, stride, offset), -1)(a.movedim(0, -1)))  # noqa: B023
            f = lambda b: b.as_strided(size, stride, offset).pow(2).sum()  # noqa: B023, E731
            say(vmap(grad(f))(a))
    y = vmap(vmap(lambda b: b.as_strided((2, 2), (4, 1))), 1)(x)
    say(y.shape, y._base is x, y.sum())
    wrong = (((1, 1, 1), (1, 1), None), ((3,), (4,), 5), ((4, 4), (4, 1), 0), ((3,), (1,), 200))
    for size, stride, offset in wrong:
        say.fails(vmap(lambda b: b.as_strided(size, stride, offset)), x[0])  # noqa: B023
    say.fails(vmap(lambda b: b.as_strided((3,), (1,))), torch.ones(5, 0, 3))


@case
def vmap_writes_come_out(torch, say):
    from torch.func import vmap

    x = grid(torch, 2, 3, 4)
    for f in (torch.sin_, lambda a: a[0].mul_(2), lambda a: a.t().add_(a.t()[0].clone()),
              lambda a: a.diagonal().fill_(9), lambda a: a.zero_()):  # fmt: skip
        for d in (0, 1, 2):
            y = x.clone()
            r = vmap(f, d)(y)
            say(y, r, r is y, r._base is y, y._version > 0)
    y = x.clone()
    say(vmap(vmap(torch.Tensor.atan2_), (2, 0))(y, grid(torch, 4, 2, 3)).shape, y)
    for f in (lambda a: a.t_(), lambda a: a.unsqueeze_(0), lambda a: a.transpose_(0, 1).mul_(2)):
        y = x.clone()
        r = vmap(f)(y)
        say(y, r is y)
        say(vmap(f, -1)(x.clone()))
    mean, var = torch.zeros(2, 3), torch.ones(2, 3)
    norm = torch.nn.functional.batch_norm
    say(vmap(lambda a, m, v: norm(a, m, v, training=True))(torch.ones(2, 4, 3), mean, var).shape)
    say(mean, var)
    y = torch.zeros(3).expand(2, 3)
    say.fails(vmap(lambda a: a.add_(1)), y)
    say(vmap(lambda a: torch.stack([a, a]).fill_diagonal_(9))(grid(torch, 3, 2)))


@case
def vmap_kept_from_inside(torch, say):
    from torch.func import vmap

    kept = []
    vmap(lambda a: kept.append(a) or a * 2)(torch.ones(3, 2))
    (a,) = kept
    say(a.shape, a.dim(), a.requires_grad, a.stride())
    for f in (torch.sin, lambda a: a.sin_(), lambda a: a.mul_(1), lambda a: a + 1, torch.sum,
              lambda a: a.view(-1), lambda a: a[0], torch.clone, torch.t, lambda a: a > 0,
              lambda a: a @ a, lambda a: a.amax(), lambda a: torch.ones(2) + a):  # fmt: skip
        say.fails(f, a)
    x = grid(torch, 2, 3).requires_grad_()
    y = vmap(lambda a: (a * a).sin())(x)
    say(torch.autograd.grad(y.sum(), x, create_graph=True))


@case
def vmap_in_other_modes(torch, say):
    from torch.func import grad, vmap

    x = grid(torch, 2, 3)
    with torch.inference_mode():
        y = x * 1
        for f in (lambda a: a * 2, lambda a: a[1:], lambda a: a.mul_(2), lambda a: a):
            r = vmap(f)(y)
            say(r, r.is_inference(), y)
        say(vmap(lambda a: a[1:])(x).is_inference(), vmap(lambda a: a + 1)(x).is_inference())
    say.fails(vmap(lambda a: a.add_(1)), y)
    p = torch.nn.Parameter(x)
    for f in (lambda a: a, lambda a: a[1:], lambda a: a * 2):
        say(type(vmap(f)(p)), vmap(f)(p))
    z = x.clone()
    vmap(lambda a: a[1:])(z).zero_()
    say(z, vmap(lambda a, b: a.add_(b))(z, z), z)
    leaf = x.clone().requires_grad_()
    y = leaf * 1
    vmap(lambda a: (a[0], a[1:]))(y)[1].mul_(2)
    say(torch.autograd.grad(y.sum(), leaf))
    say(vmap(lambda a: grad(lambda b: (b.sum(), b[1:]), has_aux=True)(a))(leaf))
