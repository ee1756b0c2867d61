"""Forward mode and vmap of every declared call, held beside real torch.

Each sample is one function of its tensors. Its jvp (also of its gradient) and its vmap over the
first and the last dimension are compared; where torch has no rule for vmap, the reference is torch
on one example after the other.
"""

from __future__ import annotations

import functools
import warnings

import numpy as np
import pytest
import torch

import tinytorch
import tinytorch.func
from tinytorch.samples import SAMPLES

RANDOM = ("rand", "normal", "bernoulli", "poisson", "multinomial", "dropout", "binomial", "rrelu")
WRITES = ("Tensor.set_", "Tensor.resize_", "nn.init")
UNORDERED = {"Tensor.apply_", "Tensor.map_"}


def _function(module, name):
    target = module
    for part in name.split("."):
        found = getattr(target, part, None)
        target = found if found is not None else getattr(module.Tensor, part)
    return target


def _cases():
    for name in SAMPLES:
        if any(r in name for r in RANDOM) or name.startswith(WRITES) or name in UNORDERED:
            continue
        for i in range(len(SAMPLES[name])):
            yield pytest.param(name, SAMPLES[name][i], id=f"{name}-{i}")


CASES = list(_cases())


def _split(module, name, sample):
    """(f, tensors): the sample as a function of its tensors, differentiable ones first."""
    args, kwargs = sample.build(module, name)
    specs = sample.tensors()
    tensors = []

    def collect(v):
        if isinstance(v, module.Tensor):
            tensors.append(v)
        elif isinstance(v, (tuple, list)):
            for x in v:
                collect(x)

    collect(args)
    collect(list(kwargs.values()))

    def call(*given):
        it = iter(given)

        def fill(v):
            if isinstance(v, module.Tensor):
                return next(it)
            if isinstance(v, (tuple, list)):
                return type(v)(fill(x) for x in v)
            return v

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            a = fill(args)
            k = {key: fill(v) for key, v in kwargs.items()}
            return _tensors(_function(module, name)(*a, **k), module)

    smooth = [i for i, t in enumerate(tensors) if specs[i].grad and t.is_floating_point()]
    return call, tensors, smooth


def _tensors(out, module):
    """The tensors in a result, as a tuple."""
    if isinstance(out, module.Tensor):
        return (out,)
    if isinstance(out, (tuple, list)):
        return tuple(t for x in out for t in _tensors(x, module))
    return ()


def _numpy(t):
    t = t.detach()
    if t.dtype in (torch.bfloat16, tinytorch.bfloat16):
        t = t.float()
    return np.array(t.numpy(force=True))


def _same(mine, theirs, rtol=1e-7, atol=1e-9):
    assert len(mine) == len(theirs)
    for a, b in zip(mine, theirs, strict=True):
        assert tuple(a.shape) == tuple(b.shape)
        assert str(a.dtype) == str(b.dtype)
        np.testing.assert_allclose(_numpy(a), _numpy(b), rtol=rtol, atol=atol)


def _direction(module, t, k):
    v = np.cos(np.arange(t.numel()) + k).reshape(tuple(t.shape))
    return module.tensor(v.tolist(), dtype=t.dtype).reshape(tuple(t.shape))


def _jvp(module, name, sample, of_gradient=False):
    f, tensors, smooth = _split(module, name, sample)
    if not smooth:
        return None

    def g(*xs):
        given = list(tensors)
        for i, x in zip(smooth, xs, strict=True):
            given[i] = x
        out = f(*given)
        out = tuple(t for t in out if t.is_floating_point() or t.is_complex())
        if not of_gradient:
            return out
        seeds = [_direction(module, t, 7 + k) for k, t in enumerate(out)]
        total = sum(((t * s).sum().real if t.is_complex() else (t * s).sum())
                    for t, s in zip(out, seeds, strict=True))  # fmt: skip
        return total if isinstance(total, module.Tensor) else xs[0].sum() * 0

    if of_gradient:
        whole, n = g, len(smooth)
        g = module.func.grad(whole, argnums=tuple(range(n)))
    xs = tuple(tensors[i] for i in smooth)
    us = tuple(_direction(module, t, k) for k, t in enumerate(xs))
    values, found = module.func.jvp(g, xs, us)
    return [*values, *found]


@functools.cache
def _theirs(name, at, of_gradient):
    try:
        return _jvp(torch, name, SAMPLES[name][at], of_gradient)
    except Exception as e:
        return e


@pytest.mark.parametrize("of_gradient", [False, True], ids=["forward", "over_reverse"])
@pytest.mark.parametrize(("name", "sample"), CASES)
def test_jvp(name, sample, of_gradient):
    theirs = _theirs(name, SAMPLES[name].index(sample), of_gradient)
    if theirs is None or (name == "scatter_reduce" and "prod" in sample.args):
        return  # torch's tangent of a product that is scattered is zero
    if name == "as_strided_scatter" and of_gradient:
        return  # torch's is that of what was replaced; its own gradcheck refuses it
    if isinstance(theirs, Exception):
        pytest.skip(f"torch: {type(theirs).__name__}: {theirs}")
    _same(_jvp(tinytorch, name, sample, of_gradient), theirs)


def _one_by_one(f, stacked, dim, axes):
    rows = [f(*[t.select(dim, k) if d is not None else t
                for t, d in zip(stacked, axes, strict=True)]) for k in range(3)]  # fmt: skip
    return tuple(torch.stack(c) for c in zip(*rows, strict=True))


@pytest.mark.parametrize("dim", [0, -1])
@pytest.mark.parametrize(("name", "sample"), CASES)
def test_vmap(name, sample, dim):
    try:
        theirs, axes = _vmapped_reference(name, sample, dim)
    except Exception as e:
        pytest.skip(f"torch: {type(e).__name__}: {e}")
    f, stacked = _stack(tinytorch, name, sample, dim)
    try:
        mine = tinytorch.func.vmap(f, in_dims=axes)(*stacked)
    except RuntimeError:
        if not _refused(name, sample, dim):
            raise
        return
    _same(mine, theirs)


def _refused(name, sample, dim):
    """Whether torch's vmap refuses the call too."""
    f, stacked = _stack(torch, name, sample, dim)
    try:
        torch.func.vmap(f, in_dims=dim)(*stacked)
    except (RuntimeError, ValueError):
        return True
    return False


def _stack(module, name, sample, dim):
    f, tensors, _ = _split(module, name, sample)
    if not tensors:
        raise ValueError("no tensors")
    rows = [tensors]
    for k in (1, 2):
        args, kwargs = sample.build(module, f"{name}{k}")
        rows.append([t for t in _leaves((args, list(kwargs.values())), module)])
    return f, [module.stack(list(c), 0).movedim(0, dim) for c in zip(*rows, strict=True)]


def _leaves(v, module):
    if isinstance(v, module.Tensor):
        yield v
    elif isinstance(v, (tuple, list)):
        for x in v:
            yield from _leaves(x, module)


def _vmapped_reference(name, sample, dim):
    f, stacked = _stack(torch, name, sample, dim)
    axes = (dim,) * len(stacked)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.func.vmap(f, in_dims=axes)(*stacked), axes
    except (RuntimeError, ValueError):
        return _one_by_one(f, stacked, dim, axes), axes
