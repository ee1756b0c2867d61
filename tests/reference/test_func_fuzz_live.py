"""Random programs under random transforms, nested up to three deep, beside real torch.

A program is a chain of steps on a 3 by 3 matrix: ops, views, writes. Transforms are put around it,
and sometimes an ordinary backward around them all. A program that torch refuses is left out.
"""

from __future__ import annotations

import random
import warnings

import numpy as np
import pytest
import torch

import tinytorch


def in_place(t, x, c, r):
    y = x.clone()
    y.mul_(c)
    y.add_(x)
    return y


def write_to_views(t, x, c, r):
    y = x * 1
    y[r % 3].mul_(x[0])
    y.t()[1].add_(c[1])
    return y


STEPS = [
    in_place,
    write_to_views,
    lambda t, x, c, r: x.sin(),
    lambda t, x, c, r: (x * 0.3).exp(),
    lambda t, x, c, r: x * c + x,
    lambda t, x, c, r: x - x.sum(0),
    lambda t, x, c, r: x.reshape(9)[r % 3 : r % 3 + 6].reshape(2, 3).sum(0) * x,
    lambda t, x, c, r: x[[2, 0, 1]] * x[r % 3],
    lambda t, x, c, r: x.softmax(r % 2),
    lambda t, x, c, r: x @ c if r % 2 else c @ x,
    lambda t, x, c, r: t.cat([x[1:], x[:1] * 2]),
    lambda t, x, c, r: x.cumsum(r % 2),
    lambda t, x, c, r: x * x.max(r % 2).values,
    lambda t, x, c, r: t.where(x > c, x, x * 2),
    lambda t, x, c, r: t.outer(x[0], x[1]) + x,
    lambda t, x, c, r: x / (x.norm() + 1),
    lambda t, x, c, r: x * 0.5 + x.prod(0) * 0.1,
    lambda t, x, c, r: x.sort(r % 2)[0],
    lambda t, x, c, r: t.stack([x[0], x[1] * 2, x[2]]),
    lambda t, x, c, r: x.t() * x,
    lambda t, x, c, r: x.detach() * x,
    lambda t, x, c, r: t.nn.functional.pad(x, (1, 0))[:, :3],
    lambda t, x, c, r: x * x.std(),
    lambda t, x, c, r: x.gather(0, (x > 0).long()),
]
AROUND = [
    lambda F, f, c: lambda x: F.grad(lambda a: f(a).sum())(x),
    lambda F, f, c: lambda x: F.vmap(lambda s: f(x * s))(c[0]).sum(0),
    lambda F, f, c: lambda x: F.vmap(lambda r: f(r[:, None] * c).sum(0))(x),
    lambda F, f, c: lambda x: F.vmap(lambda r: f(c * r)[0], in_dims=1, out_dims=1)(x),
    lambda F, f, c: lambda x: F.jvp(f, (x,), (c,))[1],
    lambda F, f, c: lambda x: F.vjp(f, x)[1](c)[0],
    lambda F, f, c: lambda x: F.jacrev(lambda a: f(a).sum(0))(x).sum(0),
    lambda F, f, c: lambda x: F.jacfwd(lambda a: f(a).sum(1))(x).sum(0),
]


def chain(t, steps, c):
    def f(x):
        for k, r in steps:
            x = STEPS[k](t, x, c, r)
        return x

    return f


def run(t, seed):
    """The result of a program, and the gradient of its sum where one is asked for."""
    rng, values = random.Random(seed), np.random.RandomState(seed)
    steps = [(rng.randrange(len(STEPS)), rng.randrange(6)) for _ in range(rng.randint(1, 4))]
    around = [rng.randrange(len(AROUND)) for _ in range(rng.randint(1, 3))]
    x = t.tensor((values.rand(3, 3) + 0.2).tolist(), dtype=t.float64)
    c = t.tensor((values.rand(3, 3) + 0.3).tolist(), dtype=t.float64)
    f = chain(t, steps, c)
    for k in around:
        f = AROUND[k](t.func, f, c)
    outer = rng.random() < 0.4
    out = f(x.requires_grad_() if outer else x)
    if not outer or not out.requires_grad:
        return out.detach().tolist(), np.zeros((3, 3))
    (g,) = t.autograd.grad(out.sum(), x, allow_unused=True)
    return out.detach().tolist(), np.zeros((3, 3)) if g is None else g.tolist()


@pytest.mark.parametrize("seed", range(150))
def test_nested(seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = run(torch, seed)
        except (RuntimeError, IndexError, ValueError) as e:
            pytest.skip(f"torch: {e}")
        mine = run(tinytorch, seed)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9)
