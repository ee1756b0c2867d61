"""nn.functional beside real torch: values, dtypes, nodes, gradients to second order, refusals."""

from itertools import zip_longest
from operator import attrgetter

import numpy as np
import pytest
import torch

import tinytorch
import tinytorch.nn.functional
from tinytorch.samples import SAMPLES

NAMES = [n for n in SAMPLES if n.startswith("nn.functional.")] + ["softmax", "log_softmax"]
ROUNDED = {"nn.functional.hardsigmoid"}  # torch holds a constant in single precision
COMPOSED = {"nn.functional.scaled_dot_product_attention"}
CASES = [(n, i) for n in NAMES for i in range(len(SAMPLES[n]))]
SINGLE_TOLERANCE = {"float32": 2e-6, "float16": 2e-3, "bfloat16": 2e-2, "float64": 1e-12}


def host(x):
    module = torch if isinstance(x, torch.Tensor) else tinytorch
    return x.detach().to(module.float64).numpy(force=True)


def run(module, name, sample, seed):
    args, kwargs = sample.build(module, seed)
    fn = attrgetter(name)(module)
    leaves = []
    for a, t in zip([*args, *kwargs.values()], [*sample.args, *sample.kwargs.values()],
                    strict=True):  # fmt: skip
        if isinstance(a, module.Tensor) and a.is_floating_point() and t.grad:
            leaves.append(a.requires_grad_())
    out = fn(*args, **kwargs)
    if out.grad_fn is None:
        return out, None, [], []
    weights = module.tensor(np.cos(np.arange(out.numel()) + 1.0)).to(out.dtype).reshape(out.shape)
    total = (out * weights).sum()
    first = module.autograd.grad(total, leaves, create_graph=True, allow_unused=True)
    second = []
    total = [g * g for g in first if g is not None and g.requires_grad]
    if total:
        try:
            second = module.autograd.grad(sum(t.sum() for t in total), leaves, allow_unused=True)
        except RuntimeError as e:
            if "is not implemented" not in str(e):
                raise
    return out, out.grad_fn.name().rpartition("::")[2], first, second


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "i"), CASES)
def test_values_nodes_and_gradients_are_torch_s(name, i):
    sample = SAMPLES[name][i]
    ours, theirs = (run(m, name, sample, f"{name}{i}") for m in (tinytorch, torch))
    assert str(ours[0].dtype) == str(theirs[0].dtype)
    np.testing.assert_allclose(host(ours[0]), host(theirs[0]), 1e-10, 1e-12)
    if name not in COMPOSED:
        assert ours[1] == theirs[1]
    for a, b in zip(ours[2], theirs[2], strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(host(a), host(b), 1e-7 if name in ROUNDED else 1e-9, 1e-11)
    for a, b in zip_longest(ours[3], theirs[3]):
        a, b = (0.0 if x is None else host(x) for x in (a, b))
        np.testing.assert_allclose(a, b, 1e-8, 1e-10)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize(("name", "i"), CASES)
def test_other_dtypes(name, i, dtype):
    sample = SAMPLES[name][i].with_dtype(dtype)
    results = []
    for m in (torch, tinytorch):
        args, kwargs = sample.build(m, f"{name}{i}")
        try:
            results.append(attrgetter(name)(m)(*args, **kwargs))
        except RuntimeError as e:
            if m is torch:
                pytest.skip(f"torch: {e}")
            raise
    theirs, ours = results
    assert str(ours.dtype) == str(theirs.dtype)
    tolerance = SINGLE_TOLERANCE[dtype]
    np.testing.assert_allclose(host(ours), host(theirs), tolerance * 4, tolerance * 4)


@pytest.mark.parametrize("norm", [1.0, 2.0, float("inf")])
def test_gradients_are_clipped_as_torch_clips_them(norm):
    def clipped(t):
        t.manual_seed(0)
        net = t.nn.Linear(4, 3)
        (net(t.ones(2, 4)) * 5).sum().backward()
        total = t.nn.utils.clip_grad_norm_(net.parameters(), 1.5, norm)
        t.nn.utils.clip_grad_value_(net.parameters(), 0.3)
        return [total.item(), *t.cat([p.grad.view(-1) for p in net.parameters()]).tolist()]

    np.testing.assert_allclose(clipped(tinytorch), clipped(torch), rtol=1e-6)
