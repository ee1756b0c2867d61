"""What of ``torch.func`` looks through transforms, or takes writes out of a function."""

from __future__ import annotations

import functools

from ..autograd.batched import left
from ..tensor import fresh, wrap


def debug_unwrap(tensor, *, recurse=True):
    """The tensor below the innermost vmap, or below all (``recurse``), with the batch in front."""
    t = fresh(tensor)
    while t._p.level:
        P = t._p
        t = wrap(P.inner, left(t._raw, P, P.of, 0))
        if not recurse:
            break
    return t


def functionalize(func, *, remove="mutations"):
    """``func`` itself: a write is always recorded as a new value, so there is nothing to remove.

    RuntimeError unless ``remove`` is "mutations" or "mutations_and_views".
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            f"functionalize(f, remove='mutations'): received invalid argument for remove={remove}. "
            "Valid options are:\n     remove='mutations': all inplace and out= operators will be "
            "removed from the program, and replaced with their out-of-place equivalents.\n     "
            "remove='mutations_and_views': In addition to the above, all aliasing operators {view} "
            "will be replaced with their non-aliasing counterparts, {view}_copy.\n"
        )

    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        return func(*args, **kwargs)

    return wrapper
