"""``torch.UntypedStorage`` and ``torch.TypedStorage``: a tensor's memory as bytes, or as elements.

A storage here is a view of a `Memory` made when somebody asks for it: bytes are read and written
through the view steps of any tensor, on every backend. The memory itself knows of no storage; one
storage stands for it as long as anybody holds that.
"""

from __future__ import annotations

import warnings
import weakref
from typing import Any

from . import dtypes, factories
from .autograd.captured import refuse_storage
from .autograd.errors import c_name
from .autograd.modes import LOCAL
from .ops.view_dtype import view_as_dtype
from .storage import Storage, make_view, share
from .tensor import fresh, wrap

_known: Any = weakref.WeakValueDictionary()  # id of a memory -> its storage


def root_of(t):
    """A flat tensor over all the memory of ``t``, with a version of its own."""
    st = share(fresh(t))
    root = wrap(t._p, st.memory.raw)
    root._st = own = object.__new__(Storage)
    own.version, own.memory = 0, st.memory
    root._ext = make_view(None, (), 0, st.memory.clock)
    strides = t._p.strides(root._raw)
    along = sorted(range(len(strides)), key=lambda d: -strides[d])
    return root.permute(along).view(-1).detach()


def untyped_storage(t):
    """The storage of a tensor's memory, the same one while it is held."""
    if LOCAL.transforms:
        refuse_storage(t)
    memory = share(fresh(t)).memory
    s = _known.get(id(memory))
    if s is None:
        s = UntypedStorage._over(root_of(t))
        _known[id(memory)] = s
    return s


def typed_storage(t):
    _warn(4)
    return TypedStorage(wrap_storage=untyped_storage(t), dtype=t.dtype, _internal=True)


_warned = []


def _warn(level):
    if not _warned:
        _warned.append(True)
        warnings.warn(_DEPRECATED, UserWarning, stacklevel=level)


_DEPRECATED = (
    "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the "
    "only storage class. This should only matter to you if you are using storages directly.  To "
    "access UntypedStorage directly, use tensor.untyped_storage() instead of tensor.storage()"
)


class _StorageMeta(type):
    def __repr__(cls):
        return f"<class 'torch.storage.{cls.__qualname__}'>"


class _Storage(metaclass=_StorageMeta):
    """What both have; ``_t`` is a flat tensor of what the storage holds."""

    _t: Any

    @property
    def device(self):
        return self._t.device

    is_cuda = property(lambda self: self._t.is_cuda)

    def __len__(self):
        return self._t.numel()

    size = __len__

    def nbytes(self):
        return len(self) * self._t.itemsize

    def element_size(self):
        return self._t.itemsize

    def data_ptr(self):
        return self._t.data_ptr()

    @property
    def _cdata(self):
        return id(self._t._st.memory)

    def tolist(self):
        return self._t.tolist()

    def __iter__(self):
        return iter(self.tolist())

    def _place(self, i):
        n = len(self)
        if not -n <= i < n:
            raise IndexError(f"index {i} out of range for storage of size {n}")
        return i % n

    def __getitem__(self, i):
        return self._t[self._place(i)].item()

    def __setitem__(self, key, value):
        self._t[key if isinstance(key, slice) else self._place(key)] = value

    def fill_(self, value):
        self._t.fill_(value)
        return self

    def copy_(self, source, non_blocking=False):
        self._t.copy_(source._t)
        return self

    def clone(self):
        return self._with(self._t.clone())

    def cpu(self):
        return self if self.device.type == "cpu" else self._with(self._t.cpu())

    def is_shared(self):
        return False

    def is_pinned(self, device="cuda"):
        return False

    def resizable(self):
        return True

    def __repr__(self):
        name = type(self).__qualname__
        kind = "" if name == "UntypedStorage" else f"dtype={self.dtype!r}, "
        rows = "\n".join(f" {v}" for v in self.tolist())
        return f"{rows}\n[torch.storage.{name}({kind}device={self.device}) of size {len(self)}]"


class UntypedStorage(_Storage):
    """The bytes of a memory (torch.UntypedStorage): of a size, or from a sequence of bytes."""

    def __init__(self, source=0, *, device=None):
        values = [0] * source if isinstance(source, int) else list(source)
        self._t = root_of(factories.tensor(values, dtype=dtypes.uint8, device=device))

    @classmethod
    def _over(cls, flat):
        self = object.__new__(cls)
        self._whole = flat
        self._t = view_as_dtype(flat, dtypes.uint8)
        return self

    def _with(self, t):
        return UntypedStorage._over(t)

    def _elements(self, dtype):
        """The memory as a flat tensor of ``dtype``."""
        if self._whole.dtype is dtype:
            return self._whole
        n = len(self) // dtype.itemsize * dtype.itemsize
        return view_as_dtype(self._t[:n], dtype)

    def untyped(self):
        return self

    def type(self):
        return "torch.storage.UntypedStorage"

    def __getitem__(self, i):
        if not isinstance(i, slice):
            return _Storage.__getitem__(self, i)
        return UntypedStorage._over(self._t[i].clone())

    def __eq__(self, other):
        return isinstance(other, UntypedStorage) and self._cdata == other._cdata

    def __hash__(self):
        return hash(self._cdata)


class TypedStorage(_Storage):
    """The elements of a memory (torch.TypedStorage): of a size, a sequence, or another storage."""

    def __init__(self, source=0, *, wrap_storage=None, dtype=None, device=None, _internal=False):
        if not _internal:
            _warn(3)
        self.dtype = dtype or dtypes.get_default_dtype()
        if wrap_storage is None:
            values = [0] * source if isinstance(source, int) else list(source)
            made = factories.tensor(values, dtype=self.dtype, device=device)
            wrap_storage = untyped_storage(made)
        self._untyped_storage = wrap_storage
        self._t = wrap_storage._elements(self.dtype)

    def _with(self, t):
        return TypedStorage(wrap_storage=untyped_storage(t), dtype=self.dtype, _internal=True)

    def untyped(self):
        return self._untyped_storage

    def __getitem__(self, i):
        if isinstance(i, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return _Storage.__getitem__(self, i)

    def type(self):
        return f"torch.{self.dtype.legacy}Storage"


def placed(t, storage, storage_offset, size, stride):
    """The tensor of the dtype of ``t`` that lies in a storage as `Tensor.set_` is told."""
    if isinstance(storage, TypedStorage) and storage.dtype is not t.dtype:
        raise RuntimeError(
            f"Expected a Storage of type {c_name(t.dtype)} or an UntypedStorage, but got type "
            f"{storage.dtype.legacy} for argument 1 'storage'"
        )
    flat = storage.untyped()._elements(t.dtype)
    if size is None:
        return flat
    return flat.as_strided(size, stride, storage_offset)


def is_storage(obj):
    return isinstance(obj, _Storage)
