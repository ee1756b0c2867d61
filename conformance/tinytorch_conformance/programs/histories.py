"""What autograd promises beyond gradients of plain functions: Functions, hooks, modes, versions."""


def function_of_several(torch):
    class Turn(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, k):
            ctx.save_for_backward(x, y)
            ctx.k = k
            return x * y, x - k * y

        @staticmethod
        def backward(ctx, a, b):
            x, y = ctx.saved_tensors
            return a * y + b, a * x - ctx.k * b, None

    x = torch.arange(1.0, 4.0).requires_grad_()
    y = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
    p, q = Turn.apply(x, y, 3)
    gx, gy = torch.autograd.grad((p * q.sin()).sum(), (x, y), create_graph=True)
    (gx * gy).sum().backward()
    return [p, q, gx, gy, x.grad, y.grad, p.grad_fn.name()]


def function_that_writes(torch):
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx, g):
            return g * 2

    w = torch.ones(2, 2, requires_grad=True)
    x = w * 3
    y = Twice.apply(x)
    y.pow(2).sum().backward()
    return [y is x, x, x._version, w.grad]


def hooks_in_turn(torch):
    seen = []
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    y = w * 3
    y.register_hook(lambda g: seen.append(g.clone()) or g * 2)
    y.grad_fn.register_prehook(lambda gs: seen.append(gs[0].clone()))
    y.grad_fn.register_hook(lambda ins, outs: seen.append(ins[0].clone()))
    w.register_hook(lambda g: g + 1)
    w.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.clone()))
    y.retain_grad()
    y.sin().sum().backward()
    return [seen, y.grad, w.grad]


def hook_of_several(torch):
    seen = []
    a, b, c = (torch.full((2,), float(k), requires_grad=True) for k in (1, 2, 3))
    graph = torch.autograd.graph
    with graph.register_multi_grad_hook((a, b, c), lambda gs: seen.append([x for x in gs])):
        (a * b).sum().backward()
    with graph.register_multi_grad_hook((a, c), lambda g: seen.append(g), mode="any"):
        (a * c).sum().backward()
    return [seen, a.grad, b.grad, c.grad]


def saved_through_hooks(torch):
    packed = []
    w = torch.tensor([0.5, 1.5], requires_grad=True)
    hooks = torch.autograd.graph.saved_tensors_hooks(
        lambda t: packed.append(tuple(t.shape)) or t.detach() * 2, lambda t: t / 2
    )
    with hooks:
        y = (w.exp() * w).sum()
    y.backward()
    return [packed, y, w.grad]


def mutation_of_saved(torch):
    w = torch.ones(2, 3, requires_grad=True)
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        x = w * 2
        y = x.sin()
        x.add_(1)
        y.mul_(x)
        y.sum().backward()
    return [x, y, w.grad]


def checkpointed(torch):
    calls = []

    def f(x):
        calls.append(1)
        return x.sin().exp() * x

    checkpoint = torch.utils.checkpoint.checkpoint
    out = []
    for reentrant in (False, True):
        w = torch.tensor([0.1, 0.2, 0.3], requires_grad=True)
        checkpoint(f, w * 2, use_reentrant=reentrant).sum().backward()
        out.append(w.grad)
    return [out, len(calls)]


def versions_are_checked(torch):
    w = torch.ones(3, requires_grad=True)
    y = w * 2
    z = y * y
    y.add_(1)
    try:
        z.sum().backward()
    except RuntimeError as e:
        return [y._version, "modified by an inplace operation" in str(e), w.grad]


def edges_and_nodes(torch):
    w = torch.ones(2, requires_grad=True)
    y = w.exp()
    e = torch.autograd.graph.get_gradient_edge(y)
    (g,) = torch.autograd.grad((y * 3).sum(), [e])
    n = (y * w).grad_fn
    return [g, e.node.name(), n.name(), [f.name() for f, _ in n.next_functions], n._saved_other]


def batched_gradients(torch):
    w = torch.arange(1.0, 4.0).requires_grad_()
    y = w.pow(2) * w.sum()
    (g,) = torch.autograd.grad(y, w, torch.eye(3), is_grads_batched=True)
    full = torch.autograd.functional.jacobian(lambda x: x.pow(2) * x.sum(), w.detach())
    fast = torch.autograd.functional.hessian(lambda x: x.pow(3).sum(), w.detach(), vectorize=True)
    return [g, full, fast]


def inference_outside(torch):
    with torch.inference_mode():
        x = torch.ones(2, 2)
        v = x[0]
    d = x.detach()
    d.add_(1)
    return [x, v, v.is_inference(), d._version, (x + 1).is_inference(), x.clone().is_inference()]


def conjugates_are_views(torch):
    z = torch.complex(torch.arange(3.0), torch.ones(3))
    c = z.conj()
    c.mul_(2)
    z.imag.add_(1)
    return [z, c.resolve_conj(), c.is_conj(), c._base is z, c.imag.is_neg(), (c * z).real]


def unused_and_materialized(torch):
    a, b = torch.ones(2, requires_grad=True), torch.ones(3, requires_grad=True)
    y = (a * 2).sum()
    grad = torch.autograd.grad
    first = grad(y, (a, b), allow_unused=True, retain_graph=True)
    return [first, grad(y, (a, b), materialize_grads=True), grad((b * 3).sum(), {"b": b})]
