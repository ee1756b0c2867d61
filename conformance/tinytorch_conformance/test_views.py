"""Seeded random programs of views and writes, beside the same programs on NumPy arrays.

NumPy's views alias as torch's do, so after every step all tensors of the program, old views
included, must hold what their twins hold; and after a differentiable program, gradients must be
those of the same program run on dual numbers: one forward pass in a random direction.
"""

from __future__ import annotations

import random

import numpy as np

import tinytorch as torch

from .cases import Case, Group
from .encode import host_of_tinytorch

SEEDS = 150
STEPS = 14


def groups():
    for start in range(0, SEEDS, 10):
        seeds = range(start, start + 10)
        yield Group(
            f"views/random-{start}",
            lambda s=seeds: [c for seed in s for c in cases(seed)],
        )


def cases(seed):
    text = (
        f"import tinytorch as torch\ntorch.set_backend({torch.get_backend()!r})\n"
        "from tinytorch_conformance import test_views\n"
    )
    yield Case(
        f"views/random[{seed}]", lambda: values(seed),
        text + f"print(test_views.values({seed}, verbose=True))", ("float64",),
    )  # fmt: skip
    yield Case(
        f"views/random[{seed}]-gradient", lambda: directional(seed),
        text + f"print(test_views.directional({seed}, verbose=True))", ("float64",),
    )  # fmt: skip


def program(seed, shape=(4, 6)):
    """Steps as (kind, source, arguments); shapes are followed so that every step is possible."""
    rng = random.Random(seed)
    shapes = [shape]
    steps = []
    while len(steps) < STEPS:
        source = rng.randrange(len(shapes))
        s = shapes[source]
        step = rng.choice((view_step, view_step, write_step))(rng, s, shapes)
        if step is None:
            continue
        kind, args, new = step
        steps.append((kind, source, args))
        if new is not None:
            shapes.append(new)
    return steps


def view_step(rng, s, shapes):
    kind = rng.choice(["select", "slice", "transpose", "unsqueeze", "view", "diagonal", "expand"])
    n = len(s)
    d = rng.randrange(n) if n else 0
    if kind == "select" and n > 1:
        return kind, (d, rng.randrange(s[d])), s[:d] + s[d + 1 :]
    if kind == "slice" and n and s[d] > 1:
        a = rng.randrange(s[d])
        b, step = rng.randint(a + 1, s[d]), rng.choice((1, 1, 2, 3))
        return kind, (d, a, b, step), (*s[:d], len(range(a, b, step)), *s[d + 1 :])
    if kind == "transpose" and n > 1:
        e = rng.randrange(n)
        t = list(s)
        t[d], t[e] = t[e], t[d]
        return kind, (d, e), tuple(t)
    if kind == "unsqueeze" and n < 4:
        return kind, (d,), (*s[:d], 1, *s[d:])
    if kind == "diagonal" and n == 2:
        return kind, (), (min(s),)
    if kind == "view" and n == 1 and s[0] % 2 == 0:
        return kind, (2, s[0] // 2), (2, s[0] // 2)
    return None


def write_step(rng, s, shapes):
    kind = rng.choice(["add", "mul", "fill", "copy", "item", "index", "mask", "index_add"])
    n = len(s)
    c = round(rng.uniform(-2, 2), 2)
    if kind in ("add", "mul", "fill"):
        return kind, (c,), None
    if kind == "copy":
        same = [i for i, t in enumerate(shapes) if t == s]
        return kind, (rng.choice(same), c), None
    if kind == "item" and n:
        return kind, (tuple(rng.randrange(k) for k in s), c), None
    if kind in ("index", "index_add") and n:
        count = rng.randint(1, 3)
        index = [rng.randrange(s[0]) for _ in range(count)]
        if kind == "index":
            index = sorted(set(index))
        return kind, (index, c), None
    if kind == "mask":
        return kind, (round(rng.uniform(-1, 1), 2), c), None
    return None


def step_torch(ts, kind, source, args):
    """One step on tensors; a view step appends, a write step writes."""
    x = ts[source]
    if kind == "select":
        ts.append(x.select(*args))
    elif kind == "slice":
        d, a, b, step = args
        ts.append(x[(*(slice(None),) * d, slice(a, b, step))])
    elif kind == "transpose":
        ts.append(x.transpose(*args))
    elif kind == "unsqueeze":
        ts.append(x.unsqueeze(*args))
    elif kind == "diagonal":
        ts.append(x.diagonal())
    elif kind == "view":
        ts.append(x.view(*args) if x.is_contiguous() else x[:, None])
    elif kind == "add":
        x += args[0]
    elif kind == "mul":
        x *= args[0]
    elif kind == "fill":
        x.fill_(args[0])
    elif kind == "copy":
        x.copy_(ts[args[0]].clone() * args[1])
    elif kind == "item":
        x[args[0]] = args[1]
    elif kind == "index":
        x[torch.tensor(args[0])] = args[1] * x[torch.tensor(args[0])]
    elif kind == "index_add":
        v = x[torch.tensor(args[0])].clone()
        x.index_put_((torch.tensor(args[0]),), v * args[1], accumulate=True)
    elif kind == "mask":
        x[x > args[0]] = args[1]


def step_numpy(xs, duals, kind, source, args, contiguous):
    """The same step on arrays and on their derivatives."""
    x, dx = xs[source], duals[source]
    if kind in ("select", "slice", "transpose", "unsqueeze", "diagonal", "view"):
        see = {
            "select": lambda v: v[(*(slice(None),) * args[0], args[1])],
            "slice": lambda v: v[(*(slice(None),) * args[0], slice(*args[1:]))],
            "transpose": lambda v: v.swapaxes(*args),
            "unsqueeze": lambda v: np.expand_dims(v, args[0]),
            "diagonal": lambda v: np.lib.stride_tricks.as_strided(
                v, (min(v.shape),), (v.strides[0] + v.strides[1],)),
            "view": lambda v: v.reshape(args) if contiguous else v[:, None],
        }[kind]  # fmt: skip
        xs.append(see(x))
        duals.append(see(dx))
    elif kind == "add":
        x += args[0]
    elif kind == "mul":
        x *= args[0]
        dx *= args[0]
    elif kind == "fill":
        x[...], dx[...] = args[0], 0
    elif kind == "copy":
        x[...], dx[...] = xs[args[0]].copy() * args[1], duals[args[0]].copy() * args[1]
    elif kind == "item":
        x[args[0]], dx[args[0]] = args[1], 0
    elif kind == "index":
        x[args[0]], dx[args[0]] = args[1] * x[args[0]], args[1] * dx[args[0]]
    elif kind == "index_add":
        more, less = x[args[0]].copy() * args[1], dx[args[0]].copy() * args[1]
        np.add.at(x, args[0], more)
        np.add.at(dx, args[0], less)
    elif kind == "mask":
        at = x > args[0]
        x[at], dx[at] = args[1], 0


def start(seed):
    rng = np.random.RandomState(seed)
    return rng.uniform(-2, 2, (4, 6)), rng.uniform(-1, 1, (4, 6))


def fits(steps, seed):
    """The steps whose shapes hold: a view of what is not contiguous has another shape."""
    x, _ = start(seed)
    xs, duals, kept = [x], [np.zeros_like(x)], []
    for kind, source, args in steps:
        if source >= len(xs) or (kind == "copy" and args[0] >= len(xs)):
            break
        try:
            step_numpy(xs, duals, kind, source, args, xs[source].flags.c_contiguous)
        except (IndexError, ValueError):
            break
        kept.append((kind, source, args))
    return kept


def values(seed, verbose=False):
    x, _ = start(seed)
    xs, duals = [x.copy()], [np.zeros_like(x)]
    ts = [torch.tensor(x.tolist(), dtype=torch.float64)]
    for kind, source, args in fits(program(seed), seed):
        if verbose:
            print(kind, source, args)
        contiguous = xs[source].flags.c_contiguous
        if kind == "view" and contiguous != ts[source].is_contiguous():
            return f"is_contiguous() of tensor {source} is {not contiguous}"
        step_numpy(xs, duals, kind, source, args, contiguous)
        step_torch(ts, kind, source, args)
        for i, (t, want) in enumerate(zip(ts, xs, strict=True)):
            have = host_of_tinytorch(t)[1]
            if have.shape != want.shape or not np.allclose(have, want, 1e-12, 1e-12):
                step = f"{kind} of tensor {source} with {args}"
                return f"after {step}, tensor {i} is\n{have}\nnot\n{want}"
    return None


def directional(seed, verbose=False):
    """<grad of a random functional of all tensors, direction> beside forward differentiation."""
    x, direction = start(seed)
    xs, duals = [x.copy()], [direction.copy()]
    leaf = torch.tensor(x.tolist(), dtype=torch.float64, requires_grad=True)
    ts = [leaf.clone()]
    for kind, source, args in fits(program(seed), seed):
        if verbose:
            print(kind, source, args)
        step_numpy(xs, duals, kind, source, args, xs[source].flags.c_contiguous)
        step_torch(ts, kind, source, args)
    rng = np.random.RandomState(seed + 1)
    loss, forward = 0.0, 0.0
    for t, v, d in zip(ts, xs, duals, strict=True):
        w = rng.uniform(-1, 1, v.shape)
        loss = loss + (t * t * torch.tensor(w.tolist(), dtype=torch.float64)).sum()
        forward += float((2 * v * d * w).sum())
    loss.backward()
    reverse = float((host_of_tinytorch(leaf.grad)[1] * direction).sum())
    if abs(reverse - forward) <= 1e-9 * max(1.0, abs(forward)):
        return None
    return f"the derivative in a direction is {reverse!r}, forwards it is {forward!r}"


def test(group, hold):
    hold(group)
