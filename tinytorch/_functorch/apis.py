"""``torch._functorch.apis``: vmap, gradients, and vmap by a number of chunks."""

from __future__ import annotations

import functools

from ..func.transforms import grad, grad_and_value
from ..func.vmap import inputs_of, run, vmap

__all__ = ["chunk_vmap", "grad", "grad_and_value", "vmap"]


def chunk_vmap(func, in_dims=0, out_dims=0, randomness="error", chunks=2):
    """`vmap` in ``chunks`` parts, one after the other (torch._functorch.apis.chunk_vmap).

    RuntimeError for less than one.
    """
    if chunks == 1:
        return vmap(func, in_dims, out_dims, randomness)

    @functools.wraps(func)
    def wrapped(*args, **kwargs):
        if chunks < 1:
            raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
        size = inputs_of(in_dims, args, func)[0]
        each = max(-(-size // chunks), 1)
        return run(func, in_dims, out_dims, randomness, each, args, kwargs)

    return wrapped
