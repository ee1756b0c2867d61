"""Operators, properties and plain methods of Tensor: what no op table can give."""

from __future__ import annotations

import warnings

import numpy as np

from . import attributes, dtypes, layouts
from .autograd import modes
from .autograd.errors import c_name, type_text
from .autograd.graph import LEAF, LeafAlias, Output, Refused
from .devices import device
from .ops import complex_parts, index, linalg_matmul, operators, view
from .ops.table import wrap_dim
from .protocols import SPECIAL
from .registry import methods
from .storage import (
    bump,
    geometry,
    make_view,
    mark_inference,
    share,
    turns,
    version,
)
from .tensor import Size, Tensor, fresh, sync, wrap

_props = {}


def prop(fn):
    _props[fn.__name__] = property(fn)
    return fn


def method(fn):
    methods[fn.__name__] = fn
    return fn


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
        sync(self)
    return Size(self._raw.shape)


@prop
def dtype(self):
    return self._p.torch_dtype[self._raw.dtype]


@prop
def ndim(self):
    return len(fresh(self)._raw.shape)


@prop
def itemsize(self):
    return self.dtype.itemsize


@prop
def nbytes(self):
    return self.numel() * self.dtype.itemsize


@prop
def is_leaf(self):
    node = fresh(self)._node
    return node is None or not node.own


@prop
def grad_fn(self):
    node = fresh(self)._node
    if node is None or node is LEAF:
        return None
    while type(node) is Output or node.transparent:
        if isinstance(node, LeafAlias):
            return None
        node = node.parent if type(node) is Output else node.edges[0]
        if isinstance(node, Tensor):
            return None
    if type(node) is Refused:
        raise RuntimeError(node.params[0])
    return node.public


@prop
def output_nr(self):
    node = fresh(self)._node
    return node.index if type(node) is Output else 0


@prop
def _version(self):
    if self._inference:
        raise RuntimeError("Inference tensors do not track version counter.")
    return version(self)


@prop
def _base(self):
    e = self._ext
    return None if e is None or self._inference else e.base


@prop
def T(self):
    n = len(self._raw.shape if self._ext is None else fresh(self)._raw.shape)
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


_props.update(complex_parts.PROPERTIES)
_props["layout"] = property(lambda self: layouts.functions["strided"])
_props["device"] = property(lambda self: self._p.device)
_props["is_cuda"] = property(lambda self: self._p.device.type == "cuda")
_props["is_cpu"] = property(lambda self: self._p.device.type == "cpu")
_props["is_meta"] = property(lambda self: self._p.device.type == "meta")
for _flag in ("is_sparse", "is_quantized", "is_mkldnn", "is_nested", "is_sparse_csr", "is_mps"):
    _props[_flag] = property(lambda self: False)


def _get_requires_grad(self):
    return fresh(self)._node is not None


def _history_changed(t):
    """Let the views of a tensor look at its history again."""
    st = t._st
    if st is not None and st.memory.shared:
        st.memory.clock += 1


def _set_requires_grad(self, on):
    if not isinstance(on, bool):
        raise RuntimeError("requires_grad must be a bool")
    if not self.is_leaf:
        text = "you can only change requires_grad flags of leaf variables."
        if not on:
            text += (
                " If you want to use a computed variable in a subgraph that doesn't require "
                "differentiation use var_no_grad = var.detach()."
            )
        raise RuntimeError(text)
    if on and not self._p.differentiable(self._raw):
        raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
    if on and self._inference and not modes.LOCAL.inference:
        raise RuntimeError(
            "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
        )
    self._node = LEAF if on else None
    _history_changed(self)


_props["requires_grad"] = property(_get_requires_grad, _set_requires_grad)


def _get_grad(self):
    if self._grad is None and not self.is_leaf and not self._retains_grad:
        warnings.warn(
            "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its "
            ".grad attribute won't be populated during autograd.backward(). If you indeed want the "
            ".grad field to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf "
            "Tensor. If you access the non-leaf Tensor by mistake, make sure you access the leaf "
            "Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more information.",
            UserWarning,
            stacklevel=2,
        )
    return self._grad


def _set_grad(self, g):
    if g is None:
        self._grad = None
        return
    if not isinstance(g, Tensor):
        raise TypeError(
            f"assigned grad expected to be a Tensor or None but got grad of type {type(g).__name__}"
        )
    if g is self:
        raise RuntimeError("can't assign Variable as its own grad")
    if g.shape != self.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(g.shape)}' to a tensor of size "
            f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same "
            "size"
        )
    want = self.__dict__.get("_grad_dtype", self.dtype)
    if want is not None and g.dtype is not want:
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{c_name(g.dtype)}' to a tensor with "
            f"grad_dtype '{want.legacy}'. The gradient must match the tensor's grad_dtype "
            "(defaults to the tensor's dtype). You can set the tensor's grad_dtype attribute with "
            "a specific dtype, or None to allow any dtype. Set grad_dtype with caution. Diverging "
            "the dtypes of a tensor and its gradient may break downstream systems that assume they "
            "match."
        )
    self._grad = g


def _del_grad(self):
    self._grad = None


_props["grad"] = property(_get_grad, _set_grad, _del_grad)


def _get_grad_dtype(self):
    if not self.is_leaf:
        raise RuntimeError("grad_dtype can only be accessed on leaf tensors.")
    return self.__dict__.get("_grad_dtype", self.dtype)


def _set_grad_dtype(self, dtype):
    if dtype is not None and not isinstance(dtype, dtypes.dtype):
        raise RuntimeError(
            f"grad_dtype must be a torch.dtype or None, but got {type(dtype).__name__}"
        )
    if not self.is_leaf:
        raise RuntimeError("grad_dtype can only be set on leaf tensors.")
    g = self._grad
    if g is not None and dtype is not None and g.dtype is not dtype:
        raise RuntimeError(
            f"Cannot set grad_dtype to '{dtype.legacy}' because there is already a gradient with "
            f"dtype '{c_name(g.dtype)}'. Please clear the gradient (.grad = None) before changing "
            "grad_dtype, or ensure the new grad_dtype matches the existing gradient's dtype."
        )
    self.__dict__["_grad_dtype"] = dtype
    modes.STATE.grad_dtypes = True


_props["grad_dtype"] = property(_get_grad_dtype, _set_grad_dtype)


def _get_data(self):
    if self._p.level:
        raise RuntimeError("accessing `data` under vmap transform is not allowed")
    out = detach(self)
    from .storage import Storage

    st = object.__new__(Storage)
    st.version, st.memory = 0, self._st.memory
    out._st = st
    return out


def _set_data(self, value):
    if not isinstance(value, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
    if self.requires_grad and not value._p.differentiable(fresh(value)._raw):
        raise RuntimeError(
            "data set to a tensor that requires gradients must be floating point or complex dtype"
        )
    share(fresh(value))
    old = self._st
    self._raw, self._p = value._raw, value._p
    from .storage import Storage

    st = object.__new__(Storage)
    st.version, st.memory = (0 if old is None else old.version), value._st.memory
    self._st = st
    e = value._ext
    self._ext = None if e is None else make_view(None, e.chain, len(e.chain), e.seen)


_props["data"] = property(_get_data, _set_data)


# --- plain methods --------------------------------------------------------------------------------


@method
def size(self, dim=None):
    """The shape, or one size of it (torch.Tensor.size)."""
    shape = fresh(self)._raw.shape
    if dim is None:
        return Size(shape)
    if not shape:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return shape[wrap_dim(dim, len(shape))]


@method
def dim(self):
    """The number of dimensions (torch.Tensor.dim)."""
    return len(fresh(self)._raw.shape)


methods["ndimension"] = dim


@method
def numel(self):
    """The number of elements (torch.Tensor.numel)."""
    n = 1
    for k in fresh(self)._raw.shape:
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
    strides = geometry(fresh(self))[1]
    return tuple(strides) if dim is None else strides[dim]


@method
def storage_offset(self):
    """Elements before the first one in its memory (torch.Tensor.storage_offset)."""
    return geometry(fresh(self))[2]


@method
def is_contiguous(self, memory_format=None):
    """Whether elements lie row by row without gaps (torch.Tensor.is_contiguous)."""
    from .storage import is_contiguous as rows_follow

    shape, strides, _ = geometry(fresh(self))
    return rows_follow(shape, strides)


@method
def item(self):
    """The only element as a Python number (torch.Tensor.item)."""
    t = fresh(self)
    if t._raw.shape and t.numel() != 1:
        raise RuntimeError(f"a Tensor with {t.numel()} elements cannot be converted to Scalar")
    return _python(t._p.to_host(t._raw))


def _python(a):
    v = a.item()
    return v if type(v) in _NUMBERS else float(v)


_NUMBERS = {bool, int, float, complex}


def _stored(t):
    if t._p.level:
        raise RuntimeError("Cannot access data pointer of Tensor that doesn't have storage")
    return t


@method
def tolist(self):
    """Nested lists of Python numbers, or a number (torch.Tensor.tolist)."""
    t = _stored(fresh(self))
    a = np.asarray(t._p.to_host(t._raw))
    if a.dtype.kind == "V":
        a = a.astype(np.float32)
    return a.tolist()


_BITS = (("conjugate", "conj"), ("negative", "neg"))


@method
def numpy(self, *, force=False):
    """A NumPy array over the same memory where the backend allows (torch.Tensor.numpy)."""
    t = _stored(fresh(self))
    if force:
        t = fresh(t.detach().cpu())
    elif t._node is not None and modes.LOCAL.grad:
        raise RuntimeError(
            "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
        )
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


@method
def detach(self):
    """The same memory without history (torch.Tensor.detach)."""
    t = fresh(self)
    st = share(t)
    out = wrap(t._p, t._raw)
    out._st = st
    e = t._ext
    if e is not None:
        out._ext = make_view(None, e.chain, len(e.chain), st.memory.clock)
    if t._inference:
        mark_inference(out)
    return out


@method
def detach_(self):
    """Drop the history in place (torch.Tensor.detach_)."""
    t = fresh(self)
    if modes.LOCAL.inference and not t._inference:
        return t
    if t._ext is not None and t._ext.base is not None and not t._inference:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using DistributedDataPa"
            "rallel (DDP) for training, and gradient_as_bucket_view is set as True, gradients are "
            "views of DDP buckets, and hence detach_() cannot be called on these gradients. To fix "
            "this error, please refer to the Optimizer.zero_grad() function in "
            "torch/optim/optimizer.py as the solution."
        )
    t._node = None
    if t._duals is not None:
        t.__dict__["_duals"] = None
    _history_changed(t)
    return t


@method
def requires_grad_(self, requires_grad=True):
    """Set ``requires_grad`` and return the tensor (torch.Tensor.requires_grad_)."""
    if requires_grad and not self._p.differentiable(self._raw):
        raise RuntimeError("only Tensors of floating point dtype can require gradients")
    if modes.LOCAL.transforms:
        from .autograd.errors import REQUIRES_GRAD_IN_TRANSFORM

        raise RuntimeError(REQUIRES_GRAD_IN_TRANSFORM)
    if not requires_grad or self.is_leaf:
        _set_requires_grad(self, requires_grad)
    return self


@method
def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Gradients of this tensor for the leaves of its graph (torch.Tensor.backward)."""
    from .autograd import backward

    backward(self, gradient, retain_graph, create_graph, inputs=inputs)


def tensor_type(self, dtype=None, non_blocking=False, **kwargs):
    """The type's name, or the tensor cast to a type (torch.Tensor.type)."""
    if dtype is None:
        return type_text(self._p, fresh(self)._raw)
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
    return self.to(device=device("cpu"))


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
    t = fresh(self)
    share(t)
    _, _, offset = geometry(t)
    root = t._st.memory
    address = getattr(root.raw, "ctypes", None)
    base = id(root) if address is None else address.data
    return base + offset * t.dtype.itemsize


@method
def _is_view(self):
    return self._ext is not None and self._ext.base is not None and not self._inference


@method
def is_inference(self):
    """Whether the tensor was made in inference mode (torch.Tensor.is_inference)."""
    return self._inference


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
        return self.to(target)

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
    attributes.attach((methods, OPERATORS, _props, {f.__name__: f for f in SPECIAL}))
    Tensor.__hash__ = object.__hash__


__all__ = ["attach", "bump"]
