"""The emulated `cupy.ndarray`: bytes of an emulated device, seen through a NumPy array.

It converts to nothing implicitly, refuses host arrays as operands, and its operators go through the
emulated ufuncs. Each array that owns memory owns a block of bytes, so that pointers, views and the
figures of the memory pool are what they would be.
"""

from __future__ import annotations

import numpy as np

from . import state
from .memory import Block, MemoryPointer
from .surface import Strict

REFUSED = (
    "Implicit conversion to a NumPy array is not allowed. "
    "Please use `.get()` to construct a NumPy array explicitly."
)


class ndarray(Strict):
    INSTANCE = ("base", "block")
    __hash__ = None

    def __init__(self, shape, dtype=float, memptr=None, strides=None, order="C"):
        dtype, shape = dtype_of(dtype), (shape,) if isinstance(shape, int) else tuple(shape)
        block = Block(int(np.prod(shape)) * dtype.itemsize) if memptr is None else memptr.mem
        offset = 0 if memptr is None else memptr.offset
        fill(self, np.ndarray(shape, dtype, block.bytes, offset, strides, order), block, None)

    # --- what it is

    shape = property(lambda self: self._a.shape)
    dtype = property(lambda self: self._a.dtype)
    ndim = property(lambda self: self._a.ndim)
    size = property(lambda self: self._a.size)
    strides = property(lambda self: self._a.strides)
    itemsize = property(lambda self: self._a.itemsize)
    nbytes = property(lambda self: self._a.nbytes)
    device = property(lambda self: _device(self.block.device))
    T = property(lambda self: view(self, self._a.T))

    @property
    def flags(self):
        return Flags(self._a.flags)

    @property
    def data(self):
        return MemoryPointer(self.block, self._a.ctypes.data - self.block.bytes.ctypes.data)

    @property
    def real(self):
        return view(self, self._a.real) if self.dtype.kind == "c" else self

    @real.setter
    def real(self, value):
        self.real[...] = value

    @property
    def imag(self):
        return view(self, self._a.imag) if self.dtype.kind == "c" else make(np.zeros_like(self._a))

    @imag.setter
    def imag(self, value):
        self.imag[...] = value

    # --- to the host

    def get(self, stream=None, order="C", out=None, blocking=True):
        state.TRANSFERS["to host"] += 1
        return np.array(self._a, order="C")

    def item(self):
        state.TRANSFERS["scalar"] += 1
        return self._a.item()

    def tolist(self):
        return self.get().tolist()

    def __array__(self, *args, **kwargs):
        raise TypeError(REFUSED)

    def __bool__(self):
        state.TRANSFERS["scalar"] += 1
        return bool(self._a)

    def __int__(self):
        state.TRANSFERS["scalar"] += 1
        return int(self._a)

    __index__ = __int__

    def __float__(self):
        state.TRANSFERS["scalar"] += 1
        return float(self._a)

    def __complex__(self):
        state.TRANSFERS["scalar"] += 1
        return complex(self._a)

    def __len__(self):
        return len(self._a)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __repr__(self):
        return repr(self.get())

    def __str__(self):
        return str(self.get())

    # --- views and copies

    def reshape(self, *shape, order="C", copy=None):
        shape = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        return view_or_copy(self, self._a.reshape(shape))

    def ravel(self, order="C"):
        return view_or_copy(self, self._a.reshape(-1))

    def transpose(self, *axes):
        axes = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return view(self, self._a.transpose(axes or None))

    def diagonal(self, offset=0, axis1=0, axis2=1):
        d = self._a.diagonal(offset, axis1, axis2)
        return seen(self, d.shape, d.dtype, d) if d.size else make(d)

    def view(self, dtype=None, type=None):
        if dtype is None:
            return view(self, self._a)
        dtype, a = dtype_of(dtype), self._a
        if not a.ndim and dtype.itemsize != a.itemsize:
            raise ValueError(
                "Changing the dtype of a 0d array is only supported if the itemsize is unchanged"
            )
        return view(self, a.view(dtype))

    def copy(self, order="C"):
        return make(np.array(self._a, order=order))

    def astype(self, dtype, order="K", casting=None, subok=None, copy=True):
        dtype = dtype_of(dtype)
        if self.dtype.kind == "c" and dtype.kind != "c":
            raise TypeError("emulated: a cast from complex warns in CuPy")
        if not copy and dtype == self.dtype:
            return self
        state.need(self.block.device)
        with np.errstate(all="ignore"):
            return make(self._a.astype(dtype))

    def fill(self, value):
        if isinstance(value, ndarray):
            if value.shape:
                raise ValueError("non-scalar cupy.ndarray cannot be used for fill")
            value = value._a
        elif np.ndim(value):
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        state.need(self.block.device)
        state.launch()
        self._a[...] = np.asarray(value, dtype=self.dtype)

    # --- indexing

    def __getitem__(self, key):
        key, fancy = host_key(self, key)
        out = self._a[key]
        if fancy:
            state.launch()
            return make(out)
        return view(self, out) if isinstance(out, np.ndarray) else view(self, self._a[(*key, ...)])

    def __setitem__(self, key, value):
        scatter(self, key, value, None)

    def scatter_add(self, slices, value):
        scatter(self, slices, value, "add")

    def scatter_max(self, slices, value):
        scatter(self, slices, value, "max")

    def scatter_min(self, slices, value):
        scatter(self, slices, value, "min")

    def take(self, indices, axis=None, out=None):
        n = self.size if axis is None else self.shape[axis]
        if not n and indices.size:
            raise IndexError("cannot do a non-empty take from an empty axes.")
        state.need(self.block.device)
        return make(np.take(self._a, indices._a % max(n, 1), axis))

    # --- reductions

    def sum(self, axis=None, dtype=None, out=None, keepdims=False):
        return reduced(np.add, self, axis, dtype, out, keepdims)

    def prod(self, axis=None, dtype=None, out=None, keepdims=None):
        return reduced(np.multiply, self, axis, dtype, out, bool(keepdims))

    def max(self, axis=None, out=None, keepdims=False):
        return reduced(np.maximum, self, axis, None, out, keepdims)

    def min(self, axis=None, out=None, keepdims=False):
        return reduced(np.minimum, self, axis, None, out, keepdims)

    def all(self, axis=None, out=None, keepdims=False):
        return reduced(np.logical_and, self, axis, None, out, keepdims)

    def any(self, axis=None, out=None, keepdims=False):
        return reduced(np.logical_or, self, axis, None, out, keepdims)

    def dot(self, b, out=None):
        from .functions import matmul

        return matmul(self, b)

    def argsort(self, axis=-1, kind=None):
        from .functions import argsort

        return argsort(self, axis)

    # --- beside NumPy and others

    def __dlpack_device__(self):
        return 2, self.block.device

    def __dlpack__(self, **kwargs):
        raise NotImplementedError("memory of an emulated device cannot leave it")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        from . import UFUNCS

        if method != "__call__" or ufunc.__name__ not in UFUNCS:
            return NotImplemented
        return UFUNCS[ufunc.__name__](*inputs, **kwargs)


class Flags:
    """What is asked of an array's memory layout."""

    def __init__(self, flags):
        self.c_contiguous, self.f_contiguous = flags.c_contiguous, flags.f_contiguous
        self.forc, self.owndata = flags.forc, flags.owndata


def _device(index):
    from .cuda import Device

    return Device(index)


def dtype_of(dtype):
    """A dtype that a device computes in; ValueError for objects and texts."""
    d = np.dtype(dtype)
    if d.kind in "OSUMm":
        raise ValueError(f"Unsupported dtype {d}")
    return d


def fill(self, a, block, base):
    self._a, self.block, self.base = a, block, base
    return self


_new = object.__new__


def make(a):
    """An array of its own on the current device, as a kernel leaves its result: C order."""
    a = np.asarray(a)
    dtype_of(a.dtype)
    order = "F" if a.flags.f_contiguous and not a.flags.c_contiguous else "C"
    block = Block(a.nbytes, bare=False)
    b = np.ndarray(a.shape, a.dtype, block.bytes, order=order)
    b[...] = a
    return fill(_new(ndarray), b, block, None)


def seen(x, shape, dtype, a):
    """A writable view of the memory of ``x`` that has the strides of ``a``."""
    offset = a.ctypes.data - x.block.bytes.ctypes.data
    b = np.ndarray(shape, dtype, x.block.bytes, offset, a.strides)
    return fill(_new(ndarray), b, x.block, x if x.base is None else x.base)


def view(x, a):
    return fill(_new(ndarray), a, x.block, x if x.base is None else x.base)


def view_or_copy(x, a):
    return view(x, a) if np.may_share_memory(a, x._a) or not a.size else make(a)


def host_key(x, key):
    """A key for NumPy, whether it makes a copy; integer arrays wrap around the size."""
    key = key if isinstance(key, tuple) else (key,)
    used = sum(k.ndim if is_mask(k) else 1 for k in key if k is not None and k is not Ellipsis)
    out, axis, fancy = [], 0, False
    for k in key:
        if k is Ellipsis:
            axis += x.ndim - used
        elif k is not None and not isinstance(k, (int, np.integer, slice)):
            if is_mask(k):
                state.TRANSFERS["scalar"] += 1
                out.append(k._a)
                axis += k.ndim
                fancy = True
                continue
            k = k._a if isinstance(k, ndarray) else np.asarray(k, np.int64)
            if k.size and not x.shape[axis]:
                raise IndexError("cannot do a non-empty take from an empty axes.")
            k, fancy = k % max(x.shape[axis], 1), True
            axis += 1
        elif k is not None:
            axis += 1
        out.append(k)
    return tuple(out), fancy


def is_mask(k):
    return isinstance(k, ndarray) and k.dtype.kind == "b"


ATOMIC = {
    "add": (np.add, "int32 int64 float16 float32 float64 uint32 uint64"),
    "max": (np.maximum, "int32 int64 float32 float64 uint32 uint64"),
    "min": (np.minimum, "int32 int64 float32 float64 uint32 uint64"),
}
TITLES = {"add": "add", "max": "maximum", "min": "minimum"}


def scatter(x, key, value, how):
    """Write or combine at a key; of several values for one place the first stays, not the last."""
    state.need(x.block.device)
    state.launch()
    key, fancy = host_key(x, key)
    if isinstance(value, ndarray):
        state.need(value.block.device)
        v = value._a
    elif np.ndim(value):
        raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
    else:
        v = np.asarray(value, x.dtype)
    v = v.astype(x.dtype)
    if how is None and not fancy:
        x._a[key] = np.array(v)
        return
    where = np.arange(x.size).reshape(x.shape)[key]
    at = np.unravel_index(where.reshape(-1)[::-1], x.shape) if x.shape else ()
    v = np.broadcast_to(v, where.shape).reshape(-1)[::-1]
    if how is None:
        x._a[at] = v
        return
    fn, dtypes = ATOMIC[how]
    if fancy and x.dtype.name not in dtypes.split():
        raise TypeError(f"cupy.{TITLES[how]}.at only supports {dtypes} as data type")
    fn.at(x._a, at, v)


def reduced(fn, x, axis, dtype, out, keepdims):
    state.need(x.block.device)
    state.launch()
    a, kind = x._a, x.dtype.kind
    if fn in (np.maximum, np.minimum) and 0 in a.shape:
        axes = range(a.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
        if any(not a.shape[i] for i in axes) and all(
            n for i, n in enumerate(a.shape) if i not in axes
        ):
            name = f"cupy_{fn.__name__[:3]}"
            raise ValueError(f"zero-size array to reduction operation {name} which has no identity")
    dtype = None if dtype is None else dtype_of(dtype)
    if dtype is None and fn in (np.add, np.multiply) and kind in "biu":
        dtype = np.dtype(np.uint64 if kind == "u" else np.int64)
    half = x.dtype.itemsize == 2 and kind in "fV"
    with np.errstate(all="ignore"):
        if half:
            a = a.astype(np.float32)
        same = half or fn in (np.logical_or, np.logical_and)
        r = fn.reduce(a, axis, None if same else dtype, None, keepdims)
    if half and fn not in (np.logical_or, np.logical_and):
        r = np.asarray(r).astype(dtype or x.dtype)
    if out is not None:
        out._a[...] = r
        return out
    return make(r)


OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide",
    "floordiv": "floor_divide", "mod": "remainder", "pow": "power", "and": "bitwise_and",
    "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "left_shift", "rshift": "right_shift",
}  # fmt: skip
COMPARISONS = {
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal",
    "ne": "not_equal",
}  # fmt: skip


def attach_operators(ufuncs):
    def method(u, swapped, inplace):
        if inplace:
            return lambda self, other: u(self, other, self)
        if swapped:
            return lambda self, other: u(other, self)
        return lambda self, other: u(self, other)

    for name, kernel in OPERATORS.items():
        u = ufuncs[kernel]
        setattr(ndarray, f"__{name}__", method(u, False, False))
        setattr(ndarray, f"__r{name}__", method(u, True, False))
        setattr(ndarray, f"__i{name}__", method(u, False, True))
    for name, kernel in COMPARISONS.items():
        setattr(ndarray, f"__{name}__", method(ufuncs[kernel], False, False))
    for name, kernel in {"neg": "negative", "invert": "invert", "abs": "absolute"}.items():
        setattr(ndarray, f"__{name}__", lambda self, u=ufuncs[kernel]: u(self))
    ndarray.__matmul__ = lambda self, other: ndarray.dot(self, other)
