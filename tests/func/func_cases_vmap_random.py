"""Random numbers inside vmap: in the order of the memory outside, for every kind of draw."""

from func_registry import case


def image(torch, where):
    """Ones, of which a vmap hides dimension ``where``."""
    shape = [2, 3]
    if where is not None:
        shape.insert(where % 3, 4)
    return torch.ones(shape)


def drawn(torch, say, f, *where, randomness="different"):
    from torch.func import vmap

    for seed in (None, 7):
        gen = None if seed is None else torch.Generator().manual_seed(seed)
        torch.manual_seed(3)
        args = [image(torch, w) for w in where]
        say(where, randomness)
        run = vmap(lambda *a: f(*a[:-1], generator=gen), (*where, 0), randomness=randomness)  # noqa: B023
        say.fails(run, *args, torch.ones(4))


PLACES = (0, 1, -1, None)


@case
def vmap_draws_like_a_tensor(torch, say):
    ops = (lambda a, generator: torch.rand_like(a), lambda a, generator: torch.randn_like(a),
           lambda a, generator: torch.randint_like(a, 9),
           lambda a, generator: torch.randint_like(a, 3, 9),
           lambda a, generator: torch.rand_like(a.t()),
           lambda a, generator: torch.bernoulli(a, 0.4, generator=generator))  # fmt: skip
    for where in PLACES:
        for f in ops:
            drawn(torch, say, f, where)
            if where is not None:
                drawn(torch, say, f, where, randomness="same")


@case
def vmap_draws_in_place(torch, say):
    ops = (lambda a, generator: a.random_(9, generator=generator),
           lambda a, generator: a.normal_(generator=generator),
           lambda a, generator: a.bernoulli_(0.3, generator=generator),
           lambda a, generator: a.exponential_(generator=generator),
           lambda a, generator: a.geometric_(0.3, generator=generator),
           lambda a, generator: a.uniform_(generator=generator),
           lambda a, generator: a.t()[1:].uniform_(generator=generator))  # fmt: skip
    for where in PLACES:
        for f in ops:
            drawn(torch, say, f, where)
            drawn(torch, say, f, where, randomness="same")
    for where in PLACES:
        for other in PLACES:
            f = lambda a, p, generator: a.bernoulli_(p * 0.5, generator=generator)  # noqa: E731
            drawn(torch, say, f, where, other)
            drawn(torch, say, f, where, other, randomness="same")


@case
def vmap_draws_from_values(torch, say):
    ops = (lambda a, generator: torch.normal(a, 1.0, generator=generator),
           lambda a, generator: torch.normal(0.0, a, generator=generator),
           lambda a, generator: torch.bernoulli(a * 0.5, generator=generator),
           lambda a, generator: torch.poisson(a * 3, generator=generator),
           lambda a, generator: torch.multinomial(a, 2, generator=generator),
           lambda a, generator: torch.multinomial(a[0], 2, generator=generator),
           lambda a, generator: torch.normal(0.0, 1.0, (2,), generator=generator),
           lambda a, generator: torch.normal(mean=a, std=a, generator=generator),
           lambda a, generator: torch.randperm(4, generator=generator))  # fmt: skip
    for where in PLACES:
        for f in ops:
            drawn(torch, say, f, where)
            drawn(torch, say, f, where, randomness="same")


@case
def vmap_drops_out(torch, say):
    from torch.func import vmap

    F = torch.nn.functional
    for where in PLACES:
        x = torch.ones(2, 3, 2, 2)
        x = x if where is None else torch.ones([4, 2, 3, 2, 2]).movedim(0, where)
        for f in (F.dropout, F.dropout2d, F.alpha_dropout, F.feature_alpha_dropout):
            for randomness in ("same", "different"):
                torch.manual_seed(0)
                run = vmap(lambda a, b: f(a, training=True), (where, 0), randomness=randomness)  # noqa: B023
                say(run(x, torch.ones(4)))


@case
def vmap_draws_in_nested_vmaps(torch, say):
    from torch.func import vmap

    for randomness in ("same", "different"):
        for f in (torch.rand_like, lambda a: a.uniform_(), lambda a: torch.rand(2),
                  torch.bernoulli, lambda a: torch.normal(a, 1.0)):  # fmt: skip
            for d in (0, 2):
                torch.manual_seed(0)
                g = vmap(vmap(f, 1, randomness=randomness), d, randomness=randomness)
                say.fails(g, torch.full((2, 2, 2), 0.5))


@case
def draws_along_memory(torch, say):
    x = torch.ones(3, 2)
    for y in (x.t(), x[0].expand(4, 2), x.t().expand(2, 2, 3), x[:, :1].expand(3, 2), x[::2]):
        for f in (torch.rand_like, lambda a: torch.bernoulli(a, 0.4), torch.bernoulli,
                  lambda a: torch.normal(a * 0, 1.0), lambda a: torch.poisson(a * 4)):  # fmt: skip
            torch.manual_seed(0)
            r = f(y * 0.5 if f is torch.bernoulli else y)
            say(r)
