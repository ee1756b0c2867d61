"""The shape of the house, held by reading it: who may import whom, and what every part must have.

The layers stand in `LAYERS`, lowest first; a module imports from its own layer and from lower ones.
An import inside a function may look up, because it runs when the house stands: a rare path that
needs a higher part (the errors of a write, a cast, a subclass), or a part that few programs need.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tinytorch
from tinytorch import factories, random, registry
from tinytorch.samples import SAMPLES

ROOT = Path(__file__).resolve().parents[1]
ROOTS = [ROOT / "tinytorch", *(ROOT / "backends").iterdir(), ROOT / "conformance"]
FILES = [f for r in ROOTS for f in sorted(r.rglob("*.py"))]

# A name stands for the module and all below it, unless a longer name says otherwise.
LAYERS = [
    "dtypes layouts hookspec plugins samples printing return_types rng _alias blame",
    "autograd.graph autograd.modes autograd.errors autograd.view_errors storage",
    "tensor devices",
    "codegen primitive promotion",
    "backend dispatch registry watching",
    "factories random array_api",
    "autograd",
    "ops random_ops",
    "methods histories protocols show subclass legacy settings attributes storages arguments",
    "nn optim func linalg fft special utils testing cuda mps xpu accelerator backends jit types"
    " profiler compiler capture _dynamo _C _VF _ops _functorch _vmap_internals",
    "",
    "compat cli _run __main__ version functorch",
]
LEVEL = {name: i for i, row in enumerate(LAYERS) for name in (row.split() or [""])}

# The front end computes with kernels of a backend. NumPy appears in it where values come from the
# host or go there: data to make tensors of, index patterns, text to print, random streams, samples
# of tests, checks that read values, and defaults of a backend, which may take the way by the host.
HOST = (
    "factories legacy ops.create nn._layers printing show samples random random_ops rng methods"
    " registry backend array_api protocols"
    " autograd.anomaly_mode compat"
).split()


def name_of(path, root):
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__")


def level(name):
    while name not in LEVEL and name:
        name = name.rpartition(".")[0]
    return LEVEL[name]


def imports(path, everywhere):
    """Absolute names that a file imports: at the top of the module, or anywhere in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    base = path.parent
    for node in ast.walk(tree) if everywhere else top(tree.body):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{a.name}" for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = base.parents[node.level - 2] if node.level > 1 else base
            head = [*package.relative_to(ROOT).parts, *(node.module or "").split(".")]
            head = ".".join(p for p in head if p)
            yield from (f"{head}.{a.name}" for a in node.names)


def top(body):
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from top(node.body)


def module(name):
    """The module that an imported dotted name belongs to, below `tinytorch`; None if outside."""
    parts = name.split(".")
    if parts[0] != "tinytorch":
        return None
    while len(parts) > 1:
        path = ROOT.joinpath(*parts)
        if path.with_suffix(".py").exists() or (path / "__init__.py").exists():
            break
        parts.pop()
    return ".".join(parts[1:])


FRONT = sorted((ROOT / "tinytorch").rglob("*.py"))


@pytest.mark.parametrize("path", FRONT, ids=lambda p: name_of(p, ROOT))
def test_imports_run_one_way(path):
    here = name_of(path, ROOT / "tinytorch")
    up = [
        name
        for name in imports(path, everywhere=False)
        if (target := module(name)) is not None and level(target) > level(here)
    ]
    assert not up, f"{here or 'tinytorch'} imports from above: {up}"


def test_every_module_has_a_layer():
    listed = {n.partition(".")[0] for n in LEVEL}
    found = {name_of(p, ROOT / "tinytorch").partition(".")[0] for p in FRONT}
    assert found <= listed


@pytest.mark.parametrize("path", FRONT, ids=lambda p: name_of(p, ROOT))
def test_the_front_end_imports_no_backend_and_little_numpy(path):
    here = name_of(path, ROOT / "tinytorch")
    heads = {n.partition(".")[0] for n in imports(path, everywhere=True)}
    foreign = {h for h in heads if h.startswith("tinytorch_")} | heads & {"torch", "jax", "cupy"}
    if here == "plugins":
        foreign -= {"tinytorch_numpy"}
    if here == "cli":
        foreign -= {"tinytorch_conformance"}
    assert not foreign
    if not any(here == h or here.startswith(h + ".") for h in HOST):
        assert "numpy" not in heads


BACKENDS = [f for f in FILES if f.is_relative_to(ROOT / "backends")]
EXAMPLE = sorted((ROOT / "examples" / "third_party_backend" / "src").rglob("*.py"))


@pytest.mark.parametrize("path", [*BACKENDS, *EXAMPLE], ids=lambda p: f"{p.parent.name}.{p.stem}")
def test_a_backend_imports_only_the_contract(path):
    used = {m for n in imports(path, everywhere=True) if (m := module(n)) is not None}
    used |= {n for n in imports(path, everywhere=True) if n == "tinytorch.dtypes"}
    assert used <= {"backend", "dtypes", "tinytorch.dtypes"}


def test_import_tinytorch_is_light(tmp_path):
    heavy = (
        "typer rich pytest torch jax tinytorch_conformance tinytorch.nn tinytorch.optim"
        " tinytorch.func tinytorch.autograd.dual tinytorch.autograd.batched tinytorch.backend"
    ).split()
    code = f"import sys, tinytorch; print([m for m in {heavy!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert out.stdout == "[]\n", out.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_says_why_and_stays_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 600
    assert ast.get_docstring(ast.parse(text)), "a file opens with its why"


PUBLIC = {**registry.functions, **factories.functions, **random.functions}


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_function_has_a_docstring(name):
    assert (PUBLIC[name].__doc__ or "").strip()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_samples_name_a_public_function(name):
    target = tinytorch
    for part in name.split("."):
        target = getattr(target, part, None) or getattr(tinytorch.Tensor, part)
    assert callable(target)
