"""Where torch-level names meet their functions.

`functions` becomes `tinytorch.<name>`, `methods` becomes `Tensor.<name>`. The op files fill both as
they are imported; in-place variants and `out=` are made here, from the same function, once.
"""

from __future__ import annotations

import functools

from . import dtypes
from .blame import type_name, warn
from .samples import declare
from .tensor import Tensor

functions = {}
methods = {}


def public(name=None, *, method=True, function=True, inplace=False, out=False, samples=None,
           doc=None):  # fmt: skip
    """Decorator: publish a function of Tensors under torch's name.

    method: also as ``Tensor.name``; inplace: also ``Tensor.name_``; out: accept ``out=``; samples:
    the calls it is tested on (see `samples`); doc: the docstring, with ``name``, of a function that
    was made for several names.
    """

    def publish(fn):
        key = name or fn.__name__.rstrip("_")
        if doc is not None:
            fn.__name__ = fn.__qualname__ = key
            fn.__doc__ = doc
        declare(key, samples)
        if function:
            functions[key] = with_out(fn, key) if out else fn
        if method:
            methods[key] = fn
        if inplace:
            methods[key + "_"] = inplace_of(fn, key)
        return fn

    return publish


def with_out(fn, name):
    """``fn`` with torch's ``out=``: the result is cast and written into the given tensor."""

    @functools.wraps(fn)
    def call(*args, out=None, **kwargs):
        if out is None:
            return fn(*args, **kwargs)
        return write_out(name, fn, args, kwargs, out)

    return call


def write_out(name, fn, args, kwargs, out):
    from .autograd.modes import LOCAL, no_grad
    from .autograd.overlap import APART, check_apart

    lists = (x for a in args if type(a) in (list, tuple) for x in a)
    tensors = [a for a in (*args, *lists) if isinstance(a, Tensor)]
    outs = out if isinstance(out, (tuple, list)) else (out,)
    if LOCAL.grad and any(t.requires_grad for t in (*tensors, *outs)):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, "
            "but one of the arguments requires grad."
        )
    if LOCAL.duals:
        from .autograd.dual import refuse_out

        refuse_out(name, (*tensors, *outs))
    if any(t._p.level for t in (*tensors, *outs)):
        from .autograd.batched_texts import OUT

        raise RuntimeError(OUT.format(f"{name}.out"))
    with no_grad():
        results = fn(*args, **kwargs)
    many = isinstance(results, tuple)
    for target in outs:
        if name in APART:
            check_apart(target, tensors)
        for x in tensors:
            if isinstance(target, Tensor) and target._st is not None and x._st is not None:
                refuse_overlap(target, x)
    for target, value in zip(outs, results if many else (results,), strict=True):
        store_out(target, value)
    if not many:
        return out
    return type(results)(*outs) if hasattr(results, "_fields") else tuple(outs)


def refuse_overlap(target, x):
    """torch's error of an ``out=`` that shares some elements with an operand, but not all."""
    from .autograd.overlap import check_partial_overlap

    if target is not x and target._st.memory is x._st.memory:
        check_partial_overlap(target, x)


def store_out(target, value):
    """Write a result into an ``out=`` tensor: resized if its shape differs, cast if allowed."""
    from .dispatch import cast
    from .storage import version, write_raw
    from .tensor import fresh

    fresh(target)
    if target._ext is not None:
        from .autograd.overlap import check_overlap

        check_overlap(target)
    if not dtypes.can_cast(value.dtype, target.dtype):
        raise RuntimeError(
            f"result type {value.dtype.legacy} can't be cast to the desired output type "
            f"{target.dtype.legacy}"
        )
    if tuple(target._raw.shape) != tuple(value._raw.shape):
        if target.numel():
            warn(
                "An output with one or more elements was resized since it had shape "
                f"{list(target._raw.shape)}, which does not match the required output shape "
                f"{list(value._raw.shape)}. This behavior is deprecated, and in a future PyTorch "
                "release outputs will not be resized unless they have zero elements. You can "
                "explicitly reuse an out tensor t by resizing it, inplace, to zero elements with "
                "t.resize_(0)."
            )
        before = version(target)
        target.resize_(value.shape)
        target._st.version = before
    write_raw(target, cast(value, target.dtype)._raw if value.dtype is not target.dtype
              else value._raw)  # fmt: skip
    if target._inference:
        from .autograd.inplace import refuse_outside

        refuse_outside(target)


def inplace_of(fn, name):
    """The in-place method of a function: its result replaces the contents of ``self``.

    Where nothing is recorded and the kernel can write its result, it writes straight into the
    tensor's memory; every other case computes out of place and installs the result.
    """
    from .autograd.captured import refuse
    from .autograd.inplace import write, write_straight
    from .autograd.modes import LOCAL, STATE
    from .autograd.overlap import APART, check_apart
    from .primitive import TABLE

    apart = name in APART
    op = TABLE.get(name)
    straight = op is not None and op.promote is not None and op.forward is None

    def inplace(self, *args, **kwargs):
        if not kwargs:
            if straight and write_straight(op, self, args):
                return self
            if STATE.exotic and LOCAL.tracks:
                refuse(self, name, args)
            if apart:
                check_apart(self, args)
            result = write(self, fn, args, name=name)
        else:
            if STATE.exotic and LOCAL.tracks:
                refuse(self, name, args, kwargs)
            tensors = tuple(v for v in kwargs.values() if isinstance(v, Tensor))
            result = write(self, lambda t, *a: fn(t, *args, **kwargs), (*args, *tensors), name=name)
        if result is NotImplemented:
            raise bad_argument(name + "_", "other", 1, args[0])
        return result

    inplace.__name__ = inplace.__qualname__ = name + "_"
    return inplace


def bad_argument(name, argument, position, value):
    """torch's TypeError of an argument of the wrong type."""
    return TypeError(
        f"{name}(): argument '{argument}' (position {position}) must be Tensor, not "
        f"{type_name(value)}"
    )
