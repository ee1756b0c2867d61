"""In-place forms of views: the tensor itself comes to be seen in another way.

Memory stays where it is; only the tensor's own chain of view steps grows. `resize_` and `set_` give
it other memory.
"""

from __future__ import annotations

from math import prod

from .. import registry
from ..autograd.captured import refuse
from ..autograd.errors import c_name, no_forward
from ..autograd.graph import LEAF, renew
from ..autograd.inplace import (
    check_write,
    outside,
    recorded,
    refuse_outside,
    unused_view,
)
from ..autograd.modes import LOCAL, STATE
from ..autograd.overlap import same_place
from ..dispatch import make_alias
from ..primitive import TABLE
from ..storage import bump, contiguous_strides, geometry, make_view, storage_of, turns
from ..tensor import Tensor, fresh, wrap
from . import view as V
from .table import ints
from .turned import conj, negated
from .view import view_op
from .view_strided import stepped

_NODES = {
    "unsqueeze": "UnsqueezeBackward1", "squeeze": "SqueezeBackward3",
    "squeeze_dim": "SqueezeBackward4", "squeeze_dims": "SqueezeBackward5",
    "transpose": "TransposeBackward1", "t": "TBackward1",
}  # fmt: skip


def _inplace_ops():
    for name, node in _NODES.items():
        op = TABLE[name]
        view_op(name + "_", op.rules[0], node=node, kernel=op.kernel, params=op.params,
                geometry=op.geometry, put=op.put)  # fmt: skip


_inplace_ops()


def _has_tangent(tensors):
    if not LOCAL.duals:
        return False
    from ..autograd.dual import any_tangent

    return any_tangent(tensors)


def turn(x, out, record):
    """Let ``x`` be what its view ``out`` is; its history follows if that is recorded."""
    if STATE.exotic and LOCAL.duals:
        from ..autograd.dual import turn_tangents

        turn_tangents(x, out, _turned_along)
    e, seen = x._ext, out._ext
    x._raw, x._st = out._raw, out._st
    if e is not None and e.base is not None:
        x._ext = make_view(e.base, seen.chain, e.depth, seen.seen, e.meta, seen.at)
    else:
        x._ext = make_view(None, seen.chain, len(seen.chain), seen.seen)
    if record:
        x._node = out._node
        x.__dict__.pop("_retains_grad", None)
    st = x._st
    st.version += 1
    st.memory.clock += 1
    if record or x._ext.base is None:
        x._ext.seen, x._ext.at = st.memory.clock, st.version
    refuse_outside(x)
    return x


def _turned_along(u, op, params):
    record = recorded(u)
    if record:
        check_write(u)
    turn(u, op.fn(u, *params), record)


def _turned(name, find):
    def inplace(self, *args, **kwargs):
        unborn = unused_view(self)
        x = fresh(self)
        if STATE.exotic and LOCAL.tracks:
            refuse(x, name[:-1], args, kwargs)
        record = recorded(x) and not outside(x)
        if record:
            check_write(x, unborn)
        storage_of(x)
        x._st.memory.raw = x._raw if x._ext is None else x._st.memory.raw
        return turn(x, find(x, *args, **kwargs), record)

    inplace.__name__ = inplace.__qualname__ = name
    inplace.__doc__ = f"In-place form of the view (torch.Tensor.{name})."
    registry.methods[name] = inplace


def squeezed(x, shape):
    """A new tensor squeezed in place by one dimension."""
    storage_of(x).memory.raw = x._raw
    return turn(x, make_alias(TABLE["squeeze_dim_"], x, (shape,)), recorded(x))


def _as(name, view):
    """The view that a function of views gives, recorded under the in-place form's node."""

    def find(x, *args, **kwargs):
        given = x.detach()
        plain = view(given, *args, **kwargs)
        if plain is given:
            return make_alias(TABLE["alias"], x, ())
        op, params = plain._ext.chain[-1]
        return make_alias(TABLE[op.name + "_"], x, params)

    return find


for _name, _view in (("unsqueeze", V.unsqueeze), ("squeeze", V.squeeze),
                     ("t", lambda x: V.turned(x, "t_")),
                     ("transpose", V.transpose), ("swapaxes", V.transpose),
                     ("swapdims", V.transpose)):  # fmt: skip
    _turned(_name + "_", _as(_name, _view))


_strided = TABLE["as_strided"]
_strided_here = view_op(
    "as_strided_", _strided.rules[0], node="AsStridedBackward1", kernel=_strided.kernel,
    params=_strided.params, geometry=_strided.geometry, put=_strided.put,
)  # fmt: skip


def _as_strided(x, size, stride, storage_offset=None):
    return _strided_here(*stepped(x, size, stride, storage_offset))


_turned("as_strided_", _as_strided)


@registry.public("resize_", function=False)
def resize_(self, *sizes, memory_format=None):
    """Other sizes in place, keeping the first elements in memory (torch.Tensor.resize_)."""
    x = fresh(self)
    if STATE.exotic and LOCAL.tracks:
        refuse(x, "resize")
    shape = ints(sizes)
    _check_size(shape, x.dtype.itemsize)
    if x._node is not None and not LOCAL.inference and not outside(x):
        raise RuntimeError("cannot resize variables that require grad")
    if STATE.exotic and _has_tangent((x,)):
        raise RuntimeError("cannot resize variables that has a forward grad")
    if tuple(x._raw.shape) == shape:
        return self
    offset, n = geometry(x)[2], prod(shape)
    root = x._raw if x._ext is None else x._st.memory.raw
    if offset + n <= prod(root.shape):
        storage_of(x).memory.raw = root
        return turn(x, _as_strided(x, shape, _dense(shape), offset), False)
    P, have = x._p, prod(x._raw.shape)
    more = P.full((n - have,), 0, x._raw.dtype)
    _replace(x, P.own(P.reshape(P.concat([P.reshape(x._raw, (have,)), more], 0), shape)))
    bump(x)
    refuse_outside(x)
    return self


def _check_size(shape, itemsize):
    if any(n < 0 for n in shape) and 0 not in shape:
        raise RuntimeError("numel: integer multiplication overflow")
    step = 1
    for n in reversed(shape):
        step *= max(n, 1)
        if step >= 1 << 63:
            if 0 in shape:
                raise RuntimeError("Stride calculation overflowed")
            raise RuntimeError("numel: integer multiplication overflow")
    if prod(shape) * itemsize >= 1 << 63:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)}")


def _replace(x, raw):
    old = x._st
    x._raw, x._st, x._ext = raw, None, None
    if old is not None:
        storage_of(x).version = old.version


@registry.public("resize_as_", function=False)
def resize_as_(self, the_template, *, memory_format=None):
    """The sizes of another tensor in place (torch.Tensor.resize_as_)."""
    return resize_(self, tuple(the_template.shape))


@registry.public("set_", function=False)
def set_(self, source=None, storage_offset=0, size=None, stride=None):
    """The memory of another tensor or of a storage (torch.Tensor.set_)."""
    if STATE.exotic and LOCAL.tracks:
        refuse(self, "set", (source,))
    tensors = [t for t in (self, source) if isinstance(t, Tensor)]
    if STATE.exotic and _has_tangent(tensors):
        raise no_forward("set_")
    if recorded(fresh(self)):
        check_write(self)
    if source is None:
        source = wrap(self._p, self._p.own(self._p.full((0,), 0, self._raw.dtype)))
    if size is not None:
        _check_strides(size, stride, storage_offset)
    if not isinstance(source, Tensor):
        source, size = _of_storage(self, source, storage_offset, size, stride), None
    elif source.dtype is not self.dtype:
        raise RuntimeError(
            f"Could not set tensor of type {c_name(source.dtype)} to a tensor of type "
            f"{c_name(self.dtype)}"
        )
    for turned, back in zip(turns(source), (conj, negated), strict=True):
        source = back(source) if turned else source
    if size is not None:
        source = source.detach().as_strided(size, stride or _dense(size), storage_offset)
    self.data = source
    self._st.version += 1
    refuse_outside(self)
    if self._node is LEAF:
        renew(self)
    return self


def _check_strides(size, stride, offset):
    if stride is not None and len(size) != len(stride):
        raise RuntimeError(f"unequal size length ({len(size)}) and stride length ({len(stride)})")
    if any(s < 0 for s in stride or ()):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(size)} and "
            f"strides={list(stride)}"
        )
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")


def _of_storage(self, source, storage_offset, size, stride):
    from ..storages import is_storage, placed

    if not is_storage(source):
        raise registry.bad_argument("set_", "source", 1, source)
    size = None if size is None else tuple(size)
    return placed(self, source, storage_offset, size, stride or size and _dense(size))


def _dense(size):
    return contiguous_strides(tuple(size))


@registry.public("is_set_to", function=False)
def is_set_to(self, tensor):
    """Whether two tensors are the same elements of one memory (torch.Tensor.is_set_to)."""
    return same_place(fresh(self), tensor)


@registry.public("untyped_storage", function=False)
def untyped_storage(self):
    """The bytes that the tensor lies in (torch.Tensor.untyped_storage)."""
    from ..storages import untyped_storage

    return untyped_storage(self)


@registry.public("storage", function=False)
def storage(self):
    """The memory that the tensor lies in as its elements (torch.Tensor.storage)."""
    from ..storages import typed_storage

    return typed_storage(self)
