"""Whole trainings: losses at some steps of optimisation written by hand."""


def two_layers_500_steps(torch):
    torch.manual_seed(0)
    x, y = torch.randn(64, 1000), torch.randn(64, 10)
    w1 = torch.randn(1000, 100, requires_grad=True)
    w2 = torch.randn(100, 10, requires_grad=True)
    losses = []
    for t in range(500):
        loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()
        if t in (0, 1, 9, 49, 99):
            losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w1 -= 1e-6 * w1.grad
            w2 -= 1e-6 * w2.grad
            w1.grad.zero_()
            w2.grad.zero_()
    return [losses, loss.item() < 1e-3]


def two_layers_custom_relu(torch):
    class Rectify(torch.autograd.Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return input.clamp(min=0)

        @staticmethod
        def backward(ctx, g):
            (input,) = ctx.saved_tensors
            g = g.clone()
            g[input < 0] = 0
            return g

    torch.manual_seed(0)
    x, y = torch.randn(32, 50), torch.randn(32, 5)
    w1 = torch.randn(50, 20, requires_grad=True)
    w2 = torch.randn(20, 5, requires_grad=True)
    losses = []
    for _ in range(100):
        loss = (Rectify.apply(x.mm(w1)).mm(w2) - y).pow(2).sum()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for w in (w1, w2):
                w -= 1e-5 * w.grad
                w.grad = None
    return losses[::9]


def classifier_mlp(torch):
    torch.manual_seed(1)
    x = torch.randn(96, 12)
    labels = (x[:, 0] + x[:, 1] > 0).long() + 2 * (x[:, 2] > 0.3).long()
    params = []
    for m, n in ((12, 16), (16, 8), (8, 4)):
        w = (torch.randn(m, n) / m**0.5).requires_grad_()
        params += [w, torch.zeros(n, requires_grad=True)]
    losses = []
    for _ in range(60):
        h = x
        for i in range(0, len(params), 2):
            h = h @ params[i] + params[i + 1]
            h = torch.relu(h) if i < 4 else h
        loss = torch.nn.functional.cross_entropy(h, labels)
        losses.append(loss.item())
        grads = torch.autograd.grad(loss, params)
        with torch.no_grad():
            for p, g in zip(params, grads, strict=True):
                p -= 0.5 * g
    accuracy = (h.argmax(1) == labels).float().mean().item()
    return [losses[::10], losses[-1], accuracy]


def momentum_in_place(torch):
    torch.manual_seed(2)
    a = torch.randn(8, 8)
    a = a @ a.t() / 8 + torch.eye(8)
    b = torch.randn(8)
    x = torch.zeros(8, requires_grad=True)
    velocity = torch.zeros(8)
    values = []
    for _ in range(80):
        f = 0.5 * x @ (a @ x) - b @ x
        values.append(f.item())
        f.backward()
        with torch.no_grad():
            velocity.mul_(0.9).add_(x.grad, alpha=-0.05)
            x.add_(velocity)
            x.grad.zero_()
    return [values[::8], x]


def gradient_penalty(torch):
    torch.manual_seed(3)
    w = torch.randn(6, 6, dtype=torch.float64).mul_(0.4).requires_grad_()
    x = torch.randn(10, 6, dtype=torch.float64, requires_grad=True)
    values = []
    for _ in range(25):
        out = torch.tanh(x @ w).sum()
        (g,) = torch.autograd.grad(out, x, create_graph=True)
        loss = ((g.norm(dim=1) - 1) ** 2).mean()
        values.append(loss.item())
        (gw,) = torch.autograd.grad(loss, w)
        with torch.no_grad():
            w -= 0.2 * gw
    return values[::4]


def recurrent(torch):
    torch.manual_seed(4)
    wx, wh, wo = (torch.randn(*s).mul_(0.5).requires_grad_() for s in ((1, 8), (8, 8), (8, 1)))
    t = torch.arange(20.0) / 3
    series = torch.sin(t)
    losses = []
    for _ in range(40):
        h = torch.zeros(1, 8)
        loss = 0
        for i in range(len(t) - 1):
            h = torch.tanh(series[i].reshape(1, 1) @ wx + h @ wh)
            loss = loss + ((h @ wo).squeeze() - series[i + 1]) ** 2
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            for w in (wx, wh, wo):
                w -= 0.01 * w.grad
                w.grad.zero_()
    return losses[::6]
