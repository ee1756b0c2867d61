"""JAX arrays under tinytorch: immutable arrays, and every kernel one cached XLA program."""

from __future__ import annotations

from tinytorch.backend import Backend, hookimpl


class JaxBackend(Backend):
    name = "jax"
    device_types = ("jax",)
    mutable = False

    @classmethod
    def check_usable(cls):
        """Needs jax."""
        import jax  # noqa: F401


@hookimpl
def tinytorch_backends():
    return {"jax": JaxBackend}
