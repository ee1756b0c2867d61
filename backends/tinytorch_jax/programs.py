"""Every kernel as a cached XLA program, under 64-bit types, and compositions as one program each.

A program is called inside `jax.enable_x64`, which is set for this thread and this call only. What
is an operand and what is part of the program decides how often JAX compiles: arrays and floats are
operands; integers, shapes and dtypes are part of it.
"""

from __future__ import annotations

from functools import cached_property, partial

import jax

from tinytorch.backend import operands_of

from . import indexing

x64 = jax.enable_x64
ArrayImpl = type(jax.numpy.zeros(()))
UNTRACEABLE = (
    jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError, jax.errors.NonConcreteBooleanIndexError,
)  # fmt: skip


class ReadsValues(Exception):
    """Raised while a composition is traced whose kernels must look at values."""


def program(fn, static=0, operands=1):
    """A kernel whose last ``static`` arguments, after ``operands`` arrays, are constants."""
    if static:
        run = jax.jit(fn, static_argnums=tuple(range(operands, operands + static)), inline=True)
    else:
        run = jax.jit(fn, inline=True)
    if not static and operands == 1:

        def call(x):
            with x64(True):
                return run(x)

    elif not static and operands == 2:

        def call(x, y):
            with x64(True):
                return run(x, y)

    else:

        def call(*args):
            with x64(True):
                return run(*args)

    call.__name__ = fn.__name__
    return call


class Keyed:
    """Programs of one function of a key: one by spec, whatever positions the key names."""

    def __init__(self, fn):
        self.fn, self.made = fn, {}

    def __call__(self, shape, key, *args):
        spec, operands = indexing.split(shape, key)
        return self.run(spec, (), *args, *operands)

    def run(self, spec, static, *args):
        made = self.made.get((spec, static))
        if made is None:
            made = jax.jit(partial(self.fn, spec, *static), inline=True)
            self.made[spec, static] = made
        with x64(True):
            return made(*args)


def install_keyed(P):
    """The kernels that take a key."""
    read, write, add = Keyed(indexing.read), Keyed(indexing.write), Keyed(indexing.add)
    place, gathered = Keyed(indexing.place), Keyed(indexing.gathered)

    def zeros_with(keyed):
        def run(g, shape, key):
            spec, operands = indexing.split(shape, key)
            return keyed.run(spec, (tuple(shape),), g, *operands)

        return run

    P.getitem = P.getitem_at = P.narrow_copy = lambda x, key: read(x.shape, key, x)
    P.put = lambda x, key, v: write(x.shape, key, x, v)
    P.index_put = P.put_region = lambda x, v, key: write(x.shape, key, x, v)
    P.index_clear = lambda x, key: write(x.shape, key, x, 0)
    P.put_add = lambda x, key, v: add(x.shape, key, x, v)
    P.index_put_add = lambda x, v, key: add(x.shape, key, x, v)
    P.unslice = zeros_with(place)
    P.index_add_at = zeros_with(gathered)


class Composition:
    """A composition as one program for each choice of what is not an array.

    Floats are operands, unless tracing shows that the composition asks for their value; then they
    are constants. One that asks for the value of an array runs kernel by kernel.
    """

    FLOATS, CONSTANTS, APART = range(3)

    def __init__(self, name, forward, P, inner):
        self.name, self.forward, self.P, self.inner = name, forward, P, inner
        self.how = self.FLOATS
        self.made = {}

    @cached_property
    def arity(self):
        """How many of the arguments may be tensors."""
        return operands_of(self.name)

    def __call__(self, *args):
        if self.how == self.APART:
            return self.forward(self.P, *args)
        operands = []
        try:
            sig = self.signature(args, operands)
            run = self.made.get(sig)
            if run is None:
                run = self.made[sig] = self.make(sig)
            with x64(True):
                return run(operands)
        except (*UNTRACEABLE, ReadsValues):
            self.how += 1
            return self(*args)

    def signature(self, args, operands):
        """What the program depends on, from which `rebuilt` makes the arguments again.

        Puts the operands into a list. A number where an array might stand is a constant: there
        compositions tell the two apart.
        """
        sig: list = []
        for i, a in enumerate(args):
            t = type(a)
            if t is ArrayImpl:
                operands.append(a)
                sig.append(ArrayImpl)
            elif t is float and i >= self.arity and self.how == self.FLOATS:
                operands.append(a)
                sig.append(float)
            elif t is tuple or t is list:
                sig.append((t, self.signature(a, operands)))
            elif hasattr(a, "dtype"):
                operands.append(a)
                sig.append(ArrayImpl)
            elif t is float or t is complex:
                sig.append((t, repr(a)))
            elif t is slice:
                sig.append((t, (a.start, a.stop, a.step)))
            else:
                sig.append((t, a))
        return tuple(sig)

    def make(self, sig):
        """The program of a signature, whose operands come as one list."""

        def composed(operands):
            it = iter(operands)
            return self.forward(self.inner, *(rebuilt(s, it) for s in sig))

        composed.__name__ = self.name
        return jax.jit(composed, inline=True)


def rebuilt(s, operands):
    """The argument that an entry of a signature stands for."""
    if s is ArrayImpl or s is float:
        return next(operands)
    t, v = s
    if t is tuple or t is list:
        return t(rebuilt(e, operands) for e in v)
    if t is slice:
        return slice(*v)
    return t(v) if t is float or t is complex else v
