"""The ``_saved_*`` attributes of graph nodes: which there are, and what those with values show."""

from transcript import case


def _shown(torch, say, name, t):
    n = t.grad_fn
    names = sorted(a for a in dir(n) if a.startswith("_saved_"))
    say(name, n.name(), *(f"{a}={say.text(getattr(n, a))}" for a in names))


def _leaves(torch):
    x = (torch.arange(1.0, 13.0).reshape(3, 4) / 13).requires_grad_()
    y = (torch.arange(1.0, 13.0).reshape(3, 4) / 7).requires_grad_()
    return x, y, torch.ones(4, requires_grad=True), torch.tensor([0, 2])


@case
def saved_of_arithmetic(torch, say):
    x, y, _, _ = _leaves(torch)
    ops = {
        "add": x + y, "alpha": torch.add(x, y, alpha=2), "sub": x - 1, "mul": x * y, "div": x / y,
        "pow": x**2, "exp": x.exp(), "sin": x.sin(), "sigmoid": x.sigmoid(), "relu": x.relu(),
        "tanh": x.tanh(), "sqrt": x.sqrt(), "log": x.log(), "clamp": x.clamp(0.25, 0.5),
        "clamp_min": x.clamp_min(0.25), "softmax": x.softmax(1), "log_softmax": x.log_softmax(1),
        "addcmul": torch.addcmul(x, y, y, value=2), "maximum": torch.maximum(x, y),
    }  # fmt: skip
    for name, t in ops.items():
        _shown(torch, say, name, t)


@case
def saved_of_reductions(torch, say):
    x, _, _, _ = _leaves(torch)
    ops = {
        "sum": x.sum(), "sum1": x.sum(1), "sums": x.sum((0, 1), keepdim=True), "mean": x.mean(),
        "mean1": x.mean(1), "amax": x.amax(1), "amin": x.amin(), "max": x.max(),
        "max1": x.max(1)[0], "sort": x.sort(1)[0], "var": x.var(1), "cumsum": x.cumsum(1),
        "logsumexp": x.logsumexp(1), "cumprod": x.cumprod(0),
    }  # fmt: skip
    for name, t in ops.items():
        _shown(torch, say, name, t)


@case
def saved_of_products(torch, say):
    x, _, v, _ = _leaves(torch)
    w = torch.ones(4, 3, requires_grad=True)
    ops = {
        "mm": x @ w, "mv": x @ v, "dot": v @ v, "bmm": torch.bmm(x[None], w[None]),
        "addmm": torch.addmm(torch.ones(3, 3), x, w, beta=2), "constant": x.detach() @ w,
        "addmv": torch.addmv(torch.ones(3), x, v),
    }  # fmt: skip
    for name, t in ops.items():
        _shown(torch, say, name, t)


@case
def saved_of_views_and_indices(torch, say):
    x, y, _, i = _leaves(torch)
    ops = {
        "index": x[i], "pair": x[i, i], "select": x[0], "column": x.select(1, 2), "slice": x[1:],
        "part": x[:, 1:3], "step": x[::2], "view": x.view(12), "t": x.t(), "transpose":
        x.transpose(0, 1), "permute": x.permute(1, 0), "unsqueeze": x.unsqueeze(1),
        "cat": torch.cat([x, y], 1), "stack": torch.stack([x, y]), "diagonal": x.diagonal(),
        "unfold": x.unfold(1, 2, 1), "flip": x.flip(0), "tril": x.tril(), "repeat": x.repeat(2, 1),
        "index_select": x.index_select(0, i), "index_put": x.index_put((i,), y[:2]),
        "scatter": x.scatter(1, torch.zeros(3, 1, dtype=torch.int64), y),
    }  # fmt: skip
    for name, t in ops.items():
        _shown(torch, say, name, t)
