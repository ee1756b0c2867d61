"""Facts of torch's elementwise arithmetic that are easily lost, each on a value or two."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np
import pytest

import tinytorch as torch


def f32(x):
    return np.float32(x)


@pytest.mark.parametrize(("dtype", "raw"), [("float16", np.float16),
                                            ("bfloat16", ml_dtypes.bfloat16)])  # fmt: skip
@pytest.mark.parametrize("text", ["x * 0.1", "x + 1 / 3", "x / 3.7", "0.3 - x", "x ** 2.3"])
def test_a_number_beside_half_types_is_not_rounded_first(dtype, raw, text):
    values = np.array([1.1, 2.7, 3.3, 0.123], raw)
    x = torch.tensor(values.astype(np.float64).tolist()).to(getattr(torch, dtype))
    got = eval(text, {"x": x})
    want = eval(text, {"x": values.astype(np.float32)}).astype(raw)
    assert got.dtype is getattr(torch, dtype)
    assert got.float().tolist() == want.astype(np.float32).tolist()


@pytest.mark.parametrize("name", ["exp", "sin", "rsqrt", "sigmoid", "erf", "lgamma", "log1p"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_types_are_computed_wide_and_rounded_once(name, dtype):
    x = torch.tensor([0.3, 1.7, 2.9]).to(getattr(torch, dtype))
    wide = getattr(torch, name)(x.float()).to(x.dtype)
    assert getattr(torch, name)(x).tolist() == wide.tolist()


def test_sigmoid_is_right_at_both_ends():
    y = torch.sigmoid(torch.tensor([-100.0, 100.0, -math.inf, math.inf, 0.0, math.nan])).tolist()
    assert y[0] == pytest.approx(3.7835e-44, rel=1e-2)
    assert y[1:5] == [1.0, 0.0, 1.0, 0.5]
    assert math.isnan(y[5])
    assert torch.sigmoid(torch.tensor(-30.0, dtype=torch.float64)).item() == pytest.approx(
        9.357622968839299e-14, rel=1e-14)  # fmt: skip


@pytest.mark.parametrize("text", ["i // 0", "i % 0", "torch.fmod(i, 0)",
                                  "torch.div(i, 0, rounding_mode='trunc')"])  # fmt: skip
def test_integers_by_zero(text):
    with pytest.raises(RuntimeError, match=r"^ZeroDivisionError$"):
        eval(text, {"torch": torch, "i": torch.tensor([1, 2])})


def test_rounding_of_quotients():
    i, j = torch.tensor([7, -7, 7, -7]), torch.tensor([2, 2, -2, -2])
    assert (i // j).tolist() == [3, -4, -4, 3]
    assert torch.div(i, j, rounding_mode="trunc").tolist() == [3, -3, -3, 3]
    assert (i % j).tolist() == [1, 1, -1, -1]
    assert torch.fmod(i, j).tolist() == [1, -1, 1, -1]


def test_unsigned_bytes_wrap_around():
    b = torch.tensor([250, 3], dtype=torch.uint8)
    assert (b + 10).tolist() == [4, 13]
    assert (b - torch.tensor([251, 4], dtype=torch.uint8)).tolist() == [255, 255]
    assert (-b).tolist() == [6, 253]


def test_bools_are_no_numbers_to_subtract():
    b = torch.tensor([True, False])
    assert (b + b).dtype is torch.bool
    for text in ("b - b", "1 - b", "-b", "+b"):
        with pytest.raises(RuntimeError, match="bool tensor"):
            eval(text, {"b": b})


def test_ties_share_the_gradient_of_an_extremum():
    a = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    b = torch.tensor([1.0, 3.0, 2.0], requires_grad=True)
    torch.maximum(a, b).sum().backward()
    assert a.grad.tolist() == [0.5, 0.0, 1.0]
    assert b.grad.tolist() == [0.5, 1.0, 0.0]


def test_what_is_no_operand_is_unequal_or_refused():
    x = torch.tensor([1.0])
    assert (x == None) is False  # noqa: E711
    assert (x != "a") is True
    with pytest.raises(TypeError, match=r"operand type\(s\) for \+: 'Tensor' and 'str'"):
        x + "a"
    with pytest.raises(TypeError, match="'<' not supported between instances of 'Tensor' and"):
        x < None  # noqa: B015


def test_parts_of_complex_numbers_are_views():
    z = torch.tensor([1 + 2j, 3 - 1j])
    z.real.mul_(10)
    torch.view_as_real(z)[1, 1] = 7.0
    z.imag[0] = -2.0
    assert z.tolist() == [10 - 2j, 30 + 7j]


def test_a_write_through_the_real_part_reaches_the_gradient():
    x = torch.tensor([1 + 2j, 3 - 1j], requires_grad=True)
    z = x * 1
    z.real.mul_(2)
    torch.view_as_real(z).sum().backward()
    assert x.grad.tolist() == [2 + 1j, 2 + 1j]


@pytest.mark.parametrize(("call", "value"), [
    ("erf(0.5)", 0.5204998778130465), ("erfc(2.5)", 0.0004069520174449589),
    ("erfinv(0.25)", 0.2253120550121781), ("lgamma(4.5)", 2.4537365708424423),
    ("digamma(0.7)", -1.2200235536979349), ("i0(2.5)", 3.2898391440501231),
    ("special.ndtri(0.001)", -3.0902323061678132), ("special.i1e(10.)", 0.12126268138445553),
    ("special.bessel_j0(10.)", -0.2459357644513483),
    ("special.bessel_y1(7.9)", -0.18172107728057313),
    ("special.log_ndtr(-20.)", -203.91715537109726), ("special.erfcx(3.)", 0.17900115118138995),
])  # fmt: skip
def test_special_functions_to_double_precision(call, value):
    name, _, x = call[:-1].partition("(")
    fn = getattr(torch.special, name.removeprefix("special."), None) or getattr(torch, name)
    got = fn(torch.tensor(float(x), dtype=torch.float64)).item()
    assert got == pytest.approx(value, rel=2e-14)


def test_out_is_cast_and_resized():
    out = torch.zeros(1, dtype=torch.float64)
    assert torch.add(torch.tensor([1.0, 2.0]), 1, out=out) is out
    assert out.tolist() == [2.0, 3.0]
    with pytest.raises(RuntimeError, match="can't be cast to the desired output type Long"):
        torch.exp(torch.tensor([1.0]), out=torch.zeros(1, dtype=torch.int64))
