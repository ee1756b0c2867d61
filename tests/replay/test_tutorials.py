"""The project's own tutorials on tinytorch: every output as shown, nothing left out."""

from pathlib import Path

import pytest
from tinytorch_conformance.replay import replay_document
from tinytorch_conformance.replay.worlds import tinytorch

TUTORIALS = sorted(
    p for p in (Path(__file__).parents[2] / "docs" / "tutorials").iterdir() if p.is_file()
)


@pytest.mark.parametrize("backend", ["numpy", "frozen"])
@pytest.mark.parametrize("path", TUTORIALS, ids=lambda p: p.name)
def test_a_tutorial_prints_what_it_shows(path, backend):
    report = replay_document(path, backend=backend, alias=tinytorch)
    assert report.ok, [(b.lineno, b.reason, b.diff) for b in report.failed]
    assert {b.status for b in report.blocks} <= {"ok", "ran"}
    assert [(b.lineno, b.notes) for b in report.blocks if b.notes] == []
