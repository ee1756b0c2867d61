// The part of CUDA's header that CuPy's bfloat16.cuh asks for.
#pragma once
#include "half.h"

struct __nv_bfloat16 {
  unsigned short x;
  __nv_bfloat16() = default;
  __nv_bfloat16(float v) : x(bfloat_bits(v)) {}
  operator float() const { return bfloat_value(x); }
};

inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 h) { return h.x; }
inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short u) {
  __nv_bfloat16 h;
  h.x = u;
  return h;
}
inline bool __hisnan(__nv_bfloat16 h) { return (h.x & 0x7fff) > 0x7f80; }
inline int __hisinf(__nv_bfloat16 h) { return (h.x & 0x7fff) == 0x7f80; }
