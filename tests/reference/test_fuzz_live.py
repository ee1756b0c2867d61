"""Some random programs beside the torch that is installed; `fuzz.py` beside this runs more."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import fuzz
from hypothesis import HealthCheck, given, settings


@given(fuzz.strategy())
@settings(
    max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
def test_programs(program):
    assert fuzz.differ(program) is None
