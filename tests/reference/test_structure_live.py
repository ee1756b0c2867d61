"""Reductions, order, indexing, views, joins and products held beside real torch, call by call.

Every declared sample is run by both libraries: values, dtypes, shapes, strides, the graph's names,
and gradients of first and second order.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

import tinytorch
from tinytorch import registry
from tinytorch.samples import SAMPLES

MODULES = {
    "reduce", "stats", "scan", "sort", "count", "index_ops", "gather", "view", "view_strided",
    "shape", "join", "masked", "linalg", "linalg_matmul", "einsum", "create", "fill", "composed",
}  # fmt: skip


def _function(module, name, table):
    fn = getattr(module, name, None)
    return fn if fn is not None and name in table else getattr(module.Tensor, name)


def _mine():
    for name, samples in SAMPLES.items():
        fn = registry.functions.get(name) or registry.methods.get(name)
        module = getattr(fn, "__module__", "").rpartition(".")[2]
        if module in MODULES:
            for i, sample in enumerate(samples):
                yield pytest.param(name, sample, id=f"{name}-{i}")


CASES = list(_mine())
COPIED = {"unravel_index"}  # results are copies here and views of an unseen tensor there
REFUSED = {"as_strided_scatter"}  # whose gradient in torch torch's own gradcheck refuses
DTYPES = ["float32", "float16", "bfloat16", "int64", "int32", "int8", "bool", "complex64"]


def _flat(x):
    if isinstance(x, (tuple, list)):
        return [t for part in x for t in _flat(part)]
    return [x]


def _numpy(t):
    t = t.detach()
    if t.dtype in (torch.bfloat16, tinytorch.bfloat16):
        t = t.float()
    return np.asarray(t.numpy(force=True))


def _same(mine, theirs, rtol=None, atol=0.0):
    mine, theirs = _flat(mine), _flat(theirs)
    assert len(mine) == len(theirs)
    for a, b in zip(mine, theirs, strict=True):
        if not isinstance(b, torch.Tensor):
            assert a == b
            continue
        assert str(a.dtype) == str(b.dtype)
        assert tuple(a.shape) == tuple(b.shape)
        close = TOLERANCE.get(str(b.dtype).removeprefix("torch."), 0) if rtol is None else rtol
        np.testing.assert_allclose(
            _numpy(a), _numpy(b), rtol=close, atol=close if rtol is None else atol
        )


def _tensors(value, out):
    if isinstance(value, (tuple, list)):
        for v in value:
            _tensors(v, out)
    elif hasattr(value, "is_floating_point"):
        out.append(value)
    return out


def _run(module, name, sample):
    args, kwargs = sample.build(module, name)
    built = _tensors([args, list(kwargs.values())], [])
    leaves = [
        t.requires_grad_()
        for t, spec in zip(built, sample.tensors(), strict=True)
        if spec.grad and t.is_floating_point()
    ]
    fn = _function(module, name, registry.functions)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fn(*args, **kwargs), leaves


def _gradients(module, outs, leaves):
    """First and second order gradients of a weighted sum of the outputs."""
    total = 0
    for k, o in enumerate(o for o in outs if o.requires_grad):
        w = module.tensor(np.cos(np.arange(o.numel()) + k).tolist(), dtype=o.dtype)
        total = total + (o.reshape(-1) * w).sum()
    first = module.autograd.grad(total, leaves, create_graph=True, allow_unused=True)
    second = 0
    for k, g in enumerate(g for g in first if g is not None and g.requires_grad):
        w = module.tensor(np.sin(np.arange(g.numel()) + 1 + k).tolist(), dtype=g.dtype)
        second = second + (g.reshape(-1) * w).sum()
    if isinstance(second, int):
        return first, [None] * len(leaves)
    return first, module.autograd.grad(second, leaves, allow_unused=True)


@pytest.mark.parametrize(("name", "sample"), CASES)
def test_values_and_gradients(name, sample):
    theirs, their_leaves = _run(torch, name, sample)
    mine, my_leaves = _run(tinytorch, name, sample)
    _same(mine, theirs, 1e-10, 1e-12)
    mine, theirs = _flat(mine), _flat(theirs)
    for a, b in zip(mine, theirs, strict=True):
        if not isinstance(b, torch.Tensor):
            continue
        assert a.requires_grad == b.requires_grad
        if b.grad_fn is not None:
            assert a.grad_fn.name() == b.grad_fn.name()
        if b._is_view() and name not in COPIED:
            assert a.stride() == b.stride()
            assert a.storage_offset() == b.storage_offset()
    if not any(isinstance(b, torch.Tensor) and b.requires_grad for b in theirs):
        return
    if name in REFUSED:
        return
    try:
        expected = _gradients(torch, theirs, their_leaves)
    except NotImplementedError as e:
        pytest.skip(f"torch: {e}")
    for a, b in zip(_gradients(tinytorch, mine, my_leaves), expected, strict=True):
        for g, h in zip(a, b, strict=True):
            if g is None or h is None:
                given = g if h is None else h
                assert given is None or not _numpy(given).any()
            else:
                _same(g, h, 1e-7, 1e-9)


ANY_OF_TIES = {"topk", "kthvalue"}  # torch's selection leaves open which of equal values it names
TOLERANCE = {"float32": 2e-6, "float16": 2e-3, "bfloat16": 2e-2, "complex64": 1e-5}


REFUSED_OTHERWISE = {
    "computed here": "addr amax amin aminmax argmax argmin argsort bucketize corrcoef cov cummax"
    " cummin cumulative_trapezoid index_reduce kthvalue logcumsumexp max median min mode msort"
    " nanmean nanmedian nansum scatter_reduce searchsorted sort topk trace",
    "in other words": "addbmm addmm addmv baddbmm bmm cross dist dot einsum inner matmul mv"
    " nanquantile vdot",
    "some of each": "cdist histc histogram trapezoid",
}  # what torch refuses of some dtypes
OTHERWISE = {name for names in REFUSED_OTHERWISE.values() for name in names.split()}


def outcome(module, name, sample):
    """What a call gives, and what it raises: class and first line."""
    args, kwargs = sample.build(module, name)
    fn = _function(module, name, registry.functions)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fn(*args, **kwargs), None
    except (RuntimeError, TypeError, IndexError, NotImplementedError, ValueError) as e:
        return None, (type(e), str(e).partition("\n")[0].replace("tinytorch", "torch"))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "sample"), CASES)
def test_dtypes(name, sample, dtype):
    sample = sample.with_dtype(dtype)
    (theirs, bad), (mine, error) = (outcome(m, name, sample) for m in (torch, tinytorch))
    if bad is not None:
        assert error == bad or name in OTHERWISE
        return
    assert error is None
    if name in ANY_OF_TIES and dtype.startswith("int"):
        theirs, mine = theirs[0], mine[0]
    _same(mine, theirs)


@pytest.mark.parametrize("name", sorted(OTHERWISE))
def test_what_is_refused_otherwise(name):
    cases = [case.values for case in CASES]
    samples = [s.with_dtype(d) for n, s in cases if n == name for d in DTYPES]
    pairs = [[outcome(m, name, s)[1] for m in (torch, tinytorch)] for s in samples]
    assert any(bad is not None and error != bad for bad, error in pairs)
