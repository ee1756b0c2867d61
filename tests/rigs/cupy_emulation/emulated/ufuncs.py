"""Emulated ufuncs: CuPy's own loop tables choose the dtype, NumPy computes.

The first loop that all operands cast to safely is taken, with Python numbers weak; half precision
is computed in single and rounded once, as CUDA's half types do. Integers over zero are zero and
integer powers to negative exponents are cut off, silently.
"""

from __future__ import annotations

import ml_dtypes
import numpy as np

from . import state
from .arrays import dtype_of, make, ndarray

BF16 = np.dtype(ml_dtypes.bfloat16)
CHARS = {"E": BF16}
WEAK = {bool: False, int: int, float: float, complex: complex}
COMPARE = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"}


def dtype_of_char(c):
    return CHARS.get(c) or np.dtype(c)


def operand(x):
    """(host array, dtype, weak type or False) of an operand; TypeError for what CuPy refuses."""
    if isinstance(x, ndarray):
        state.need(x.block.device)
        return x._a, x.dtype, False
    if type(x) in WEAK:
        kind = np.uint64 if type(x) is int and x >= 1 << 63 else type(x)
        return x, np.dtype(kind), WEAK[type(x)]
    if isinstance(x, np.generic):
        return x, x.dtype, False
    raise TypeError(f"Unsupported type {type(x)}")


def _rank(kind):
    if issubclass(kind, (bool, np.bool_)):
        return 0
    if issubclass(kind, (np.integer, int)):
        return 1
    return 2 if issubclass(kind, (np.inexact, float, complex)) else 3


def _weak_counts(dtypes, weaks):
    """Whether Python numbers are weak beside these arrays: none is of a higher kind."""
    arrays = [_rank(d.type) for d, w in zip(dtypes, weaks, strict=True) if not w]
    numbers = [_rank(w) for w in weaks if w]
    return bool(arrays and numbers) and max(arrays) >= max(numbers)


def fits(dtype, weak, loop):
    if np.can_cast(dtype, loop):
        return True
    try:
        return bool(weak) and np.result_type(weak(0), loop) == loop
    except TypeError:
        return False


class ufunc:
    def __init__(self, name, loops, nin, nout):
        self.name, self.__name__ = f"cupy_{name}", name
        self.types, self.nin, self.nout, self.nargs = loops, nin, nout, nin + nout
        self.fn = IN_FULL.get(name) or getattr(np, name)
        self.loops = [
            tuple(tuple(map(dtype_of_char, side)) for side in t.split("->")) for t in loops
        ]

    def __repr__(self):
        return f"<emulated ufunc '{self.name}'>"

    def __call__(self, *args, **kwargs):
        for x in args:
            if hasattr(x, "__cupy_override_elementwise_kernel__"):
                return x.__cupy_override_elementwise_kernel__(self, *args, **kwargs)
        out, dtype = kwargs.pop("out", None), kwargs.pop("dtype", None)
        casting = kwargs.pop("casting", "same_kind")
        if kwargs:
            raise TypeError(f"Wrong arguments {kwargs}")
        if not self.nin <= len(args) <= self.nargs:
            raise TypeError(f"Wrong number of arguments for {self.name!r}: {len(args)}")
        if len(args) > self.nin:
            out = args[self.nin]
        xs = [operand(x) for x in args[: self.nin]]
        ins, outs = self.loop(xs, dtype)
        results = self.run([cast(x, w, d) for (x, _, w), d in zip(xs, ins, strict=True)], ins, outs)
        state.launch()
        if out is not None:
            if not isinstance(out, ndarray):
                raise TypeError("Output arguments type must be cupy.ndarray")
            state.need(out.block.device)
            if out.shape != results[0].shape:
                raise ValueError("Out shape is mismatched")
            if not np.can_cast(outs[0], out.dtype, casting):
                raise TypeError(
                    f"Cannot cast output operand from {outs[0]!r} to {out.dtype!r} "
                    f"according to the rule '{casting}'"
                )
            out._a[...] = results[0]
            return out
        made = tuple(make(r) for r in results)
        return made[0] if self.nout == 1 else made

    def loop(self, xs, dtype):
        """The dtypes to compute in: of the loop that the operands, or ``dtype=``, choose."""
        if dtype is not None:
            dtype = dtype_of(dtype)
            for ins, outs in self.loops:
                if all(o == dtype for o in outs):
                    return ins, outs
            raise TypeError(f"Wrong type ({dtype}) of arguments for {self.name}")
        dtypes, weaks = [d for _, d, _ in xs], [w for _, _, w in xs]
        if not _weak_counts(dtypes, weaks):
            weaks = [False] * len(xs)
        if (
            self.__name__ in COMPARE
            and int in weaks
            and any(not w and d.kind in "iu" for d, w in zip(dtypes, weaks, strict=True))
        ):
            weaks = [False] * len(xs)
        for ins, outs in self.loops:
            if all(fits(d, w, i) for d, w, i in zip(dtypes, weaks, ins, strict=True)):
                return ins, outs
        raise TypeError(f"Wrong type ({tuple(dtypes)}) of arguments for {self.name}")

    def run(self, xs, ins, outs):
        half = ins[0].itemsize == 2 and ins[0].kind in "fV" and self.__name__ != "nextafter"
        if half:
            xs = [x.astype(np.float32) if x.dtype == ins[0] else x for x in xs]
        with np.errstate(all="ignore"):
            r = self.fn(*xs)
        r = r if isinstance(r, tuple) else (r,)
        return [np.asarray(v).astype(d) for v, d in zip(r, outs, strict=True)]

    def at(self, a, indices, b=None):
        how = {"add": "add", "maximum": "max", "minimum": "min"}.get(self.__name__)
        if how is None:
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        from .arrays import scatter

        scatter(a, indices, b, how)

    def reduce(self, array, axis=0, dtype=None, out=None, keepdims=False):
        how = {"add": "sum", "multiply": "prod"}.get(self.__name__)
        if how is None:
            raise NotImplementedError(f"`{self.name}.reduce` is not supported yet")
        return getattr(array, how)(axis, dtype, out, keepdims)


def cast(x, weak, dtype):
    if isinstance(x, (bool, int, float, complex)) and dtype.kind in "iu":
        return np.array(x, dtype)
    return np.asarray(x).astype(dtype)


def over_zero(fn):
    """Integers over zero are zero."""

    def run(x, y):
        if x.dtype.kind not in "iu":
            return fn(x, y)
        return np.where(y == 0, np.zeros((), x.dtype), fn(x, np.where(y == 0, 1, y)))

    return run


def power(x, y):
    if x.dtype.kind not in "iu":
        return np.power(x, y)
    out = np.power(x, np.maximum(y, 0))
    odd = np.where(np.bitwise_and(y, 1) == 1, -1, 1)
    below = np.where(x == 1, 1, np.where(x == -1, odd, 0))
    return np.where(y < 0, below, out)


def where(c, x, y):
    return np.where(c, x, y)


IN_FULL = {
    "floor_divide": over_zero(np.floor_divide), "remainder": over_zero(np.remainder),
    "mod": over_zero(np.remainder), "fmod": over_zero(np.fmod), "power": power, "pow": power,
    "sinc": np.sinc, "i0": np.i0, "fix": np.fix, "where": where,
}  # fmt: skip
WHERE = [f"?{c}{c}->{c}" for c in "?bBhHiIlLqQefdFD"]
__all__ = ["WHERE", "make", "ufunc"]
