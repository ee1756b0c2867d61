"""A custom Function that rounds forward and passes gradients straight through backward.

With plain rounding the gradient is zero everywhere and nothing would be learnt; with the
straight-through estimator the coefficients of a sine series settle on multiples of 1/8.
Run: python examples/quantised_sine.py
"""

import math

import tinytorch as torch


class Quantise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, levels):
        return torch.round(x * levels) / levels

    @staticmethod
    def backward(ctx, g):
        return g, None


def main():
    torch.manual_seed(1)
    x = torch.linspace(-math.pi, math.pi, 400)
    basis = torch.stack([torch.sin(k * x) for k in range(1, 6)])
    target = (x > 0).float() * 2 - 1
    c = torch.randn(5, requires_grad=True)
    for step in range(201):
        loss = (Quantise.apply(c, 8) @ basis - target).pow(2).mean()
        loss.backward()
        with torch.no_grad():
            c -= 0.2 * c.grad
            c.grad = None
        if step % 50 == 0:
            print(f"step {step:3d}  loss {loss.item():.4f}")
    print("coefficients:", Quantise.apply(c, 8).tolist())
    print("a square wave has 4/(k pi):", [round(4 / (k * math.pi), 3) for k in (1, 3, 5)])


if __name__ == "__main__":
    main()
