"""Random tensors against torch's own, bit for bit, and the modes around them."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from random_programs import PROGRAMS, REFUSED, drawn, refusal

import tinytorch as torch

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "random.json").read_text())


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_every_number_is_torch_s(program):
    ours, theirs = drawn(torch, program), RECORDED["drawn"][program.__name__]
    assert len(ours) == len(theirs)
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert a[:2] == b[:2], i
        np.testing.assert_array_equal(a[2], b[2], err_msg=str(i))


@pytest.mark.parametrize("text", REFUSED)
def test_refusals_are_torch_s(text):
    assert refusal(torch, text) == RECORDED["refused"][text]


def test_the_first_numbers_everybody_knows():
    torch.manual_seed(0)
    assert repr(torch.randn(3)) == "tensor([ 1.5410, -0.2934, -2.1788])"


@pytest.mark.parametrize(("name", "args", "node"), [
    ("normal_", (), "NormalBackward0"), ("random_", (3,), "RandomBackward1"),
    ("uniform_", (), "UniformBackward0"), ("bernoulli_", (), "BernoulliBackward2"),
])  # fmt: skip
def test_a_sampled_tensor_forgets_its_past(name, args, node):
    x = torch.ones(3, requires_grad=True)
    y = getattr(x * 1, name)(*args)
    assert y.grad_fn.name() == node
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0]


def test_states_travel_between_generators():
    a, b = torch.Generator(), torch.Generator()
    a.manual_seed(7)
    torch.randn(5, generator=a)
    b.set_state(a.get_state())
    assert torch.equal(torch.randn(20, generator=a), torch.randn(20, generator=b))


def test_import_does_not_load_the_stream():
    code = "import sys, tinytorch; print('tinytorch.rng' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
