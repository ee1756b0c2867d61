"""What vmap refuses, and in which words: shapes that depend on values, writes, products, places."""

from func_registry import case, grid


@case
def vmap_shapes_that_depend_on_values(torch, say):
    from torch.func import vmap

    one_hot = torch.nn.functional.one_hot
    x = torch.tensor([[1.0, 0.0, 3.0], [0.0, 2.0, 5.0]])
    mask = x > 0
    for f in (torch.nonzero, lambda a: a.nonzero(as_tuple=True), torch.where, torch.unique,
              lambda a: torch.unique(a, dim=0), torch.unique_consecutive,
              lambda a: torch.masked_select(a, a > 0), lambda a: torch.masked_select(x[0], a > 0),
              lambda a: a[a > 0], lambda a: x[0][a > 0], lambda a: one_hot(a.long()),
              lambda a: torch.is_nonzero(a[0]), lambda a: torch.equal(a, a[:1]),
              lambda a: torch.allclose(a, a), lambda a: a.data_ptr(),
              lambda a: a.narrow(0, a[0].long(), 1), lambda a: torch.tensor_split(a, a.long()),
              lambda a: torch.repeat_interleave(a, a.long()), torch.bincount,
              lambda a: torch.bincount(a.long()), lambda a: torch.histc(a, 0),
              lambda a: setattr(a, "data", torch.ones(3)), lambda a: a.data):  # fmt: skip
        say.fails(vmap(f), x)
    for f in (lambda a: a[mask[0]], lambda a: torch.masked_select(a, mask[0]), torch.argwhere,
              lambda a: one_hot(a.long(), 6), lambda a: torch.repeat_interleave(a, 2),
              lambda a: torch.histc(a, 3, 0, 5), lambda a: tuple(torch.histogram(a, 2)),
              lambda a: torch.linspace(a[0], a[2], 4), lambda a: torch.logspace(0, a[1], 3),
              lambda a: torch.linspace(a[0], 7, 3, dtype=torch.int64)):  # fmt: skip
        say(vmap(f)(x), vmap(f, 1)(x.t()))
    say(vmap(vmap(lambda a: torch.histc(a, 2, 0, 5)))(torch.stack([x, x + 1])))
    say.fails(vmap(torch.argwhere), torch.tensor([[1, 0], [1, 1]]))
    say.fails(vmap(torch.bincount), torch.ones(0, 2).long())


@case
def vmap_writes_it_refuses(torch, say):
    from torch.func import vmap

    k = torch.tensor([0, 1, 2])
    writes = {
        "add_": (), "sub_": (), "mul_": (), "div_": (), "atan2_": (), "copysign_": (), "pow_": (),
        "fmod_": (), "eq_": (), "xlogy_": (), "copy_": (), "clamp_min_": (), "logical_and_": (),
        "hypot_": (), "floor_divide_": (), "remainder_": (), "nextafter_": (), "__iadd__": (),
        "index_add_": (0, k), "index_copy_": (0, k), "scatter_add_": (0, k), "scatter_": (0, k),
        "put_": (k,), "index_put_": ((k,),),
    }  # fmt: skip
    v = torch.ones(2, 3)
    for name, args in writes.items():
        say(name)
        say.fails(vmap(lambda a: getattr(torch.zeros(3), name)(*args, a)), v)  # noqa: B023
    others = (
        lambda a: torch.zeros(3).addcmul_(a, a), lambda a: torch.zeros(3).lerp_(a, 0.5),
        lambda a: torch.zeros(3).masked_fill_(a > 0, 1), lambda a: torch.zeros(3).clamp_(min=a),
        lambda a: torch.zeros(3).index_fill_(0, a.long(), 1.0),
        lambda a: torch.zeros(3).fill_(a[0]),
        lambda a: torch.zeros(3, 3).addmm_(a[:, None], a[None]),
        lambda a: torch.zeros(3).masked_scatter_(a > 0, a),
        lambda a: torch.zeros(3).long().bitwise_and_(a.long()),
        lambda a: torch.zeros(3).__setitem__(0, a[0]),
        lambda a: torch.zeros(3).__setitem__(slice(0, 2), a[:2]),
        lambda a: torch.zeros(3).__setitem__(torch.tensor([0]), a[0]),
        lambda a: torch.zeros(3).__setitem__(a.long(), 1.0),
        lambda a: torch.nn.functional.batch_norm(a[None], torch.zeros(3), a, training=True),
    )  # fmt: skip
    for f in others:
        say.fails(vmap(f), v)
    for name in ("mul_", "pow_", "index_add_"):
        args = writes[name]
        inner = lambda w: vmap(lambda a: getattr(w, name)(*args, a))(torch.ones(4, 3))  # noqa: B023, E731
        say.fails(vmap(inner), v.clone())
    say.fails(vmap(lambda a: torch.abs(a, out=a)), v)
    say.fails(vmap(lambda a: a.narrow(0, 0, 2).clone().fill_(a[0])), v)


@case
def vmap_products_it_refuses(torch, say):
    from torch.func import vmap

    ones = torch.ones
    for f, a, b in ((torch.mm, 4, 2), (torch.mv, 4, 2), (torch.dot, 4, 2), (torch.bmm, 4, 2)):
        say.fails(vmap(f), ones((2,) * a), ones((2,) * b))
        say.fails(vmap(f, (0, None)), ones((2,) * a), ones((2,) * b))
    say.fails(vmap(torch.mm), grid(torch, 2, 2, 2), ones(2, 2))
    say.fails(vmap(torch.squeeze), 3)


@case
def vmap_draws_it_refuses(torch, say):
    from torch.func import vmap

    x = torch.ones(3, 2)
    rrelu = torch.nn.functional.rrelu
    for randomness in ("error", "same", "different"):
        for f in (lambda a: rrelu(a, training=True), rrelu, lambda a: rrelu(x[0], training=True),
                  lambda a: torch.randn(2, out=torch.ones(2)),
                  lambda a: torch.normal(x[0], x[0], out=torch.ones(2)),
                  lambda a: torch.ones(2).bernoulli_(a), lambda a: a.clone().bernoulli_(a),
                  lambda a: torch.ones(2).bernoulli_(x[0])):  # fmt: skip
            torch.manual_seed(0)
            say(randomness)
            say.fails(vmap(f, randomness=randomness), x)
