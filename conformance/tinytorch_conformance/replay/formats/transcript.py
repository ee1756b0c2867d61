"""IPython sessions (`In [5]:` / `Out[5]:`) and doctests (`>>>`), fenced or bare.

A notebook pasted as plain text has no fences at all: `In [4]:`, the code, an empty line, the
output, more empty lines, prose. Where the code ends is found paragraph by paragraph: it goes on
while the text so far compiles and the next paragraph does not read as a value or as prose.
"""

from __future__ import annotations

import ast
import doctest
import re
import textwrap

from ..classify import bound, demagic, is_code, is_output, parse
from ..model import Block, Document

IN = re.compile(r"^(?P<pad>\s*)In ?\[(?P<n>\d+|\s|\*)\]: ?(?P<code>.*)$")
OUT = re.compile(r"^\s*Out ?\[(?:\d+|\s|\*)\]: ?(?P<text>.*)$")
MORE = re.compile(r"^\s*\.\.\.+: ?(?P<code>.*)$")
PROMPT = re.compile(r"^\s*>>>(?: |$)")


def has_cells(text):
    """Whether the text holds an `In [n]:` line."""
    return any(IN.match(x) for x in text.splitlines())


def has_prompts(text):
    """Whether the text holds a `>>>` line."""
    return any(PROMPT.match(x) for x in text.splitlines())


def _depth(text):
    return sum(c in "([{" for c in text) - sum(c in ")]}" for c in text)


def _close(text, lines):
    """The text and as many of the lines as close the brackets it leaves open.

    A tensor of three dimensions prints empty lines, at which doctest ends an output.
    """
    for k, line in enumerate(lines):
        if _depth(text) <= 0 or PROMPT.match(line) or IN.match(line):
            return text, k
        text += line + "\n"
    return text, len(lines)


def doctests(text, lineno=1, label=">>>"):
    """A block per `>>>` example of the text."""
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError:
        text = re.sub(r"(?m)^(\s*(?:>>>|\.\.\.))(?=\S)", r"\1 ", text)
        try:
            examples = doctest.DocTestParser().get_examples(text)
        except ValueError as e:
            return [Block(text, lineno, "text", label=label, reason=f"not a doctest: {e}")]
    blocks, lines = [], text.splitlines()
    for x in examples:
        skip = x.options.get(doctest.SKIP)
        after = x.lineno + x.source.count("\n") + x.want.count("\n")
        want = textwrap.dedent(_close(x.want, lines[after:])[0] if x.want else "")
        want = re.sub(r"(?m)^\s*<BLANKLINE>\s*$", "", want).strip("\n") or None
        wild = bool(x.options.get(doctest.ELLIPSIS, True))
        block = Block(x.source, lineno + x.lineno, "code", "single", label, want, ellipsis=wild)
        if skip:
            block.kind, block.reason = "text", "doctest: +SKIP"
        blocks.append(block)
    return blocks


def _paragraphs(lines):
    """(offset, text) of each run of non-empty lines."""
    start = None
    for i, line in enumerate([*lines, ""]):
        if line.strip():
            start = i if start is None else start
        elif start is not None:
            yield start, "\n".join(lines[start:i])
            start = None


def _is_prose(text, names):
    """Whether a paragraph that compiles is words all the same: `Done`, `因此`."""
    tree = parse(text)
    if not tree or not tree.body or not all(isinstance(s, ast.Expr) for s in tree.body):
        return False
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    bare = all(isinstance(s.value, (ast.Name, ast.Tuple, ast.UnaryOp)) for s in tree.body)
    return bare and bool(used - names)


def _runs(lines):
    """The syntax tree of the lines, magics left out, or None where they are no whole code."""
    return parse(demagic("\n".join(lines))[0])


def _split(lines, names):
    """How many of the lines are code; the rest shows its output."""
    ends = [(text, start + text.count("\n") + 1) for start, text in _paragraphs(lines)]
    end, is_open = 0, False
    for k, (text, upto) in enumerate(ends):
        if _runs(lines[:upto]) is None:
            is_open = any(_runs(lines[:later]) for _, later in ends[k + 1 :])
            if is_open:
                continue
            return end or upto
        known = names | bound("\n".join(lines[:end]))
        if k and not is_open and (is_output(text) or _is_prose(text, known)):
            return end
        alone, is_open = parse(text), False
        if alone is None or alone.body:
            end = upto
    return end


def _inline(lines):
    """(code, number of lines) of a cell that starts on its `In [n]:` line."""
    code = []
    for i, line in enumerate(lines):
        more = MORE.match(line)
        if more:
            code.append(more["code"])
        elif OUT.match(line):
            return code, i
        elif i == 0 or _runs(code) is None or line[:1].isspace() or is_code(line):
            code.append(line)
        else:
            return code, i
    return code, len(lines)


def _shown(lines, fenced):
    """(output, unsure) of the lines under a cell's code, `Out[n]:` marks removed."""
    marked = any(OUT.match(x) for x in lines)
    keep, unsure = [], False
    for start, text in _paragraphs(lines):
        own = text.splitlines()
        mark = next((i for i, x in enumerate(own) if OUT.match(x)), None)
        if mark is not None:
            marked = False
            own[mark : mark + 1] = filter(None, [OUT.match(own[mark])["text"]])
        elif not marked and text.startswith("#"):
            break
        elif not (marked or fenced or is_output(text) or text[:1].isspace()):
            if keep:
                break
            unsure = True
        if own:
            keep.append((start, "\n".join(own)))
        if unsure:
            break
    if not keep:
        return None, False
    text, at = "", keep[0][0]
    for start, para in keep:
        text += "\n" * (start - at) + para
        at = start + para.count("\n")
    return textwrap.dedent(text).strip("\n") or None, unsure


def _cell(lines, lineno, label, fenced, names):
    first = IN.match(lines[0])["code"]
    if first.strip():
        code, end = _inline([first, *lines[1:]])
        shown, unsure = _shown(lines[end:], fenced)
    else:
        body = lines[1:]
        out = next((i for i, x in enumerate(body) if OUT.match(x)), len(body))
        end = _split(body[:out], names)
        code, lineno = body[:end], lineno + 1
        shown, unsure = _shown(body[end:], fenced)
    source = textwrap.dedent("\n".join(code))
    return Block(source, lineno, label=label, expected=shown, unsure=unsure)


def cells(text, lineno=1, fenced=True):
    """A block per `In [n]:` cell of the text."""
    lines = text.splitlines()
    starts = [i for i, x in enumerate(lines) if IN.match(x)]
    blocks, names = [], set()
    for a, b in zip(starts, [*starts[1:], len(lines)], strict=True):
        label = f"In [{IN.match(lines[a])['n'].strip()}]"
        block = _cell(lines[a:b], lineno + a, label, fenced, names)
        names |= bound(block.source)
        if block.source.strip():
            blocks.append(block)
    return blocks


def fenced(text, lineno):
    """The blocks of a fence that holds a transcript, or None where it holds none."""
    if has_cells(text):
        return cells(text, lineno)
    if has_prompts(text):
        return doctests(text, lineno)
    return None


def bare(lines, lineno=1):
    """(first line, last line + 1, blocks) of each stretch of plain text that is a transcript."""
    at = next((i for i, x in enumerate(lines) if IN.match(x)), None)
    head = lines if at is None else lines[:at]
    start = None
    for i, line in enumerate([*head, ""]):
        if start is None and PROMPT.match(line):
            start = i
        elif start is not None and not line.strip():
            last = max(k for k in range(start, i) if PROMPT.match(head[k]))
            end = i + _close("\n".join(head[last:i]), head[i:])[1]
            yield start, end, doctests("\n".join(head[start:end]) + "\n", lineno + start)
            start = None
    if at is not None:
        yield at, len(lines), cells("\n".join(lines[at:]), lineno + at, fenced=False)


def read(text, path):
    """A plain text file (rst, txt, an IPython log)."""
    blocks = [b for _, _, found in bare(text.splitlines()) for b in found]
    return Document(path, "transcript", blocks)
