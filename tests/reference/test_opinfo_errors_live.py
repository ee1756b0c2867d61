"""Every call that torch's database of operators says is wrong, beside real torch: class and text.

The database names such calls with a pattern of the message; here the whole of what torch says must
be what is said here. What differs stands in `KNOWN` with the reason, and must differ.
"""

from __future__ import annotations

from collections import defaultdict

import opinfo
import pytest
import torch

import tinytorch

KNOWN = {  # reason: operators
    "accepted here: numbers first, steps of 0 into integers, an out= of any dtype":
        "arange complex float_power multinomial",
    "a complex value for integers is cast": "masked_fill",
    "another check comes first": "narrow_copy",
}  # fmt: skip


def _operators():
    found = defaultdict(list)
    for op in opinfo.database():
        named = op.error_inputs_func is not None and op.name not in opinfo.UNSET
        if named and any(opinfo.ways(op, tinytorch)):
            found[op.name].append(op)
    return found


OPERATORS = _operators()


def _said(lib, call):
    _, args, kwargs = call.built(lib)
    try:
        call.run(lib, args, kwargs)
    except Exception as e:
        return opinfo.said(e)
    return "no error"


def _most_dims(tree):
    dims = [0]
    opinfo.mapped(tree, lambda v: dims.append(len(v.shape) if isinstance(v, opinfo.Recipe) else 0))
    return max(dims)


def _calls(op):
    for wrong in op.error_inputs("cpu"):
        sample = wrong.sample_input
        try:
            args = opinfo.mapped((sample.input, *sample.args), opinfo.noted)
            kwargs = opinfo.mapped(sample.kwargs, opinfo.noted)
        except NotImplementedError:
            continue
        if _most_dims((args, kwargs)) > 64:  # more than NumPy has
            continue
        for way in opinfo.ways(op, tinytorch):
            if way != "inplace":
                yield opinfo.Call(op, way, args, kwargs, sample)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_wrong_calls(name):
    pairs = [(_said(tinytorch, c), _said(torch, c)) for op in OPERATORS[name] for c in _calls(op)]
    differ = [(mine, theirs) for mine, theirs in pairs if mine != theirs]
    if any(name in names.split() for names in KNOWN.values()):
        assert differ
    else:
        assert not differ


def test_what_is_known_is_here():
    rows = [name for names in KNOWN.values() for name in names.split()]
    assert set(rows) <= OPERATORS.keys()
    assert len(rows) == len(set(rows))
