"""Backends that only tests want: one library on an odd device, or in an odd role."""

import array_api_strict as strict
import numpy as np

from tinytorch.backend import from_array_api, hookimpl

DEVICES = {str(d).split("'")[1]: d for d in strict.__array_namespace_info__().devices()}


@hookimpl
def tinytorch_backends():
    return {
        # The default device is another one: an array made without naming a device does not mix.
        "strict-device1": from_array_api(strict, "strict-device1", devices=(DEVICES["device1"],)),
        "strict-no-float64": from_array_api(
            strict, "strict-no-float64", devices=(DEVICES["no_float64"],)
        ),
        "strict-functional": from_array_api(strict, "strict-functional", setitem=False),
        "numpy-views": from_array_api(np, "numpy-views", mutable=True),
        "numpy-values": from_array_api(np, "numpy-values"),
    }
