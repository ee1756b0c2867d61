"""The n largest of a row in the order in which torch's CPU kernel finds them.

Only where equal values meet does the order depend on the algorithm; then it is the one of the C++
library of GCC, which torch calls: a heap for few (n * 64 <= row), else quickselect, then
introsort of what was selected.  `largest_first` sorts with NumPy, and replays those steps only on
rows with ties among the chosen.  Items are (value, index) pairs; `a` before `b` means a[0] > b[0].
"""

import numpy as np

_SMALL = 16


def _sift(a, lo, hole, size, item):
    """Put `item` into the heap a[lo:lo+size], which has a hole."""
    top, child = hole, hole
    while child < (size - 1) // 2:
        child = 2 * child + 2
        if a[lo + child][0] > a[lo + child - 1][0]:
            child -= 1
        a[lo + hole] = a[lo + child]
        hole = child
    if size % 2 == 0 and child == (size - 2) // 2:
        child = 2 * child + 1
        a[lo + hole] = a[lo + child]
        hole = child
    while hole > top and a[lo + (hole - 1) // 2][0] > item[0]:
        a[lo + hole] = a[lo + (hole - 1) // 2]
        hole = (hole - 1) // 2
    a[lo + hole] = item


def _heap_select(a, lo, mid, hi):
    size = mid - lo
    for parent in range((size - 2) // 2, -1, -1):
        _sift(a, lo, parent, size, a[lo + parent])
    for i in range(mid, hi):
        if a[i][0] > a[lo][0]:
            item, a[i] = a[i], a[lo]
            _sift(a, lo, 0, size, item)


def _partial_sort(a, lo, mid, hi):
    _heap_select(a, lo, mid, hi)
    for last in range(mid - 1, lo, -1):
        item, a[last] = a[last], a[lo]
        _sift(a, lo, 0, last - lo, item)


def _insertion(a, lo, hi, start):
    for i in range(start, hi):
        item = a[i]
        if item[0] > a[lo][0]:
            a[lo + 1 : i + 1] = a[lo:i]
            a[lo] = item
        else:
            j = i
            while item[0] > a[j - 1][0]:
                a[j] = a[j - 1]
                j -= 1
            a[j] = item


def _cut(a, lo, hi):
    """Partition a[lo:hi] around the median of three; the first index of the right part."""
    x, y, z = lo + 1, lo + (hi - lo) // 2, hi - 1
    p, q, r = a[x][0], a[y][0], a[z][0]
    if p > q:
        m = y if q > r else z if p > r else x
    else:
        m = x if p > r else z if q > r else y
    a[lo], a[m] = a[m], a[lo]
    pivot, i, j = a[lo][0], lo + 1, hi
    while True:
        while a[i][0] > pivot:
            i += 1
        j -= 1
        while pivot > a[j][0]:
            j -= 1
        if i >= j:
            return i
        a[i], a[j] = a[j], a[i]
        i += 1


def _nth_element(a, nth, hi):
    lo, depth = 0, 2 * (hi.bit_length() - 1)
    while hi - lo > 3:
        if depth == 0:
            _heap_select(a, lo, nth + 1, hi)
            a[lo], a[nth] = a[nth], a[lo]
            return
        depth -= 1
        cut = _cut(a, lo, hi)
        lo, hi = (cut, hi) if cut <= nth else (lo, cut)
    _insertion(a, lo, hi, lo + 1)


def _introsort(a, lo, hi, depth):
    while hi - lo > _SMALL:
        if depth == 0:
            _partial_sort(a, lo, hi, hi)
            return
        depth -= 1
        cut = _cut(a, lo, hi)
        _introsort(a, cut, hi, depth)
        hi = cut


def _sort(a, hi):
    if hi > 1:
        _introsort(a, 0, hi, 2 * (hi.bit_length() - 1))
        _insertion(a, 0, hi, 1)


def _replay(row, n):
    a = list(zip(row.tolist(), range(row.size), strict=True))
    if n * 64 <= row.size:
        _partial_sort(a, 0, n, row.size)
    else:
        _nth_element(a, n - 1, row.size)
        head = a[: n - 1]
        _sort(head, n - 1)
        a[: n - 1] = head
    return [i for _, i in a[:n]]


def largest_first(q, n):
    """int64 indices of the n largest along the last axis, in torch.topk's order; nan is largest.

    q: real floating (c,) or (m, c); 0 < n <= c.
    """
    key = np.where(np.isnan(q), np.inf, q.astype(np.float64))
    out = (-key).argsort(-1, kind="stable")[..., : n + 1]
    top = np.take_along_axis(key, out, -1)
    tied = (top[..., 1:] == top[..., :-1]).any(-1)
    out = out[..., :n]
    if not tied.any():
        return out
    if q.ndim == 1:
        return np.array(_replay(key, n), np.int64)
    for i in np.flatnonzero(tied):
        out[i] = _replay(key[i], n)
    return out
