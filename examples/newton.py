"""Newton's method on the Rosenbrock valley: the Hessian comes from differentiating the gradient.

Run: python examples/newton.py
"""

import tinytorch as torch


def rosenbrock(p):
    x, y = p[0], p[1]
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def newton_step(p):
    (g,) = torch.autograd.grad(rosenbrock(p), p, create_graph=True)
    rows = [torch.autograd.grad(g[i], p, retain_graph=True)[0] for i in range(2)]
    (a, b), (c, d) = rows
    det = a * d - b * c
    g = g.detach()
    return torch.stack([(d * g[0] - b * g[1]) / det, (a * g[1] - c * g[0]) / det])


def main():
    p = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
    for step in range(8):
        print(f"step {step}  f = {rosenbrock(p).item():12.6e}  at {p.tolist()}")
        with torch.no_grad():
            move = newton_step_enabled(p)
            p -= move
    print("minimum:", p.detach())


def newton_step_enabled(p):
    with torch.enable_grad():
        return newton_step(p)


if __name__ == "__main__":
    main()
