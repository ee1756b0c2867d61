"""Kernels run on the device of their namespace, whatever the current device of the program is.

CuPy launches on the current device and would reach the memory of another one peer to peer, or not
at all; torch runs an op where its tensors are. With one GPU in the machine there is nothing to do,
and nothing is wrapped.
"""

from __future__ import annotations

import functools
import types

import cupy as cp

CALLABLE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, cp.ufunc,
            cp.ElementwiseKernel, functools.partial)  # fmt: skip


def keep_on_device(P):
    """Wrap the kernels of ``P``, where there are several devices."""
    index = P.device.index or 0
    if cp.cuda.runtime.getDeviceCount() < 2:
        return
    for name, fn in list(vars(P).items()):
        if isinstance(fn, CALLABLE):
            setattr(P, name, on(index, fn))


def on(index, fn):
    """``fn`` with device ``index`` current while it runs."""
    current, choose = cp.cuda.runtime.getDevice, cp.cuda.runtime.setDevice

    def run(*args):
        before = current()
        if before == index:
            return fn(*args)
        choose(index)
        try:
            return fn(*args)
        finally:
            choose(before)

    return run
