"""What a document really prints, kept as plain data, and two such recordings side by side.

A recording made once with real torch is shipped as JSON; the library under test then has to
print the same text, character for character. Only object addresses are masked. For long
trainings, where the last printed digit hangs on the order of additions inside a matrix product,
`ulp_tolerant` gives the numbers that much room, and `rtol` more where hundreds of steps have
carried such differences on (torch on two threads is no nearer to torch on one).
"""

from __future__ import annotations

import math
import platform
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from .compare import diff
from .engine import judged, run_once
from .formats import read_document
from .tokens import is_float, mask, same_number, tokenize
from .worlds import world

FIELDS = ("stdout", "value", "error")


@dataclass
class Difference:
    """One field of one block that differs; `kind` is blocks, stdout, value or error."""

    path: str
    lineno: int
    kind: str
    a: str
    b: str

    def __str__(self):
        return f"{self.path}:{self.lineno}: {self.kind} differs\n{diff(self.a, self.b)}"


def record_document(path, seed=0, *, backend=None, alias=None, timeout=None):
    """Run a document and keep what each block printed.

    Returns JSON-able data: path (the file's name), format, seed, versions, and blocks with
    lineno, kind, source, stdout, value (repr of the last expression or None), error (type and
    message or None) and warnings. Arguments as of `replay_document`.
    """
    doc = read_document(path)
    with world(doc, alias, backend):
        kinds = judged(doc)
        runs = run_once(doc, kinds, seed, timeout)
        versions = {"python": platform.python_version(), "torch": _version("torch", doc)}
    blocks = []
    for block, (kind, reason), run in zip(doc.blocks, kinds, runs, strict=True):
        row = {"lineno": block.lineno, "kind": kind, "source": block.source}
        if run is None:
            row |= {"skipped": reason}
        else:
            row |= {
                "stdout": mask(run.stdout),
                "value": run.value and mask(run.value),
                "error": run.error and list(run.error),
                "warnings": [list(w) for w in run.warnings],
            }
        blocks.append(row)
    return {
        "path": Path(path).name, "format": doc.format, "seed": seed, "versions": versions,
        "blocks": blocks,
    }  # fmt: skip


def _version(module, doc):
    if not any(module in b.source for b in doc.blocks):
        return None
    try:
        return getattr(import_module(module), "__version__", None)
    except ImportError:
        return None


def _text(value):
    match value:
        case None:
            return ""
        case [name, message]:
            return f"{name}: {message}"
    return value


def _near(a, b, places, rtol):
    if same_number(a, b, places):
        return True
    if "j" in a + b or not (is_float(a) and is_float(b)):
        return False
    return math.isclose(float(a), float(b), rel_tol=rtol)


def _close(a, b, places, rtol):
    """Equal but for numbers that are near each other."""
    ta, tb = tokenize(a), tokenize(b)
    return len(ta) == len(tb) and all(
        _near(x.text, y.text, places, rtol) if x.kind == y.kind == "number" else x[:2] == y[:2]
        for x, y in zip(ta, tb, strict=True)
    )


def compare_recordings(a, b, *, ulp_tolerant=False, rtol=0.0):
    """The list of `Difference`s between two recordings of one document; empty if they agree.

    ulp_tolerant  False: texts are equal. True or a number n: numbers may differ by one or n
                  units in the last place shown (of float32 where they are written out in full).
    rtol          relative difference that floating numbers may have besides; integers stay exact.
    """
    room = ulp_tolerant or rtol
    pairs = [(x["lineno"], x["source"]) for x in a["blocks"]]
    others = [(x["lineno"], x["source"]) for x in b["blocks"]]
    if pairs != others:
        shapes = ["\n".join(f"line {n}: {s}" for n, s in p) for p in (pairs, others)]
        return [Difference(a["path"], 0, "blocks", *shapes)]
    found = []
    for x, y in zip(a["blocks"], b["blocks"], strict=True):
        if ("skipped" in x) != ("skipped" in y):
            texts = (x.get("skipped", "ran"), y.get("skipped", "ran"))
            found.append(Difference(a["path"], x["lineno"], "blocks", *texts))
        for field in FIELDS:
            p, q = mask(_text(x.get(field))), mask(_text(y.get(field)))
            if p != q and not (room and _close(p, q, int(ulp_tolerant), rtol)):
                found.append(Difference(a["path"], x["lineno"], field, p, q))
    return found
