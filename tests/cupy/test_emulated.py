"""The tests of the emulated CuPy, and the whole suite on it, each in a process of its own.

Nothing here is a result of a GPU: see `docs/gpu.md` for what the emulation can show and cannot.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RIG = HERE.parent / "rigs" / "cupy_emulation"
REAL = any(d.name and d.name.startswith("cupy") for d in distributions())


def call(*command, **env):
    path = os.pathsep.join(filter(None, [str(RIG), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, timeout=1200,
        env={**os.environ, "PYTHONPATH": path, **env},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_on_the_emulation():
    status, output = call("-m", "pytest", "-p", "emulated_plugin", HERE / "emulated")
    assert status == 0, output[-6000:]


def test_the_whole_suite_on_the_emulation(tmp_path):
    report = tmp_path / "report.json"
    status, output = call(RIG / "run.py", "--conformance-json", report)
    cases = json.loads(report.read_text("utf-8"))["cases"]
    assert not [c["id"] for c in cases if c["status"] == "failed"], output[-6000:]
    assert status == 0 and "EMULATED" in output
    assert not [c["id"] for c in cases if c["status"] == "skipped"]
    assert sum(c["status"] == "passed" for c in cases) > 20000


def test_the_tutorials_replay_on_the_emulation():
    status, output = call(RIG / "run.py", "--replay", HERE.parents[1] / "docs" / "tutorials")
    assert status == 0, output[-3000:]


@pytest.mark.skipif(not REAL, reason="CuPy is not installed")
def test_the_surface_is_that_of_the_installed_cupy(tmp_path):
    recorded = json.loads(RIG.joinpath("surface.json").read_text("utf-8"))
    code = "import json, dump_surface; print(json.dumps(dump_surface.dump()))"
    status, output = call("-c", code)
    assert status == 0, output
    found = json.loads(output.splitlines()[-1])
    if found["cupy"] != recorded["cupy"]:
        pytest.skip(f"recorded of CuPy {recorded['cupy']}, installed is {found['cupy']}")
    assert found == recorded
