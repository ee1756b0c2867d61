"""Reading and writing by keys, so that another position is not another program.

A key is taken apart into a spec, which is part of the program (how many elements, which steps), and
the positions, which are its operands: a loop over ``x[i]`` compiles once. Keys with index arrays go
to JAX's own gather and scatter.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax

from .kernels import kind

ONE = "one"  # in a spec: an integer position, whose dimension goes


def split(shape, key):
    """(spec, operands) of a key over an array of ``shape``; the spec is hashable.

    An entry of the spec is None, `ONE`, "array", or (size, step) and for whole dimensions () .
    With arrays in the key, a slice is (start, stop, step) and stays in the spec.
    """
    if type(key) is not tuple:
        key = (key,)
    advanced = any(hasattr(k, "dtype") for k in key)
    spec: list = []
    operands: list = []
    d = 0
    taken = sum(k is not None and k is not Ellipsis for k in key)
    for k in key:
        if k is None:
            spec.append(None)
        elif k is Ellipsis:
            rest = len(shape) - taken
            spec += [()] * rest
            d += rest
        elif type(k) is slice:
            start, stop, step = k.indices(shape[d])
            n = max(0, -(-(stop - start) // step))
            if n == shape[d] and step == 1:
                spec.append(())
            elif advanced:
                spec.append((start, start + n * step, step))
            elif n == 0:
                spec.append((0, 1))
            else:
                spec.append((n, step))
                operands.append(start)
            d += 1
        elif hasattr(k, "dtype"):
            spec.append("array")
            operands.append(k)
            d += 1
        else:
            spec.append(ONE)
            operands.append(k if k >= 0 else k + shape[d])
            d += 1
    return tuple(spec), operands


def is_advanced(spec):
    return "array" in spec


def _numpy_key(spec, operands):
    """The key again, for JAX's own indexing."""
    it = iter(operands)
    key = []
    for s in spec:
        if s in (ONE, "array"):
            key.append(next(it))
        elif s is None:
            key.append(None)
        else:
            key.append(slice(*s) if s else slice(None))
    return tuple(key)


def _box(shape, spec, operands):
    """(starts, spans, steps, sizes) by dimension, and the shape of what is seen."""
    it = iter(operands)
    starts, spans, steps, sizes, seen = [], [], [], [], []
    d = 0
    for s in spec:
        if s is None:
            seen.append(1)
            continue
        n, step = (1, 1) if s == ONE else s or (shape[d], 1)
        starts.append(0 if s == () or n == 0 else next(it))
        spans.append((n - 1) * step + 1 if n else 0)
        steps.append(step)
        sizes.append(n)
        if s != ONE:
            seen.append(n)
        d += 1
    for n in shape[d:]:
        starts.append(0)
        spans.append(n)
        steps.append(1)
        sizes.append(n)
        seen.append(n)
    starts = [jnp.asarray(s, jnp.int64) for s in starts]
    return starts, spans, steps, sizes, tuple(seen)


def read(spec, x, *operands):
    """``x[key]``"""
    if is_advanced(spec):
        return x.at[_numpy_key(spec, operands)].get(mode="clip")
    starts, spans, steps, _, seen = _box(x.shape, spec, operands)
    if x.ndim:
        x = lax.dynamic_slice(x, starts, spans)
        if any(s != 1 for s in steps):
            x = x[tuple(slice(None, None, s) for s in steps)]
    return x.reshape(seen)


def write(spec, x, v, *operands):
    """``x`` with ``v`` broadcast into ``x[key]``; of several for one place the last stays."""
    v = jnp.asarray(v, x.dtype)
    if is_advanced(spec):
        return x.at[_numpy_key(spec, operands)].set(v)
    return _into(spec, x, v, operands, lambda old, new: new)


def add(spec, x, v, *operands):
    """``x`` with ``v`` added at the key, once for every time that a position is named."""
    v = jnp.asarray(v, x.dtype)
    if is_advanced(spec):
        at = x.at[_numpy_key(spec, operands)]
        return at.max(v) if kind(x.dtype) == "b" else at.add(v)
    return _into(spec, x, v, operands, jnp.add)


def _into(spec, x, v, operands, combine):
    starts, spans, steps, sizes, seen = _box(x.shape, spec, operands)
    v = jnp.broadcast_to(v, seen).reshape(sizes)
    if not x.ndim:
        return combine(x, v)
    if 0 in sizes:
        return x
    box = lax.dynamic_slice(x, starts, spans)
    at = tuple(slice(None, None, s) for s in steps)
    new = combine(box[at], v)
    if any(s != 1 for s in steps):
        new = box.at[at].set(new)
    return lax.dynamic_update_slice(x, new, starts)


def place(spec, shape, g, *operands):
    """Zeros of ``shape`` with ``g`` written at the key, which selects nothing twice."""
    return write(spec, jnp.zeros(shape, g.dtype), g, *operands)


def gathered(spec, shape, g, *operands):
    """Zeros of ``shape`` with ``g`` added at the key."""
    return add(spec, jnp.zeros(shape, g.dtype), g, *operands)
