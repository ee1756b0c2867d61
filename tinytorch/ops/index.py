"""Indexing: `x[key]` and `x[key] = value` for every kind of key.

A key is read as torch reads it: integers, slices, None and Ellipsis become a chain of view steps;
what remains (integer and boolean tensors, lists) becomes one advanced index over the result. A
write is a write to the view that the first part gives, so histories and versions follow from there.
"""

from __future__ import annotations

from .. import dtypes, registry
from ..autograd.captured import refuse
from ..autograd.modes import LOCAL, STATE
from ..blame import type_name, warn
from ..dispatch import dtype_of, scalar_as, with_indices
from ..storage import bump, storage_of
from ..tensor import FAST, Tensor, current, fresh
from .expanded import FILL, PUT, write_some
from .table import primitive
from .view import alias, select, slice_, unsqueeze

index_get = primitive(
    "index", lambda P, g, a_shape, key: P.index_add_at(g, a_shape, key), params=("key",),
    kernel="getitem_at", node="IndexBackward0", forward=lambda P, x, key: P.getitem(x, key),
    meta={"saves_indices": True},
)  # fmt: skip
index_add_at = primitive(
    "index_add_at", lambda P, g, key: P.getitem_at(g, key), params=("shape", "key"),
    node="IndexPutBackward0",
    forward=lambda P, g, shape, key: P.put_add(P.full_as(g, shape, 0), key, g),
)  # fmt: skip
index_put = primitive(
    "index_put", lambda P, g, key: P.index_clear(g, key), lambda P, g, key: P.getitem_at(g, key),
    operands=("a", "b"), params=("key",), kernel="index_put", node="IndexPutBackward0",
    forward=lambda P, x, v, key: P.put(x, key, v), meta={"saves_indices": True},
)  # fmt: skip
index_put_add = primitive(
    "index_put_add", lambda P, g: g, lambda P, g, key: P.getitem_at(g, key),
    operands=("a", "b"), params=("key",), kernel="index_put_add", node="IndexPutBackward0",
    forward=lambda P, x, v, key: P.put_add(x, key, v), meta={"saves_indices": True},
)  # fmt: skip
index_clear = primitive(
    "index_clear", lambda P, g, key: P.index_clear(g, key), params=("key",),
    node="IndexPutBackward0", forward=lambda P, x, key: P.put(x, key, 0),
)  # fmt: skip

_INTEGERS = (dtypes.int64, dtypes.int32, dtypes.int16, dtypes.int8)


def _as_index(x, k):
    """An advanced index as a current Tensor on the namespace of ``x``."""
    if not isinstance(k, Tensor):
        from ..factories import tensor

        k = tensor(k, device=x.device) if len(k) else tensor(k, dtype=dtypes.int64)
    k = fresh(k)
    d = dtype_of(k)
    if d is not dtypes.bool_ and d is not dtypes.uint8 and d not in _INTEGERS:
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return k


def _consumes(k):
    """How many dimensions of the tensor one item of a key uses up."""
    if k is None or k is Ellipsis or isinstance(k, bool):
        return 0
    if isinstance(k, Tensor) and k.dtype in (dtypes.bool_, dtypes.uint8):
        return len(fresh(k)._raw.shape)
    return 1


def _is_int(k):
    if isinstance(k, bool):
        return False
    if isinstance(k, int):
        return True
    return hasattr(k, "__index__") and not isinstance(k, Tensor) and not getattr(k, "ndim", 0)


def _is_number(k):
    """Whether an index tensor is read as the number it holds."""
    return not k._raw.shape and not k._p.level and dtype_of(k) in _INTEGERS


def _levelled(view, advanced):
    """A view and the indices into it on the namespace of all their vmap levels."""
    if all(k._p is view._p or not k._p.level for _, k in advanced):
        return view, advanced
    from ..autograd.batching import meet

    view, *ks = meet(view, *[k for _, k in advanced])
    return view, [(dim, k) for (dim, _), k in zip(advanced, ks, strict=True)]


def _read(x, key):
    """Apply the view part of a key.

    Returns the view, the advanced part with one item a dim, and the tensors that were given for it.
    """
    if type(key) is not tuple:
        if isinstance(key, list) and _treat_as_tuple(key):
            warn(
                "Using a non-tuple sequence for multidimensional indexing is deprecated and will "
                "be changed in pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 "
                "this will be interpreted as tensor index, x[torch.tensor(seq)], which will result "
                "either in an error or a different result"
            )
            key = tuple(key)
        else:
            key = (key,)
    ndim = len(x._raw.shape)
    used = sum(_consumes(k) for k in key)
    if used > ndim:
        if ndim == 0 and used == 1 and _is_int(key[0]):
            _select(x, 0, key[0], 0)
        if ndim == 0 and used == 1 and type(key[0]) is slice:
            raise IndexError("slice() cannot be applied to a 0-dim tensor.")
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    dim = 0
    advanced, given = [], []
    for place, k in enumerate(key):
        if k is Ellipsis:
            dim += ndim - used
        elif k is None:
            x = unsqueeze(x, dim)
            dim += 1
        elif type(k) is slice:
            x = _slice(x, dim, k)
            dim += 1
        elif isinstance(k, bool):
            x = unsqueeze(x, dim)
            given.append(_bool_scalar(x, k))
            advanced.append((dim, given[-1]))
            dim += 1
        elif isinstance(k, Tensor) and _is_number(fresh(k)):
            x = _select(x, dim, int(k), ndim, place)
        elif _is_int(k):
            x = _select(x, dim, k.__index__(), ndim, place)
        elif isinstance(k, (Tensor, list, tuple, range)) or hasattr(k, "__array__"):
            k = _as_index(x, k.tolist() if hasattr(k, "__array__") and not isinstance(k, Tensor)
                          else k)  # fmt: skip
            given.append(k)
            if dtype_of(k) in (dtypes.bool_, dtypes.uint8):
                if dtype_of(k) is dtypes.uint8:
                    warn(
                        "indexing with dtype torch.uint8 is now deprecated, please use a dtype "
                        "torch.bool instead."
                    )
                if not k._raw.shape:
                    x = unsqueeze(x, dim)
                for axis, part in enumerate(_mask_indices(x, k, dim)):
                    advanced.append((dim + axis, part))
                dim += max(len(k._raw.shape), 1)
            else:
                advanced.append((dim, k))
                dim += 1
        else:
            if isinstance(k, str):
                raise TypeError("new(): invalid data type 'str'")
            raise IndexError(
                "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables "
                f"are valid indices (got {type(k).__name__})"
            )
    return x, advanced, given


def _treat_as_tuple(key):
    return any(
        isinstance(k, (slice, Tensor, list, tuple)) or k is None or k is Ellipsis for k in key
    )


def _put_indices(indices):
    """The indices of index_put as a key of tensors with dimensions, and whether none had any."""
    ready, lone = [], True
    for i, k in enumerate(indices):
        if not isinstance(k, Tensor):
            raise TypeError(
                f"expected Tensor as element {i} in argument 0, but got {type(k).__name__}"
            )
        scalar = not k._raw.shape and dtype_of(k) is not dtypes.bool_
        lone = lone and scalar
        ready.append(unsqueeze(k, 0) if scalar else k)
    return tuple(ready), lone


def _bool_scalar(x, k):
    from ..factories import tensor

    return tensor([0] if k else [], dtype=dtypes.int64, device=x.device)


def _select(x, dim, index, ndim, place=0):
    """One slice of a dimension; errors name the place of the index in its key, as torch's do."""
    if ndim == 0 and index != 0:
        raise IndexError(f"index {index} is out of bounds for dimension 0 with size 0")
    if ndim == 0:
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or "
            "`tensor.item<T>()` in C++ to convert a 0-dim tensor to a number"
        )
    n = x._raw.shape[dim]
    if not -n <= index < n:
        raise IndexError(f"index {index} is out of bounds for dimension {place} with size {n}")
    return select(x, dim, index)


def _slice(x, dim, k):
    if k.start is k.stop is k.step is None:
        return x
    n = x._raw.shape[dim]
    if k.step is not None and int(k.step) <= 0:
        raise ValueError("step must be greater than zero")
    start, stop, step = k.indices(n)
    if start == 0 and stop == n and step == 1 and (k.start or 0) >= 0 <= (k.stop or 0):
        return x
    return slice_(x, dim, start, stop, step)


def _refuse_mask(k):
    from ..autograd.batching import refuse_mask

    refuse_mask(k)


def _mask_indices(x, k, dim):
    """The positions where a mask is true, one integer Tensor per dimension of the mask."""
    if k._p.level:
        _refuse_mask(k)
    shape = tuple(k._raw.shape) or (1,)
    for i, n in enumerate(shape):
        if x._raw.shape[dim + i] != n:
            raise IndexError(
                f"The shape of the mask {list(shape)} at index {i} does not match the shape of the "
                f"indexed tensor {list(x._raw.shape)} at index {dim + i}"
            )
    from .sort import nonzero_tuple

    return nonzero_tuple(k if k._raw.shape else unsqueeze(k, 0))


def _advanced_key(x, advanced):
    """Raw key with a full slice for untouched dimensions; indices checked against their sizes."""
    P = x._p
    key = [slice(None)] * (advanced[-1][0] + 1)
    shapes = []
    for dim, k in advanced:
        raw = P.astype(k._raw, P.int64) if dtype_of(k) is not dtypes.int64 else k._raw
        key[dim] = raw
        shapes.append(tuple(raw.shape))
    if len(set(shapes)) > 1:
        from .table import broadcast_shape

        try:
            whole = ()
            for s in shapes:
                whole = broadcast_shape(whole, s)
        except RuntimeError:
            listed = ", ".join(str(list(s)) for s in shapes)
            raise IndexError(
                f"shape mismatch: indexing tensors could not be broadcast together with shapes "
                f"{listed}"
            ) from None
    for dim, _ in advanced:
        key[dim] = P.check_index(key[dim], x._raw.shape[dim], dim)
    return tuple(key)


def getitem(self, key):
    """``self[key]``."""
    x = self if self._ext is None else fresh(self)
    c = type(key)
    if c is int:
        return _select(x, 0, key, len(x._raw.shape))
    if c is slice and x._raw.shape:
        view = _slice(x, 0, key)
        return slice_(x, 0, 0, x._raw.shape[0], 1) if view is x else view
    if c is tuple and _VIEWS.issuperset(map(type, key)):
        n = len(x._raw.shape)
        spare = n - len(key) + key.count(None) + key.count(...)
        if spare >= 0:
            view = x
            dim = 0
            for place, k in enumerate(key):
                if type(k) is int:
                    view = _select(view, dim, k, n, place)
                elif type(k) is slice:
                    view = _slice(view, dim, k)
                    dim += 1
                elif k is None:
                    view = unsqueeze(view, dim)
                    dim += 1
                else:
                    dim += spare
            return alias(x) if view is x else view
    if key is None:
        return unsqueeze(x, 0)
    if c is Tensor:
        raw_key = _one_index(x, key)
        if raw_key is not None:
            out = index_get(x, raw_key)
            return out if out._node is None else with_indices(out, (key,))
    view, advanced, given = _read(x, key)
    if advanced:
        view, advanced = _levelled(view, advanced)
        return with_indices(index_get(view, _advanced_key(view, advanced)), given)
    return alias(x) if view is x else view


def _one_index(x, k):
    """The raw key of a mask of the whole of ``x``, or of an int64 index of its rows, else None."""
    P = x._p
    raw = (k if k._ext is None else fresh(k))._raw
    if not raw.shape or k._p is not P:
        return None
    if raw.dtype is P.bool:
        if P.level:
            _refuse_mask(k)
        return P.nonzero(raw) if raw.shape == x._raw.shape else None
    if raw.dtype is P.int64 and x._raw.shape:
        return (P.check_index(raw, x._raw.shape[0], 0),)
    return None


_PLAIN = {int, slice}
_BOUNDS = {int, type(None)}
_VIEWS = {int, slice, type(None), type(...)}


def _set_straight(x, key, value):
    """Write where nothing is recorded and the raw array takes the key as it is; False if not so."""
    P = x._p
    e = x._ext
    if e is not None and (P.mutable or e.chain) or STATE.exotic or not x._raw.shape:
        return False
    if x._node is not None and (LOCAL.grad or x._inference):
        return False
    raw = x._raw
    dt = raw.dtype
    c = type(value)
    if c is float or c is int:
        if dt is not P.float32 and dt is not P.float64:
            return False
    elif c in FAST and value._p is P:
        if value._ext is not None:
            if x._st is not None and value._st.memory is x._st.memory:
                return False
            fresh(value)
        if (value._node is not None and LOCAL.grad) or value._raw.dtype is not dt:
            return False
        value = value._raw
    else:
        return False
    c = type(key)
    if not P.mutable:
        return _rebuilt(x, key if c is tuple else (key,), value)
    if c in FAST:
        if key._ext is not None:
            current(key)
        mask = key._raw
        if mask.dtype is not P.bool or mask.shape != raw.shape or c is not Tensor:
            return False
        if type(value) is not float and type(value) is not int:
            return False
        P.fill_where(raw, mask, value)
    else:
        key = key if c is tuple else (key,)
        if not _PLAIN.issuperset(map(type, key)):
            return False
        for k in key:
            if type(k) is slice and k.step is not None:
                return False
        try:
            P.assign(P.getitem(raw, (*key, ...)), value)
        except (IndexError, ValueError):
            return False
    bump(x)
    return True


def _rebuilt(x, key, value):
    """`_set_straight` where arrays cannot be written: a new root array, unless the key is rare."""
    shape = x._raw.shape
    if x._inference or len(key) > len(shape) or not _PLAIN.issuperset(map(type, key)):
        return False
    whole, region = [], []
    for k, n in zip(key, shape, strict=False):
        if type(k) is slice:
            if k.step is not None or not {type(k.start), type(k.stop)} <= _BOUNDS:
                return False
            start, stop, _ = k.indices(n)
            k = slice(start, max(start, stop), 1)
            region.append(k.stop - start)
        elif not -n <= k < n:
            return False
        whole.append(k)
    region += shape[len(key) :]
    have = getattr(value, "shape", ())
    if len(have) > len(region) or any(
        m != 1 and m != n for m, n in zip(reversed(have), reversed(region), strict=False)
    ):
        return False
    st = storage_of(x)
    x._raw = st.memory.raw = x._p.put(x._raw, (*whole, ...), value)
    bump(x)
    if x._ext is not None:
        x._ext.seen = st.memory.clock
    return True


def setitem(self, key, value):
    """``self[key] = value``, with torch's broadcasting of the value."""
    x = fresh(self)
    if _set_straight(x, key, value):
        return
    if not isinstance(value, (Tensor, bool, int, float, complex)):
        raise TypeError(f"can't assign a {type_name(value)} to a {x.type()}")
    mask = isinstance(key, Tensor) and key.dtype is dtypes.bool_
    if mask and not isinstance(value, Tensor) and key._raw.shape == x._raw.shape:
        from .masked import put_value

        value = scalar_as(x._p, value, dtype_of(x))
        if STATE.exotic and LOCAL.tracks:
            refuse(x, "index_put", (key,))
        write_some(x, lambda t: put_value(t, key, value), (), "masked_fill_", FILL)
        return
    view, advanced, given = _read(x, key)
    if advanced:
        if STATE.exotic and LOCAL.tracks:
            refuse(view, "index_put", (value, *[k for _, k in advanced]))
        if any(isinstance(k, Tensor) and k._p.level for k in (value, *[k for _, k in advanced])):
            from ..autograd.batching import refuse_write

            refuse_write("index_put", view, value, *[k for _, k in advanced])
        raw_key = _advanced_key(view, advanced)
        value = _value(view, value)

        def put(t, v):
            return with_indices(index_put(t, _fit_value(t, v, raw_key), raw_key), given)

        write_some(view, put, (value,), "index_put_", PUT)
        return
    from .fill import copy_from

    copy_from(view, value, item=True)


def delitem(self, key):
    """``del self[key]`` is refused."""
    raise TypeError("Tensor does not support deleting items")


registry.methods["__delitem__"] = delitem


def _value(view, value):
    from ..factories import tensor
    from .convert import hidden_cast, move

    if not isinstance(value, Tensor):
        return tensor(value, dtype=view.dtype, device=view.device)
    value = fresh(value)
    if value._p is not view._p:
        value = move(value, view._p)
    if dtype_of(value) is not dtype_of(view):
        if len(value._raw.shape):
            raise RuntimeError(
                "Index put requires the source and destination dtypes match, got "
                f"{dtype_of(view).legacy} for the destination and {dtype_of(value).legacy} for the "
                "source."
            )
        value = hidden_cast(value, dtype_of(view))
    return value


def _fit_value(t, v, key, lone=False):
    """A value with surplus leading dimensions of size 1 taken off, as torch allows.

    lone: the first dimension of what the key picks is of indices that had none.
    """
    from .view import view_shape

    region = t._p.getitem(t._raw, key)
    want, have = tuple(region.shape)[lone:], tuple(v._raw.shape)
    while not lone and len(have) > len(want) and have[0] == 1:
        have = have[1:]
    if have != tuple(v._raw.shape):
        v = view_shape(v, have)
    from .table import broadcast_shape

    try:
        ok = broadcast_shape(have, want) == want
    except RuntimeError:
        ok = False
    if not ok:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(have)} cannot be broadcast to indexing "
            f"result of shape {list(want)}"
        )
    return v
