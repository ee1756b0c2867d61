"""Of what graph a gradient is: also of tensors that torch's formula reads though none depends."""

from transcript import case


def functions(torch):
    F, target = torch.nn.functional, torch.tensor([0, 1, 2])
    return {
        "layer_norm": lambda a, b: F.layer_norm(a, (3,), b[0], b[1]),
        "group_norm": lambda a, b: F.group_norm(a, 1, b[0], b[1]),
        "batch_norm": lambda a, b: F.batch_norm(a, None, None, b[0], b[1], training=True),
        "as it ran": lambda a, b: F.batch_norm(a, torch.zeros(3), torch.ones(3), b[0], b[1]),
        "conv1d": lambda a, b: F.conv1d(a[None], b[None]),
        "prelu": lambda a, b: F.prelu(a, b[0, :1]),
        "hardsigmoid": lambda a, b: F.hardsigmoid(a),
        "softshrink": lambda a, b: F.softshrink(a),
        "hardshrink": lambda a, b: F.hardshrink(a),
        "rrelu": lambda a, b: F.rrelu(a, training=True),
        "max_pool2d": lambda a, b: F.max_pool2d(a[None], 2),
        "avg_pool2d": lambda a, b: F.avg_pool2d(a[None], 2),
        "adaptive_max_pool2d": lambda a, b: F.adaptive_max_pool2d(a[None], 2),
        "adaptive_avg_pool2d": lambda a, b: F.adaptive_avg_pool2d(a[None], 2),
        "reflect": lambda a, b: F.pad(a[None], (1, 1), mode="reflect"),
        "replicate": lambda a, b: F.pad(a[None], (1, 1), mode="replicate"),
        "nll_loss": lambda a, b: F.nll_loss(a, target),
        "relu": lambda a, b: a.relu(),
        "clamp": lambda a, b: a.clamp(0.2, 0.5),
        "sum": lambda a, b: a.sum(0),
        "linear": lambda a, b: F.linear(a, b, b[0]),
        "max": lambda a, b: a.max(0).values,
    }


def tensors(torch, wanted):
    xs = torch.arange(1.0, 10.0).view(3, 3) / 9, torch.linspace(0.3, 0.9, 9).view(3, 3)
    return [x.clone().requires_grad_(i in wanted) for i, x in enumerate(xs)]


@case
def gradient_requires_grad(torch, say):
    for name, fn in functions(torch).items():
        for wanted in ((0,), (1,), (0, 1)):
            torch.manual_seed(0)
            xs = tensors(torch, wanted)
            y = fn(*xs)
            if y.requires_grad:
                ends = [xs[i] for i in wanted]
                gs = torch.autograd.grad(y.sum(), ends, create_graph=True, allow_unused=True)
                say(name, wanted, [None if g is None else g.requires_grad for g in gs])


@case
def gradient_of_zeros(torch, say):
    fns = functions(torch)
    for name in "conv1d prelu softshrink hardshrink max_pool2d avg_pool2d reflect nll_loss".split():
        xs = tensors(torch, (0,))
        (g,) = torch.autograd.grad(fns[name](*xs).sum(), xs[:1], create_graph=True)
        say(name, torch.autograd.grad(g.sum(), xs[0], allow_unused=True)[0])


@case
def gradient_of_zeros_with_bias(torch, say):
    F = torch.nn.functional
    a, w, b = torch.arange(9.0).view(3, 3), torch.ones(3), torch.ones(3, requires_grad=True)
    say(torch.autograd.grad(F.layer_norm(a, (3,), w, b).sum(), b, create_graph=True))
    for y in (F.group_norm(a, 1, w, b), F.conv1d(a[None], torch.ones(3, 3, 1), b)):
        say(torch.autograd.grad(y.sum(), b, create_graph=True))


@case
def gradient_penalty_of_frozen_layers(torch, say):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.MaxPool2d(2))
    model.requires_grad_(False)
    x = torch.randn(2, 1, 6, 6, requires_grad=True)
    (g,) = torch.autograd.grad(model(x).sum(), x, create_graph=True)
    ((g.flatten(1).norm(dim=1) - 1) ** 2).mean().backward()
    say(x.grad.abs().sum())
