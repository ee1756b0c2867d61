"""A custom Function inside vmap or with tangents: its own ``vmap`` and ``jvp`` are asked.

Where the class lets the rule for vmap be generated, its forward and backward simply run on batched
tensors.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from ..storage import version
from ..tensor import Tensor, fresh
from . import custom, forward_ad
from .batched_views import outside
from .batching import enter
from .captured import bare
from .custom_saved import SavedOutput
from .dual import _begun, below, primal, set_tangent, tangent
from .graph import notes_of
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
_IN_PLACE = (
    "An inplace custom Function is not {} the forward mode gradients {}. If the forward is "
    "modifying an input inplace, then the jvp function must modify the {}gradient inplace{}."
)
NOT_WRITTEN = _IN_PLACE.format("modifying", "inplace", "corresponding ", "")
NOT_AS_IS = _IN_PLACE.format("returning", "as-is", "", " and return it as-is")
NOT_VIEW = (
    "A custom Function's forward is returning a view (or an input as-is) but the jvp is not "
    "returning a view."
)
WRONG_VIEW = "A custom Function is returning a view but the jvp is not returning a view of the {}."
NO_TANGENT = (
    "Function's jvp returned a gradient at position {}, but  the corresponding forward output is "
    "not a differentiable Tensor.You should return None at that position instead."
)


class VmapInfo(NamedTuple):
    """What the ``vmap`` staticmethod of a Function is told."""

    batch_size: int
    randomness: str


def apply(cls, args):
    """``cls.apply`` while a transform is running or a dual level is open."""
    if LOCAL.transforms and not custom.separate(cls):
        raise RuntimeError(NO_SETUP)
    if any(v.randomness != "never" for v in LOCAL.vmaps):
        if cls.generate_vmap_rule and cls.vmap is not custom.Function.vmap:
            raise RuntimeError(BOTH.format(cls.__name__))
        if not cls.generate_vmap_rule and cls.vmap is custom.Function.vmap:
            raise RuntimeError(NO_VMAP.format(cls.__name__))
    level = None if cls.generate_vmap_rule else _level(args)
    if level is not None:
        return _vmapped(cls, args, level)
    tensors = [a for a in args if isinstance(a, Tensor)]
    levels = [v for v in LOCAL.duals if any(tangent(fresh(t), v) is not None for t in tensors)]
    if not levels or LOCAL.inference:
        return _forward(cls, args, ())
    return _with_tangents(cls, args, levels)


def _forward(cls, args, kept):
    """Run it on what is in the arguments; its node says that it was made for a transform."""
    if not LOCAL.tracks:
        depth = len([v for v in LOCAL.vmaps if v.randomness != "never"])
        return custom.apply(cls, args, kept, vmapped(depth) if depth else custom.FunctionNode)
    inside = bare(args)
    with inside:
        result = custom.apply(cls, args, kept, GeneratedNode)
    return inside.made(result)


class GeneratedNode(custom.FunctionNode):
    """The node of a Function in a transform that takes derivatives: torch generates one for it."""

    __slots__ = ()
    suffix = "GeneratedBackward"
    face_cls = property(lambda self: _face(self.cls, self.prefix, self.suffix))


@functools.cache
def vmapped(depth):
    """The class of the node of a Function in so many vmaps: torch generates one in each."""
    face = property(lambda self: _face(self.cls, self.prefix, self.suffix))
    fields = {"__slots__": (), "prefix": "Vmapped" * depth, "face_cls": face}
    return type("VmappedNode", (custom.FunctionNode,), fields)


def _face(cls, prefix, suffix):
    """The class of the ctx of a Function under a name that a transform has given it."""
    faces = cls.__dict__.get("_generated")
    if faces is None:
        faces = cls._generated = {}
    if (prefix, suffix) not in faces:
        faces[prefix, suffix] = custom.face_class(cls, suffix, prefix)
    return faces[prefix, suffix]


# --- vmap -----------------------------------------------------------------------------------------


def _level(args):
    """The innermost running vmap that a tensor in the arguments is at, or None.

    Through torch's older vmap ("never" random) a Function simply runs.
    """
    from ..utils._pytree import tree_flatten

    if not LOCAL.vmaps:
        return None
    flat = tree_flatten(args)[0]
    for level in reversed(LOCAL.vmaps):
        if level.randomness != "never" and any(
            isinstance(a, Tensor) and level.id in fresh(a)._p.levels for a in flat
        ):
            return level
    return None


def _vmapped(cls, args, level):
    from ..utils._pytree import broadcast_to_and_flatten, tree_flatten, tree_unflatten

    flat, spec = tree_flatten(args)
    there = [isinstance(a, Tensor) and level.id in fresh(a)._p.levels for a in flat]
    pairs = [outside(a, level) if at else (a, None) for a, at in zip(flat, there, strict=True)]
    shown = tree_unflatten([a for a, _ in pairs], spec)
    in_dims = tree_unflatten([d for _, d in pairs], spec)
    before = LOCAL.vmaps
    LOCAL.vmaps = before[: before.index(level)]
    try:
        info = VmapInfo(level.size, level.randomness)
        found = cls.vmap(info, in_dims, *shown)
    finally:
        LOCAL.vmaps = before
    if not isinstance(found, tuple) or len(found) != 2:
        raise RuntimeError(
            "Expected the vmap staticmethod to have two returns, an output and out_dims with "
            "pytree structure compatible with the output. Got "
            + (f"{len(found)} returns" if isinstance(found, tuple) else f"a {type(found)}")
            + " instead"
        )
    flat, spec = tree_flatten(found[0])
    dims = broadcast_to_and_flatten(found[1], spec, is_leaf=lambda d: d is None)
    if dims is None:
        raise RuntimeError(
            "The autograd.Function's vmap staticmethod returned an incompatible (output, out_dims) "
            f"tuple. Expected out_dims={found[1]} to be compatible with the structure of `output`. "
            f"out_dims has structure {tree_flatten(found[1])[1]} but output has structure {spec}. "
            f"For more details, please see {_DOCS}"
        )
    return tree_unflatten(
        [enter(t, level, d % t.dim()) if d is not None and isinstance(t, Tensor) else t
         for t, d in zip(flat, dims, strict=True)], spec)  # fmt: skip


# --- forward mode ---------------------------------------------------------------------------------


def _with_tangents(cls, args, levels):
    kept: list = []
    given = {v: [tangent(a, v) if isinstance(a, Tensor) else None for a in args] for v in levels}
    with below(None):
        result = _forward(cls, args, kept)
    ctx, returned, fixed = kept
    fields = ctx.__dict__
    outs = result if isinstance(result, tuple) else (result,)
    returned = returned if isinstance(returned, tuple) else (returned,)
    fixed = [any(t is x for x in fixed or ()) for t in returned]
    saved = fields.pop("saved_for_forward", None) or ()
    for level in levels:
        us = given[level]
        versions = [None if u is None else version(u) for u in us]
        shown = us
        if fields.get("materialize_grads", True):
            shown = [_zeros(a) if u is None and _differentiable(a) else u
                     for u, a in zip(us, args, strict=True)]  # fmt: skip
        fields["saved_for_forward"] = tuple(
            primal(t, level) if isinstance(t, Tensor) else t for t in saved
        )
        try:
            with below(level):
                found = cls.jvp(ctx, *shown)
        finally:
            fields.pop("saved_for_forward", None)
        found = found if isinstance(found, tuple) else (found,)
        _give(outs, found, level, list(zip(args, us, versions, strict=True)), fixed)
    if any(type(s) is SavedOutput for s in ctx._engine_node.saved):
        duals = [t.__dict__.get("_duals") if isinstance(t, Tensor) else None for t in outs]
        notes_of(ctx._engine_node)["duals"] = duals
    return result


def _zeros(t):
    from ..factories import zeros_like

    return zeros_like(t)


def _differentiable(t):
    return isinstance(t, Tensor) and t._p.differentiable(t._raw)


def _give(outs, found, level, inputs, fixed):
    """Give outputs the tangents that jvp found. inputs: (argument, its tangent, its version)."""
    for i, u in enumerate(found):
        if u is not None and not isinstance(u, Tensor):
            raise RuntimeError(
                f"expected Variable or None (got {type(u).__name__}) for grad output {i}."
            )
    if len(found) != len(outs):
        raise RuntimeError(
            "Function's jvp returned an invalid number of forward gradients (expected "
            f"{len(outs)} but got {len(found)})"
        )
    for i, (t, u) in enumerate(zip(outs, found, strict=True)):
        if not isinstance(t, Tensor):
            continue
        if fixed[i] or not _differentiable(t):
            if u is not None:
                raise RuntimeError(NO_TANGENT.format(i))
            continue
        old, then = next(((old, then) for a, old, then in inputs if a is t), (None, None))
        if old is not None:
            if then == (0 if u is None else version(u)):
                raise RuntimeError(NOT_WRITTEN)
            if old is not u:
                raise RuntimeError(NOT_AS_IS)
            continue
        base = _base(t)
        through = base is not None and _through(base, u, inputs, level.public is not None)
        if u is not None:
            forward_ad.check_size(t, u)
            if base is None or through:
                set_tangent(t, level, u)
            else:
                _give_base(t, level, u)


def _give_base(t, level, u):
    """Give a view its tangent, and its base, which had none, one that this is seen through."""
    with below(level):
        _begun(t, level, u).copy_(u)


def _base(t):
    return None if t._ext is None else t._ext.base


def _through(base, u, inputs, strict):
    """Whether an input that has a tangent is seen through the base of a result.

    strict: a tangent that is not seen through its base in the same way is refused, as torch does
    but in transforms.
    """
    for a, old, _ in inputs:
        if old is None or a is not base and _base(a) is not base:
            continue
        if not strict:
            return True
        if u is None:
            raise RuntimeError("cannot call get_autograd_meta() on undefined tensor")
        if _base(u) is None:
            raise RuntimeError(NOT_VIEW)
        if _base(u) is not old and (_base(old) is None or _base(u) is not _base(old)):
            what = "given grad input" if _base(old) is None else "same base as the given grad input"
            raise RuntimeError(WRONG_VIEW.format(what))
        return True
    return False
