"""Replaying one document: read it, run it, judge each block.

The document is run once under the given seed. Only if some output then differs from what is
shown is it run again under other seeds, because only then does it matter which values are
random (see `structure`). A document that seeds itself prints the same in every run, so its
values have to match exactly.

Faults of the document are told from faults of the library: a block that uses a name which
nothing has bound, needs a package that is not installed, asks for a part of another framework that
the front standing for it lacks, or is no Python at all is *skipped* with its reason; one that
raises or prints otherwise than shown has *failed*.
"""

from __future__ import annotations

import io
import re
import time
import tokenize as pytokens
from contextlib import ExitStack

from .classify import bound, judge
from .compare import compare
from .formats import read_document
from .model import FAILED, OK, RAN, SKIPPED, BlockReport, DocumentReport, MissingParser, Run
from .runner import Session
from .worlds import seed_all, settings_kept, world

MORE_SEEDS = 4


def judged(doc):
    """(kind, reason) of every block; the reason is empty where it is to be run."""
    return [judge(b.source) if b.kind == "code" else (b.kind, b.reason) for b in doc.blocks]


def run_once(doc, kinds, seed, timeout=None, tell=None):
    """What each block does, in one fresh namespace under `seed`; None for those not run."""
    runs = []
    with settings_kept(doc), Session(doc, timeout) as session:
        seed_all(doc, seed)
        for i, (block, (kind, reason)) in enumerate(zip(doc.blocks, kinds, strict=True)):
            if tell:
                tell(i, block)
            runs.append(session.run(block) if kind == "code" and not reason else None)
    return runs


def _comment_expects(block, run):
    """Whether a comment beside the line that raised says that it raises."""
    try:
        found = list(pytokens.generate_tokens(io.StringIO(block.source).readline))
    except (pytokens.TokenError, SyntaxError):
        return False
    says = re.compile(rf"{run.error[0]}|\b(error|raises?|fails?|throws?|exception)\b|报错", re.I)
    at = run.error_lineno or 0
    return any(
        t.type == pytokens.COMMENT and abs(t.start[0] - at) <= 1 and says.search(t.string)
        for t in found
    )


def _needs_cuda(block, run):
    """Whether the block asks for a CUDA device and was told that there is none."""
    return run.error and "cuda" in block.source.lower() and "cuda" in run.error[1].lower()


class _Jury:
    """Reports for the blocks of one document, given the runs made so far."""

    def __init__(self, doc, kinds):
        self.doc, self.kinds = doc, kinds
        self.lost = {}
        self.binds = [bound(b.source) if b.kind == "code" else set() for b in doc.blocks]

    def reports(self, runs):
        self.lost = {}
        return [self._report(i, [r[i] for r in runs]) for i in range(len(self.doc.blocks))]

    def _report(self, i, runs):
        block, (kind, reason), run = self.doc.blocks[i], self.kinds[i], runs[0]
        report = BlockReport(block.lineno, kind, SKIPPED, block.source, block.label, reason=reason)
        report.expected = block.expected
        if run is None:
            self._lose(i, f"the block at line {block.lineno}, which was skipped")
            return report
        report.actual, report.seconds = run.text, run.seconds
        if run.preset:
            report.notes.append(f"provided {', '.join(run.preset)}")
        if run.missing or _needs_cuda(block, run):
            report.reason = (
                self._why_missing(i, run.missing) if run.missing else "needs cuda, not here"
            )
            self._lose(i, f"the block at line {block.lineno}, which was skipped")
            return report
        if run.foreign:
            report.kind, report.reason = "not torch", run.foreign
            self._lose(i, f"the block at line {block.lineno}, which was skipped")
            return report
        expected = block.expected
        if block.unsure and not run.text.strip() and not run.error:
            expected = None
        if expected is None:
            report.status = RAN
            if run.error and not _comment_expects(block, run):
                self._fail(report, i, run, f"raised {run.error[0]}: {run.error[1]}")
            elif run.error:
                report.notes.append(f"raised {run.error[0]}, as a comment says")
            return report
        verdict = compare(expected, [r for r in runs if r], block.ellipsis)
        report.notes += verdict.notes
        report.status = OK
        if not verdict.ok:
            self._fail(report, i, run, verdict.reason)
            report.diff = verdict.diff
        return report

    def _fail(self, report, i, run: Run, reason):
        report.status, report.reason, report.traceback = FAILED, reason, run.traceback
        if run.error:
            self._lose(i, f"the block at line {report.lineno}, which failed")

    def _lose(self, i, where):
        self.lost.update(dict.fromkeys(self.binds[i], where))

    def _why_missing(self, i, name):
        if name in self.lost:
            return f"uses {name}, of {self.lost[name]}"
        for block, names in zip(self.doc.blocks[i + 1 :], self.binds[i + 1 :], strict=True):
            if name in names:
                return f"uses {name}, which comes only at line {block.lineno}"
        return f"uses {name}, which the document never defines"


def replay_document(path, *, seed=0, backend=None, alias=None, timeout=None, tell=None):
    """Run the document at `path` and compare what it prints with what it shows.

    path     Markdown, a notebook, a transcript, or a percent or gallery script
    seed     of every random generator, set before the first block
    backend  name of the tinytorch backend to use
    alias    returns a context manager inside which `import torch` gives the library under test
             (`tinytorch.alias`); None leaves the installed torch
    timeout  seconds that one run of the document may take
    tell     called as tell(index, block, document) before each block

    Returns a `DocumentReport`; its `error` is set where the document cannot be read or the library
    or backend cannot be had.
    """
    began = time.perf_counter()
    report = DocumentReport(str(path), "", seed, backend)
    try:
        doc = read_document(path)
    except (OSError, ValueError, MissingParser) as e:
        report.error = f"{type(e).__name__}: {e}"
        return report
    report.format = doc.format
    with ExitStack() as stack:
        try:
            stack.enter_context(world(doc, alias, backend))
        except Exception as e:
            report.error = f"{type(e).__name__}: {e}"
            return report
        kinds = judged(doc)
        told = (lambda i, block: tell(i, block, doc)) if tell else None
        runs = [run_once(doc, kinds, seed, timeout, told)]
        jury = _Jury(doc, kinds)
        report.blocks = jury.reports(runs)
        while len(runs) <= MORE_SEEDS and _undecided(report, runs):
            runs.append(run_once(doc, kinds, seed + len(runs), timeout))
            report.blocks = jury.reports(runs)
    report.runs, report.seconds = len(runs), time.perf_counter() - began
    return report


def _undecided(report, runs):
    """Whether another seed may still show that what differs is random."""
    texts = [{r[i].text for r in runs if r[i]} for i, b in enumerate(report.blocks) if b.diff]
    return any(len(runs) < 3 or len(t) > 1 for t in texts)
