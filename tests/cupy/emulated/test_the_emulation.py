"""The emulation itself: it refuses what CuPy refuses, and differs from NumPy where CuPy does."""

from __future__ import annotations

import cupy as cp
import numpy as np
import pytest

X = np.arange(6, dtype=np.float32).reshape(2, 3)
HOST = np.ones(3, np.float32)


@pytest.fixture
def x():
    return cp.asarray(X)


def test_it_says_what_it_is():
    assert cp.emulated and cp.__version__.startswith("14.")
    assert cp.cuda.runtime.getDeviceProperties(0)["name"] == b"emulated on the CPU"


REFUSED = {
    "implicit conversion": (lambda x: np.asarray(x), TypeError, "Implicit conversion"),
    "a host array as operand": (lambda x: x + HOST, TypeError, "Unsupported type"),
    "a list as operand": (lambda x: cp.add(x, [1, 2, 3]), TypeError, "Unsupported type"),
    "a host array in a list": (lambda x: cp.concatenate([x, X]), TypeError, "Unsupported type"),
    "a host array assigned": (lambda x: x.__setitem__(0, HOST), ValueError, "non-scalar"),
    "where= of a ufunc": (lambda x: cp.add(x, x, where=x > 0), TypeError, "Wrong arguments"),
    "initial= of a sum": (lambda x: x.sum(initial=0), TypeError, "initial"),
    "sorting by fields": (lambda x: cp.argsort(x, order="f"), TypeError, "order"),
    "objects": (lambda x: cp.asarray(np.array([object()])), ValueError, "Unsupported dtype"),
    "texts": (lambda x: cp.asarray(np.array(["a"])), ValueError, "Unsupported dtype"),
    "hashing a scalar": (lambda x: {x[0, 0]: 1}, TypeError, "unhashable"),
    "bools subtracted": (lambda x: (x > 0) - (x > 1), TypeError, "boolean subtract"),
    "bfloat16 sorted": (lambda x: cp.argsort(x.astype("bfloat16")), TypeError, "bfloat16"),
    "a batch of bfloat16 products": (
        lambda x: cp.matmul(x[None].astype("bfloat16"), x.T[None].astype("bfloat16")),
        TypeError, "bfloat16"),
    "a name CuPy lacks": (lambda x: cp.vecdot(x, x), AttributeError, "no attribute 'vecdot'"),
    "a name not emulated": (lambda x: cp.fft, NotImplementedError, "is not emulated"),
    "an unsupported atomic": (
        lambda x: cp.add.at(x.astype(np.int16), cp.asarray(np.array([0])), 1),
        TypeError, "only supports"),
    "a number too large": (lambda x: x.astype(np.int8) + 200, OverflowError, "200"),
    "mixed types of one letter": (
        lambda x: cp.ElementwiseKernel("T x, T y", "T z", "z = x + y", "k")(x, x.astype(float)),
        TypeError, "mismatched"),
    "a body that is no CUDA C": (
        lambda x: cp.ElementwiseKernel("T x", "T y", "y = [x]", "k"), SyntaxError, "CUDA C"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_refused_as_by_cupy(x, what):
    import ml_dtypes  # noqa: F401 - registers the name bfloat16

    call, error, text = REFUSED[what]
    with pytest.raises(error, match=text):
        call(x)


I = np.array  # noqa: E741
DIFFERS = {
    "indices wrap around": (lambda x: x[0][cp.asarray(I([5, -4]))], [2, 2]),
    "the first of two values stays": (
        lambda x: put(x[0], I([1, 1]), I([7.0, 8.0], np.float32)), [0, 7, 2]),
    "integers over zero are zero": (
        lambda x: x.astype(int)[1] // cp.asarray(I([0, 2, 0])), [0, 2, 0]),
    "the rest of it too": (lambda x: x.astype(int)[1] % cp.asarray(I([0, 3, 4])), [0, 1, 1]),
    "powers of negative exponents": (lambda x: cp.power(cp.asarray(I([2, 1, -1])), -3), [0, 1, -1]),
    "the last of several NaN is found": (lambda x: cp.argmax(x * float("nan"), 1), [2, 2]),
    "half precision rounds once": (
        lambda x: cp.asarray(I([0.1], np.float16)).sum(), np.float16(0.1)),
}  # fmt: skip


def put(x, at, values):
    x = x.copy()
    x[cp.asarray(at)] = cp.asarray(values)
    return x


@pytest.mark.parametrize("what", DIFFERS)
def test_different_from_numpy_as_cupy_is(x, what):
    call, want = DIFFERS[what]
    assert np.array_equal(call(x).get(), want)


def test_results_of_reductions_are_arrays(x):
    total = x.sum()
    assert isinstance(total, cp.ndarray) and total.shape == ()
    assert isinstance(x[1, 2], cp.ndarray) and not isinstance(total, float)


def test_what_reads_values_is_counted(x, first_device):
    first_device.reset()
    counted = first_device.TRANSFERS
    x + 1, x.T, x.sum(0), x[0], cp.exp(x)
    assert not counted
    bool(x.any()), float(x[0, 0]), x[x > 2], cp.nonzero(x), x.get()
    assert counted["scalar"] == 4 and counted["to host"] == 1


def test_memory_is_not_zero_until_it_is_set():
    assert cp.empty((3,), np.uint8).get().all()


def test_views_share_memory(x):
    view = x[:, 1]
    view[...] = 9
    assert x.get()[:, 1].tolist() == [9, 9] and view.base is x
    assert cp.broadcast_to(x, (2, 2, 3)).strides[0] == 0
