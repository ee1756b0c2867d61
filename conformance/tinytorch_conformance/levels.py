"""The levels of a report: which one a case belongs to is read off its id, and ids never change.

So the table may grow a row, or split one, and every known-failures file that an author has keeps
its meaning.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from .cases import FAILED, KNOWN, PASSED, SKIPPED
from .opcases import DERIVED

STATUSES = (PASSED, FAILED, SKIPPED, KNOWN)

#: level, the ids in it (the first row that fits decides), what it holds
RULES = (
    ("kernels", r"kernels/.*", "each required kernel on raw arrays"),
    ("in-place", r"ops/.*-inplace", "functions with an underscore: same tensor, same value"),
    ("dtypes", rf"ops/.*\]-(float32|{'|'.join(DERIVED)})", "functions in up to ten dtypes"),
    ("functions", r"ops/.*", "functions on declared samples; as methods, with out=, on strides"),
    ("second order", r"gradients/.*-second", "derivatives of gradients"),
    ("gradients", r"gradients/.*", "first-order gradients and the names of graph nodes"),
    ("views", r"views/.*", "who sees which write; versions; gradients through both"),
    ("documents", r"documents/.*", "what tutorials on automatic differentiation show"),
    ("programs", r"programs/.*", "ordinary programs, extreme values, seeded random programs"),
    ("training", r"training/.*", "losses of whole trainings"),
    ("compiled", r"compiled/.*", "captured functions and training steps, replayed"),
    ("transforms", r"transforms/.*", "vmap and forward mode, alone and in each other"),
    ("histories", r"histories/.*", "Functions, hooks, saved tensors, modes and versions"),
    ("random", r"random/.*", "torch's random streams, draw for draw"),
    ("printing", r"printing/.*", "printed text, character by character"),
    ("errors", r"errors/.*", "types and texts of exceptions"),
)  # fmt: skip
#: As the table shows them: from the ground up, so that the first red row is the one to mend.
ORDER = (
    "kernels", "functions", "dtypes", "gradients", "second order", "views", "in-place",
    "documents", "programs", "training", "compiled", "transforms", "histories",
    "random", "printing", "errors",
)  # fmt: skip
ABOUT = {name: text for name, _, text in RULES}
_FITS = [(name, re.compile(pattern)) for name, pattern, _ in RULES]


@cache
def level_of(case_id):
    """The level of a case; "other" for an id that no rule knows."""
    return next((name for name, fits in _FITS if fits.fullmatch(case_id)), "other")


def place(case_id):
    """A sort key: level by level, then by name, indices as numbers."""
    level = level_of(case_id)
    rank = ORDER.index(level) if level in ORDER else len(ORDER)
    return rank, [int(x) if x.isdigit() else x for x in re.split(r"(\d+)", case_id)]


def part_of(case_id):
    """What a case is one of inside its level: a dtype, a way to call, or the name's first word."""
    kind, _, name = case_id.partition("/")
    if kind in ("kernels", "ops", "gradients"):
        return name.partition("]-")[2] or name.partition("[")[0].partition("-")[0]
    return re.split(r"[\[_-]", name)[0]


def table(outcomes):
    """level -> Counter of statuses, in the order of the report."""
    found = {}
    for o in outcomes:
        found.setdefault(level_of(o.id), Counter())[o.status] += 1
    return {name: found[name] for name in (*ORDER, "other") if name in found}
