"""Samplers that need one uniform number an element: coins, waiting times and Cauchy's tails.

Each computes in double precision and is narrowed at the end.  Comparing a uniform number with a
probability is done on the integers before they are scaled: k * 2**-53 < p says the same as
k < ceil(p * 2**53), since scaling by a power of two is exact.
"""

import math

import numpy as np

from .exact import fma64, log, narrowed
from .kinds import F32, F64, cpp_name, is_float, only, size_of, torch_name
from .uniform import bits53, pieces, unit32, unit64

_COINS = "?bBhilqefdE"
_COUNTS = "bBhilqefdE"
_ASSERT = (
    "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message "
    "be improved?  If so, please report an enhancement request to PyTorch.)"
)


def bernoulli(core, p, shape, dtype):
    """Ones with probability p, else zeros, in `dtype` (Tensor.bernoulli_).

    RuntimeError unless 0 <= p <= 1; NotImplementedError for complex and wide unsigned types.
    """
    dtype = np.dtype(dtype)
    shape, n = size_of(shape)
    if not 0.0 <= p <= 1.0:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    only("bernoulli_scalar_cpu_", dtype, dtype.char in _COINS or not n)
    limit = np.array(math.ceil(p * 2.0**53), np.int64)
    return pieces(
        lambda core, n: (bits53(core, n) < limit).astype(dtype, copy=False), core, n, dtype
    ).reshape(shape)


def bernoulli_tensor(core, p, dtype):
    """Ones with the probabilities p, an array, in `dtype` (torch.bernoulli).

    A float64 p is compared with 53 random bits, a narrower one with 24.  RuntimeError unless all
    are in [0, 1]; NotImplementedError for types that torch refuses.
    """
    dtype = np.dtype(dtype)
    only("bernoulli_tensor_cpu_self_", dtype, dtype.char in _COINS or not p.size)
    only("bernoulli_tensor_cpu_p_", p.dtype, is_float(p.dtype) or not p.size)
    if not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError(_ASSERT)
    if p.dtype == F64:
        return (unit64(core, p.size).reshape(p.shape) < p).astype(dtype)
    return (unit32(core, p.size).reshape(p.shape) < p.astype(F32)).astype(dtype)


def exponential(core, shape, dtype, lambd=1.0):
    """Waiting times of rate lambd (Tensor.exponential_).

    RuntimeError unless lambd > 0 and the type is real and floating.
    """
    dtype = np.dtype(dtype)
    shape, n = size_of(shape)
    if not lambd > 0.0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
    if n and not is_float(dtype):
        raise RuntimeError(
            "Exponential distribution is a continuous probability distribution. "
            f"dtype must be a floating point but you specified {torch_name(dtype)}"
        )
    k = -1.0 / lambd

    def draw(core, n):
        return narrowed(np.log1p, math.log1p, lambda y: k * y, -unit64(core, n), dtype)

    return pieces(draw, core, n, dtype).reshape(shape)


def geometric(core, shape, dtype, p):
    """Numbers of coins up to the first head, heads with probability p (Tensor.geometric_).

    RuntimeError unless 0 < p < 1; NotImplementedError for bool, complex and wide unsigned types.
    """
    dtype = np.dtype(dtype)
    shape, n = size_of(shape)
    if not 0.0 < p < 1.0:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    only("geometric_cpu", dtype, dtype.char in _COUNTS or not n)
    k = math.log1p(-p)

    def draw(core, n):
        return narrowed(np.log, log, lambda y: np.ceil(y / k), unit64(core, n), dtype, coarse=True)

    return pieces(draw, core, n, dtype).reshape(shape)


def cauchy(core, shape, dtype, median=0.0, sigma=1.0):
    """Cauchy numbers (Tensor.cauchy_).

    RuntimeError unless sigma > 0 and the type is real and floating.
    """
    dtype = np.dtype(dtype)
    shape, n = size_of(shape)
    if not sigma > 0.0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    if not is_float(dtype):
        raise RuntimeError(
            "Cauchy distribution is a continuous probability distribution. dtype "
            f"must be a floating point but you specified {cpp_name(dtype)}"
        )
    sigma, median = float(sigma), float(median)

    def draw(core, n):
        return narrowed(
            np.tan,
            math.tan,
            lambda y: fma64(y, sigma, median),
            math.pi * (unit64(core, n) - 0.5),
            dtype,
        )

    return pieces(draw, core, n, dtype).reshape(shape)
