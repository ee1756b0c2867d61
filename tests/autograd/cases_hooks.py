"""Hooks on tensors and on nodes, retained gradients, several gradients at once."""

from transcript import case


def leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


@case
def hook_order(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = x * 2
    y.register_hook(lambda g: say("first", g))
    y.register_hook(lambda g: say("second", g) or g * 10)
    y.register_hook(lambda g: say("third", g))
    x.register_hook(lambda g: say("leaf", g) or g + 1)
    x.register_hook(lambda g: say("leaf again", g))
    (y * 3).sum().backward()
    say(x.grad)


@case
def hook_order_across_nodes(torch, say):
    x = leaf(torch, 1.0)
    w = leaf(torch, 5.0)
    a = x * 2
    b = a * w
    c = b * 3
    for name, t in dict(x=x, w=w, a=a, b=b, c=c).items():
        t.register_hook(lambda g, name=name: say(name, g))
    w.register_post_accumulate_grad_hook(lambda t: say("post w", t.grad))
    x.register_post_accumulate_grad_hook(lambda t: say("post x", t.grad))
    c.backward()


@case
def hook_removed(torch, say):
    x = leaf(torch, 1.0)
    y = x * 2
    h = y.register_hook(lambda g: say("one"))
    with y.register_hook(lambda g: say("two")):
        pass
    k = x.register_hook(lambda g: say("leaf"))
    h.remove()
    h.remove()
    y.backward(retain_graph=True)
    k.remove()
    y.backward()
    say(x.grad)


@case
def hook_removed_while_running(torch, say):
    x = leaf(torch, 1.0)
    y = x * 2
    handles = []

    def first(g):
        say("first")
        handles[1].remove()

    handles.append(y.register_hook(first))
    handles.append(y.register_hook(lambda g: say("second")))
    y.backward(retain_graph=True)
    y.backward()


@case
def hook_errors(torch, say):
    x = leaf(torch, 1.0, 2.0)
    say.fails(torch.ones(2).register_hook, print)
    y = x * 2

    def bad_type(g):
        return 1

    def bad_shape(g):
        return g.sum()

    def bad_dtype(g):
        return g.double()

    def raises(g):
        raise KeyError("mine")

    for fn in (bad_type, bad_shape, bad_dtype, raises):
        h = y.register_hook(fn)
        say.fails(y.sum().backward, retain_graph=True)
        h.remove()
        h = x.register_hook(fn)
        say.fails(y.sum().backward, retain_graph=True)
        h.remove()
    y.sum().backward()
    say(x.grad, torch.is_grad_enabled())


@case
def hook_modes(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = x * x
    y.register_hook(lambda g: say(torch.is_grad_enabled(), g.requires_grad, g))
    y.sum().backward(retain_graph=True)
    y.sum().backward(create_graph=True)


@case
def hook_in_create_graph(torch, say):
    x = leaf(torch, 2.0)
    y = x * x
    y.register_hook(lambda g: g * y)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    say(g)
    say(torch.autograd.grad(g, x))


@case
def hook_with_grad_function(torch, say):
    x = leaf(torch, 2.0)
    y = x * x
    x.register_hook(lambda g: g * 100)
    y.register_hook(lambda g: g * 10)
    say(torch.autograd.grad(y, x, retain_graph=True))
    say(torch.autograd.grad(y, y, retain_graph=True))
    y.backward(inputs=[x])
    say(x.grad)


@case
def hook_changes_in_place(torch, say):
    x = leaf(torch, 2.0, 3.0)
    y = x * 1

    def hook(g):
        g.mul_(5)

    y.register_hook(hook)
    y.backward(torch.ones(2))
    say(x.grad)


@case
def retain_grad_basics(torch, say):
    x = leaf(torch, 2.0)
    y = x * x
    say(y.retains_grad, x.retains_grad)
    y.retain_grad()
    y.retain_grad()
    x.retain_grad()
    say(y.retains_grad, x.retains_grad)
    z = y * 3
    z.backward(retain_graph=True)
    say(y.grad, x.grad)
    z.backward()
    say(y.grad, x.grad, y.grad.requires_grad)
    say.fails(torch.ones(2).retain_grad)


@case
def retain_grad_and_hooks(torch, say):
    x = leaf(torch, 2.0)
    y = x * x
    y.register_hook(lambda g: g * 2)
    y.retain_grad()
    y.register_hook(lambda g: g * 5)
    y.backward()
    say(y.grad, x.grad)


@case
def retain_grad_create_graph(torch, say):
    x = leaf(torch, 2.0)
    y = x * x
    y.retain_grad()
    (y * y).backward(create_graph=True)
    say(y.grad, x.grad)


@case
def retain_grad_after_in_place(torch, say):
    x = leaf(torch, 2.0)
    y = x * 2
    y.retain_grad()
    y.mul_(3)
    y.backward()
    say(y.grad, x.grad, y.retains_grad)


@case
def hook_and_in_place(torch, say):
    x = leaf(torch, 2.0)
    y = x * 2
    y.register_hook(lambda g: say("before", g))
    y.mul_(3)
    y.register_hook(lambda g: say("after", g))
    y.backward()
    say(x.grad)


@case
def post_accumulate(torch, say):
    x = leaf(torch, 2.0)
    seen = []

    def hook(t):
        seen.append((t is x, t.grad.clone()))
        t.grad = None

    h = x.register_post_accumulate_grad_hook(hook)
    (x * x).backward()
    say(seen, x.grad)
    h.remove()
    (x * x).backward()
    say(x.grad)
    say.fails((x * 2).register_post_accumulate_grad_hook, hook)
    say.fails(torch.ones(1).register_post_accumulate_grad_hook, hook)
    x.register_post_accumulate_grad_hook(lambda t: 5)
    say.fails((x * x).backward)


@case
def post_accumulate_not_with_grad(torch, say):
    x = leaf(torch, 2.0)
    x.register_post_accumulate_grad_hook(lambda t: say("post"))
    say(torch.autograd.grad(x * x, x))
    x.backward(inputs=[x])


@case
def node_hooks(torch, say):
    x, w = leaf(torch, 2.0), leaf(torch, 3.0)
    y = x * w
    f = y.grad_fn
    f.register_prehook(lambda gs: say("pre", gs))
    f.register_prehook(lambda gs: (gs[0] * 2,))
    f.register_hook(lambda gi, go: say("post", gi, go))
    f.register_hook(lambda gi, go: (gi[0] * 10, gi[1]))
    y.backward()
    say(x.grad, w.grad)


@case
def node_hooks_bad(torch, say):
    x = leaf(torch, 2.0)
    y = x * 3
    h = y.grad_fn.register_hook(lambda gi, go: (gi[0], gi[0], gi[0]))
    say.fails(y.backward, retain_graph=True)
    h.remove()
    h = y.grad_fn.register_prehook(lambda go: 3)
    say.fails(y.backward, retain_graph=True)
    h.remove()
    y.backward()
    say(x.grad)


@case
def accumulator_hooks(torch, say):
    x = leaf(torch, 2.0)
    y = x * 3
    acc = y.grad_fn.next_functions[0][0]
    acc.register_prehook(lambda gs: say("pre", gs))
    acc.register_hook(lambda gi, go: say("post", gi, go, x.grad))
    x.register_hook(lambda g: say("tensor", g))
    y.backward()
    say(x.grad)


@case
def several_outputs_hooks(torch, say):
    x = leaf(torch, 2.0, 3.0)
    a, b = x.unbind()
    a.register_hook(lambda g: say("a", g) or g * 2)
    b.register_hook(lambda g: say("b", g))
    a.grad_fn.register_prehook(lambda gs: say("pre", gs))
    (a * 5).backward()
    say(x.grad)


@case
def multi_grad_hook(torch, say):
    from torch.autograd.graph import register_multi_grad_hook

    x, w = leaf(torch, 2.0), leaf(torch, 3.0)
    a, b = x * 2, w * 3
    y = a * b
    root = y * 1
    h = register_multi_grad_hook((a, b, y), lambda gs: say("all", gs))
    register_multi_grad_hook((a, y), lambda g: say("any", g), mode="any")
    root.backward(retain_graph=True)
    torch.autograd.grad(root, a, retain_graph=True)
    h.remove()
    root.backward()
    say.fails(register_multi_grad_hook, (x,), print, mode="none")


@case
def retained_dead_tensor(torch, say):
    x = leaf(torch, 2.0)
    y = x * 2
    y.retain_grad()
    z = y * 3
    del y
    z.backward()
    say(x.grad)


@case
def hook_runs_backward(torch, say):
    x, w = leaf(torch, 2.0), leaf(torch, 3.0)
    y = x * 2

    def hook(g):
        with torch.enable_grad():
            (w * w).backward()
        return g * w.grad

    y.register_hook(hook)
    y.backward()
    say(x.grad, w.grad, torch.is_grad_enabled())


@case
def backward_hooks_attribute(torch, say):
    x = leaf(torch, 2.0)
    say(x._backward_hooks)
    x.register_hook(lambda g: g)
    say(len(x._backward_hooks))
