"""``torch.autograd.anomaly_mode``: find the operation whose gradient fails or is NaN."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from pathlib import Path

from .modes import LOCAL, shift


def is_anomaly_enabled():
    """Whether anomaly mode is on, in all threads (``torch.is_anomaly_enabled``)."""
    return LOCAL.anomaly


def is_anomaly_check_nan_enabled():
    """Whether anomaly mode looks for NaN (``torch.is_anomaly_check_nan_enabled``)."""
    return LOCAL.check_nan


def set_anomaly_enabled(mode, check_nan=True):
    """Switch anomaly mode on or off, in all threads."""
    everywhere = type(LOCAL)
    if mode != LOCAL.anomaly:
        everywhere.anomaly = mode
        shift(special=1 if mode else -1)
    everywhere.check_nan = check_nan


class set_detect_anomaly:
    """Switch anomaly mode, at once and until the ``with`` block ends, if there is one."""

    def __init__(self, mode, check_nan=True):
        self.prev, self.prev_check_nan = LOCAL.anomaly, LOCAL.check_nan
        set_anomaly_enabled(mode, check_nan)

    def __enter__(self):
        pass

    def __exit__(self, *exc):
        set_anomaly_enabled(self.prev, self.prev_check_nan)


class detect_anomaly:
    """Remember where nodes are made, and raise when one returns NaN (torch.autograd)."""

    def __init__(self, check_nan=True):
        self.prev, self.prev_check_nan = LOCAL.anomaly, LOCAL.check_nan
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should "
            "only be enabled for debugging.",
            stacklevel=2,
        )

    def __enter__(self):
        set_anomaly_enabled(True, self.check_nan)

    def __exit__(self, *exc):
        set_anomaly_enabled(self.prev, self.prev_check_nan)


def check_results(n, results, create):
    """torch's RuntimeError if a gradient that a node returned has a NaN in it."""
    import numpy as np

    for i, r in enumerate(results):
        if r is None:
            continue
        a = np.asarray(_host(n.P, r._raw if create else r))
        if (a != a).any():
            raise RuntimeError(f"Function '{n.name()}' returned nan values in its {i}th output.")


def _host(P, raw):
    """All values of an array, those of all examples of a vmap."""
    from .batched import Raw, base

    while type(raw) is Raw:
        raw = raw.full
    return base(P).to_host(raw)


_HOME = str(Path(__file__).parents[1]) + os.sep
_SHOWN = tuple(_HOME + part for part in ("nn", "optim", "utils", "func"))


def _inside(filename):
    """Whether code is of what stands in place of torch's C++."""
    if filename.startswith(_HOME):
        return not filename.startswith(_SHOWN)
    return filename.startswith("<tinytorch")


def note(n):
    """Write down where a node was made, and the node whose backward made it."""
    stack = traceback.extract_stack()
    while stack and _inside(stack[-1].filename):
        stack.pop()
    n.metadata["traceback_"] = stack.format()
    if LOCAL.parent is not None:
        n.metadata["parent_"] = LOCAL.parent


def report(n):
    """Warn with the tracebacks of the forward call of a node that has failed."""
    lines = n.metadata.get("traceback_")
    if lines is None:
        text = (
            f"Error detected in {n.name()}. No forward pass information available. Enable detect "
            "anomaly during forward pass for more information."
        )
    else:
        text = (
            f"Error detected in {n.name()}. Traceback of forward call that caused the error:\n"
            + "".join(lines)
        )
    _warn(text)
    parent = n.metadata.get("parent_")
    while parent is not None:
        lines = parent.metadata.get("traceback_")
        text = f"\n\nPrevious calculation was induced by {parent.name()}. "
        if lines is None:
            text += (
                "No forward pass information available. Enable detect anomaly during forward pass "
                "for more information."
            )
        else:
            text += "Traceback of forward call that induced the previous calculation:\n" + "".join(
                lines
            )
        _warn(text)
        parent = parent.metadata.get("parent_")


def _warn(text):
    """Warn while an error is on its way: a warning that is made an error is only printed."""
    try:
        warnings.warn(text, stacklevel=6)
    except Warning as w:
        print(f"{type(w).__name__}: {w}", file=sys.stderr)
