"""Selective checkpoints: what is kept, what runs again, and what a policy is asked."""

import functools

from transcript import case


def both(torch, fn, policy, *args, mutation=False):
    """Gradients of a part with and without a selective checkpoint."""
    from torch.utils.checkpoint import checkpoint, create_selective_checkpoint_contexts

    contexts = functools.partial(create_selective_checkpoint_contexts, policy, mutation)
    leaves = [a for a in args if isinstance(a, torch.Tensor) and a.requires_grad]
    plain = torch.autograd.grad(fn(*args).sum(), leaves)
    out = checkpoint(fn, *args, use_reentrant=False, context_fn=contexts)
    return plain, torch.autograd.grad(out.sum(), leaves)


def two(torch):
    x = torch.tensor([[1.0, 2.0], [0.5, -1.0]], requires_grad=True)
    y = torch.tensor([[0.3, -0.2], [0.1, 0.7]], requires_grad=True)
    return x, y


def product(torch):
    return lambda x, y: torch.sigmoid(torch.matmul(torch.matmul(x, y), y)) * y


@case
def selective_policies(torch, say):
    from torch.utils.checkpoint import CheckpointPolicy

    x, y = two(torch)
    seen = []

    def policy(context, op, *args, **kwargs):
        seen.append((str(op), context.is_recompute, tuple(context.op_output.shape), len(args)))
        if op in (torch.ops.aten.mm.default, torch.ops.aten.sigmoid.default):
            return CheckpointPolicy.MUST_SAVE
        return CheckpointPolicy.PREFER_RECOMPUTE

    say(both(torch, product(torch), policy, x, y))
    say(seen)
    say(both(torch, product(torch), lambda c, op, *a, **k: True, x, y))
    say(both(torch, product(torch), lambda c, op, *a, **k: False, x, y))
    for choice in CheckpointPolicy:
        say(choice.name, both(torch, product(torch), lambda c, op, *a, choice=choice, **k: choice,
                              x, y)[1])  # fmt: skip


@case
def selective_lists(torch, say):
    x, y = two(torch)
    aten = torch.ops.aten
    for kept in ([aten.mm.default], [aten.mul.Tensor, aten.sigmoid.default], []):
        say(both(torch, product(torch), kept, x, y))
    seen = []
    layer = torch.nn.Linear(2, 3)
    with torch.no_grad():
        layer.weight.copy_(torch.arange(6.0).reshape(3, 2) / 10)
        layer.bias.copy_(torch.arange(3.0))

    def policy(context, op, *args, **kwargs):
        seen.append(str(op))
        return op == aten.addmm.default

    say(both(torch, lambda a: torch.relu(layer(a)), policy, x))
    say([op for op in seen if op != "aten.t.default"])
    batch = torch.ones(2, 2, 2, requires_grad=True)
    seen.clear()
    say(both(torch, lambda a: torch.bmm(a, a) @ a[0][0], policy, batch))
    say("aten.bmm.default" in seen, "aten.addmm.default" in seen)


@case
def selective_runs_of_a_kept_operation(torch, say):
    from torch.utils.checkpoint import checkpoint, create_selective_checkpoint_contexts

    drawn = []

    def fn(x):
        y = torch.sin(x)
        drawn.append(y.detach().clone())
        return torch.dropout(y, 0.5, True).cos()

    torch.manual_seed(0)
    x = torch.ones(4, requires_grad=True)
    contexts = functools.partial(create_selective_checkpoint_contexts, [torch.ops.aten.sin.default])
    out = checkpoint(fn, x, use_reentrant=False, context_fn=contexts)
    out.sum().backward()
    say(out, x.grad, len(drawn), torch.equal(*drawn))


@case
def selective_refusals(torch, say):
    from torch.utils.checkpoint import checkpoint, create_selective_checkpoint_contexts

    make = create_selective_checkpoint_contexts
    aten = torch.ops.aten
    for wrong in (["mm"], 3, None):
        say.fails(make, wrong)
    try:
        make([aten.mm])
    except ValueError as e:
        say(str(e).replace("tinytorch", "torch"))
    x, y = two(torch)
    contexts = functools.partial(make, [aten.mm.default])
    out = checkpoint(product(torch), x, y, use_reentrant=False, context_fn=contexts).sum()
    out.backward(retain_graph=True)
    say.fails(out.backward)
    runs = []

    def changes(a):
        runs.append(1)
        return (a.sin() if len(runs) == 1 else a.exp().sin()).cos()

    out = checkpoint(changes, x, use_reentrant=False,
                     context_fn=functools.partial(make, [aten.sin.default]))  # fmt: skip
    say.fails(out.sum().backward)
    runs.clear()

    def grows(a):
        runs.append(1)
        return (a.sin() if len(runs) == 1 else a.sin() + a.sin()).cos() * a

    out = checkpoint(grows, x, use_reentrant=False,
                     context_fn=functools.partial(make, [aten.sin.default]))  # fmt: skip
    say.fails(out.sum().backward)
    say.fails(checkpoint, product(torch), x, y, use_reentrant=True, context_fn=contexts)
    say.fails(checkpoint, product(torch), x, y, use_reentrant=False, context_fn=contexts,
              debug=True)  # fmt: skip


@case
def names_of_operations(torch, say):
    aten = torch.ops.aten
    for op in (aten.mm.default, aten.mul.Tensor, aten.add.Tensor, aten.sum.default):
        say(str(op), repr(op), op.name(), op.__name__, op.namespace)
    say(str(aten.mm), repr(aten.mm), aten.mm.__name__, aten.mm.default.overloadpacket is aten.mm)
    say(aten.mm.default is aten.mm.default, aten.mm.default == aten.bmm.default)
    say(len({aten.mm.default, aten.mm.default, aten.bmm.default}))
    say(aten.sin.default(torch.ones(1)), aten.add(torch.ones(1), torch.ones(1)))
    from torch.utils.checkpoint import SAC_IGNORED_OPS, SelectiveCheckpointContext

    say(aten.detach.default in SAC_IGNORED_OPS, aten.mm.default in SAC_IGNORED_OPS)
    context = SelectiveCheckpointContext(is_recompute=False)
    say(context.is_recompute, context.op_output)
    say.fails(SelectiveCheckpointContext, False)


@case
def selective_runs_that_stop_early(torch, say):
    from torch.utils.checkpoint import (
        checkpoint,
        create_selective_checkpoint_contexts,
        set_checkpoint_early_stop,
    )

    aten = torch.ops.aten
    for early in (True, False):
        for fn, kept in (
            (torch.mm, aten.mm.default),
            (lambda a, b: a.exp() * 1, aten.exp.default),
            (lambda a, b: (a @ b).sin(), aten.mm.default),
            (lambda a, b: (a @ b) @ b, aten.mm.default),
        ):
            x, y = two(torch)
            contexts = functools.partial(create_selective_checkpoint_contexts, [kept])
            with set_checkpoint_early_stop(early):
                out = checkpoint(fn, x, y, use_reentrant=False, context_fn=contexts).sum()
            out.backward(retain_graph=True)
            say.fails(out.backward)
            say(x.grad, y.grad)
