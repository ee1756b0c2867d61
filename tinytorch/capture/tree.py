"""Nests of tuples, lists and dicts taken apart into leaves and put together again."""

from __future__ import annotations


def flatten(x, leaves):
    """Append the leaves of ``x`` to ``leaves``; returns its structure, which compares by value."""
    kind = type(x)
    if kind is tuple or kind is list:
        return kind, tuple([flatten(v, leaves) for v in x])
    if kind is dict:
        return kind, tuple(x), tuple([flatten(v, leaves) for v in x.values()])
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return kind, tuple([flatten(v, leaves) for v in x])
    leaves.append(x)
    return None


def unflatten(spec, leaves):
    """The nest of a structure, its leaves taken from an iterator."""
    if spec is None:
        return next(leaves)
    kind, *rest = spec
    if kind is dict:
        keys, specs = rest
        return {k: unflatten(s, leaves) for k, s in zip(keys, specs, strict=True)}
    values = [unflatten(s, leaves) for s in rest[0]]
    return kind(values) if kind is tuple or kind is list else kind(*values)
