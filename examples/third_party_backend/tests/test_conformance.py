"""The whole test of a backend: the conformance suite that comes with tinytorch."""

from tinytorch_conformance import run_suite


def test_the_conformance_suite_passes():
    assert run_suite("strict", ["-q"]) == 0
