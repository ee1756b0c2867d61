"""Every operator of torch's database under the transforms of ``torch.func``, beside real torch.

`opinfo_transforms` says what the transforms are. What differs stands in `KNOWN` with the reason,
and must differ: a row that has come to agree fails.
"""

from __future__ import annotations

import opinfo
import pytest
import torch
from opinfo_transforms import DERIVED, PLAIN, RANDOM, differs, seen

import tinytorch

ALL = {**PLAIN, **RANDOM, **DERIVED}
SAMPLES = (  # a dtype, how many calls in it, and the ways of transforming them
    (torch.float64, 2, (*PLAIN, *DERIVED)), (torch.int64, 1, ("vmap", "write")),
    (torch.complex128, 1, ("vmap vjp", "vmap jvp", "vjp jvp")),
)  # fmt: skip
IN_PLACE = ("write", "vmap rest", "vmap vjp", "vmap jvp")
KNOWN = {  # reason: operators
    "not here: the norm of matrices": "norm",
    "a dtype by that name, which says so in its own words": "cdouble cfloat",
    "torch is wrong: the batch is taken for memory of the example, or not seen":
        "as_strided as_strided_copy as_strided_scatter",
    "torch is wrong in the second order, and may refuse it": "nn.functional.layer_norm",
    "torch is wrong, or has no tangent": "logcumsumexp scatter_reduce",
    "torch takes the truth for a number whose tangent goes on":
        "logical_and logical_not logical_or logical_xor",
    "which of equal values is named": "kthvalue topk",
    "of two refusals the other comes first":
        "igamma igammac randint_like unique unique_consecutive",
    "another text, or a refusal that is none here": "addbmm ldexp mvlgamma",
    "answers where a derivative inside makes torch refuse": "argwhere",
    "in place, the examples stay where they were among the dimensions outside": "unsqueeze",
}  # fmt: skip


OPERATORS = opinfo.operators(tinytorch)


def _calls(name):
    """(call, ways of transforming it) of an operator."""
    for op in OPERATORS[name]:
        first = next(opinfo.ways(op, tinytorch))
        for dtype, most, ways in SAMPLES:
            if dtype not in op.dtypes:
                continue
            for call in opinfo.calls(op, tinytorch, dtype, most):
                if call.way == "inplace":
                    yield call, [way for way in ways if way in IN_PLACE]
                elif call.way == first:
                    yield call, [*ways, *(RANDOM if _is_random(call) else ())]


def _is_random(call):
    found = seen(torch, call, PLAIN["vmap"])
    return isinstance(found, RuntimeError) and "randomness" in str(found)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_operator(name):
    found = {way for call, ways in _calls(name) for way in ways
             if differs(tinytorch, call, ALL[way])}  # fmt: skip
    known = any(name in names.split() for names in KNOWN.values())
    assert bool(found) == known, found


def test_what_is_known_is_here():
    rows = [name for names in KNOWN.values() for name in names.split()]
    assert set(rows) <= OPERATORS.keys()
    assert len(rows) == len(set(rows))
