"""Every case gives the lines that real torch gave (recorded in expected.json)."""

import json
import pathlib

import cases
import pytest
from programs import Machine, agree
from transcript import transcript

import tinytorch

RECORD = json.loads(pathlib.Path(__file__).with_name("expected.json").read_text())


@pytest.mark.parametrize("name", list(cases.CASES))
def test_case(name, torch_alias, backend):
    assert transcript(cases.CASES[name], tinytorch) == RECORD["cases"][name]


@pytest.mark.parametrize("k", range(len(RECORD["programs"])))
def test_found_program(k, backend):
    """Programs that once differed (found by tests/reference/test_fuzz_live.py), shrunk."""
    program, said = RECORD["programs"][k]
    assert agree(Machine(tinytorch).run(program), said)
