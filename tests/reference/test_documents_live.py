"""Documents on the torch that is installed, and the same documents on tinytorch beside it.

The tutorials' outputs are those of real torch; here real torch says so again. Then both run each
document under one seed, and what they print has to be the same, character for character; only
losses printed in full over 500 steps have room. There the order of additions in a matrix product
grows: real torch differs from itself by 1.6 % of a loss between one thread and two, and by 1.8 %
after moving its first weights by one unit in the last place; three times that is allowed at the
end, and next to nothing while the difference has not grown (`EARLY`). Further documents may be
named, or directories of them, in TINYTORCH_DOCUMENTS.
"""

import os
from pathlib import Path

import pytest

from tinytorch_conformance.replay import (
    compare_recordings,
    real_torch,
    record_document,
    replay_document,
)
from tinytorch_conformance.replay.report import collect
from tinytorch_conformance.replay.worlds import tinytorch

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
OTHERS = [p for p in os.environ.get("TINYTORCH_DOCUMENTS", "").split(os.pathsep) if p]
DOCUMENTS = list(collect([TUTORIALS, *OTHERS]))


# Lines of a long loop -> how far a loss in them may be from torch's. Measured here: 8e-6, 1.2e-4.
EARLY = {100: 1e-4, 200: 1e-3}


def name(path):
    return path.name


def losses(recording):
    """The last number of every printed line, for each block that prints many."""
    printed = [b.get("stdout", "").split("\n") for b in recording["blocks"]]
    return [[float(line.split()[-1]) for line in lines if line] for lines in printed
            if len(lines) >= 500]  # fmt: skip


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_real_torch_prints_what_the_document_shows(path):
    report = replay_document(path, alias=real_torch)
    assert report.ok, [(b.lineno, b.reason, b.diff) for b in report.failed]
    if TUTORIALS in path.parents:
        assert {b.status for b in report.blocks} <= {"ok", "ran"}
        assert [b.notes for b in report.blocks if b.notes] == []


@pytest.mark.parametrize("backend", ["numpy", "frozen"])
@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_tinytorch_prints_what_real_torch_prints(path, backend):
    ours = record_document(path, seed=0, backend=backend, alias=tinytorch)
    theirs = record_document(path, seed=0, alias=real_torch)
    assert len(ours["blocks"]) == len(theirs["blocks"])
    ran = [i for i, b in enumerate(theirs["blocks"]) if "skipped" not in b]  # TensorFlow's is not
    for recording in (ours, theirs):
        recording["blocks"] = [recording["blocks"][i] for i in ran]
    long = "for t in range(500)" in path.read_text("utf-8")
    found = compare_recordings(theirs, ours, ulp_tolerant=long, rtol=0.05 if long else 0.0)
    assert [str(d) for d in found] == []
    if long:
        pairs = list(zip(losses(ours), losses(theirs), strict=True))
        assert pairs
        for mine, real in pairs:
            for lines, room in EARLY.items():
                assert mine[:lines] == pytest.approx(real[:lines], rel=room)
