"""Orderings and choices: randperm and multinomial.

randperm is a Fisher-Yates shuffle from the left: position i swaps with z[i] in i..n-1.  Few
elements are swapped in a loop.  For many the loop is replaced by what it would do.  Say that v(i)
is the value at position i just before step i.  An earlier step j with z[j] = i put v(j) there, and
the last such step counts; without one v(i) = i.  So v is found by following, from every i, the last
j that aims at it up to a step that nothing aims at, which pointer doubling does for all i at once:

    step j:  out[j] <- value at z[j];  position z[j] <- v(j)

What step i finds at z[i] is v(j) of the previous j with the same aim, if there is one, else the
untouched z[i].  Sorting the pairs (z[i], i) puts equal aims next to each other.
"""

import numpy as np

from .kinds import F32, I64, is_float, is_half, only, torch_name
from .selection import largest_first
from .trials import exponential
from .uniform import unit64

_LOOP = 220
_WIDE = (1 << 32) // 20
_LARGEST = {
    "B": ("uint8_t", 1 << 8),
    "b": ("int8_t", 1 << 7),
    "h": ("int16_t", 1 << 15),
    "i": ("int", 1 << 31),
    "H": ("uint16_t", 1 << 16),
}
_EXACT = {"e": (2049, "2049"), "f": ((1 << 24) + 1, "2^24+1"), "d": ((1 << 53) + 1, "2^53+1")}
_MOST = 1 << 24


def _loop(w, n):
    out = list(range(n))
    for i, r in enumerate(w.tolist()):
        j = i + r % (n - i)
        out[i], out[j] = out[j], out[i]
    return np.array(out, I64)


def _at_once(w, n):
    i = np.arange(n)
    z = i.copy()
    z[:-1] += (w % np.arange(n, 1, -1, dtype=w.dtype)).astype(I64)
    v = i.copy()
    moved = np.flatnonzero(z != i)
    v[z[moved]] = moved
    while True:
        w = v[v]
        if np.array_equal(w, v):
            break
        v = w
    out = np.where(z == i, v, z)
    shift = n.bit_length()
    key = z << shift
    key |= i
    key.sort()
    z, i = key >> shift, key & ((1 << shift) - 1)
    same = np.flatnonzero(z[1:] == z[:-1])
    out[i[same + 1]] = v[i[same]]
    return out


def randperm(core, n, dtype=I64):
    """A permutation of 0..n-1 (torch.randperm).

    RuntimeError for n < 0 or a type too narrow for n; NotImplementedError for bool, complex and
    wide unsigned types.
    """
    dtype = np.dtype(dtype)
    n = int(n)
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    if dtype.char in _LARGEST and n > _LARGEST[dtype.char][1]:
        raise RuntimeError(
            f"value cannot be converted to type {_LARGEST[dtype.char][0]} without overflow"
        )
    if dtype.char in _EXACT and n > _EXACT[dtype.char][0]:
        raise RuntimeError(
            f"n cannot be greater than {_EXACT[dtype.char][1]} for {torch_name(dtype)} type."
        )
    only("randperm", dtype, is_float(dtype) or dtype.char in "bBhilq")
    draws = max(n - 1, 0)
    w = core.u64(draws) if n >= _WIDE else core.u32(draws)
    out = _loop(w, n) if n < _LOOP else _at_once(w, n)
    return out.astype(dtype, copy=False)


def _row(core, p, n):
    wrong = "invalid multinomial distribution "
    if not (p >= 0).all():
        raise RuntimeError(wrong + "(encountering probability entry < 0)")
    if not np.isfinite(p).all():
        raise RuntimeError(wrong + "(encountering probability entry = infinity or NaN)")
    cum = np.cumsum(p, dtype=F32 if is_half(p.dtype) else p.dtype)
    if not p.size or not cum[-1] > 0:
        raise RuntimeError(wrong + "(sum of probabilities <= 0)")
    cum /= cum[-1]
    cum[-1] = 1
    return np.searchsorted(cum, unit64(core, n), "left")


def _waits(core, p):
    """A waiting time for each weight, drawn in the order in which the weights lie in memory."""
    if p.flags.f_contiguous and not p.flags.c_contiguous:
        return exponential(core, p.T.shape, p.dtype).T
    return exponential(core, p.shape, p.dtype)


def multinomial(core, p, n, replacement=False):
    """n indices drawn with the weights p, (c,) or (m, c): int64 (n,) or (m, n) (torch.multinomial).

    One index, or several different ones, are the largest of p / Exp(1); repeated draws search the
    cumulative weights.  RuntimeError for bad shapes, types, counts and weights.
    """
    if p.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if not is_float(p.dtype):
        raise RuntimeError(
            "multinomial only supports floating-point dtypes for input, got: " + torch_name(p.dtype)
        )
    if n <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    c = p.shape[-1]
    if not replacement and n > c:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        )
    if c > _MOST:
        raise RuntimeError("number of categories cannot exceed 2^24")
    if c == 0 and n == 1:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the "
            "operation has no identity."
        )
    if c and not p.size:
        return np.empty((*p.shape[:-1], n), I64)
    if replacement and n > 1:
        rows = [_row(core, r, n) for r in np.atleast_2d(p)]
        return np.array(rows, I64).reshape(*p.shape[:-1], n)
    if not ((p >= 0) & (p < np.inf)).all():
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if (p.sum(-1) == 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    with np.errstate(all="ignore"):
        q = p / _waits(core, p)
    return q.argmax(-1, keepdims=True) if n == 1 else largest_first(q, n)
