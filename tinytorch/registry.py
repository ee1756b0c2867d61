"""Where torch-level names meet their functions.

`functions` becomes `tinytorch.<name>`, `methods` becomes `Tensor.<name>`. The op files fill both as
they are imported; in-place variants and `out=` are made here, from the same function, once.
"""

from __future__ import annotations

import functools
from types import FunctionType

from . import dtypes
from .blame import type_name, warn
from .samples import declare
from .tensor import Tensor

functions = {}
methods = {}
_checked = set()  # functions that put torch's errors in place of Python's themselves
SHORT = frozenset(  # functions that another frame would slow down noticeably
    "add bmm cat clone contiguous cos cumsum detach dim div exp expand flatten log matmul max"
    " mean min mm mul numel permute pow relu reshape sigmoid size sqrt squeeze sub sum t tanh"
    " transpose view".split()
)


def again(fn, name, args, kwargs, method, error):
    """A call that has failed, as torch's parser reads it; or torch's error, or its own.

    That parser takes NumPy's keywords too, and deprecated forms: to look for them costs each call,
    to fail once those few.
    """
    from .arguments import deprecated, refused, respelled

    told = refused(name, args, kwargs, method)
    try:
        if told is not None:
            raise told from None
        found = deprecated(name, args, kwargs, method)
        if found is not None:
            args, kwargs = found
        else:
            kwargs = respelled(name, args, kwargs, method) if type(error) is TypeError else None
            if kwargs is None:
                raise error
    finally:
        del told, error  # whose tracebacks hold this frame
    return fn(*args, **kwargs)


def checked(fn, name, method=False):
    """``fn`` with the errors of torch's parser of arguments, whatever Python says of them."""

    def guarded(*args, **kwargs):
        try:
            return fn(*args, **kwargs)
        except Exception as error:
            return again(fn, name, args, kwargs, method, error)

    guarded.__name__ = guarded.__qualname__ = name
    guarded.__doc__, guarded.__wrapped__ = fn.__doc__, fn
    guarded.__module__ = fn.__module__
    return guarded


def check_all():
    """Let all that is published speak as torch's parser does, but for what is too short for it."""
    for table in (functions, methods):
        method = table is methods
        for name, fn in table.items():
            if fn in _checked or name in SHORT or type(fn) is not FunctionType:
                continue
            if fn.__globals__["__name__"] != "tinytorch.compiled":
                table[name] = checked(fn, name, method)


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
        try:
            if out is None:
                return fn(*args, **kwargs)
            return write_out(name, fn, args, kwargs, out)
        except Exception as error:
            if out is None:
                return again(fn, name, args, kwargs, False, error)
            return again(call, name, args, {**kwargs, "out": out}, False, error)

    _checked.add(call)
    return call


def write_out(name, fn, args, kwargs, out):
    from .autograd.modes import LOCAL, no_grad
    from .autograd.overlap import APART, check_apart

    lists = (x for a in args if type(a) in (list, tuple) for x in a)
    tensors = [a for a in (*args, *lists) if isinstance(a, Tensor)]
    outs = out if isinstance(out, (tuple, list)) else (out,)
    if LOCAL.grad and any(t.requires_grad for t in (*tensors, *outs)):
        aten = "aten::" * (name in ATEN)
        raise RuntimeError(
            f"{aten}{name}(): functions with out=... arguments don't support automatic "
            "differentiation, but one of the arguments requires grad."
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
    if name in DTYPES:
        for target, value in zip(outs, results if many else (results,), strict=True):
            if target.dtype is not value.dtype and (many or DTYPES[name] != "several"):
                raise other_dtype(DTYPES[name], target.dtype, value.dtype)
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


_COPIES = (
    "alias_copy as_strided_copy diagonal_copy expand_copy permute_copy squeeze_copy t_copy"
    " transpose_copy unfold_copy unsqueeze_copy view_copy"
)
ATEN = frozenset(  # they say their name so where out= meets a gradient
    f"{_COPIES} softmax log_softmax diag floor_divide linspace logspace heaviside"
    " slice_scatter".split()
)
DTYPES = {  # whose out= must have the very dtype of the result, and how torch says that it has not
    **dict.fromkeys(
        f"{_COPIES} split_with_sizes_copy unbind_copy addmm addmv baddbmm bmm mm matmul cross isin"
        " norm softmax log_softmax gather scatter scatter_add scatter_reduce index_add index_copy"
        " index_reduce slice_scatter take_along_dim tril triu msort renorm argmax argmin sort topk"
        " aminmax".split(), "expected",
    ),
    **dict.fromkeys("max min".split(), "several"),
    **dict.fromkeys("amax amin".split(), "match"),
    **dict.fromkeys(
        "abs absolute bitwise_not ceil conj_physical floor frac neg negative round sgn sign trunc"
        " fix".split(), "found",
    ),
}  # fmt: skip


def other_dtype(kind, given, wanted):
    """torch's error of an ``out=`` of another dtype than the result."""
    if kind == "found":
        return RuntimeError(f"Found dtype {given.legacy} but expected {wanted.legacy}")
    if kind == "match":
        return RuntimeError(
            f"Expected the dtype for input and out to match, but got {wanted.legacy} for input's "
            f"dtype and {given.legacy} for out's dtype."
        )
    from .autograd.errors import c_name

    return RuntimeError(
        f"Expected out tensor to have dtype {c_name(wanted)}, but got {c_name(given)} instead"
    )


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
        try:
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
                result = write(
                    self, lambda t, *a: fn(t, *args, **kwargs), (*args, *tensors), name=name
                )
            if result is NotImplemented:
                raise bad_argument(name + "_", "other", 1, args[0])
            return result
        except Exception as error:
            return again(inplace, name + "_", (self, *args), kwargs, True, error)

    inplace.__name__ = inplace.__qualname__ = name + "_"
    _checked.add(inplace)
    return inplace


def bad_argument(name, argument, position, value):
    """torch's TypeError of an argument of the wrong type."""
    return TypeError(
        f"{name}(): argument '{argument}' (position {position}) must be Tensor, not "
        f"{type_name(value)}"
    )
