"""Reading a document into blocks: one small module per family of formats.

| suffix            | read as                                                              |
|-------------------|----------------------------------------------------------------------|
| .ipynb            | a notebook                                                           |
| .py               | a percent script, a sphinx-gallery script, or a module with doctests |
| .md and the like  | Markdown; transcripts and doctests outside its fences count too      |
| anything else     | plain text with transcripts and doctests in it                       |
"""

from __future__ import annotations

import textwrap
from importlib import import_module
from pathlib import Path

from ..classify import demagic, speaks

READERS = {
    ".ipynb": "notebook",
    ".py": "script",
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".qmd": "markdown",
    ".rmd": "markdown",
}
SUFFIXES = {*READERS, ".rst", ".txt", ".ipy"}


def read_document(path):
    """The `Document` at `path`. Raises `MissingParser`, OSError, or ValueError for a bad file."""
    path = Path(path)
    reader = import_module(f"{__name__}.{READERS.get(path.suffix.lower(), 'transcript')}")
    doc = reader.read(path.read_text(encoding="utf-8-sig"), str(path))
    for block in doc.blocks:
        if block.kind == "code":
            if speaks(block.source):
                block.expected = None
            block.source, block.reason = demagic(textwrap.dedent(block.source))
            block.kind = "text" if block.reason else "code"
    return doc
