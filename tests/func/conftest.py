"""The cases of this folder, and how those of `tests/autograd` are told."""

import pathlib
import sys

import pytest

import tinytorch

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "autograd")]


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
