"""torch's semantics over arrays that cannot be written: numbers by hand, errors word for word."""

import numpy as np
import pytest

import tinytorch as torch

pytest.importorskip("jax", reason="the extra `jax` is not installed: pip install tinytorch[jax]")


def test_a_write_through_a_view_reaches_all():
    x = torch.arange(12.0).reshape(3, 4)
    row, block, column = x[1], x[1:, ::2], x.t()[0]
    block += 100
    assert x.tolist() == [[0, 1, 2, 3], [104, 5, 106, 7], [108, 9, 110, 11]]
    assert row.tolist() == [104, 5, 106, 7] and column.tolist() == [0, 104, 108]
    row.zero_()
    assert block.tolist() == [[0, 0], [108, 110]]


def test_gradients_flow_through_writes_into_views():
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 2
    y[1:] *= x[:2]
    y.sum().backward()
    assert x.grad.tolist() == [2 + 4.0, 2 + 6.0, 4.0]


def test_version_errors():
    x = torch.ones(2, requires_grad=True)
    y = x.exp()
    y += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation.*version 1; expected"):
        y.sum().backward()
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        x.add_(1)


def test_hooks_and_retain_grad():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.retain_grad()
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()) or g * 10)
    (y * y).sum().backward()
    assert seen == [[6.0, 12.0]] and y.grad.tolist() == [60.0, 120.0]
    assert x.grad.tolist() == [180.0, 360.0]


def test_double_backward():
    x = torch.tensor([2.0, 3.0], dtype=torch.float64, requires_grad=True)
    (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    (h,) = torch.autograd.grad((g * torch.tensor([1.0, 2.0], dtype=torch.float64)).sum(), x)
    assert g.tolist() == [12.0, 27.0] and h.tolist() == [12.0, 36.0]
    assert torch.autograd.gradcheck(lambda t: torch.softmax(t, 0), x)
    assert torch.autograd.gradgradcheck(lambda t: t.tanh() * t[0], x)


def test_integers_divide_and_index_as_in_torch():
    n = torch.tensor([7, -7])
    assert (n // 2).tolist() == [3, -4] and (n % 3).tolist() == [1, 2]
    assert torch.div(n, 2, rounding_mode="trunc").tolist() == [3, -3]
    for f in (lambda: n // 0, lambda: n % torch.tensor([1, 0]), lambda: torch.fmod(n, 0)):
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            f()
    with pytest.raises(IndexError, match="index 5 is out of bounds for dimension 0 with size 2"):
        n[torch.tensor([5])]
    with pytest.raises(IndexError, match="Target 9 is out of bounds"):
        torch.nn.functional.cross_entropy(torch.ones(1, 3), torch.tensor([9]))


def test_floats_that_fit_no_integer():
    x = torch.tensor([float("nan"), float("inf"), -3.7, 300.0])
    assert x.to(torch.int64).tolist() == [-(2**63), -(2**63), -3, 300]
    assert x[2:].to(torch.int8).tolist() == [-3, 44]


def test_halves_are_computed_in_single():
    x = torch.tensor([1.0, 3.0], dtype=torch.float16)
    assert (x * 0.1).tolist() == np.float16(np.float32([1, 3]) * np.float32(0.1)).tolist()
    assert torch.full((4096,), 1.0, dtype=torch.float16).sum().item() == 4096


def test_no_tensor_of_jax_can_be_written_through_numpy():
    torch.set_default_device("cpu")
    with torch.use_backend("jax"):
        n = torch.ones(3).numpy()
    with pytest.raises(ValueError, match="read-only"):
        n[0] = 5
