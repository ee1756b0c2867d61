"""vmap: dimensions, structures, writes, indices, random numbers, errors, printing."""

from func_registry import case, grid


@case
def vmap_dims(torch, say):
    from torch.func import vmap

    x, y = grid(torch, 2, 3), grid(torch, 3, 2, start=9)
    say(vmap(torch.mul, (0, 1))(x, y), vmap(torch.mul, (0, None))(x, y[:, 0]))
    say(vmap(lambda a: a * 2, -1, -1)(x), vmap(lambda a: (a, a.sum()), out_dims=(1, 0))(x))
    say(vmap(lambda a: x)(x).shape, vmap(lambda a: x.sum(), out_dims=None)(x))
    say(vmap(lambda d: {"s": d["a"] + d["b"][0]}, ({"a": 0, "b": [1, None]},))(
        {"a": x, "b": [y, 3]}))  # fmt: skip
    say(vmap(lambda a, k=None: a * k)(x, k=torch.ones(3)))
    say(vmap(lambda a: [a, (a * 2, {"k": a})], out_dims=[0, (1, {"k": 1})])(x))
    say(vmap(vmap(lambda a, b: a * b, (None, 0)), (0, None))(x, y.t()[0]))
    say(vmap(lambda a: vmap(lambda b: a)(y))(x).shape)
    say(torch.vmap(torch.sum)(x), torch.vmap(lambda a: a.T @ a)(grid(torch, 2, 2, 2)))
    say(vmap(lambda a: a.sum(), chunk_size=1)(x), vmap(torch.sin, chunk_size=5)(x))


@case
def vmap_inside(torch, say):
    from torch.func import vmap

    x = grid(torch, 2, 3, 4)
    seen = []

    def f(a):
        seen.append((tuple(a.shape), a.dim(), a.size(0), len(a), a.numel(), str(a.dtype),
                     str(a.device), a.is_leaf, a.requires_grad, a.is_floating_point()))  # fmt: skip
        return a

    vmap(f)(x)
    vmap(f, 2)(x)
    vmap(vmap(f), 1)(x)
    say(seen)
    vmap(lambda a: say(repr(a)) or a)(torch.ones(2, 2))
    vmap(vmap(lambda a: say(repr(a)) or a))(torch.ones(2, 2))


@case
def vmap_writes(torch, say):
    from torch.func import vmap

    x = grid(torch, 2, 3)
    y = torch.zeros(2, 3, dtype=torch.float64)
    say(vmap(lambda a, b: b.add_(a))(x, y), y, y._version)

    def f(a):
        z = torch.zeros_like(a)
        z[1:] = a[:-1]
        z[0].sub_(a[2])
        v = z.view(3, 1)
        v.mul_(2)
        return z

    say(vmap(f)(x), vmap(f, 1)(grid(torch, 3, 2)))
    say(vmap(lambda a: a.new_zeros(3).copy_(a))(x), vmap(lambda a: a.clone().fill_(2.0))(x))
    say.fails(vmap(lambda a: torch.zeros(3, dtype=torch.float64).copy_(a)), x)

    def captured(a):
        z = torch.zeros(3, dtype=torch.float64)
        z[0] = a[0]
        return z

    def indexed(a):
        z = torch.zeros(3, dtype=torch.float64)
        z[torch.tensor([0])] = a[:1]
        return z

    say.fails(vmap(captured), x)
    say.fails(vmap(indexed), x)


@case
def vmap_indices(torch, say):
    from torch.func import vmap

    x, i = grid(torch, 3, 4, 2), torch.tensor([[0, 2], [1, 1], [3, 0]])
    say(vmap(lambda a, k: a[k])(x, i), vmap(lambda a, k: a[:, k[0] % 2])(x, i))
    say(vmap(lambda a, k: a[k, k % 2])(x, i), vmap(lambda k: x[0][k])(i))
    say(
        vmap(lambda a, k: a[k[0]])(x, i),
        vmap(lambda a: a[[0, 2]])(x),
        vmap(lambda a: a[1:, None])(x),
    )
    say(vmap(lambda a, k: a.index_select(0, k))(x, i), vmap(lambda a, k: a.take(k))(x, i))
    say(vmap(lambda a, k: a.gather(0, k[None] % 2))(x, i))
    say(vmap(lambda a, k: a.scatter(0, k[None], 9.0))(x, i))
    say(vmap(lambda a, k: a.index_add(0, k, a[:2]))(x, i))
    say(vmap(lambda a, k: a.index_put((k,), a[:2]))(x, i))
    say(vmap(lambda a: torch.where(a > 1, a, 0.0))(x), vmap(lambda a: a.masked_fill(a > 1, 0.0))(x))


@case
def vmap_refusals(torch, say):
    from torch.func import vmap

    x = grid(torch, 3, 4)
    for in_dims in (None, (), 5, "a", (0, 0), ({"a": 0},), ("a",)):
        say.fails(vmap(lambda a: a, in_dims=in_dims), x)
    say.fails(vmap(lambda a, b: a), x, torch.ones(2))
    say.fails(vmap(lambda a: a), 3)
    say.fails(vmap(lambda a: a))
    say.fails(vmap(lambda a: a, (None,)), x)
    say.fails(vmap(lambda a: a.sum()), torch.ones(()))
    say.fails(vmap(lambda a: a, in_dims=({"a": 0},)), [x])
    for out in (lambda a: 1, lambda a: (a, "k"), lambda a: None):
        say.fails(vmap(out), x)
    for out_dims in ((0, 1), 3, -4, None, "lol", ("lol",)):
        say.fails(vmap(lambda a: a, out_dims=out_dims), x)
    say.fails(vmap(lambda a: (a, a), out_dims=(0,)), x)
    say.fails(vmap, lambda a: a, randomness="foo")
    say.fails(vmap, lambda a: a, chunk_size=0)
    say.fails(vmap(lambda a: a.sum().item()), x)
    say.fails(vmap(lambda a: a if a.sum() > 0 else -a), x)
    say.fails(vmap(lambda a: a.nonzero()), x)
    say.fails(vmap(lambda a: a[a > 0]), x)
    say.fails(vmap(lambda a: a.sum().backward()), x)
    say.fails(vmap(functional), x)


def functional(a):
    raise ValueError("from the function")


@case
def vmap_of_random_numbers(torch, say):
    from torch.func import jacfwd, vmap

    F = torch.nn.functional
    x = torch.tensor([[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8], [0.9, 0.1, 0.2, 0.3]])
    ops = {
        "rand": lambda a: torch.rand(4) + a * 0, "randn": lambda a: torch.randn(4),
        "randint": lambda a: torch.randint(0, 10, (4,)), "randperm": lambda a: torch.randperm(5),
        "rand_like": torch.rand_like, "bernoulli": torch.bernoulli,
        "bernoulli_unbatched": lambda a: torch.bernoulli(x[0]),
        "uniform_": lambda a: torch.zeros_like(a).uniform_(),
        "unbatched_": lambda a: torch.zeros(4).uniform_(),
        "bernoulli_": lambda a: torch.zeros_like(a).bernoulli_(0.5),
        "bernoulli_with": lambda a: torch.zeros_like(a).bernoulli_(a),
        "dropout": lambda a: F.dropout(a, 0.5), "unbatched": lambda a: F.dropout(x[0], 0.5),
        "evaluating": lambda a: F.dropout(a, 0.5, training=False),
        "multinomial": lambda a: torch.multinomial(a, 2), "poisson": torch.poisson,
        "normal": lambda a: torch.normal(a, 1.0),
    }  # fmt: skip
    for randomness in ("error", "same", "different"):
        for name, f in ops.items():
            torch.manual_seed(0)
            say(randomness, name)
            say.fails(vmap(f, randomness=randomness), x)
    for inner in ("same", "different"):
        for outer in ("same", "different"):
            torch.manual_seed(0)
            f = vmap(lambda a: torch.rand(2) + a * 0, randomness=inner)
            say(inner, outer, vmap(f, randomness=outer)(x[:2, :2]))
    for randomness in ("same", "different"):
        torch.manual_seed(0)
        say(vmap(lambda a: torch.rand(2), randomness=randomness, chunk_size=2)(x))
    torch.manual_seed(0)
    say(jacfwd(lambda a: torch.rand(4) * a, randomness="same")(x[0]))
    say.fails(jacfwd(lambda a: torch.rand(4) * a), x[0])
