"""Functions that are captured: training steps, models, writes and draws, replayed some times."""


def step_written_by_hand(torch):
    torch.manual_seed(0)
    x, y = torch.randn(16, 12), torch.randn(16, 3)
    w1 = torch.randn(12, 8, requires_grad=True)
    w2 = torch.randn(8, 3, requires_grad=True)

    def step():
        loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            w1.sub_(1e-4 * w1.grad)
            w2.sub_(1e-4 * w2.grad)
            w1.grad.zero_()
            w2.grad.zero_()
        return loss

    step = torch.compile(step, backend="eager")
    return [step().item() for _ in range(8)]


def step_with_adam_and_a_schedule(torch):
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(6, 10), torch.nn.Tanh(), torch.nn.Linear(10, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3, gamma=0.5)
    x, y = torch.randn(20, 6), torch.randint(0, 3, (20,))

    def step(x, y):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    step = torch.compile(step, backend="eager")
    losses = []
    for _ in range(10):
        losses.append(step(x, y).item())
        schedule.step()
    return losses


def model_inside_gradients_outside(torch):
    torch.manual_seed(2)
    model = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.GELU(), torch.nn.Linear(6, 2))
    captured = torch.compile(model, backend="eager")
    x = torch.randn(5, 4, requires_grad=True)
    out = []
    for k in range(3):
        model.zero_grad()
        captured(x * k).pow(2).sum().backward()
        out.append([p.grad.clone() for p in model.parameters()])
    return out, x.grad


def dropout_draws_anew(torch):
    torch.manual_seed(3)

    @torch.compile(backend="eager")
    def noisy(x):
        return torch.nn.functional.dropout(x, 0.5) + torch.rand(6)

    return [noisy(torch.ones(6)) for _ in range(4)]


def batch_norm_keeps_its_statistics(torch):
    torch.manual_seed(4)
    model = torch.nn.BatchNorm1d(3)
    captured = torch.compile(model, backend="eager")
    out = [captured(torch.randn(8, 3)) for _ in range(4)]
    model.eval()
    out += [captured(torch.ones(2, 3)) for _ in range(2)]
    return out, model.running_mean, model.running_var, model.num_batches_tracked


def writes_through_views(torch):
    base = torch.zeros(4, 3)
    row = base[1:3]

    @torch.compile(backend="eager")
    def write(x):
        row.add_(x)
        base.mul_(2)
        return base.sum()

    sums = [write(torch.full((2, 3), float(k))).item() for k in range(5)]
    return sums, base, row


def other_shapes_and_numbers(torch):
    @torch.compile(backend="eager", dynamic=False)
    def f(x, k):
        return (x * k).sum(0)

    shapes = [(2, 3), (4, 3), (2, 3), (2, 2, 2)]
    return [f(torch.ones(s), k) for k in (2, 2.5) for s in shapes]


def a_branch_on_values(torch):
    @torch.compile(backend="eager")
    def f(x):
        return x * 2 if x.sum() > 0 else x - 1

    return [f(torch.tensor([v, 1.0])) for v in (1.0, -5.0, 3.0, -2.0)]
