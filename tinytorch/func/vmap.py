"""``torch.func.vmap``: a function of one example made a function of many.

Tensors enter a new level, the function runs once on them, its results leave the level. All that
happens in between is the work of the batched namespace.
"""

from __future__ import annotations

import functools

from ..autograd.batched import Level
from ..autograd.batched_end import end
from ..autograd.batched_views import out_of, settle
from ..autograd.batching import enter
from ..autograd.modes import LOCAL
from ..tensor import Tensor, fresh
from ..utils._pytree import (
    broadcast_to_and_flatten,
    tree_flatten,
    tree_unflatten,
)


def name_of(func):
    """What torch's texts call a function."""
    if hasattr(func, "__name__"):
        return func.__name__
    if isinstance(func, functools.partial):
        return f"functools.partial({name_of(func.func)}, ...)"
    return repr(func)


def check_randomness(randomness):
    """RuntimeError unless it is one of the three words."""
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(
            "Only allowed values for randomness are 'error', 'different', or 'same'. Got "
            f"{randomness}"
        )


def vmap(func, in_dims=0, out_dims=0, randomness="error", *, chunk_size=None):
    """``func`` over a dimension of its arguments (torch.vmap).

    in_dims: which dimension of each argument (None: not at all), as an int or a tree like the
    arguments. out_dims: where it stands in the results. randomness: "error", "different" numbers
    for each example, or the "same". chunk_size: run that many examples at a time. ValueError in
    torch's words where structures, sizes or results do not fit.
    """
    check_randomness(randomness)
    if chunk_size is not None and not (chunk_size == "auto" or chunk_size > 0):
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def wrapped(*args, **kwargs):
        return run(func, in_dims, out_dims, randomness, chunk_size, args, kwargs)

    return wrapped


def run(func, in_dims, out_dims, randomness, chunk_size, args, kwargs):
    """One call of a vmapped function."""
    size, dims, flat, spec = inputs_of(in_dims, args, func)
    if chunk_size is None or chunk_size >= size:
        return _once(func, size, dims, flat, spec, out_dims, randomness, kwargs)
    return _chunked(func, size, dims, flat, spec, out_dims, randomness, chunk_size, kwargs)


def inputs_of(in_dims, args, func):
    """(batch size, dimension per leaf, leaves, spec) of the arguments; torch's ValueErrors."""
    said = f"vmap({name_of(func)}, in_dims={in_dims}, ...)(<inputs>): "
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(
            f"{said}expected `in_dims` to be int or a (potentially nested) tuple matching the "
            f"structure of inputs, got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name_of(func)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or "
            "you are trying to vmap over a function with no inputs. The latter is unsupported."
        )
    flat, spec = tree_flatten(args)
    dims = broadcast_to_and_flatten(in_dims, spec)
    if dims is None:
        raise ValueError(
            f"{said}in_dims is not compatible with the structure of `inputs`. in_dims has "
            f"structure {tree_flatten(in_dims)[1]} but inputs has structure {spec}."
        )
    for i, (x, d) in enumerate(zip(flat, dims, strict=True)):
        if d is None:
            continue
        if not isinstance(d, int):
            raise ValueError(
                f"{said}Got in_dim={d} for an input but in_dim must be either an integer dimension "
                "or None."
            )
        if not isinstance(x, Tensor):
            raise ValueError(
                f"{said}Got in_dim={d} for an input but the input is of type {type(x)}. We cannot "
                "vmap over non-Tensor arguments, please use None as the respective in_dim"
            )
        n = x.dim()
        if not -n <= d < n:
            raise ValueError(
                f"{said}Got in_dim={d} for some input, but that input is a Tensor of "
                f"dimensionality {n} so expected in_dim to satisfy -{n} <= in_dim < {n}."
            )
        dims[i] = d % n
    sizes = [x.shape[d] for x, d in zip(flat, dims, strict=True) if d is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if any(n != sizes[0] for n in sizes):
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    return sizes[0], dims, flat, spec


class running:
    """The time in which a level's function runs."""

    def __init__(self, level):
        self.level = level

    def __enter__(self):
        LOCAL.vmaps = (*LOCAL.vmaps, self.level)
        LOCAL.transforms += 1

    def __exit__(self, *exc):
        LOCAL.vmaps = LOCAL.vmaps[:-1]
        LOCAL.transforms -= 1


def _once(func, size, dims, flat, spec, out_dims, randomness, kwargs):
    level = Level(size, randomness)
    entered = [x if d is None else _entered(x, level, d) for x, d in zip(flat, dims, strict=True)]
    try:
        with running(level):
            outputs = func(*tree_unflatten(entered, spec), **kwargs)
            for home in list(level.homes.values()):
                home.write_back(level)
            return _left(outputs, out_dims, level, func)
    finally:
        end(level)


def _entered(x, level, dim):
    inside = enter(x, level, dim)
    settle(inside, x, level, dim)
    return inside


def _out_dims(outputs, out_dims, func):
    """(leaves, spec, dimension per leaf) of the results."""
    flat, spec = tree_flatten(outputs)
    dims: list
    if not all(d is None or isinstance(d, int) for d in tree_flatten(out_dims)[0]):
        raise ValueError(
            f"vmap({name_of(func)}, ..., out_dims={out_dims}): `out_dims` must be an int, None or "
            "a python collection of ints representing where in the outputs the vmapped dimension "
            "should appear."
        )

    def wrong():
        raise ValueError(
            f"vmap({name_of(func)}, ..., out_dims={out_dims})(<inputs>): out_dims is not "
            f"compatible with the structure of `outputs`. out_dims has structure "
            f"{tree_flatten(out_dims)[1]} but outputs has structure {spec}."
        )

    if isinstance(outputs, Tensor):
        if isinstance(out_dims, int):
            dims = [out_dims]
        elif isinstance(out_dims, tuple) and len(out_dims) == 1:
            dims = list(out_dims)
        elif out_dims is None:
            dims = [None]
        else:
            wrong()
    else:
        dims = broadcast_to_and_flatten(out_dims, spec)
        if dims is None:
            wrong()
    return flat, spec, dims


def _left(outputs, out_dims, level, func):
    flat, spec, dims = _out_dims(outputs, out_dims, func)
    left = []
    for x, d in zip(flat, dims, strict=True):
        if not isinstance(x, Tensor):
            if d is not None:
                raise ValueError(
                    f"vmap({name_of(func)}, ...): `{name_of(func)}` must only return Tensors, got "
                    f"type {type(x)}. Did you mean to set out_dims= to None for output?"
                )
            left.append(x)
        elif d is None:
            if level.id in fresh(x)._p.levels:
                raise ValueError(
                    f"vmap({name_of(func)}, ...): `{name_of(func)}` can not return a BatchedTensor "
                    "when out_dim is None"
                )
            left.append(x)
        else:
            n = x.dim() + 1
            if not -n <= d < n:
                raise IndexError(
                    f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got "
                    f"{d})"
                )
            left.append(out_of(x, level, d % n))
    return tree_unflatten(left, spec)


def _chunked(func, size, dims, flat, spec, out_dims, randomness, chunk_size, kwargs):
    from ..random import get_rng_state, set_rng_state
    from ..registry import functions

    parts, out_spec = [], None
    state = get_rng_state() if randomness == "same" else None
    for start in range(0, size, chunk_size):
        n = min(chunk_size, size - start)
        rows = [x if d is None else x.narrow(d, start, n) for x, d in zip(flat, dims, strict=True)]
        if state is not None:
            set_rng_state(state)
        out = _once(func, n, dims, rows, spec, out_dims, randomness, kwargs)
        found, out_spec, out_at = _out_dims(out, out_dims, func)
        parts.append(found)
    joined = [
        c[0] if d is None else functions["cat"](c, d)
        for c, d in zip(zip(*parts, strict=True), out_at, strict=True)
    ]
    return tree_unflatten(joined, out_spec)
