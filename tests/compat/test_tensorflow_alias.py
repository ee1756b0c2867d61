"""`import tensorflow` gives the front in a run and a replay, unless there is a real one."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

import tinytorch
from tinytorch._alias import alias, unalias
from tinytorch_conformance.replay import replay_document
from tinytorch_conformance.replay.worlds import tinytorch as world

ROOT = Path(__file__).parents[2]
FRONT = "tinytorch.compat.tensorflow1"
PROGRAM = """
import tensorflow as tf
import tensorflow.compat.v1 as v1
from tensorflow.compat import v1 as again
from tensorflow.train import GradientDescentOptimizer
assert tf is v1 is again and tf.train.GradientDescentOptimizer is GradientDescentOptimizer
v1.disable_v2_behavior()
with tf.Session() as s:
    print(s.run(tf.constant(2.0) * 3), tf.__name__)
"""

installed_none = pytest.mark.skipif(
    find_spec("tensorflow") is not None, reason="TensorFlow is here"
)


def run(folder, *args):
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *args]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture
def absent(monkeypatch):
    """No TensorFlow, imported or installed, even where there is one."""
    for name in [m for m in sys.modules if m.partition(".")[0] == "tensorflow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if not Path(p, "tensorflow").exists()])
    yield
    assert "tensorflow" not in sys.modules


@installed_none
def test_a_program_runs_on_the_front(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    done = run(tmp_path, "-m", "tinytorch", "run", "program.py")
    assert (done.stdout, done.stderr) == (f"6.0 {FRONT}\n", "")


@installed_none
def test_outside_of_a_run_nothing_stands_for_it(tmp_path):
    code = "import tinytorch, importlib.util as u; print(u.find_spec('tensorflow'))"
    assert run(tmp_path, "-c", code).stdout == "None\n"


def test_a_run_that_does_not_ask_does_not_pay(tmp_path):
    code = "import sys; print([m for m in sys.modules if 'tensorflow' in m or 'compat.' in m])"
    assert run(tmp_path, "-m", "tinytorch", "-c", code).stdout == "[]\n"


def test_a_real_one_wins_in_a_run(tmp_path):
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow" / "__init__.py").write_text("real = True")
    (tmp_path / "tensorflow" / "part.py").write_text("x = 1")
    (tmp_path / "program.py").write_text("import tensorflow.part as t\nprint(t.x, t.__name__)")
    assert run(tmp_path, "-m", "tinytorch", "program.py").stdout == "1 tensorflow.part\n"
    code = "import tinytorch\ntinytorch.alias('tensorflow')\n"
    code += "import tensorflow as t\nprint(t.__name__)"
    assert run(tmp_path, "-c", code).stdout == f"{FRONT}\n"
    assert run(tmp_path, "-m", "tinytorch", "-c", code).stdout == f"{FRONT}\n"


def test_a_fallback_imports_nothing_and_leaves_nothing(absent):
    before = list(sys.meta_path)
    with alias("tensorflow", fallback=True) as nothing:
        assert nothing is None and "tensorflow" not in sys.modules
        import tensorflow

        assert tensorflow.__name__ == FRONT
        with alias("tensorflow") as module:
            assert module is tensorflow
    assert "tensorflow" not in sys.modules and sys.meta_path == before
    with pytest.raises(ModuleNotFoundError):
        import tensorflow


def test_a_fallback_stands_back_where_a_real_one_is_imported(absent, monkeypatch):
    real = ModuleType("tensorflow")
    with monkeypatch.context() as m:
        m.setitem(sys.modules, "tensorflow", real)
        with alias("tensorflow", fallback=True) as module:
            assert module is real
            with pytest.raises(ModuleNotFoundError):
                import tensorflow.compat.v1
        assert sys.modules["tensorflow"] is real
        m.setitem(sys.modules, "tensorflow", None)
        with alias("tensorflow", fallback=True), pytest.raises(ModuleNotFoundError):
            import tensorflow  # noqa: F401
        assert sys.modules["tensorflow"] is None
    unalias("tensorflow")


DOCUMENT = """
```python
import tensorflow as tf
x = tf.placeholder(tf.float32, shape=(None, 2))
w = tf.Variable(tf.random_normal((2, 1)))
loss = tf.reduce_sum(tf.matmul(x, w) ** 2.0)
print(loss)
```
```
Tensor("Sum:0", shape=(), dtype=float32)
```
```python
(slope,) = tf.gradients(loss, [w])
step = w.assign(w - 0.01 * slope)
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    seen = [s.run([loss, step], {x: [[1, 2], [3, 4]]})[0] for _ in range(50)]
all(a > b for a, b in zip(seen, seen[1:]))
```
```
True
```
```python
layer = tf.layers.dense(x, 3)
```
```python
layer.shape
```
```python
from tensorflow import keras
```
```python
import tensorflow.keras.layers
```
```python
import tensorflow as tf
tf.constant(1) + 0.5
```
```
TypeError: Expected int32, but got 0.5 of float64.
```
```python
import torch
torch.ones(2)
```
```
tensor([1., 1.])
```
"""


@pytest.mark.parametrize("backend", ["numpy", "frozen"])
def test_a_document_replays_on_the_front(absent, backend, tmp_path):
    path = tmp_path / "a.md"
    path.write_text(DOCUMENT)
    for seed in (0, 1):
        report = replay_document(path, seed=seed, backend=backend, alias=world)
        found = [(b.kind, b.status, b.reason) for b in report.blocks]
        assert report.ok and report.runs == 1
        assert found == [
            ("code", "ok", ""),
            ("code", "ok", ""),
            ("not torch", "skipped", "module 'tensorflow' has no attribute 'layers'"),
            ("code", "skipped", "uses layer, of the block at line 24, which was skipped"),
            ("not torch", "skipped", found[4][2]),
            ("not torch", "skipped", "No module named 'tensorflow.keras'"),
            ("code", "ok", ""),
            ("code", "ok", ""),
        ]
        assert "keras" in found[4][2]


def test_a_user_may_ask_for_it(absent):
    with tinytorch.alias("tensorflow") as tf:
        import tensorflow

        assert tf is tensorflow and tf.__name__ == FRONT
