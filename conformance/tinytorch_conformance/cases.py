"""A case, the group it runs in, and what counts as a failure.

A case is one claim with a stable id (``ops/add[3]-float32``): its ``run`` gives None, or says in
words what is wrong. Cases are many and small, so pytest sees one item a group; the ids of failures,
known failures and allowlists are those of cases.
"""

from __future__ import annotations

import re
import tomllib
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PASSED, FAILED, SKIPPED, KNOWN = "passed", "failed", "skipped", "known"
STALE = "passes, but is listed as a known failure"


@dataclass(slots=True)
class Case:
    """id, how to run it, code that shows it alone; dtypes and capabilities that it needs."""

    id: str
    run: Callable[[], str | None]
    snippet: str | Callable[[], str] = ""
    dtypes: tuple = ()
    needs: tuple = ()


@dataclass(slots=True)
class Group:
    """Cases that one pytest item runs; they are made only when it does."""

    id: str
    make: Callable[[], list]


@dataclass(slots=True)
class Outcome:
    """What became of a case: its status, why (empty if it passed), code that shows it alone."""

    id: str
    status: str
    text: str = ""
    snippet: str = ""


@dataclass
class Judge:
    """Decides what a case's result means for one backend.

    known: pattern -> reason of failures that are expected; one that passes is an error. allow:
    patterns of the cases that count while a backend is young, or None: all of them. front_end:
    id -> reason of what tinytorch itself does not do as torch does, whatever the backend.
    """

    backend: type
    known: dict = field(default_factory=dict)
    allow: list | None = None
    matched: set = field(default_factory=set)
    front_end: dict = field(default_factory=dict)

    def missing(self, case):
        """Why the backend, by its own declaration, cannot run the case; None if it can."""
        for d in case.dtypes:
            if d not in self.backend.dtypes:
                return f"dtype {d} is not declared"
        for flag in case.needs:
            if not getattr(self.backend, flag):
                return f"{flag} is not declared"
        return None

    def judge(self, case):
        if self.allow is not None and not any(matches(p, case.id) for p in self.allow):
            return Outcome(case.id, SKIPPED, "not in the allowlist")
        why = self.missing(case)
        if why:
            return Outcome(case.id, SKIPPED, why, code_of(case))
        try:
            wrong = case.run()
        except Exception as e:
            wrong = told(e)
        if wrong and case.id in self.front_end:
            return Outcome(case.id, KNOWN, self.front_end[case.id], code_of(case))
        reasons = [p for p in self.known if matches(p, case.id)]
        self.matched.update(reasons)
        if reasons and wrong:
            return Outcome(case.id, KNOWN, self.known[reasons[0]], code_of(case))
        if reasons:
            wrong = f"{STALE} ({self.known[reasons[0]]})"
        if wrong:
            return Outcome(case.id, FAILED, wrong.rstrip(), code_of(case))
        return Outcome(case.id, PASSED)


def told(error):
    """A traceback without the frames of the suite itself, as far as there are others."""
    here = str(Path(__file__).parent)
    frames = traceback.extract_tb(error.__traceback__)
    frames = [f for f in frames if not f.filename.startswith(here)] or frames
    lines = traceback.format_list(frames[-4:]) + traceback.format_exception_only(error)
    return "Traceback (most recent call last):\n" + "".join(lines)


def code_of(case):
    return (case.snippet() if callable(case.snippet) else case.snippet).strip()


def shown(outcome):
    """A failure as a terminal shows it: what is wrong, and the code that shows it alone."""
    lines = "\n".join("    " + line for line in outcome.snippet.splitlines())
    return f"{outcome.id}: {outcome.text}\n  to see it alone:\n{lines}\n"


def matches(pattern, case_id):
    """Whether an id fits a pattern in which only ``*`` is special."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), case_id) is not None


FRONT_END = Path(__file__).with_name("data") / "front_end.toml"


def read_known(path):
    """``[known]`` of a TOML file: id pattern = reason."""
    table = tomllib.loads(Path(path).read_text("utf-8")).get("known", {})
    for pattern, reason in table.items():
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(f"{path}: the known failure {pattern!r} needs a reason")
    return table


def read_allow(path):
    """The patterns of an allowlist, one a line; ``#`` begins a comment."""
    lines = (line.partition("#")[0].strip() for line in Path(path).read_text("utf-8").splitlines())
    return [line for line in lines if line]
