"""tinytorch on array-api-strict: a backend of a library that has the array API standard.

All kernels come from the namespace. What this package adds is what only its author knows: that the
library has several devices that do not mix, and which version of it is needed. The standard leaves
open whether an index shares memory with its array, so the arrays count as immutable and tinytorch
replays views. There is no float16 and no bfloat16, which the namespace says itself: the conformance
suite then leaves those out.
"""

from __future__ import annotations

import array_api_strict as xp

from tinytorch.backend import from_array_api, hookimpl

DEVICES = [xp.Device(name) for name in ("CPU_DEVICE", "device1", "device2")]


class StrictBackend(from_array_api(xp, "strict", devices=DEVICES)):
    """Serves ``strict:0``, ``strict:1`` and ``strict:2``, and ``cpu`` by ``set_backend``."""

    @classmethod
    def check_usable(cls):
        """Needs array-api-strict 2.3, the first that has devices and the standard's 2024.12."""
        if tuple(map(int, xp.__version__.split(".")[:2])) < (2, 3):
            raise RuntimeError("array-api-strict is too old: pip install -U array-api-strict")


@hookimpl
def tinytorch_backends():
    return {"strict": StrictBackend}
