"""`compile` on JAX: a whole training step is one XLA program, buffers given over, draws fresh."""

import numpy as np
import pytest

import tinytorch as torch
from tinytorch import nn
from tinytorch.capture import Unsupported
from tinytorch.nn import functional as F

jax = pytest.importorskip("jax", reason="JAX comes with the extra tinytorch[jax]")


@pytest.fixture(autouse=True)
def backend():
    with torch.use_backend("jax"):
        yield


def training(drop=0.0):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Dropout(drop), nn.Linear(16, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    x, y = torch.randn(24, 6), torch.randint(0, 3, (24,))

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, model, optimizer, (x, y)


@pytest.mark.parametrize("drop", [0.0, 0.4])
def test_a_captured_step_trains_as_the_eager_one(drop):
    results = []
    for compiled in (False, True):
        step, model, optimizer, batch = training(drop)
        step = torch.compile(step, fullgraph=True) if compiled else step
        losses = [step(*batch).item() for _ in range(10)]
        optimizer.param_groups[0]["lr"] *= 0.1
        losses += [step(*batch).item() for _ in range(5)]
        results.append(losses + [p.sum().item() for p in model.parameters()])
    assert np.allclose(*results, rtol=1e-4, atol=1e-5)
    assert len(step.entries) == 1
    assert len(set(results[1])) == len(results[1])  # with dropout, other units at each step


def test_the_step_is_traced_once():
    compiled = []
    step, _, _, batch = training()
    step = torch.compile(step)
    for _ in range(4):
        step(*batch)
    jax.monitoring.register_event_duration_secs_listener(
        lambda name, *a, **k: compiled.append(name)
    )
    for _ in range(5):
        step(*batch)
    assert not [name for name in compiled if "compile" in name or "trace" in name]
    assert len(step.entries) == 1


def test_buffers_that_are_overwritten_are_given_over_unless_somebody_holds_them():
    step, model, _, batch = training()
    step = torch.compile(step)
    for _ in range(3):
        step(*batch)
    given = []
    program = step.entries[0][1].program
    donating = program.donating
    program.donating = lambda *raws: given.append(raws[0]) or donating(*raws)
    weight = model[0].weight
    held = weight._raw
    step(*batch)
    assert not given and not held.is_deleted()
    del held
    step(*batch)
    assert len(given) == 1
    alias = weight.detach()
    step(*batch)
    assert torch.equal(alias, weight)


def test_a_branch_on_values_names_its_line():
    def f(x):
        if x.sum() > 0:
            return x
        return -x

    with pytest.raises(Unsupported, match=r"(?s)a value of a tensor is read.*if x.sum\(\) > 0"):
        torch.compile(f, fullgraph=True)(torch.ones(3))
    c = torch.compile(f)
    with pytest.warns(UserWarning, match=r"(?s)is not compiled.*if x.sum\(\) > 0"):
        assert c(-torch.ones(2)).tolist() == [1, 1]
    assert c(torch.ones(2)).tolist() == [1, 1]


def test_shapes_dtypes_numbers_and_modes_capture_again():
    c = torch.compile(lambda x, k: (x * k).sum(0))
    for x in (torch.ones(3), torch.ones(4, 2), torch.ones(3, dtype=torch.float64)):
        for k in (2, 3.0):
            for _ in range(2):
                assert torch.equal(c(x, k), (x * k).sum(0))
    assert len(c.entries) == 6


def test_gradients_flow_out_of_a_captured_model():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 4), nn.GELU(), nn.Linear(4, 2))
    c, x = torch.compile(model), torch.randn(5, 4)
    for _ in range(3):
        grads = []
        for f in (model, c):
            model.zero_grad()
            f(x).pow(2).sum().backward()
            grads.append([p.grad.clone() for p in model.parameters()])
        for a, b in zip(*grads, strict=True):
            assert torch.allclose(a, b, rtol=1e-5, atol=1e-6)


def test_doubles_and_indices_keep_their_width():
    c = torch.compile(lambda x: (x.double() * 3 + 1e-12, x.argmax(), torch.arange(3)))
    for _ in range(3):
        a, i, r = c(torch.ones(2))
    assert a.dtype is torch.float64 and a[0].item() == 3 + 1e-12
    assert i.dtype is torch.int64 and r.dtype is torch.int64
    assert not jax.config.jax_enable_x64
