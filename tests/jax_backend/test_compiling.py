"""What is compiled, and how often; what comes by seldom goes over the host and is the same."""

import numpy as np
import pytest

import tinytorch as torch
from tinytorch.devices import namespace

jax = pytest.importorskip(
    "jax", reason="the extra `jax` is not installed: pip install tinytorch[jax]"
)
jnp = jax.numpy
OFTEN = pytest.importorskip("tinytorch_jax.movement").OFTEN


class counted:
    """What JAX compiles meanwhile."""

    def __enter__(self):
        self.made = []
        self.active = True
        jax.monitoring.register_event_duration_secs_listener(self.listen)
        return self.made

    def listen(self, event, duration, **kwargs):
        if self.active and event.endswith("backend_compile_duration"):
            self.made.append(event)

    def __exit__(self, *exc):
        self.active = False


def test_other_positions_and_numbers_are_no_other_programs():
    x = torch.zeros(50)

    def work(i):
        x[i] = float(i)
        x[i : i + 3] += 0.5 * i
        torch.addcdiv(x, x, x + 1, value=0.1 * i)
        return x[i] * i

    for i in range(OFTEN + 2):
        work(i)
    with counted() as made:
        for i in range(OFTEN + 2, 30):
            work(i)
    assert made == []


def test_steps_of_adam_compile_once():
    p = torch.nn.Parameter(torch.ones(4))
    opt = torch.optim.Adam([p], lr=0.1)

    def step(k):
        p.grad = torch.full((4,), float(k))
        opt.step()

    for k in range(OFTEN + 1):
        step(k)
    with counted() as made:
        for k in range(20):
            step(k)
    assert made == []


def test_constants_and_looks_at_data_compile_nothing():
    torch.zeros(1).tolist()
    with counted() as made:
        x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        seen = [x[0, 1].item(), x.t().tolist(), x.reshape(3, 2)[1].tolist(), x.shape, str(x)]
        torch.zeros(4, 7), torch.full((2, 3), 0.5), torch.arange(5), torch.eye(3)
    assert made == [] and seen[:3] == [2.0, [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]], [3.0, 4.0]]


MOVES = {
    "reshape": (lambda P, x, y: P.reshape(x, (3, 2)), lambda x, y: x.reshape(3, 2)),
    "permute": (lambda P, x, y: P.permute_dims(x, (1, 0)), lambda x, y: x.T),
    "broadcast": (lambda P, x, y: P.broadcast_to(x, (2, 2, 3)), lambda x, y: np.array([x, x])),
    "spread": (lambda P, x, y: P.spread(x, (2, 2, 3)), lambda x, y: np.array([x, x])),
    "flip": (lambda P, x, y: P.flip(x, (1,)), lambda x, y: x[:, ::-1]),
    "copy": (lambda P, x, y: P.copy(x), lambda x, y: x),
    "concat": (lambda P, x, y: P.concat([x, y], 1), lambda x, y: np.concatenate([x, y], 1)),
    "stack": (lambda P, x, y: P.stack([x, y], 1), lambda x, y: np.stack([x, y], 1)),
    "read": (lambda P, x, y: P.getitem(x, (1, slice(0, 3, 2))), lambda x, y: x[1, ::2]),
    "read whole": (lambda P, x, y: P.getitem(x, (None, ..., -1)), lambda x, y: x[None, :, -1]),
    "put": (
        lambda P, x, y: P.put(x, (1,), P.getitem(y, (0,))),
        lambda x, y: np.array([x[0], y[0]]),
    ),
    "put in steps": (
        lambda P, x, y: P.put(x, (..., slice(0, 3, 2)), P.getitem(y, (..., slice(0, 2, 1)))),
        lambda x, y: np.stack([y[:, 0], x[:, 1], y[:, 1]], 1),
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "bool", "int64", "complex64"])
@pytest.mark.parametrize("name", MOVES)
def test_the_same_before_and_after_a_program_is_made(name, dtype):
    P = namespace("jax")
    ours, theirs = MOVES[name]
    kind = jnp.dtype(dtype)
    x, y = (
        (np.arange(6).reshape(2, 3) % 4).astype(kind),
        np.arange(6, 12).reshape(2, 3).astype(kind),
    )
    for _ in range(OFTEN + 2):
        got = ours(P, P.from_host(x), P.from_host(y))
        assert isinstance(got, jax.Array) and got.dtype == kind
        np.testing.assert_array_equal(np.asarray(got), theirs(x, y))


def test_an_array_laid_over_devices_is_not_gathered():
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("d",))
    rows = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("d"))
    t = jax.device_put(torch.ones(2, 3, device="jax"), rows)
    assert t.t().tolist() == [[1.0, 1.0]] * 3
