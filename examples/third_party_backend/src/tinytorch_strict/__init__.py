"""tinytorch on array-api-strict: what a backend needs, written in the array API standard only.

The standard leaves open whether an index shares memory with its array, so this backend declares
itself immutable and tinytorch replays views. It knows no float16 and no bfloat16, and says so in
``dtypes``: the conformance suite then leaves those out by itself.
"""

from __future__ import annotations

from tinytorch.backend import Backend, hookimpl


class StrictBackend(Backend):
    """The array API standard as a tinytorch backend; kernels stand in `kernels` and `indexing`."""

    name = "strict"
    device_types = ("cpu",)
    mutable = False
    dtypes = (
        "bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64", "complex64",
        "complex128",
    )  # fmt: skip

    @classmethod
    def check_usable(cls):
        """Needs array-api-strict 2.3, the first to take Python numbers as operands."""
        import array_api_strict

        if array_api_strict.__array_api_version__ < "2024.12":
            raise RuntimeError("array-api-strict is too old: pip install -U array-api-strict")

    def setup(self):
        from . import kernels

        kernels.install(self)


@hookimpl
def tinytorch_backends():
    return {"strict": StrictBackend}
