"""Eager tinytorch on JAX beside JAX written by hand: what the front end and the backend cost.

    python -m benchmarks.jax_eager [--rounds N] [--json FILE]

By hand means what someone would write who wants eager JAX to be quick: one `jax.jit` for each
primitive, made once, called on arrays. Both sides do the same on the same values in one process and
take turns; a ratio is taken within a round, and the table shows the median between its quartiles.
The clock is CPU time of the process, as other things run on this machine too.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from .stats import agree, paired_ratio, spread

GOAL = 3.0  # times what the same costs by hand
N, D_IN, H, D_OUT = 8, 16, 16, 4


def sides():
    """(title, by tinytorch, by hand): functions without arguments that give an array."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    import tinytorch as torch

    torch.set_backend("jax")
    rng = np.random.default_rng(0)

    def array(*shape):
        return jnp.asarray(rng.standard_normal(shape, dtype=np.float32))

    a, b, row = array(8, 8), array(8, 8), array(8)
    ta, tb, trow = map(torch.as_tensor, (a, b, row))
    tw = ta.clone()
    add, multiply, exp = jax.jit(jnp.add), jax.jit(jnp.multiply), jax.jit(jnp.exp)
    total, matmul = jax.jit(jnp.sum), jax.jit(jnp.matmul)
    softmax = jax.jit(lambda x: jax.nn.softmax(x, 1))
    reshape, read = jax.jit(lambda x: x.reshape(64)), jax.jit(lambda x: x[1])
    write = jax.jit(lambda x, v: x.at[1].set(v))
    yield "`a + b`", lambda: ta + tb, lambda: add(a, b)
    yield "`a * 2.5`", lambda: ta * 2.5, lambda: multiply(a, 2.5)
    yield "`a.exp()`", lambda: ta.exp(), lambda: exp(a)
    yield "`a.sum()`", lambda: ta.sum(), lambda: total(a)
    yield "`a @ b`", lambda: ta @ tb, lambda: matmul(a, b)
    yield "`softmax(a, 1)`", lambda: torch.softmax(ta, 1), lambda: softmax(a)
    yield "`a.reshape(64)`", lambda: ta.reshape(64), lambda: reshape(a)
    yield "`a[1]`", lambda: ta[1], lambda: read(a)

    def slice_write():
        tw[1] = trow
        return tw

    yield "`a[1] = row`", slice_write, lambda: write(a, row)
    yield net(torch, jax, jnp, array)


def net(torch, jax, jnp, array):
    """A two-layer net with a mean squared error, forward and backward."""
    x, y, w, v = array(N, D_IN), array(N, D_OUT), array(D_IN, H), array(H, D_OUT)
    tx, ty, tw, tv = map(torch.as_tensor, (x, y, w, v))
    tw.requires_grad_()
    tv.requires_grad_()

    def by_tinytorch():
        loss = ((tx @ tw).relu() @ tv - ty).pow(2).mean()
        tw.grad = tv.grad = None
        loss.backward()
        return tw.grad

    matmul, subtract = jax.jit(jnp.matmul), jax.jit(jnp.subtract)
    relu, square, mean = jax.jit(jax.nn.relu), jax.jit(jnp.square), jax.jit(jnp.mean)
    turn, positive = jax.jit(jnp.transpose), jax.jit(lambda h: h > 0)
    spread_mean = jax.jit(lambda g, d: jnp.broadcast_to(g / d.size, d.shape))
    twice, where = jax.jit(lambda g, d: g * 2 * d), jax.jit(lambda c, g: jnp.where(c, g, 0))
    one = jnp.ones(())

    def by_hand():
        z = matmul(x, w)
        h = relu(z)
        d = subtract(matmul(h, v), y)
        mean(square(d))
        g = twice(spread_mean(one, d), d)
        matmul(turn(h), g)
        g = where(positive(z), matmul(g, turn(v)))
        return matmul(turn(x), g)

    return "two-layer net, forward and backward", by_tinytorch, by_hand


def timed(fn, n):
    start = time.process_time()
    for _ in range(n):
        last = fn()
    getattr(last, "_raw", last).block_until_ready()
    return (time.process_time() - start) / n


def measure(title, ours, theirs, rounds):
    """One row: seconds on both sides and their paired ratio."""
    import numpy as np

    values = [float(np.abs(np.asarray(f().__array__())).sum()) for f in (ours, theirs)]
    if not agree(*values):
        raise SystemExit(f"{title}: {values[0]} by tinytorch, {values[1]} by hand")
    for f in (ours, theirs):
        timed(f, 20)
    n = max(1, int(0.01 / timed(theirs, 50)))
    pairs = [(timed(ours, n), timed(theirs, n)) for _ in range(rounds)]
    us, them = zip(*pairs, strict=True)
    return title, spread(us), spread(them), paired_ratio(us, them)


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.jax_eager", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=21, help="rounds of each row")
    parser.add_argument(
        "--json", metavar="FILE", help="write the figures as data; - for standard output"
    )
    chosen = parser.parse_args(argv)
    rows = []
    out = sys.stderr if chosen.json == "-" else sys.stdout
    print(f"{'':38}{'tinytorch':>12}{'by hand':>12}{'ratio':>8}   quartiles", file=out)
    for case in sides():
        title, us, them, ratio = measure(*case, chosen.rounds)
        rows.append(dict(title=title, tinytorch=us.median, hand=them.median, ratio=ratio.median,
                         low=ratio.low, high=ratio.high, goal=GOAL))  # fmt: skip
        print(
            f"{title:38}{us.median * 1e6:9.1f} us{them.median * 1e6:9.1f} us"
            f"{ratio.median:8.2f}   {ratio.low:.2f} to {ratio.high:.2f}",
            file=out,
        )
    if chosen.json == "-":
        json.dump(rows, sys.stdout)
    elif chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as f:
            json.dump(rows, f, indent=1)


if __name__ == "__main__":
    main()
