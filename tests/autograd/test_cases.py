"""Every case gives the lines that real torch gave (recorded in expected.json)."""

import json
import pathlib

import cases
import pytest
from transcript import transcript

import tinytorch

RECORD = json.loads(pathlib.Path(__file__).with_name("expected.json").read_text())


@pytest.fixture(params=["numpy"])
def backend(request):
    return request.param


@pytest.mark.parametrize("name", list(cases.CASES))
def test_case(name, torch_alias):
    assert transcript(cases.CASES[name], tinytorch) == RECORD["cases"][name]
