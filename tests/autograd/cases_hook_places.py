"""Hooks and where they are: after writes through views, late ones, what they share with .grad."""

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


@case
def hooks_on_views_see_nothing_of_a_write(torch, say):
    def noted(name):
        return lambda g: say(name, g)

    base = leaf(torch, 1.0, 2.0, 3.0).clone()
    first, other = base[:2], base[1:]
    inner = first[:1]
    for name, t in (("first", first), ("other", other), ("inner", inner), ("base", base)):
        t.register_hook(noted("old " + name))
    inner.mul_(3)
    say(other.grad_fn.name())
    for name, t in (("other", other), ("inner", inner), ("base", base)):
        t.register_hook(noted("new " + name))
    (base.sum() + first.sum() + other.sum() + inner.sum()).backward()


@case
def hooks_on_a_view_wait_for_its_history(torch, say):
    for look in (False, True):
        base = leaf(torch, 1.0, 2.0).clone()
        view = base[:1]
        view.register_hook(lambda g: say("old", g))
        base.mul_(3)
        if look:
            say(view.grad_fn.name())
        view.register_hook(lambda g: say("new", g))
        (base.sum() + view.sum()).backward()


@case
def retained_gradient_of_a_written_view(torch, say):
    base = leaf(torch, 1.0, 2.0).clone()
    view, other = base[:1], base[:]
    view.retain_grad()
    other.retain_grad()
    view.register_hook(lambda g: g * 2)
    view.mul_(2)
    (view.sum() + (other * 2).sum()).backward()
    say(view.grad, other.grad)


@case
def posthook_shares_the_new_gradient(torch, say):
    def raised(p):
        p.grad.add_(0.5)

    for before in (None, torch.ones(3)):
        t = torch.ones(3, requires_grad=True)
        t.grad = before
        acc = t.view_as(t).grad_fn.next_functions[0][0]
        t.register_hook(lambda g: g - 2)
        acc.register_prehook(lambda gs: (gs[0] / 5,))
        t.register_post_accumulate_grad_hook(raised)

        def after(_, gs, t=t):
            say(gs[0], t.grad)
            t.grad = gs[0].mul(10)

        acc.register_hook(after)
        (t * 1).sum().backward()
        say(t.grad)


@case
def posthook_registered_while_its_node_runs(torch, say):
    node = []

    def unpack(t):
        def half(grads, given):
            say("half", grads, given)
            return tuple(None if g is None else g / 2 for g in grads)

        node[0].register_hook(half)
        return t

    x = leaf(torch, 1.0, 2.0)
    for tell in (False, True):
        with torch.autograd.graph.saved_tensors_hooks(lambda t: t, unpack):
            y = x.sin()
        node[:] = [y.grad_fn]
        if tell:
            y.grad_fn.register_hook(lambda grads, given: say("early", grads, given))
        y.sum().backward()
        say(x.grad)
        x.grad = None
