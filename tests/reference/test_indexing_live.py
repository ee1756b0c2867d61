"""Random keys of every kind, read and written, beside real torch: values, histories, errors."""

from __future__ import annotations

import random
import re
import warnings

import numpy as np
import pytest
import torch

import tinytorch

DETAIL = re.compile(r"torch\.\w+Tensor")


def _key(rnd, shape):
    """A key as a list of (kind, data), each to be built with either library."""
    items, d, seen = [], 0, False
    while d < len(shape) and rnd.random() > 0.12:
        n = shape[d]
        at = lambda: rnd.randint(-n, n - 1) if n else 0  # noqa: B023, E731
        kind = rnd.choice(["int", "int", "slice", "slice", "slice", "none", "all", "list", "tensor",
                           "mask", "numpy", "zero", "bool"])  # fmt: skip
        if kind == "all" and seen:
            continue
        used = kind not in ("none", "all", "bool")
        if kind == "int":
            items.append((kind, at() + (rnd.random() < 0.05)))
        elif kind == "slice":
            end = lambda: rnd.choice([None, rnd.randint(-n - 1, n + 1)])  # noqa: B023, E731
            items.append((kind, (end(), end(), rnd.choice([None, 1, 2, 3]))))
        elif kind == "list":
            items.append((kind, [at() for _ in range(3)] if n else []))
        elif kind == "tensor":
            size = rnd.choice([(3,), (2, 3), (1,), ()])
            items.append((kind, np.array([at() for _ in range(int(np.prod(size)))]).reshape(size)))
        elif kind == "mask":
            m = rnd.randint(1, len(shape) - d)
            size = shape[d : d + m]
            items.append((kind, np.array([rnd.random() < 0.5 for _ in range(int(np.prod(size)))],
                                         bool).reshape(size)))  # fmt: skip
            d += m - 1
        elif kind == "bool":
            items.append((kind, rnd.random() < 0.5))
        else:
            items.append((kind, at()))
        seen |= kind == "all"
        d += used + (rnd.randint(0, len(shape) - d) if kind == "all" else 0)
    return items


def _build(module, items, bare):
    make = {
        "slice": lambda v: slice(*v), "none": lambda v: None, "all": lambda v: Ellipsis,
        "tensor": lambda v: module.tensor(v.tolist(), dtype=module.int64).reshape(v.shape),
        "mask": lambda v: module.tensor(v.tolist(), dtype=module.bool).reshape(v.shape),
        "numpy": np.int64, "zero": lambda v: module.tensor(v),
    }  # fmt: skip
    key = tuple(make.get(kind, lambda v: v)(value) for kind, value in items)
    return key[0] if bare and len(key) == 1 else key


def _outcome(module, shape, items, mode, bare):
    n = int(np.prod(shape))
    x = module.arange(n).double().reshape(shape).requires_grad_()
    weights = module.arange(n).double().reshape(shape)
    try:
        key = _build(module, items, bare)
        if mode == "get":
            y = x[key]
            weights = module.arange(y.numel()).double().reshape(tuple(y.shape))
        else:
            y = x * 1
            if mode == "number":
                y[key] = 7.5
            elif mode == "tensor":
                y[key] = module.tensor(5.0).double().requires_grad_()
            elif mode == "row":
                y[key] = module.arange(shape[-1] if shape else 1).double()
            else:
                y[key] += 2
        (g,) = module.autograd.grad((y * weights).sum(), [x], allow_unused=True)
    except (IndexError, RuntimeError, TypeError, ValueError) as e:
        return type(e).__name__, DETAIL.sub("", str(e).split("\n")[0])
    strides = y.stride() if mode == "get" and y._is_view() and y.numel() > 1 else None
    return (
        tuple(y.shape), strides, y.detach().numpy().tolist(), None if g is None else g.tolist(),
        y.grad_fn.name() if mode == "get" else "",
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_random_keys(seed):
    rnd = random.Random(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(25):
            shape = tuple(rnd.choice([0, 1, 2, 3, 4, 5]) for _ in range(rnd.randint(0, 4)))
            call = (shape, _key(rnd, shape), rnd.choice(["get", "get", "number", "tensor", "row",
                    "add"]), rnd.random() < 0.5)  # fmt: skip
            assert _outcome(tinytorch, *call) == _outcome(torch, *call), call
