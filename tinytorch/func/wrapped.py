"""What of ``torch.func`` looks through transforms, or takes writes out of a function."""

from __future__ import annotations

import functools

from ..autograd.batched import left
from ..autograd.batched_views import home_of
from ..autograd.graph import LEAF, Node
from ..autograd.modes import LOCAL
from ..tensor import Tensor, fresh, wrap
from .tracking import Entry, leads_outside


def debug_unwrap(tensor, *, recurse=True):
    """The tensor below the innermost transform, or below all (``recurse``): for a look at it."""
    found = peeled(tensor)
    while found is not None:
        tensor = found[1]
        found = peeled(tensor) if recurse else None
    return tensor


def peeled(t):
    """(what torch calls the outermost wrapper of a tensor, the tensor in it), or None if bare."""
    t = fresh(t)
    P, level = t._p, None
    if P.level:
        level = P.of
    elif not t._tracks:
        return None
    track = t._tracks[-1] if t._tracks else None
    if track is not None and (level is None or track.depth > level.depth):
        n = t._node
        entry = type(n) is Entry and n.level.track is track
        value = _inside(P, t._raw, n.edges[0] if entry and n.edges else None if entry else n,
                        t._tracks[:-1])  # fmt: skip
        return f"GradTrackingTensor(lvl={track.depth if track.alive else -2}", value
    dim, value = 0, None
    home = home_of(t)
    bare = t._ext is None or not t._ext.chain
    if home is not None and bare and not home.written():
        dim, value = home.dim, home.x if t._node is not None else home.x.detach()
    if value is None:
        value = _inside(P.inner, left(t._raw, P, level, 0), t._node, t._tracks)
    return f"BatchedTensor(lvl={level.depth}, bdim={dim}", value


def _inside(P, raw, history, tracks):
    """A tensor in a wrapper; ``history``: the edge to what it came from, at all levels."""
    t = wrap(P, raw)
    if tracks:
        t.__dict__["_tracks"] = tracks
    if not tracks and not P.level:
        while isinstance(history, Node) and history.transparent:
            history = history.edges[0] if history.edges else None
        if isinstance(history, Node) and not leads_outside([history], False):
            history = None
    t._node = LEAF if isinstance(history, Tensor) else history
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
        LOCAL.transforms += 1
        try:
            return func(*args, **kwargs)
        finally:
            LOCAL.transforms -= 1

    return wrapper
