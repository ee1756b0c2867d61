"""How a namespace is put together: the jitted kernels, and the plain ones they are traced through.

`P._traced` is the same namespace with plain functions in place of programs. A composition is traced
with it, so that its program holds no calls of smaller programs.
"""

from __future__ import annotations

import functools

import jax

from . import indexing, kernels, movement, pytrees, values
from .programs import Composition, install_keyed, program


def up(P):
    """Give the namespace ``P`` its dtypes and kernels."""
    pytrees.register_tensors()
    P.raw_dtype = dict(kernels.RAW)
    P._place = _device(P.device)
    for name, fn in kernels.KERNELS.items():
        setattr(P, name, _jitted(name, fn))
    install_keyed(P)
    values.install(P, P._place)
    if (P._place or jax.devices()[0]).platform == "cpu":
        movement.install(P)
    values.shorten(P)
    P._traced = inner = object.__new__(type(P))
    inner.__dict__.update(kernels.KERNELS, device=P.device)
    inner.full, inner.zeros, inner.arange = kernels.full, kernels.zeros, kernels.arange
    inner.from_host = jax.numpy.asarray
    inner.to_host = values.to_host
    inner.nonzero = values.reads_values
    _plain_keyed(inner)
    values.refuse_int_division(inner)
    for name in ("check_index", "check_target", "within"):
        setattr(P, name, functools.partial(getattr(values, name), P))


def _device(device):
    """The device of JAX that a torch device names; None is JAX's default."""
    if device.type == "cpu" or not device.index:
        return None
    devices = jax.devices()
    if device.index >= len(devices):
        raise RuntimeError(
            f"there is no device {device}: JAX has {len(devices)} ({devices[0].platform})"
        )
    return devices[device.index]


def _jitted(name, fn):
    static = kernels.STATIC.get(name)
    if static is not None:
        return program(fn, static, fn.__code__.co_argcount - static)
    if name == "where":
        return program(fn, 0, 3)
    one = name in kernels.UNARY or name in kernels.PLAIN_UNARY
    return program(fn, 0, 1 if one else 2)


def _plain_keyed(inner):
    def run(fn):
        def call(x, key, *args):
            spec, operands = indexing.split(x.shape, key)
            return fn(spec, x, *args, *operands)

        return call

    inner.getitem, inner.put, inner.put_add = map(
        run, (indexing.read, indexing.write, indexing.add)
    )


def adopt(P, kernel, forward):
    """A composition: on ``P`` one program, on ``P._traced`` itself."""
    inner = P._traced
    if kernel in values.CHECKS:
        run = functools.partial(values.on_values(forward, values.CHECKS[kernel]), P)
    else:
        if kernel not in inner.__dict__:
            setattr(inner, kernel, functools.partial(forward, inner))
        run = Composition(kernel, forward, P, inner)
        if kernel in ("nll", "nll_plain"):
            run = _checked(P, run)
    if kernel not in P.__dict__:
        setattr(P, kernel, run)
        if P.wide is not None:
            setattr(P.wide, kernel, run)


def _checked(P, run):
    """The loss of picked classes, whose numbers are checked first."""

    def nll(x, t, *args):
        P.check_target(t, x.shape[min(len(x.shape) - 1, 1)], args[-1])
        return run(x, t, *args)

    return nll


def finish(P):
    """What `Backend.bind` has given ``P``, given to its inner namespace too."""
    inner = P._traced
    for name, value in P.__dict__.items():
        if not callable(value) and name not in inner.__dict__ and name != "_traced":
            setattr(inner, name, value)
    inner.host, inner.wide = P.host, None
    inner.times, inner.over = inner.multiply, inner.divide
    inner.check_target = lambda *args: None
