"""Each benchmark case computes what it computes under real torch: a fast wrong answer is none."""

import json
from pathlib import Path

import pytest

from benchmarks.cases import CASES

RECORD = json.loads(Path(__file__).with_name("values.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def torch():
    import tinytorch

    return tinytorch


@pytest.mark.parametrize("name", RECORD["values"])
def test_case_gives_torchs_number(torch, name):
    watch = CASES[name].build(torch)
    expected = RECORD["values"][name]
    if expected is None:
        assert watch.value() is None
    else:
        assert watch.value() == pytest.approx(expected, rel=1e-5)


def test_every_case_is_recorded_but_the_largest():
    assert CASES.keys() - RECORD["values"].keys() == {
        "chain.1e5",
        "million.backward",
        "million.drop",
    }
