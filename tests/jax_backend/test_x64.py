"""64-bit tensors beside plain JAX code whose flag stays off."""

import threading

import numpy as np
import pytest

import tinytorch as torch

jax = pytest.importorskip(
    "jax", reason="the extra `jax` is not installed: pip install tinytorch[jax]"
)
jnp = jax.numpy


def test_64_bit_tensors_compute_in_64_bits():
    x = torch.tensor([1 / 3], dtype=torch.float64)
    assert (x * 3 - 1).item() == (np.float64(1 / 3) * 3 - 1)
    assert (x + 0.1).item() == 1 / 3 + 0.1
    n = torch.tensor([2**40])
    assert (n * 4 + 1).item() == 2**42 + 1 and n.dtype is torch.int64
    assert torch.arange(3).sum().dtype is torch.int64
    assert x.exp().sum().dtype is torch.float64


def test_plain_jax_stays_in_32_bits_before_between_and_after():
    def plain():
        assert jnp.arange(3).dtype == jnp.int32
        assert jnp.ones(2).dtype == jnp.float32
        assert jax.jit(lambda v: v * 2.5)(np.ones(2)).dtype == jnp.float32

    plain()
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    plain()
    y = (x * 2).sum()
    plain()
    y.backward()
    plain()
    assert not jax.config.jax_enable_x64


def test_an_error_inside_a_kernel_leaves_the_flag_off():
    with pytest.raises(RuntimeError):
        torch.ones(2, 3) @ torch.ones(2, 3)
    with pytest.raises(IndexError):
        torch.ones(2)[torch.tensor([5])]
    assert jnp.arange(3).dtype == jnp.int32


def test_other_threads_never_see_the_flag_on():
    wrong, stop = [], threading.Event()

    def watch():
        while not stop.is_set():
            if jnp.zeros(1, int).dtype != jnp.int32:
                wrong.append(1)

    t = threading.Thread(target=watch)
    t.start()
    x = torch.ones(4, dtype=torch.float64)
    for _ in range(200):
        x = x * 1.0
    stop.set()
    t.join()
    assert not wrong and x.sum().item() == 4


def test_the_flag_of_the_user_is_kept_when_it_is_on():
    with jax.enable_x64(True):
        assert (torch.ones(2) + 1).dtype is torch.float32
        assert jnp.ones(1).dtype == jnp.float64
    assert jnp.ones(1).dtype == jnp.float32


def test_functions_of_jax_take_tensors_and_follow_their_own_flag():
    t = torch.arange(3, dtype=torch.float32)
    assert jnp.sin(t).dtype == jnp.float32
    assert jnp.asarray(t).unsafe_buffer_pointer() == jnp.asarray(t).unsafe_buffer_pointer()
    np.testing.assert_array_equal(jnp.asarray(t) + 1, [1.0, 2.0, 3.0])
