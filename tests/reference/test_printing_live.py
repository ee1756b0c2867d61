"""Printing against the torch that is installed, on tensors that hypothesis makes up."""

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinytorch import printing

FLOATS = ["float16", "bfloat16", "float32", "float64"]
DTYPES = FLOATS + ["complex64", "complex128", "bool", "uint8", "int8", "int16", "int32", "int64"]
DTYPES += ["uint16", "uint32", "uint64"]

OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 10),
        "threshold": st.integers(0, 60),
        "edgeitems": st.integers(0, 4),
        "linewidth": st.integers(5, 160),
        "sci_mode": st.booleans(),
        "profile": st.sampled_from(["default", "short", "full"]),
    },
)


def whole(values):
    return st.one_of(values, values.map(lambda x: float(int(x)) if abs(x) < 1e12 else x))


ELEMENTS = st.one_of(
    whole(st.floats(-1e4, 1e4)),
    st.floats(),
    st.sampled_from([0.0, -0.0, 1.0, 1e8, 1e8 + 1, 1e-4, 1000.0, 1001.0, float("inf")]),
)


@st.composite
def arrays(draw):
    name = draw(st.sampled_from(DTYPES))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=12))
    kind = np.dtype("float32" if name == "bfloat16" else name)
    elements = None
    if kind.kind == "f":
        elements = ELEMENTS.map(lambda x: float(kind.type(x)))
    elif kind.kind == "c":
        part = np.float32 if name == "complex64" else np.float64
        elements = st.builds(lambda a, b: complex(part(a), part(b)), ELEMENTS, ELEMENTS)
    with np.errstate(all="ignore"):
        host = draw(hnp.arrays(kind, shape, elements=elements))
        return host.astype(ml_dtypes.bfloat16) if name == "bfloat16" else host


def to_torch(host):
    if host.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(host.view(np.int16).copy()).view(torch.bfloat16)
    return torch.from_numpy(host.copy())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(max_examples=300, deadline=None)
@given(arrays(), OPTIONS, st.booleans(), st.sampled_from(FLOATS))
def test_prints_as_torch(host, options, grad, default):
    t = to_torch(host)
    grad = grad and (t.is_floating_point() or t.is_complex())
    t.requires_grad_(grad)
    try:
        torch.set_default_dtype(getattr(torch, default))
        with torch._tensor_str.printoptions(**options):
            expected = repr(t)
    finally:
        torch.set_default_dtype(torch.float32)
    with printing.printoptions(**options):
        got = printing.tensor_str(
            host,
            host.shape,
            str(t.dtype),
            default_dtype_name=f"torch.{default}",
            requires_grad=grad,
        )
    assert got == expected
