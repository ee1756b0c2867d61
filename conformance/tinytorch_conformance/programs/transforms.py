"""Functions of functions: vmap and forward mode, alone and in each other, on any backend."""


def vmap_over_dimensions(torch):
    x, y = torch.arange(6.0).reshape(2, 3), torch.arange(6.0).reshape(3, 2) - 2
    vmap = torch.func.vmap
    return [
        vmap(torch.mul, (0, 1))(x, y),
        vmap(lambda a: (a.softmax(0), a.sum()), out_dims=(1, 0))(x),
        vmap(lambda a, b: a @ b, (0, None))(x, y),
        vmap(vmap(lambda a, b: a * b, (None, 0)), (0, None))(x[0], y[0]),
        vmap(lambda a: x[0] + 1)(y),
    ]


def vmap_of_indices(torch):
    x, i = torch.arange(24.0).reshape(3, 4, 2), torch.tensor([[0, 2], [1, 1], [3, 0]])
    vmap = torch.func.vmap
    return [
        vmap(lambda a, k: a[k])(x, i),
        vmap(lambda a, k: a[k, k % 2])(x, i),
        vmap(lambda k: x[0][k])(i),
        vmap(lambda a, k: a.index_add(0, k, a[:2]))(x, i),
        vmap(lambda a, k: a.scatter(0, k[None], 9.0))(x, i),
        vmap(lambda a, k: a.gather(0, k[None] % 2))(x, i),
    ]


def vmap_of_writes(torch):
    def shifted(a):
        z = torch.zeros_like(a)
        z[1:] = a[:-1]
        z[0].sub_(a[2])
        z.view(3, 1).mul_(2)
        return z

    x, y = torch.arange(6.0).reshape(2, 3), torch.ones(2, 3)
    out = torch.func.vmap(lambda a, b: b.add_(a))(x, y)
    return [torch.func.vmap(shifted)(x), out, y, y._version]


def per_example_gradients(torch):
    functional_call, grad, vmap = torch.func.functional_call, torch.func.grad, torch.func.vmap
    m = torch.nn.Linear(3, 2)
    p = {"weight": torch.arange(6.0).reshape(2, 3) / 6, "bias": torch.ones(2)}
    x, y = torch.arange(12.0).reshape(4, 3) / 12, torch.ones(4, 2)

    def loss(p, x, y):
        return (functional_call(m, p, (x,)).tanh() - y).pow(2).sum()

    found = vmap(grad(loss), (None, 0, 0))(p, x, y)
    return [found["weight"], found["bias"], grad(loss)(p, x, y)["bias"]]


def gradient_of_vmap(torch):
    x = torch.arange(6.0).reshape(2, 3).requires_grad_()
    w = torch.ones(3, requires_grad=True)
    y = torch.func.vmap(lambda a: (a * w).sin().sum())(x)
    y.pow(2).sum().backward()
    return [y, x.grad, w.grad]


def jacobians_both_ways(torch):
    hessian, jacfwd, jacrev = torch.func.hessian, torch.func.jacfwd, torch.func.jacrev

    def f(a):
        return a.sin() * a.sum()

    x = torch.tensor([0.1, 0.5, -0.3])
    return [jacrev(f)(x), jacfwd(f)(x), hessian(lambda a: f(a).prod())(x)]


def dual_numbers(torch):
    fw = torch.autograd.forward_ad
    x, u = torch.tensor([[0.1, 0.4], [0.3, 0.2]]), torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    with fw.dual_level():
        d = fw.make_dual(x, u)
        outs = [d.sin() * d, d @ d, d.softmax(1), d.max(0).values, d.sort(1)[0], d.t()[0], d.std(),
                torch.cat([d, x]), d.cumprod(1), d[:, [1, 0]]]  # fmt: skip
        return [t for o in outs for t in fw.unpack_dual(o)]


def dual_numbers_written(torch):
    fw = torch.autograd.forward_ad
    with fw.dual_level():
        d = fw.make_dual(torch.tensor([0.1, 0.2, 0.3]), torch.tensor([1.0, 2.0, 3.0]))
        z = torch.zeros(3)
        v, w = z[:2], z[1:]
        v.add_(d[:2])
        w.mul_(d[1:])
        z[0] = d[2]
        return [t for o in (z, v, w) for t in fw.unpack_dual(o)]


def forward_over_reverse(torch):
    grad, jvp = torch.func.grad, torch.func.jvp
    x, u = torch.tensor([0.1, 0.5, -0.3]), torch.tensor([1.0, 0.0, 2.0])
    value, product = jvp(grad(lambda a: (a.exp() * a.sin()).prod()), (x,), (u,))
    return [value, product]


def nested_levels(torch):
    grad, jvp = torch.func.grad, torch.func.jvp
    vjp, vmap = torch.func.vjp, torch.func.vmap
    x, w = torch.arange(6.0).reshape(2, 3) / 6, torch.tensor([0.1, 0.5, -0.3])
    return [
        vmap(lambda r: jvp(lambda a: (a * a).sum(), (r,), (w,))[1])(x),
        jvp(lambda t: vmap(lambda r: (r * t).sin().sum())(x), (w,), (w,))[1],
        grad(lambda y: jvp(lambda a: (a * y).sin().sum(), (w,), (w,))[1])(w),
        vmap(lambda v: vjp(torch.sin, w)[1](v)[0])(x),
        vmap(lambda r: grad(lambda a: (a * r).sum() * (a * w).sum())(w))(x),
    ]


def random_numbers_in_vmap(torch):
    x, out = torch.zeros(3, 4), []
    for how in ("same", "different"):
        torch.manual_seed(0)
        out.append(torch.func.vmap(lambda a: torch.rand(4) + a, randomness=how)(x))
        out.append(torch.func.vmap(torch.rand_like, randomness=how)(x))
    return out
