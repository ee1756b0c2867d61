"""In which turn hooks run: by output of a node, and by leaf of the node that used them last."""

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


@case
def hooks_of_outputs_stay_together(torch, say):
    a, b, c = leaf(torch, 1.0, 2.0, 3.0).unbind()
    order = []
    for name, t in (("b1", b), ("a1", a), ("b2", b), ("c1", c), ("a2", a), ("b3", b)):
        t.register_hook(lambda g, name=name: order.append(name))
    (a + b * 2 + c).backward(retain_graph=True)
    say(order)
    order.clear()
    d, e = leaf(torch, 1.0, 2.0).unbind()
    gone = e.register_hook(lambda g: order.append("gone"))
    d.register_hook(lambda g: order.append("d"))
    gone.remove()
    e.register_hook(lambda g: order.append("e"))
    (d + e).backward()
    say(order)
    order.clear()
    torch.autograd.grad((a * c).sum(), [b], allow_unused=True, retain_graph=True)
    b.backward()
    say(order)


@case
def hooks_of_leaves_in_the_order_of_use(torch, say):
    x, y, z = leaf(torch, 1.0), leaf(torch, 2.0), leaf(torch, 3.0)
    order = []
    for name, t in (("x", x), ("y", y), ("z", z)):
        t.register_hook(lambda g, name=name: order.append(name))
        t.register_post_accumulate_grad_hook(lambda p, name=name: order.append("." + name))
    (y * x + x).backward()
    say(order)
    order.clear()
    (z + (x + (z * y) * x)).backward()
    say(order)
    order.clear()
    torch.autograd.grad(z * y + x * y, [x, y, z])
    say(order)
    order.clear()
    torch.autograd.backward([x * 2, z * y])
    say(order)
