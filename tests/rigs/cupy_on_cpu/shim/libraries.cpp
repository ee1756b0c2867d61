// The parts of cuBLAS and Thrust that array code needs, as plain loops in column-major order.
//
// float16 and bfloat16 accumulate in single precision, the others in their own. A pointer mode is
// kept but has no effect: host and device scalars are the same memory here.
#include <algorithm>
#include <complex>
#include <cstdint>
#include <numeric>
#include <vector>

#include "cuda_bf16.h"
#include "cuda_fp16.h"

namespace {

typedef std::complex<float> c64;
typedef std::complex<double> c128;
enum { Success = 0, InvalidValue = 7, NotSupported = 15 };
enum Type { F32, F64, F16, C64 = 4, C128 = 5, BF16 = 14 };
enum Op { N, T, C };

struct Handle {
  void* stream = nullptr;
  int pointers = 0, math = 0;
};

template <class S>
S conjugated(S v) { return v; }
template <class S>
std::complex<S> conjugated(std::complex<S> v) { return std::conj(v); }
template <class S>
double size1(S v) { return std::fabs(v); }
template <class S>
double size1(std::complex<S> v) { return std::fabs(v.real()) + std::fabs(v.imag()); }

// op(A) of m by n as rows of S.
template <class S, class E>
std::vector<S> packed(int op, int m, int n, const E* a, int lda) {
  std::vector<S> out(size_t(m) * n);
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      S v = S(op == N ? a[i + size_t(j) * lda] : a[j + size_t(i) * lda]);
      out[size_t(i) * n + j] = op == C ? conjugated(v) : v;
    }
  return out;
}

template <class S, class E>
int gemm(int opa, int opb, int m, int n, int k, const S* alpha, const E* a, int lda, const E* b,
         int ldb, const S* beta, E* c, int ldc) {
  if (m < 0 || n < 0 || k < 0 || ldc < std::max(1, m)) return InvalidValue;
  if (lda < std::max(1, opa == N ? m : k) || ldb < std::max(1, opb == N ? k : n))
    return InvalidValue;
  std::vector<S> x = packed<S>(opa, m, k, a, lda), y = packed<S>(opb, k, n, b, ldb), row(n);
  for (int i = 0; i < m; i++) {
    std::fill(row.begin(), row.end(), S(0));
    for (int l = 0; l < k; l++) {
      S v = x[size_t(i) * k + l];
      const S* q = &y[size_t(l) * n];
      for (int j = 0; j < n; j++) row[j] += v * q[j];
    }
    for (int j = 0; j < n; j++) {
      E* p = c + i + size_t(j) * ldc;
      *p = E(*beta == S(0) ? *alpha * row[j] : *alpha * row[j] + *beta * S(*p));
    }
  }
  return Success;
}

// gemm by type codes; `computes` is the code of the type that alpha, beta and the sums have.
int gemm_ex(int opa, int opb, int m, int n, int k, const void* alpha, const void* a, int ta, int lda,
            const void* b, int tb, int ldb, const void* beta, void* c, int tc, int ldc) {
  if (ta != tc || tb != tc) return NotSupported;
#define CASE(code, S, E)                                                                        \
  case code:                                                                                    \
    return gemm<S, E>(opa, opb, m, n, k, static_cast<const S*>(alpha), static_cast<const E*>(a), \
                      lda, static_cast<const E*>(b), ldb, static_cast<const S*>(beta),           \
                      static_cast<E*>(c), ldc);
  switch (tc) {
    CASE(F32, float, float)
    CASE(F64, double, double)
    CASE(F16, float, __half)
    CASE(BF16, float, __nv_bfloat16)
    CASE(C64, c64, c64)
    CASE(C128, c128, c128)
  }
#undef CASE
  return NotSupported;
}

// Whether a product of this type is summed in single, double or its own complex precision, as asked.
bool sums_as_asked(int type, int compute) {
  static const int single[] = {F32, 68, 69, 74, 75, 77, C64}, wide[] = {F64, 70, 71, C128};
  bool is_wide = type == F64 || type == C128;
  auto has = [&](auto& list) { return std::count(std::begin(list), std::end(list), compute) > 0; };
  return is_wide ? has(wide) : has(single);
}

size_t width(int type) {
  return type == F16 || type == BF16 ? 2 : type == F32 ? 4 : type == C128 ? 16 : 8;
}

template <class S>
int gemv(int op, int m, int n, const S* alpha, const S* a, int lda, const S* x, int incx,
         const S* beta, S* y, int incy) {
  if (incx <= 0 || incy <= 0) return NotSupported;
  int rows = op == N ? m : n, columns = op == N ? n : m;
  std::vector<S> p = packed<S>(op, rows, columns, a, lda);
  for (int i = 0; i < rows; i++) {
    S sum(0);
    for (int j = 0; j < columns; j++) sum += p[size_t(i) * columns + j] * x[size_t(j) * incx];
    S& out = y[size_t(i) * incy];
    out = *beta == S(0) ? *alpha * sum : *alpha * sum + *beta * out;
  }
  return Success;
}

template <class S>
int ger(bool conjugate, int m, int n, const S* alpha, const S* x, int incx, const S* y, int incy,
        S* a, int lda) {
  if (incx <= 0 || incy <= 0) return NotSupported;
  for (int j = 0; j < n; j++)
    for (int i = 0; i < m; i++) {
      S v = y[size_t(j) * incy];
      a[i + size_t(j) * lda] += *alpha * x[size_t(i) * incx] * (conjugate ? conjugated(v) : v);
    }
  return Success;
}

template <class S>
int dot(bool conjugate, int n, const S* x, int incx, const S* y, int incy, S* out) {
  if (incx <= 0 || incy <= 0) return NotSupported;
  S sum(0);
  for (int i = 0; i < n; i++) {
    S v = x[size_t(i) * incx];
    sum += (conjugate ? conjugated(v) : v) * y[size_t(i) * incy];
  }
  *out = sum;
  return Success;
}

template <class S, class R>
int norm(bool euclid, int n, const S* x, int incx, R* out) {
  if (incx <= 0) return NotSupported;
  double sum = 0;
  for (int i = 0; i < n; i++)
    sum += euclid ? std::norm(x[size_t(i) * incx]) : size1(x[size_t(i) * incx]);
  *out = R(euclid ? std::sqrt(sum) : sum);
  return Success;
}

template <class S>
int geam(int opa, int opb, int m, int n, const S* alpha, const S* a, int lda, const S* beta,
         const S* b, int ldb, S* c, int ldc) {
  std::vector<S> zero(size_t(m) * n), x = *alpha == S(0) ? zero : packed<S>(opa, m, n, a, lda);
  std::vector<S> y = *beta == S(0) ? zero : packed<S>(opb, m, n, b, ldb);
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      size_t at = size_t(i) * n + j;
      c[i + size_t(j) * ldc] = *alpha * x[at] + *beta * y[at];
    }
  return Success;
}

// Solve op(A) X = alpha B or X op(A) = alpha B for a triangular A, in place of B.
template <class S>
int trsm(int right, int upper, int op, int unit, int m, int n, const S* alpha, const S* a, int lda,
         S* b, int ldb) {
  int k = right ? n : m, others = right ? m : n;
  std::vector<S> t = packed<S>(op, k, k, a, lda);
  bool forward = (upper != 0) == (op != N);
  if (right) forward = !forward;
  for (int o = 0; o < others; o++) {
    auto at = [&](int i) -> S& { return right ? b[o + size_t(i) * ldb] : b[i + size_t(o) * ldb]; };
    for (int s = 0; s < k; s++) {
      int i = forward ? s : k - 1 - s;
      S v = *alpha * at(i);
      for (int r = 0; r < s; r++) {
        int j = forward ? r : k - 1 - r;
        v -= (right ? t[size_t(j) * k + i] : t[size_t(i) * k + j]) * at(j);
      }
      at(i) = unit ? v : v / t[size_t(i) * k + i];
    }
  }
  return Success;
}

// --- sorting: stable, NaN last, complex numbers by real then imaginary part ------------------------

template <class E>
bool before(const E& a, const E& b) { return a < b; }
template <>
bool before(const float& a, const float& b) { return std::isnan(b) ? !std::isnan(a) : a < b; }
template <>
bool before(const double& a, const double& b) { return std::isnan(b) ? !std::isnan(a) : a < b; }
template <>
bool before(const __half& a, const __half& b) { return before(float(a), float(b)); }
template <class S>
int nans(const std::complex<S>& v) { return std::isnan(v.real()) * 2 + std::isnan(v.imag()); }
template <class S>
bool complex_before(const std::complex<S>& a, const std::complex<S>& b) {
  if (nans(a) || nans(b)) {
    if (nans(a) != nans(b)) return nans(a) < nans(b);
    return nans(a) == 1 ? a.real() < b.real() : nans(a) == 2 && a.imag() < b.imag();
  }
  return a.real() != b.real() ? a.real() < b.real() : a.imag() < b.imag();
}
template <>
bool before(const c64& a, const c64& b) { return complex_before(a, b); }
template <>
bool before(const c128& a, const c128& b) { return complex_before(a, b); }

template <class F>
void by_type(int type, F f) {
  switch (type) {
    case 0: return f(int8_t());
    case 1: return f(uint8_t());
    case 2: return f(int16_t());
    case 3: return f(uint16_t());
    case 4: return f(int32_t());
    case 5: return f(uint32_t());
    case 6: return f(int64_t());
    case 7: return f(uint64_t());
    case 8: return f(__half());
    case 9: return f(float());
    case 10: return f(double());
    case 11: return f(c64());
    case 12: return f(c128());
    case 13: return f(bool());
  }
  throw std::bad_alloc();
}

size_t count(const std::vector<ptrdiff_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), size_t(1), std::multiplies<size_t>());
}

}  // namespace

void thrust_sort(int type, void* data, size_t*, const std::vector<ptrdiff_t>& shape, intptr_t,
                 void*) {
  by_type(type, [&](auto e) {
    typedef decltype(e) E;
    E *p = static_cast<E*>(data), *end = p + count(shape);
    for (size_t n = shape.back(); p < end; p += n) std::stable_sort(p, p + n, before<E>);
  });
}

void thrust_lexsort(int type, size_t* index, void* keys, size_t k, size_t n, intptr_t, void*) {
  by_type(type, [&](auto e) {
    typedef decltype(e) E;
    std::iota(index, index + n, size_t(0));
    for (size_t i = 0; i < k; i++) {
      const E* key = static_cast<E*>(keys) + i * n;
      std::stable_sort(index, index + n, [=](size_t a, size_t b) { return before(key[a], key[b]); });
    }
  });
}

void thrust_argsort(int type, size_t* index, void* data, void*, const std::vector<ptrdiff_t>& shape,
                    intptr_t, void*) {
  by_type(type, [&](auto e) {
    typedef decltype(e) E;
    E *p = static_cast<E*>(data), *end = p + count(shape);
    for (size_t n = shape.back(); p < end; p += n, index += n) {
      std::iota(index, index + n, size_t(0));
      std::stable_sort(index, index + n, [=](size_t a, size_t b) { return before(p[a], p[b]); });
    }
  });
}

extern "C" {

int cublasCreate(Handle** h) { return *h = new Handle, Success; }
int cublasDestroy(Handle* h) { return delete h, Success; }
int cublasGetVersion(Handle*, int* v) { return *v = 12090, Success; }
int cublasGetPointerMode(Handle* h, int* m) { return *m = h->pointers, Success; }
int cublasSetPointerMode(Handle* h, int m) { return h->pointers = m, Success; }
int cublasSetStream(Handle* h, void* s) { return h->stream = s, Success; }
int cublasGetStream(Handle* h, void** s) { return *s = h->stream, Success; }
int cublasSetMathMode(Handle* h, int m) { return h->math = m, Success; }
int cublasGetMathMode(Handle* h, int* m) { return *m = h->math, Success; }

#define ROUTINES(L, S)                                                                           \
  int cublas##L##gemm(Handle*, int ta, int tb, int m, int n, int k, const S* al, const S* a,     \
                      int lda, const S* b, int ldb, const S* be, S* c, int ldc) {                \
    return gemm<S, S>(ta, tb, m, n, k, al, a, lda, b, ldb, be, c, ldc);                          \
  }                                                                                              \
  int cublas##L##gemmBatched(Handle*, int ta, int tb, int m, int n, int k, const S* al,          \
                             const S** a, int lda, const S** b, int ldb, const S* be, S** c,     \
                             int ldc, int batch) {                                               \
    int status = Success;                                                                        \
    for (int i = 0; i < batch && !status; i++)                                                   \
      status = gemm<S, S>(ta, tb, m, n, k, al, a[i], lda, b[i], ldb, be, c[i], ldc);             \
    return status;                                                                               \
  }                                                                                              \
  int cublas##L##gemmStridedBatched(Handle*, int ta, int tb, int m, int n, int k, const S* al,   \
                                    const S* a, int lda, long long sa, const S* b, int ldb,      \
                                    long long sb, const S* be, S* c, int ldc, long long sc,      \
                                    int batch) {                                                 \
    int status = Success;                                                                        \
    for (int i = 0; i < batch && !status; i++)                                                   \
      status = gemm<S, S>(ta, tb, m, n, k, al, a + i * sa, lda, b + i * sb, ldb, be, c + i * sc, \
                          ldc);                                                                  \
    return status;                                                                               \
  }                                                                                              \
  int cublas##L##gemv(Handle*, int t, int m, int n, const S* al, const S* a, int lda,            \
                      const S* x, int ix, const S* be, S* y, int iy) {                           \
    return gemv(t, m, n, al, a, lda, x, ix, be, y, iy);                                          \
  }                                                                                              \
  int cublas##L##geam(Handle*, int ta, int tb, int m, int n, const S* al, const S* a, int lda,   \
                      const S* be, const S* b, int ldb, S* c, int ldc) {                         \
    return geam(ta, tb, m, n, al, a, lda, be, b, ldb, c, ldc);                                   \
  }                                                                                              \
  int cublas##L##trsm(Handle*, int side, int upper, int t, int unit, int m, int n, const S* al,  \
                      const S* a, int lda, S* b, int ldb) {                                      \
    return trsm(side, upper, t, unit, m, n, al, a, lda, b, ldb);                                 \
  }                                                                                              \
  int cublas##L##trsmBatched(Handle*, int side, int upper, int t, int unit, int m, int n,        \
                             const S* al, const S** a, int lda, S** b, int ldb, int batch) {     \
    for (int i = 0; i < batch; i++)                                                              \
      trsm(side, upper, t, unit, m, n, al, a[i], lda, b[i], ldb);                                \
    return Success;                                                                              \
  }                                                                                              \
  int cublas##L##scal(Handle*, int n, const S* al, S* x, int ix) {                               \
    for (int i = 0; i < n; i++) x[size_t(i) * ix] *= *al;                                        \
    return Success;                                                                              \
  }                                                                                              \
  int cublas##L##axpy(Handle*, int n, const S* al, const S* x, int ix, S* y, int iy) {           \
    for (int i = 0; i < n; i++) y[size_t(i) * iy] += *al * x[size_t(i) * ix];                    \
    return Success;                                                                              \
  }
ROUTINES(S, float)
ROUTINES(D, double)
ROUTINES(C, c64)
ROUTINES(Z, c128)

#define OUTER(name, S, conjugate)                                                                 \
  int cublas##name(Handle*, int m, int n, const S* al, const S* x, int ix, const S* y, int iy,    \
                   S* a, int lda) {                                                               \
    return ger(conjugate, m, n, al, x, ix, y, iy, a, lda);                                        \
  }
OUTER(Sger, float, false)
OUTER(Dger, double, false)
OUTER(Cgeru, c64, false)
OUTER(Cgerc, c64, true)
OUTER(Zgeru, c128, false)
OUTER(Zgerc, c128, true)

#define INNER(name, S, conjugate)                                                             \
  int cublas##name(Handle*, int n, const S* x, int ix, const S* y, int iy, S* out) {          \
    return dot(conjugate, n, x, ix, y, iy, out);                                              \
  }
INNER(Sdot, float, false)
INNER(Ddot, double, false)
INNER(Cdotu, c64, false)
INNER(Cdotc, c64, true)
INNER(Zdotu, c128, false)
INNER(Zdotc, c128, true)

#define NORMS(L, S, R)                                                         \
  int cublas##L##nrm2(Handle*, int n, const S* x, int ix, R* out) {            \
    return norm(true, n, x, ix, out);                                          \
  }                                                                            \
  int cublas##L##asum(Handle*, int n, const S* x, int ix, R* out) {            \
    return norm(false, n, x, ix, out);                                         \
  }
NORMS(S, float, float)
NORMS(D, double, double)
NORMS(Sc, c64, float)
NORMS(Dz, c128, double)

int cublasSgemmEx(Handle*, int ta, int tb, int m, int n, int k, const float* al, const void* a,
                  int at, int lda, const void* b, int bt, int ldb, const float* be, void* c, int ct,
                  int ldc) {
  if (ct == F64 || ct == C64 || ct == C128) return NotSupported;
  return gemm_ex(ta, tb, m, n, k, al, a, at, lda, b, bt, ldb, be, c, ct, ldc);
}
int cublasGemmEx(Handle*, int ta, int tb, int m, int n, int k, const void* al, const void* a, int at,
                 int lda, const void* b, int bt, int ldb, const void* be, void* c, int ct, int ldc,
                 int compute, int) {
  if (!sums_as_asked(ct, compute)) return NotSupported;
  return gemm_ex(ta, tb, m, n, k, al, a, at, lda, b, bt, ldb, be, c, ct, ldc);
}
int cublasGemmEx_v11(Handle* h, int ta, int tb, int m, int n, int k, const void* al, const void* a,
                     int at, int lda, const void* b, int bt, int ldb, const void* be, void* c,
                     int ct, int ldc, int compute, int algorithm) {
  return cublasGemmEx(h, ta, tb, m, n, k, al, a, at, lda, b, bt, ldb, be, c, ct, ldc, compute,
                      algorithm);
}
int cublasGemmStridedBatchedEx(Handle*, int ta, int tb, int m, int n, int k, const void* al,
                               const void* a, int at, int lda, long long sa, const void* b, int bt,
                               int ldb, long long sb, const void* be, void* c, int ct, int ldc,
                               long long sc, int batch, int compute, int) {
  if (!sums_as_asked(ct, compute)) return NotSupported;
  int status = Success;
  size_t w = width(ct);
  for (int i = 0; i < batch && !status; i++)
    status = gemm_ex(ta, tb, m, n, k, al, static_cast<const char*>(a) + i * sa * w, at, lda,
                     static_cast<const char*>(b) + i * sb * w, bt, ldb, be,
                     static_cast<char*>(c) + i * sc * w, ct, ldc);
  return status;
}
int cublasGemmStridedBatchedEx_v11(Handle* h, int ta, int tb, int m, int n, int k, const void* al,
                                   const void* a, int at, int lda, long long sa, const void* b,
                                   int bt, int ldb, long long sb, const void* be, void* c, int ct,
                                   int ldc, long long sc, int batch, int compute, int algorithm) {
  return cublasGemmStridedBatchedEx(h, ta, tb, m, n, k, al, a, at, lda, sa, b, bt, ldb, sb, be, c,
                                    ct, ldc, sc, batch, compute, algorithm);
}

}  // extern "C"
