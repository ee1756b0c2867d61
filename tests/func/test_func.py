"""Every case gives the lines that real torch gave (recorded in func.json)."""

import json
import pathlib

import pytest
from func_cases import CASES
from transcript import transcript

import tinytorch

RECORD = json.loads(pathlib.Path(__file__).with_name("func.json").read_text())


@pytest.mark.parametrize("name", list(CASES))
def test_case(name, torch_alias, backend):
    assert transcript(CASES[name], tinytorch) == RECORD["cases"][name]
