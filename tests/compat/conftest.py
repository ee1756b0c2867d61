"""`tf`: the front, with an empty graph, on each backend."""

import pytest

import tinytorch
import tinytorch.compat.tensorflow1 as front


@pytest.fixture(params=["numpy", "frozen"])
def tf(request):
    before = tinytorch.get_backend()
    tinytorch.set_backend(request.param)
    front.reset_default_graph()
    yield front
    front.reset_default_graph()
    tinytorch.set_backend(before)
