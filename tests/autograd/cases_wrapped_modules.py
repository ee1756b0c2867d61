"""nn.DataParallel where there is nothing to share the work among."""

from transcript import case


@case
def data_parallel_alone(torch, say):
    class Square(torch.nn.Module):
        def forward(self, x, *, times=1):
            return x * x * times

    packed = []
    x = torch.ones(2, requires_grad=True)
    model = torch.nn.DataParallel(Square())
    with torch.autograd.graph.saved_tensors_hooks(lambda t: packed.append(1) or t, lambda t: t):
        y = model(x, times=3)
    say(len(packed), y)
    y.sum().backward()
    say(x.grad, model.device_ids, str(model))
    model = torch.nn.parallel.DataParallel(torch.nn.Linear(2, 1))
    say(list(model.state_dict()), [n for n, _ in model.named_parameters()])
    say(type(model.module).__name__, tuple(model(torch.ones(3, 2)).shape), model.training)
    model.eval()
    say(model.module.training)
    model.load_state_dict({k: v * 0 for k, v in model.state_dict().items()})
    say(model(torch.ones(1, 2)))
