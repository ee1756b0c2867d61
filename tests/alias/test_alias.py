"""The alias machinery on a package of its own, ``mini``, that stands in for ``maxi``."""

import importlib
import importlib.util
import pickle
import sys
from types import ModuleType

import pytest

from tinytorch._alias import alias, resolve, unalias

MINI = {
    "mini/__init__.py": "from . import nn\nx = 1\ndef double(v): return 2 * v\n",
    "mini/nn/__init__.py": "class Layer: pass\n",
    "mini/nn/functional.py": "from . import Layer\nloads = []\nloads.append(__name__)\n",
    "mini/nn/broken.py": "import a_module_that_nobody_has\n",
    "mini/flat.py": "class Point: pass\n",
    "other/__init__.py": "",
}


@pytest.fixture
def mini(tmp_path, monkeypatch):
    for name, text in MINI.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    path, modules = list(sys.meta_path), dict(sys.modules)
    yield importlib.import_module("mini")
    unalias("maxi")
    assert sys.meta_path == path
    assert {k: m for k, m in sys.modules.items() if k.split(".")[0] not in ("mini", "other")} == (
        modules
    )
    for key in [k for k in sys.modules if k.split(".")[0] in ("mini", "other")]:
        del sys.modules[key]


def test_every_form_of_import_finds_the_same_module(mini):
    with alias("maxi", "mini") as m:
        import maxi
        import maxi as t
        import maxi.nn.functional as F
        from maxi import nn
        from maxi.flat import Point
        from maxi.nn import Layer, functional

        assert maxi is t is m is mini
        assert F is functional is sys.modules["mini.nn.functional"]
        assert sys.modules["maxi.nn.functional"] is F
        assert nn is sys.modules["mini.nn"] is sys.modules["maxi.nn"]
        assert (Layer, Point) == (mini.nn.Layer, mini.flat.Point)
        assert F.loads == ["mini.nn.functional"]
        assert (F.__name__, F.__spec__.name) == ("mini.nn.functional", "mini.nn.functional")
        assert mini.__spec__.name == "mini"
        assert importlib.reload(F) is F


def test_nothing_remains_afterwards(mini):
    before = {k for k in sys.modules if k.startswith("maxi")}
    with alias("maxi", "mini"):
        importlib.import_module("maxi.nn.functional")
    assert {k for k in sys.modules if k.startswith("maxi")} == before == set()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("maxi")
    assert resolve("maxi.nn") == "maxi.nn"


def test_an_error_inside_the_block_ends_the_alias_too(mini):
    with pytest.raises(KeyError), alias("maxi", "mini"):
        raise KeyError
    assert "maxi" not in sys.modules


def test_a_submodule_that_is_not_there(mini):
    with alias("maxi", "mini"):
        with pytest.raises(ModuleNotFoundError) as e:
            import maxi.nn.imaginary  # noqa: F401
        assert str(e.value) == "No module named 'maxi.nn.imaginary'"
        assert e.value.name == "maxi.nn.imaginary"
        assert e.value.__notes__ == ["maxi is mini here, which has no module mini.nn.imaginary."]
        with pytest.raises(ModuleNotFoundError, match="'maxi.flat' is not a package"):
            importlib.import_module("maxi.flat.deeper")
        with pytest.raises(ModuleNotFoundError, match="'a_module_that_nobody_has'"):
            importlib.import_module("maxi.nn.broken")
        assert "maxi.nn.broken" not in sys.modules


def test_a_question_is_no_import(mini):
    with alias("maxi", "mini"):
        assert importlib.util.find_spec("maxi.imaginary") is None
        assert importlib.util.find_spec("maxi.flat") is not None
        assert "mini.flat" not in sys.modules
        assert importlib.util.find_spec("maxi").name == "mini"


def test_modules_that_have_no_file(mini, monkeypatch):
    made = ModuleType("mini.made")
    monkeypatch.setitem(sys.modules, "mini.made", made)
    before = dict(vars(made))
    with alias("maxi", "mini"):
        assert importlib.import_module("maxi.made") is made
    assert vars(made) == before


def test_asking_twice(mini):
    outer = alias("maxi", "mini")
    with alias("maxi", "mini"):
        pass
    assert sys.modules["maxi"] is mini
    with pytest.raises(RuntimeError, match="already an alias of mini"):
        alias("maxi", "other")
    with outer:
        pass
    assert "maxi" not in sys.modules
    unalias("maxi")


def test_one_name_does_not_disturb_another(mini):
    with alias("maxi", "mini"):
        with alias("maximal", "other") as o:
            assert sys.modules["maximal"] is o is sys.modules["other"]
        assert sys.modules["maxi"] is mini
        assert importlib.import_module("maxi.flat") is mini.flat


def test_a_real_module_is_refused_or_set_aside(mini, monkeypatch):
    real, sub = ModuleType("maxi"), ModuleType("maxi.nn")
    real.__file__ = "/somewhere/maxi/__init__.py"
    monkeypatch.setitem(sys.modules, "maxi", real)
    monkeypatch.setitem(sys.modules, "maxi.nn", sub)
    with pytest.raises(RuntimeError, match="already imported in this process .from /somewhere"):
        alias("maxi", "mini")
    assert (sys.modules["maxi"], sys.modules["maxi.nn"]) == (real, sub)
    with alias("maxi", "mini", force=True):
        assert importlib.import_module("maxi.nn") is mini.nn
        importlib.import_module("maxi.flat")
    assert {k: m for k, m in sys.modules.items() if k.startswith("maxi")} == {
        "maxi": real,
        "maxi.nn": sub,
    }
    monkeypatch.undo()


def test_a_blocked_name_is_not_a_real_module(mini, monkeypatch):
    monkeypatch.setitem(sys.modules, "maxi", None)
    with alias("maxi", "mini"):
        assert importlib.import_module("maxi") is mini
    assert sys.modules["maxi"] is None
    monkeypatch.undo()


def test_pickles_are_read_with_and_without_the_alias(mini):
    with alias("maxi", "mini"):
        import maxi.flat

        text = pickle.dumps([maxi.flat.Point, maxi.double, maxi.nn.Layer()])
        assert b"maxi" not in text
        assert pickle.loads(b"cmaxi.flat\nPoint\n.") is mini.flat.Point
    point, double, layer = pickle.loads(text)
    assert (point, double) == (mini.flat.Point, mini.double)
    assert type(layer) is mini.nn.Layer


@pytest.mark.parametrize("name, target", [("maxi", None), ("maxi.nn", "mini")])
def test_unknown_names(mini, name, target):
    with pytest.raises(ValueError, match="known: torch"):
        alias(name, target)
    with pytest.raises(ModuleNotFoundError):
        alias("maxi", "nobody_has_this")
    assert "maxi" not in sys.modules


def test_what_comes_with_torch_comes_and_goes_with_it(monkeypatch):
    other = ModuleType("functorch")
    monkeypatch.setitem(sys.modules, "functorch", other)
    with alias("torch", force=True):
        import functorch

        assert resolve("functorch.experimental") == "tinytorch.functorch.experimental"
        assert functorch is importlib.import_module("tinytorch.functorch")
    assert sys.modules["functorch"] is other
    assert resolve("functorch") == "functorch"
