"""dpnp: NumPy's functions on SYCL devices; none of its arrays becomes a NumPy array unasked.

Three of its functions are not what the standard or IEEE says, and are put right here.
"""

from __future__ import annotations

import dpnp as xp

from tinytorch.backend import from_array_api, hookimpl


class DpnpBackend(from_array_api(xp, "dpnp", mutable=True, to_host=xp.asnumpy)):
    """Serves ``dpnp``, SYCL's default device, and ``cpu`` by ``set_backend``."""

    def flip(self, x, axes):
        """As a copy: ``where`` misreads an array of negative strides beside a 0-d one."""
        return xp.ascontiguousarray(super().flip(x, axes))

    def divide(self, x, y):
        """Single precision by way of double: OpenCL's own may be 2.5 units off."""
        x, y = arrays(x, y)
        if x.dtype != xp.float32:
            return super().divide(x, y)
        quotient = super().divide(xp.astype(x, xp.float64), xp.astype(y, xp.float64))
        return xp.astype(quotient, xp.float32)

    def floor_divide(self, x, y):
        """Of floats: from the exact remainder, as the quotient may round up to the next integer."""
        x, y = arrays(x, y)
        if not xp.isdtype(x.dtype, "real floating"):
            return super().floor_divide(x, y)
        rest, quotient = xp.fmod(x, y), self.divide(x, y)
        whole = self.divide(x - rest, y)
        whole = whole - xp.astype((rest != 0) & ((rest < 0) != (y < 0)), x.dtype)
        down = xp.floor(whole)
        down = down + xp.astype(whole - down > 0.5, x.dtype)
        down = xp.where(whole == 0, xp.copysign(whole, quotient), down)
        return xp.where(y == 0, quotient, down)


def arrays(x, y):
    """Both operands as arrays; one of them may be a Python number."""
    d = (x if hasattr(x, "dtype") else y).dtype
    return (v if hasattr(v, "dtype") else xp.full((), v, dtype=d) for v in (x, y))


@hookimpl
def tinytorch_backends():
    return {"dpnp": DpnpBackend}
