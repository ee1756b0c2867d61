"""Printed text as tokens, and when two of them say the same.

Numbers are equal within the precision shown: `0.3313` and `0.33130002` are, `0.5` and `0.6` are
not. Whole numbers (`3`, `3.`) must be the same. Object addresses are masked; spaces and line
breaks carry no meaning here.
"""

from __future__ import annotations

import math
import re
import struct
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<address>0x[0-9a-fA-F]+)
  | (?P<word>(?!(?:nan|inf|NaN|Inf|True|False)\b)[^\W\d]\w*)
  | (?P<number>[-+]?(?:(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?|(?:nan|inf|NaN|Inf)\b)j?)
  | (?P<bool>(?:True|False)\b)
  | (?P<dots>\.\.\.+|…+)
  | (?P<mark>\S)
    """,
    re.VERBOSE,
)
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}\b")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Token(NamedTuple):
    """kind: address, word, number, bool, dots or mark."""

    kind: str
    text: str
    line: int


def tokenize(text):
    """The tokens of a text, each with the number of its line."""
    found = []
    for n, line in enumerate(text.splitlines()):
        found += [Token(m.lastgroup, m[0], n) for m in _TOKEN.finditer(line)]
    return found


def mask(text):
    """The text with object addresses masked and colours removed."""
    return ADDRESS.sub("0x…", ANSI.sub("", text))


def is_float(text):
    """Whether a number is written as a floating one."""
    return bool(re.search(r"[.nf]|\de", text, re.IGNORECASE))


def step(text):
    """The value of one unit in the last place shown: `0.25` -> 0.01, `3.` -> 0, `1.5e3` -> 100."""
    m = re.fullmatch(r"[-+]?\d*\.(\d+)(?:e([-+]?\d+))?", text.rstrip("j").lower())
    return 10.0 ** (int(m[2] or 0) - len(m[1])) if m else 0.0


def _digits(text):
    mantissa = re.split(r"[eE]", text)[0]
    return len(re.sub(r"\D", "", mantissa).lstrip("0"))


def _float32_step(x):
    """One unit in the last place of float32 where `x` is exactly a float32, else 0."""
    try:
        if x == 0 or struct.unpack("f", struct.pack("f", x))[0] != x:
            return 0.0
    except OverflowError:
        return 0.0
    return 2.0 ** max(math.frexp(x)[1] - 24, -149)


def same_number(shown, got, places=1):
    """Whether two printed numbers agree.

    With different numbers of decimals they agree within half a unit of the coarser one; with the
    same number, and at least four significant digits, within `places` units of the last place
    (of float32, where both are a float32 written out in full).
    """
    if shown == got:
        return True
    if shown.endswith("j") != got.endswith("j") or is_float(shown) != is_float(got):
        return False
    a, b = float(shown.rstrip("j")), float(got.rstrip("j"))
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    if a == b:
        return not (a == 0 and math.copysign(1, a) != math.copysign(1, b))
    if math.isinf(a) or math.isinf(b) or not is_float(shown):
        return False
    fine, coarse = sorted((step(shown), step(got)))
    slack = 1 + 1e-9
    if fine != coarse and fine and not _whole(shown, got):
        return abs(a - b) <= coarse / 2 * slack
    if min(_digits(shown), _digits(got)) > 8:
        ulp = min(_float32_step(a), _float32_step(b))
        if ulp:
            return abs(a - b) <= places * max(_float32_step(a), _float32_step(b)) * slack
    if _digits(shown) >= 4 and fine == coarse:
        return abs(a - b) <= places * coarse * slack
    return False


def _whole(*texts):
    return any(step(t) == 0 for t in texts)


def same_token(shown, got, places=1):
    """Whether two tokens say the same."""
    if shown.kind != got.kind:
        return False
    if shown.kind == "number":
        return same_number(shown.text, got.text, places)
    return shown.kind in ("address", "dots") or shown.text == got.text
