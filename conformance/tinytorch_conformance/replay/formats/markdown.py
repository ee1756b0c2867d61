"""Markdown: fences of code, and which later fence shows what they print.

markdown-it-py finds fences, headings and paragraphs (in lists and quotes too); `pair` then reads
them as a person does: code, perhaps a word such as `Out:`, then a fence that is its output
however it is labelled. Lines outside the fences are also searched for bare transcripts.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from ..classify import (
    NEUTRAL,
    OUTPUT,
    PYTHON,
    is_code,
    is_error,
    is_output,
    language,
    marks_output,
    parse,
)
from ..model import Block, Document, parser
from . import transcript


@dataclass
class Piece:
    """A fence, a paragraph, a heading, or the blocks of a bare transcript."""

    kind: str
    text: str
    lineno: int
    info: str = ""
    blocks: list[Block] | None = None


def pieces(text, lineno=1):
    """The pieces of a Markdown text in order; `lineno` is that of its first line."""
    md = parser("markdown_it", "markdown-it-py").MarkdownIt("commonmark")
    if text.startswith("---\n") and (end := text.find("\n---", 3)) > 0:
        text = "\n" * text.count("\n", 0, end + 4) + text[end + 4 :]
    tokens = md.parse(text)
    lines = text.splitlines()
    for t in tokens:
        if t.type == "fence":
            lines[t.map[0] : t.map[1]] = [""] * (t.map[1] - t.map[0])
    cut = [t.map[0] for t in tokens if t.type == "fence"]
    found, covered = [], set()
    for a, b in zip([0, *cut], [*cut, len(lines)], strict=True):
        for start, end, blocks in transcript.bare(lines[a:b], lineno + a):
            covered.update(range(a + start, a + end))
            found.append(Piece("cells", "", lineno + a + start, blocks=blocks))
    for i, t in enumerate(tokens):
        if not t.map or t.map[0] in covered:
            continue
        at = lineno + t.map[0]
        if t.type in ("fence", "code_block"):
            shift = t.type == "fence"
            found.append(Piece(t.type, t.content, at + shift, t.info))
        elif t.type == "html_block":
            found.append(Piece("para", t.content, at))
        elif t.type == "heading_open":
            found.append(Piece("heading", tokens[i + 1].content, at))
        elif t.type == "paragraph_open":
            found.append(Piece("para", tokens[i + 1].content, at))
    return sorted(found, key=lambda p: p.lineno)


def _role(piece, info, gap, last, labelled):
    """code, output, unsure (an output if the code printed anything) or text."""
    text = piece.text
    prose = [p.text for p in gap if p.kind == "para"]
    headed = any(p.kind == "heading" for p in gap)
    strict = bool(prose) and marks_output(prose[-1], strict=True)
    loose = bool(prose) and marks_output(prose[-1], strict=False)
    shows = is_output(text)
    near = "output" if not prose or loose else "unsure"
    if strict or info in OUTPUT:
        return "output"
    if info in PYTHON:
        if shows or (loose and parse(text) is None):
            return "text" if headed else near
        return "code"
    if info not in NEUTRAL or text.startswith("$ "):
        return "text"
    if info == "" and not labelled and not shows and is_code(text):
        return "code"
    if last is None or headed:
        return "text"
    if shows or not prose or loose:
        return near
    return "text"


def pair(found):
    """The blocks of the pieces, each with the output that the document shows for it."""
    labelled = any(p.kind == "fence" and language(p.info) in PYTHON for p in found)
    blocks, last, gap = [], None, []
    for p in found:
        if p.kind == "cells":
            blocks += p.blocks
            last, gap = p.blocks[-1] if p.blocks else last, []
            continue
        if p.kind in ("para", "heading"):
            gap.append(p)
            continue
        info = language(p.info)
        session = info in PYTHON | NEUTRAL and transcript.fenced(p.text, p.lineno)
        if session:
            blocks += session
            last, gap = session[-1], []
            continue
        role = _role(p, info, gap, last, labelled)
        text = textwrap.dedent(p.text).rstrip("\n")
        if p.kind == "code_block" and role == "code" and labelled:
            role = "text"
        if role == "code":
            last = Block(text, p.lineno, label=info or "fence")
            blocks.append(last)
        elif role in ("output", "unsure") and last is not None and last.kind == "code":
            if last.expected is None:
                last.expected, last.unsure = text, role == "unsure"
            elif not gap:
                last.expected += "\n" + text
        elif info in PYTHON:
            what = "an error message" if is_error(text) else "an output"
            blocks.append(
                Block(text, p.lineno, "text", label=info, reason=f"{what} with no code before it")
            )
        gap = []
    return blocks


def read(text, path):
    """A Markdown document."""
    return Document(path, "markdown", pair(pieces(text)))
