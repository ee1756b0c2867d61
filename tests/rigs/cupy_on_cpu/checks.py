"""What the rig's CuPy answers, beside NumPy; collected by name, under the rig's environment.

One row a primitive: the same expression on CuPy's own kernels and on NumPy. The rows after them
are what the shim has not got: each must raise, whatever the library's stub would have answered.
"""

from __future__ import annotations

import re

import cupy
import cupyx.scipy.sparse
import numpy as np
import pytest

rng = np.random.default_rng(0)
A = rng.standard_normal((3, 4)).astype(np.float32)
B = rng.standard_normal((3, 4)).astype(np.float32)
D = rng.standard_normal((5, 6, 7))
V = rng.standard_normal(1000)
C = (rng.standard_normal((3, 4)) + 1j * rng.standard_normal((3, 4))).astype(np.complex64)
N = rng.integers(-9, 9, (3, 4))
J = rng.integers(1, 9, (3, 4))
K = rng.integers(0, 3, (3, 4))
H = A.astype(np.float16)
M = A > 0
X = np.array([3.0, np.nan, -1.0, np.inf, -0.0, 2.0, np.nan, -np.inf])
W = rng.standard_normal((40, 50))
P = np.abs(A) + 0.5
T = rng.standard_normal((2, 3, 4, 5)).astype(np.float32)

ROWS = {
    name: eval(f"lambda xp, {', '.join('ABCDHJKMNPTVWX')}: {text}")
    for line in """\
full: xp.full((2, 3), 7, 'int64')          arange: xp.arange(3, 40, 5)
arange_f: xp.arange(0.0, 1.0, 0.1)         eye: xp.eye(4, 5, 1)
astype: D.astype('float32')                astype_h: D.astype('float16')
astype_i: A.astype('int32')                astype_b: N.astype(bool)
to_complex: A.astype('complex128')         add: A + B
subtract: A - B                            multiply: A * B
divide: A / B                              scalar: 2 - A * 3.5
broadcast: A[:, None, :] * B[None]         floor_divide: N // J
floor_divide_f: A // B                     remainder: N % J
remainder_f: A % B                         pow: P**B
pow_i: N**K                                maximum: xp.maximum(A, B)
minimum: xp.minimum(A, B)                  atan2: xp.arctan2(A, B)
hypot: xp.hypot(A, B)                      logaddexp: xp.logaddexp(A, B)
fmod: xp.fmod(A, B)                        equal: N == J
less: A < B                                bitwise: (N & J) | (N ^ K)
invert: ~N                                 shifts: (J << K) >> 1
logical: xp.logical_xor(M, A < B)          abs: xp.abs(A)
abs_c: xp.abs(C)                           negative: -A
sign: xp.sign(N)                           exp: xp.exp(A)
expm1: xp.expm1(A)                         log: xp.log(P)
log1p: xp.log1p(P)                         sqrt: xp.sqrt(P)
sin: xp.sin(A)                             cos: xp.cos(A)
tan: xp.tan(A)                             asin: xp.arcsin(A / 4)
acos: xp.arccos(A / 4)                     atan: xp.arctan(A)
sinh: xp.sinh(A)                           cosh: xp.cosh(A)
tanh: xp.tanh(A)                           floor: xp.floor(A * 5)
ceil: xp.ceil(A * 5)                       round: xp.rint(A * 5)
isnan: xp.isnan(X)                         isfinite: xp.isfinite(X)
signbit: xp.signbit(X)                     complex: C * C.conj() + 1 / C
complex_f: xp.exp(C) + xp.tanh(C)          real_imag: C.real + C.imag
angle: xp.angle(C)                         half: H * H + 1
half_exp: xp.exp(H)                        sum: D.sum()
sum_axis: D.sum(1)                         sum_axes: D.sum((0, 2), keepdims=True)
sum_long: V.sum()                          sum_bool: M.sum(0)
sum_half: H.sum(1)                         sum_complex: C.sum(0)
prod: P.prod(1)                            max: D.max(2)
min: D.min((0, 1))                         max_nan: X.max()
argmax: D.argmax(1)                        argmin: D.argmin()
argmax_nan: X[:4].argmax()                   any: M.any(0)
all: M.all(1)                              mean: D.mean(0)
var: D.var(1)                              cumsum: V.cumsum()
cumsum_axis: D.cumsum(1)                   cumprod: P.cumprod(0)
nonzero: xp.nonzero(M)[1]                  count_nonzero: xp.count_nonzero(N)
reshape: D.reshape(6, 35)                  transpose: D.transpose(2, 0, 1) * 1
flip: xp.flip(D, (0, 2)) + 0               roll: xp.roll(D, 2, 1)
concat: xp.concatenate([A, B], 1)          stack: xp.stack([A, B], 1)
broadcast_to: xp.broadcast_to(A, (2, 3, 4)) + 0   pad: xp.pad(A, ((1, 0), (2, 1)))
tile: xp.tile(A, (2, 1))                   repeat: xp.repeat(A, 3, 1)
tril: xp.tril(A)                           slice: D[1:4:2, ::-1, 3]
gather: D[:, K]                            gather2: D[K, J % 6]
mask: A[M]                                 take: D.take(K, 1)
take_along: xp.take_along_axis(A, xp.argsort(A, 1), 1)   where: xp.where(M, A, B)
sort: xp.sort(D, 1)                        sort_nan: xp.sort(X)
argsort: xp.argsort(N, 1, kind='stable')   argsort_long: xp.argsort(V)
sort_half: xp.sort(H, 1)                   sort_complex: xp.sort(C, 1)
searchsorted: xp.searchsorted(xp.sort(V), A)   unique: xp.unique(N)
bincount: xp.bincount(K.ravel(), minlength=5)  matmul: A @ B.T
matmul_d: W @ W.T                          matmul_batched: D @ D.transpose(0, 2, 1)
matmul_broadcast: T @ T[:1].transpose(0, 1, 3, 2)   matmul_vector: W @ W[0]
matmul_int: N @ J.T                        matmul_int_batched: xp.stack([N, J]) @ K.T
matmul_complex: C @ C.T.conj()             matmul_half: H @ H.T
dot: V @ V                                 tensordot: xp.tensordot(D, D, ((0, 1), (0, 1)))
einsum: xp.einsum('ijk,ilk->jl', D, D)     outer: xp.outer(A[0], B[0])
clip: xp.clip(A, -0.5, 0.5)                diff: xp.diff(V)
linspace: xp.linspace(0, 1, 7)             trace: xp.trace(A)
diagonal: xp.diagonal(D, 1, 0, 2) * 1      nan_to_num: xp.nan_to_num(X)
meshgrid: xp.meshgrid(A[0], B[0])[1] * 1   kron: xp.kron(A, B)
""".splitlines()
    for name, text in re.findall(r"(\w+): (.*?)(?: {2,}(?=\w+: )|$)", line)
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_as_numpy(name):
    values = [globals()[n] for n in "ABCDHJKMNPTVWX"]
    got = ROWS[name](cupy, *(cupy.asarray(v) for v in values))
    with np.errstate(all="ignore"):
        want = ROWS[name](np, *values)
    assert isinstance(got, cupy.ndarray)
    assert got.dtype == want.dtype
    tolerance = {"e": 4e-3, "f": 3e-6, "F": 3e-6}.get(want.dtype.char, 1e-13)
    np.testing.assert_allclose(got.get(), want, rtol=tolerance, atol=tolerance)


def _written(xp):
    x = xp.zeros((4, 5), "float32")
    x[1:3, ::2] = 7
    x[xp.array([0, 3]), xp.array([1, 2])] = xp.array([5, 6], "float32")
    x[x == 7] -= 1
    return x


def test_writes():
    np.testing.assert_array_equal(_written(cupy).get(), _written(np))


@pytest.mark.parametrize("dtype", ["int32", "int64", "float16", "float32", "float64"])
def test_scatter(dtype):
    i, v = np.array([3, 1, 3, 3, 0, 1]), np.arange(1, 7).astype(dtype)
    want, got = np.zeros(5, dtype), cupy.zeros(5, dtype)
    np.add.at(want, i, v)
    cupy.add.at(got, cupy.asarray(i), cupy.asarray(v))
    np.testing.assert_array_equal(got.get(), want)


def test_kernels_of_ones_own():
    x = cupy.arange(1000, dtype="float64")
    square = cupy.ElementwiseKernel("T x", "T y", "y = x * x", "square")
    norm = cupy.ReductionKernel("T x", "T y", "x * x", "a + b", "y = sqrt(a)", "0", "norm")
    assert square(x)[999] == 999**2
    assert abs(float(norm(x)) - np.linalg.norm(np.arange(1000.0))) < 1e-9


@cupy.fuse
def _fused(a, b):
    return cupy.exp(a) * b + 1


def test_fusion():
    a, b = cupy.asarray(A), cupy.asarray(B)
    np.testing.assert_allclose(_fused(a, b).get(), np.exp(A) * B + 1, rtol=1e-6)


TRANSPOSED = r"""
template <class T> __global__ void ranks(const T* x, int* y, int n) {
  extern __shared__ T all[];
  int i = threadIdx.x;
  all[i] = x[i];
  __syncthreads();
  int rank = 0;
  for (int j = 0; j < n; j++) rank += all[j] < all[i];
  y[i] = rank;
}
extern "C" __global__ void warp_sum(const float* x, float* y) {
  float v = x[threadIdx.x];
  for (int d = 16; d; d /= 2) v += __shfl_down_sync(0xffffffff, v, d);
  if (threadIdx.x % 32 == 0) atomicAdd(y, v);
}
"""


def test_shared_memory_and_barriers():
    x = cupy.asarray(rng.permutation(256).astype("float32"))
    module = cupy.RawModule(code=TRANSPOSED, name_expressions=["ranks<float>"])
    y, total = cupy.zeros(256, "int32"), cupy.zeros(1, "float32")
    module.get_function("ranks<float>")((1,), (256,), (x, y, 256), shared_mem=1024)
    module.get_function("warp_sum")((1,), (256,), (x, total))
    np.testing.assert_array_equal(y.get(), x.get())
    assert total[0] == 255 * 128


def test_bfloat16():
    import ml_dtypes

    x = A.astype(ml_dtypes.bfloat16)
    got = (cupy.asarray(x) * 2 + 1).get()
    np.testing.assert_array_equal(got, x * 2 + 1)


def test_fresh_memory_is_not_zero():
    pool = cupy.cuda.MemoryPool()
    with cupy.cuda.using_allocator(pool.malloc):
        x = cupy.empty(1000, "uint8")
        assert x.any()
        assert pool.used_bytes() >= 1024


def test_streams_and_events():
    start, end = cupy.cuda.Event(), cupy.cuda.Event()
    with cupy.cuda.Stream(non_blocking=True) as stream:
        start.record(stream)
        x = cupy.ones(10) + 1
        end.record(stream)
    end.synchronize()
    assert x.sum() == 20
    assert cupy.cuda.get_elapsed_time(start, end) > 0


def test_devices():
    assert cupy.cuda.runtime.getDeviceCount() == 2
    with cupy.cuda.Device(1):
        x = cupy.arange(3)
        assert x.device.id == 1
        with cupy.cuda.Device(0), pytest.raises(ValueError, match="device"):
            x + 1


def _bad_kernel():
    cupy.ElementwiseKernel("T x", "T y", "y = no_such_function(x)", "bad")(cupy.ones(3))


def _host_pointer():
    kernel = cupy.RawKernel('extern "C" __global__ void f(int* p) { *p = 1; }', "f")
    kernel((1,), (1,), (np.intp(8),))


def _divide_by_zero():
    kernel = cupy.RawKernel('extern "C" __global__ void f(int* p) { *p = 7 / *p; }', "f")
    kernel((1,), (1,), (cupy.zeros(1, "int32"),))


def _lost_barrier():
    body = "if (threadIdx.x < 16) __syncwarp(); else __syncthreads();"
    cupy.RawKernel(f'extern "C" __global__ void f() {{ {body} }}', "f")((1,), (32,), ())


REFUSED = {
    "cusolver": lambda: cupy.linalg.inv(cupy.eye(3)),
    "cusolver_svd": lambda: cupy.linalg.svd(cupy.eye(3)),
    "cusolver_cholesky": lambda: cupy.linalg.cholesky(cupy.eye(3)),
    "cusolver_eigh": lambda: cupy.linalg.eigh(cupy.eye(3)),
    "cublas_getrf": lambda: cupy.linalg.inv(cupy.stack([cupy.eye(3)] * 2)),
    "curand": lambda: cupy.random.rand(3),
    "curand_device": lambda: cupy.random.default_rng(0).random(3),
    "cufft": lambda: cupy.fft.fft(cupy.ones(8)),
    "cusparse": lambda: cupyx.scipy.sparse.csr_matrix(cupy.eye(3)) @ cupy.ones(3),
    "cutensor": lambda: __import__("cupyx.cutensor"),
    "cub": lambda: cupy.cuda.cub.device_reduce(cupy.ones(8), 0, (0,), (), None, False),
    "nccl": lambda: cupy.cuda.nccl.get_unique_id(),
    "graphs": lambda: cupy.cuda.Stream(non_blocking=True).begin_capture(),
    "pool_async": lambda: cupy.cuda.MemoryAsyncPool(),
    "compile_error": _bad_kernel,
    "not_device_memory": _host_pointer,
    "division_by_zero": _divide_by_zero,
    "lost_barrier": _lost_barrier,
    "too_many_threads": lambda: cupy.RawKernel(
        'extern "C" __global__ void f() {}', "f")((1,), (2048,), ()),
    "out_of_memory": lambda: cupy.cuda.memory.Memory(1 << 40),
    "implicit_transfer": lambda: np.asarray(cupy.ones(3)),
    "bad_copy": lambda: cupy.cuda.runtime.memcpy(cupy.ones(3).data.ptr, 8, 1 << 20, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name):
    with pytest.raises(Exception) as caught:
        REFUSED[name]()
    assert not isinstance(caught.value, (NameError, SyntaxError))
