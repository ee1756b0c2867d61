"""The cases: each is one function that takes the module, real torch or tinytorch, and runs it.

Nothing here knows which of the two it was given, and nothing is imported from either, so a case
is also a small statement of what must work. Input comes from a seeded NumPy generator and is the
same for all libraries. Four elements are used wherever the cost of an operation itself is meant:
arithmetic is nothing there, and what remains is dispatch, recording and the walk back.

`ops` is what a case's time is divided by. `target` is the ratio to torch that this project set
itself; a case without one is there to be looked at. `rounds` caps the rounds of a slow case.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .stopwatch import Watch, part, statement, steps

LINKS = 200
N, D_IN, H, D_OUT = 64, 1000, 100, 10


@dataclass(frozen=True)
class Case:
    """A named function of the module, with the group and title of its row in the table."""

    name: str
    group: str
    title: str
    build: Callable[[Any], Watch]
    target: float | None = None
    ops: int = 1
    rounds: int | None = None


CASES: dict[str, Case] = {}


def case(name: str, group: str, title: str, **extra: Any) -> Callable[[Callable], Callable]:
    """Register the decorated function under `name`."""

    def register(build: Callable[[Any], Watch]) -> Callable[[Any], Watch]:
        CASES[name] = Case(name, group, title, build, **extra)
        return build

    return register


def four(torch: Any, grad: bool = False, at: float = 0.5) -> Any:
    return torch.tensor([at, at + 0.1, at + 0.2, at + 0.3], requires_grad=grad)


def signs(torch: Any, grad: bool = False) -> Any:
    """Factors that let no product shrink: denormal numbers would be timed instead."""
    return torch.tensor([1.0, -1.0, 1.0, -1.0], requires_grad=grad)


def total(out: Any) -> float:
    return out.sum().item()


SMALL = {
    "add": "a + b",
    "mul": "a * b",
    "scale": "a * 2.5",
    "exp": "a.exp()",
    "sum": "a.sum()",
}


def small(source: str, grad: bool) -> Callable[[Any], Watch]:
    def build(torch: Any) -> Watch:
        return statement(source, total, a=four(torch, grad), b=four(torch, grad, 0.7))

    return build


for op, source in SMALL.items():
    case(f"forward.{op}", "forward", f"`{source}`", target=1.1)(small(source, True))
for op, source in SMALL.items():
    case(f"nograd.{op}", "nograd", f"`{source}`", target=1.0)(small(source, False))


def links(link: Callable[[Any, Any], Any], both: bool = False) -> Callable[[Any], Watch]:
    """Backward alone, through LINKS operations in a row."""

    def build(torch: Any) -> Watch:
        x, b = four(torch, True), signs(torch, both)

        def prepare() -> Any:
            y = x
            for _ in range(LINKS):
                y = link(y, b)
            return y.sum()

        def timed(loss: Any) -> float:
            x.grad = None
            loss.backward()
            return x.grad

        watch = part(prepare, timed)
        return Watch(watch.seconds, lambda: total(timed(prepare())))

    return build


BACKWARD = "backward"
case("backward.add", BACKWARD, "`y = y + b`", target=0.6, ops=LINKS)(links(lambda y, b: y + b))
case("backward.mul", BACKWARD, "`y = y * b`", target=0.6, ops=LINKS)(links(lambda y, b: y * b))
case("backward.mul_both", BACKWARD, "`y = y * b`, both", target=0.6, ops=LINKS)(
    links(lambda y, b: y * b, both=True)
)
case("backward.scale", BACKWARD, "`y = y * 0.99`", target=0.6, ops=LINKS)(
    links(lambda y, b: y * 0.99)
)


@case("backward.exp", BACKWARD, "`y = (y - c).exp()`", target=0.6, ops=2 * LINKS)
def backward_exp(torch: Any) -> Watch:
    c = torch.tensor([1.0, 1.0, 1.0, 1.0])
    return links(lambda y, b: (y - c).exp())(torch)


@case("backward.call", BACKWARD, "`(a * b).sum().backward()`, whole")
def backward_call(torch: Any) -> Watch:
    a, b = four(torch, True), four(torch, False, 0.7)

    def step() -> None:
        (a * b).sum().backward()
        a.grad = None

    return steps(step)


def chain(nodes: int) -> Callable[[Any], Watch]:
    """Build a chain of products and sums, run it backward, free it."""

    def build(torch: Any) -> Watch:
        x, a, b = four(torch, True), signs(torch), four(torch, False, 0.7)

        def step() -> float:
            y = x
            for _ in range(nodes // 2):
                y = y * a
                y = y + b
            y.sum().backward()
            del y
            out = total(x.grad)
            x.grad = None
            return out

        return steps(step)

    return build


for power, rounds in ((3, None), (4, None), (5, 7)):
    case(
        f"chain.1e{power}", "chain", f"10^{power} nodes", target=0.5, ops=10**power, rounds=rounds
    )(chain(10**power))


@case("million.backward", "chain", "10^6 nodes", ops=10**6, rounds=3)
def million_backward(torch: Any) -> Watch:
    return chain(10**6)(torch)


@case("million.drop", "chain", "10^6 nodes, dropped unused", ops=10**6, rounds=3)
def million_drop(torch: Any) -> Watch:
    x, a, b = four(torch, True), signs(torch), four(torch, False, 0.7)

    def step() -> None:
        y = x
        for _ in range(10**6 // 2):
            y = y * a
            y = y + b

    return steps(step)


def two_layer_data(torch: Any) -> tuple[Any, Any, Any, Any]:
    rng = np.random.default_rng(0)
    x, y, w1, w2 = (
        rng.standard_normal(shape, dtype=np.float32)
        for shape in ((N, D_IN), (N, D_OUT), (D_IN, H), (H, D_OUT))
    )
    return (
        torch.tensor(x),
        torch.tensor(y),
        torch.tensor(w1, requires_grad=True),
        torch.tensor(w2, requires_grad=True),
    )


def captured(torch: Any, step: Callable[[], Any]) -> Callable[[], Any]:
    """The step as one captured program, where the library captures without a code generator."""
    return torch.compile(step) if hasattr(torch, "set_backend") else step


def two_layer_steps(torch: Any, relu: Callable[[Any], Any], capture: bool = False) -> Watch:
    x, y, w1, w2 = two_layer_data(torch)
    rate = 1e-6

    def step() -> Any:
        loss = (relu(x.mm(w1)).mm(w2) - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            w1.sub_(rate * w1.grad)
            w2.sub_(rate * w2.grad)
            w1.grad.zero_()
            w2.grad.zero_()
        return loss

    step = captured(torch, step) if capture else step
    return steps(lambda: step().item())


@case("net.two_layer", "net", "two layers 64x1000x100x10", target=0.6)
def two_layer(torch: Any) -> Watch:
    return two_layer_steps(torch, lambda h: h.clamp(min=0))


@case("net.two_layer_function", "net", "the same, ReLU a `Function`", target=0.65)
def two_layer_function(torch: Any) -> Watch:
    class Rectify(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, h: Any) -> Any:
            ctx.save_for_backward(h)
            return h.clamp(min=0)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (h,) = ctx.saved_tensors
            g = g.clone()
            g[h < 0] = 0
            return g

    return two_layer_steps(torch, Rectify.apply)


@case("net.mlp", "net", "MLP 784-256-128-10, batch 128", target=0.7)
def mlp(torch: Any, capture: bool = False) -> Watch:
    rng = np.random.default_rng(0)
    sizes, batch, rate = (784, 256, 128, 10), 128, 0.01
    x = torch.tensor(rng.standard_normal((batch, sizes[0]), dtype=np.float32))
    y = torch.tensor(rng.integers(0, sizes[-1], batch))
    params = []
    for fan_in, fan_out in zip(sizes, sizes[1:], strict=False):
        w = rng.standard_normal((fan_in, fan_out), dtype=np.float32) / np.sqrt(fan_in / 2)
        params.append(torch.tensor(w.astype(np.float32), requires_grad=True))
        params.append(torch.zeros(fan_out, requires_grad=True))
    w1, b1, w2, b2, w3, b3 = params
    F = torch.nn.functional

    def step() -> Any:
        h = torch.relu(x @ w1 + b1)
        h = torch.relu(h @ w2 + b2)
        loss = F.cross_entropy(h @ w3 + b3, y)
        loss.backward()
        with torch.no_grad():
            for p in params:
                p -= rate * p.grad
                p.grad = None
        return loss

    step = captured(torch, step) if capture else step
    return steps(lambda: step().item())


@case("capture.small", "capture", "one layer 2x3x3")
def capture_small(torch: Any) -> Watch:
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.standard_normal((2, 3), dtype=np.float32))
    w = torch.tensor(rng.standard_normal((3, 3), dtype=np.float32), requires_grad=True)

    def step() -> Any:
        loss = (x @ w).tanh().sum()
        loss.backward()
        with torch.no_grad():
            w.sub_(1e-6 * w.grad)
        w.grad = None
        return loss

    step = captured(torch, step)
    return steps(lambda: step().item())


@case("capture.two_layer", "capture", "two layers 64x1000x100x10")
def capture_two_layer(torch: Any) -> Watch:
    return two_layer_steps(torch, lambda h: h.clamp(min=0), capture=True)


@case("capture.mlp", "capture", "MLP 784-256-128-10, batch 128")
def capture_mlp(torch: Any) -> Watch:
    return mlp(torch, capture=True)


MANY = 10**6


@case("random.rand", "random", "`rand`", target=4)
def random_rand(torch: Any) -> Watch:
    torch.manual_seed(0)
    return steps(lambda: torch.rand(MANY)[-1].item())


@case("random.randint", "random", "`randint(10)`", target=4)
def random_randint(torch: Any) -> Watch:
    torch.manual_seed(0)
    return steps(lambda: torch.randint(10, (MANY,))[-1].item())


@case("random.bernoulli", "random", "`bernoulli` of a tensor", target=4)
def random_bernoulli(torch: Any) -> Watch:
    torch.manual_seed(0)
    p = torch.full((MANY,), 0.3)
    return steps(lambda: torch.bernoulli(p)[-1].item())


@case("random.bernoulli_", "random", "`bernoulli_(0.3)`", target=4)
def random_bernoulli_(torch: Any) -> Watch:
    torch.manual_seed(0)
    x = torch.empty(MANY)
    return steps(lambda: x.bernoulli_(0.3)[-1].item())


@case("random.randn", "random", "`randn`", target=10)
def random_randn(torch: Any) -> Watch:
    torch.manual_seed(0)
    return steps(lambda: torch.randn(MANY)[-1].item())


@case("print.3", "print", "`repr`, 3 elements")
def print_3(torch: Any) -> Watch:
    x = torch.tensor([1.5410, -0.2934, -2.1788])
    return steps(lambda: len(repr(x)))


@case("print.30x30", "print", "`repr`, 30 x 30")
def print_30x30(torch: Any) -> Watch:
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.standard_normal((30, 30), dtype=np.float32))
    return steps(lambda: len(repr(x)))
