"""grad, vjp, jvp, linearize: values, nesting, aux, argnums, what is recorded outside, errors."""

from func_registry import case, grid


@case
def grads(torch, say):
    from torch.func import grad, grad_and_value

    x, w = grid(torch, 2, 3), grid(torch, 3, start=7)
    say(grad(lambda x: (x.sin() * w).sum())(x))
    say(grad(lambda x, y: (x * y).sum(), argnums=(1, 0))(w, w * 2))
    say(grad(lambda x, y: (x * y).sum(), argnums=-1)(w, w * 2))
    say(grad(lambda x, y: (x * y).sum())(w, y=w * 2))
    say(grad_and_value(lambda a: (a * a).sum())(w))
    say(grad_and_value(lambda a: ((a * a).sum(), a * 2), has_aux=True)(w))
    say(grad(lambda a: ((a * a).sum(), {"k": a * 2}), has_aux=True)(w))
    say(grad(lambda d: (d["a"] * d["b"][0]).sum())({"a": w, "b": [w, x]}))
    say(grad(lambda a: torch.ones(()))(w))
    say(grad(lambda a: (a * 0.5).float().sum())(w))


@case
def grads_nested(torch, say):
    from torch.func import grad, jvp, vjp, vmap

    x, w, s = grid(torch, 2, 3), grid(torch, 3, start=7), torch.tensor(0.3, dtype=torch.float64)
    say(grad(grad(torch.sin))(s), grad(grad(grad(torch.sin)))(s))
    say(grad(lambda a: grad(lambda b: a * b * b)(a))(s))
    say(vmap(grad(lambda r: (r.sin() * w).sum()))(x))
    say(grad(lambda x: vmap(lambda r: (r * w).sum())(x).pow(2).sum())(x))
    say(vmap(vmap(grad(lambda a: a * a * a)))(x))
    say(vmap(lambda r: jvp(lambda a: (a * a).sum(), (r,), (w,)))(x))
    say(jvp(lambda t: vmap(lambda r: (r * t).sum())(x), (w,), (w,)))
    say(jvp(grad(lambda x: x.sin().prod()), (w,), (w,)))
    say(jvp(lambda y: jvp(lambda x: (x * y).sin().sum(), (w,), (w,))[1], (w,), (w,)))
    say(grad(lambda y: jvp(lambda x: (x * y).sin().sum(), (w,), (w,))[1])(w))
    say(vjp(lambda y: vjp(lambda x: (x * y).sin(), w)[1](w)[0], w)[1](w))
    say(vmap(lambda v: vjp(torch.sin, w)[1](v)[0])(x))
    say(vmap(lambda r: grad(lambda a: (a * r).sum() * (a * w).sum())(w))(x))


@case
def grads_seen_from_outside(torch, say):
    from torch.func import grad, vjp

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    one = torch.ones(2)
    r = grad(lambda a: (a * a * a).sum())(x)
    say(r.detach(), r.requires_grad)
    r.sum().backward()
    say(x.grad)
    r = grad(lambda a: (a * x).sum())(one)
    say(r.requires_grad)
    r.sum().backward()
    say(x.grad, one.grad, one.requires_grad)
    say(grad(lambda a: (a * a).sum())(one).requires_grad)
    say(vjp(lambda a: a * a, one)[0].requires_grad, vjp(lambda a: a * a, x)[0].requires_grad)
    with torch.no_grad():
        r = grad(lambda a: (a * a).sum())(x)
        say(r, r.requires_grad)
    say(grad(lambda a: (torch.no_grad()(lambda: a * a)() * a).sum())(one))
    seen = []
    grad(lambda a: seen.append((a.requires_grad, a.is_leaf, a.grad_fn)) or a.sum())(x)
    say(seen)


@case
def grads_of_writes(torch, say):
    from torch.func import grad, jvp, vmap

    x = grid(torch, 2, 3)

    def on_input(a):
        a.mul_(2)
        return a.sum()

    def on_view(a):
        b = a.clone()
        b[0].mul_(2)
        return (b * b).sum()

    def on_base(a):
        b = a.clone()
        c = b[0]
        b.sin_()
        return c.sum()

    say.fails(grad(on_input), x)
    for f in (on_view, on_base):
        say(grad(f)(x), vmap(grad(f))(x), jvp(f, (x,), (x,)), vmap(f)(x))


@case
def vjps(torch, say):
    from torch.func import vjp

    x, w = grid(torch, 2, 3), grid(torch, 3, start=7)
    out, pull = vjp(lambda x: (x.sin(), {"a": x.sum()}), x)
    say(sorted(out[1]), pull((x, {"a": torch.tensor(1.0, dtype=torch.float64)})))
    say(pull((x, {"a": torch.tensor(2.0, dtype=torch.float64)})))
    out, pull, aux = vjp(lambda a, b: (a * b, a + b), w, w, has_aux=True)
    say(out, aux, pull(w))
    say.fails(vjp, lambda a: 1, x)
    say.fails(vjp, lambda a: (a.sum(), 3), x, has_aux=True)
    say.fails(vjp, lambda a: a.sum(), x, has_aux=True)
    say.fails(vjp, lambda a: a, 1)
    _, pull = vjp(lambda a: (a, a), x)
    say.fails(pull, x)
    say(pull((x, x)))
    _, pull = vjp(lambda a: a, x)
    say.fails(pull, torch.ones(2))


@case
def jvps(torch, say):
    from torch.func import jvp

    x, w = grid(torch, 2, 3), grid(torch, 3, start=7)
    say(jvp(lambda x: x.sin() * w, (x,), (x,)))
    say(jvp(lambda a, b: {"p": a * b, "q": [a]}, (w, w), (w, w + 1)))
    say(jvp(lambda a: (a.sum(), a), (w,), (w,), has_aux=True))
    say(jvp(lambda a: w.sum(), (w,), (w,)))
    say.fails(jvp, lambda a: w.sum(), (w,), (w,), strict=True)
    say.fails(jvp, lambda a: a, x, x)
    say.fails(jvp, lambda a: a, (x,), x)
    say.fails(jvp, lambda a: a, (x,), (x, x))
    say.fails(jvp, lambda a: a, (x,), (1,))
    say.fails(jvp, lambda a: a, (1,), (1,))
    say.fails(jvp, lambda a: a, (x,), (torch.ones(2),))
    say.fails(jvp, lambda a: a, (), ())
    say.fails(jvp, lambda a: 1, (x,), (x,))
    say.fails(jvp, lambda a: a.sum(), (x,), (x,), has_aux=True)


@case
def linearized(torch, say):
    from torch.func import linearize

    w = grid(torch, 3, start=7)
    out, push = linearize(lambda a, b: (a * b).sin(), w, w * 2)
    say(out, push(w, w), push(w, w * 0))
    out, push = linearize(lambda a: {"k": a.exp(), "l": a.sum()}, w)
    say(push(w))
    say.fails(push, torch.ones(2, dtype=torch.float64))
    say.fails(push, w.float())
    say.fails(push, w, w)


@case
def refusals(torch, say):
    from torch.func import grad, grad_and_value

    x = grid(torch, 2, 3)
    say.fails(grad(lambda a: a), x)
    say.fails(grad(lambda a: 1), x)
    say.fails(grad(lambda a: (a.sum(), 1)), x)
    say.fails(grad(lambda a: a.sum(), has_aux=True), x)
    say.fails(grad(lambda a: (a.sum(), 1), has_aux=True), x)
    say.fails(grad(lambda a: (a.sum(), a, 3), has_aux=True), x)
    for argnums in (1, (), "a", (0, 0), (0, 5), -2, 0.0, [0]):
        say.fails(grad(lambda a: a.sum(), argnums=argnums), x)
    say.fails(grad(lambda a: a.sum()), 1)
    say.fails(grad(lambda a: a.sum()))
    say.fails(grad(lambda a: a.sum()), torch.ones(2, dtype=torch.long))
    say.fails(grad(lambda a: a.sum().to(torch.cfloat)), x)
    say.fails(grad_and_value(lambda a: a), x)
    say.fails(grad(lambda a: a.sum().backward()), x)


def functions(torch):
    """Custom Functions of every kind."""

    class Old(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    class Plain(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x * 2

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 2 + x * 0

    class Generated(Plain):
        generate_vmap_rule = True

        @staticmethod
        def jvp(ctx, t):
            return t * 2

    class Both(Generated):
        @staticmethod
        def vmap(info, in_dims, x):
            return x * 2, 0

    class Own(Plain):
        @staticmethod
        def vmap(info, in_dims, x):
            return Plain.apply(x) * info.batch_size, in_dims[0]

    class NoDims(Plain):
        @staticmethod
        def vmap(info, in_dims, x):
            return x * 2

    return Old, Plain, Generated, Both, Own, NoDims


@case
def functions_transformed(torch, say):
    from torch.func import grad, jacrev, jvp, vmap

    x, w = grid(torch, 2, 3), grid(torch, 3, start=7)
    for F in functions(torch):
        say(F.__name__)
        say.fails(grad(lambda a, F=F: F.apply(a).sum()), w)
        say.fails(vmap(F.apply), x)
        say.fails(vmap(F.apply, in_dims=None), x) if F.__name__ == "Own" else None
        say.fails(jvp, lambda a, F=F: F.apply(a).sum(), (w,), (w,))
    _, _, G, _, Own, _ = functions(torch)
    say(vmap(grad(lambda r: G.apply(r).pow(2).sum()))(x))
    say(grad(lambda x: vmap(G.apply)(x).pow(2).sum())(x))
    say(jacrev(lambda r: G.apply(r) * r)(w))
    say(grad(grad(lambda s: G.apply(s) * s * s))(w[0]))
    say(grad(lambda x: vmap(Own.apply)(x).sum())(x))


@case
def refused_inside(torch, say):
    from torch.func import grad, jvp, vmap

    x, w = grid(torch, 2, 3), grid(torch, 3, start=7)
    graph = torch.autograd.graph

    def hooked(a):
        with graph.saved_tensors_hooks(lambda t: t, lambda t: t):
            return (a * a).sum()

    def retained(a):
        b = a * 2
        b.retain_grad()
        return b.sum()

    def watched(a):
        b = a * 2
        b.register_hook(lambda g: g * 5)
        return b.sum()

    say.fails(grad(lambda a: a.clone().requires_grad_().sum()), w)
    say.fails(vmap(lambda a: a.clone().requires_grad_().sum()), x)
    say.fails(grad(retained), w)
    say(grad(watched)(w), vmap(grad(watched))(x))
    say.fails(grad(hooked), w)
    say(vmap(hooked)(x), jvp(hooked, (w,), (w,)))
    hvp = torch.autograd.functional.hvp
    say.fails(grad(lambda a: hvp(lambda b: (b**3).sum(), a, a)[1].sum()), w)
    say.fails(vmap(lambda a: torch.autograd.functional.jacobian(lambda b: b**2, a)), x)
    for f in (
        torch.equal, torch.allclose, lambda a, b: torch.abs(a, out=b), lambda a, b: a.tolist(),
        lambda a, b: float(a[0]), lambda a, b: a.data * 2, lambda a, b: a.numpy(),
    ):  # fmt: skip
        say.fails(vmap(f), x, x)
    say(vmap(lambda a: a.detach() * 2)(x), grad(lambda a: a.detach().sum() + a.sum())(w))
    say(grad(lambda a: a.sum() if a[0] > 0 else -a.sum())(w))
    say(grad(lambda a: a * a.item())(w[0]), grad(lambda a: torch.tensor(a[0].item()) * a[1])(w))


@case
def networks_transformed(torch, say):
    from torch.func import grad, hessian, jacrev, vmap

    F = torch.nn.functional
    x, w = grid(torch, 2, 3), grid(torch, 2)
    t, k = torch.tensor([1, 2]), grid(torch, 1, 1, 2)
    say(vmap(lambda a, c: F.cross_entropy(a, c))(x, t), vmap(lambda c: F.embedding(c, x))(t % 2))
    say(vmap(lambda a: F.layer_norm(a, (3,)))(x), vmap(lambda a: F.one_hot(a.argmax(), 3))(x))
    say(vmap(lambda a: F.conv1d(a[None, None], k))(x), vmap(lambda a: F.pad(a, (1, 1)))(x))
    say(vmap(grad(lambda k, a: F.conv1d(a[None, None], k).sum()), (None, 0))(k, x))
    say(
        vmap(lambda a: F.max_pool1d(a[None, None], 2))(x),
        vmap(lambda a: torch.einsum("i,j->ij", a, w))(x),
    )
    p = {"a": grid(torch, 4, 3), "b": grid(torch, 4, start=2), "c": grid(torch, 1, 4)}

    def net(p, a):
        return F.linear(F.linear(a, p["a"], p["b"]).tanh(), p["c"]).squeeze(-1)

    per_example = vmap(grad(lambda p, a, y: (net(p, a) - y).pow(2)), (None, 0, 0))
    say(sorted(per_example(p, x, w).items()))
    say(hessian(lambda p: net(p, x).pow(2).sum())(p)["c"]["b"])
    jac = vmap(jacrev(net), (None, 0))(p, x)
    say(sum(torch.einsum("Nf,Mf->NM", j.flatten(1), j.flatten(1)) for j in jac.values()))
