"""Without a GPU, `tinytorch.cuda` and its kin answer as torch's CPU build does, word for word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from absent_calls import CALLS, answer

import tinytorch

RECORDED = json.loads(Path(__file__).with_name("absent.json").read_text("utf-8"))["calls"]


def test_all_calls_are_recorded():
    assert list(RECORDED) == CALLS


@pytest.mark.skipif(tinytorch.cuda.is_available(), reason="this machine has a GPU")
@pytest.mark.parametrize("call", CALLS)
def test_as_torch_without_a_gpu(call):
    assert answer(tinytorch, call) == RECORDED[call]
