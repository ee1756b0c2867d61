"""The folder's own modules on the path, and `import torch` meaning tinytorch while a case runs."""

import pathlib
import sys

import pytest

import tinytorch

sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture
def torch_alias():
    tinytorch.alias()
    try:
        yield
    finally:
        tinytorch.unalias()
