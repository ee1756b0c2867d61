"""Normal numbers within bounds, by rejection: whole tensors are drawn until none is pending.

Where the bounds hold a fair share of the distribution, the candidates are normal numbers; where
they cut deep into a tail, uniform ones that are kept in proportion to the density.
"""

from __future__ import annotations

import math


def _below(x):
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def fill(t, mean, std, a, b, generator):
    from ..factories import empty_like, tensor

    if _below((b - mean) / std) - _below((a - mean) / std) > 0.3:
        lo, hi = (tensor(v, dtype=t.dtype).item() for v in (a, b))

        def draw():
            c = empty_like(t).normal_(mean, std, generator=generator)
            return c, (c < lo) | (c > hi)
    else:
        peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2

        def draw():
            c = empty_like(t).uniform_(a, b, generator=generator)
            density = ((c - mean) / std) ** 2 * -0.5 - peak
            return c, empty_like(t).uniform_(generator=generator).log() > density

    value, pending = draw()
    while pending.any():
        c, refused = draw()
        value = c.where(pending, value)
        pending = pending & refused
    return t.copy_(value)
