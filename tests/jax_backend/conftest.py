"""The JAX backend's own tests; they want the extra `jax`, and JAX's flags as they stand by default.

Tensors are made on the device ``jax``, which stands beside the CPU that NumPy serves.
"""

import pytest

pytest.importorskip("jax", reason="the extra `jax` is not installed: pip install tinytorch[jax]")


@pytest.fixture(autouse=True)
def on_jax():
    """``jax`` is the default device of each test."""
    import tinytorch

    tinytorch.set_default_device("jax")
    yield
    tinytorch.set_default_device(None)
