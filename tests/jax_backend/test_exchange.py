"""Arrays of JAX in and out of tensors, without a copy where none is due."""

import numpy as np
import pytest

import tinytorch as torch

jax = pytest.importorskip(
    "jax", reason="the extra `jax` is not installed: pip install tinytorch[jax]"
)
jnp = jax.numpy


def address(a):
    return a.unsafe_buffer_pointer()


def test_from_dlpack_takes_an_array_of_jax_as_it_is():
    a = jnp.arange(4.0)
    t = torch.from_dlpack(a)
    assert t.device.type == "jax" and address(jnp.asarray(t)) == address(a)
    assert t.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_jax_takes_a_tensor_by_dlpack_without_a_copy():
    t = torch.arange(5.0) * 2
    a = jax.dlpack.from_dlpack(t)
    assert address(a) == address(jnp.asarray(t)) and a.tolist() == t.tolist()
    n = np.from_dlpack(t)
    assert n.__array_interface__["data"][0] == address(a)


def test_a_numpy_array_comes_in_by_dlpack():
    t = torch.from_dlpack(np.arange(3, dtype=np.float64))
    assert t.device.type == "jax" and t.dtype is torch.float64 and t.tolist() == [0.0, 1.0, 2.0]
    assert torch.from_dlpack(torch.ones(2, device="cpu")).device.type == "cpu"


def test_with_numpy_serving_the_cpu_an_array_of_jax_is_shared_with_numpy():
    torch.set_default_device("cpu")
    a = jnp.arange(3.0)
    t = torch.from_dlpack(a)
    assert t.device.type == "cpu" and t.numpy().__array_interface__["data"][0] == address(a)
    assert torch.tensor(a).tolist() == torch.as_tensor(a).tolist() == [0.0, 1.0, 2.0]


def test_as_tensor_shares_and_tensor_copies():
    a = jnp.arange(3.0)
    assert address(jnp.asarray(torch.as_tensor(a))) == address(a)
    assert address(jnp.asarray(torch.tensor(a))) != address(a)
    assert torch.as_tensor(a, dtype=torch.float64).dtype is torch.float64
    assert torch.tensor(a, requires_grad=True).requires_grad
    assert torch.as_tensor(a, device="cpu").device.type == "cpu"
    with pytest.raises(TypeError, match="can't convert an array of type key"):
        torch.as_tensor(jax.random.key(0))


def test_a_weakly_typed_array_becomes_an_ordinary_tensor():
    t = torch.as_tensor(jnp.asarray(2.0))
    assert not jnp.asarray(t).weak_type and (t * torch.ones(2)).dtype is torch.float32


def test_an_array_of_jax_inside_jit():
    def f(a):
        return jnp.asarray(torch.as_tensor(a, device="jax").exp())

    np.testing.assert_allclose(jax.jit(f)(jnp.ones(2)), np.exp(np.ones(2)), rtol=1e-6)


def test_what_numpy_had_is_copied():
    n = np.zeros(3, np.float32)
    t = torch.tensor(n)
    s = torch.as_tensor(n)
    n[0] = 7
    assert t.tolist() == s.tolist() == [0.0, 0.0, 0.0]


def test_moves_to_numpys_cpu_and_back_carry_gradients():
    x = torch.ones(3, device="cpu", requires_grad=True)
    y = (x.to("jax") * 2).to("cpu")
    y.sum().backward()
    assert y.device.type == x.grad.device.type == "cpu" and x.grad.tolist() == [2.0, 2.0, 2.0]
    z = torch.arange(3.0).cpu()
    z += 1
    assert z.tolist() == [1.0, 2.0, 3.0]
