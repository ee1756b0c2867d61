"""Several devices: tensors by index, moves, torch's error of a mixture. In a process of its own.

JAX takes the number of its CPU devices from the environment before it starts.
"""

import os
import subprocess
import sys

import pytest

pytest.importorskip("jax", reason="the extra `jax` is not installed: pip install tinytorch[jax]")

PROGRAM = """
import jax, numpy as np
import tinytorch as torch

def where(t):
    (d,) = jax.tree_util.tree_leaves(t)[0].devices()
    return d.id

x = torch.arange(6.0, device="jax:3").reshape(2, 3)
assert str(x.device) == "jax:3" and where(x) == where(x * 2 + 1) == where(x[0]) == 3
assert where(torch.zeros(2000, 2, device="jax:5")) == where(torch.ones_like(x).to("jax:5")) == 5
assert torch.ones(2, device="jax").device == torch.device("jax:0")

y = torch.ones(3, device="jax:2", requires_grad=True)
(y.to("jax:6") * 2).sum().backward()
assert y.grad.device == y.device and where(y.grad) == 2 and y.grad.tolist() == [2.0, 2.0, 2.0]

z = torch.zeros(3, device="jax:1")
z[1:] = 5
z += torch.tensor(1.0)
assert where(z) == 1 and z.tolist() == [1.0, 6.0, 6.0]
assert where(torch.nn.Linear(3, 2).to("jax:4")(torch.ones(1, 3, device="jax:4"))) == 4

for a, b in (("jax:1", "jax:2"), ("jax:1", "jax"), ("cpu", "jax:1")):
    try:
        torch.ones(2, device=a) + torch.ones(2, device=b)
    except RuntimeError as e:
        assert "Expected all tensors to be on the same device, but found at least two" in str(e), e
    else:
        raise AssertionError(f"{a} and {b} were mixed")
try:
    torch.zeros(1, device="jax:8")
except RuntimeError as e:
    assert "there is no device jax:8: JAX has 8" in str(e), e
else:
    raise AssertionError("a ninth device")

moved = jax.device_put(torch.ones(2, device="jax:1"), jax.devices()[7])
assert str(moved.device) == "jax:7" and where(moved + 1) == 7
a = jax.device_put(np.ones(2, np.float32), jax.devices()[2])
assert str(torch.as_tensor(a, device="jax:2").device) == "jax:2"
assert where(torch.as_tensor(a, device="jax:1")) == 1

mesh = jax.sharding.Mesh(np.array(jax.devices()), ("d",))
rows = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("d"))
s = jax.device_put(torch.arange(16.0, device="jax"), rows)
assert (s * 2 + torch.ones(16, device="jax")).sum().item() == 2 * 120 + 16
assert len(jax.tree_util.tree_leaves(s * 2)[0].devices()) == 8
print("fine")
"""


def test_eight_devices():
    env = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0 and done.stdout.strip() == "fine", done.stderr[-3000:]
