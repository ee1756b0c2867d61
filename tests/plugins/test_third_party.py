"""A backend as a stranger publishes it: built, installed, found, listed and held to the suite.

The package in `examples/third_party_backend` is installed into an environment of its own, which
sees the packages of this one and nothing of the checkout's `examples`.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "third_party_backend"

PROGRAM = """
import tinytorch as torch

torch.set_backend("strict")
torch.manual_seed(0)
x = torch.randn(3)
print(x, x._p)

w = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
(w @ w).div(8).tanh().sum().mul(0.5).backward()
print(w.grad)

a = torch.arange(12.0).reshape(3, 4)
row = a[1]
a[:, [0, 0, 2]] = -1.0
row += 10
a[a > 11] = 0
print(a, row, sep="\\n")

v = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
(g,) = torch.autograd.grad((v[torch.tensor([0, 0, 2])] ** 3).sum(), v, create_graph=True)
g.sum().backward()
print(g.detach(), v.grad)
"""

PRINTED = """\
tensor([ 1.5410, -0.2934, -2.1788]) <backend strict on cpu>
tensor([[0.1150, 0.1853],
        [0.0932, 0.0600]])
tensor([[-1.,  1., -1.,  3.],
        [ 9.,  0.,  9.,  0.],
        [-1.,  9., -1., 11.]])
tensor([9., 0., 9., 0.])
tensor([ 6.,  0., 27.]) tensor([12.,  0., 18.])
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of an environment in which the example is installed."""
    root = tmp_path_factory.mktemp("third-party")
    source = shutil.copytree(EXAMPLE, root / "source")
    venv.create(root / "env")
    scripts = "Scripts" if os.name == "nt" else "bin"
    python = root / "env" / scripts / "python"
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    here = sysconfig.get_path("purelib")
    Path(site, "parent.pth").write_text(f"import site; site.addsitedir({here!r})\n")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    run(*pip, "--no-deps", "--no-index", "--no-build-isolation", "--force-reinstall", str(source))
    return python


def run(*command):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("TINYTORCH_", "PYTHON", "PIP"))}
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_found_and_listed(python, tmp_path):
    listed = json.loads(run(python, "-m", "tinytorch", "backends", "--json"))
    (row,) = [r for r in listed if r["name"] == "strict"]
    assert row["distribution"] == "tinytorch-strict" and row["version"] == "0.1.0"
    assert row["devices"] == ["strict"] and row["usable"] is True
    assert "tinytorch-strict" in run(python, "-m", "tinytorch", "backends")
    where = run(python, "-c", "import tinytorch_strict as t; print(t.__file__)").strip()
    assert Path(where).is_relative_to(Path(python).parents[1])


def test_programs_run_on_it(python, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    assert run(python, program) == PRINTED


def test_it_passes_the_conformance_suite(python, tmp_path):
    report = tmp_path / "report.json"
    options = ["-q", "--conformance-json", report]
    run(python, "-m", "tinytorch", "conformance", "--backend", "strict", *options)
    levels = json.loads(report.read_text())["levels"]
    assert {"kernels", "functions", "gradients", "views", "documents", "training"} <= set(levels)
    assert sum(counts.get("failed", 0) for counts in levels.values()) == 0
    cases = json.loads(report.read_text())["cases"]
    assert {c["text"] for c in cases if c["status"] == "skipped"} == {
        f"{what} is not declared" for what in ("dtype float16", "dtype bfloat16", "mutable")
    }
