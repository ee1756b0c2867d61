"""Programs: pieces of code that use `torch` and end in a value; real torch's is recorded.

A program is a function of the module (its source is what a failure shows), or a line of code in a
table. Its id is its level and name (``documents/one_layer``). What it needs of a backend is read
off its text: the dtypes it names, shapes that depend on values.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import warnings
from dataclasses import dataclass

from ..encode import Raised
from . import (
    compiled,
    documents,
    errors,
    extremes,
    histories,
    printing,
    randoms,
    seeded,
    trainings,
    transforms,
    views,
)

DTYPES = {
    "double": "float64", "half": "float16", "cfloat": "complex64", "cdouble": "complex128",
}  # fmt: skip
NAMED = re.compile(
    r"torch\.(float64|float16|bfloat16|complex64|complex128|int8|int16|int32|uint8|double|half)\b"
)
DYNAMIC = re.compile(r"nonzero|masked_select|unique|argwhere|\[[^\]]*[<>=]=?[^\]]*\]|bool\b.*\]")


@dataclass(frozen=True)
class Program:
    """id, code whose last expression is the value."""

    id: str
    code: str

    @property
    def dtypes(self):
        found = {DTYPES.get(d, d) for d in NAMED.findall(self.code)}
        return tuple(sorted(found | {"float32"}))

    @property
    def needs(self):
        return ("dynamic_shapes",) if DYNAMIC.search(self.code) else ()


def _of_module(module, level):
    for name, fn in inspect.getmembers(module, inspect.isfunction):
        if fn.__module__ == module.__name__ and not name.startswith("_"):
            source = textwrap.dedent(inspect.getsource(fn))
            yield Program(f"{level}/{name}", f"{source}\n{name}(torch)")
    for name, code in getattr(module, "LINES", {}).items():
        yield Program(f"{level}/{name}", textwrap.dedent(code).strip())


PROGRAMS = [
    p
    for level, module in (
        ("documents", documents), ("views", views), ("errors", errors), ("printing", printing),
        ("random", randoms), ("training", trainings), ("compiled", compiled),
        ("transforms", transforms), ("histories", histories), ("programs", extremes),
    )
    for p in _of_module(module, level)
]  # fmt: skip
PROGRAMS += [Program(f"programs/{name}", text) for name, text in seeded.programs()]
assert len({p.id for p in PROGRAMS}) == len(PROGRAMS)


def execute(program, torch):
    """The value of a program under ``torch``, or what it raised."""
    tree = ast.parse(program.code)
    last = tree.body.pop()
    space = {"torch": torch}
    torch.manual_seed(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(tree, program.id, "exec"), space)
            if isinstance(last, ast.Expr):
                return eval(compile(ast.Expression(last.value), program.id, "eval"), space)
            exec(compile(ast.Module([last], []), program.id, "exec"), space)
            return None
    except Exception as e:
        return Raised(e)
