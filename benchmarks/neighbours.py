"""The same cases for HIPS autograd and MyGrad, as far as they can be written there; and on JAX.

Both are NumPy underneath, so they say what the choice of NumPy costs and what the rest of a
library costs. They have other interfaces than torch: autograd differentiates functions and records
only inside them, so its forward pass is timed by the link of a chain; MyGrad has tensors much like
torch's. A case that is missing here has no counterpart there, and its cell stays blank. The column
`jax` is tinytorch itself on its backend for JAX, where that is installed.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .cases import CASES, D_IN, D_OUT, LINKS, SMALL, H, N
from .stopwatch import Watch, part, statement, steps

FOUR = np.array([0.5, 0.6, 0.7, 0.8], np.float32)
B = FOUR + np.float32(0.2)
SIGNS = np.array([1, -1, 1, -1], np.float32)
ONES = np.ones(4, np.float32)

AUTOGRAD: dict[str, Callable[[], Watch]] = {}
MYGRAD: dict[str, Callable[[], Watch]] = {}


def two_layer_data() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = ((N, D_IN), (N, D_OUT), (D_IN, H), (H, D_OUT))
    return [rng.standard_normal(shape, dtype=np.float32) for shape in shapes]


def autograd_links() -> dict[str, Callable[[Any, Any], Any]]:
    import autograd.numpy as anp

    return {
        "add": lambda y, b: y + b,
        "mul": lambda y, b: y * b,
        "scale": lambda y, b: y * 0.99,
        "exp": lambda y, b: anp.exp(y - ONES),
    }


def autograd_forward(op: str) -> Callable[[], Watch]:
    def build() -> Watch:
        from autograd.core import make_vjp

        link = autograd_links()[op]
        per_call = LINKS * (2 if op == "exp" else 1)

        def run(x: Any) -> Any:
            for _ in range(LINKS):
                x = link(x, SIGNS)
            return x

        def seconds(n: int) -> float:
            calls = max(1, n // per_call)
            return watch.seconds(calls) * n / (calls * per_call)

        watch = steps(lambda: make_vjp(run, FOUR) and None)
        return Watch(seconds)

    return build


def autograd_nograd(op: str) -> Callable[[], Watch]:
    def build() -> Watch:
        import autograd.numpy as anp

        sources = {"add": "f(a, b)", "mul": "f(a, b)", "scale": "f(a, 2.5)"}
        f = {"add": anp.add, "mul": anp.multiply, "scale": anp.multiply}.get(op) or getattr(anp, op)
        return statement(sources.get(op, "f(a)"), lambda out: float(out.sum()), f=f, a=FOUR, b=B)

    return build


def autograd_backward(op: str) -> Callable[[], Watch]:
    def build() -> Watch:
        from autograd.core import make_vjp

        link = autograd_links()[op]

        def run(x: Any) -> Any:
            for _ in range(LINKS):
                x = link(x, SIGNS)
            return x.sum()

        return part(lambda: make_vjp(run, FOUR)[0], lambda vjp: vjp(np.float32(1)).sum())

    return build


def autograd_chain(nodes: int) -> Callable[[], Watch]:
    def build() -> Watch:
        from autograd import grad

        def run(y: Any) -> Any:
            for _ in range(nodes // 2):
                y = y * SIGNS
                y = y + B
            return y.sum()

        return steps(lambda: grad(run)(FOUR).sum())

    return build


def autograd_two_layer() -> Watch:
    import autograd.numpy as anp
    from autograd import value_and_grad

    x, y, w1, w2 = two_layer_data()

    def loss_of(weights: Any) -> Any:
        w1, w2 = weights
        return anp.sum((anp.dot(anp.maximum(anp.dot(x, w1), 0), w2) - y) ** 2)

    run = value_and_grad(loss_of)

    def step() -> float:
        loss, (g1, g2) = run((w1, w2))
        np.subtract(w1, 1e-6 * g1, out=w1)
        np.subtract(w2, 1e-6 * g2, out=w2)
        return loss

    return steps(step)


def mygrad_small(op: str, grad: bool) -> Callable[[], Watch]:
    def build() -> Watch:
        import mygrad

        names = {
            "a": mygrad.tensor(FOUR, constant=not grad),
            "b": mygrad.tensor(B, constant=not grad),
            "exp": mygrad.exp,
        }
        source = SMALL[op].replace("a.exp()", "exp(a)")
        return statement(source, lambda out: float(out.sum()), **names)

    return build


def mygrad_links() -> dict[str, Callable[[Any, Any], Any]]:
    import mygrad

    return {
        "add": lambda y, b: y + b,
        "mul": lambda y, b: y * b,
        "scale": lambda y, b: y * 0.99,
        "exp": lambda y, b: mygrad.exp(y - ONES),
    }


def mygrad_backward(op: str) -> Callable[[], Watch]:
    def build() -> Watch:
        import mygrad

        link, x = mygrad_links()[op], mygrad.tensor(FOUR)

        def prepare() -> Any:
            y = x
            for _ in range(LINKS):
                y = link(y, SIGNS)
            return y.sum()

        def timed(loss: Any) -> float:
            loss.backward()
            return x.grad.sum()

        return part(prepare, timed)

    return build


def mygrad_call() -> Watch:
    import mygrad

    a = mygrad.tensor(FOUR)

    def step() -> None:
        (a * B).sum().backward()

    return steps(step)


def mygrad_chain(nodes: int) -> Callable[[], Watch]:
    def build() -> Watch:
        import mygrad

        x = mygrad.tensor(FOUR)

        def step() -> float:
            y = x
            for _ in range(nodes // 2):
                y = y * SIGNS
                y = y + B
            y.sum().backward()
            return x.grad.sum()

        return steps(step)

    return build


def mygrad_two_layer() -> Watch:
    import mygrad

    x, y, w1, w2 = two_layer_data()
    w1, w2 = mygrad.tensor(w1), mygrad.tensor(w2)

    def step() -> float:
        hidden = mygrad.maximum(mygrad.matmul(x, w1), 0)
        loss = ((mygrad.matmul(hidden, w2) - y) ** 2).sum()
        loss.backward()
        w1.data -= np.float32(1e-6) * w1.grad
        w2.data -= np.float32(1e-6) * w2.grad
        return loss.item()

    return steps(step)


for op in SMALL:
    AUTOGRAD[f"nograd.{op}"] = autograd_nograd(op)
    MYGRAD[f"forward.{op}"] = mygrad_small(op, True)
    MYGRAD[f"nograd.{op}"] = mygrad_small(op, False)
for op in ("add", "mul", "scale", "exp"):
    AUTOGRAD[f"forward.{op}"] = autograd_forward(op)
    AUTOGRAD[f"backward.{op}"] = autograd_backward(op)
    MYGRAD[f"backward.{op}"] = mygrad_backward(op)
for power in (3, 4, 5):
    AUTOGRAD[f"chain.1e{power}"] = autograd_chain(10**power)
    MYGRAD[f"chain.1e{power}"] = mygrad_chain(10**power)
AUTOGRAD["net.two_layer"] = autograd_two_layer
MYGRAD["net.two_layer"] = mygrad_two_layer
MYGRAD["backward.call"] = mygrad_call


def on_jax(case: str) -> Callable[[], Watch]:
    """A case on tinytorch's backend for JAX; in a process of its own, as all libraries are."""

    def build() -> Watch:
        import tinytorch

        tinytorch.set_backend("jax")
        return CASES[case].build(tinytorch)

    return build


JAX = {name: on_jax(name) for name in CASES if name.startswith(("capture.", "net."))}

NEIGHBOURS = {"autograd": AUTOGRAD, "mygrad": MYGRAD, "jax": JAX}
