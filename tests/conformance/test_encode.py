"""Comparing with a recording: what counts as the same, and what is said where it is not."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinytorch as torch
from tinytorch_conformance.cases import matches
from tinytorch_conformance.encode import (
    EXACT,
    TOLERANCE,
    Raised,
    differs,
    encode,
    host_of_tinytorch,
)
from tinytorch_conformance.recording import Reader


def compare(value, recorded, tolerance=TOLERANCE):
    chunks = []
    want = encode(recorded, host_of_tinytorch, chunks)
    return differs(value, want, Reader(b"".join(chunks), 0), host_of_tinytorch, tolerance)


SAME = [
    None, True, 3, "text", 2.5, math.nan, 1 + 2j, [1, "a", None], (1, 2), {"a": [1]},
    torch.Size([2, 3]), torch.float32, torch.tensor(1.5), torch.arange(3), torch.zeros(0, 2),
    torch.tensor([math.nan, math.inf, -0.0]), torch.tensor([0.1], dtype=torch.bfloat16),
    torch.tensor([1 + 2j]), [torch.ones(2), torch.zeros(3)], Raised(ValueError("no")),
]  # fmt: skip


@pytest.mark.parametrize("value", SAME, ids=lambda v: repr(v)[:30])
def test_a_value_is_itself(value):
    assert compare(value, value) is None


DIFFERENT = [
    (1, True, "is int 1, torch gives True"),
    (2.0, 2, "is float 2.0, torch gives 2"),
    ([1], (1,), "is list [1], torch gives a tuple"),
    ((1, 2), (1,), "has 2 items, torch gives 1"),
    ("a", "b", "is str 'a', torch gives 'b'"),
    (1.0, 1.001, "is 1.0, torch gives 1.001"),
    (torch.ones(2), torch.ones(2).double(), "is torch.float32, torch gives torch.float64"),
    (torch.ones(2), torch.ones(1, 2), "has shape (2,), torch gives (1, 2)"),
    (torch.arange(3), torch.tensor([0, 1, 4]), "differs at 1 of 3 places; at [2]"),
    (torch.tensor([1.0, 2.0]), torch.tensor([1.0, math.nan]), "differs at 1 of 2 places; at [1]"),
    (torch.tensor([math.inf]), torch.tensor([-math.inf]), "differs at 1 of 1 places"),
    (torch.tensor(1 + 2j), torch.tensor(1 + 2.1j), "differs at 1 of 1 places"),
    (Raised(ValueError("a")), Raised(TypeError("a")), "raised ValueError: a"),
    (Raised(ValueError("a")), Raised(ValueError("b")), "torch raises ValueError: b"),
    (1, Raised(ValueError("b")), "is int 1; torch raises ValueError: b"),
    (Raised(ValueError("a")), torch.ones(2), "torch gives a float32 tensor of shape (2,)"),
    ([torch.ones(1), torch.ones(1)], [torch.ones(1), torch.zeros(1)], "result[1] differs"),
]


@pytest.mark.parametrize("value, recorded, said", DIFFERENT, ids=[d[2] for d in DIFFERENT])
def test_a_difference_is_said_in_words(value, recorded, said):
    assert said in compare(value, recorded)


@pytest.mark.parametrize("name", TOLERANCE)
def test_the_tolerance_of_a_dtype(name):
    dtype = getattr(torch, name)
    rtol, atol = TOLERANCE[name]
    one = torch.ones(4, dtype=dtype)
    near = one * (1 + 0.9 * (rtol + atol))
    far = one * (1 + 4 * (rtol + atol))
    assert compare(near, one) is None
    assert "differs at 4 of 4 places" in compare(far, one)


def test_exact_sees_the_last_bit_and_the_sign_of_zero():
    one = torch.tensor([1.0, 0.0])
    nudged = torch.tensor([float(np.nextafter(np.float32(1), np.float32(2))), 0.0])
    assert compare(nudged, one) is None
    assert "differs at 1 of 2" in compare(nudged, one, EXACT)
    assert "at [1]" in compare(torch.tensor([1.0, -0.0]), one, EXACT)


def test_a_listing_of_signatures_is_not_held_to():
    theirs = Raised(TypeError("f() received an invalid combination of arguments - got (int)"))
    assert compare(Raised(TypeError("f() has no such form")), theirs) is None
    assert "raised ValueError" in compare(Raised(ValueError("no")), theirs)


@pytest.mark.parametrize(
    "pattern, fits",
    [("ops/add[0]-own", True), ("ops/add*", True), ("*-own", True), ("ops/add[*]-own", True),
     ("ops/add[1]-own", False), ("ops/add", False), ("ops/add?0?-own", False)],
)  # fmt: skip
def test_patterns(pattern, fits):
    assert matches(pattern, "ops/add[0]-own") is fits
