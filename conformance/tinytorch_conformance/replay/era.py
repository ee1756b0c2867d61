"""How older releases of torch printed the same things.

Documents live longer than releases. Each row rewrites a text to what both an old and a new torch
would have printed; a document that agrees only after a row was applied is reported as agreeing,
with the row's note.
"""

from __future__ import annotations

import re

_NODE = re.compile(r"<(?:Th)?([A-Z][A-Za-z]*?)Backward\d*(?: object)?( at 0x…)?>")
_COMPLEX = re.compile(r"\(([^()\s]+j)\)")
_GRAD_FN = re.compile(r",\s*grad_fn=<[^>]*>")

TEXT = (
    (
        "without the grad_fn that torch shows since 0.4.1",
        lambda shown: "grad_fn" not in shown,
        lambda text: _GRAD_FN.sub("", text),
    ),
    (
        "with the node names of torch before 1.2",
        lambda shown: re.search(r"Backward(?: object)?(?: at 0x…)?>|<Th[A-Z]", shown),
        lambda text: _NODE.sub(r"<\1Backward\2>", text),
    ),
    (
        "with the dtype of bool tensors, as by torch 1.2",
        lambda shown: "dtype=torch.bool" in shown,
        lambda text: text.replace(", dtype=torch.bool", ""),
    ),
    (
        "with complex numbers in brackets, as by torch before 1.7",
        _COMPLEX.search,
        lambda text: _COMPLEX.sub(r"\1", text),
    ),
)

MESSAGES = (
    r"Trying to backward through the graph a second time",
    r"a leaf Variable that requires grad (has been|is being) used in an in-place operation",
    r"one of the variables needed for gradient computation has been modified by an inplace",
    r"Can't call numpy\(\) on (Variable|Tensor) that requires grad",
    r"size mismatch, m1: |mat1 dim 1 must match mat2 dim 0|mat1 and mat2 shapes cannot be",
)


def rewrites(shown):
    """(note, rewrite) for every row that may apply to a text as shown."""
    return [(note, rewrite) for note, applies, rewrite in TEXT if applies(shown)]


def same_message(shown, got):
    """Whether an older torch's message says what a newer one's does."""
    return any(re.search(row, shown) and re.search(row, got) for row in MESSAGES)
