// float16 and bfloat16 as bit patterns: exact conversions, rounded once, half to even.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

// Round a double to a binary format of `bits` mantissa bits and smallest normal exponent `low`.
inline uint16_t to_bits(double v, int bits, int low, int exponents) {
  uint16_t sign = std::signbit(v) ? 0x8000 : 0, inf = ((1 << exponents) - 1) << bits;
  if (std::isnan(v)) return sign | inf | 1 << (bits - 1);
  v = std::fabs(v);
  if (std::isinf(v)) return sign | inf;
  int e = v == 0 ? low : std::ilogb(v);
  if (e < low) e = low;
  double scaled = std::nearbyint(std::ldexp(v, bits - e));
  if (scaled >= double(1 << (bits + 1))) scaled /= 2, e++;
  if (e > 1 - low) return sign | inf;
  int m = int(scaled), hidden = 1 << bits;
  return sign | (m < hidden ? m : ((e - low + 1) << bits) + (m - hidden));
}

inline double from_bits(uint16_t u, int bits, int low, int exponents) {
  int e = (u & 0x7fff) >> bits, m = u & ((1 << bits) - 1), top = (1 << exponents) - 1;
  double v = e == top ? (m ? NAN : INFINITY)
                      : std::ldexp(double(e ? m | 1 << bits : m), (e ? e - 1 : 0) + low - bits);
  return u & 0x8000 ? -v : v;
}

inline uint16_t half_bits(double v) { return to_bits(v, 10, -14, 5); }
inline double half_value(uint16_t u) { return from_bits(u, 10, -14, 5); }
inline uint16_t bfloat_bits(double v) { return to_bits(v, 7, -126, 8); }
inline double bfloat_value(uint16_t u) {
  uint32_t w = uint32_t(u) << 16;
  float f;
  std::memcpy(&f, &w, 4);
  return f;
}
