"""Programs beside what they gave in real torch: documents, views, errors, printing and more."""

from __future__ import annotations

import ast
from functools import partial

import tinytorch

from .cases import Case, Group
from .encode import EXACT, TOLERANCE, differs, host_of_tinytorch
from .programs import PROGRAMS, execute, randoms
from .recording import level

#: A training adds up hundreds of float32 steps, each a few units off by the order of its sums.
TRAINED = {**TOLERANCE, "float32": (1e-4, 1e-5), "number": (1e-4, 1e-7)}


def groups():
    for p in PROGRAMS:
        case = Case(p.id, partial(run, p), partial(snippet, p), p.dtypes, p.needs)
        yield Group(p.id, lambda case=case: [case])


def run(p):
    want, data = level("programs").get(p.id)
    return differs(execute(p, tinytorch), want, data, host_of_tinytorch, tolerance_of(p.id))


def tolerance_of(program_id):
    """How far the results of a program may be from what was recorded."""
    kind, _, name = program_id.partition("/")
    if kind == "random" and name not in randoms.CLOSE:
        return EXACT
    return TRAINED if kind in ("training", "compiled") else TOLERANCE


def snippet(p):
    head = f"import tinytorch as torch\ntorch.set_backend({tinytorch.get_backend()!r})\n"
    last = ast.parse(p.code).body[-1]
    lines = p.code.splitlines()
    body, value = lines[: last.lineno - 1], "\n".join(lines[last.lineno - 1 :])
    if isinstance(last, ast.Expr):
        value = f"print({value})"
    return head + "\n".join(["torch.manual_seed(0)", *body, value])


def test(group, hold):
    hold(group)
