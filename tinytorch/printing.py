"""How a tensor prints: torch's rules over a host NumPy array, with no tensor in sight.

The front end hands over values (or a way to fetch them), a shape and the names that stand
behind the values; this file hands back the text.  It works in three steps, each a plain
function: *look* at the elements that will be shown (all of them, or the edges when there are
more than ``threshold``), *format* them as one column of equally wide texts, and *nest* the
texts in brackets.  Every decision about width, decimals and scientific notation is taken from
the shown elements alone, as doubles, so a tensor on a far device sends only its edges over.

Small tensors are printed most, so the elements are walked as Python numbers: below a thousand
of them that is faster than asking NumPy the same questions.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import inf, prod
from typing import Any

import numpy as np

__all__ = ["PRINT_OPTS", "get_printoptions", "printoptions", "set_printoptions", "tensor_str"]


class PrintOptions:
    """The options in force; one object for the whole process, as in torch."""

    def __init__(self) -> None:
        self.precision = 4
        self.threshold: float = 1000
        self.edgeitems = 3
        self.linewidth = 80
        self.sci_mode: bool | None = None


PRINT_OPTS = PrintOptions()

PROFILES = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors print from here on (``torch.set_printoptions``).

    ``precision`` counts decimals, ``threshold`` is the number of elements above which only
    ``edgeitems`` at both ends of each dimension are shown, ``linewidth`` is the column at
    which lines break, ``profile`` is one of ``default``, ``short`` and ``full``.  What is
    ``None`` stays as it is, except ``sci_mode``: leaving it out gives the choice back to the
    values.
    """
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    changes = PROFILES.get(profile or "", {}) | {k: v for k, v in given.items() if v is not None}
    for name, value in changes.items():
        setattr(PRINT_OPTS, name, value)
    PRINT_OPTS.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options in force as keyword arguments of :func:`set_printoptions`."""
    return dict(vars(PRINT_OPTS))


@contextlib.contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """:func:`set_printoptions` for the length of a ``with`` block."""
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


def tensor_str(
    host: np.ndarray | Callable[[tuple[slice, ...]], np.ndarray] | None,
    shape: Sequence[int],
    dtype_name: str,
    *,
    default_dtype_name: str = "torch.float32",
    device: str | None = None,
    requires_grad: bool = False,
    grad_fn_name: str | None = None,
    prefix: str = "tensor(",
    tangent: Any = None,
) -> str:
    """The text of a tensor of this ``shape``, equal to torch's ``repr`` to the character.

    ``host`` holds the values: an array of that shape, or a function from a tuple with one
    slice per dimension to such an array (called for the shown corners only), or ``None`` for a
    tensor without values (the ``meta`` device).  ``device`` is given only where it is not the
    default one.  ``grad_fn_name`` is the bare name of the graph node; it takes precedence over
    ``requires_grad``.  Source: ``torch.Tensor.__repr__``.
    """
    shape = tuple(shape)
    opts = PRINT_OPTS
    numel = prod(shape)
    if host is None:
        text = "..."
    elif not numel:
        text = "[]"
    else:
        text = _contents(host, shape, numel, len(prefix), opts)

    notes = []
    if device is not None:
        notes.append(f"device='{device}'")
    if host is None or not numel:
        if host is None or len(shape) != 1:
            notes.append(f"size={shape}")
        if dtype_name != default_dtype_name:
            notes.append(f"dtype={dtype_name}")
    else:
        if not opts.edgeitems:
            notes.append(f"size={shape}")
        if dtype_name != default_dtype_name and not _silent(dtype_name, default_dtype_name):
            notes.append(f"dtype={dtype_name}")
    if grad_fn_name is not None:
        notes.append(f"grad_fn=<{grad_fn_name}>")
    elif requires_grad:
        notes.append("requires_grad=True")
    if tangent is not None:
        notes.append(f"tangent={tangent}")
    return _with_notes(prefix + text, notes, len(prefix), opts.linewidth)


def _silent(dtype: str, default: str) -> bool:
    wide = default == "torch.float64"
    return dtype in ("torch.int64", "torch.bool", "torch.complex128" if wide else "torch.complex64")


def _with_notes(text: str, notes: list[str], indent: int, linewidth: int) -> str:
    column = len(text) - text.rfind("\n") + 1
    for note in notes:
        if column + len(note) + 2 > linewidth:
            text += ",\n" + " " * indent + note
            column = indent + len(note)
        else:
            text += ", " + note
            column += len(note) + 2
    return text + ")"


def _contents(host, shape, numel, indent, opts) -> str:
    cut = numel > opts.threshold
    if cut and not opts.edgeitems and shape:
        return "[...]"
    shown = _look(host, shape, opts.edgeitems if cut else None)
    texts, width = _column(shown, opts)
    if not shape:
        return texts[0]
    indent += len(shape) - 1
    per_line = max(1, (opts.linewidth - indent) // (width + 2))
    gaps = [opts.edgeitems if cut and n > 2 * opts.edgeitems else None for n in shape]
    return _nest(texts, shown.shape, gaps, indent, per_line)


def _look(host, shape, edge) -> np.ndarray:
    """The shown elements as one array; with ``edge``, long dimensions keep both their ends.

    A 2-d tensor of 100 x 100 with edge 3 is fetched as four blocks of 3 x 3:

        0 1 2 . . . 97 98 99      columns
        a a a       b  b  b       each dimension has a list of (source, place) slices;
        c c c       d  d  d       their product is the list of blocks
    """
    fetch = host if callable(host) else host.__getitem__
    spans = [
        [(slice(0, edge), slice(0, edge)), (slice(n - edge, n), slice(edge, 2 * edge))]
        if edge is not None and n > 2 * edge
        else [(slice(0, n), slice(0, n))]
        for n in shape
    ]
    blocks = [(tuple(s for s, _ in b), tuple(p for _, p in b)) for b in product(*spans)]
    if len(blocks) == 1:
        return np.asarray(fetch(blocks[0][0]))
    shown = None
    for source, place in blocks:
        block = np.asarray(fetch(source))
        if shown is None:
            sizes = [n if len(s) == 1 else 2 * edge for n, s in zip(shape, spans, strict=True)]
            shown = np.empty(sizes, block.dtype)
        shown[place] = block
    return np.asarray(shown)


def _column(shown: np.ndarray, opts: PrintOptions) -> tuple[list[str], int]:
    """The elements in order as texts, and the width that the line breaking counts with."""
    kind = shown.dtype.kind
    if kind == "c":
        flat = shown.ravel()
        re, re_width = _floats(flat.real.tolist(), opts)
        im, im_width = _floats(flat.imag.tolist(), opts)
        return list(map(_complex, re, im)), re_width + im_width + 1
    if kind in "biu":
        texts = list(map(str, shown.ravel().tolist()))
        width = max(map(len, texts))
        return [t.rjust(width) for t in texts], width
    if kind == "V":
        shown = shown.astype(np.float64)
    return _floats(shown.ravel().tolist(), opts)


def _complex(re: str, im: str) -> str:
    im = im.lstrip()
    return f"{re}{im}j" if im[0] in "+-" else f"{re}+{im}j"


def _floats(values: list[float], opts: PrintOptions) -> tuple[list[str], int]:
    finite = [v for v in values if v and -inf < v < inf]
    whole, sci = True, False
    if finite:
        whole = all(v.is_integer() for v in finite)
        sci = opts.sci_mode
        if sci is None:
            sizes = list(map(abs, finite))
            low, high = min(sizes), max(sizes)
            sci = high > 1e8 or low < 1e-4 or high / low > 1000.0
    spec = f"%.{opts.precision}e" if sci else "%.0f." if whole else f"%.{opts.precision}f"
    texts = [spec % v for v in values]
    width = max([len(t) for t, v in zip(texts, values, strict=True) if v and -inf < v < inf] or [1])
    if whole and not sci and len(finite) < len(values):
        texts = [t if -inf < v < inf else t[:-1] for t, v in zip(texts, values, strict=True)]
    return [t.rjust(width) for t in texts], width


def _nest(texts, shape, gaps, indent, per_line) -> str:
    """Brackets around the flat ``texts``, innermost dimension (at ``indent``) first."""
    n, gap, last = shape[-1], gaps[-1], len(shape) - 1
    pad = "\n" + " " * (indent + 1)
    rows = []
    for i in range(0, len(texts), n):
        row = texts[i : i + n]
        if gap is not None:
            row.insert(gap, " ...")
        if len(row) <= per_line:
            rows.append("[" + ", ".join(row) + "]")
        else:
            lines = [", ".join(row[j : j + per_line]) for j in range(0, len(row), per_line)]
            rows.append("[" + ("," + pad).join(lines) + "]")
    for d in reversed(range(last)):
        n, gap = shape[d], gaps[d]
        glue = "," + "\n" * (last - d) + " " * (indent - last + d + 1)
        outer = []
        for i in range(0, len(rows), n):
            part = rows[i : i + n]
            if gap is not None:
                part.insert(gap, "...")
            outer.append("[" + glue.join(part) + "]")
        rows = outer
    return rows[0]
