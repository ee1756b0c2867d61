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


TRAINING = """
import ctypes, sys
import cupy
import tinytorch as torch
copies = ctypes.CDLL(sys.argv[1]).cupy_on_cpu_copies
net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1)).cuda()
opt = torch.optim.Adam(net.parameters())
x, y = torch.randn(16, 4, device="cuda"), torch.randn(16, 1, device="cuda")
def step():
    opt.zero_grad()
    loss = ((net(x) - y) ** 2).mean()
    loss.backward()
    opt.step()
    return loss
first = step()
before = copies(2)
losses = [step() for _ in range(5)]
assert copies(2) == before, "a step reads from the device"
assert losses[-1].item() < first.item()
assert copies(2) == before + 2
several = torch.tensor([3.0, float("nan"), 1, 2, 0, 5, float("nan")], device="cuda")
assert several.argmax().item() == 1, "of several NaN the first"
print(cupy.cuda.runtime.getDeviceProperties(0)["name"].decode())
"""


@needs_rig
def test_a_training_step_reads_nothing_back():
    told = _run("--python", "-c", TRAINING, str(build.prefix() / "lib" / "libcudahost.so"))
    assert told.strip() == "CPU running CuPy (no GPU)"


def test_a_row_that_does_not_fit_stops_the_build(tmp_path):
    stub = tmp_path / f"{patch.STUBS}cuda_runtime.h"
    stub.parent.mkdir(parents=True)
    stub.write_text("cudaError_t cudaSomething() { return cudaSuccess; }\n")
    with pytest.raises(FileNotFoundError):
        patch.apply(tmp_path, "lib", "include")
    assert stub.read_text() == "cudaError_t cudaSomething();\n"
    with pytest.raises(RuntimeError, match=r"cuda_runtime\.h: .* matched 0 times"):
        patch.apply(tmp_path, "lib", "include")
