"""Tensors are pytrees, and functions of tinytorch go through jax.jit, jax.vmap and jax.grad."""

import numpy as np
import pytest

import tinytorch as torch
from tinytorch import nn
from tinytorch.nn import functional as F

jax = pytest.importorskip(
    "jax", reason="the extra `jax` is not installed: pip install tinytorch[jax]"
)
jnp = jax.numpy


@pytest.fixture
def data():
    rng = np.random.RandomState(0)
    return (
        torch.tensor(rng.randn(5, 3).astype(np.float32)),
        torch.tensor(rng.randn(3, 2).astype(np.float32), requires_grad=True),
    )


def loss(w, x):
    return ((x @ w).tanh() ** 2).sum()


def grad_of_loss(w, x):
    return torch.autograd.grad(loss(w, x), w)[0]


def test_a_tensor_goes_through_tree_functions_as_it_is():
    t = torch.ones(2, requires_grad=True)
    leaves, tree = jax.tree_util.tree_flatten(t)
    assert len(leaves) == 1 and isinstance(leaves[0], jax.Array)
    back = jax.tree_util.tree_unflatten(tree, leaves)
    assert type(back) is torch.Tensor and back.requires_grad and back.is_leaf
    assert back.tolist() == [1.0, 1.0] and back.device == t.device
    p = jax.tree_util.tree_map(lambda a: a * 2, nn.Parameter(torch.ones(2)))
    assert type(p) is nn.Parameter and p.tolist() == [2.0, 2.0]
    assert jax.tree_util.tree_structure(t) != jax.tree_util.tree_structure(t.detach())
    assert jax.tree_util.tree_unflatten(tree, [None])._raw is None


def test_history_and_grad_stay_behind():
    x = torch.ones(2, requires_grad=True)
    y = x * 3
    y.sum().backward()
    back = jax.tree_util.tree_map(lambda a: a, [x, y])
    assert back[0].grad is None and back[1].grad_fn is None and back[1].requires_grad


def test_a_view_crosses_as_what_it_shows():
    x = torch.arange(6.0).reshape(2, 3)
    v = x[1]
    x[1, 0] = 9
    assert jax.tree_util.tree_leaves(v)[0].tolist() == [9.0, 4.0, 5.0]


def test_jit_of_a_function_of_tensors_traces_once_per_shape(data):
    x, w = data
    traces = []

    def f(w, x):
        traces.append(1)
        return loss(w, x), grad_of_loss(w, x)

    run = jax.jit(f)
    for _ in range(3):
        value, g = run(w, x)
    assert len(traces) == 1
    np.testing.assert_allclose(value.item(), loss(w, x).item(), rtol=1e-6)
    np.testing.assert_allclose(g.cpu().numpy(), grad_of_loss(w, x).cpu().numpy(), rtol=1e-5)
    run(w, x[:2])
    assert len(traces) == 2


def test_the_tape_and_jax_grad_agree(data):
    x, w = data
    tape = grad_of_loss(w, x)
    theirs = jax.grad(lambda w: jnp.asarray(loss(w, x)))(w)
    assert isinstance(theirs, torch.Tensor)
    np.testing.assert_allclose(tape.tolist(), theirs.tolist(), rtol=1e-5)


def test_jax_grad_in_float64_under_the_users_flag():
    x = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)

    def f(x):
        return jnp.asarray((x.exp() * x[1] * torch.softmax(x, 0)).sum())

    with jax.enable_x64(True):
        theirs = jax.grad(f)(x)
    (x.exp() * x[1] * torch.softmax(x, 0)).sum().backward()
    assert theirs.dtype is torch.float64
    np.testing.assert_allclose(theirs.tolist(), x.grad.tolist(), rtol=1e-12)


def test_gradients_per_sample_are_those_of_a_loop(data):
    x, w = data
    per = jax.vmap(grad_of_loss, in_axes=(None, 0))(w, x)
    assert per.shape == (5, 3, 2)
    for i in range(5):
        np.testing.assert_allclose(
            per[i].tolist(), grad_of_loss(w, x[i]).tolist(), rtol=1e-5, atol=1e-7
        )
    np.testing.assert_allclose(
        per.sum(0).tolist(), grad_of_loss(w, x).tolist(), rtol=1e-5, atol=1e-6
    )


def test_vmap_axes_nested_and_jitted(data):
    x, w = data
    columns = jax.vmap(grad_of_loss, in_axes=(None, 1), out_axes=1)(w, x.T)
    rows = jax.jit(jax.vmap(grad_of_loss, in_axes=(None, 0)))(w, x)
    assert columns.shape == (3, 5, 2)
    np.testing.assert_allclose(columns.transpose(0, 1).tolist(), rows.tolist(), rtol=1e-5)
    table = jax.vmap(jax.vmap(lambda a, b: a * b, (None, 0)), (0, None))
    a, b = torch.arange(3.0, dtype=torch.float64), torch.arange(2.0, dtype=torch.float64)
    assert table(a, b).tolist() == [[0.0, 0.0], [0.0, 1.0], [0.0, 2.0]]


def test_a_tensor_of_numpy_joins_with_its_64_bits():
    n, x = torch.arange(3, device="cpu"), torch.ones(3, dtype=torch.float64, device="cpu")
    out = jax.jit(lambda n, x: (n + 2**40, x / 3))(n, x)
    assert [t.dtype for t in out] == [torch.int64, torch.float64]
    assert out[0].device.type == "jax" and out[0].tolist() == [2**40, 2**40 + 1, 2**40 + 2]
    assert out[1].tolist() == [1 / 3] * 3


def test_writes_and_views_inside_jit():
    def f(x):
        y = x.clone()
        y[1:] += 10
        y.view(-1)[0] = -1
        y[torch.tensor([1])] *= 2
        return y

    x = torch.arange(4.0)
    assert jax.jit(f)(x).tolist() == f(x).tolist() == [-1.0, 22.0, 12.0, 13.0]
    assert x.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_indices_targets_and_divisors_inside_jit():
    x = torch.arange(12.0).reshape(4, 3)
    i = torch.tensor([0, -1, 2, 1])
    cases = [
        lambda: (lambda x, i: x[i], (x, i)),
        lambda: (lambda x, i: F.cross_entropy(x, i.abs()), (x, i)),
        lambda: (lambda x, i: x.gather(1, i.abs()[:, None]), (x, i)),
        lambda: (lambda x, i: x.index_select(0, i.abs()), (x, i)),
        lambda: (lambda x, i: (i + 5) // (i + 3) + (i + 9) % (i + 3), (x, i)),
        lambda: (lambda x, i: F.embedding(i.abs(), x), (x, i)),
        lambda: (lambda x, i: x.scatter(1, i.abs()[:, None], 0.5), (x, i)),
    ]
    for case in cases:
        f, args = case()
        np.testing.assert_allclose(jax.jit(f)(*args).tolist(), f(*args).tolist(), rtol=1e-6)


def test_asking_for_a_value_inside_says_what_is_wrong():
    x = torch.ones(3)
    for f in (
        lambda t: t if t.sum() > 0 else -t, lambda t: t * t[0].item(), lambda t: t.nonzero(),
        lambda t: t[t > 0], lambda t: t.tolist(),
    ):  # fmt: skip
        with pytest.raises(jax.errors.ConcretizationTypeError, match="value of a tensor"):
            jax.jit(f)(x)


def test_a_module_trains_inside_one_program():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    names = [n for n, _ in net.named_parameters()]
    x = torch.linspace(-1, 1, 12).reshape(4, 3)
    y = torch.ones(4, 1)

    def step(values, x, y):
        for (_, p), v in zip(net.named_parameters(), values, strict=True):
            p.data = v
        out = F.mse_loss(net(x), y)
        grads = torch.autograd.grad(out, list(net.parameters()))
        return out.detach(), [v - 0.1 * g for v, g in zip(values, grads, strict=True)]

    start = [p.detach().clone() for p in net.parameters()]
    eager, compiled = list(start), list(start)
    run = jax.jit(step)
    for _ in range(3):
        a, compiled = run(compiled, x, y)
        b, eager = step(eager, x, y)
        np.testing.assert_allclose(a.item(), b.item(), rtol=1e-5)
    for n, u, v in zip(names, compiled, eager, strict=True):
        np.testing.assert_allclose(u.tolist(), v.tolist(), rtol=1e-5, atol=1e-7, err_msg=n)
