"""What passes between the host and JAX, and the kernels that look at values.

On a tracer nothing can be looked at: checks of indices are left out there, and what needs a number
says so. Small constants are made once and shared, as nothing can write into them; they are made
outside of any trace, so that none is ever a tracer.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod

import jax
import numpy as np

from tinytorch.backend import Backend

from . import kernels
from .programs import ReadsValues, program, x64

Tracer = jax.core.Tracer
SMALL = 1024  # elements up to which a constant comes from the host instead of a program


class NoValue(jax.errors.ConcretizationTypeError):
    """A value was asked for of an array that stands for many: inside jax.jit, vmap or grad."""

    def __init__(self, x):
        TypeError.__init__(
            self,
            "the value of a tensor was asked for (by .item(), bool(), .numpy(), an index that must "
            f"be read ...) inside a function that JAX transforms, where it has none: {x.aval}. "
            "Use torch.where or the like there, or ask outside of jax.jit, jax.vmap and jax.grad.",
        )


def to_host(x):
    """A read-only NumPy array of the values; of a CPU's array without a copy."""
    if isinstance(x, Tracer):
        raise NoValue(x)
    return np.asarray(x)


def from_host_to(place):
    def from_host(x):
        """The values of a NumPy array, copied: whoever holds it may write into it."""
        if isinstance(x, jax.Array):
            return x
        with x64(True), jax.ensure_compile_time_eval():
            return jax.device_put(np.array(x, order="C"), place)

    return from_host


def accept_on(place):
    strong = program(lambda x: x.astype(x.dtype))

    def accept(x):
        """An array of JAX as it is, moved to the device if there is one; a tracer too."""
        if not isinstance(x, jax.Array):
            return None
        x = strong(x) if getattr(x, "weak_type", False) else x
        if place is None or isinstance(x, Tracer) or x.devices() == {place}:
            return x
        return moved(x)

    def moved(x):
        with x64(True):
            return jax.device_put(x, place)

    return accept, moved


def exchange(P, place):
    """How arrays come in from other libraries, and from other namespaces of this one."""
    accept, moved = accept_on(place)

    def from_dlpack(x):
        with x64(True):
            return jax.dlpack.from_dlpack(x, device=place)

    def receive(source, x):
        if isinstance(x, jax.Array):
            return moved(x) if place is not None else jax.device_put(x, jax.devices()[0])
        return P.from_host(source.to_host(x))

    P.accept, P.from_dlpack, P.receive = accept, from_dlpack, receive


def install(P, place):
    """Transfers, creation and the kernels that read values, for arrays on the device ``place``."""
    from_host = from_host_to(place)
    P.from_host, P.to_host = from_host, to_host
    exchange(P, place)

    @lru_cache(4096)
    def constant(shape, text, value, dtype):
        return from_host(np.full(shape, value, dtype))

    sharding = None if place is None else jax.sharding.SingleDeviceSharding(place)
    fill = jax.jit(kernels.full, static_argnums=(0, 2), out_shardings=sharding)

    def full(shape, value, dtype):
        if prod(shape) > SMALL or hasattr(value, "dtype"):
            with x64(True):
                return fill(tuple(shape), _fitting(value, dtype), dtype)
        value = _fitting(value, dtype)
        return constant(tuple(shape), repr(value), value, dtype)

    P.full = full
    P.zeros = lambda shape, dtype: full(shape, 0, dtype)
    P.ones = lambda shape, dtype: full(shape, 1, dtype)
    P.full_as = lambda x, shape, value: full(shape, value, x.dtype)
    P.filled = lambda x, value: full(x.shape, value, x.dtype)
    P.copied = lambda x, v: P.spread(v, x.shape)
    P.arange = lambda start, stop, step, dtype: from_host(
        np.arange(start, stop, step).astype(dtype)
    )
    P.nonzero = lambda x: tuple(from_host(i.astype(np.int64)) for i in np.nonzero(to_host(x)))
    for name in ("floor_divide", "remainder", "trunc_divide", "fmod"):
        setattr(P, name, _dividing(getattr(P, name)))
    P.pow = _powers(P.pow)


def _powers(general):
    """Powers by a number: a few of them are other functions."""
    programs = {fn: program(kernels.halves(fn)) for fn in kernels.POWERS.values()}

    def pow(x, y):
        fn = kernels.power(x, y)
        return general(x, y) if fn is None else programs[fn](x)

    return pow


SAME = {  # kernel -> when its operand is its result already, so that no program is needed
    "reshape": lambda x, shape: x.shape == shape,
    "broadcast_to": lambda x, shape: x.shape == shape,
    "spread": lambda x, shape: x.shape == shape,
    "permute_dims": lambda x, axes: axes == tuple(range(len(axes))),
    "astype": lambda x, dtype: x.dtype == dtype,
    "conj": lambda x: x.dtype.kind != "c",
    "real": lambda x: x.dtype.kind != "c",
    "abs": lambda x: x.dtype.kind in "ub",
}


def shorten(P):
    """Let kernels give back their operand where it is the result."""
    for name, same in SAME.items():
        setattr(P, name, _unless_same(getattr(P, name), same))


def _unless_same(fn, same):
    def run(x, *args):
        return x if same(x, *args) else fn(x, *args)

    return run


def _fitting(value, dtype):
    """A Python number as NumPy takes it for ``dtype``."""
    if hasattr(value, "dtype"):
        return value
    kind = kernels.kind(dtype)
    return int(value) if kind in "iu" else bool(value) if kind == "b" else value


def _dividing(fn):
    def run(x, y):
        if kernels.kind(kernels._dtype(x, y)) in "iu":
            nil = y == 0 if type(y) is int else False
            if hasattr(y, "dtype") and not isinstance(y, Tracer):
                nil = not np.asarray(y).all()
            if nil and np.size(x):
                raise RuntimeError("ZeroDivisionError")
        return fn(x, y)

    return run


def reads_values(x):
    """In place of a kernel, inside a composition, that must look at an array."""
    raise ReadsValues


def refuse_int_division(inner):
    """Inside a composition integers are not divided: a zero must be seen."""

    def refusing(fn):
        def run(x, y):
            if kernels.kind(kernels._dtype(x, y)) in "iu":
                raise ReadsValues
            return fn(x, y)

        return run

    for name in ("floor_divide", "remainder", "trunc_divide", "fmod"):
        setattr(inner, name, refusing(getattr(inner, name)))


def on_values(check, wrap=None):
    """A check of an index that tracers pass, wrapped if a negative one would be."""

    def run(P, index, *args):
        if not isinstance(index, Tracer):
            return check(P, index, *args)
        return index if wrap is None else wrap(index, *args)

    return run


_wrapped = program(lambda i, n: jax.numpy.where(i < 0, i + n, i), operands=2)


def _wrap(index, size, *_):
    return _wrapped(index, size)


def _check_index(P, index, size, dim):
    host = np.asarray(index)
    if not host.size:
        return index
    low, high = host.min(), host.max()
    if not size or low < -size or high >= size:
        return Backend.check_index(P, index, size, dim)
    return _wrapped(index, size) if low < 0 else index


check_index = on_values(_check_index, _wrap)
check_target = on_values(Backend.check_target)


def within(P, x, low, high):
    """Whether all lie between; of a tracer, which nobody can ask, it is taken for granted."""
    if isinstance(x, Tracer):
        return True
    host = np.asarray(x)
    return not host.size or bool(host.min() >= low and host.max() <= high)


CHECKS = {"check_scatter_index": None, "check_slice_index": None, "check_flat_index": _wrap}
