"""The words of the replayer: a block of a document, and what became of it.

A `Block` is what a reader of the document sees: a piece of code and the output printed under
it. A `BlockReport` is what happened when it was run. Both are plain data, so that reading,
running, comparing and reporting know nothing of one another.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from importlib import import_module

OK, RAN, FAILED, SKIPPED = "ok", "ran", "failed", "skipped"


class MissingParser(ImportError):
    """A package that reads some format is not installed; the message says how to get it."""


def parser(module, package):
    """Import `module` of the PyPI `package`, or raise `MissingParser`."""
    try:
        return import_module(module)
    except ImportError as e:
        raise MissingParser(
            f"{package} is needed here and is not installed: "
            f"pip install 'tinytorch[conformance]' (or pip install {package})"
        ) from e


@dataclass
class Block:
    """One block of a document.

    kind      code | text (an output without its code, prose, another language)
    mode      exec: the value of the last expression is shown; single: of every one (doctest)
    expected  the output that the document shows, None where it shows none
    unsure    the expected text is taken for an output only if the block printed or raised
    """

    source: str
    lineno: int = 1
    kind: str = "code"
    mode: str = "exec"
    label: str = ""
    expected: str | None = None
    unsure: bool = False
    reason: str = ""
    ellipsis: bool = False


@dataclass
class Document:
    """A document as read: its format, its blocks and, where lines are the file's own, its path."""

    path: str
    format: str
    blocks: list[Block]
    in_file: bool = True


@dataclass
class Run:
    """What one block did: its prints, the value shown, the error raised, the warnings given.

    missing  the name, bound by nothing, that stopped it
    foreign  what stopped it, where that is a part of another framework that its front here lacks
    """

    stdout: str = ""
    value: str | None = None
    error: tuple[str, str] | None = None
    error_lineno: int | None = None
    missing: str | None = None
    foreign: str = ""
    traceback: str = ""
    warnings: list[tuple[str, str]] = field(default_factory=list)
    preset: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def text(self):
        """Prints, then the shown value, as an interactive session lays them out."""
        if self.value is None:
            return self.stdout
        gap = "\n" if self.stdout and not self.stdout.endswith("\n") else ""
        return f"{self.stdout}{gap}{self.value}\n"


@dataclass
class BlockReport:
    """kind: code, sketch, not torch, text. status: ok (compared), ran, failed, skipped."""

    lineno: int
    kind: str
    status: str
    source: str
    label: str = ""
    expected: str | None = None
    actual: str | None = None
    diff: str = ""
    reason: str = ""
    notes: list[str] = field(default_factory=list)
    traceback: str = ""
    seconds: float = 0.0


@dataclass
class DocumentReport:
    """What became of a document; `error` says why it could not be read, `runs` how often it ran."""

    path: str
    format: str
    seed: int
    backend: str | None
    blocks: list[BlockReport] = field(default_factory=list)
    runs: int = 1
    seconds: float = 0.0
    error: str = ""

    @property
    def failed(self):
        """The blocks that failed."""
        return [b for b in self.blocks if b.status == FAILED]

    @property
    def ok(self):
        """True where the document could be read and no block failed."""
        return not self.error and not self.failed

    def count(self, *status):
        """How many blocks ended in one of `status`."""
        return sum(b.status in status for b in self.blocks)

    def as_dict(self):
        """Plain data for JSON, `ok` included."""
        return {"ok": self.ok, **asdict(self)}
