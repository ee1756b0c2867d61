"""The backend `frozen`: NumPy's kernels with every array read-only, and only the required ones.

It is the semantics of JAX without JAX. Nothing can be written in place, so views are replayed and
writes rebuild their root; and no optional kernel is here, so every default composition runs. An
array that came from outside is copied first: what nobody else holds, nobody else can change.
"""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np

from tinytorch.backend import REQUIRED, Backend, hookimpl

COPIED = ("from_host", "getitem", "reshape", "permute_dims", "flip", "real", "imag", "broadcast_to")
BARE = {k: re.sub(r"\([^)]*\)", "", v) for k, v in REQUIRED.items() if "mutable" not in k}
NAMES = " ".join(BARE.values())
BINARY = BARE["binary"].replace("bitwise_invert", "").replace("logical_not", "")


def freeze(x):
    """``x`` as a read-only array of its own; every array in a tuple of results."""
    if type(x) is tuple:
        return tuple(freeze(v) for v in x)
    x = np.asarray(x)
    if x.flags.writeable or x.base is not None:
        x = x if x.flags.owndata and x.flags.c_contiguous else np.array(x, order="C")
        x.flags.writeable = False
    return x


def frozen(fn, copied):
    if copied:
        return lambda *args: freeze(np.array(fn(*args), order="C"))
    return lambda *args: freeze(fn(*args))


def weakly(fn, weak):
    """A kernel of two operands in which a Python number takes the dtype of the array beside it."""

    def run(x, y):
        if not hasattr(y, "dtype") and x.dtype.kind in "fV":
            y = weak(y, x.dtype)
        elif not hasattr(x, "dtype") and y.dtype.kind in "fV":
            x = weak(x, y.dtype)
        return fn(x, y)

    return run


class FrozenBackend(Backend):
    """See the module: required kernels over read-only NumPy arrays; ``mutable`` is False."""

    name = "frozen"
    device_types = ("cpu",)
    mutable = False

    def setup(self):
        from tinytorch_numpy import kernels, quiet

        self.quiet = quiet
        theirs = SimpleNamespace()
        kernels.install(theirs)
        self.raw_dtype = theirs.raw_dtype
        for name in NAMES.split():
            fn = getattr(theirs, name)
            setattr(self, name, frozen(fn, name in COPIED))
        for name in BINARY.split():
            setattr(self, name, frozen(weakly(getattr(theirs, name), theirs.weak), False))

    def own(self, x):
        """Arrays here are never written to, so an array is its own."""
        return x

    def to_host(self, x):
        """The read-only array itself: the host cannot write through it either."""
        return np.asarray(x)


@hookimpl
def tinytorch_backends():
    return {"frozen": FrozenBackend}
