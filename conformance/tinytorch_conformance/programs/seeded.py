"""Random programs from a seed: a dozen steps of ops, writes and views on a few tensors.

Their text is made of the seed alone, so it is the same everywhere; what every tensor holds at the
end and the gradients of the inputs were recorded from real torch. Steps keep values near one and
away from kinks and poles, so that rounding is all in which backends differ: the agreement of
backends with each other is measured on these programs too (`agree`).
"""

from __future__ import annotations

import random

COUNT, STEPS = 40, 12
UNARY = (
    "torch.sin({a})", "torch.tanh({a})", "torch.sigmoid({a})", "({a} * {a} + 1).sqrt()",
    "torch.exp(-{a} * {a})", "torch.nn.functional.softplus({a})", "{a}.flip(0)",
    "{a}.cumsum(1) / 4",
    "torch.softmax({a}, {d})", "{a} - {a}.mean({d}, keepdim=True)", "torch.log1p({a} * {a})",
    "{a} / (1 + {a}.abs().sum({d}, keepdim=True))", "{a}.roll(1, {d})", "torch.atan({a})",
    "{a}[torch.tensor([2, 0, 0])]", "{a}.t().reshape(3, 3)", "torch.nn.functional.gelu({a})",
    "({a} @ {a}.t()) / 3", "torch.tril({a})", "torch.logsumexp({a}, {d}, keepdim=True) * {a} / 2",
    "torch.nn.functional.layer_norm({a}, (3,))", "{a}.pow(3) / 4", "torch.erf({a})",
)  # fmt: skip
BINARY = (
    "{a} + {b}", "{a} * {b}", "{a} - 0.5 * {b}", "{a} @ {b} / 3", "torch.atan2({a}, {b} * {b} + 1)",
    "{a} / ({b} * {b} + 1)", "torch.hypot({a}, {b} + 3)", "torch.logaddexp({a}, {b})",
    "torch.cat([{a}[:1], {b}[1:]])", "torch.stack([{a}, {b}]).mean(0)", "torch.lerp({a}, {b}, 0.3)",
    "torch.einsum('ij,kj->ik', {a}, {b}) / 3", "{a}[1].outer({b}[0])",
    "torch.where(torch.eye(3).bool(), {a}, {b})", "torch.cdist({a}, {b} + 4) / 4",
)  # fmt: skip
WRITES = (
    "{a}[1] = {b}[0]", "{a}[:, 0] *= 0.5", "{a}.add_({b}, alpha=0.25)", "{a}[0, 1:] = 0.75",
    "{a}.t()[2].mul_({b}[1])", "{a}.diagonal().sub_(0.125)", "{a}[torch.tensor([2, 0])] = {b}[:2]",
    "{a}.view(9)[::4] = 0.3", "{a}.index_add_(0, torch.tensor([1, 1]), {b}[:2])",
)  # fmt: skip


def program(seed):
    """The text of a program: float64 for even seeds, float32 for odd ones."""
    rng = random.Random(seed)
    dtype = ("float64", "float32")[seed % 2]
    lines = [f"torch.manual_seed({seed})"]
    lines += [f"{n} = torch.randn(3, 3, dtype=torch.{dtype}, requires_grad=True)" for n in "xy"]
    names = ["x", "y"]
    for k in range(STEPS):
        a, b = rng.choice(names[-4:]), rng.choice(names)
        kind = rng.choice((UNARY, UNARY, BINARY, BINARY, WRITES))
        text = rng.choice(kind).format(a=a, b=b, d=rng.randrange(2))
        if kind is WRITES:
            text = f"v{k} = {a}.clone()\n" + text.replace(a, f"v{k}", 1)
        else:
            text = f"v{k} = {text}"
        lines.append(text)
        names.append(f"v{k}")
    made = ", ".join(names[2:])
    lines.append(f"sum((v * v).sum() for v in [{made}]).backward()")
    return "\n".join([*lines, f"[{names[-1]}, {names[-2]}, x.grad, y.grad]"])


def programs():
    """(name, text) of every program."""
    for seed in range(COUNT):
        yield f"seeded[{seed}]", program(seed)
