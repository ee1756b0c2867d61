"""Padding: by a constant, or by elements of the tensor itself. Loaded with `nn.functional`.

The constant pad is its own adjoint with the widths negated. The others read the tensor through an
index array made on the host, and their gradient adds up what each element was read for.
"""

from __future__ import annotations

from .table import primitive


def _negated(widths):
    return tuple((-lo, -hi) for lo, hi in widths)


def _pad(P, x, widths, value):
    shape = tuple(n + lo + hi for n, (lo, hi) in zip(x.shape, widths, strict=True))
    take = tuple(slice(max(-lo, 0), n - max(-hi, 0))
                 for n, (lo, hi) in zip(x.shape, widths, strict=True))  # fmt: skip
    into = tuple(slice(max(lo, 0), m - max(hi, 0))
                 for m, (lo, hi) in zip(shape, widths, strict=True))  # fmt: skip
    return P.put(P.full_as(x, shape, value), into, P.getitem(x, take))


constant_pad = primitive(
    "constant_pad", lambda P, g, widths: P.constant_pad(g, _negated(widths), 0),
    params=("widths", "value"), node="ConstantPadNdBackward0", forward=_pad,
)  # fmt: skip


def _read(P, x, shape, index):
    return P.reshape(P.take(P.reshape(x, (-1,)), P.from_host(index), 0), shape)


def _read_grad(P, g, a_shape, index):
    return P.add_read(g, a_shape, index)


def _add_read(P, g, shape, index):
    n = 1
    for k in shape:
        n *= k
    flat = P.put_add(P.full_as(g, (n,), 0), (P.from_host(index),), P.reshape(g, (-1,)))
    return P.reshape(flat, shape)


add_read = primitive(
    "add_read", lambda P, g, a_shape, index: P.read(g, a_shape, index), params=("shape", "index"),
    node="IndexPutBackward0", forward=_add_read,
)  # fmt: skip
_NODES = {"reflect": "ReflectionPad", "replicate": "ReplicationPad"}
_cache = {}


def padded_by_index(mode, dims):
    """The primitive ``f(x, shape, index)`` of a mode in 1, 2 or 3 dimensions."""
    key = mode, dims
    if key not in _cache:
        _cache[key] = primitive(
            f"{mode}_pad{dims}d", _read_grad, params=("shape", "index"), kernel="read",
            node=f"{_NODES[mode]}{dims}DBackward0" if mode in _NODES else "CopySlices",
            forward=_read, meta={"keeps": {"a": (0,)}},
        )  # fmt: skip
    return _cache[key]
