"""What Python itself asks of a Tensor: truth, numbers, length, iteration, text, copies, pickles."""

from __future__ import annotations

import numpy as np

from . import dtypes
from .autograd.captured import refuse_storage
from .autograd.graph import LEAF
from .autograd.modes import LOCAL
from .blame import warn_once
from .dispatch import dtype_of
from .storage import Storage, look, make_view, share, turns
from .tensor import Tensor, fresh, wrap


def __bool__(self):
    if self.numel() != 1:
        if self.numel() == 0:
            raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
        raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
    if self._p.level:
        from .autograd.batching import refuse_branch

        refuse_branch(self)
    return bool(self.item())


def __float__(self):
    return float(_number(self))


def __int__(self):
    return int(_number(self))


def __complex__(self):
    return complex(_number(self))


def __index__(self):
    if dtype_of(fresh(self)).category > dtypes.INT or self.numel() != 1:
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return int(self.item())


def _number(t):
    if t.numel() != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    if t.requires_grad:
        warn_once(
            "Converting a tensor with requires_grad=True to a scalar may lead to unexpected "
            "behavior.\nConsider using tensor.detach() first."
        )
    return t.item()


def __len__(self):
    shape = fresh(self)._raw.shape
    if not shape:
        raise TypeError("len() of a 0-d tensor")
    return shape[0]


def __iter__(self):
    if not fresh(self)._raw.shape:
        raise TypeError("iteration over a 0-d tensor")
    return iter(self.unbind(0))


def __contains__(self, element):
    if isinstance(element, (Tensor, int, float, complex, bool)):
        return bool((element == self).any().item())
    raise RuntimeError(
        f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}."
    )


def __repr__(self, *, tensor_contents=None):
    from .show import tensor_repr

    return tensor_repr(self)


def __format__(self, spec):
    if self.dim() == 0:
        return self.item().__format__(spec)
    return object.__format__(self, spec)


def __array__(self, dtype=None, copy=None):
    a = self.numpy()
    return a if dtype is None else a.astype(dtype, copy=False)


def __array_wrap__(self, array, context=None, return_scalar=False):
    """What a NumPy function of a Tensor returns: a Tensor, booleans as 0 and 1, as in torch."""
    from .factories import from_numpy

    array = np.asarray(array)
    return from_numpy(array.view(np.uint8) if array.dtype == bool else array)


def __reversed__(self):
    return self if self.dim() == 0 else self.flip(0)


def __deepcopy__(self, memo):
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
            "protocol at the moment.  If you were attempting to deepcopy a module, this may be "
            "because of a torch.nn.utils.weight_norm usage, see "
            "https://github.com/pytorch/pytorch/pull/103001"
        )
    if LOCAL.transforms:
        refuse_storage(self)
    fields = {k: v for k, v in self.__dict__.items() if k == "_grad" or k not in _OURS}
    return deep_copy(self, memo, fields)


def deep_copy(self, memo, fields):
    """A leaf copied with its memory, once a ``memo``, and with these fields of its dict."""
    if id(self) in memo:
        return memo[id(self)]
    out = _alike(self, *_copied(fresh(self), memo))
    memo[id(self)] = out
    import copy

    for k, v in fields.items():
        out.__dict__[k] = copy.deepcopy(v, memo)
    return out


def _alike(t, raw, st, ext):
    """A leaf of the class of ``t`` over given memory."""
    out = object.__new__(type(t))
    out._raw, out._p, out._st, out._ext = raw, t._p, st, ext
    out._node = LEAF if t.requires_grad else None
    return out


def _copied(t, memo):
    """The memory of a tensor copied; tensors that share it share the copy of one ``memo``."""
    P, st = t._p, t._st
    if st is None or any(turns(t)):
        return P.copy(t._raw), None, None
    memory = memo.get(id(st.memory))
    if memory is None:
        memory = share(wrap(P, P.copy(st.memory.raw))).memory
        memo[id(st.memory)] = memory
    own = object.__new__(Storage)
    own.version, own.memory = 0, memory
    if t._ext is None:
        return memory.raw, own, None
    chain = t._ext.chain
    return look(P, memory.raw, chain), own, make_view(None, chain, len(chain), memory.clock)


def __copy__(self):
    out = self.data
    out._st.version = 1
    return _alike(self, out._raw, out._st, out._ext)


def __reduce_ex__(self, protocol):
    from .show import rebuild

    if LOCAL.transforms:
        refuse_storage(self)
    if self._hooks:
        from .utils.hooks import warn_if_has_hooks

        warn_if_has_hooks(self)
    t = fresh(self.detach())
    host = t._p.to_host(t._raw)
    kept = {k: v for k, v in self.__dict__.items() if k not in _OURS}
    return rebuild, (host, self.dtype._name, self.requires_grad, type(self), kept)


_OURS = frozenset(
    "_grad _hooks _retains_grad _inference _accumulator _accumulator_hooks _post_accumulate_hooks"
    " _duals _tracks _own _grad_dtype _set_at".split()
)  # what a pickle leaves out


@classmethod
def __torch_function__(cls, func, types, args=(), kwargs=None):
    from .subclass import run

    return run(cls, func, types, args, kwargs or {})


def as_subclass(self, cls):
    """The tensor in a class of the user's (torch.Tensor.as_subclass)."""
    from .ops.view import alias
    from .subclass import in_class, plainly

    return in_class(plainly(alias, (self,), {}), cls)


@staticmethod
def _make_subclass(cls, data, require_grad=False):
    from .subclass import in_class

    return in_class(data.detach(), cls).requires_grad_(require_grad)


SPECIAL = [
    __torch_function__, as_subclass, _make_subclass,
    __bool__, __float__, __int__, __complex__, __index__, __len__, __iter__, __contains__,
    __repr__, __format__, __array__, __array_wrap__, __reversed__, __deepcopy__, __copy__,
    __reduce_ex__,
]  # fmt: skip
