"""The JAX backend's own tests; JAX's flags stay as they stand by default.

Tensors are made on the device ``jax``, which stands beside the CPU that NumPy serves.
"""

import pytest

import tinytorch


@pytest.fixture(autouse=True)
def on_jax():
    """``jax`` is the default device of each test."""
    tinytorch.set_default_device("jax")
    yield
    tinytorch.set_default_device(None)
