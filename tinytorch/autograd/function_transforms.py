"""A custom Function inside vmap or with tangents: its own ``vmap`` and ``jvp`` are asked.

Where the class lets the rule for vmap be generated, its forward and backward simply run on batched
tensors.
"""

from __future__ import annotations

from typing import NamedTuple

from ..tensor import Tensor, fresh
from . import custom, forward_ad
from .batching import enter, leave
from .dual import below, primal, set_tangent, tangent
from .modes import LOCAL

_DOCS = "https://pytorch.org/docs/main/notes/extending.func.html"
NO_SETUP = (
    "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, "
    "...), it must override the setup_context staticmethod. For more details, please see " + _DOCS
)
NO_VMAP = (
    "You tried to vmap over {}, but it does not have vmap support. Please override and implement "
    "the vmap staticmethod or set generate_vmap_rule=True. For more details, please see " + _DOCS
)
BOTH = (
    "You tried to vmap over {}, but it has both generate_vmap_rule=True and an overridden vmap "
    "staticmethod. Please set generate_vmap_rule=False or delete the overridden vmap staticmethod "
    "to avoid ambiguity. For more details, please see " + _DOCS
)


class VmapInfo(NamedTuple):
    """What the ``vmap`` staticmethod of a Function is told."""

    batch_size: int
    randomness: str


def apply(cls, args):
    """``cls.apply`` while a transform is running or a dual level is open."""
    if LOCAL.transforms and not custom.separate(cls):
        raise RuntimeError(NO_SETUP)
    level = _level(args)
    if level is not None and not cls.generate_vmap_rule:
        return _vmapped(cls, args, level)
    if level is not None and cls.vmap is not custom.Function.vmap:
        raise RuntimeError(BOTH.format(cls.__name__))
    tensors = [a for a in args if isinstance(a, Tensor)]
    levels = [v for v in LOCAL.duals if any(tangent(fresh(t), v) is not None for t in tensors)]
    if not levels or LOCAL.inference:
        return custom.apply(cls, args, ())
    return _with_tangents(cls, args, levels)


# --- vmap -----------------------------------------------------------------------------------------


def _level(args):
    """The innermost running vmap that a tensor among the arguments is at, or None."""
    for level in reversed(LOCAL.vmaps):
        if any(isinstance(a, Tensor) and level.id in fresh(a)._p.levels for a in args):
            return level
    return None


def _vmapped(cls, args, level):
    from ..utils._pytree import broadcast_to_and_flatten, tree_flatten, tree_unflatten

    if cls.vmap is custom.Function.vmap:
        raise RuntimeError(NO_VMAP.format(cls.__name__))
    there = [isinstance(a, Tensor) and level.id in fresh(a)._p.levels for a in args]
    shown = [leave(a, level, 0) if at else a for a, at in zip(args, there, strict=True)]
    before = LOCAL.vmaps
    LOCAL.vmaps = before[: before.index(level)]
    try:
        info = VmapInfo(level.size, level.randomness)
        found = cls.vmap(info, tuple(0 if at else None for at in there), *shown)
    finally:
        LOCAL.vmaps = before
    if not isinstance(found, tuple) or len(found) != 2:
        raise RuntimeError(
            "Expected the vmap staticmethod to have two returns, an output and out_dims with "
            f"pytree structure compatible with the output. Got a {type(found)} instead"
        )
    flat, spec = tree_flatten(found[0])
    dims = broadcast_to_and_flatten(found[1], spec, is_leaf=lambda d: d is None)
    if dims is None:
        raise RuntimeError(
            "The vmap staticmethod's out_dims is not compatible with the structure of its output."
        )
    return tree_unflatten(
        [enter(t, level, d % t.dim()) if d is not None and isinstance(t, Tensor) else t
         for t, d in zip(flat, dims, strict=True)], spec)  # fmt: skip


# --- forward mode ---------------------------------------------------------------------------------


def _with_tangents(cls, args, levels):
    kept: list = []
    given = {v: [tangent(a, v) if isinstance(a, Tensor) else None for a in args] for v in levels}
    with below(None):
        result = custom.apply(cls, args, kept)
    (ctx,) = kept
    fields = ctx.__dict__
    outs = result if isinstance(result, tuple) else (result,)
    saved = fields.pop("saved_for_forward", None)
    for level in levels:
        us = given[level]
        if fields.get("materialize_grads", True):
            us = [_zeros(a) if u is None and isinstance(a, Tensor) else u
                  for u, a in zip(us, args, strict=True)]  # fmt: skip
        if saved is not None:
            fields["saved_for_forward"] = tuple(
                primal(t, level) if isinstance(t, Tensor) else t for t in saved
            )
        try:
            with below(level):
                found = cls.jvp(ctx, *us)
        finally:
            fields.pop("saved_for_forward", None)
        _give(outs, found if isinstance(found, tuple) else (found,), level, args)
    return result


def _zeros(t):
    from ..factories import zeros_like

    return zeros_like(t)


def _give(outs, found, level, args):
    if len(found) != len(outs):
        raise RuntimeError(
            "Function's jvp returned an invalid number of forward gradients (expected "
            f"{len(outs)} but got {len(found)})"
        )
    for i, (t, u) in enumerate(zip(outs, found, strict=True)):
        if u is None or not isinstance(t, Tensor):
            continue
        if not isinstance(u, Tensor):
            raise RuntimeError(
                f"expected Variable or None (got {type(u).__name__}) for grad output {i}."
            )
        forward_ad.check_size(t, u)
        old = tangent(t, level) if any(t is a for a in args) else None
        if old is not None and old is not u:
            with below(level):
                old.copy_(u)
        else:
            set_tangent(t, level, u)
