"""The backend class that the flags of `from_array_api` fill in: transfer, creation, reductions."""

from __future__ import annotations

import numpy as np

from .. import dtypes
from ..backend import Backend
from . import namespace
from .arithmetic import IN_SINGLE, Arithmetic, in_single, methods
from .indexing import Indexing

HALVES = ("float16", "bfloat16")
DECLARED = ("device_types", "mutable", "dtypes", "dynamic_shapes", "deterministic")
FLAGS = {
    "devices": (None,), "half_native": False, "index_arrays": False, "setitem": True,
    "scalars": None, "to_host": None, "from_host": None,
}  # fmt: skip


def attributes(xp, name, overrides, flags):
    """The attributes of a backend class over ``xp``; see `tinytorch.array_api.from_array_api`."""
    unknown = sorted(set(flags) - {*DECLARED, *FLAGS})
    if unknown:
        raise TypeError(f"from_array_api has no flags {', '.join(unknown)}")
    overrides = dict(overrides or {})
    xp = namespace.complete(xp, overrides)
    declared = {k: v for k, v in flags.items() if k in DECLARED}
    own = {"_" + k: v for k, v in {**FLAGS, **flags}.items() if k in FLAGS}
    own["_devices"] = devices = tuple(own["_devices"])
    if own["_scalars"] is None:
        own["_scalars"] = namespace.version(xp) >= "2024.12"
    for way in ("_to_host", "_from_host"):
        own[way] = None if own[way] is None else staticmethod(own[way])
    if declared.get("dtypes") is None:
        found = (d for d in dtypes.ALL if all(namespace.working_dtype(xp, d, at) for at in devices))
        declared["dtypes"] = tuple(found)
    namespace.check_dtypes(name, declared["dtypes"])
    body = {"device_types": (name,), **declared, **own, **methods(xp)}
    return dict(body, name=name, xp=xp, _overrides=overrides)


class ArrayAPIBackend(Arithmetic, Indexing, Backend):
    """Kernels over ``self.xp`` on ``self._place``, one of the library's devices."""

    def setup(self):
        xp, i = self.xp, self.device.index or 0
        if i >= len(self._devices):
            raise RuntimeError(
                f"{self.name} has {len(self._devices)} devices, not one of index {i}"
            )
        self._place = self._devices[i]
        self._on = namespace.on(self._place)
        raw = {name: namespace.working_dtype(xp, name, self._place) for name in self.dtypes}
        self.raw_dtype = {dtypes.by_name(name): d for name, d in raw.items()}
        kinds = {d: dtypes.by_name(name).category for name, d in raw.items()}
        self._boolean, self.int64, self.float32 = raw["bool"], raw["int64"], raw["float32"]
        self._kinds = kinds
        self._unsigned = {raw[n] for n in ("bool", "uint8") if n in raw}
        self._halves = {raw[n] for n in HALVES if n in raw}
        self._strange = {raw[n] for n in ("bfloat16",) if n in raw}
        self._byte = raw.get("uint8", raw["int32"])
        self._native_nonzero = namespace.data_dependent(xp)
        self._takes_along = namespace.version(xp) >= "2024.12" and hasattr(xp, "take_along_axis")
        if self._halves and not self._half_native:
            for name in IN_SINGLE:
                setattr(self, name, in_single(self, getattr(self, name)))
        for name, fn in self._overrides.items():
            setattr(self, name, fn)
        if self._to_host is None:
            some = xp.full((2,), 1, dtype=self.float32, **self._on)
            self._to_host = namespace.way_to_host(xp, some)

    # --- transfer and creation --------------------------------------------------------------------

    def from_host(self, x):
        d = self.raw_dtype[dtypes.by_name(str(x.dtype))]
        if d in self._strange:
            return self.xp.astype(self.from_host(x.astype(np.float32)), d)
        if self._from_host is not None:
            return self._from_host(x, self._place)
        return self.xp.asarray(np.array(x, order="C"), **self._on)

    def to_host(self, x):
        if x.dtype in self._strange:
            host = self.to_host(self.xp.astype(x, self.float32))
            return host.astype(self.host.raw_dtype[self.torch_dtype[x.dtype]])
        return self._to_host(x)

    def copy(self, x):
        """A copy in memory without gaps, the last dimension first, as views of it expect."""
        if not self.mutable:
            return self.xp.asarray(x, copy=True)
        return self.reshape(self.xp.asarray(self.reshape(x, (-1,)), copy=True), x.shape)

    def own(self, x):
        return self.xp.asarray(x) if self.mutable else x

    def _fresh(self, x):
        """``x`` as the result of a kernel: a copy where results may be written to."""
        return self.copy(x) if self.mutable else x

    def assign(self, x, value):
        x[...] = value

    def strides(self, x):
        if self.mutable:
            return tuple(s // x.itemsize for s in x.strides)
        return super().strides(x)

    def full(self, shape, value, dtype):
        kind = self._kinds[dtype]
        value = bool(value) if kind == dtypes.BOOL else int(value) if kind == dtypes.INT else value
        return self.xp.full(tuple(shape), value, dtype=dtype, **self._on)

    def arange(self, start, stop, step, dtype):
        if any(isinstance(v, float) for v in (start, stop, step)):
            host = self.host.raw_dtype[self.torch_dtype[dtype]]
            return self.from_host(np.arange(start, stop, step).astype(host))
        return self.xp.arange(start, stop, step, dtype=dtype, **self._on)

    def astype(self, x, dtype):
        if self._kinds[x.dtype] == dtypes.COMPLEX != self._kinds[dtype]:
            if dtype == self._boolean:
                return self.not_equal(x, 0)
            x = self.xp.real(x)
        return self.xp.astype(x, dtype)

    # --- shape ------------------------------------------------------------------------------------

    def reshape(self, x, shape):
        return self.xp.reshape(x, tuple(shape))

    def spread(self, g, shape):
        return self._fresh(self.broadcast_to(g, tuple(shape)))

    def concat(self, xs, axis):
        return self.xp.concat(xs, axis=axis)

    def flip(self, x, axes):
        return self.xp.flip(x, axis=axes)

    # --- reductions, orders -----------------------------------------------------------------------

    def _byte_of(self, x):
        return self.xp.astype(x, self._byte) if x.dtype == self._boolean else x

    def _index_of(self, i):
        return i if i.dtype == self.int64 else self.xp.astype(i, self.int64)

    def _like(self, out, dtype):
        return out if out.dtype == dtype else self.xp.astype(out, dtype)

    def _added(self, fn, x, axis, **options):
        """A sum, product or running sum that keeps the dtype; of booleans counted and compared."""
        if x.dtype != self._boolean:
            return fn(x, axis=axis, dtype=x.dtype, **options)
        count = fn(self.xp.astype(x, self.int64), axis=axis, dtype=self.int64, **options)
        return self.xp.not_equal(count, self._number(0, self.int64))

    def sum(self, x, axes, keepdims):
        return self._added(self.xp.sum, x, axes, keepdims=keepdims)

    def prod(self, x, axes, keepdims):
        return self._added(self.xp.prod, x, axes, keepdims=keepdims)

    def max(self, x, axes, keepdims):
        return self._like(self.xp.max(self._byte_of(x), axis=axes, keepdims=keepdims), x.dtype)

    def min(self, x, axes, keepdims):
        return self._like(self.xp.min(self._byte_of(x), axis=axes, keepdims=keepdims), x.dtype)

    def argmax(self, x, axis, keepdims):
        return self._index_of(self.xp.argmax(self._byte_of(x), axis=axis, keepdims=keepdims))

    def argmin(self, x, axis, keepdims):
        return self._index_of(self.xp.argmin(self._byte_of(x), axis=axis, keepdims=keepdims))

    def argsort(self, x, axis, descending, stable):
        out = self.xp.argsort(self._byte_of(x), axis=axis, descending=descending, stable=True)
        return self._index_of(out)

    def cumulative_sum(self, x, axis):
        return self._added(self.xp.cumulative_sum, x, axis)

    def matmul(self, x, y):
        if x.dtype != y.dtype or (x.dtype == self._boolean and 0 not in (*x.shape, *y.shape)):
            raise TypeError("matmul takes operands of one numeric dtype")
        return self._like(self.xp.matmul(self._byte_of(x), self._byte_of(y)), x.dtype)
