"""Operators, properties and plain methods of Tensor: what no op table can give."""

from __future__ import annotations

import warnings

import numpy as np

from . import attributes, dtypes, layouts
from .autograd import modes
from .autograd.captured import refuse_pointer
from .autograd.errors import type_text
from .devices import device
from .histories import PROPERTIES, method, prop
from .ops import complex_parts, index, linalg_matmul, operators, view
from .ops.table import wrap_dim
from .protocols import SPECIAL
from .registry import methods
from .storage import bump, geometry, share, turns
from .tensor import Size, Tensor, current, fresh

# --- operators ------------------------------------------------------------------------------------


OPERATORS = {
    **operators.OPERATORS,
    "__matmul__": linalg_matmul.matmul, "__rmatmul__": lambda a, b: linalg_matmul.matmul(b, a),
    "__getitem__": index.getitem, "__setitem__": index.setitem,
}  # fmt: skip


# --- properties -----------------------------------------------------------------------------------


@prop
def shape(self):
    if self._ext is not None:
        current(self)
    return Size(self._raw.shape)


@prop
def dtype(self):
    return self._p.torch_dtype[self._raw.dtype]


@prop
def ndim(self):
    return len(current(self)._raw.shape)


@prop
def itemsize(self):
    return self.dtype.itemsize


@prop
def nbytes(self):
    return self.numel() * self.dtype.itemsize


@prop
def T(self):
    n = len(self._raw.shape if self._ext is None else current(self)._raw.shape)
    if n == 2:
        return view.permute_dims(self, (1, 0))
    warnings.warn(
        "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is "
        "deprecated and it will throw an error in a future release. Consider `x.mT` to "
        "transpose batches of matrices or `x.permute(*torch.arange(x.ndim - 1, -1, -1))` to "
        "reverse the dimensions of a tensor.",
        UserWarning,
        stacklevel=2,
    )
    return view.permute(self, tuple(range(n - 1, -1, -1)))


@prop
def mT(self):
    if self.dim() < 2:
        raise RuntimeError(
            f"tensor.mT is only supported on matrices or batches of matrices. Got {self.dim()}-D "
            "tensor."
        )
    return view.transpose(self, -2, -1)


PROPERTIES.update(complex_parts.PROPERTIES)
PROPERTIES["layout"] = property(lambda self: layouts.functions["strided"])
PROPERTIES["device"] = property(lambda self: self._p.device)
PROPERTIES["is_cuda"] = property(lambda self: self._p.device.type == "cuda")
PROPERTIES["is_cpu"] = property(lambda self: self._p.device.type == "cpu")
PROPERTIES["is_meta"] = property(lambda self: self._p.device.type == "meta")
for _flag in ("is_sparse", "is_quantized", "is_mkldnn", "is_nested", "is_sparse_csr", "is_mps"):
    PROPERTIES[_flag] = property(lambda self: False)


# --- plain methods --------------------------------------------------------------------------------


@method
def size(self, dim=None):
    """The shape, or one size of it (torch.Tensor.size)."""
    shape = current(self)._raw.shape
    if dim is None:
        return Size(shape)
    if not shape:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return shape[wrap_dim(dim, len(shape))]


@method
def dim(self):
    """The number of dimensions (torch.Tensor.dim)."""
    return len(current(self)._raw.shape)


methods["ndimension"] = dim


@method
def numel(self):
    """The number of elements (torch.Tensor.numel)."""
    n = 1
    for k in current(self)._raw.shape:
        n *= k
    return n


methods["nelement"] = numel


@method
def element_size(self):
    """Bytes an element takes (torch.Tensor.element_size)."""
    return self.dtype.itemsize


@method
def stride(self, dim=None):
    """Elements to step over per dimension (torch.Tensor.stride)."""
    strides = geometry(current(self))[1]
    return tuple(strides) if dim is None else strides[dim]


@method
def storage_offset(self):
    """Elements before the first one in its memory (torch.Tensor.storage_offset)."""
    return geometry(current(self))[2]


@method
def is_contiguous(self, memory_format=None):
    """Whether elements lie row by row without gaps (torch.Tensor.is_contiguous)."""
    from .storage import is_contiguous as rows_follow

    if memory_format is not None:
        view.one_format(self, memory_format)
    shape, strides, _ = geometry(current(self))
    return rows_follow(shape, strides)


@method
def item(self):
    """The only element as a Python number (torch.Tensor.item)."""
    t = current(self)
    if t._raw.shape and t.numel() != 1:
        raise RuntimeError(f"a Tensor with {t.numel()} elements cannot be converted to Scalar")
    if t._p.level:
        from .autograd.batched import ITEM
        from .autograd.batching import refuse_branch

        refuse_branch(t, ITEM)
    return _python(t._p.to_host(t._raw))


def _python(a):
    v = a.item()
    return v if type(v) in _NUMBERS else float(v)


_NUMBERS = {bool, int, float, complex}


@method
def tolist(self):
    """Nested lists of Python numbers, or a number (torch.Tensor.tolist)."""
    t = current(self)
    if t._p.level:
        refuse_pointer(t)
    a = np.asarray(t._p.to_host(t._raw))
    if a.dtype.kind == "V":
        a = a.astype(np.float32)
    return a.tolist()


_BITS = (("conjugate", "conj"), ("negative", "neg"))


@method
def numpy(self, *, force=False):
    """A NumPy array over the same memory where the backend allows (torch.Tensor.numpy)."""
    t = current(self)
    if force:
        refuse_pointer(t)
        t = fresh(t.detach().cpu())
    elif t._node is not None and modes.LOCAL.grad and t.requires_grad:
        raise RuntimeError(
            "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
        )
    if t._tracks or t._p.level:
        refuse_pointer(t)
    if t._p.device.type != "cpu":
        raise TypeError(
            f"can't convert {t._p.device} device type tensor to numpy. Use Tensor.cpu() to copy "
            "the tensor to host memory first."
        )
    if t._ext is not None and not force:
        for on, (what, bit) in zip(turns(t), _BITS, strict=True):
            if on:
                raise RuntimeError(
                    f"Can't call numpy() on Tensor that has {what} bit set. Use "
                    f"tensor.resolve_{bit}().numpy() instead."
                )
    if t.dtype is dtypes.bfloat16:
        raise TypeError("Got unsupported ScalarType BFloat16")
    share(t)
    return t._p.to_host(t._raw)


def tensor_type(self, dtype=None, non_blocking=False, **kwargs):
    """The type's name, or the tensor cast to a type (torch.Tensor.type)."""
    if dtype is None:
        return type_text(self._p, current(self)._raw)
    if isinstance(dtype, str):
        name = dtype.rpartition(".")[2].removesuffix("Tensor")
        dtype = next(d for d in dtypes.ALL.values() if d.legacy == name)
    return self.to(getattr(dtype, "_tensor_dtype", dtype))


methods["type"] = tensor_type


@method
def type_as(self, other):
    """Cast to the dtype of another tensor (torch.Tensor.type_as)."""
    return self.to(other.dtype)


@method
def cpu(self, memory_format=None):
    """The tensor on the CPU (torch.Tensor.cpu)."""
    return self.to(device=device("cpu"), memory_format=memory_format)


@method
def get_device(self):
    """The index of the device, -1 for the CPU (torch.Tensor.get_device)."""
    index = self.device.index
    return -1 if self.device.type == "cpu" else index or 0


@method
def is_signed(self):
    """Whether the dtype has negative numbers (torch.Tensor.is_signed)."""
    return self.dtype.is_signed


@method
def data_ptr(self):
    """A number that identifies the memory and place of the first element."""
    t = current(self)
    refuse_pointer(t)
    share(t)
    shape, _, offset = geometry(t)
    if 0 in shape:
        return 0
    root = t._st.memory
    address = getattr(root.raw, "ctypes", None)
    base = id(root) if address is None else address.data
    return base + offset * t.dtype.itemsize


@method
def is_floating_point(self):
    """Whether the dtype is a floating one (torch.Tensor.is_floating_point)."""
    return self.dtype.is_floating_point


@method
def is_complex(self):
    """Whether the dtype is complex (torch.Tensor.is_complex)."""
    return self.dtype.is_complex


def _caster(name, target):
    def cast(self, memory_format=None):
        return self.to(target, memory_format=memory_format)

    cast.__name__ = cast.__qualname__ = name
    cast.__doc__ = f"The tensor cast to {target!r} (torch.Tensor.{name})."
    methods[name] = cast


for _name, _dtype in [
    ("half", dtypes.float16), ("bfloat16", dtypes.bfloat16), ("float", dtypes.float32),
    ("double", dtypes.float64), ("bool", dtypes.bool_), ("byte", dtypes.uint8),
    ("char", dtypes.int8), ("short", dtypes.int16), ("int", dtypes.int32),
    ("long", dtypes.int64), ("cfloat", dtypes.complex64), ("cdouble", dtypes.complex128),
]:  # fmt: skip
    _caster(_name, _dtype)


def attach():
    """Put operators, methods and properties on Tensor; called once, when all ops are defined."""
    attributes.attach((methods, OPERATORS, PROPERTIES, {f.__name__: f for f in SPECIAL}))
    Tensor.__hash__ = object.__hash__


__all__ = ["attach", "bump"]
