"""Python files: percent scripts (`# %%`), sphinx-gallery scripts, modules with doctests.

A Markdown cell of a percent script may show the output of the cell before it, in a fence, as in
a Markdown document; the text blocks of a gallery script are only prose. A file without cells is
one block, followed by the doctests of its docstrings.
"""

from __future__ import annotations

import ast
import re

from ..classify import parse
from ..model import Block, Document
from . import transcript

PERCENT = re.compile(r"^# ?%%(?!%)\s*(?P<title>.*)$")
GALLERY = re.compile(r"^#{20,}\s*$")


def _uncomment(lines):
    return "\n".join(re.sub(r"^# ?", "", x) for x in lines)


def _cells(lines):
    """(kind, offset, lines) of each cell: kind is code, markdown or gallery."""
    marks = [i for i, x in enumerate(lines) if PERCENT.match(x) or GALLERY.match(x)]
    for a, b in zip([0, *(i + 1 for i in marks)], [*marks, len(lines)], strict=True):
        mark = PERCENT.match(lines[a - 1]) if a else None
        body = lines[a:b]
        if mark and re.search(r"\[(markdown|md)\]", mark["title"]):
            yield "markdown", a, body
            continue
        end = next((i for i, x in enumerate(body) if not x.startswith("#")), len(body))
        if a and end and (mark is None or _is_text(body[:end])):
            yield "gallery", a, body[:end]
            body = [""] * end + body[end:]
        yield "code", a, body


def _is_text(comments):
    """Whether the comments that open a cell are prose rather than code switched off."""
    tree = parse(_uncomment(comments))
    return tree is None or not tree.body


def _percent(lines):
    from .markdown import Piece, pair, pieces

    found = []
    for kind, at, body in _cells(lines):
        if kind == "markdown":
            text = _uncomment(body)
            found += [
                p
                for p in pieces(text, at + 1)
                if p.kind in ("para", "heading") or p.info.strip() in ("", "text", "output")
            ]
        elif kind == "code" and "\n".join(body).strip():
            block = Block("\n".join(body), at + 1, label="%%")
            tree = parse(block.source)
            if tree is None or any(not _is_docstring(s) for s in tree.body):
                found.append(Piece("cells", "", at + 1, blocks=[block]))
    return pair(found)


def _is_docstring(s):
    return isinstance(s, ast.Expr) and isinstance(getattr(s.value, "value", None), str)


def _docstrings(tree):
    for n in ast.walk(tree):
        if isinstance(n, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = ast.get_docstring(n, clean=False)
            if text and transcript.has_prompts(text):
                yield from transcript.doctests(text, n.body[0].lineno)


def read(text, path):
    """A Python file of any of the three kinds."""
    lines = text.splitlines()
    if any(PERCENT.match(x) or GALLERY.match(x) for x in lines):
        return Document(path, "script", _percent(lines))
    tree = parse(text)
    blocks = [Block(text, 1, label="module")]
    return Document(path, "script", blocks + (list(_docstrings(tree)) if tree else []))
