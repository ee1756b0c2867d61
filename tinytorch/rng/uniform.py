"""Uniform numbers: the float in [0, 1) that every other sampler starts from, and rand.

A float64 is made of the low 53 bits of a 64-bit draw, everything narrower of the low 24 bits of
one word, scaled to [lo, hi) by one fused multiply-add.  The half types are drawn as float32 and
narrowed; where that rounds up to `hi` the value becomes `lo`, so the interval stays half open.
"""

import numpy as np

from .engine import spans
from .exact import fma32, fma64
from .kinds import (F32, F64, cpp_name, is_float, largest, narrow, only, real_of, size_of,
                    torch_name)

_LOW24, _LOW53 = np.uint32(0xFFFFFF), np.uint64((1 << 53) - 1)
_ULP24, _ULP53 = F32.type(2.0**-24), 2.0**-53


def unit32(core, n):
    """float32[n] in [0, 1), a word each."""
    out = np.empty(n, F32)
    for s in spans(n):
        o = out[s]
        o[...] = (core.u32(o.size) & _LOW24).view(np.int32)
        o *= _ULP24
    return out


def bits53(core, n):
    """int64[n] in [0, 2**53), two words each."""
    v = core.u64(n)
    v &= _LOW53
    return v.view(np.int64)


def unit64(core, n):
    """float64[n] in [0, 1), two words each."""
    out = np.empty(n, F64)
    for s in spans(n):
        o = out[s]
        o[...] = bits53(core, o.size)
        o *= _ULP53
    return out


def _check(lo, hi, dtype):
    top = largest(dtype)
    for name, v in (("from", lo), ("to", hi)):
        if not -top <= v <= top:
            raise RuntimeError(f"{name} is out of bounds for {cpp_name(dtype)}")
    if lo > hi:
        raise RuntimeError("uniform_ expects to return a [from, to) range, but found "
                           f"from={lo:g} > to={hi:g}")
    if hi - lo > top:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{torch_name(dtype)}>::max(), but "
            f"found to={hi:g} and from={lo:g} which result in to-from to exceed the limit")


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
    plain = lo == 0.0 and hi == 1.0
    if not plain:
        _check(lo, hi, dtype)
    if dtype == F64:
        out = unit64(core, n)
        return (out if plain else fma64(out, hi - lo, lo)).reshape(shape)
    out = unit32(core, n)
    if not plain:
        lo, hi = F32.type(lo), F32.type(hi)
        out = fma32(out, hi - lo, lo)
    if dtype != F32:
        out = narrow(out, dtype)
        lo, hi = dtype.type(lo), dtype.type(hi)
    if not plain or dtype != F32:
        out[out == hi] = lo
    return out.reshape(shape)
