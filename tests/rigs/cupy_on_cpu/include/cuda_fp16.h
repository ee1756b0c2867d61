// The part of CUDA's header that CuPy's float16.cuh asks for.
#pragma once
#include "half.h"

struct __half_raw {
  unsigned short x;
};

struct __half {
  unsigned short x;
  __half() = default;
  __half(float v) : x(half_bits(v)) {}
  __half(double v) : x(half_bits(v)) {}
  __half(int v) : x(half_bits(v)) {}
  __half(unsigned v) : x(half_bits(v)) {}
  __half(long long v) : x(half_bits(double(v))) {}
  __half(unsigned long long v) : x(half_bits(double(v))) {}
  __half(const __half_raw& r) : x(r.x) {}
  operator float() const { return half_value(x); }
  operator __half_raw() const { return {x}; }
};
typedef __half half;

inline __half __float2half(float v) { return v; }
inline __half __float2half_rn(float v) { return v; }
inline float __half2float(__half h) { return h; }
inline unsigned short __half_as_ushort(__half h) { return h.x; }
inline __half __ushort_as_half(unsigned short u) { return __half_raw{u}; }
inline bool __hisnan(__half h) { return (h.x & 0x7fff) > 0x7c00; }
inline int __hisinf(__half h) { return (h.x & 0x7fff) == 0x7c00; }
