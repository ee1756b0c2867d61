"""Hooks of the nodes behind a write to a part of a tensor: one node, with the gradients of what the
op read beside the place it wrote; and what is saved of a place that has hooks."""

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, dtype=torch.float64, requires_grad=True)


WRITES = {
    "mul": lambda torch, b, o: b[:2].mul_(o),
    "copy": lambda torch, b, o: b[:2].copy_(o),
    "number": lambda torch, b, o: b.__setitem__(0, 3.0),
    "addcmul": lambda torch, b, o: b[1:].addcmul_(o, o),
    "masked": lambda torch, b, o: b[:2].masked_fill_(b[:2] > 3, 1.0),
    "broadcast": lambda torch, b, o: b[:2].add_(o[:1]),
    "unary": lambda torch, b, o: b[1:].sin_(),
    "twice": lambda torch, b, o: b[1:][:1].mul_(o[1:]),
}


def watched(torch, say, node):
    def bare(gs):
        return [None if g is None else g.detach() for g in gs]

    node.register_prehook(lambda gs: say("before", bare(gs)))
    node.register_hook(lambda ins, outs: say("after", bare(ins), bare(outs)))


@case
def a_write_to_a_part_is_one_node_to_hooks(torch, say):
    for name, write in WRITES.items():
        say("--", name)
        a, o = leaf(torch, 1.0, 2.0, 3.0), leaf(torch, 4.0, 5.0)
        b = a * 2
        write(torch, b, o)
        watched(torch, say, b.grad_fn)
        say([None if n is None else n.name() for n, _ in b.grad_fn.next_functions])
        (b * b).sum().backward()
        say(a.grad, o.grad)
        say.fails(b.sum().backward)


@case
def a_write_to_a_part_of_what_needs_no_gradient(torch, say):
    o = leaf(torch, 4.0, 5.0)
    b = torch.ones(3, dtype=torch.float64)
    b[:2].mul_(o)
    watched(torch, say, b.grad_fn)
    b.sum().backward(retain_graph=True)
    b.sum().backward()
    say(o.grad)


@case
def gradients_that_a_hook_behind_a_write_puts_in_place(torch, say):
    a, o = leaf(torch, 1.0, 2.0, 3.0), leaf(torch, 4.0, 5.0)
    b = a * 2
    b[:2].mul_(o)
    b.grad_fn.register_hook(lambda ins, outs: tuple(g * 10 for g in ins))
    b.sum().backward()
    say(a.grad, o.grad)


@case
def hooks_behind_a_write_and_what_is_wanted(torch, say):
    a, o = leaf(torch, 1.0, 2.0, 3.0), leaf(torch, 4.0, 5.0)
    b = a * 2
    b[:2].mul_(o)
    watched(torch, say, b.grad_fn)
    say(torch.autograd.grad(b.sum(), o, retain_graph=True))
    say(torch.autograd.grad(b.sum(), a, retain_graph=True))
    (g,) = torch.autograd.grad((b**2).sum(), a, create_graph=True)
    say(torch.autograd.grad(g.sum(), [a, o]))


@case
def hooks_of_a_function_written_behind_a_view(torch, say):
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.mark_dirty(x)
            ctx.save_for_backward(y)
            return x.mul_(y)

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0], None

    a, o = leaf(torch, 1.0, 2.0, 3.0), leaf(torch, 4.0, 5.0)
    b = a * 2
    Scaled.apply(b[:2], o)
    watched(torch, say, b.grad_fn)
    b.sum().backward()
    say(a.grad, o.grad)


@case
def second_derivatives_pass_the_hooks_of_what_a_write_saved(torch, say):
    a = leaf(torch, 1.0, 2.0)
    b = a * 2
    v = b[:1]
    v.register_hook(lambda g: say("hook", g))
    v.mul_(leaf(torch, 3.0) * a[1:])
    (g,) = torch.autograd.grad((b**2).sum(), a, create_graph=True)
    g.sum().backward()
    say(g, a.grad)
