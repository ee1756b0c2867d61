"""The suite catches backends that are wrong, and passes those that they are made of."""

from __future__ import annotations

import re
from pathlib import Path

import mutants
import pytest
from mutant_kernels import Mutant

from tinytorch_conformance.cases import FAILED
from tinytorch_conformance.run import outcomes

README = Path(mutants.__file__).resolve().parents[2] / "conformance" / "README.md"
GROUPS = sorted({g for m in mutants.MUTANTS for g in m.groups})


@pytest.mark.parametrize("m", mutants.MUTANTS, ids=lambda m: m.name)
def test_a_wrong_backend_is_caught(m):
    assert mutants.hunt(m).counted, f"{m.name} passes {m.groups}"


@pytest.mark.parametrize("base", mutants.BASES)
def test_what_they_are_made_of_is_not(base):
    found = list(outcomes(base, GROUPS))
    assert len(found) > 2500
    assert [o.id for o in found if o.status == FAILED] == []


def test_a_broadcast_may_copy():
    """What is expanded is looked up anew after a write, and its strides are computed."""

    def patch(P):
        right = P.broadcast_to
        P.broadcast_to = lambda x, shape: right(x, shape).copy()

    found = mutants.hunt(Mutant("a broadcast that copies", ("kernels/contract", "views/*"), patch))
    assert found.ran > 300
    assert found.failed == []


def test_the_catch_rate_in_the_docs():
    n = len(mutants.MUTANTS)
    told = re.search(r"(\d+) of (\d+) are\s+caught", README.read_text(encoding="utf-8"))
    assert told and told.groups() == (str(n), str(n))
    assert n >= 30
    assert len({m.name for m in mutants.MUTANTS}) == n
