"""Every case gives the lines that real torch gave (recorded in the folder expected)."""

import json
import pathlib

import pytest
from programs import Machine, agree
from recorded import lines, modules
from transcript import CASES, transcript

import tinytorch

HERE = pathlib.Path(__file__).parent
modules(HERE, "cases_*.py")
SAID = lines(HERE)
PROGRAMS = json.loads(HERE.joinpath("expected", "programs.json").read_text())["programs"]


@pytest.mark.parametrize("name", [n for n, f in CASES.items() if f.__module__[:6] == "cases_"])
def test_case(name, torch_alias, backend):
    assert transcript(CASES[name], tinytorch) == SAID[name]


@pytest.mark.parametrize("k", range(len(PROGRAMS)))
def test_found_program(k, backend):
    """Programs that once differed (found by tests/reference/test_fuzz_live.py), shrunk."""
    program, said = PROGRAMS[k]
    assert agree(Machine(tinytorch).run(program), said)
