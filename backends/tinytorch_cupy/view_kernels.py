"""Views that step through memory in their own way, and views of the bits."""

from __future__ import annotations

import cupy as cp

from .kernels import kernel

_COMPLEX = {4: cp.complex64, 8: cp.complex128}
_REAL = {8: cp.float32, 16: cp.float64}


def stepped(x, shape, strides, offset):
    """A view of a part of ``x``: shape, and strides and offset in elements from its first one."""
    if 0 in shape:
        return cp.empty(shape, x.dtype)
    size = x.dtype.itemsize
    return cp.ndarray(shape, x.dtype, x.data + offset * size, tuple([s * size for s in strides]))


@kernel
def as_strided(x, shape, strides, offset):
    return stepped(cp.ascontiguousarray(x), shape, strides, offset)


@kernel
def unfold(x, dim, size, step):
    if not x.shape:
        return x.reshape(1)
    unit = x.dtype.itemsize
    strides = [s // unit for s in x.strides]
    last = strides[dim]
    strides[dim] = last * step
    n = (x.shape[dim] - size) // step + 1
    return stepped(x, (*x.shape[:dim], n, *x.shape[dim + 1 :], size), (*strides, last), 0)


@kernel
def diagonal(x, k, i, j):
    return x.diagonal(k, i, j)


@kernel
def view_dtype(x, dtype):
    return x.view(dtype)


@kernel
def complex_(x, y):
    shape = cp.broadcast(x, y).shape
    out = cp.empty(shape, _COMPLEX[x.dtype.itemsize])
    out.real, out.imag = x, y
    return out


@kernel
def view_as_real(x):
    return x[..., None].view(_REAL[x.dtype.itemsize])


@kernel
def view_as_complex(x):
    return x.view(_COMPLEX[x.dtype.itemsize])[..., 0]
