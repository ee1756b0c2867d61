"""The words that elementwise entries are written in, besides `table`'s.

Rules multiply by conjugates, which costs nothing for real dtypes: torch's convention for complex
gradients then holds throughout. A composition for backends that lack a kernel is wrapped in
`single`, so that half types compute in float32 and are rounded once, as torch does.
"""

from __future__ import annotations

import math

from .. import dtypes
from ..dispatch import dtype_of
from ..tensor import Tensor

HALVES = (dtypes.float16, dtypes.bfloat16)
FLOATS = {"floats": True}
REALS = {"floats": True, "ints": True}  # float32, float64 and int64 alike need no check


def conj(P, x):
    """The conjugate of an operand, which may be a Python number."""
    return P.conj(x) if hasattr(x, "dtype") else x.conjugate()


def times(P, g, x):
    """``g`` times the conjugate of ``x``, where the result's dtype does not say if it is complex.

    Rules of ops whose result has their operands' dtype say `P.times` and `P.over`, which are the
    plain product and quotient unless that dtype is complex.
    """
    return P.multiply(g, conj(P, x))


def over(P, g, x):
    return P.divide(g, conj(P, x))


def _tensor_namespace():
    from ..primitive import TP

    TP.times = lambda g, x: times(TP, g, x)
    TP.over = lambda g, x: over(TP, g, x)


_tensor_namespace()


def zero(P, g):
    return P.full_as(g, tuple(g.shape), 0)


def constant(P, like, value):
    """A 0-d constant in the dtype of ``like``."""
    return P.full_as(like, (), value)


def unless(P, g, cond):
    """``g`` with +0 where ``cond``."""
    return P.mask(g, P.logical_not(cond))


def single(forward):
    """A composition whose half-precision operands are computed in float32 and rounded once."""

    def run(P, *args):
        first = next(x for x in args if hasattr(x, "dtype"))
        if P.torch_dtype[first.dtype] not in HALVES:
            return forward(P, *args)
        half = first.dtype
        wide = [P.astype(x, P.float32) if hasattr(x, "dtype") and x.dtype == half else x
                for x in args]  # fmt: skip
        out = forward(P, *wide)
        return P.astype(out, half) if out.dtype == P.float32 else out

    return run


def log_add(P, x, y):
    """``log(exp(x) + exp(y))``; of complex numbers the branch of the one with the larger real part.

    Two minus infinities are told apart from a difference that is no number.
    """
    swap = P.logical_or(P.less(P.real(x), P.real(y)), P.not_equal(y, y))
    top, low = P.where(swap, y, x), P.where(swap, x, y)
    gap = P.where(P.equal(x, y), constant(P, x, 0), P.subtract(low, top))
    out = P.add(top, P.log1p(P.exp(gap)))
    return P.where(P.equal(P.real(top), -math.inf), low, out)


def refuse(kernel, *categories):
    """A check: torch's error of a kernel that it lacks for dtypes of these categories."""

    def check(*operands):
        d = common(operands)
        if d is not None and d.category in categories:
            raise NotImplementedError(f"\"{kernel}\" not implemented for '{legacy(d)}'")

    return check


def refuse_complex(text, error=NotImplementedError):
    """A check: torch's own sentence about complex operands."""

    def check(*operands):
        d = common(operands)
        if d is not None and d.category == dtypes.COMPLEX:
            raise error(text)

    return check


def every(*checks):
    """Several checks, one after the other."""

    def check(*operands):
        for c in checks:
            c(*operands)

    return check


def common(operands):
    return next((dtype_of(x) for x in operands if isinstance(x, Tensor)), None)


def legacy(d):
    return d.legacy


_UNDEFINED = "derivative for aten::{} is not implemented"


def undefined(name, text=_UNDEFINED, error=RuntimeError, forward=None):
    """A rule for an op whose derivative torch does not implement: it raises when it is asked.

    forward: the name by which torch refuses it in forward mode too.
    """

    def rule(P, g, *_):
        raise error(text.format(name))

    rule.refused = f"aten::{name}" if text is _UNDEFINED else forward
    return rule
