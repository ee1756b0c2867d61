"""The project's own tutorials on tinytorch: every output as shown, nothing left out.

What is shown in a document is compared as a reader would; what real torch printed under the same
seed (recorded by `record_tutorials.py`) has to come out character for character.
"""

import json

import pytest
from record_tutorials import RECORDED, TUTORIALS

from tinytorch_conformance.replay import compare_recordings, record_document, replay_document
from tinytorch_conformance.replay.worlds import tinytorch

THEIRS = json.loads(RECORDED.read_text("utf-8"))

pytestmark = [
    pytest.mark.parametrize("backend", ["numpy", "frozen"]),
    pytest.mark.parametrize("name", sorted(p.name for p in TUTORIALS.iterdir() if p.is_file())),
]


def test_a_tutorial_prints_what_it_shows(name, backend):
    report = replay_document(TUTORIALS / name, backend=backend, alias=tinytorch)
    assert report.ok, [(b.lineno, b.reason, b.diff) for b in report.failed]
    assert {b.status for b in report.blocks} <= {"ok", "ran"}
    assert [(b.lineno, b.notes) for b in report.blocks if b.notes] == []


def test_a_tutorial_prints_what_real_torch_printed(name, backend):
    ours = record_document(TUTORIALS / name, seed=0, backend=backend, alias=tinytorch)
    assert [str(d) for d in compare_recordings(THEIRS[name], ours)] == []
