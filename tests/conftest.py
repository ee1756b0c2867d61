"""What cases recorded from torch are run with, in whichever folder they stand."""

import pytest

import tinytorch


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
