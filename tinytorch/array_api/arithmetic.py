"""Elementwise kernels, most of them the standard's own functions.

The standard keeps booleans, integers and floats apart more strictly than torch does: the wrappers
let booleans be compared, ordered and added by way of uint8, and Python numbers stand beside arrays
of any dtype. Half precision is computed in single unless the library does so itself.
"""

from __future__ import annotations

from .. import dtypes

SAME = (
    "permute_dims broadcast_to exp expm1 log log1p sqrt sin cos tan asin acos atan sinh cosh tanh"
    " floor ceil round negative bitwise_invert imag"
).split()
BY_UINT8 = "maximum minimum less less_equal greater greater_equal add multiply subtract".split()
MIXED = (
    "divide atan2 equal not_equal bitwise_and bitwise_or bitwise_xor bitwise_left_shift"
    " bitwise_right_shift"
).split()
IN_SINGLE = (
    "exp expm1 log log1p sqrt sin cos tan asin acos atan sinh cosh tanh add subtract multiply"
    " divide atan2 pow floor_divide remainder sum prod cumulative_sum matmul"
).split()


def is_array(v):
    return hasattr(v, "dtype")


def mixed(fn):
    """A method of two operands in which Python numbers stand beside arrays of any dtype."""

    def kernel(self, x, y):
        if is_array(x):
            return fn(x, y if is_array(y) else self._number(y, x.dtype))
        return fn(self._number(x, y.dtype), y)

    return kernel


def by_uint8(fn):
    """The same, computed in uint8 for booleans, with a boolean result."""
    anything = mixed(fn)

    def kernel(self, x, y):
        d = (x if is_array(x) else y).dtype
        if d != self._boolean:
            return anything(self, x, y)
        x, y = (self.xp.astype(v, self._byte) if is_array(v) else int(v) for v in (x, y))
        return self._like(anything(self, x, y), self._boolean)

    return kernel


def methods(xp):
    """The kernels that are a function of the namespace, as methods of a class."""
    kinds = ((SAME, staticmethod), (BY_UINT8, by_uint8), (MIXED, mixed))
    return {
        name: wrap(getattr(xp, name))
        for names, wrap in kinds
        for name in names
        if hasattr(xp, name)
    }


def in_single(P, fn):
    """A function of half-precision arrays computed in float32 and rounded once."""

    def kernel(*args):
        d = (args[0] if is_array(args[0]) else args[1]).dtype
        if d not in P._halves:
            return fn(*args)
        wide = (P.xp.astype(v, P.float32) if is_array(v) else v for v in args)
        return P.xp.astype(fn(*wide), d)

    return kernel


class Arithmetic:
    """The elementwise kernels that take more than a wrapper."""

    def _number(self, v, dtype):
        """A Python number in the category of a dtype; an array where the library wants one."""
        kind = self._kinds[dtype]
        if kind == dtypes.BOOL:
            v = bool(v)
        elif isinstance(v, bool):
            v = int(v)
        if self._scalars:
            return v
        if isinstance(v, complex) and kind == dtypes.FLOAT:
            dtype = self.complex64 if dtype == self.float32 else self.complex128
        return self.xp.asarray(v, dtype=dtype, **self._on)

    def _arrays(self, x, y):
        d = (x if is_array(x) else y).dtype
        return tuple(v if is_array(v) else self.xp.asarray(v, dtype=d, **self._on) for v in (x, y))

    def _choose(self, c, x, y):
        """The standard's ``where`` of an array and a number."""
        return self.xp.where(c, *self._arrays(x, y))

    def where(self, c, x, y):
        return self._choose(c, x, y)

    def _refuse_zero(self, x, y):
        integers = self._kinds[y.dtype] == dtypes.INT and 0 not in x.shape
        if integers and bool(self.xp.any(y == 0)):
            raise RuntimeError("ZeroDivisionError")

    def floor_divide(self, x, y):
        x, y = self._arrays(x, y)
        self._refuse_zero(x, y)
        q = self.xp.floor_divide(x, y)
        if self._kinds[x.dtype] != dtypes.FLOAT:
            return q
        return self.xp.where(y == 0, self.xp.divide(x, y), q)

    def remainder(self, x, y):
        x, y = self._arrays(x, y)
        self._refuse_zero(x, y)
        return self.xp.remainder(x, y)

    def pow(self, x, y):
        d = (x if is_array(x) else y).dtype
        if self._kinds[d] == dtypes.FLOAT and not is_array(y) and abs(y) == 0.5:
            root = self.xp.sqrt(x)
            return root if y > 0 else self.divide(1.0, root)
        if self._kinds[d] != dtypes.INT or d in self._unsigned:
            return mixed(self.xp.pow)(self, x, y)
        x, y = self._arrays(x, y)
        power = self.xp.pow(x, self._choose(y < 0, 0, y))
        one = self.full((), 1, d)
        unit = self.xp.where(y % 2 == 0, one, -one)
        reciprocal = self._choose(x == 1, one, self._choose(x == -1, unit, 0))
        return self.xp.where(y < 0, reciprocal, power)

    def abs(self, x):
        return self._fresh(x) if x.dtype in self._unsigned else self.xp.abs(x)

    def sign(self, x):
        if x.dtype == self._boolean:
            return self._fresh(x)
        return self._choose(x == x, self.xp.sign(x), 0)

    def conj(self, x):
        return self.xp.conj(x) if self._kinds[x.dtype] == dtypes.COMPLEX else x

    def real(self, x):
        return self.xp.real(x) if self._kinds[x.dtype] == dtypes.COMPLEX else x

    def logical_not(self, x):
        return self.xp.equal(x, self._number(0, x.dtype))
