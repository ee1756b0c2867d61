"""Hooks of a tensor whose history changes: detached, written or turned in place.

The hooks stay with the history that they were registered on, and the tensor has none afterwards;
only detaching leaves them with the tensor too.
"""

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, dtype=torch.float64, requires_grad=True)


@case
def hooks_of_a_tensor_detached_in_place(torch, say):
    a = leaf(torch, 1.0, 2.0)
    b = a * 2
    b.register_hook(lambda g: say("old", g))
    c = b * 3
    b.detach_()
    say(len(b._backward_hooks))
    b.requires_grad_()
    b.register_hook(lambda g: say("new", g))
    say(len(b._backward_hooks))
    (c.sum() + (b * 5).sum()).backward()
    say(a.grad, b.grad)
    b.requires_grad_(False)
    say(len(b._backward_hooks))
    say.fails(b.register_hook, print)


@case
def retained_gradient_of_a_tensor_detached_in_place(torch, say):
    b = leaf(torch, 1.0, 2.0) * 2
    b.retain_grad()
    c = b * 3
    b.detach_()
    say(b.retains_grad)
    c.sum().backward()
    say(b.grad)
    b.requires_grad_()
    (b * 2).sum().backward()
    say(b.grad)


@case
def hooks_of_a_view_outlive_the_base_detached(torch, say):
    a = leaf(torch, 1.0, 2.0).clone()
    v = a[:1]
    for name, t in (("a", a), ("v", v)):
        t.register_hook(lambda g, name=name: say(name, g))
    w = (v * 3).sum()
    a.detach_()
    say(v.requires_grad, v._backward_hooks is None)
    w.backward()
    a.requires_grad_()
    say(v.requires_grad)
    (a * 2).sum().backward()


@case
def a_write_leaves_no_hooks_with_the_tensor(torch, say):
    a = leaf(torch, 1.0, 2.0)
    b = a * 2
    v = b[:1]
    for name, t in (("b", b), ("v", v)):
        t.register_hook(lambda g, name=name: say("old", name, g))
    b.mul_(3)
    say(b._backward_hooks, len(v._backward_hooks))
    say(v.grad_fn.name(), v._backward_hooks)
    for name, t in (("b", b), ("v", v)):
        t.register_hook(lambda g, name=name: say("new", name, g))
    (b.sum() + v.sum()).backward()
    say(a.grad)


@case
def a_dict_of_hooks_put_in_place_of_another(torch, say):
    a = leaf(torch, 1.0, 2.0)
    b = a * 1
    for t in (a, b):
        t.register_hook(lambda g: say("first", g))
        t._backward_hooks = None
        t.register_hook(lambda g: say("second", g))
        (t * 2).sum().backward(retain_graph=True)


@case
def hooks_of_a_tensor_turned_in_place(torch, say):
    t = leaf(torch, 1.0, 2.0).reshape(2, 1) * 3
    t.register_hook(lambda g: say("old", g))
    t.t_()
    say(t._backward_hooks is None)
    t.register_hook(lambda g: say("new", g))
    t.sum().backward()


@case
def hooks_of_what_a_function_writes(torch, say):
    class Write(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx, g):
            return g * 2, (g if ctx.needs_input_grad[1] else None)

    for part in (True, False):
        a = leaf(torch, 1.0, 2.0)
        b = a * 2
        v = b[:1] if part else b
        for name, t in (("b", b), ("v", v)):
            t.register_hook(lambda g, name=name: say("old", name, g))
        v.retain_grad()
        Write.apply(v, None if part else leaf(torch, 3.0, 4.0))
        say(v._backward_hooks, b._backward_hooks)
        for name, t in (("b", b), ("v", v)):
            t.register_hook(lambda g, name=name: say("new", name, g))
        (b.sum() + v.sum()).backward()
        say(a.grad, v.grad)


@case
def a_view_that_may_not_be_written_refuses_its_first_hook(torch, say):
    a = leaf(torch, 1.0, 2.0).clone()
    x, _ = a.unbind()
    a.mul_(2)
    say.fails(x.register_hook, print)
    say(type(x.register_hook(print)))
    say.fails(lambda: x.sum().backward())


@case
def hooks_of_a_leaf_that_has_come_to_be_none(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = x * 2
    x.requires_grad_(False)
    x.mul_(leaf(torch, 3.0, 4.0))
    x.register_hook(lambda g: say("hook", g))
    say.fails(y.sum().backward)
    x.sum().backward()


@case
def what_was_saved_before_it_was_detached_in_place(torch, say):
    for again in (False, True):
        x = leaf(torch, 1.0, 2.0)
        b = x * 2
        y = b.sin()
        b.detach_()
        if again:
            b.requires_grad_()
        say.fails(y.sum().backward)
        z = b.sin() * x
        z.sum().backward()
        say(x.grad, b.grad)
