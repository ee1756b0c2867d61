"""What crosses to the host: nothing in a training step, one flag where torch promises an error."""

from __future__ import annotations

import numpy as np
import pytest

import tinytorch as torch
from tinytorch import nn

F = nn.functional


def back(state):
    """How often a value came to the host."""
    return state.TRANSFERS["scalar"] + state.TRANSFERS["to host"]


def mlp():
    return nn.Sequential(
        nn.Linear(8, 16), nn.LayerNorm(16), nn.GELU(), nn.Linear(16, 16), nn.ReLU(),
        nn.Linear(16, 4),
    )  # fmt: skip


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.01),
    "adam": lambda p: torch.optim.Adam(p, 0.01),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.01),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_training_step_reads_nothing_back(first_device, name):
    net = mlp().cuda()
    x, y = torch.randn(5, 8).cuda(), torch.randn(5, 4).cuda()
    optimizer = OPTIMIZERS[name](net.parameters())
    for _ in range(2):
        first_device.reset()
        optimizer.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()
        assert not first_device.TRANSFERS
    assert loss.item() > 0 and back(first_device) == 1


def test_views_and_writes_read_nothing_back(first_device):
    x = torch.ones(4, 6, device="cuda", requires_grad=True)
    first_device.reset()
    y = x * 2
    y[1:3] = 0
    y[:, 0].add_(3)
    z = y.t().reshape(3, 8)[..., ::2]
    z.unfold(0, 2, 1).sum().backward()
    with torch.no_grad():
        x.sub_(x.grad)
        x.clamp_(-1, 1)
    assert not first_device.TRANSFERS


def test_dropout_only_sends(first_device):
    x = torch.ones(4, 6, device="cuda", requires_grad=True)
    first_device.reset()
    F.dropout(x, 0.5).sum().backward()
    assert dict(first_device.TRANSFERS) == {"to device": 1}


CHECKED = {
    "x[i]": lambda x, i: x[i],
    "index_select": lambda x, i: x.index_select(0, i),
    "take": lambda x, i: x.take(i),
    "gather": lambda x, i: x.gather(0, i[:, None]),
    "index_add": lambda x, i: x.index_add(0, i, x[: len(i)]),
    "scatter": lambda x, i: x.scatter(0, i[:, None], 0.0),
    "embedding": lambda x, i: F.embedding(i, x),
    "cross_entropy": lambda x, i: F.cross_entropy(x[: len(i)], i),
    "integer division": lambda x, i: i // (i + 1),
}


@pytest.mark.parametrize("what", CHECKED)
def test_a_check_reads_one_flag(first_device, what):
    x = torch.ones(4, 4, device="cuda")
    i = torch.tensor([0, 2, 1], device="cuda")
    first_device.reset()
    CHECKED[what](x, i)
    assert back(first_device) == 1 and not first_device.TRANSFERS["to host"]


def error_of(call, x, i):
    with pytest.raises((IndexError, RuntimeError)) as e:
        call(x, i)
    return type(e.value), str(e.value)


@pytest.mark.parametrize("what", [w for w in CHECKED if w != "integer division"])
def test_errors_are_those_of_the_cpu(what):
    x, i = torch.ones(4, 4), torch.tensor([0, 99, 1])
    assert error_of(CHECKED[what], x.cuda(), i.cuda()) == error_of(CHECKED[what], x, i)


def test_integers_over_zero():
    a, zero = torch.tensor([1, 2]), torch.tensor([1, 0])
    for op in ("floor_divide", "remainder", "fmod"):
        with pytest.raises(RuntimeError, match="^ZeroDivisionError$"):
            getattr(torch, op)(a.cuda(), zero.cuda())


def test_the_last_of_several_values_stays():
    i = torch.tensor([1, 1, 0, 1]).cuda()
    x = torch.zeros(3, device="cuda")
    x[i] = torch.arange(1.0, 5.0).cuda()
    assert x.tolist() == [3, 4, 0]
    m = torch.zeros(3, 2, device="cuda")
    m[i, i] = torch.arange(1.0, 5.0).cuda()
    assert m.tolist() == [[3, 0], [0, 4], [0, 0]]


@pytest.mark.parametrize(
    "dtype", "float64 float16 bfloat16 int64 int8 uint8 complex64 bool".split()
)
def test_repeated_positions_add_up(dtype):
    kind = getattr(torch, dtype)
    x = torch.zeros(3, dtype=kind)
    i, v = torch.tensor([1, 1, 2]), torch.ones(3, dtype=kind)
    want = x.index_put((i,), v, accumulate=True)
    got = x.cuda().index_put((i.cuda(),), v.cuda(), accumulate=True)
    assert got.dtype is kind and got.tolist() == want.tolist()


@pytest.mark.parametrize("dtype", ("float16", "bfloat16"))
def test_a_number_beside_half_precision_keeps_its_own(dtype):
    x = torch.linspace(-3, 3, 50, dtype=getattr(torch, dtype))
    for fn in (lambda v: v * 0.1, lambda v: 1 - v, lambda v: v / 3.3, lambda v: v > 0.1,
               lambda v: torch.where(v > 0, v, 0.1), lambda v: v**1.7, lambda v: v.clamp(-0.1, 0.7),
               lambda v: F.leaky_relu(v, 0.01)):  # fmt: skip
        assert np.array_equal(fn(x.cuda()).float().tolist(), fn(x).float().tolist(), equal_nan=True)
