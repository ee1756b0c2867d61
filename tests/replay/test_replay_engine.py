"""Whole documents replayed: what passes, what fails, what is skipped and why."""

import io
import sys
import time
from types import ModuleType, SimpleNamespace

import pytest

from tinytorch_conformance.replay import replay_document


def py(*sources):
    """A Markdown document of python blocks, `>` lines being the output of the one before."""
    fences = []
    for s in sources:
        label, text = ("", s[1:]) if s.startswith(">") else ("python", s)
        fences.append(f"```{label}\n{text}\n```\n")
    return "\n".join(fences)


def statuses(report):
    return [b.status for b in report.blocks]


TRACEBACK = "Traceback (most recent call last):"
WARN = "import warnings\nwarnings.warn('old')"
DATACLASS = "import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: 'int' = 1"


@pytest.mark.parametrize(
    ("sources", "status"),
    [
        (["x = 1", "print(x)", ">1"], ["ran", "ok"]),
        (["x = 1", "print(x)", ">2"], ["ran", "failed"]),
        (["x = 1.23456\nx", ">1.2346"], ["ok"]),
        (["print('a')\n7", ">a\n7"], ["ok"]),
        (["object()", "><object object at 0x7f00aabbccdd>"], ["ok"]),
        (["1 / 0", ">ZeroDivisionError: division by zero"], ["ok"]),
        (["1 / 0", f">{TRACEBACK}\n  x\nZeroDivisionError: other"], ["failed"]),
        (["1 / 0"], ["failed"]),
        (["1 / 0  # ZeroDivisionError"], ["ran"]),
        (["# this raises an error\n1 / 0"], ["ran"]),
        (["1 / 1", ">ZeroDivisionError: division by zero"], ["failed"]),
        (["raise SystemExit(3)", ">SystemExit: 3"], ["ok"]),
        (["f(...)", "x = 2\nx", ">2"], ["skipped", "ok"]),
        (["class A:\n    pass\nA", "><class '__main__.A'>"], ["ok"]),
        (["x = 3\nx;"], ["ran"]),
        (["input()", ">EOFError"], ["ok"]),
        (["%matplotlib inline\nx = 3\nx", ">3"], ["ok"]),
        ([f"{WARN}\n3", ">a.py:1: UserWarning: old\n  warn()\n3"], ["ok"]),
        (["def f():\n    return g()\ndef g():\n    return 5", "f()", ">5"], ["ran", "ok"]),
        ([f"{DATACLASS}\nP()", ">P(x=1)"], ["ok"]),
        (["import pickle\nclass A: x = 1\npickle.loads(pickle.dumps(A())).x", ">1"], ["ok"]),
    ],
)  # fmt: skip
def test_blocks(sources, status, doc):
    report = replay_document(doc("a.md", py(*sources)))
    assert statuses(report) == status
    assert report.ok is ("failed" not in status)


RANDOM = "import random\nx = [random.random() for _ in range(3)]"
SEEDED = "import random\nrandom.seed(0)"
LOOP = "import random\nfor i in range(random.randint(3, 90)):"


@pytest.mark.parametrize(
    ("sources", "status"),
    [
        ([RANDOM, "print(x, len(x))", ">[0.5, 0.25, 0.125] 3"], ["ran", "ok"]),
        ([RANDOM, "print(x, len(x))", ">[0.5, 0.25, 0.125] 4"], ["ran", "failed"]),
        ([RANDOM, "print(x, len(x))", ">[0.5, 0.25] 3"], ["ran", "failed"]),
        ([RANDOM, "y = sum(x)\ny == sum(x)", ">True"], ["ran", "ok"]),
        ([RANDOM, "y = sum(x)\ny == sum(x)", ">False"], ["ran", "failed"]),
        ([SEEDED, "random.random()", ">0.8444218515250481"], ["ran", "ok"]),
        ([SEEDED, "random.random()", ">0.7444218515250481"], ["ran", "failed"]),
        ([f"{LOOP}\n    print('step', i)", ">step 0\nstep 1"], ["ok"]),
        (["np.random.rand(2)", ">array([0.25, 0.5])"], ["ok"]),
        (["np.random.rand(2)", ">array([0.25, 0.5, 1.5])"], ["failed"]),
    ],
)  # fmt: skip
def test_random_values_are_compared_by_structure_unless_seeded(sources, status, doc):
    assert statuses(replay_document(doc("a.md", py(*sources)))) == status


def test_more_seeds_are_tried_only_on_a_difference(doc):
    assert replay_document(doc("a.md", py(RANDOM, "len(x)", ">3"))).runs == 1
    assert replay_document(doc("b.md", py(RANDOM, "x", ">[0.5, 0.25, 0.125]"))).runs == 2
    assert replay_document(doc("c.md", py("x = 1\nx", ">2"))).runs == 3


def test_the_seed_decides_what_is_drawn(doc):
    path = doc("a.md", py("import random\nrandom.random()"))
    actual = [replay_document(path, seed=s).blocks[0].actual for s in (3, 3, 4)]
    assert actual[0] == actual[1] != actual[2]


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        (["y + 1"], "uses y, which the document never defines"),
        (["y + 1", "y = 2"], "uses y, which comes only at line 6"),
        (["y = f(...)", "y + 1"], "uses y, of the block at line 2, which was skipped"),
        (["y = 1 / 0", "y + 1"], "uses y, of the block at line 2, which failed"),
        (["import no_such_module\ny = 2"], "imports no_such_module, which is not installed"),
        (["import tensorflow as tf"], "imports tensorflow, which is not installed"),
        (["%%bash\nls"], "a %%bash cell"),
        (["return 3"], "not a program by itself: 'return' outside function"),
        (["x = (1"], "not Python 3: '(' was never closed"),
        (["raise OSError('no CUDA')  # .to('cuda')"], "needs cuda, not here"),
    ],
)
def test_faults_of_the_document_are_skipped_with_a_reason(sources, reason, doc, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    report = replay_document(doc("a.md", py(*sources)))
    assert [b.reason for b in report.blocks if b.status == "skipped"][-1] == reason


def test_a_name_error_inside_the_library_is_a_failure(doc, tmp_path):
    (tmp_path / "broken_library.py").write_text("def f():\n    return missing\n")
    report = replay_document(doc("a.md", py("import broken_library as b", "b.f()")))
    assert statuses(report) == ["ran", "failed"]
    assert report.failed[0].reason == "raised NameError: name 'missing' is not defined"


def test_usual_names_are_provided_only_where_they_are_missing(doc):
    report = replay_document(doc("a.md", py("math.floor(np.float64(2.5))", ">2", "math = 1\nmath")))
    assert report.blocks[0].notes == ["provided math, np"]
    assert statuses(report) == ["ok", "ran"]
    assert report.blocks[1].actual == "1\n"


def test_an_unsure_output_counts_only_if_something_was_printed(doc):
    text = py("x = 1") + "\nWords.\n\n" + py(">tensor(1.)")
    assert statuses(replay_document(doc("a.md", text))) == ["ran"]
    text = py("print(1)") + "\nWords.\n\n" + py(">2")
    assert statuses(replay_document(doc("b.md", text))) == ["failed"]


def test_failures_carry_the_diff_and_the_traceback_of_the_document(doc):
    path = doc("a.md", py("x = 1\nprint(x)", ">2", "def f():\n    return 1 / 0\nf()"))
    differs, raised = replay_document(path).failed
    assert differs.reason == "the output differs"
    assert differs.diff.endswith("-2\n+1")
    assert raised.reason == "raised ZeroDivisionError: division by zero"
    assert f'File "{path}", line 12, in f' in raised.traceback
    assert "    return 1 / 0" in raised.traceback
    assert "tinytorch_conformance" not in raised.traceback


def test_notebook_tracebacks_show_the_cell(doc):
    cell = '{"cell_type":"code","metadata":{},"source":"1 / 0","outputs":[],"execution_count":1}'
    path = doc("a.ipynb", f'{{"cells":[{cell}],"metadata":{{}},"nbformat":4,"nbformat_minor":4}}')
    report = replay_document(path)
    assert report.format == "notebook"
    assert '"<a.ipynb, cell 1>", line 1' in report.failed[0].traceback
    assert "1 / 0" in report.failed[0].traceback


def test_doctests_show_every_expression(doc):
    raised = f"{TRACEBACK}\n    ...\nZeroDivisionError: division by zero"
    path = doc("a.md", f"```\n>>> 1; 2\n1\n2\n>>> None\n>>> _ + 1\n3\n>>> 1/0\n{raised}\n```\n")
    assert statuses(replay_document(path)) == ["ok", "ran", "ok", "ok"]


def test_alias_decides_what_a_module_is(doc):
    made = ModuleType("torch")
    made.manual_seed = lambda seed: print("no document sees this")
    made.get_default_dtype = made.set_default_dtype = made.set_grad_enabled = lambda *a: None
    made.set_printoptions = lambda **kw: None
    made.answer = 42

    class Alias:
        def __enter__(self):
            self.old = sys.modules.get("torch")
            sys.modules["torch"] = made

        def __exit__(self, *exc):
            sys.modules.pop("torch")
            if self.old:
                sys.modules["torch"] = self.old

    path = doc("a.md", py("import torch\ntorch.answer", ">42", "torch.answer + 1", ">43"))
    before = sys.modules.get("torch")
    assert statuses(replay_document(path, alias=Alias)) == ["ok", "ok"]
    assert sys.modules.get("torch") is before


def test_the_backend_is_set_by_name_and_set_back(doc, monkeypatch):
    chosen = []
    made = ModuleType("tinytorch")
    made.set_backend, made.get_backend = chosen.append, lambda: "frozen"
    made.plugins = SimpleNamespace(load=lambda name: chosen.append("loaded " + name))
    monkeypatch.setitem(sys.modules, "tinytorch", made)
    assert replay_document(doc("a.md", py("x = 1\nx", ">1")), backend="numpy").backend == "numpy"
    assert chosen == ["loaded numpy", "numpy", "frozen"]


def test_the_time_of_a_document_is_limited(doc):
    path = doc("a.md", py("while True:\n    pass", "x = 1"))
    start = time.perf_counter()
    report = replay_document(path, timeout=0.3)
    assert time.perf_counter() - start < 5
    assert report.blocks[0].reason == "raised TookTooLong: the document ran longer than 0.3 s"


def test_the_process_is_left_as_it_was(doc):
    text = py("import sys, numpy as np\nnp.set_printoptions(precision=2)\nsys.path.append('x')",
              "import warnings\nwarnings.simplefilter('ignore')", "print('hidden')")  # fmt: skip
    path, main, out = list(sys.path), sys.modules["__main__"], sys.stdout
    assert replay_document(doc("a.md", text)).ok
    assert (sys.path, sys.modules["__main__"], sys.stdout) == (path, main, out)
    assert sys.modules["numpy"].get_printoptions()["precision"] == 8


def test_nothing_is_printed(doc, capsys):
    replay_document(doc("a.md", py("import sys\nprint(1)\nprint(2, file=sys.stderr)")))
    assert capsys.readouterr() == ("", "")


def test_the_caller_is_told_of_each_block(doc):
    told = io.StringIO()
    path = doc("a.md", py("x = 1", "x", ">1"))
    replay_document(path, tell=lambda i, b, d: print(i, len(d.blocks), b.source, file=told))
    assert told.getvalue() == "0 2 x = 1\n1 2 x\n"


def test_a_document_that_cannot_be_read_is_reported(tmp_path):
    report = replay_document(tmp_path / "none.md")
    assert not report.ok
    assert report.error.startswith("FileNotFoundError")


def test_a_library_that_cannot_be_had_is_reported(doc):
    def alias():
        raise RuntimeError("no such backend")

    assert replay_document(doc("a.md", ""), alias=alias).error == "RuntimeError: no such backend"


SCRAPS = ["", "\n\n", "---\n", "```", "```py\n", ">>> ", ">>>x", "In [1]:", "Out[1]: 3", "# %%"]


@pytest.mark.parametrize("name", ["a.md", "a.rst", "a.py"])
@pytest.mark.parametrize("text", SCRAPS)
def test_scraps_are_no_trouble(name, text, doc):
    report = replay_document(doc(name, text))
    assert report.ok
    assert report.count("ok") == 0
