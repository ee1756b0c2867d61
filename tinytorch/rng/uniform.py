"""Uniform numbers: the float in [0, 1) that every other sampler starts from, and rand.

A float64 is made of the low 53 bits of a 64-bit draw, everything narrower of the low 24 bits of
one word, scaled to [lo, hi) by one fused multiply-add.  The half types are drawn as float32 and
narrowed; where that rounds up to `hi` the value becomes `lo`, so the interval stays half open.
"""

import numpy as np

from .engine import SPAN, spans
from .exact import fma32, fma64
from .kinds import (
    F32,
    F64,
    cpp_name,
    is_float,
    largest,
    narrow,
    only,
    real_of,
    size_of,
    torch_name,
)

_LOW24, _LOW53 = np.array(0xFFFFFF, np.uint32), np.array((1 << 53) - 1, np.uint64)
_ULP24, _ULP53 = np.array(2.0**-24, F32), np.array(2.0**-53)


def pieces(fn, core, n, dtype):
    """fn(core, n), a piece at a time if it is long."""
    if n <= SPAN:
        return fn(core, n)
    out = np.empty(n, dtype)
    for s in spans(n):
        out[s] = fn(core, s.stop - s.start)
    return out


def _unit32(core, n):
    out = (core.u32(n) & _LOW24).view(np.int32).astype(F32)
    out *= _ULP24
    return out


def _unit64(core, n):
    out = bits53(core, n).astype(F64)
    out *= _ULP53
    return out


def bits53(core, n):
    """int64[n] in [0, 2**53), two words each."""
    v = core.u64(n)
    v &= _LOW53
    return v.view(np.int64)


def unit32(core, n):
    """float32[n] in [0, 1), a word each."""
    return pieces(_unit32, core, n, F32)


def unit64(core, n):
    """float64[n] in [0, 1), two words each."""
    return pieces(_unit64, core, n, F64)


def _check(lo, hi, dtype):
    top = largest(dtype)
    for name, v in (("from", lo), ("to", hi)):
        if not -top <= v <= top:
            raise RuntimeError(f"{name} is out of bounds for {cpp_name(dtype)}")
    if lo > hi:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found from={lo:g} > to={hi:g}"
        )
    if hi - lo > top:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{torch_name(dtype)}>::max(), but "
            f"found to={hi:g} and from={lo:g} which result in to-from to exceed the limit"
        )


def rand(core, shape, dtype, lo=0.0, hi=1.0):
    """Uniform numbers in [lo, hi) (torch.rand, Tensor.uniform_).

    Complex types have both parts uniform.  RuntimeError for bounds that are reversed or do not
    fit, NotImplementedError for a type that is not floating.
    """
    dtype = np.dtype(dtype)
    shape, n = size_of(shape)
    part = real_of(dtype)
    if part is not None:
        return rand(core, 2 * n, part, lo, hi).view(dtype).reshape(shape)
    only("check_uniform_bounds", dtype, is_float(dtype))
    if lo == 0.0 and hi == 1.0:
        if dtype == F64:
            return unit64(core, n).reshape(shape)
        if dtype == F32:
            return unit32(core, n).reshape(shape)
    else:
        _check(lo, hi, dtype)
    return pieces(_scaled(lo, hi, dtype), core, n, dtype).reshape(shape)


def _scaled(lo, hi, dtype):
    if dtype == F64:
        return lambda core, n: fma64(_unit64(core, n), hi - lo, lo)
    a, b = F32.type(lo), F32.type(hi)
    low, high = dtype.type(lo), dtype.type(hi)

    def draw(core, n):
        out = narrow(fma32(_unit32(core, n), b - a, a), dtype)
        out[out == high] = low
        return out

    return draw
