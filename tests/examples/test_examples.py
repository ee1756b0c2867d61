"""Every example runs, and prints what it printed under real torch.

The recordings beside this file were made by `record_examples.py` from torch 2.13.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RECORDED = json.loads((HERE / "recorded.json").read_text())


@pytest.mark.parametrize("name", sorted(RECORDED["examples"]))
def test_example(name):
    run = subprocess.run(
        [sys.executable, ROOT / "examples" / name],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == RECORDED["examples"][name]


def test_every_example_is_recorded():
    assert sorted(RECORDED["examples"]) == sorted(p.name for p in (ROOT / "examples").glob("*.py"))
