"""The command line: where each command goes, what it is given, and what it says.

The conformance package and the plugin layer have tests of their own; here they are stand-ins
that show what they were called with.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from tinytorch import __main__, _run, plugins
from tinytorch.cli import app

ROOT = Path(__file__).parents[2]

BACKENDS = [
    {
        "name": "numpy",
        "distribution": "tinytorch",
        "version": "1.0",
        "devices": ["cpu"],
        "usable": True,
        "why": "",
        "how": "",
    },
    {
        "name": "far",
        "distribution": "tinytorch-far",
        "version": "0.3",
        "devices": ["far", "further"],
        "usable": False,
        "why": "no [red] far device in this machine",
        "how": "pip install tinytorch-far",
    },
]


@pytest.fixture
def calls(monkeypatch):
    """A stand-in conformance package that records its calls and returns status 3."""
    made = []
    suite, replay = ModuleType("tinytorch_conformance"), ModuleType("tinytorch_conformance.replay")
    suite.run_suite = lambda *args: made.append(args) or 3
    replay.replay_command = lambda *args, **kw: made.append((args, kw)) or 3
    monkeypatch.setitem(sys.modules, "tinytorch_conformance", suite)
    monkeypatch.setitem(sys.modules, "tinytorch_conformance.replay", replay)
    return made


def tinytorch(*args):
    return CliRunner().invoke(app, args, prog_name="tinytorch", env={"COLUMNS": "120"})


def test_replay_hands_its_options_over(calls, tmp_path):
    one, two = tmp_path / "a.md", tmp_path / "b.ipynb"
    one.touch(), two.touch()
    out, xml = tmp_path / "out.json", tmp_path / "out.xml"
    options = ["--backend", "far", "--seed", "7", "--json", str(out), "--junit", str(xml)]
    assert tinytorch("replay", str(one), *options, str(two)).exit_code == 3
    assert tinytorch("replay", str(one)).exit_code == 3
    full = {"backend": "far", "seed": 7, "json": out, "junit": xml}
    bare = {"backend": None, "seed": 0, "json": None, "junit": None}
    assert calls == [(([str(one), str(two)],), full), (([str(one)],), bare)]


def test_replay_of_a_file_that_is_not_there(calls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = tinytorch("replay", "gone.md")
    assert (done.exit_code, calls) == (2, [])
    assert "does not exist" in done.output


@pytest.mark.parametrize(
    "args, call",
    [
        ([], ("numpy", [])),
        (["--backend", "far", "-q", "--lf"], ("far", ["-q", "--lf"])),
        (["-k", "add or mul", "--backend=far", "-x"], ("far", ["-k", "add or mul", "-x"])),
    ],
)
def test_conformance_hands_the_rest_to_pytest(calls, args, call):
    assert tinytorch("conformance", *args).exit_code == 3
    assert calls == [call]


@pytest.mark.parametrize("command", [["replay", __file__], ["conformance"]])
def test_a_missing_extra_is_named(monkeypatch, command):
    monkeypatch.setitem(sys.modules, "tinytorch_conformance", None)
    done = tinytorch(*command)
    assert done.exit_code == 2
    assert "pip install 'tinytorch[conformance]'" in done.output
    assert "Traceback" not in done.output


def test_a_missing_parser_speaks_for_itself(calls, monkeypatch):
    def fail(*args, **kw):
        raise ImportError("nbformat is needed: pip install nbformat")

    monkeypatch.setattr(sys.modules["tinytorch_conformance.replay"], "replay_command", fail)
    done = tinytorch("replay", __file__)
    assert done.exit_code == 2
    assert done.output == "tinytorch replay: nbformat is needed: pip install nbformat\n"


def test_a_backend_that_does_not_work_is_told_in_a_line(calls, monkeypatch):
    def fail(*args):
        raise plugins.BackendError("there is no backend far")

    monkeypatch.setattr(sys.modules["tinytorch_conformance"], "run_suite", fail)
    done = tinytorch("conformance", "--backend", "far")
    assert (done.exit_code, done.output) == (2, "tinytorch conformance: there is no backend far\n")


def test_other_import_errors_are_not_hidden(calls, monkeypatch):
    def fail(*args, **kw):
        raise ImportError("cannot import name 'x'")

    monkeypatch.setattr(sys.modules["tinytorch_conformance"], "run_suite", fail)
    assert isinstance(tinytorch("conformance").exception, ImportError)


def test_backends_as_a_table(monkeypatch):
    monkeypatch.setattr(plugins, "describe_backends", lambda: BACKENDS)
    done = tinytorch("backends")
    assert done.exit_code == 0
    words = (
        ["tinytorch 1.0", "cpu", "yes"],
        ["tinytorch-far 0.3", "far, further", "no"],
        ["no [red] far device in this machine"],
        ["pip install tinytorch-far"],
    )
    lines = done.output.splitlines()
    for group in words:
        assert any(all(word in line for word in group) for line in lines), group


def test_backends_as_json(monkeypatch):
    monkeypatch.setattr(plugins, "describe_backends", lambda: BACKENDS)
    assert json.loads(tinytorch("backends", "--json").output) == BACKENDS


def test_version(monkeypatch):
    import tinytorch as package

    monkeypatch.setattr(package, "__version__", "9.9", raising=False)
    assert tinytorch("--version").output == "tinytorch 9.9\n"


def test_help_names_every_command():
    for command in __main__.COMMANDS:
        assert f" {command} " in tinytorch("--help").output
        assert tinytorch(command, "-h").exit_code == 0


@pytest.mark.parametrize(
    "args, ran",
    [
        (["a.py", "-x"], ["a.py", "-x"]),
        (["run", "replay", "--help"], ["replay", "--help"]),
        (["--backend", "far", "a.py"], ["--backend", "far", "a.py"]),
        (["--backend=far", "a.py"], ["--backend=far", "a.py"]),
        (["-m", "pack"], ["-m", "pack"]),
        (["-c", "1"], ["-c", "1"]),
        (["-"], ["-"]),
        (["run"], []),
    ],
)
def test_what_goes_to_the_runner(monkeypatch, args, ran):
    seen = []
    monkeypatch.setattr(_run, "main", seen.append)
    __main__.main(args)
    assert seen == [ran]


@pytest.mark.parametrize(
    "args", [[], ["--version"], ["--help"], ["--no"], ["backends"], ["run", "--help"]]
)
def test_what_goes_to_the_command_line(monkeypatch, args):
    seen = []
    monkeypatch.setattr("tinytorch.cli.app", lambda args, prog_name: seen.append(args))
    __main__.main(args)
    assert seen == [args or ["--help"]]


def test_run_through_the_option_parser_is_the_same_run(monkeypatch):
    seen = []
    monkeypatch.setattr(_run, "main", seen.append)
    assert tinytorch("run", "--backend", "far", "a.py", "--backend", "x").exit_code == 0
    assert tinytorch("run", "-m", "pack", "-h").exit_code == 0
    assert seen == [["--backend", "far", "a.py", "--backend", "x"], ["-m", "pack", "-h"]]


def test_the_backend_is_chosen_before_the_script(monkeypatch, capsys):
    import tinytorch as package

    def choose(name):
        if name != "far":
            raise RuntimeError(f"there is no backend {name}")
        done.append(name)

    done = []
    monkeypatch.setattr(package, "set_backend", choose, raising=False)
    monkeypatch.setattr(_run, "run_script", lambda path, argv: done.append((path, argv)))
    _run.main(["--backend", "far", "a.py", "b"])
    assert done == ["far", ("a.py", ["b"])]
    with pytest.raises(SystemExit) as e:
        _run.main(["--backend", "near", "a.py"])
    assert e.value.code == 2
    assert capsys.readouterr().err == "tinytorch: --backend near: there is no backend near\n"


def test_agreement_is_asked_of_the_names(calls, monkeypatch):
    made = ModuleType("tinytorch_conformance.agree")
    made.agree_command = lambda names: calls.append(names) or 1
    monkeypatch.setitem(sys.modules, "tinytorch_conformance.agree", made)
    assert tinytorch("conformance", "--agree", "numpy,far").exit_code == 1
    assert calls == [["numpy", "far"]]


def test_a_new_backend_is_written(tmp_path):
    there = tmp_path / "fast"
    args = ("new-backend", "fast", "--directory", str(there))
    done = tinytorch(*args)
    assert done.exit_code == 0
    assert "tinytorch conformance --backend fast" in done.output
    assert (there / "src" / "tinytorch_fast" / "__init__.py").exists()
    again = tinytorch(*args)
    assert again.exit_code == 2
    assert "is there already, and not empty" in again.output


def test_a_new_backend_needs_a_name_that_can_be_one(tmp_path):
    done = tinytorch("new-backend", "Fast Array", "--directory", str(tmp_path / "x"))
    assert (done.exit_code, (tmp_path / "x").exists()) == (2, False)
    assert "'Fast Array' is no name for a backend" in done.output


def test_a_wrong_option_ends_with_status_2():
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tinytorch", "--bogus"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "No such option" in done.stderr
