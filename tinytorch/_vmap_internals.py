"""``torch._vmap_internals``: the vmap before ``torch.func``'s, whose results may hold None."""

from __future__ import annotations

import functools
import warnings

from .func.vmap import name_of
from .func.vmap import vmap as _batched
from .tensor import Tensor

__all__: list[str] = []


def vmap(func, in_dims=0, out_dims=0):
    """``torch.vmap``, with torch's FutureWarning."""
    warnings.warn(
        "Please use `torch.vmap` instead of `torch._vmap_internals.vmap`.",
        FutureWarning,
        stacklevel=2,
    )
    return _vmap(func, in_dims, out_dims)


def _vmap(func, in_dims=0, out_dims=0, allow_none_pass_through=False):
    """`func` over a dimension of its arguments; allow_none_pass_through: its results may be None.

    ValueError in torch's words of other results.
    """

    @functools.wraps(func)
    def wrapped(*args):
        nones: list = []

        def without(*args):
            out = func(*args)
            outs = out if isinstance(out, tuple) else (out,)
            for i, x in enumerate(outs):
                if not isinstance(x, Tensor) and not (x is None and allow_none_pass_through):
                    name = name_of(func)
                    raise ValueError(
                        f"vmap({name}, ...): `{name}` must only return Tensors, got type "
                        f"{type(x)} for return {i}."
                    )
            nones[:] = [x is None for x in outs], isinstance(out, tuple)
            return tuple([x for x in outs if x is not None])

        found = iter(_batched(without, in_dims, out_dims)(*args))
        missing, several = nones
        outs = tuple([None if none else next(found) for none in missing])
        return outs if several else outs[0]

    return wrapped
