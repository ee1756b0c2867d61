"""``tinytorch new-backend``: what it writes installs, is found, and is held to the suite."""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import sysconfig
import tomllib

import pytest

from tinytorch_conformance.skeleton import FILES, SUFFIX, words, write


def test_the_files_are_filled_in(tmp_path):
    root = write("fast-array", tmp_path / "there", library="fast.array")
    files = {str(p.relative_to(root)): p.read_text() for p in root.rglob("*") if p.is_file()}
    assert set(files) == {
        "pyproject.toml", "README.md", "known-failures.toml", "tests/test_conformance.py",
        ".github/workflows/conformance.yml", "src/tinytorch_fast_array/__init__.py",
        "src/tinytorch_fast_array/kernels.py",
    }  # fmt: skip
    assert not [name for name, text in files.items() for word in words("a", "b") if word in text]
    project = tomllib.loads(files["pyproject.toml"])["project"]
    assert project["name"] == "tinytorch-fast-array"
    assert project["dependencies"] == ["tinytorch", "fast"]
    assert project["optional-dependencies"] == {"test": ["tinytorch[conformance]"]}
    assert project["entry-points"] == {"tinytorch": {"fast-array": "tinytorch_fast_array"}}
    assert tomllib.loads(files["known-failures.toml"]) == {"known": {}}
    backend = files["src/tinytorch_fast_array/__init__.py"]
    assert "import fast.array as xp" in backend
    assert (
        'class FastArrayBackend(from_array_api(xp, "fast-array", overrides=OVERRIDES))' in backend
    )
    for name, text in files.items():
        if name.endswith(".py"):
            compile(text, name, "exec")


@pytest.mark.parametrize("name", ["Fast", "fast array", "", "9fast", "fast--array", "../fast"])
def test_a_name_that_cannot_be_one(tmp_path, name):
    with pytest.raises(ValueError, match="no name for a backend"):
        write(name, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "mine.txt").write_text("here")
    with pytest.raises(FileExistsError, match="is there already"):
        write("fast", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_no_tool_takes_the_files_for_its_own():
    assert all(p.suffix == SUFFIX for p in FILES.rglob("*") if p.is_file())


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A new environment that sees this one's packages, with a new backend installed."""
    home = tmp_path_factory.mktemp("fresh")
    root = write("acme", home / "acme")
    python = home / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "env"], check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    there = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True)
    ours = {sysconfig.get_path("purelib"), *site.getsitepackages()}
    lines = "".join(f"import site; site.addsitedir({p!r})\n" for p in sorted(ours))
    with open(os.path.join(there.stdout.strip(), "ours.pth"), "w") as f:
        f.write(lines)
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    done = subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "-e", root],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return python, root


def test_the_new_backend_computes(fresh):
    python, root = fresh
    code = (
        "import tinytorch as torch; torch.set_backend('acme')\n"
        "x = torch.arange(3.0, requires_grad=True)\n(x * x).sum().backward()\n"
        "print(torch.get_backend(), x.grad)"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, cwd=root)
    assert done.stdout == "acme tensor([0., 2., 4.])\n", done.stderr


def test_its_own_tests_run_the_suite(fresh):
    python, root = fresh
    some = {**os.environ, "PYTEST_ADDOPTS": "-k 'whole_suite or printing'"}
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-s"], capture_output=True, text=True, cwd=root, env=some
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "conformance of backend 'acme'" in done.stdout
    row = next(line for line in done.stdout.splitlines() if line.startswith("printing"))
    assert row.split() == ["printing", "38", "0", "1", "0"]


def test_its_workflow_says_what_the_command_line_takes(fresh):
    python, root = fresh
    report = root / "conformance.json"
    known = ["--known-failures", "known-failures.toml", "--conformance-json", report]
    suite = [python, "-m", "tinytorch", "conformance", "--backend", "acme", *known]
    done = subprocess.run([*suite, "-k", "errors"], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(report.read_text())["from"] == "tinytorch-acme 0.1.0"
    page = [python, "-m", "tinytorch", "conformance-report", report]
    done = subprocess.run(
        [*page, "-o", "conformance.html", "--badge", "badge.svg"],
        capture_output=True, text=True, cwd=root,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"acme: partial, \d+ passed", done.stdout)
    workflow = (root / ".github" / "workflows" / "conformance.yml").read_text()
    commands = (
        "tinytorch conformance --backend acme --known-failures known-failures.toml",
        "-n auto --conformance-json conformance.json",
        "tinytorch conformance-report conformance.json -o conformance.html --badge badge.svg",
    )
    assert [c for c in commands if c not in workflow] == []
