"""The suite itself: it passes on the backends that ship, and it catches backends that are wrong.

Each run is a process of its own, as a backend's author runs it, from a directory that is not ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from tinytorch_conformance.cases import FRONT_END, read_known


def run(tmp_path, backend, *args, before=""):
    """Run the suite in a fresh process: (exit status, {case id: (status, text)}, output)."""
    report = tmp_path / "report.json"
    args = [*args, "--conformance-json", str(report)]
    code = (
        "import sys\n"
        + textwrap.dedent(before)
        + "\nfrom tinytorch_conformance import run_suite\n"
        + f"sys.exit(run_suite({backend!r}, {args!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    cases = {}
    if report.exists():
        cases = {
            c["id"]: (c["status"], c.get("text", ""))
            for c in json.loads(report.read_text())["cases"]
        }
    return done.returncode, cases, done.stdout + done.stderr


@pytest.mark.parametrize("backend", ["numpy", "frozen"])
def test_a_shipped_backend_passes(tmp_path, backend):
    status, cases, output = run(tmp_path, backend)
    failed = {i: text for i, (s, text) in cases.items() if s == "failed"}
    assert not failed, output[-3000:]
    assert status == 0
    assert {i for i, (s, _) in cases.items() if s == "known"} == set(read_known(FRONT_END))
    assert sum(s == "passed" for s, _ in cases.values()) > 15000
    skipped = {i for i, (s, _) in cases.items() if s == "skipped"}
    mutable_only = {"kernels/contract-assign", "kernels/contract-aliases"}
    assert skipped == (mutable_only if backend == "frozen" else set())


def test_a_wrong_backend_is_told_what_is_wrong(tmp_path):
    before = (
        "import numpy as np\nfrom tinytorch import plugins\n"
        "from tinytorch_numpy import NumpyBackend\n"
        "class Wrong(NumpyBackend):\n    name = 'wrong'\n    def setup(P):\n"
        "        NumpyBackend.setup(P)\n        P.maximum = np.fmax\n"
        "plugins.register('wrong', Wrong)"
    )
    status, cases, output = run(tmp_path, "wrong", "-k", "kernels/maximum-", before=before)
    assert status == 1, output[-2000:]
    failed = {i: text for i, (s, text) in cases.items() if s == "failed"}
    assert {"kernels/maximum[0]-float32", "kernels/maximum[0]-float64"} <= set(failed)
    assert "differs at 2 of 12 places" in failed["kernels/maximum[0]-float32"]
    assert "to see it alone:" in output
    assert "torch.set_backend('wrong')" in output
    assert "and 7 more of this kind" in output


def test_known_failures_are_strict(tmp_path):
    known = tmp_path / "known.toml"
    known.write_text('[known]\n"printing/empty" = "it prints well, in truth"\n')
    status, cases, output = run(tmp_path, "numpy", "-k", "printing", "--known-failures", str(known))
    assert status == 1
    assert cases["printing/empty"][0] == "failed"
    assert "is listed as a known failure (it prints well, in truth)" in output


def test_a_known_failure_is_counted_apart(tmp_path):
    known = tmp_path / "known.toml"
    known.write_text('[known]\n"kernels/max*" = "NaN is dropped"\n')
    before = (
        "import numpy as np\nfrom tinytorch import plugins\n"
        "from tinytorch_numpy import NumpyBackend\n"
        "class Wrong(NumpyBackend):\n    def setup(P):\n        NumpyBackend.setup(P)\n"
        "        P.maximum = lambda x, y: np.zeros(3)\n"
        "plugins.register('wrong', Wrong)"
    )
    args = ("-k", "kernels/maximum-", "--known-failures", str(known))
    status, cases, output = run(tmp_path, "wrong", *args, before=before)
    assert status == 0, output[-2000:]
    assert {s for s, _ in cases.values()} == {"known"}
    assert cases["kernels/maximum[0]-float32"][1] == "NaN is dropped"


def test_a_known_failure_needs_a_reason(tmp_path):
    known = tmp_path / "known.toml"
    known.write_text('[known]\n"printing/empty" = ""\n')
    status, cases, output = run(tmp_path, "numpy", "--known-failures", str(known))
    assert status == 4
    assert not cases
    assert "the known failure 'printing/empty' needs a reason" in output


def test_an_allowlist_holds_only_what_it_names(tmp_path):
    allow = tmp_path / "allow.txt"
    allow.write_text("printing/f*  # a start\n\n# nothing else yet\n")
    status, cases, _ = run(tmp_path, "numpy", "-k", "printing", "--allow", str(allow))
    assert status == 0
    assert cases["printing/float"][0] == "passed"
    assert cases["printing/empty"] == ("skipped", "not in the allowlist")


def test_a_dtype_that_is_not_declared_is_skipped(tmp_path):
    before = (
        "from tinytorch import plugins\nfrom tinytorch_numpy import NumpyBackend\n"
        "class Narrow(NumpyBackend):\n"
        "    dtypes = tuple(d for d in NumpyBackend.dtypes if d != 'bfloat16')\n"
        "plugins.register('narrow', Narrow)"
    )
    status, cases, output = run(tmp_path, "narrow", "-k", "kernels/exp", before=before)
    assert status == 0, output[-2000:]
    assert cases["kernels/exp[0]-bfloat16"] == ("skipped", "dtype bfloat16 is not declared")


def test_a_backend_that_cannot_be_had(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--pyargs", "tinytorch_conformance", "--backend", "numpi"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 4
    assert "no backend named 'numpi' is installed" in done.stderr
    assert "did you mean 'numpy'" in done.stderr


@pytest.mark.parametrize("backend", ["numpy", "frozen"])
def test_float_errors_are_no_warnings(backend):
    code = (
        f"import tinytorch as torch; torch.set_backend({backend!r})\n"
        "x = torch.tensor([0.0, -1.0], requires_grad=True)\n"
        "(x.log() + 1 / x + x.sqrt()).sum().backward()\n"
        "print(x.grad)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, timeout=120
    )
    assert (done.stdout, done.stderr) == ("tensor([nan, nan])\n", "")


def test_workers_share_the_suite(tmp_path):
    status, cases, output = run(tmp_path, "numpy", "-k", "printing", "-n", "2")
    assert status == 0, output[-2000:]
    assert cases["printing/float"][0] == "passed"
    assert "conformance of backend 'numpy'" in output


def test_the_door_is_shut_to_other_runs(tmp_path):
    (tmp_path / "test_mine.py").write_text("def test(): pass\n")
    code = (
        "import sys, pytest; r = pytest.main(['-q']);"
        "sys.exit(int(r) or 'tinytorch' in sys.modules or 'numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_table_and_the_report_agree(tmp_path):
    status, cases, output = run(tmp_path, "numpy", "-k", "printing or errors/bool")
    assert status == 0, output[-2000:]
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["backend"] == "numpy"
    assert report["torch"].startswith("2.13")
    counts = report["levels"]["printing"]
    assert counts == {"passed": sum(i.startswith("printing/") for i in cases)}
    row = next(line for line in output.splitlines() if line.startswith("printing"))
    assert row.split() == ["printing", str(counts["passed"]), "0", "0", "0"]
