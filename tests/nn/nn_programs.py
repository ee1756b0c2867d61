"""Programs of modules and trainings; each takes the module (tinytorch or torch)."""


def flat(x):
    return [str(x.dtype), list(x.shape), x.detach().double().reshape(-1).tolist()]


LAYERS = [
    "Linear(5, 3)", "Linear(4, 2, bias=False)", "Linear(3, 2, dtype=torch.float64)",
    "Bilinear(3, 4, 2)", "Embedding(6, 4)", "Embedding(6, 4, padding_idx=2)", "LayerNorm(4)",
    "LayerNorm((2, 3), bias=False)", "GroupNorm(2, 4)", "RMSNorm(5)", "BatchNorm1d(3)",
    "BatchNorm1d(3, affine=False, momentum=None)", "PReLU()", "PReLU(3)",
    "Conv1d(2, 3, 3)", "Conv2d(1, 6, 5)", "Conv2d(4, 4, (3, 2), 2, 1, groups=2, bias=False)",
]  # fmt: skip

INITS = [
    "uniform_(w)", "uniform_(w, -2, 3)", "normal_(w, 1, .2)", "xavier_uniform_(w)",
    "xavier_normal_(w, gain=2.)", "kaiming_uniform_(w)", "kaiming_uniform_(w, a=5**.5)",
    "kaiming_normal_(w, mode='fan_out', nonlinearity='relu')", "constant_(w, .3)", "ones_(w)",
    "zeros_(w)", "eye_(w)", "trunc_normal_(w)", "trunc_normal_(w, 0., 1., 1.5, 4.)",
    "trunc_normal_(w, std=.02)",
]  # fmt: skip

REPRS = [
    "Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(.1), nn.Linear(8, 3))",
    "Sequential()", "ModuleList([nn.Linear(2, 2) for _ in range(3)] + [nn.Tanh()])",
    "ModuleDict({'a': nn.Linear(1, 1), 'b': nn.Sequential(nn.GELU(), nn.Softmax(dim=1))})",
    "ParameterList([nn.Parameter(torch.zeros(2, 3))])", "Identity()", "Flatten()",
    "ReLU(inplace=True)", "ReLU6()", "LeakyReLU(.2)", "ELU()", "CELU(2.)", "SELU()", "GELU('tanh')",
    "SiLU()", "Mish()", "Softplus()", "Softsign()", "Tanhshrink()", "Hardtanh(-2, 2)",
    "Hardsigmoid()", "Hardswish()", "Hardshrink()", "Softshrink(.1)", "Threshold(.1, 2)",
    "LogSigmoid()", "GLU()", "RReLU()", "Sigmoid()", "Tanh()", "LogSoftmax(1)", "MSELoss()",
    "CrossEntropyLoss()", "BCEWithLogitsLoss()", "NLLLoss()", "L1Loss()", "SmoothL1Loss()",
    "KLDivLoss()", "Dropout2d(.3)", "AlphaDropout()", "Parameter(torch.ones(2))",
    "MaxPool2d(2)", "MaxPool1d(2, 1)", "AvgPool2d(3, 2, 1)", "AvgPool1d(2)",
    "AdaptiveAvgPool2d(1)", "CosineSimilarity()", "PairwiseDistance()", *LAYERS,
]  # fmt: skip

OPTIMIZERS = {
    "sgd": "SGD(p, .1)", "momentum": "SGD(p, .1, .9, weight_decay=1e-3)",
    "nesterov": "SGD(p, .1, .9, nesterov=True)", "dampened": "SGD(p, .1, .9, .3)",
    "adam": "Adam(p, .01)", "amsgrad": "Adam(p, .01, amsgrad=True, weight_decay=.01)",
    "adamw": "AdamW(p, .01)", "rmsprop": "RMSprop(p, .003, centered=True, momentum=.5)",
    "adagrad": "Adagrad(p, .1, lr_decay=.01)",
}  # fmt: skip

SCHEDULES = [
    "StepLR(o, 4, .5)", "MultiStepLR(o, [3, 7])", "ExponentialLR(o, .9)",
    "LambdaLR(o, lambda n: .8 ** n)", "CosineAnnealingLR(o, 6, .001)",
]  # fmt: skip

REFUSED = [
    "nn.Linear(3, 2)(torch.zeros(2, 4))", "nn.Linear(3, 2)(torch.zeros(2, 3, dtype=torch.float64))",
    "nn.CrossEntropyLoss()(torch.zeros(2, 3), torch.tensor([0, 5]))",
    "nn.CrossEntropyLoss()(torch.zeros(2, 3), torch.tensor([0, 1, 2]))",
    "nn.BCEWithLogitsLoss()(torch.zeros(2), torch.zeros(3))", "nn.Dropout(1.5)",
    "nn.functional.dropout(torch.zeros(2), -1)", "torch.optim.SGD([], .1)",
    "torch.optim.SGD([torch.zeros(2)], -1)", "torch.optim.SGD(torch.zeros(2), .1)",
    "torch.optim.Adam([torch.zeros(2)], betas=(1., .9))",
    "nn.MSELoss(reduction='x')(torch.zeros(2), torch.zeros(2))",
    "nn.Linear(2, 2).load_state_dict({'weight': torch.zeros(2, 2)})",
    "nn.Linear(2, 2).load_state_dict(dict(weight=torch.zeros(3, 2), bias=torch.zeros(2), x=1))",
    "nn.Linear(2, 2).nothing", "nn.Module()(1)", "setattr(nn.Linear(2, 2), 'weight', 3)",
    "nn.functional.softmax(torch.arange(3), 0)", "nn.functional.softmax(torch.zeros(3), 2)",
    "nn.BatchNorm1d(3)(torch.zeros(1, 3))", "nn.BatchNorm1d(3)(torch.zeros(2, 3, 4, 5))",
    "nn.LayerNorm(4)(torch.zeros(2, 3))", "nn.Embedding(3, 2)(torch.zeros(2))",
    "nn.init.xavier_uniform_(torch.zeros(3))", "nn.init.calculate_gain('x')",
    "nn.Parameter(torch.arange(3))", "nn.functional.one_hot(torch.tensor([-1]))",
    "nn.functional.glu(torch.zeros(3))", "nn.GroupNorm(2, 3)",
]  # fmt: skip


def make(t, text, **names):
    return eval(text, {"torch": t, "nn": t.nn, **names})


def initial(t, text):
    t.manual_seed(0)
    module = make(t, "nn." + text)
    return {k: flat(v) for k, v in module.state_dict().items()} | {"next": flat(t.rand(1))}


def initialised(t, text):
    t.manual_seed(0)
    w = t.empty(6, 5)
    assert make(t, "nn.init." + text, w=w) is w
    return [flat(w), flat(t.rand(1))]


def convolved(t, steps=20):
    """Losses of a small convolutional network."""
    nn = t.nn
    t.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3), nn.GELU(),
        nn.AvgPool2d(2), nn.Flatten(), nn.Linear(8, 3),
    )  # fmt: skip
    x, y = t.randn(16, 1, 8, 8), t.randint(0, 3, (16,))
    optimizer = t.optim.AdamW(net.parameters(), 0.01)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


class Task:
    """A small classification task, drawn under a seed after the network."""

    def __init__(self, t, norm=False):
        nn = t.nn
        t.manual_seed(0)
        middle = [nn.LayerNorm(32), nn.BatchNorm1d(32)] if norm else []
        self.model = nn.Sequential(
            nn.Linear(10, 32), *middle, nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 4)
        )
        self.x, self.y = t.randn(64, 10), t.randint(0, 4, (64,))
        self.loss = nn.CrossEntropyLoss()

    def step(self, optimizer):
        optimizer.zero_grad()
        loss = self.loss(self.model(self.x), self.y)
        loss.backward()
        optimizer.step()
        return loss.item()


def trained(t, text, norm=False, steps=50):
    task = Task(t, norm)
    optimizer = make(t, "torch.optim." + text, p=task.model.parameters())
    losses = [task.step(optimizer) for _ in range(steps)]
    state = optimizer.state_dict()
    options = [{k: v for k, v in g.items()} for g in state["param_groups"]]
    return {"losses": losses, "repr": repr(optimizer), "groups": options,
            "state": [sorted(s) for s in state["state"].values()]}  # fmt: skip


def scheduled(t, text):
    p = t.nn.Parameter(t.zeros(1))
    o = t.optim.SGD([p], 0.1)
    s = make(t, "torch.optim.lr_scheduler." + text, o=o)
    rates = []
    for _ in range(12):
        rates += s.get_last_lr()
        o.step()
        s.step()
    return rates


def refusal(t, text):
    try:
        return str(make(t, text))
    except Exception as e:
        return f"{type(e).__name__}: {e}"
