"""CuPy on the CPU answers as NumPy and refuses what it has not got, where the rig was built.

Building it takes minutes and a download, so it is made by ``tests/rigs/cupy_on_cpu/build.py``
alone; without it these tests skip. Its CuPy is another than an installed one, hence a process.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "cupy_on_cpu"))
import build
import patch

RIG = sys.path.pop(0)
needs_rig = pytest.mark.skipif(
    not build.built(), reason="tests/rigs/cupy_on_cpu/build.py has not been run"
)


def _run(*arguments):
    done = subprocess.run(
        [sys.executable, f"{RIG}/run.py", *arguments],
        capture_output=True,
        text=True,
        env=dict(os.environ, PYTEST_ADDOPTS=""),
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@needs_rig
def test_primitives_and_refusals():
    assert " passed" in _run("--only", f"{RIG}/checks.py", "-p", "no:cacheprovider")


@needs_rig
def test_no_entry_is_left_undefined():
    declared = (build.prefix() / "lib" / "declared").read_text().split()
    script = "import ctypes, sys; lib = ctypes.CDLL(sys.argv[1]); [lib[n] for n in sys.argv[2:]]"
    lib = build.prefix() / "lib" / "libcudahost.so"
    subprocess.run([sys.executable, "-c", script, lib, *declared], check=True)


@needs_rig
def test_the_backend_runs_on_it():
    script = (
        "import cupy, tinytorch as t;"
        "x = t.ones(3, 4, device='cuda', requires_grad=True);"
        "(x * 2).sum().backward();"
        "print(cupy.cuda.runtime.getDeviceProperties(0)['name'].decode(), x.grad.tolist()[0])"
    )
    assert "CPU running CuPy (no GPU) [2.0, 2.0, 2.0, 2.0]" in _run("--python", "-c", script)


def test_a_row_that_does_not_fit_stops_the_build(tmp_path):
    stub = tmp_path / f"{patch.STUBS}cuda_runtime.h"
    stub.parent.mkdir(parents=True)
    stub.write_text("cudaError_t cudaSomething() { return cudaSuccess; }\n")
    with pytest.raises(FileNotFoundError):
        patch.apply(tmp_path, "lib", "include")
    assert stub.read_text() == "cudaError_t cudaSomething();\n"
    with pytest.raises(RuntimeError, match=r"cuda_runtime\.h: .* matched 0 times"):
        patch.apply(tmp_path, "lib", "include")
