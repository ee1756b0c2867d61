"""Hooks: their order, what they may return, pickles and writes."""

import copy
import pickle
import warnings
import weakref

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


@case
def more_hooks_prepend(torch, say):
    x = leaf(torch, 1.0)
    y = x * 2
    order = []
    y.register_hook(lambda g: order.append("t1"))
    y.grad_fn.register_prehook(lambda g: order.append("pre"))
    y.grad_fn.register_hook(lambda a, b: order.append("post"))
    y.retain_grad()
    y.register_hook(lambda g: order.append("t2"))
    x.register_hook(lambda g: order.append("x"))
    x.register_post_accumulate_grad_hook(lambda t: order.append("acc"))
    a = y.grad_fn.next_functions[0][0]
    a.register_prehook(lambda g: order.append("apre"))
    a.register_hook(lambda i, o: order.append(("apost", i, len(o))))
    y.backward()
    say(order, y.grad)


@case
def more_hook_wrong(torch, say):
    x = leaf(torch, 1.0, 2.0)

    def tw(f):
        y = x * 2
        y.register_hook(f)
        try:
            y.sum().backward()
        except Exception as e:
            say("!", e)
        else:
            say(x.grad)

    for f in (lambda g: 3, lambda g: g.double(), lambda g: g[:1], lambda g: (g,), lambda: None):
        tw(f)

    def np(f, kind):
        y = x * 2
        getattr(y.grad_fn, kind)(f)
        try:
            y.sum().backward()
        except Exception as e:
            say("!", e)
        else:
            say(x.grad)

    for f in (
        lambda g: 3,
        lambda g: (3,),
        lambda g: (),
        lambda g: (g[0], g[0]),
        lambda g: [g[0]],
        lambda g: g[0],
        lambda g: (None,),
    ):
        np(f, "register_prehook")
    for f in (
        lambda i, o: 3,
        lambda i, o: (3,),
        lambda i, o: (),
        lambda i, o: (i[0],),
        lambda i, o: i,
        lambda i, o: [i[0], None],
        lambda i, o: i[0],
        lambda i, o: (None, None),
    ):
        np(f, "register_hook")
    say.fails(x.detach().register_hook, lambda g: g)
    say.fails((x * 2).register_post_accumulate_grad_hook, lambda t: t)
    say.fails(x.detach().register_post_accumulate_grad_hook, lambda t: t)
    x.register_post_accumulate_grad_hook(lambda t: 5)
    say.fails((x * 2).sum().backward)


@case
def more_hook_handles(torch, say):
    x = leaf(torch, 1.0)
    seen = []
    with x.register_hook(lambda g: seen.append(1)) as h:
        x.clone().backward()
    x.clone().backward()
    say(seen, type(h).__name__)
    h = x.register_hook(lambda g: g * 2)
    h.remove()
    h.remove()
    say(x._backward_hooks)
    x.register_hook(lambda g: g * 3)
    say(len(x._backward_hooks))
    y = x * 2
    say(y._backward_hooks)
    y.register_hook(lambda g: g)
    say(len(y._backward_hooks))
    x.grad = None
    y.backward()
    say(x.grad)


@case
def more_grad_nonleaf_hooks(torch, say):
    x = leaf(torch, 1.0, 2.0)
    a = x * 2
    a.register_hook(lambda g: g * 10)
    b = a * 3
    say(
        torch.autograd.grad(b.sum(), a, retain_graph=True),
        torch.autograd.grad(b.sum(), [x, a], retain_graph=True),
    )
    a.grad_fn.register_prehook(lambda g: (g[0] * 100,))
    say(
        torch.autograd.grad(b.sum(), a, retain_graph=True),
        torch.autograd.grad(b.sum(), [x, a], retain_graph=True),
    )
    x.register_hook(lambda g: g + 1)
    say(torch.autograd.grad(b.sum(), x))


@case
def more_retain_grad_cycle(torch, say):
    x = leaf(torch, 1.0, 2.0)
    h = x * 3
    r = weakref.ref(h)
    h.retain_grad()
    o = (h * h).sum()
    del h
    say(r() is None)
    o.backward()
    say(x.grad)
    h = x * 3
    h.retain_grad()
    h.retain_grad()
    (h * h).sum().backward()
    say(h.grad, h.retains_grad)
    (h.detach() * x).sum().backward()
    say(h.grad)
    say(x.retains_grad)
    x.retain_grad()
    say(x.retains_grad)
    say.fails(x.detach().retain_grad)
    h = x * 3
    h.retain_grad()
    h.register_hook(lambda g: g * 2)
    h.sum().backward()
    say(h.grad)
    h = x * 3
    h.register_hook(lambda g: g * 2)
    h.retain_grad()
    h.sum().backward()
    say(h.grad)
    h = x * 3
    h.retain_grad()
    h.grad_fn.register_prehook(lambda g: (g[0] * 5,))
    h.sum().backward()
    say(h.grad)


@case
def more_post_acc(torch, say):
    x = leaf(torch, 1.0, 2.0)
    log = []
    h1 = x.register_post_accumulate_grad_hook(lambda t: log.append(t.grad.tolist()))
    h2 = x.register_post_accumulate_grad_hook(lambda t: setattr(t, "grad", None))
    (x * 2).sum().backward()
    say(log, x.grad)
    h2.remove()
    (x * 2).sum().backward()
    (x * 2).sum().backward()
    say(log, x.grad)
    torch.autograd.grad((x * 2).sum(), x)
    say(len(log))
    (x * 2).sum().backward(inputs=[x])
    say(len(log))
    h1.remove()
    (x * 2).sum().backward()
    say(len(log))
    x = leaf(torch, 1.0)
    o = []
    x.register_post_accumulate_grad_hook(lambda t: o.append("p"))
    x.register_hook(lambda g: o.append("h"))
    y = x * 1
    y.register_hook(lambda g: o.append("y"))
    (y * x).backward()
    say(o)
    x = leaf(torch, 1.0)
    x.register_post_accumulate_grad_hook(
        lambda t: (
            say(torch.is_grad_enabled()),
            t.sub_(t.grad) if not torch.is_grad_enabled() else None,
        )[0]
    )
    (x * 2).backward()
    say(x)


@case
def more_hooks_inplace(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(("a", g.tolist())))
    y.mul_(3)
    y.register_hook(lambda g: seen.append(("b", g.tolist())))
    y.sum().backward()
    say(seen)
    seen.clear()
    b = x * 1
    v = b[:1]
    v.register_hook(lambda g: seen.append(("v", g.tolist())))
    b.mul_(2)
    v.sum().backward()
    say(seen)
    seen.clear()
    b = x * 1
    v = b[:1]
    b.register_hook(lambda g: seen.append(("b", g.tolist())))
    v.mul_(2)
    b.register_hook(lambda g: seen.append(("b2", g.tolist())))
    b.sum().backward()
    say(seen)
    seen.clear()
    b = x * 1
    b.retain_grad()
    b.mul_(4)
    b.retain_grad()
    (b * 3).sum().backward()
    say(b.grad)
    seen.clear()
    b = x * 1
    b.retain_grad()
    v = b.view(-1)
    v.mul_(4)
    (b * 3).sum().backward()
    say(b.grad, v.retains_grad)
    y = x * 2
    y.register_hook(lambda g: g * y)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    say(g.requires_grad)
    say(torch.autograd.grad(g.sum(), x))


@case
def more_pickle(torch, say):
    x = leaf(torch, 1.0, 2.0)
    z = pickle.loads(pickle.dumps(x))
    say(z, z.requires_grad, z.is_leaf)
    y = x * 2
    say.fails(lambda: copy.deepcopy(y))
    x.grad = torch.ones(2)
    c = copy.deepcopy(x)
    say(c, c.grad, c.grad is x.grad)
    c = copy.copy(x)
    say(c.requires_grad, c is x)
    x.foo = 3
    say(copy.deepcopy(x).foo, pickle.loads(pickle.dumps(x)).__dict__.get("foo"))
    p = torch.nn.Parameter(torch.ones(2))
    q = pickle.loads(pickle.dumps(p))
    say(type(q).__name__, q.requires_grad, copy.deepcopy(p).requires_grad)
    x.register_hook(say)
    with warnings.catch_warnings(record=True) as w:
        warnings.simplefilter("always")
        pickle.dumps(x)
        say([str(i.message)[:60] for i in w])
