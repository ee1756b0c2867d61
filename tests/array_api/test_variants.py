"""Odd devices, refused features and other roles: the kernels and views of the suite on each.

`run.py` runs all of it; here is the part that a device, a missing feature or aliasing can break.
"""

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")
NAMES = {
    "strict-static": "strict", "strict-2023": "strict", "strict-no-float64": "strict-no-float64",
    "strict-functional": "strict-functional", "numpy-views": "numpy-views",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_kernels_and_views_pass(name):
    command = [sys.executable, RUN, name, "-k", "test_views or test_kernels"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert f"conformance of backend {NAMES[name]!r}" in done.stdout


def test_a_name_that_is_none_is_refused():
    done = subprocess.run([sys.executable, RUN, "no-such"], capture_output=True, text=True)
    assert done.returncode != 0 and "no backend named 'no-such'" in done.stdout + done.stderr
