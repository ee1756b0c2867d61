"""What a tensor says of its history, and what switches it: leaf or not, its node, gradient, data.

A view finds its history when it is asked for, or when something is recorded with it: what merely
computes with its data leaves it alone, as does ``requires_grad``.
"""

from __future__ import annotations

import warnings

from . import dtypes
from .autograd import captured, modes
from .autograd.errors import INFERENCE_LEAF, c_name
from .autograd.graph import LEAF, SEQ, LeafAlias, Node, Output, Refused, renew
from .ops.table import refuse_batches
from .registry import methods
from .storage import COUNTED, make_view, mark_inference, moved, share, storage_of, version
from .tensor import FAST, Tensor, current, fresh, settled, wrap

PROPERTIES = {}


def prop(fn):
    PROPERTIES[fn.__name__] = property(fn)
    return fn


def method(fn):
    methods[fn.__name__] = fn
    return fn


@prop
def is_leaf(self):
    node = settled(self)._node
    if type(node) is Refused:
        raise RuntimeError(node.params[0])
    if node is None or not node.own:
        return True
    return modes.LOCAL.transforms > 0 and not _followed(self)


@prop
def grad_fn(self):
    node = settled(self)._node
    if node is None or node is LEAF or modes.LOCAL.transforms and not _followed(self):
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
    node = settled(self)._node
    return node.index if type(node) is Output else 0


@prop
def _version(self):
    if self._inference is True:
        raise RuntimeError("Inference tensors do not track version counter.")
    return version(self)


@prop
def _base(self):
    e = self._ext
    return None if e is None or self._inference else e.base


def _get_requires_grad(self):
    n, e = self._node, self._ext
    if e is None or e.base is None or self._inference:
        found = n is not None
    else:
        own = n is LEAF or isinstance(n, Node) and (n.own or type(n) is Refused and n.params[2])
        found = own or e.base._node is not None
    return found and (not modes.LOCAL.transforms or _followed(self))


def _followed(t):
    """Whether the transform that a tensor with a history belongs to knows of this history."""
    from .func.tracking import followed

    return followed(settled(t))


def _history_changed(t):
    """Let the views of a tensor look at its history again."""
    st = t._st
    if st is not None and st.memory.shared:
        st.memory.clock += 1


def _has_been_leaf(self):
    """Whether it was a leaf when its history was last asked for: what may be switched."""
    n = self._node
    return n is None or not n.own or type(n) is Refused and n.params[1] is None


def _set_requires_grad(self, on):
    if not isinstance(on, bool):
        raise RuntimeError("requires_grad must be a bool")
    if not _has_been_leaf(self):
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
        raise RuntimeError(INFERENCE_LEAF)
    self._node = LEAF if on else None
    if on and self._hooks is not None:  # of before it was detached in place
        modes.STATE.leaf_hooks = True
    _history_changed(self)


PROPERTIES["requires_grad"] = property(_get_requires_grad, _set_requires_grad)


def _get_grad(self):
    if self._grad is None and not self._retains_grad and not _has_been_leaf(self):
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


PROPERTIES["grad"] = property(_get_grad, _set_grad, _del_grad)


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


PROPERTIES["grad_dtype"] = property(_get_grad_dtype, _set_grad_dtype)


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
    refuse_batches("data", self)
    if self.requires_grad and not value._p.differentiable(fresh(value)._raw):
        raise RuntimeError(
            "data set to a tensor that requires gradients must be floating point or complex dtype"
        )
    if self._node is LEAF and value.dtype is not self.dtype:
        renew(self)
    share(fresh(value))
    e, own = value._ext, self._ext
    self._st = moved(self, value._st.memory)
    self._raw, self._p = value._raw, value._p
    if own is not None and own.base is not None and self._node is None:
        chain = () if e is None else e.chain
        seen = self._st.memory.clock if e is None else e.seen
        self._ext = make_view(own.base, chain, len(chain), seen, own.meta, self._st.version)
    else:
        self._ext = None if e is None else make_view(None, e.chain, len(e.chain), e.seen)
    if value._inference or self._inference:
        self._inference = bool(value._inference) and (self._inference or COUNTED)


PROPERTIES["data"] = property(_get_data, _set_data)


@method
def detach(self):
    """The same memory without history (torch.Tensor.detach)."""
    if type(self) not in FAST and not modes.LOCAL.plain:
        from .subclass import ask

        return ask(Tensor.detach, (self,), (self,), {})
    t = current(self)
    st = share(t)
    out = wrap(t._p, t._raw)
    out._st = st
    e = t._ext
    if e is not None:
        out._ext = make_view(None, e.chain, len(e.chain), st.memory.clock)
    if t._inference:
        mark_inference(out)
        if not modes.LOCAL.inference:
            out._inference = COUNTED
    if modes.STATE.exotic and modes.LOCAL.tracks:
        captured.follow(out, t)
    return out


@method
def detach_(self):
    """Drop the history in place (torch.Tensor.detach_)."""
    t = current(self)
    if modes.STATE.exotic and modes.LOCAL.tracks:
        captured.refuse(t, "detach")
    if t._inference or modes.LOCAL.inference:
        return t
    if t._ext is not None and t._ext.base is not None:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using DistributedDataPa"
            "rallel (DDP) for training, and gradient_as_bucket_view is set as True, gradients are "
            "views of DDP buckets, and hence detach_() cannot be called on these gradients. To fix "
            "this error, please refer to the Optimizer.zero_grad() function in "
            "torch/optim/optimizer.py as the solution."
        )
    if isinstance(t._node, Node) and t._node.own:
        storage_of(t)  # off the short path: where it was saved, this is told by the number
        t.__dict__["_detached"] = next(SEQ)
    t._node = None
    if t._duals is not None:
        t.__dict__["_duals"] = None
    _history_changed(t)
    return t


@method
def requires_grad_(self, requires_grad=True):
    """Set ``requires_grad`` and return the tensor (torch.Tensor.requires_grad_)."""
    if not isinstance(requires_grad, bool):
        raise TypeError(
            "requires_grad_(): argument 'requires_grad' (position 1) must be bool, not "
            f"{type(requires_grad).__name__}"
        )
    if requires_grad and not self._p.differentiable(self._raw):
        raise RuntimeError("only Tensors of floating point dtype can require gradients")
    if modes.LOCAL.transforms:
        from .autograd.errors import REQUIRES_GRAD_IN_TRANSFORM

        raise RuntimeError(REQUIRES_GRAD_IN_TRANSFORM)
    if not requires_grad or _has_been_leaf(self):
        _set_requires_grad(self, requires_grad)
    return self


@method
def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Gradients of this tensor for the leaves of its graph (torch.Tensor.backward)."""
    from .autograd import backward

    if type(self) not in FAST and not modes.LOCAL.plain:
        from .subclass import ask

        return ask(Tensor.backward, (self,), (self,), {
            "gradient": gradient, "retain_graph": retain_graph, "create_graph": create_graph,
            "inputs": inputs,
        })  # fmt: skip
    backward(self, gradient, retain_graph, create_graph, inputs=inputs)


@method
def _is_view(self):
    return self._ext is not None and self._ext.base is not None and not self._inference


@method
def is_inference(self):
    """Whether the tensor was made in inference mode (torch.Tensor.is_inference)."""
    return bool(self._inference)
