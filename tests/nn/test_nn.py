"""Modules, initial values, optimizers and trainings against what real torch recorded."""

import copy
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from nn_programs import (
    INITS,
    LAYERS,
    OPTIMIZERS,
    REFUSED,
    REPRS,
    SCHEDULES,
    Task,
    convolved,
    initial,
    initialised,
    make,
    refusal,
    scheduled,
    trained,
)

import tinytorch as torch
from tinytorch import nn

RECORDED = json.loads((Path(__file__).parent / "nn.json").read_text())


@pytest.mark.parametrize("text", LAYERS)
def test_layers_begin_with_torch_s_numbers(text):
    assert initial(torch, text) == RECORDED["initial"][text]


@pytest.mark.parametrize("text", INITS)
def test_init_draws_torch_s_numbers(text):
    assert initialised(torch, text) == RECORDED["initialised"][text]


@pytest.mark.parametrize("text", REPRS)
def test_modules_print_as_torch_s(text):
    assert repr(make(torch, "nn." + text)) == RECORDED["reprs"][text]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_trainings_follow_torch_s(name):
    ours, theirs = trained(torch, OPTIMIZERS[name]), RECORDED["trained"][name]
    np.testing.assert_allclose(ours["losses"], theirs["losses"], rtol=1e-5)
    assert ours["repr"] == theirs["repr"]
    assert json.loads(json.dumps(ours["groups"])) == theirs["groups"]
    assert ours["state"] == theirs["state"]


def test_a_training_with_norms_follows_torch_s():
    ours = trained(torch, OPTIMIZERS["adam"], norm=True)
    np.testing.assert_allclose(ours["losses"], RECORDED["normed"]["losses"], rtol=1e-5)


def test_a_convolutional_network_follows_torch_s():
    np.testing.assert_allclose(convolved(torch), RECORDED["convolved"], rtol=1e-5)


@pytest.mark.parametrize("text", SCHEDULES)
def test_schedules_give_torch_s_rates(text):
    assert scheduled(torch, text) == RECORDED["scheduled"][text]


@pytest.mark.parametrize("text", REFUSED)
def test_refusals_are_torch_s(text):
    assert refusal(torch, text) == RECORDED["refused"][text]


def test_training_continues_from_saved_state():
    a, b = Task(torch), Task(torch)
    first = torch.optim.Adam(a.model.parameters(), 0.01)
    for _ in range(3):
        a.step(first)
    second = torch.optim.Adam(b.model.parameters(), 0.5)
    assert repr(b.model.load_state_dict(a.model.state_dict())) == "<All keys matched successfully>"
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    a.model.eval()
    b.model.eval()
    assert [a.step(first) for _ in range(3)] == [b.step(second) for _ in range(3)]


def test_hooks_see_values_and_gradients():
    seen = []
    layer = nn.Linear(2, 1, bias=False)
    layer.register_forward_pre_hook(lambda m, args: (args[0] * 2,))
    handle = layer.register_forward_hook(lambda m, args, out: seen.append(out.item()))
    layer.register_full_backward_hook(lambda m, gi, go: seen.append((gi[0].tolist(), go[0].item())))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 3.0]]))
    x = torch.ones(1, 2, requires_grad=True)
    layer(x).sum().backward()
    assert seen == [8.0, ([[1.0, 3.0]], 1.0)]
    assert x.grad.tolist() == [[2.0, 6.0]]
    handle.remove()
    layer(x)
    assert len(seen) == 2


def test_modules_copy_pickle_cast_and_share():
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    twin = copy.deepcopy(net)
    assert torch.equal(twin[0].weight, net[0].weight)
    assert twin[0].weight is not net[0].weight
    assert type(twin[0].weight) is nn.Parameter
    again = pickle.loads(pickle.dumps(net))
    assert torch.equal(again[0].bias, net[0].bias)
    net.double()
    assert {p.dtype for p in net.parameters()} == {torch.float64}
    assert net[1].num_batches_tracked.dtype is torch.int64
    tied = nn.Sequential(twin[0], twin[0])
    assert len(list(tied.parameters())) == 2


def test_dropout_in_place_and_modes():
    torch.manual_seed(0)
    x = torch.ones(100)
    y = nn.functional.dropout(x, 0.5, inplace=True)
    assert y is x
    assert set(x.tolist()) == {0.0, 2.0}
    assert nn.Dropout(0.5).eval()(x) is x


def test_parameters_stay_on_the_short_path():
    from tinytorch.tensor import FAST

    assert nn.Parameter in FAST
    w = nn.Parameter(torch.ones(2))
    assert type(w * 2) is torch.Tensor
    assert isinstance(w, torch.Tensor)


def test_import_does_not_load_modules():
    code = "import sys, tinytorch; print({'tinytorch.nn', 'tinytorch.optim'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
    code = "import tinytorch as torch; print(torch.nn.functional.relu(torch.tensor(-1.)).item())"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "0.0"
