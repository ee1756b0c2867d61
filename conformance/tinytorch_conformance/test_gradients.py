"""Gradients of every op: graph nodes' names, first order, and second order through the first."""

from __future__ import annotations

import tinytorch

from . import opcases
from .cases import Case, Group
from .encode import ROUGH, TOLERANCE, Raised, differs, host_of_tinytorch
from .recording import Reader
from .test_ops import encoded_size, needs, recorded, recorded_labels, snippet, stale

#: Second derivatives are recorded as one number, a sum of products over all elements.
SECOND = {**TOLERANCE, "number": (1e-9, 1e-10)}


def groups():
    for name in sorted(opcases.declared()):
        if "gradients" in recorded_labels().get(name, ()):
            yield Group(f"gradients/{name}", lambda n=name: list(cases(n)))


def cases(name):
    for label in ("own", "complex128"):
        for i, declared, sample, _, entry, data in recorded(name, label):
            if "g" in entry and not stale(entry, declared):
                yield from claims(name, i, sample, label, entry, data)


def claims(name, i, sample, label, entry, data):
    skip = encoded_size(entry["r"]) + sum(map(encoded_size, entry.get("v", {}).values()))
    want = entry["g"][1]
    made = []

    def found():
        if not made:
            made.append(opcases.attempt(opcases.gradients, tinytorch, name, i, sample))
        if isinstance(made[0], Raised):
            return made[0]
        return made[0] or Raised(RuntimeError("the result does not require grad"))

    for what in ("nodes", "first", "second"):
        if what not in want or (what == "nodes" and label != "own"):
            continue
        suffix = {"nodes": "-node", "first": "", "second": "-second"}[what]
        dtype = "" if label == "own" else f"-{label}"
        yield Case(
            f"gradients/{name}[{i}]{dtype}{suffix}",
            lambda what=what: compare(name, found(), what, want, Reader(data.pool, data.at + skip)),
            lambda: snippet(name, i, sample, "gradients"),
            opcases.wanted_dtypes(sample),
            needs(name),
        )


def compare(name, found, what, want, data):
    if isinstance(found, Raised):
        return f"raised {found.type}: {found.text}"
    got = found.get(what, found.get("first"))
    if what == "nodes":
        return differs(got, want[what], data, host_of_tinytorch)
    if isinstance(got, Raised):
        return f"raised {got.type}: {got.text}"
    if what == "second":
        return differs(got, want[what], data, host_of_tinytorch, ROUGH.get(name, SECOND), "second")
    pairs = zip(got, want[what][1], strict=True)
    tolerance = ROUGH.get(name, TOLERANCE)
    wrong = (one(g, w, data, k, tolerance) for k, (g, w) in enumerate(pairs))
    return next(filter(None, wrong), None)


def one(got, want, data, k, tolerance):
    """A gradient that torch leaves out may be left out or be zero; one of no elements is none."""
    where = f"gradient {k}"
    if want is None:
        if got is None or not host_of_tinytorch(got)[1].any():
            return None
        return f"{where} is not zero, torch gives None"
    if got is None:
        return f"{where} is None" if encoded_size(want) else None
    return differs(got, want, data, host_of_tinytorch, tolerance, where)


def test(group, hold):
    hold(group)
