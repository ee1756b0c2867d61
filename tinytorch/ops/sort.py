"""Order: sorting, searching, and positions of values."""

from __future__ import annotations

from ..tensor import fresh, wrap


def nonzero_tuple(x):
    """Positions of nonzero elements, one int64 Tensor per dimension."""
    P = fresh(x)._p
    return tuple(wrap(P, i) for i in P.nonzero(x._raw))
