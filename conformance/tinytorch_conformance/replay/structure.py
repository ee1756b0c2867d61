"""Random values are compared by structure, and which values are random is found by trying.

A document is run under several seeds. What differs between the runs is random; what does not is
fixed and has to match. If one number of a `tensor(...)` varies, the whole tensor counts as
random. Where even the number of tokens varies (a loop that stops by chance), each line shown
has to be of a form that some run printed.
"""

from __future__ import annotations

from .tokens import is_float, same_token

_OPEN, _CLOSE = set("([{<"), set(")]}>")


def _spans(tokens):
    """The (start, end) of every bracketed group, and whether a name stands before it: `f(...)`."""
    stack, spans = [], []
    for i, t in enumerate(tokens):
        if t.kind != "mark":
            continue
        if t.text in _OPEN:
            stack.append(i)
        elif t.text in _CLOSE and stack:
            a = stack.pop()
            spans.append((a, i, a > 0 and tokens[a - 1].kind == "word"))
    return spans


def _group(i, spans):
    """The innermost call around position `i`, else the outermost bracket, else itself."""
    around = sorted((s for s in spans if s[0] < i < s[1]), key=lambda s: s[1] - s[0])
    if not around:
        return range(i, i + 1)
    a, b, _ = next((s for s in around if s[2]), around[-1])
    return range(a, b + 1)


def varying(runs):
    """The positions that vary between token lists of one shape; None if the shapes differ."""
    first = runs[0]
    if any([t.kind for t in r] != [t.kind for t in first] for r in runs[1:]):
        return None
    loose = {i for i, t in enumerate(first) if any(r[i].text != t.text for r in runs[1:])}
    loose = {i for i in loose if first[i].kind != "address"}
    spans = _spans(first)
    values = set()
    for i in loose:
        group = _group(i, spans)
        values.update(j for j in group if first[j].kind in ("number", "bool"))
        values.add(i)
    return values


def _alike(shown, got):
    if shown.kind == got.kind == "number":
        return is_float(shown.text) == is_float(got.text)
    return shown.kind == got.kind


def _fits(shown, got, loose, at):
    return all(
        _alike(s, g) if at + k in loose else same_token(s, g)
        for k, (s, g) in enumerate(zip(shown, got, strict=True))
    )


def _wild(tokens, anywhere):
    """Split at the `...` that stand for left-out text: alone on a line, or anywhere."""
    lines = {}
    for t in tokens:
        lines[t.line] = lines.get(t.line, 0) + 1
    parts = [[]]
    for t in tokens:
        if t.kind == "dots" and (anywhere or lines[t.line] == 1):
            parts.append([])
        else:
            parts[-1].append(t)
    return parts


def matches(shown, runs, ellipsis=False):
    """Whether the tokens shown are what the first run printed, apart from what is random."""
    got, loose = runs[0], varying(runs)
    if loose is None:
        return _same_forms(shown, runs)
    if len(shown) == len(got) and _fits(shown, got, loose, 0):
        return True
    parts = _wild(shown, ellipsis)
    if len(parts) == 1:
        return False
    head, *middle, tail = parts
    if len(head) + len(tail) > len(got) or not _fits(head, got[: len(head)], loose, 0):
        return False
    end = len(got) - len(tail)
    if not _fits(tail, got[end:], loose, end):
        return False
    at = len(head)
    for part in middle:
        while at + len(part) <= end and not _fits(part, got[at : at + len(part)], loose, at):
            at += 1
        if at + len(part) > end:
            return False
        at += len(part)
    return True


def _form(line):
    return tuple(
        (t.kind, is_float(t.text) if t.kind == "number" else "")
        if t.kind in ("number", "bool", "address")
        else (t.kind, t.text)
        for t in line
    )


def _forms(tokens):
    lines = {}
    for t in tokens:
        lines.setdefault(t.line, []).append(t)
    return [_form(x) for x in lines.values()]


def _same_forms(shown, runs):
    known = {f for r in runs for f in _forms(r)}
    forms = [f for f in _forms(shown) if f != (("dots", "..."),)]
    return bool(forms) and all(f in known for f in forms)
