"""A small network learns to tell two spirals apart, and draws what it has learnt.

Only tensors, autograd and a hand-written gradient step. Run: python examples/spirals.py
"""

import math

import tinytorch as torch


def spirals(n=200):
    t = torch.linspace(0.5, 3 * math.pi, n)
    arm = torch.stack([t * torch.cos(t), t * torch.sin(t)], dim=1) / (3 * math.pi)
    points = torch.cat([arm, -arm]) + 0.01 * torch.randn(2 * n, 2)
    labels = torch.cat([torch.zeros(n), torch.ones(n)])
    return points, labels


def network(sizes):
    params = []
    for m, n in zip(sizes, sizes[1:], strict=False):
        w = torch.randn(m, n) * math.sqrt(2 / m)
        params += [w.requires_grad_(), torch.zeros(n, requires_grad=True)]
    return params


def forward(params, x):
    for i in range(0, len(params) - 2, 2):
        x = torch.tanh(x @ params[i] + params[i + 1])
    return (x @ params[-2] + params[-1]).squeeze(1)


def train(params, points, labels, steps=600, lr=0.5, momentum=0.9):
    speed = [torch.zeros_like(p) for p in params]
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    for step in range(steps):
        loss = bce(forward(params, points), labels)
        loss.backward()
        with torch.no_grad():
            for p, v in zip(params, speed, strict=True):
                v.mul_(momentum).add_(p.grad, alpha=-lr)
                p += v
                p.grad.zero_()
        if step % 100 == 0 or step == steps - 1:
            print(f"step {step:4d}  loss {loss.item():.4f}")


def draw(params, points, labels, width=60, height=28):
    xs, ys = torch.linspace(-1.1, 1.1, width), torch.linspace(1.1, -1.1, height)
    grid = torch.stack([xs.repeat(height), ys.repeat_interleave(width)], dim=1)
    with torch.no_grad():
        inside = (forward(params, grid) > 0).reshape(height, width).tolist()
    canvas = [[":" if v else " " for v in row] for row in inside]
    for (x, y), label in zip(points.tolist(), labels.tolist(), strict=True):
        row, col = round((1.1 - y) / 2.2 * (height - 1)), round((x + 1.1) / 2.2 * (width - 1))
        canvas[row][col] = "#" if label else "o"
    print("\n".join("".join(row) for row in canvas))


def main():
    torch.manual_seed(0)
    points, labels = spirals()
    params = network([2, 32, 32, 1])
    train(params, points, labels)
    draw(params, points, labels)
    right = ((forward(params, points) > 0) == labels.bool()).float().mean()
    print(f"{right.item():.1%} of the points are on the right side")


if __name__ == "__main__":
    main()
