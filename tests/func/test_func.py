"""Every case gives the lines that real torch gave (recorded in the folder expected)."""

import pathlib

import pytest
from func_registry import CASES
from recorded import lines, modules
from transcript import transcript

import tinytorch

HERE = pathlib.Path(__file__).parent
modules(HERE, "func_cases_*.py")
SAID = lines(HERE)


@pytest.mark.parametrize("name", list(CASES))
def test_case(name, torch_alias, backend):
    assert transcript(CASES[name], tinytorch) == SAID[name]
