"""Hooks keep nothing alive: graphs go when the last tensor of theirs does, without a collection."""

import gc
import weakref

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


def freed(say, what, made):
    """Say which tensors are gone once nothing but what the maker gave up refers to them."""
    gc.disable()
    try:
        refs = [weakref.ref(t) for t in made()]
        say(what, [ref() is None for ref in refs])
    finally:
        gc.enable()


@case
def hooks_keep_no_graph(torch, say):
    def on_tensor():
        x = leaf(torch, 1.0, 2.0)
        y = x * 2
        y.register_hook(lambda g: g)
        y.retain_grad()
        y.grad_fn.register_hook(lambda grads, given: None)
        y.grad_fn.register_prehook(lambda given: None)
        y.sum().backward()
        return x, y

    def on_leaf():
        x = leaf(torch, 1.0, 2.0)
        x.register_hook(lambda g: g)
        x.register_post_accumulate_grad_hook(lambda p: None)
        (x * 1).grad_fn.next_functions[0][0].register_hook(lambda grads, given: None)
        (x * 2).sum().backward()
        return (x,)

    def on_view():
        x = leaf(torch, 1.0, 2.0)
        y = x * 2
        v = y[:1]
        v.register_hook(lambda g: g)
        v.mul_(3)
        v.register_hook(lambda g: g)
        y.sum().backward()
        return x, y, v

    for made in (on_tensor, on_leaf, on_view):
        freed(say, made.__name__, made)


@case
def hooks_of_several_keep_no_results(torch, say):
    for mode in ("all", "any"):

        def made(mode=mode):
            x = leaf(torch, 1.0, 2.0)
            y, z = x * 2, x * 3
            torch.autograd.graph.register_multi_grad_hook([y, z], lambda g: None, mode=mode)
            (y + z).sum().backward()
            return y, z

        freed(say, mode, made)


@case
def hooks_of_several_places_that_went(torch, say):
    a, b = leaf(torch, 1.0, 2.0).unbind()
    seen = []
    torch.autograd.graph.register_multi_grad_hook([a, b], lambda gs: seen.append(gs))
    c = a * 3
    whole = c + b
    del a, b
    c.backward(retain_graph=True)
    say(seen)
    whole.backward()
    say(seen)
