"""The front answers as TensorFlow answered (``ask_tensorflow.py``): names, shapes, values, errors.

Values of float32 may differ in the last bits of a few operations.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from questions import CASES, answer, data, losses

import tinytorch as torch

ASKED = json.loads(Path(__file__).with_name("tensorflow.json").read_text(encoding="utf-8"))


def same(got, want):
    match want:
        case {"is": values}:
            kinds = [(v.get("dtype"), v.get("shape")) for v in (got, want)]
            near = {"rtol": 2e-6, "atol": 1e-7, "equal_nan": True}
            return kinds[0] == kinds[1] and np.allclose(got["is"], values, **near)
        case dict():
            return got.keys() == want.keys() and all(same(got[k], want[k]) for k in want)
        case list():
            return len(got) == len(want) and all(map(same, got, want))
    return got == want


@pytest.mark.parametrize("name", CASES)
def test_as_tensorflow_answers(name, tf):
    got, want = json.loads(json.dumps(answer(CASES[name], tf))), ASKED["answers"][name]
    assert same(got, want), f"{got}\n--- TensorFlow {ASKED['tensorflow']}\n{want}"


def test_every_answer_has_its_question():
    assert ASKED["answers"].keys() == CASES.keys()


def test_a_difference_is_seen():
    assert not same(
        {"dtype": "int32", "shape": [], "is": 1}, {"dtype": "int64", "shape": [], "is": 1}
    )
    assert not same([1.0, None], [1.0])
    one, other = ({"dtype": "float32", "shape": [1], "is": [v]} for v in (1.0, 1.00001))
    assert same(one, one) and not same(one, other)


def test_a_training_goes_as_in_tensorflow(tf):
    found, weights = losses(tf)
    np.testing.assert_allclose(found, ASKED["losses"], rtol=1e-6)
    np.testing.assert_allclose([w.sum() for w in weights], ASKED["weights"], rtol=1e-5)


def by_hand(dtype, steps, rate):
    w1, w2, x, y = (a.astype("float32").astype(dtype) for a in data())
    found = []
    for _ in range(steps):
        h = x @ w1
        up = np.maximum(h, 0)
        miss = up @ w2 - y
        found.append((miss**2).sum())
        slope = 2 * miss
        back = (slope @ w2.T) * (h >= 0)
        w1, w2 = w1 - dtype(rate) * (x.T @ back), w2 - dtype(rate) * (up.T @ slope)
    return found, w1, w2


def test_a_training_is_what_the_formulas_give(tf):
    found, (w1, w2) = losses(tf, 500)
    want, v1, v2 = by_hand(np.float32, 500, 1e-3)
    np.testing.assert_allclose(found, want, rtol=1e-6)
    np.testing.assert_allclose(w1, v1, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(w2, v2, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found, by_hand(np.float64, 500, 1e-3)[0], rtol=1e-5)


def eagerly(steps, rate):
    w1, w2, x, y = (torch.tensor(a.astype("float32")) for a in data())
    zero, found = torch.zeros(1), []
    for _ in range(steps):
        w1, w2 = w1.requires_grad_(), w2.requires_grad_()
        h = x @ w1
        up = torch.where((h >= zero).logical_or(torch.isnan(h)), h, zero)
        loss = torch.sum((up @ w2 - y) ** 2.0)
        g1, g2 = torch.autograd.grad(loss, [w1, w2])
        found.append(loss.item())
        with torch.no_grad():
            w1, w2 = w1 - rate * g1, w2 - rate * g2
    return found, w1, w2


def test_a_training_is_bit_for_bit_the_eager_one(tf):
    found, (w1, w2) = losses(tf, 60)
    want, v1, v2 = eagerly(60, 1e-3)
    assert found == want
    assert w1.tobytes() == v1.numpy().tobytes() and w2.tobytes() == v2.numpy().tobytes()
