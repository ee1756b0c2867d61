"""These tests are of the emulated CuPy: they are collected only where it is in place.

`tests/cupy/test_emulated.py` runs them in a process of their own, so that no other test meets it.
"""

import sys

import pytest

EMULATED = getattr(sys.modules.get("cupy"), "emulated", False)
collect_ignore_glob = [] if EMULATED else ["test_*.py"]


@pytest.fixture(autouse=True)
def first_device():
    """Every test begins on device 0, on its default stream, with nothing counted."""
    from emulated import state

    import tinytorch

    tinytorch.cuda.set_stream(tinytorch.cuda.default_stream(0))
    state.reset()
    yield state
    tinytorch.cuda.set_device(0)
