"""Programs run as Python itself runs them, except for what ``import torch`` means.

Where a program's behaviour does not depend on torch, the same text is run by plain Python and
both outcomes are compared: output, error text and status.
"""

import os
import py_compile
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TINY = [sys.executable, "-m", "tinytorch"]
PYTHON = [sys.executable]

PROGRAMS = {
    "names": "import sys\nprint(__name__, __file__, __spec__, __package__, __doc__, sys.argv, "
    "sys.path[0], sorted(globals()), type(__loader__))",
    "error": "def f():\n    1 / 0\n\nf()",
    "chain": "try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('no') from e",
    "syntax": "print('never')\nx = (",
    "exit": "import sys\nprint('leaving')\nsys.exit(7)",
    "words": "raise SystemExit('enough')",
    "interrupt": "raise KeyboardInterrupt",
    "hook": "import sys, traceback\n"
    "sys.excepthook = lambda t, v, tb: print('mine', t, len(traceback.extract_tb(tb)))\n1 / 0",
    "atexit": "import atexit, sys\nx = 5\n"
    "atexit.register(lambda: print(sys.modules['__main__'].x))\n1 / 0",
    "pickle": "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)",
    "coding": "# -*- coding: latin-1 -*-\nprint(ascii('\\xe9'))",
    "future": "print(__annotations__)\nx: int = 1\nprint(__annotations__)",
    "neighbour": "import next_door\nprint(next_door.x)",
    "stdin": "print(input())",
}

SHOWS = {
    "names": "'--backend', 'x', '-m'",
    "error": "ZeroDivisionError",
    "chain": "direct cause",
    "syntax": "was never closed",
    "exit": "leaving",
    "words": "enough",
    "interrupt": "KeyboardInterrupt",
    "hook": "mine <class 'ZeroDivisionError'> 1",
    "atexit": "5\n",
    "pickle": "True",
    "coding": "'\\xe9'",
    "future": "{'x': <class 'int'>}",
    "neighbour": "next door",
    "stdin": "a line",
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "next_door.py").write_text("x = 'next door'\n")
    for name, text in PROGRAMS.items():
        (tmp_path / "sub" / f"p_{name}.py").write_text(text + "\n", encoding="latin-1")
    (tmp_path / "link.py").symlink_to("sub/p_names.py")
    return tmp_path


def run(command, folder, stdin="", **env):
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | env
    return subprocess.run(
        command, cwd=folder, env=env, input=stdin, capture_output=True, text=True, timeout=60
    )


def same(folder, args, stdin=""):
    ours = run(TINY + args, folder, stdin)
    real = run(PYTHON + args, folder, stdin)
    assert (ours.stdout, ours.stderr) == (real.stdout, real.stderr)
    assert ours.returncode == real.returncode
    return ours


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_python_runs_it(folder, name):
    done = same(folder, [f"sub/p_{name}.py", "--backend", "x", "-m"], "a line\n")
    assert SHOWS[name] in done.stdout + done.stderr


def test_a_program_may_break_its_own_excepthook(folder):
    (folder / "broken.py").write_text("import sys\nsys.excepthook = None\n1 / 0\n")
    ours, real = run(TINY + ["broken.py"], folder), run(PYTHON + ["broken.py"], folder)
    assert ours.stderr.startswith("Error in sys.excepthook:\n")
    assert ours.stderr.partition("Original")[2] == real.stderr.partition("Original")[2] != ""


def test_a_link_runs_in_the_folder_of_what_it_points_at(folder):
    assert str(folder / "sub") in same(folder, ["link.py"]).stdout


def test_code_from_the_command_line_and_from_a_pipe(folder):
    show = "import sys; print(sys.argv, repr(sys.path[0]), __name__, __loader__)"
    assert "['-c', 'a', '-b']" in same(folder, ["-c", show, "a", "-b"]).stdout
    assert "['-', 'a']" in same(folder, ["-", "a"], show).stdout
    assert same(folder, ["-c", "raise SystemExit(4)"]).returncode == 4
    assert run(TINY + ["-c", "1 / 0"], folder).stderr == (
        'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\n'
        "ZeroDivisionError: division by zero\n"
    )


def test_modules_and_packages(folder):
    (folder / "pack").mkdir()
    text = "import sys; print(__name__, __package__, sys.argv, sys.path[0], __spec__.name)"
    (folder / "pack" / "__init__.py").write_text("")
    (folder / "pack" / "__main__.py").write_text(text)
    (folder / "pack" / "part.py").write_text(text + "; sys.exit(3)")
    same(folder, ["-m", "pack", "a"])
    assert same(folder, ["-m", "pack.part", "-m"]).returncode == 3
    assert "pack/__main__.py" not in same(folder, ["pack"]).stdout
    with zipfile.ZipFile(folder / "app", "w") as archive:
        archive.writestr("__main__.py", text + "\n1 / 0")
    ours, real = run(TINY + ["app", "x"], folder), run(PYTHON + ["app", "x"], folder)
    assert (ours.stdout, ours.returncode) == (real.stdout, real.returncode)
    assert ours.stderr == "".join(
        line for line in real.stderr.splitlines(True) if "<frozen runpy>" not in line
    )
    py_compile.compile(folder / "pack" / "part.py", folder / "part.pyc")
    compiled = run(TINY + ["part.pyc"], folder)
    assert compiled.stderr.endswith("'NoneType' object has no attribute 'name'\n")
    gone = run(TINY + ["-m", "pack.gone"], folder)
    assert (gone.returncode, gone.stderr.strip()) == (1, "ImportError: No module named pack.gone")


IMPORTS = """
import torch, tinytorch, sys
import torch as t
assert t is torch is tinytorch is sys.modules["torch"]
assert torch.__file__ == tinytorch.__file__
"""


def test_torch_is_tinytorch_and_a_real_one_is_not_touched(folder):
    (folder / "sub" / "torch").mkdir()
    (folder / "sub" / "torch" / "__init__.py").write_text("raise RuntimeError('the real one')")
    (folder / "sub" / "uses.py").write_text(IMPORTS)
    done = run(TINY + ["sub/uses.py"], folder)
    assert (done.returncode, done.stderr) == (0, "")
    done = run(TINY + ["run", "sub/uses.py"], folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "the real one" in run(PYTHON + ["sub/uses.py"], folder).stderr


def test_a_missing_part_of_torch_is_explained(folder):
    done = run(TINY + ["-c", "import torch.imaginary"], folder)
    assert done.stderr.endswith(
        "ModuleNotFoundError: No module named 'torch.imaginary'\n"
        "torch is tinytorch here, which has no module tinytorch.imaginary.\n"
    )


def test_a_module_of_torch_can_be_run(folder):
    done = run(TINY + ["-m", "torch", "-c", "print('inner')"], folder)
    assert (done.stdout, done.stderr) == ("inner\n", "")


def test_outside_such_a_run_nothing_is_aliased(folder):
    show = "import tinytorch, sys; print([m for m in sys.modules if m.startswith('torch')])"
    assert run(PYTHON + ["-c", show], folder).stdout == "[]\n"


def test_the_way_to_a_script_imports_no_command_line(folder):
    show = "import sys; print(sorted({'typer', 'rich', 'click', 'argparse'} & set(sys.modules)))"
    assert run(TINY + ["-c", show], folder).stdout == "[]\n"


@pytest.mark.parametrize(
    "args, words",
    [
        (["run", "--backend"], "--backend needs a name"),
        (["run", "--backend="], "--backend needs a name"),
        (["--backend", "numpy"], "nothing to run"),
        (["run"], "nothing to run"),
        (["-c"], "-c needs an argument"),
        (["run", "-m"], "-m needs an argument"),
        (["run", "--bogus", "x.py"], "no such option: --bogus"),
        (["gone.py"], "can't open file"),
    ],
)
def test_what_makes_no_sense_ends_with_status_2(folder, args, words):
    done = run(TINY + args, folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"tinytorch: {words}")
    assert "Traceback" not in done.stderr
