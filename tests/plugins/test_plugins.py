"""Discovery, lazy loading, escape hatches, and the plugins that are broken in every way."""

import subprocess
import sys

import pytest
from plugin_sources import backend_source

import tinytorch as torch
from tinytorch import plugins
from tinytorch_numpy import NumpyBackend


def row(name):
    return next(r for r in plugins.describe_backends() if r["name"] == name)


# --- discovery ------------------------------------------------------------------------------------


def test_listing_names_imports_no_plugin(install):
    install("fake-one", {"one": ("fake_one", backend_source("one"))})
    assert plugins.entry_points()["one"].dist.name == "fake-one"
    assert "fake_one" not in sys.modules


def test_a_backend_is_imported_when_it_is_asked_for(install):
    install("fake-one", {"one": ("fake_one", backend_source("one"))})
    install("fake-two", {"two": ("fake_two", backend_source("two"))})
    assert plugins.load("one").name == "one"
    assert "fake_one" in sys.modules and "fake_two" not in sys.modules
    assert plugins.load("one") is plugins.load("one")


def test_the_table_names_distribution_version_and_devices(install):
    install("fake-one", {"one": ("fake_one", backend_source("one", ["one", "cpu"]))}, "2.0")
    assert row("one") == dict(
        name="one", distribution="fake-one", version="2.0", devices=["one", "cpu"], usable=True,
        why="", how="",
    )  # fmt: skip
    assert row("numpy")["usable"] and row("numpy")["version"] == torch.__version__
    assert plugins.describe_backends()[0]["name"] == "numpy"


def test_a_device_type_of_a_plugin_is_known_before_it_is_loaded(install):
    install("fake-one", {"one": ("fake_one", backend_source("one", ["one"]))})
    d = torch.device("one:3")
    assert (d.type, d.index) == ("one", 3) and "fake_one" not in sys.modules
    x = torch.ones(2, device="one")
    assert str(x.device) == "one" and (x + x).tolist() == [2.0, 2.0]


def test_a_plugin_with_two_names_is_one_plugin(install):
    source = """
        from tinytorch.backend import hookimpl
        from tinytorch_numpy import NumpyBackend

        class A(NumpyBackend): name = "a"
        class B(NumpyBackend): name = "b"

        @hookimpl
        def tinytorch_backends():
            return {"a": A, "b": B}
    """
    install("fake-both", {"a": ("fake_both", source), "b": ("fake_both", None)})
    assert [plugins.load(n).name for n in "ab"] == ["a", "b"]


def test_the_embedded_backend_is_loaded_without_its_entry_point(monkeypatch):
    monkeypatch.setattr(plugins, "_all_entry_points", tuple)
    assert plugins.load("numpy") is NumpyBackend
    assert [r["name"] for r in plugins.describe_backends()] == ["numpy"]


# --- plugins that are broken ----------------------------------------------------------------------

BROKEN = {
    "import": ("import a_module_that_is_not_there", "failed to import: ModuleNotFoundError"),
    "syntax": ("def f(:", "failed to import: SyntaxError"),
    "misspelt": (
        """
        from tinytorch.backend import hookimpl

        @hookimpl
        def tinytorch_backend():
            return {}
        """,
        "unknown hook 'tinytorch_backend'",
    ),
    "arguments": (
        """
        from tinytorch.backend import hookimpl

        @hookimpl
        def tinytorch_backends(device):
            return {}
        """,
        "Argument",
    ),
    "no hook": ("x = 1", "does not implement the hook 'tinytorch_backends'"),
    "other name": (backend_source("elsewhere"), "returns 'elsewhere', not 'bad'"),
    "no dict": (
        """
        from tinytorch.backend import hookimpl

        @hookimpl
        def tinytorch_backends():
            return ["bad"]
        """,
        "must return a dict",
    ),
    "no class": (
        """
        from tinytorch.backend import hookimpl

        @hookimpl
        def tinytorch_backends():
            return {"bad": 7}
        """,
        "is not a subclass of tinytorch.backend.Backend but 'int'",
    ),
    "raises": (
        """
        from tinytorch.backend import hookimpl

        @hookimpl
        def tinytorch_backends():
            raise OSError("no such driver")
        """,
        "OSError: no such driver",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_named_and_harms_no_other(install, case):
    source, told = BROKEN[case]
    install("fake-good", {"good": ("fake_good", backend_source("good"))})
    install("fake-bad", {"bad": ("fake_bad", source)})
    for _ in range(2):
        with pytest.raises(plugins.BackendError, match="backend 'bad'") as e:
            plugins.load("bad")
        assert told in str(e.value)
    assert not row("bad")["usable"] and told in row("bad")["why"]
    assert row("good")["usable"] and row("numpy")["usable"]
    torch.set_backend("good")
    assert torch.ones(2).sum().item() == 2.0


def test_a_backend_that_cannot_work_here_says_why(install):
    source = (
        backend_source("picky")
        + """
    def check(cls):
        raise ImportError("needs libpicky 3")

    Fake.check_usable = classmethod(check)
    """
    )
    install("fake-picky", {"picky": ("fake_picky", source)})
    with pytest.raises(plugins.BackendError, match="'picky' cannot be used here: needs libpicky 3"):
        torch.set_backend("picky")
    assert torch.get_backend() == "numpy"
    assert row("picky")["devices"] == ["cpu"] and "libpicky" in row("picky")["why"]


# --- escape hatches -------------------------------------------------------------------------------


def test_plugins_can_be_restricted(install, monkeypatch):
    install("fake-one", {"one": ("fake_one", backend_source("one"))})
    install("fake-two", {"two": ("fake_two", backend_source("two"))})
    monkeypatch.setenv("TINYTORCH_PLUGINS", "two, three")
    assert plugins.load("two").name == "two"
    with pytest.raises(plugins.BackendError, match="'one' is installed but left out by TINYTORCH_"):
        plugins.load("one")
    assert {r["name"] for r in plugins.describe_backends()} == {"numpy", "two"}
    monkeypatch.setenv("TINYTORCH_PLUGINS", "")
    assert [r["name"] for r in plugins.describe_backends()] == ["numpy"]


def test_loading_can_be_traced(install, monkeypatch, capsys):
    install("fake-one", {"one": ("fake_one", backend_source("one"))})
    monkeypatch.setenv("TINYTORCH_TRACE_PLUGINS", "1")
    plugins.load("one")
    plugins.load("one")
    assert capsys.readouterr().err == "tinytorch: loading backend 'one' from fake_one\n"


def test_the_environment_chooses_the_backend_of_the_cpu(install, monkeypatch):
    install("fake-one", {"one": ("fake_one", backend_source("one"))})
    monkeypatch.setenv("TINYTORCH_BACKEND", "one")
    assert torch.get_backend() == "one"
    assert torch.ones(1)._p.name == "one" and str(torch.ones(1).device) == "cpu"
    monkeypatch.setenv("TINYTORCH_BACKEND", "onee")
    with pytest.raises(plugins.BackendError, match="did you mean 'one'"):
        torch.set_backend(torch.get_backend())


# --- choosing a backend ---------------------------------------------------------------------------


def test_an_unknown_backend_gets_a_suggestion_and_a_remedy():
    with pytest.raises(plugins.BackendError, match=r"'nunpy' .*did you mean 'numpy'\?"):
        torch.set_backend("nunpy")
    if "cupy" not in plugins.entry_points():
        with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled") as e:
            torch.ones(1, device="cuda")
        assert "pip install tinytorch[cupy]" in str(e.value.__cause__)
    assert torch.get_backend() == "numpy"


def test_a_class_is_registered_by_hand():
    class Mine(NumpyBackend):
        name = "mine"
        device_types = ("mine",)

    plugins.register("mine", Mine)
    assert row("mine")["usable"] and row("mine")["devices"] == ["mine"]
    assert (torch.ones(2, device="mine") * 3).tolist() == [3.0, 3.0]
    plugins.unregister("mine")
    with pytest.raises(plugins.BackendError, match="no backend named 'mine'"):
        plugins.load("mine")
    with pytest.raises(plugins.BackendError, match="not a subclass"):
        plugins.register("mine", Mine())


def test_a_hand_registered_class_comes_before_an_installed_one(install):
    install("fake-one", {"one": ("fake_one", backend_source("one"))})
    installed = plugins.load("one")

    class Mine(NumpyBackend):
        name = "one"

    plugins.register("one", Mine)
    assert plugins.load("one") is Mine
    plugins.unregister("one")
    assert plugins.load("one") is installed


def test_backends_change_and_tensors_keep_theirs(install):
    install("fake-one", {"one": ("fake_one", backend_source("one"))})
    before = torch.ones(2)
    with torch.use_backend("one"):
        inside = torch.ones(2)
        assert torch.get_backend() == inside._p.name == "one"
    after = torch.ones(2)
    assert torch.get_backend() == "numpy"
    assert before._p is after._p and inside._p is not after._p
    assert (inside + after).tolist() == [2.0, 2.0]
    assert torch.ones(1, device="cpu:0")._p is after._p


def test_use_backend_takes_an_error_through():
    with pytest.raises(ZeroDivisionError), torch.use_backend("frozen"):
        assert torch.get_backend() == "frozen"
        1 // 0
    assert torch.get_backend() == "numpy"


def test_pluggy_is_not_imported_before_a_plugin_is(tmp_path):
    code = (
        "import sys, tinytorch as torch; torch.ones(2).sum(); torch.get_backend();"
        "from tinytorch import plugins; plugins.entry_points();"
        "print([m for m in ('tinytorch_conformance', 'typer') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert out.stdout == "[]\n", out.stderr


def test_gradients_cross_between_backends(install):
    install("fake-one", {"one": ("fake_one", backend_source("one", ["one"]))})
    a = torch.tensor([1.0, 2.0], requires_grad=True)
    b = torch.tensor([3.0, 4.0], device="one", requires_grad=True)
    ((a.to("one") * b).sum().to("cpu") + (a * a).sum()).backward()
    assert a.grad.tolist() == [5.0, 8.0] and a.grad._p is a._p
    assert b.grad.tolist() == [1.0, 2.0] and b.grad._p is b._p
    (g,) = torch.autograd.grad(((a.to("one") * b) ** 2).sum(), a, create_graph=True)
    da, db = torch.autograd.grad(g.sum(), [a, b])
    assert da.tolist() == [18.0, 32.0] and db.tolist() == [12.0, 32.0]
