"""Texts recorded from real torch (``record_printing.py``) are reproduced to the character."""

import base64
import json
import zlib
from math import inf
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from tinytorch.printing import get_printoptions, printoptions, set_printoptions, tensor_str

RECORD = json.loads(Path(__file__).with_name("printed.json").read_text())


def values(row):
    if row["values"] is None:
        return None
    name = row["dtype"].removeprefix("torch.")
    dtype = ml_dtypes.bfloat16 if name == "bfloat16" else np.dtype(name)
    raw = zlib.decompress(base64.b64decode(row["values"]))
    return np.frombuffer(raw, dtype).reshape(row["shape"])


@pytest.mark.parametrize("number", range(len(RECORD["cases"])))
def test_recorded(number):
    row = RECORD["cases"][number]
    names = ("default_dtype_name", "device", "requires_grad", "grad_fn_name", "prefix")
    notes = {name: row[name] for name in names if name in row}
    with printoptions(**row["options"]):
        assert tensor_str(values(row), row["shape"], row["dtype"], **notes) == row["text"]


def test_only_the_shown_corners_are_fetched():
    full = np.arange(5000.0).reshape(50, 100)
    seen = []

    def fetch(key):
        seen.append(full[key].shape)
        return full[key]

    assert tensor_str(fetch, full.shape, "torch.float64") == tensor_str(
        full, full.shape, "torch.float64"
    )
    assert seen == [(3, 3)] * 4


def test_tangent_is_the_last_note():
    x = np.array([1.0, 2.0], np.float32)
    shown = tensor_str(x, (2,), "torch.float32", requires_grad=True, tangent="tensor([1., 1.])")
    assert shown == "tensor([1., 2.], requires_grad=True, tangent=tensor([1., 1.]))"


def test_options_are_read_back_and_restored():
    before = get_printoptions()
    assert before == {
        "precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None,
    }  # fmt: skip
    with printoptions(precision=2, sci_mode=True):
        assert (get_printoptions()["precision"], get_printoptions()["sci_mode"]) == (2, True)
    assert get_printoptions() == before
    with pytest.raises(KeyError), printoptions(profile="short", edgeitems=7):
        assert get_printoptions()["precision"] == 2
        assert get_printoptions()["edgeitems"] == 7
        raise KeyError
    assert get_printoptions() == before


def test_every_call_decides_on_sci_mode_again():
    with printoptions():
        set_printoptions(sci_mode=True)
        set_printoptions(precision=3)
        assert get_printoptions()["sci_mode"] is None
        set_printoptions(profile="full")
        assert (get_printoptions()["threshold"], get_printoptions()["precision"]) == (inf, 4)
