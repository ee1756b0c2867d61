"""What tensors inside transforms print, and what they say of their history."""

from func_registry import case


def _values(torch):
    return torch.tensor([1.0, 2.0, 3.0])


@case
def prints_of_gradients(torch, say):
    from torch.func import grad, jvp, vjp

    x = _values(torch)
    leaf = x.clone().requires_grad_()

    def show(a):
        for t in (a, a * 2, torch.zeros(2), a > 1, a.detach(), a * leaf, leaf, x, x * 2, x[1:]):
            say(repr(t))
        return a.sum()

    grad(show)(x)
    grad(show)(leaf)
    vjp(show, x)
    jvp(show, (x,), (x,))
    grad(lambda a: grad(show)(a).sum())(x)
    jvp(lambda a: grad(show)(a).sum(), (x,), (x,))
    say(repr(grad(show)(x)))


@case
def prints_of_batches(torch, say):
    from torch.func import grad, vmap

    x = torch.arange(6.0).reshape(2, 3)
    leaf = x.clone().requires_grad_()

    def show(a):
        for t in (a, a * 2, a.detach(), torch.zeros(2), a[None], a.sum(0)):
            say(repr(t))
        return a.sum()

    vmap(show)(x)
    vmap(show, in_dims=1)(x)
    vmap(show, in_dims=1)(leaf)
    vmap(grad(show))(x)
    grad(lambda a: vmap(show, in_dims=1)(a).sum())(x)
    vmap(vmap(show, in_dims=1), in_dims=2)(torch.arange(12.0).reshape(2, 2, 3))
    say(repr(vmap(lambda a: a, in_dims=1)(x)))


@case
def prints_of_kinds(torch, say):
    from torch.func import grad, vmap

    for dtype in (torch.float64, torch.float16, torch.bfloat16):
        x = torch.arange(8).to(dtype).reshape(4, 2)
        vmap(lambda t: (say(repr(t)), t.mean())[1])(x)
        grad(lambda t: (say(repr(t)), t.mean())[1])(x)
        vmap(grad(lambda t: (say(repr(t)), t.mean())[1]))(x)
    grad(lambda t: (say(repr(t)), t.sum())[1])(torch.zeros(0))
    grad(grad(lambda t: (say(repr(t)), t * t)[1]))(torch.tensor(2.0))


@case
def prints_of_escaped(torch, say):
    from torch.func import grad, vmap

    x, kept = _values(torch), []
    grad(lambda a: (kept.append(a), kept.append(a * 2), a.sum())[2])(x)
    for t in kept:
        say(repr(t))
    say(repr(kept[1].add_(1)))
    grad(lambda a: (say(repr(kept[0])), say(repr(kept[0] * 2)), a.sum())[2])(x)
    kept.clear()
    grad(lambda a: (kept.append(vmap(lambda b: b * 2)(a)), a.sum())[1])(x)
    say(repr(kept[0]))


@case
def prints_through_unwrap(torch, say):
    from torch.func import debug_unwrap, grad, vmap

    x = _values(torch)

    def show(a):
        say(repr(debug_unwrap(a)), repr(debug_unwrap(a, recurse=False)))
        return a.sum()

    grad(show)(x)
    vmap(show)(x[None])
    vmap(grad(show))(x[None])
    grad(lambda a: vmap(show)(a[None]).sum())(x)
    say(repr(debug_unwrap(x)))


@case
def history_inside(torch, say):
    from torch.func import grad, jvp, vmap

    x = _values(torch)
    leaf = x.clone().requires_grad_()

    def show(a):
        for t in (a, a * 2, leaf * 2, leaf, torch.zeros(2), x * 2, a.detach()):
            node = t.grad_fn
            say(t.requires_grad, t.is_leaf, None if node is None else type(node).__name__)
        return a.sum()

    grad(show)(x)
    grad(show)(leaf)
    jvp(show, (x,), (x,))
    vmap(show)(x[None])
    vmap(show)(leaf[None])
    vmap(grad(show))(x[None])
    grad(lambda a: grad(show)(a).sum())(x)
    grad(lambda a: grad(lambda b: (show(a), b.sum())[1])(x).sum())(x)
    grad(lambda a: (show(a), vmap(lambda b: b * a.sum())(x).sum())[1])(x)


@case
def hooks_inside(torch, say):
    from torch.func import grad, vjp

    x, seen = _values(torch), []

    def f(a):
        a.register_hook(lambda g: seen.append(g.shape) or g * 2)
        b = a * a
        b.register_hook(lambda g: g * 3)
        return b.sum()

    say(grad(f)(x), seen)
    out, back = vjp(f, x)
    say(out, back(torch.tensor(1.0)), seen)
    say(grad(lambda a: grad(f)(a).sum())(x), seen)
