"""Programs of random calls; each takes the module (tinytorch or torch) and yields what it drew."""

SAMPLERS = [
    ("normal_", (1.0, 2.0)), ("uniform_", (-1, 1)), ("random_", ()), ("random_", (7,)),
    ("random_", (3, 9)), ("exponential_", ()), ("geometric_", (0.3,)), ("cauchy_", ()),
    ("log_normal_", ()), ("bernoulli_", (0.3,)), ("bernoulli_", ()),
]  # fmt: skip


def factories(t):
    yield t.randn(3)
    yield t.rand(2, 3)
    yield t.randint(10, (4,))
    yield t.randint(-5, 7, (4,), dtype=t.int32)
    yield t.randint(high=10, size=(2,))
    yield t.randint(3, high=10, size=(2,))
    yield t.randperm(9)
    yield t.randn(40)
    yield t.randn(3, dtype=t.float16)
    yield t.rand(5, dtype=t.bfloat16)
    yield t.randn(17, dtype=t.float64)
    yield t.view_as_real(t.randn(3, dtype=t.complex64))
    yield t.rand(())
    yield t.rand([2, 2])
    yield t.rand(0, 3)
    yield t.rand(2, requires_grad=True)


def likes(t):
    x = t.zeros(3, 4)
    yield t.rand_like(x)
    yield t.randn_like(x)
    yield t.randint_like(x, 5)
    yield t.randint_like(x, 2, 5)
    yield t.rand_like(x.t())
    yield t.randn_like(t.zeros(5, 7).t())
    yield t.randn_like(t.zeros(2, 3, 4).permute(2, 0, 1))


def from_values(t):
    yield t.normal(2.0, 3.0, (2, 2))
    yield t.normal(t.arange(4.0), 1.0)
    yield t.normal(0.0, t.arange(1.0, 5.0))
    yield t.normal(t.arange(4.0), t.ones(2, 4))
    yield t.bernoulli(t.rand(3, 3))
    yield t.bernoulli(t.zeros(3), 0.5)
    yield t.rand(3).bernoulli()
    yield t.bernoulli(t.rand(4, 5).t())
    yield t.multinomial(t.tensor([0.1, 0.2, 0.7]), 2)
    yield t.multinomial(t.ones(2, 5), 4, replacement=True)
    yield t.multinomial(t.rand(4, 3).t(), 2)
    yield t.poisson(t.rand(4) * 5)
    yield t.poisson(t.rand(4, 5).t() * 4)
    yield t.binomial(t.full((3,), 10.0), t.full((3,), 0.4))
    yield t._standard_gamma(t.rand(3) + 0.5)


def in_place(t):
    for name, args in SAMPLERS:
        for view in (lambda x: x, lambda x: x.t(), lambda x: x[:, 1:3],
                     lambda x: x.permute(1, 0)[::2]):  # fmt: skip
            x = t.zeros(6, 5)
            y = view(x)
            assert getattr(y, name)(*args) is y
            yield x
    x = t.zeros(4, 4)
    x.t().bernoulli_(t.arange(16.0).reshape(4, 4) / 16)
    yield x
    yield t.empty(3).uniform_(**{"from": 1.0, "to": 2.0})
    yield t.empty(3).random_(5, **{"to": 9})


def generators(t):
    g = t.Generator()
    yield t.rand(2, generator=g)
    assert g.manual_seed(5) is g
    yield t.randn(3, generator=g)
    state = g.get_state()
    yield t.rand(2, generator=g)
    g.set_state(state)
    yield t.rand(2, generator=g)
    yield g.get_state()
    yield t.randn(3, 3, generator=g.clone_state())
    with t.random.fork_rng():
        yield t.rand(2)
    yield t.rand(2)
    before = t.get_rng_state()
    yield t.rand(1)
    t.set_rng_state(before)
    yield t.rand(1)
    yield t.tensor([t.initial_seed(), g.initial_seed()])


def into(t):
    out = t.zeros(3, 4)
    t.rand(3, 4, out=out)
    yield out
    t.randn(4, 3, out=out.t())
    yield out
    yield t.randperm(5, out=t.zeros(5, dtype=t.int64))


PROGRAMS = [factories, likes, from_values, in_place, generators, into]
REFUSED = [
    "torch.rand(-1)", "torch.manual_seed('a')", "torch.manual_seed(2**65)",
    "torch.Generator().manual_seed(1.5)", "torch.set_rng_state(torch.zeros(3))",
    "torch.set_rng_state(torch.zeros(3, dtype=torch.uint8))", "torch.set_rng_state(3)",
    "torch.randint(3, 3, (2,))", "torch.normal(0., -1., (2,))", "torch.rand(2, dtype=torch.int64)",
    "torch.randn(2, dtype=torch.int64)", "torch.normal(torch.arange(3), 1.)",
    "torch.bernoulli(torch.arange(3))", "torch.randint(3, 2)", "torch.rand('a')",
    "torch.randperm(2.5)", "torch.randn(2, 3.5)", "torch.bernoulli(torch.tensor([2.]))",
    "torch.normal(torch.zeros(2), torch.tensor(-1.))", "torch.rand_like(torch.arange(3))",
    "torch.ones(3, requires_grad=True).normal_()", "torch.zeros(3).geometric_(2.)",
]  # fmt: skip


def drawn(t, program, seed=0):
    """[(dtype name, shape, flat values)] of a program under a seed."""
    t.manual_seed(seed)
    return [
        [str(x.dtype), list(x.shape), x.detach().to(t.float64).reshape(-1).tolist()]
        for x in program(t)
    ]


def refusal(t, text):
    try:
        return str(eval(text, {"torch": t}))
    except Exception as e:
        return f"{type(e).__name__}: {str(e).splitlines()[0]}"
