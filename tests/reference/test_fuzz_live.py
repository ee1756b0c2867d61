"""Random programs of ops, views, writes, modes and backwards beside the torch that is installed.

A program that differs belongs, shrunk, into the list of `tests/autograd/test_programs.py`.
"""

import pathlib
import sys
import warnings

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("hypothesis")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "autograd"))

from programs import INSTRUCTIONS, Machine, agree  # noqa: E402

import tinytorch  # noqa: E402

small = st.integers(0, 5)
programs = st.lists(
    st.tuples(st.sampled_from(sorted(INSTRUCTIONS)), small, small, small), min_size=1, max_size=14
)


@given(programs)
@settings(
    max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
def test_programs(program):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = Machine(tinytorch).run(program), Machine(torch).run(program)
    assert agree(ours, theirs), (ours, theirs)
