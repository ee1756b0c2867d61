"""The folder's own modules on the path, and `import torch` meaning tinytorch while a case runs."""

import pathlib
import sys

import pytest

import tinytorch

sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture(params=["numpy", "frozen"])
def backend(request):
    """Everything holds on arrays that can be written and on arrays that cannot."""
    tinytorch.set_backend(request.param)
    yield request.param
    tinytorch.set_backend("numpy")


@pytest.fixture
def torch_alias():
    tinytorch.alias(force=True)
    try:
        yield
    finally:
        tinytorch.unalias()
