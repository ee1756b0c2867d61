"""JAX arrays under tinytorch: immutable arrays, and every kernel one cached XLA program.

64-bit types are torch's, not the user's flag: every program is called inside
``jax.enable_x64(True)``, which JAX sets for one thread and takes back right after (0.4 microseconds
a call). So float64 and int64 tensors work, while `jax_enable_x64` stays as the user has it, and
JAX code of the user's own beside this never sees it on. What a user does to a 64-bit array with
functions of JAX follows the user's own flag.

Devices: ``jax`` is ``jax:0``, JAX's default device, and ``jax:1`` the second of ``jax.devices()``;
arrays of the first are not committed to it, so that they may meet arrays laid over several devices.

Inside ``jax.jit``, ``jax.vmap`` and ``jax.grad`` values cannot be seen: indices and the divisors of
integers, which are looked at otherwise, are taken to be right there. JAX transposes after the
function has returned, under the user's flag: `jax.grad` of float64 tensors wants that flag on
around it, ``with jax.enable_x64(True)``. Tensors are pytrees and have ``__jax_array__``, so that
functions of JAX take them.
"""

from __future__ import annotations

from tinytorch.backend import Backend, hookimpl


class JaxBackend(Backend):
    """Kernels of JAX on one device, each jitted; compositions are jitted whole."""

    name = "jax"
    device_types = ("jax",)
    mutable = False

    @classmethod
    def check_usable(cls):
        """Needs jax 0.10, the first with `jax.enable_x64` for one thread."""
        import jax

        if not hasattr(jax, "enable_x64"):
            raise RuntimeError(f"jax {jax.__version__} is too old: pip install -U jax")

    def setup(self):
        from . import setting

        setting.up(self)

    @classmethod
    def located(cls, device):
        """``jax`` is ``jax:0``."""
        return type(device)("jax", device.index or 0)

    @classmethod
    def bind(cls, device):
        """The namespace for a device, set up."""
        from . import setting

        self = super().bind(device)
        setting.finish(self)
        return self

    def adopt(self, kernel, forward):
        """Take a composition, as one program, for a kernel that is not defined here."""
        from . import setting

        setting.adopt(self, kernel, forward)

    def scalars(self, fn, *xs):
        """``fn`` of the numbers in 0-d arrays; inside a program, of their double precision."""
        import jax

        if not any(isinstance(x, jax.core.Tracer) for x in xs):
            return super().scalars(fn, *xs)
        return fn(*[x.astype("float64") if hasattr(x, "dtype") else x for x in xs])

    def compile_program(self, fn, donate=()):
        """``fn(*raws) -> tuple of raws`` as one XLA program, traced once per shapes and dtypes.

        ``fn`` calls kernels of this namespace. ``donate``: positions of arguments whose buffers
        the results may take; a donated array is dead afterwards.
        """
        import jax

        from .programs import x64

        run = jax.jit(fn, donate_argnums=tuple(donate))

        def compiled(*raws):
            with x64(True):
                return run(*raws)

        compiled.lower = run.lower
        return compiled


@hookimpl
def tinytorch_backends():
    return {"jax": JaxBackend}


__all__ = ["JaxBackend"]
