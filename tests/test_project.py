"""The project's own files: the README's programs, the commands' script, what the wheel holds."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_programs_of_the_readme_print_what_it_shows():
    """In a process of its own: one of them aliases torch, which must not be imported by then."""
    program = (
        "import sys; from tinytorch_conformance.replay import replay_document\n"
        "for b in replay_document(sys.argv[1]).blocks: print(b.lineno, b.status, b.reason, b.diff)"
    )
    run = [sys.executable, "-c", program, ROOT / "README.md"]
    out = subprocess.run(run, capture_output=True, text=True)
    lines = out.stdout.splitlines()
    assert [line.split()[1:] for line in lines] == [["ok"]] * 4, out.stdout + out.stderr


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md"]
)
def test_links_lead_somewhere(page):
    path = ROOT / page
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
    missing = [x for x in links if "://" not in x and not (path.parent / x).exists()]
    assert not missing


def test_the_commands_script_tells_its_usage():
    out = subprocess.run([sys.executable, ROOT / "dev.py"], capture_output=True, text=True)
    assert out.returncode == 2 and "dev.py demo" in out.stdout and "dev.py test" in out.stdout
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python3 dev.py demo" in readme and "python3 dev.py test" in readme


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(out.glob("*.whl"))) as z:
        yield z


def test_the_wheel_holds_the_packages_and_nothing_else(wheel):
    names = wheel.namelist()
    tops = {n.partition("/")[0] for n in names if ".dist-info/" not in n}
    backends = {"tinytorch_numpy", "tinytorch_jax", "tinytorch_cupy"}
    assert tops == {"tinytorch", "tinytorch_conformance"} | backends
    assert "tinytorch/py.typed" in names
    assert not [n for n in names if "__pycache__" in n]
    shipped = ROOT / "conformance" / "tinytorch_conformance" / "data"
    assert {f"tinytorch_conformance/data/{p.name}" for p in shipped.iterdir()} <= set(names)


def test_entry_points_lead_to_modules_in_the_wheel(wheel):
    names = wheel.namelist()
    points = PROJECT["project"]["entry-points"]
    for target in [*points["tinytorch"].values(), *points["pytest11"].values()]:
        path = target.partition(":")[0].replace(".", "/")
        assert f"{path}.py" in names or f"{path}/__init__.py" in names
    (metadata,) = [n for n in names if n.endswith("entry_points.txt")]
    text = wheel.read(metadata).decode()
    assert "[tinytorch]" in text and "[pytest11]" in text and "[console_scripts]" in text


def test_extras_are_those_that_are_promised():
    extras = PROJECT["project"]["optional-dependencies"]
    assert {"jax", "cupy", "conformance", "test", "dev"} <= set(extras)
    runtime = {re.match(r"[\w-]+", d)[0] for d in PROJECT["project"]["dependencies"]}
    assert runtime == {"numpy", "ml_dtypes", "pluggy", "rich", "typer"}
