"""The two lists of operations that a checkpoint with ``debug=True`` shows when they differ."""

from __future__ import annotations

import contextlib
import traceback

from ..watching import Watching, operation

_TEXT = """ \
An error happened while unpacking tensors; dumping logs of latest computation
because you passed `debug=True` to `torch.utils.checkpoint.checkpoint()`.

1. Where the operations of the original forward were called

{0}
2. Where the operations of the recomputation were called

{1}
3. Operations executed during the original forward:

{2}

Operations executed during recomputation:

{3}

 ERROR: Detected non-determinism while running activation checkpointing

 You are seeing this error because you passed `debug=True` to checkpoint and
 tensors to be saved during the original forward differ from those saved
 during recomputation.
"""


class _Log:
    """One run: a line and a place in the program for every operation."""

    def __init__(self):
        self.lines, self.places, self.depth = [], [], 0

    def __call__(self, kernel, args, call, P):
        self.depth += 1
        try:
            out = call()
        finally:
            self.depth -= 1
        if not self.depth:
            shapes = ", ".join(str(list(x.shape)) for x in args if hasattr(x, "shape"))
            self.lines.append(f"aten.{operation(kernel, args)}({shapes})")
            ours = [f for f in traceback.extract_stack() if "tinytorch" not in f.filename]
            self.places.append(ours[-3:])
        return out

    @contextlib.contextmanager
    def watching(self):
        self.lines, self.places = [], []
        with Watching(self):
            yield

    def traces(self, label):
        out = ""
        for i, (line, place) in enumerate(zip(self.lines, self.places, strict=True)):
            out += f"{line}   ({i + 1} of {len(self.lines)} in {label})\n\n"
            out += "".join(f"{f.filename}:{f.lineno}:{f.name}\n" for f in place) + "\n"
        return out


def debug_contexts():
    """(the ``context_fn`` that logs both runs, the function that writes the logs as a text)."""
    first, second = _Log(), _Log()

    def explain():
        return _TEXT.format(first.traces("original"), second.traces("recompute"),
                            "\n".join(first.lines), "\n".join(second.lines))  # fmt: skip

    return lambda: (first.watching(), second.watching()), explain
