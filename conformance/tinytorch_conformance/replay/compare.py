"""The verdict on a block: does what it did agree with what the document shows?

The shown text is taken apart into prints, warnings and an error, each compared in its own way:
prints by tokens (see `tokens` and `structure`), errors by type and message, warnings by category
and without insisting, since many are given once per process only.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field

from . import era
from .classify import ERROR_LINE, TRACEBACK, WARNING_LINE
from .model import Run
from .structure import matches
from .tokens import mask, tokenize


@dataclass
class Verdict:
    """Whether a block agrees with its document, and if not, why and where."""

    ok: bool
    reason: str = ""
    diff: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Shown:
    """A document's output taken apart; `error` is (type, message), `text` the rest."""

    text: str
    error: tuple[str, str] | None
    warnings: list[str]


def take_apart(expected):
    """`Shown` of the output text of a document."""
    lines, categories, keep = expected.splitlines(), [], []
    follows = False
    for line in lines:
        m = WARNING_LINE.search(line)
        if m and not ERROR_LINE.match(line):
            categories.append(m[1])
            follows = True
        elif follows and line[:1].isspace():
            continue
        else:
            follows = False
            keep.append(line)
    head = next((i for i, x in enumerate(keep) if TRACEBACK.match(x)), None)
    hits = [(i, m) for i, x in enumerate(keep) if (m := ERROR_LINE.match(x.strip()))]
    hits = [h for h in hits if head is None or h[0] > head]
    if not hits:
        return Shown("\n".join(keep), None, categories)
    at, m = hits[-1] if head is not None else hits[0]
    message = "\n".join([m[2] or "", *keep[at + 1 :]]).strip()
    text = "\n".join(keep[: at if head is None else head])
    return Shown(text, (m[1], message), categories)


def same_text(shown, texts, ellipsis=False):
    """(whether they agree, notes): `texts` is what each run printed, the judged run first."""
    shown, texts = mask(shown).strip("\n"), [mask(t).strip("\n") for t in texts]
    if shown == texts[0]:
        return True, []
    if _agree(shown, texts, ellipsis):
        return True, _layout(shown, texts[0])
    notes = []
    for note, rewrite in era.rewrites(shown):
        before = [shown, *texts]
        shown, *texts = map(rewrite, before)
        if [shown, *texts] != before:
            notes.append(f"printed {note}")
        if _agree(shown, texts, ellipsis):
            return True, notes
    return False, []


def _agree(shown, texts, ellipsis):
    return matches(tokenize(shown), [tokenize(t) for t in texts], ellipsis)


def _layout(shown, got):
    lines = [[x.strip() for x in t.splitlines() if x.strip()] for t in (shown, got)]
    return ["the line breaks differ"] if "..." not in shown and len({*map(len, lines)}) > 1 else []


def diff(shown, got):
    """A readable difference: `-` is the document's line, `+` the one that came."""
    a, b = (mask(t).strip("\n").splitlines() for t in (shown, got))
    lines = difflib.unified_diff(a, b, "shown in the document", "got", lineterm="", n=2)
    return "\n".join(x for x in lines if not x.startswith("@@"))


def _same_error(shown, runs):
    """(reason, notes): the reason is empty where the error that came is the one shown."""
    name, message = shown
    came, text = runs[0].error
    if name.rpartition(".")[2] != came.rpartition(".")[2]:
        return f"shows {name}, but {came} was raised", []
    texts = [r.error[1] for r in runs if r.error] or [text]
    if not message or same_text(message, texts, ellipsis=True)[0]:
        return "", []
    flat, whole = " ".join(mask(message).split()), " ".join(mask(text).split())
    if whole.startswith(flat.rstrip(". …")):
        return "", ["only the start of the message is shown"]
    if era.same_message(message, text):
        return "", ["the message is worded as by an older torch"]
    return f"the message of the {name} differs", []


def compare(expected, runs: list[Run], ellipsis=False):
    """The `Verdict` on the first run; the others, under other seeds, tell what is random."""
    shown, run = take_apart(expected), runs[0]
    notes = []
    given = {w for w, _ in run.warnings}
    notes += [f"shows a {w} that was not given" for w in shown.warnings if w not in given]
    if shown.error is None and run.error:
        return Verdict(False, f"raised {run.error[0]}: {run.error[1]}", notes=notes)
    got = run.text
    if shown.error:
        if run.error is None:
            same = same_text(expected, [r.text for r in runs], ellipsis)[0]
            reason = "" if same else f"shows {shown.error[0]}, but nothing was raised"
            return Verdict(same, reason, "" if same else diff(expected, got), notes)
        reason, more = _same_error(shown.error, runs)
        if reason:
            whole = f"{got.rstrip()}\n{run.error[0]}: {run.error[1]}".lstrip("\n")
            return Verdict(False, reason, diff(expected, whole), notes)
        notes += more
        if not shown.text.strip():
            return Verdict(True, notes=notes)
    ok, more = same_text(shown.text, [r.text for r in runs], ellipsis)
    if not ok and run.value is not None and run.stdout:
        ok, more = same_text(shown.text, [r.stdout for r in runs], ellipsis)
        more = [*more, "the value of the last line is not shown"]
    if ok:
        return Verdict(True, notes=notes + more)
    return Verdict(False, "the output differs", diff(shown.text, got), notes)
