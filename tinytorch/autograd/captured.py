"""Which tensors a running transform has made, and torch's refusal of writes to all others.

A transform that takes derivatives follows what happens to its inputs and to tensors that were made
while it ran. A tensor from outside would be changed behind its back, so torch refuses to write to
one in place. A tensor therefore notes the transforms that ran when it was made (``_tracks``): only
inside a transform, so that other programs pay nothing. A view, which is made later than its memory,
also notes those of its memory (``_own``).
"""

from __future__ import annotations

from ..tensor import Tensor
from .modes import LOCAL, inference_mode, shift

REFUSED = (
    "During a grad (vjp, jvp, grad, etc) transform, the function provided attempted to call "
    "in-place operation (aten::{}) that would mutate a captured Tensor. This is not supported; "
    "please rewrite the function being transformed to explicitly accept the mutated Tensor(s) as "
    "inputs."
)


class Track:
    """One running transform that takes derivatives.

    depth: its number among all that run. open: whether its results are still being made.
    """

    __slots__ = ("alive", "before", "depth", "inference", "lent", "open")

    def begin(self):
        self.inference = LOCAL.inference, LOCAL.grad, LOCAL.wish
        if LOCAL.inference:  # derivatives are wanted all the same
            inference_mode._switch(False, LOCAL.grad, False)
        LOCAL.transforms += 1
        self.alive = self.open = True
        self.depth, self.before = LOCAL.transforms, LOCAL.tracks
        self.lent: list = []
        LOCAL.tracks = (*LOCAL.tracks, self)
        shift(exotic=1)
        return self

    def end(self):
        LOCAL.transforms -= 1
        self.alive = self.open = False
        LOCAL.tracks = self.before
        shift(exotic=-1)
        if self.inference[0]:
            inference_mode._switch(*self.inference)
        for fields, before in reversed(self.lent):
            if before is None:
                fields.pop("_own", None)
            else:
                fields["_own"] = before
        self.lent = []

    def enter(self, out, t):
        """Note that ``out`` stands for ``t``, an input, and may be written."""
        fields = out.__dict__
        fields["_tracks"], fields["_own"] = (*t._tracks, self), (*own(t), self)

    def lend(self, ts):
        """Let tensors be written while this runs."""
        for t in ts:
            fields = t.__dict__
            self.lent.append((fields, fields.get("_own")))
            fields["_own"] = (*own(t), self)

    def leave(self, t):
        """Note that ``t`` is a result: outside, it belongs to the transform no more."""
        fields = t.__dict__
        for name in ("_tracks", "_own"):
            if name in fields:
                fields[name] = tuple([v for v in fields[name] if v is not self and v.alive])


class bare:
    """A block in which nothing is noted and arguments are bare: a Function's forward."""

    __slots__ = ("args", "before")

    def __init__(self, args):
        self.args = [a for a in args if isinstance(a, Tensor)]

    def __enter__(self):
        noted = [a.__dict__ for a in self.args if a._tracks]
        self.before = LOCAL.tracks, [(fields, dict(fields)) for fields in noted]
        LOCAL.tracks = ()
        for fields in noted:
            fields.pop("_tracks", None)
            fields.pop("_own", None)

    def __exit__(self, *exc):
        LOCAL.tracks, args = self.before
        for fields, before in args:
            fields.update({k: before[k] for k in ("_tracks", "_own") if k in before})

    def made(self, results):
        """Note that results which are not arguments were made."""
        for t in results if isinstance(results, tuple) else (results,):
            if isinstance(t, Tensor) and not t._tracks and not any(t is a for a in self.args):
                t.__dict__["_tracks"] = LOCAL.tracks
        return results


class unwatched:
    """A block whose writes are not the user's."""

    __slots__ = ("before",)

    def __enter__(self):
        self.before, LOCAL.tracks = LOCAL.tracks, ()

    def __exit__(self, *exc):
        LOCAL.tracks = self.before


def own(t):
    """The transforms that ran when the memory of a tensor was made."""
    return t.__dict__.get("_own", t._tracks)


def follow(out, t, made=True):
    """Note where ``out`` comes from, which shares the memory of ``t``.

    made: it is a tensor of its own, and not the same one at another level of vmap.
    """
    fields = out.__dict__
    fields["_tracks"] = LOCAL.tracks if made else t._tracks
    fields["_own"] = own(t)


def refuse_storage(t):
    """torch's refusal to show the storage of a tensor that is in a transform."""
    depth = t._p.of.depth if t._p.level else 0
    if depth or t._tracks and LOCAL.tracks:
        tracked = t._tracks and t._tracks[-1].depth > depth
        name = "TensorWrapper" if tracked else "BatchedTensorImpl"
        raise NotImplementedError(f"Cannot access storage of {name}")


def refuse_pointer(t):
    """The same of its address."""
    if t._p.level or t._tracks and LOCAL.tracks:
        raise RuntimeError("Cannot access data pointer of Tensor that doesn't have storage")


# --- writes ---------------------------------------------------------------------------------------

_KINDS = {
    (".Tensor", ".Tensor"): "add sub mul div divide multiply true_divide floor_divide subtract",
    (".Tensor", ".Scalar"): "bitwise_and bitwise_or bitwise_xor copysign eq ne lt le gt ge less"
    " less_equal greater greater_equal not_equal fill float_power fmod remainder pow lerp"
    " masked_fill",
    (".Tensor", ".Tensor_Scalar"): "bitwise_left_shift bitwise_right_shift",
    (".Tensor", ".Scalar_Other"): "xlogy",
    (".Tensor", ""): "clamp clip clamp_max clamp_min",
    (".Tensor", ".float"): "bernoulli",
    (".int_Tensor", ".int_Scalar"): "index_fill",
    (".src", ".value"): "scatter",
    (".source_Tensor", ""): "set",
}
_OVERLOADS = {name: kinds for kinds, names in _KINDS.items() for name in names.split()}
_BY_COUNT = {"squeeze": ("", ".dim", ".dims"), "random": ("", ".to", ".from")}


def overload(name, args, kwargs):
    """torch's name of an in-place operation, ``add_.Tensor``, as it is called here."""
    if "." in name:
        return name
    if name in _BY_COUNT:
        n = len(args) + len(kwargs)
        if n == 1 and args and isinstance(args[0], tuple):
            n = 2
        return f"{name}_{_BY_COUNT[name][min(n, 2)]}"
    if kwargs.get("rounding_mode") is not None:
        return f"{name}_.Tensor_mode"
    if name not in _OVERLOADS:
        return name + "_"
    given = (*args, *kwargs.values())
    last = given if name in ("clamp", "clip") else given[-1:]
    return name + "_" + _OVERLOADS[name][0 if any(isinstance(x, Tensor) for x in last) else 1]


def refuse(t, name, args=(), kwargs=None):
    """Refuse to write to a tensor that a running transform has not made.

    name: torch's, without the trailing underscore, or with the overload. Called while transforms
    run.
    """
    mine = own(t)
    for track in reversed(LOCAL.tracks):
        if track in mine:
            if t._node is not None and t._node.fixed and LOCAL.grad:
                return
            continue
        raise RuntimeError(REFUSED.format(overload(name, args, kwargs or {})))
