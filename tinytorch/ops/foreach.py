"""``torch._foreach_*``: one op on each tensor of a list, as optimizers and averages are written.

There is no fused kernel: each function is its op, tensor by tensor, so gradients, versions and
errors of single tensors are those of the op. What a second operand may be stands in one place,
`_each`: a list of tensors or of numbers gives each tensor its own, anything else is for all.
"""

from __future__ import annotations

from ..blame import type_name
from ..registry import functions as F
from ..registry import methods
from ..tensor import Tensor

UNARY = (
    "abs acos asin atan ceil clone cos cosh erf erfc exp expm1 floor frac lgamma log log10 log1p"
    " log2 neg reciprocal round rsqrt sigmoid sign sin sinh sqrt tan tanh trunc"
).split()
BINARY = "add sub mul div pow clamp_min clamp_max maximum minimum".split()
BOUNDS = {"maximum": "clamp_min", "minimum": "clamp_max"}  # the op that takes a number, too


def _checked(name, ts):
    if not isinstance(ts, (tuple, list)):
        raise TypeError(
            f"_foreach_{name}(): argument 'self' (position 1) must be tuple of Tensors, not "
            f"{type_name(ts)}"
        )
    if not ts:
        raise RuntimeError("Tensor list must have at least one tensor.")
    for i, t in enumerate(ts):
        if not isinstance(t, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type_name(t)}")
    return ts


def _each(ts, x):
    """The operand of each of ``ts`` that an argument stands for; torch's RuntimeErrors."""
    if not isinstance(x, (tuple, list)):
        return [x] * len(ts)
    if len(x) == len(ts):
        return x
    if x and isinstance(x[0], Tensor):
        raise RuntimeError(
            f"Tensor lists must have the same number of tensors, got {len(ts)} and {len(x)}"
        )
    raise RuntimeError("Tensor list must have same number of elements as scalar list.")


def _of_all(x):
    """A tensor that is for all: it holds one number."""
    if isinstance(x, Tensor) and x.dim():
        raise RuntimeError(
            f"scalar tensor expected to be 0 dim but it has {x.dim()} dimensions and {x.numel()} "
            "elements."
        )
    return x


def _packed(x):
    """The factors of addcmul and addcdiv: a tensor holds one for each."""
    if not isinstance(x, Tensor):
        return x
    if x.dim() != 1:
        raise RuntimeError(
            f"Expected packed scalar Tensor to be of dimension 1. Got {x.dim()} instead."
        )
    return x.tolist()


def _unary(name, op):
    def foreach(self):
        return [op(t) for t in _checked(name, self)]

    return foreach


def _binary(name, op):
    def foreach(self, other=None, **named):
        for key in ("scalar", "scalars", "exponent", "tensor"):
            other = named.pop(key, other)
        if name == "pow" and not isinstance(self, (tuple, list)):
            return [op(self, t) for t in _checked(name, other)]
        pairs = zip(_checked(name, self), _each(self, _of_all(other)), strict=True)
        return [op(t, x, **named) for t, x in pairs]

    return foreach


def _factors(name, op):
    def foreach(self, tensor1, tensor2, value=1, *, scalars=None):
        ts = _checked(name, self)
        values = _each(ts, _packed(value if scalars is None else scalars))
        rows = zip(ts, _each(ts, tensor1), _each(ts, tensor2), values, strict=True)
        return [op(t, a, b, value=v) for t, a, b, v in rows]

    return foreach


def _lerp(op):
    def foreach(self, tensors1, weight=None, **named):
        ts = _checked("lerp", self)
        for key in ("weights", "scalars"):
            weight = named.pop(key, weight)
        rows = zip(ts, _each(ts, tensors1), _each(ts, weight), strict=True)
        return [op(t, x, w) for t, x, w in rows]

    return foreach


def norm(self, ord=2, dtype=None):
    """The norm of each tensor (torch._foreach_norm)."""
    return tuple(F["norm"](t, ord, dtype=dtype) for t in _checked("norm", self))


def powsum(self, ord=2, dtype=None):
    """The sum of powers of the absolute values of each tensor (torch._foreach_powsum)."""
    return tuple(F["sum"](t.abs() ** ord, dtype=dtype) for t in _checked("powsum", self))


def mm(self, mat2):
    """The matrix product of each pair (torch._foreach_mm)."""
    return tuple(map(F["mm"], _checked("mm", self), _each(self, mat2)))


def copy_(self, src, non_blocking=False):
    """The contents of each replaced by another's (torch._foreach_copy_)."""
    return [t.copy_(x) for t, x in zip(_checked("copy_", self), _each(self, src), strict=True)]


def _made():
    made = {"max": _unary("max", F["max"]), "zero_": _unary("zero_", methods["zero_"])}
    kinds = [(n, _unary) for n in UNARY] + [(n, _binary) for n in BINARY]
    kinds += [("addcmul", _factors), ("addcdiv", _factors)]
    for name, kind in kinds:
        own = BOUNDS.get(name, name)
        made[name] = kind(name, F[own])
        if name != "clone":
            made[name + "_"] = kind(name + "_", methods[own + "_"])
    made["lerp"], made["lerp_"] = _lerp(F["lerp"]), _lerp(methods["lerp_"])
    results = {k: fn if k[-1] == "_" else _as_tuple(fn) for k, fn in made.items()}
    results |= {"norm": norm, "powsum": powsum, "mm": mm, "copy_": copy_}
    for name, fn in results.items():
        fn.__name__ = fn.__qualname__ = "_foreach_" + name
    return {"_foreach_" + k: fn for k, fn in results.items()}


def _as_tuple(fn):
    return lambda *args, **kwargs: tuple(fn(*args, **kwargs))


FUNCTIONS = _made()
