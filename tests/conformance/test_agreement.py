"""Backends agree with each other on the same seeded programs, and disagreement is told."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from tinytorch import plugins
from tinytorch_conformance.agree import agree_command, agreement
from tinytorch_numpy import NumpyBackend

OTHERS = [b for b in ("jax",) if importlib.util.find_spec(b)]


def test_numpy_and_frozen_agree():
    found = {p.kind: p for p in agreement(["numpy", "frozen"])}
    assert [p.wrong for p in found.values()] == [[], [], []]
    assert found["programs"].ran == 40
    assert found["random"].ran > 30
    assert found["random"].distance == 0
    assert 0 < found["programs"].distance < 1e-5


@pytest.mark.parametrize("other", OTHERS)
def test_others_agree(other):
    some = [f"programs/seeded[{i}]" for i in range(6)] + ["random/rand*"]
    assert [p.wrong for p in agreement(["numpy", other], some)] == [[], []]


@pytest.fixture
def wrong():
    class Wrong(NumpyBackend):
        name = "wrong"

        def setup(self):
            super().setup()
            self.tanh = lambda x: np.tanh(x) * np.asarray(1.001, x.dtype)
            self.out_kernels = frozenset()

    plugins.register("wrong", Wrong)
    yield "wrong"
    plugins.unregister("wrong")


def test_disagreement_is_told(wrong, capsys):
    (pair,) = agreement(["numpy", wrong], ["programs/seeded*"])
    assert 0 < len(pair.wrong) < pair.ran
    assert all("numpy gives" in text for text in pair.wrong)
    assert pair.distance > 1e-4
    assert agree_command(["numpy", wrong], ["programs/seeded*"]) == 1
    out = capsys.readouterr().out
    assert f"{pair.ran - len(pair.wrong)} of {pair.ran}" in out
    assert pair.wrong[0] in out


def test_a_backend_that_is_not_there():
    with pytest.raises(plugins.BackendError, match="no backend named 'nowhere'"):
        agree_command(["numpy", "nowhere"])
