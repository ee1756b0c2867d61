// CUDA C++ for g++: a kernel includes this before its own text.
//
// A block's threads run one after the other on one CPU thread, so atomics are plain arithmetic and
// the built-in variables are globals of the kernel's own library. Only kernels whose text names a
// barrier or a shuffle (CPU_FIBERS, set by the shim) get a fiber per thread. What CUDA has and this
// header has not does not compile, which CuPy reports as a CompileException.
#pragma once
#include <cassert>
#include <climits>
#include <math.h>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <stdlib.h>
#include <cstring>
#include <initializer_list>
#include <utility>

#include "cuda_bf16.h"
#include "cuda_fp16.h"
#include "launch.h"

#define __CUDACC_VER_MAJOR__ 12
#define __host__
#define __device__
#define __global__
#define __constant__
#define __shared__ static
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))

static dim3 gridDim, blockDim, blockIdx, threadIdx;
static const Launch* launch;
static const int warpSize = 32;

static inline void set_thread(unsigned i) {
  threadIdx = dim3(i % blockDim.x, i / blockDim.x % blockDim.y, i / blockDim.x / blockDim.y);
}

template <class F>
static void cpu_launch(const Launch& l, F&& thread) {
  launch = &l, gridDim = l.grid, blockDim = l.block;
  unsigned n = blockDim.x * blockDim.y * blockDim.z;
  for (blockIdx.z = 0; blockIdx.z < gridDim.z; blockIdx.z++)
    for (blockIdx.y = 0; blockIdx.y < gridDim.y; blockIdx.y++)
      for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++) {
#ifdef CPU_FIBERS
        l.fibers(n, [](void* f, unsigned i) { set_thread(i), (*static_cast<F*>(f))(); }, &thread);
#else
        for (unsigned i = 0; i < n; i++) set_thread(i), thread();
#endif
      }
}

template <class... A, size_t... I>
static void cpu_call(void (*kernel)(A...), const Launch& l, void** p, std::index_sequence<I...>) {
  cpu_launch(l, [&] { kernel(*static_cast<std::remove_reference_t<A>*>(p[I])...); });
}

template <class... A>
static void cpu_kernel(void (*kernel)(A...), const Launch& l, void** p) {
  cpu_call(kernel, l, p, std::index_sequence_for<A...>());
}

// The shim appends one of these for each kernel of the text.
#define CPU_ENTRY(id, ...) \
  extern "C" void cpu_entry_##id(const Launch& l, void** p) { cpu_kernel(&__VA_ARGS__, l, p); }

static inline void __threadfence() {}
static inline void __threadfence_block() {}

#ifdef CPU_FIBERS
static char cpu_mail[1024][16];

static inline unsigned cpu_thread() {
  return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
}
static inline void __syncthreads() {
  dim3 t = threadIdx;
  launch->wait_block(), threadIdx = t;
}
static inline void __syncwarp(unsigned mask = 0xffffffff) {
  dim3 t = threadIdx;
  launch->wait_warp(mask), threadIdx = t;
}
template <class T>
static T cpu_exchange(unsigned mask, T v, unsigned lane) {
  unsigned i = cpu_thread();
  static_assert(sizeof(T) <= 16, "a value that fits a mailbox");
  memcpy(cpu_mail[i], &v, sizeof(T));
  __syncwarp(mask);
  memcpy(&v, cpu_mail[i / 32 * 32 + lane], sizeof(T));
  __syncwarp(mask);
  return v;
}
template <class T>
static T __shfl_sync(unsigned mask, T v, int src, int width = 32) {
  unsigned lane = cpu_thread() % 32;
  return cpu_exchange(mask, v, lane / width * width + src % width);
}
template <class T>
static T __shfl_up_sync(unsigned mask, T v, unsigned d, int width = 32) {
  unsigned lane = cpu_thread() % 32;
  return cpu_exchange(mask, v, lane % width >= d ? lane - d : lane);
}
template <class T>
static T __shfl_down_sync(unsigned mask, T v, unsigned d, int width = 32) {
  unsigned lane = cpu_thread() % 32;
  return cpu_exchange(mask, v, lane % width + d < unsigned(width) ? lane + d : lane);
}
template <class T>
static T __shfl_xor_sync(unsigned mask, T v, int bits, int width = 32) {
  unsigned lane = cpu_thread() % 32, src = lane ^ bits;
  return cpu_exchange(mask, v, src / width > lane / width ? lane : src);
}
#endif

#define CPU_MINMAX(T)                                   \
  inline T max(T a, T b) { return a < b ? b : a; }      \
  inline T min(T a, T b) { return b < a ? b : a; }
CPU_MINMAX(int)
CPU_MINMAX(unsigned)
CPU_MINMAX(long)
CPU_MINMAX(unsigned long)
CPU_MINMAX(long long)
CPU_MINMAX(unsigned long long)
#undef CPU_MINMAX
inline float max(float a, float b) { return fmaxf(a, b); }
inline float min(float a, float b) { return fminf(a, b); }
inline double max(double a, double b) { return fmax(a, b); }
inline double min(double a, double b) { return fmin(a, b); }

#define CPU_ATOMIC(name, T, expr)     \
  inline T atomic##name(T* p, T v) {  \
    T old = *p;                       \
    *p = (expr);                      \
    return old;                       \
  }
#define CPU_INTEGER_ATOMICS(T)                  \
  CPU_ATOMIC(Exch, T, v)                        \
  CPU_ATOMIC(Min, T, v < old ? v : old)         \
  CPU_ATOMIC(Max, T, old < v ? v : old)         \
  CPU_ATOMIC(And, T, old & v)                   \
  CPU_ATOMIC(Or, T, old | v)                    \
  CPU_ATOMIC(Xor, T, old ^ v)                   \
  inline T atomicCAS(T* p, T compare, T v) {    \
    T old = *p;                                 \
    if (old == compare) *p = v;                 \
    return old;                                 \
  }
CPU_INTEGER_ATOMICS(int)
CPU_INTEGER_ATOMICS(unsigned)
CPU_INTEGER_ATOMICS(unsigned long long)
CPU_ATOMIC(Min, long long, v < old ? v : old)
CPU_ATOMIC(Max, long long, old < v ? v : old)
CPU_ATOMIC(Exch, float, v)
CPU_ATOMIC(Add, int, old + v)
CPU_ATOMIC(Add, unsigned, old + v)
CPU_ATOMIC(Add, unsigned long long, old + v)
CPU_ATOMIC(Add, float, old + v)
CPU_ATOMIC(Add, double, old + v)
CPU_ATOMIC(Sub, int, old - v)
CPU_ATOMIC(Sub, unsigned, old - v)
CPU_ATOMIC(Inc, unsigned, old >= v ? 0 : old + 1)
CPU_ATOMIC(Dec, unsigned, old == 0 || old > v ? v : old - 1)
#undef CPU_INTEGER_ATOMICS
#undef CPU_ATOMIC

inline int __popc(unsigned v) { return __builtin_popcount(v); }
inline int __popcll(unsigned long long v) { return __builtin_popcountll(v); }
inline int __clz(int v) { return v ? __builtin_clz(v) : 32; }
inline int __clzll(long long v) { return v ? __builtin_clzll(v) : 64; }
inline int __ffs(int v) { return __builtin_ffs(v); }
inline int __ffsll(long long v) { return __builtin_ffsll(v); }
inline int __mulhi(int a, int b) { return int((long long)a * b >> 32); }
inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned long long)a * b >> 32; }
template <class T>
inline T __ldg(const T* p) {
  return *p;
}

template <class To, class From>
inline To cpu_cast(From v) {
  To r;
  memcpy(&r, &v, sizeof(r));
  return r;
}
inline int __float_as_int(float v) { return cpu_cast<int>(v); }
inline unsigned __float_as_uint(float v) { return cpu_cast<unsigned>(v); }
inline float __int_as_float(int v) { return cpu_cast<float>(v); }
inline float __uint_as_float(unsigned v) { return cpu_cast<float>(v); }
inline long long __double_as_longlong(double v) { return cpu_cast<long long>(v); }
inline double __longlong_as_double(long long v) { return cpu_cast<double>(v); }

// Winitzki's start, then Newton's steps on erf, or on erfc where erf is nearly 1.
inline double erfinv(double x) {
  double a = fabs(x), l = log1p(-a * a), b = 2 / (M_PI * 0.147) + l / 2;
  if (!(a < 1)) return a == 1 ? x * INFINITY : NAN;
  double y = sqrt(sqrt(b * b - l / 0.147) - b);
  for (int i = 0; i < 4; i++)
    y += (a > 0.5 ? erfc(y) - (1 - a) : a - erf(y)) / (M_2_SQRTPI * exp(-y * y));
  return copysign(y, x);
}
inline float erfinv(float x) { return float(erfinv(double(x))); }
inline float erfinvf(float x) { return erfinv(x); }
inline double erfcinv(double x) {
  if (!(x > 0 && x < 2)) return x == 0 ? INFINITY : x == 2 ? -INFINITY : NAN;
  if (x > 1) return -erfcinv(2 - x);
  double l = log(x * (2 - x)), b = 2 / (M_PI * 0.147) + l / 2, y = sqrt(sqrt(b * b - l / 0.147) - b);
  for (int i = 0; i < 6; i++) y += (erfc(y) - x) / (M_2_SQRTPI * exp(-y * y));
  return y;
}
inline float erfcinv(float x) { return float(erfcinv(double(x))); }
inline double normcdfinv(double x) { return -M_SQRT2 * erfcinv(2 * x); }
inline float normcdfinv(float x) { return float(normcdfinv(double(x))); }
inline double cyl_bessel_i0(double x) { return std::cyl_bessel_i(0.0, fabs(x)); }
inline float cyl_bessel_i0(float x) { return float(cyl_bessel_i0(double(x))); }
inline double cyl_bessel_i1(double x) { return copysign(std::cyl_bessel_i(1.0, fabs(x)), x); }
inline float cyl_bessel_i1(float x) { return float(cyl_bessel_i1(double(x))); }
inline double normcdf(double x) { return erfc(-x * M_SQRT1_2) / 2; }
inline float normcdf(float x) { return float(normcdf(double(x))); }
inline double rsqrt(double x) { return 1 / sqrt(x); }
inline float rsqrt(float x) { return float(1 / sqrt(double(x))); }
inline float rsqrtf(float x) { return rsqrt(x); }
inline double rcbrt(double x) { return 1 / cbrt(x); }
inline float rcbrt(float x) { return float(1 / cbrt(double(x))); }
inline double sinpi(double x) { return sin(M_PI * fmod(x, 2)); }
inline float sinpi(float x) { return float(sinpi(double(x))); }
inline double cospi(double x) { return cos(M_PI * fmod(x, 2)); }
inline float cospi(float x) { return float(cospi(double(x))); }
inline float exp10(float x) { return exp10f(x); }
inline float __expf(float x) { return expf(x); }
inline float __logf(float x) { return logf(x); }
inline float __powf(float x, float y) { return powf(x, y); }
inline float __fdividef(float x, float y) { return x / y; }
inline float __saturatef(float x) { return fminf(fmaxf(x, 0), 1); }
