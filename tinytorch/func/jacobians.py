"""``torch.func``: whole Jacobians and Hessians, as a vmap of products with unit vectors."""

from __future__ import annotations

import functools

from ..factories import tensor
from ..registry import functions
from ..tensor import Tensor
from ..utils._pytree import tree_flatten, tree_map, tree_unflatten
from .transforms import (
    chosen,
    jvp_with_argnums,
    vjp_with_argnums,
)
from .vmap import vmap


def unit_vectors(ts):
    """For each tensor, rows of one identity matrix over all elements, in its shape."""
    sizes = [t.numel() for t in ts]
    total, start, out = sum(sizes), 0, []
    for t, n in zip(ts, sizes, strict=True):
        rows = t.new_zeros((total, n))
        if n:
            at = tensor(list(range(n)))
            rows[at + start, at] = 1
        out.append(rows.view(total, *t.shape))
        start += n
    return tuple(out)


def jacrev(func, argnums=0, *, has_aux=False, chunk_size=None, _preallocate_and_copy=False):
    """A function that gives the Jacobian by reverse mode (torch.func.jacrev).

    The result is nested as outputs and then arguments are; each Tensor in it has the shape of the
    output followed by that of the input. chunk_size: so many rows at a time.
    """
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def wrapper(*args):
        flat, in_spec = tree_flatten(chosen(argnums, args))
        _only_real(flat, "inputs", "jacrev")
        found = vjp_with_argnums(func, args, argnums, has_aux)
        output, pull = found[:2]
        outs, out_spec = tree_flatten(output)
        _only_real(outs, "outputs", "jacrev")

        def pull_all(*seeds):
            return tree_flatten(pull(tree_unflatten(seeds, out_spec)))[0]

        seeds = unit_vectors(outs)
        if chunk_size == 1:  # without vmap, and so without what it refuses
            each = [pull_all(*row) for row in zip(*seeds, strict=True)]
            rows = [functions["stack"](r) for r in zip(*each, strict=True)]
        else:
            rows = vmap(pull_all, chunk_size=chunk_size)(*seeds)
        sizes = [y.numel() for y in outs]
        by_input = [r.split(sizes, dim=0) for r in rows]
        jac = [
            tree_unflatten([part[k].view((*y.shape, *x.shape))
                            for part, x in zip(by_input, flat, strict=True)], in_spec)
            for k, y in enumerate(outs)
        ]  # fmt: skip
        result = tree_unflatten(jac, out_spec)
        return (result, found[2]) if has_aux else result

    return wrapper


def _only_real(ts, what, who):
    for i, t in enumerate(ts):
        if isinstance(t, Tensor) and t.is_complex():
            raise RuntimeError(
                f"{who}: Expected all {what} to be real but received complex tensor at flattened "
                f"input idx: {i}"
            )


def jacfwd(func, argnums=0, has_aux=False, *, randomness="error"):
    """A function that gives the Jacobian by forward mode (torch.func.jacfwd)."""

    @functools.wraps(func)
    def wrapper(*args):
        flat, in_spec = tree_flatten(chosen(argnums, args))
        _only_real(flat, "inputs", "jacfwd")

        def push(basis):
            us = tree_unflatten(basis, in_spec)
            found = jvp_with_argnums(func, args, us, argnums, False, has_aux)
            return (found[1], found[2]) if has_aux else found[1]

        out_dims = (0, None) if has_aux else 0
        basis = unit_vectors(flat)
        found = vmap(_kept_aux(push) if has_aux else push, (0,), out_dims, randomness)(basis)
        columns, aux = found if has_aux else (found, None)
        flat_out, out_spec = tree_flatten(columns)
        _only_real(flat_out, "outputs", "jacfwd")
        sizes = [x.numel() for x in flat]
        jac = []
        for c in flat_out:
            parts = c.movedim(0, -1).split(sizes, dim=-1)
            jac.append(tree_unflatten(
                [p.view((*p.shape[:-1], *x.shape)) if x.shape else p.squeeze(-1)
                 for p, x in zip(parts, flat, strict=True)], in_spec))  # fmt: skip
        result = tree_unflatten(jac, out_spec)
        return (result, aux) if has_aux else result

    return wrapper


def _kept_aux(push):
    """``push`` whose aux, the same for all directions, leaves the vmap without a dimension."""

    def run(basis):
        found, aux = push(basis)
        return found, tree_map(_first, aux)

    return run


def _first(t):
    from ..autograd.batching import leave
    from ..autograd.modes import LOCAL

    level = LOCAL.vmaps[-1]
    return leave(t, level, 0)[0] if level.id in t._p.levels else t


def hessian(func, argnums=0):
    """A function that gives the Hessian: forward mode over reverse mode (torch.func.hessian)."""
    return jacfwd(jacrev(func, argnums), argnums)


__all__ = ["hessian", "jacfwd", "jacrev", "unit_vectors"]
