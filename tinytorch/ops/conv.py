"""Convolution over any number of dimensions. Loaded with `nn.functional`.

All rest on one linear pair: ``windows`` gathers what a kernel sees at every place, ``fold_windows``
adds it up again. Each is the other's gradient, so second derivatives follow.

    x (N, C, *S)  -windows->  (N, C, K, *O)     K places in the kernel, O places it is put at
"""

from __future__ import annotations

import math
from itertools import product

from .pad import constant_pad  # noqa: F401 - the pad of rules
from .table import primitive


def places(size, kernel, stride, dilation):
    """How often a kernel fits along one dimension."""
    return (size - dilation * (kernel - 1) - 1) // stride + 1


def _keys(shape, kernel, stride, dilation):
    out = tuple(places(n, k, s, d) for n, k, s, d in
                zip(shape[2:], kernel, stride, dilation, strict=True))  # fmt: skip
    keys = [
        (slice(None), slice(None), *(
            slice(i * d, i * d + s * (o - 1) + 1, s)
            for i, d, s, o in zip(at, dilation, stride, out, strict=True)))
        for at in product(*map(range, kernel))
    ]  # fmt: skip
    return out, keys


def _windows(P, x, kernel, stride, dilation):
    out, keys = _keys(x.shape, kernel, stride, dilation)
    one = (*x.shape[:2], 1, *out)
    return P.concat([P.reshape(P.getitem(x, key), one) for key in keys], 2)


def _fold(P, g, shape, kernel, stride, dilation):
    _, keys = _keys(shape, kernel, stride, dilation)
    total = P.full_as(g, shape, 0)
    for i, key in enumerate(keys):
        part = P.getitem(g, (slice(None), slice(None), i))
        total = P.put(total, key, P.add(P.getitem(total, key), part))
    return total


_GRID = ("kernel", "stride", "dilation")
windows = primitive(
    "windows", lambda P, g, a_shape, kernel, stride, dilation: P.fold_windows(
        g, a_shape, kernel, stride, dilation),
    params=_GRID, forward=_windows, node="Im2ColBackward0",
)  # fmt: skip
fold_windows = primitive(
    "fold_windows", lambda P, g, kernel, stride, dilation: P.windows(g, kernel, stride, dilation),
    params=("shape", *_GRID), forward=_fold, node="Col2ImBackward0",
)  # fmt: skip


def _padded(P, x, padding, value=0):
    widths = ((0, 0), (0, 0), *padding)
    return P.constant_pad(x, widths, value) if any(map(any, padding)) else x


def _unpadded(P, g, padding):
    return _padded(P, g, tuple((-lo, -hi) for lo, hi in padding))


# --- convolution ----------------------------------------------------------------------------------


def _columns(P, x, w, stride, padding, dilation, groups):
    """(columns (N, G, C/G*K, L), padded shape, places) of a convolution of x by w."""
    kernel = tuple(w.shape[2:])
    x = _padded(P, x, padding)
    cols = P.windows(x, kernel, stride, dilation)
    out = tuple(cols.shape[3:])
    rows = x.shape[1] // groups * math.prod(kernel)
    return P.reshape(cols, (x.shape[0], groups, rows, math.prod(out))), tuple(x.shape), out


def _matrix(P, w, groups):
    return P.reshape(w, (1, groups, w.shape[0] // groups, math.prod(w.shape[1:])))


def _conv(P, x, w, b, stride, padding, dilation, groups):
    cols, _, out = _columns(P, x, w, stride, padding, dilation, groups)
    y = P.reshape(P.matmul(_matrix(P, w, groups), cols), (x.shape[0], w.shape[0], *out))
    return y if b is None else P.add(y, P.reshape(b, (1, -1, *(1,) * len(out))))


def _mt(P, x):
    return P.permute_dims(x, (0, 1, 3, 2))


def _conv_rule(P, g, operands, out, params, edges):
    x, w, _ = operands
    stride, padding, dilation, groups = params
    cols, padded, places_ = _columns(P, x, w, stride, padding, dilation, groups)
    flat = P.reshape(g, (x.shape[0], groups, w.shape[0] // groups, math.prod(places_)))
    gx = gw = gb = None
    if edges[0] is not None:
        kernel = tuple(w.shape[2:])
        back = P.matmul(P.conj(_mt(P, _matrix(P, w, groups))), flat)
        back = P.reshape(back, (*padded[:2], math.prod(kernel), *places_))
        gx = _unpadded(P, P.fold_windows(back, padded, kernel, stride, dilation), padding)
    if edges[1] is not None:
        gw = P.matmul(flat, P.conj(_mt(P, cols)))
        gw = P.reshape(P.sum(gw, (0,), False), tuple(w.shape))
    if edges[2] is not None:
        gb = P.sum(g, (0, *range(2, len(g.shape))), False)
    return gx, gw, gb


convolution = primitive(
    "convolution", _conv_rule, whole=True, operands=("a", "w", "b"),
    params=("stride", "padding", "dilation", "groups"), forward=_conv, meta={"unsaved": (2,)},
)  # fmt: skip
