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
NAMES = re.sub(r"\([^)]*\)", "", " ".join(v for k, v in REQUIRED.items() if "mutable" not in k))


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


class FrozenBackend(Backend):
    """See the module: required kernels over read-only NumPy arrays; ``mutable`` is False."""

    name = "frozen"
    device_types = ("cpu",)
    mutable = False

    def setup(self):
        from tinytorch_numpy import kernels

        theirs = SimpleNamespace()
        kernels.install(theirs)
        self.raw_dtype = theirs.raw_dtype
        for name in NAMES.split():
            setattr(self, name, frozen(getattr(theirs, name), name in COPIED))

    def own(self, x):
        """Arrays here are never written to, so an array is its own."""
        return x

    def to_host(self, x):
        """The read-only array itself: the host cannot write through it either."""
        return np.asarray(x)


@hookimpl
def tinytorch_backends():
    return {"frozen": FrozenBackend}
