"""Integers: random_ and randint, which take a word (or, for wide ranges, two) modulo the range."""

import warnings

import numpy as np

from .kinds import (
    I64,
    cpp_name,
    digits,
    is_float,
    is_half,
    largest,
    narrow,
    only,
    real_of,
    size_of,
)
from .uniform import pieces

_WIDE = 1 << 28
_FULL = {
    "b": 1 << 7,
    "h": 1 << 15,
    "i": 1 << 31,
    "l": 1 << 63,
    "q": 1 << 63,
    "B": 1 << 8,
    "?": 2,
    "e": (1 << 11) + 1,
    "E": (1 << 8) + 1,
    "f": (1 << 24) + 1,
    "d": (1 << 53) + 1,
}
_ALL64 = "lqdfE"


def _cast(v, dtype):
    """int64 to `dtype` as C++ does; half types by way of float32."""
    return narrow(v.astype(np.float32) if is_half(dtype) else v, dtype)


def _modulo(span, lo, wide, dtype):
    """A sampler of lo + (word mod span), span in [1, 2**64]."""
    if wide and span == 1 << 64:

        def draw(core, n):
            return core.u64(n).view(I64)
    elif wide:
        r = np.array(span, np.uint64)

        def draw(core, n):
            v = core.u64(n)
            v %= r
            return v.view(I64)
    else:
        r = np.array(span, np.uint32)

        def draw(core, n):
            return (core.u32(n) % r).astype(I64)

    def sample(core, n):
        v = draw(core, n)
        if lo:
            v += lo
        return v if dtype == I64 else _cast(v, dtype)

    return sample


def _nearest(v, step, dtype):
    """The bound v moved inwards, where floats are sparser than integers: step +1 from, -1 to.

    A float that int64 cannot hold becomes its least value, as x86 converts.
    """
    f = float(_cast(np.array([v + step], I64), dtype)[0])
    near = int(f) if abs(f) < 2.0**63 else -1 << 63
    if (near < v) if step > 0 else (near >= v):
        return near + step * (1 << (abs(v + step).bit_length() - digits(dtype)))
    return v


def _limits(dtype):
    if is_float(dtype):
        return -largest(dtype), largest(dtype)
    if dtype.char == "?":
        return 0, 1
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def _check(lo, last, dtype):
    least, most = _limits(dtype)
    named = (("from", lo), ("to - 1", last))
    for name, v in named:
        if not least <= v <= most:
            raise RuntimeError(f"{name} is out of bounds for {cpp_name(dtype)}")
    if is_float(dtype):
        d = digits(dtype)
        for name, v in named:
            if abs(v) > 1 << d:
                warnings.warn(
                    f"{name} is out of bounds [-(2^{d}), 2^{d}]. Due to precision limitations "
                    f"{cpp_name(dtype)} can support discrete uniform distribution only within this "
                    "range. This warning will become an error in version 1.7 release, please fix "
                    "the code in advance",
                    UserWarning,
                    stacklevel=3,
                )


def random_(core, shape, dtype, lo=None, hi=None):
    """Integers from lo (0) to hi - 1, in any real type (Tensor.random_).

    Without bounds, all that the type holds exactly and are not negative; without `hi`, up to the
    largest of them.  RuntimeError for an empty range or bounds that do not fit the type; a
    UserWarning where a floating type cannot hold all integers of the range.
    """
    dtype = np.dtype(dtype)
    shape, n = size_of(shape)
    if lo is None and hi is None:
        only("random_kernel_cpu", dtype, dtype.char in _FULL or not n)
        span = _FULL.get(dtype.char, 1)
        return pieces(_modulo(span, 0, span > 1 << 32, dtype), core, n, dtype).reshape(shape)
    lo = 0 if lo is None else lo
    flt = is_float(dtype)
    if hi is None and lo == -1 << 63:
        only("random_full_64_bits_range_kernel_cpu", dtype, dtype.char in _ALL64 + "bBhi" or not n)
        if n and dtype.char not in _ALL64:
            raise RuntimeError(
                "random_full_64_bits_range_kernel_cpu handles only int64, double, "
                "float and bfloat16"
            )
        return pieces(_modulo(1 << 64, 0, True, dtype), core, n, dtype).reshape(shape)
    if hi is not None and lo >= hi:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={lo} >= to={hi}"
        )
    if real_of(dtype) is not None:
        step = "random_from_to_impl" if hi is None else "check_random_bounds"
        raise RuntimeError(f"{step} handles only integral, floating-point and boolean types")
    if flt:
        lo = _nearest(lo, 1, dtype)
    if hi is None:
        last = 1 << digits(dtype) if flt else _limits(dtype)[1]
        last = -1 if last >= 1 << 63 else last
        if flt and lo >= last:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than or equal to "
                f"'to_inc' casted to dtype, but got from={lo} > to_inc={last}"
            )
    else:
        hi = _nearest(hi, -1, dtype) if flt else hi
        if lo >= hi:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than 'to' casted "
                f"to dtype, but got from={lo} >= to={hi}"
            )
        last = hi - 1
    _check(lo, last, dtype)
    span = (last - lo + 1) % (1 << 64)
    return pieces(_modulo(span, lo, span >= _WIDE, dtype), core, n, dtype).reshape(shape)


def randint(core, lo, hi, shape, dtype):
    """Integers in [lo, hi) (torch.randint); errors as `random_`."""
    return random_(core, shape, dtype, lo, hi)
