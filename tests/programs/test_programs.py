"""Ordinary programs answer as real torch answered (``record_programs.py``), statement by statement.

The text must be the same; a number that is printed with decimals may differ by one in the last
place, which is where sums of another order of addition end up.
"""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ANSWERS = json.loads((HERE / "answers.json").read_text(encoding="utf-8"))["programs"]
BACKENDS = ("numpy", "frozen")
_DECIMAL = re.compile(r"-?\d+\.\d*(?:e[-+]\d+)?")


@cache
def answers(backend):
    command = [sys.executable, "-m", "tinytorch", "run", "--backend", backend, "session.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def unit(number):
    """One in the last place that a printed number shows."""
    digits, _, exponent = number.partition("e")
    return 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))


def same(got, want):
    if got == want:
        return True
    if _DECIMAL.sub("#", got).split() != _DECIMAL.sub("#", want).split():
        return False
    pairs = zip(_DECIMAL.findall(got), _DECIMAL.findall(want), strict=True)
    return all(abs(float(a) - float(b)) <= 1.01 * unit(b) for a, b in pairs)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_program_answers_as_in_torch(name, backend):
    if backend != "numpy" and name.endswith("_on_numpy"):
        pytest.skip("memory is shared with NumPy only where NumPy computes")
    rows = answers(backend)[name]
    assert [text for text, _ in rows] == [text for text, _ in ANSWERS[name]]
    for (text, got), (_, want) in zip(rows, ANSWERS[name], strict=True):
        assert same(got, want), f"{text}\n--- torch\n{want}\n--- here\n{got}"


def test_a_digit_in_the_last_place_is_all_that_may_differ():
    assert same("tensor([0.1235])", "tensor([0.1234])")
    assert not same("tensor([0.1236])", "tensor([0.1234])")
    assert not same("tensor([2])", "tensor([1])")
    assert not same("tensor([1., 2.])", "tensor([1., 2.], grad_fn=<X>)")
