"""Nodes, edges, saved tensors and how long they live."""

import gc
import weakref

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


@case
def more_raw_saved_hooks(torch, say):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx, g):
            a, b = ctx.saved_tensors
            say(a, b)
            return g * b

    x = leaf(torch, 1.0, 2.0)
    y = F.apply(x)
    y.grad_fn._raw_saved_tensors[0].register_hooks(
        lambda t: (say("pack"), t * 2)[1], lambda t: (say("unpack"), t / 2)[1]
    )
    y.sum().backward()
    say(x.grad)
    a = x.pow(2)
    a.grad_fn._raw_saved_self.register_hooks(lambda t: 2 * t, lambda t: 3 * t)
    say.fails(a.grad_fn._raw_saved_self.register_hooks, lambda t: 2 * t, lambda t: 3 * t)
    say(a.grad_fn._saved_self)
    a.sum().backward()
    say(x.grad)
    say.fails(lambda: a.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t))
    b = x.exp()
    b.grad_fn._raw_saved_result.register_hooks(lambda t: 2 * t, lambda t: t * 2)
    say(b.grad_fn._saved_result)
    say.fails(b.grad_fn._raw_saved_result.register_hooks, 1, 2)
    c = x * 2
    say.fails(lambda: c.grad_fn._raw_saved_other.register_hooks(lambda t: t, lambda t: t))
    c = x * x.detach()
    say(c.grad_fn._saved_self, c.grad_fn._saved_other)
    say.fails(lambda: c.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t))
    say(type(c.grad_fn._raw_saved_other).__name__)
    say.fails(lambda: torch.autograd.SavedTensor())


@case
def more_saved_hooks_more(torch, say):
    sth = torch.autograd.graph.saved_tensors_hooks
    x = leaf(torch, 2.0, 3.0)
    with sth(
        lambda t: t + 1 if False else t, lambda t: (_ for _ in ()).throw(RuntimeError("no unpack"))
    ):
        y = x**2
    say.fails(y.sum().backward)
    say.fails(lambda: y.grad_fn._saved_self)

    def bad(t):
        t.mul_(2)
        return t

    with sth(bad, lambda t: t):
        say.fails(lambda: x.detach().clone().requires_grad_() ** 2)
    with sth(lambda t: 1, lambda t: 2):
        y = x**2
    say.fails(y.sum().backward)
    with sth(lambda t: t, lambda t: t):
        y = x**2
        z = y.exp()
    z.sum().backward()
    say(x.grad)
    say.fails(sth, 1)
    with sth(lambda t: t.detach().clone(), lambda t: t):
        y = x * x
    with torch.no_grad():
        x.mul_(2)
    y.sum().backward()
    say(x.grad)
    with torch.autograd.graph.disable_saved_tensors_hooks("not here"):
        with torch.autograd.graph.disable_saved_tensors_hooks("inner"):
            say.fails(lambda: sth(lambda t: t, lambda t: t).__enter__())
        say.fails(lambda: sth(lambda t: t, lambda t: t).__enter__())
    with sth(lambda t: t, lambda t: t):

        def f():
            with torch.autograd.graph.disable_saved_tensors_hooks("x"):
                pass

        say.fails(f)


@case
def more_save_on_cpu(torch, say):
    x = leaf(torch, 2.0, 3.0)
    with torch.autograd.graph.save_on_cpu():
        y = x**2
        z = y.exp()
    say(y.grad_fn._saved_self, z.grad_fn._saved_result, y.grad_fn._saved_self is x)
    z.sum().backward()
    say(x.grad)


@case
def more_allow_mutation(torch, say):
    amost = torch.autograd.graph.allow_mutation_on_saved_tensors
    with amost() as ctx:
        a = torch.ones(2, 3, requires_grad=True)
        b = a.clone()
        out = (b**2).sum()
        b.sin_()
        out.sum().backward()
        say(a.grad, b)
        ctx.clear()
    with amost():
        a = torch.ones(2, requires_grad=True)
        b = a.clone()
        c = b**2
        b.mul_(3)
        d = b * b
        b.zero_()
        (c + d).sum().backward()
        say(a.grad)
    with amost():
        a = torch.ones(3, requires_grad=True)
        b = a.clone()
        out = b**2
        b.sin_()
    say.fails(out.sum().backward)
    with amost():
        say.fails(lambda: amost().__enter__())
    with amost():
        a = torch.rand(3, requires_grad=True)
        say.fails(lambda: a.mul_(2))
        b = a * 1
        v = b[:2]
        o = (b**2).sum()
        v.zero_()
        o.backward()
        say(torch.allclose(a.grad, 2 * a))
    with amost():
        a = torch.ones(2, requires_grad=True)
        out = a.exp()
        y = out * 2
        out.mul_(5)
        y.sum().backward()
        say(a.grad)


@case
def more_node_identity(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = x * 2
    say(y.grad_fn is y.grad_fn, y.grad_fn.next_functions[0][0] is y.grad_fn.next_functions[0][0])
    acc = y.grad_fn.next_functions[0][0]
    say(acc.variable is x, acc.name(), type(acc).__name__, acc.next_functions, acc.metadata)
    acc.metadata["a"] = 1
    say(y.grad_fn.next_functions[0][0].metadata)
    y.grad_fn.metadata["k"] = 2
    say(y.grad_fn.metadata)
    say(y.grad_fn._sequence_nr() < (y * 2).grad_fn._sequence_nr())
    say(hash(y.grad_fn) == hash(y.grad_fn), y.grad_fn == y.grad_fn, y.grad_fn != (x * 2).grad_fn)
    say(str(type(y.grad_fn)), str(type(acc)))
    say.fails(lambda: type(y.grad_fn)())
    say.fails(lambda: torch.autograd.graph.Node())
    say(
        issubclass(type(y.grad_fn), torch.autograd.graph.Node),
        isinstance(acc, torch.autograd.graph.Node),
        issubclass(torch.Tensor, torch.autograd.graph.Node),
    )
    say(sorted(a for a in dir(y.grad_fn) if not a.startswith("__")))
    say(sorted(a for a in dir(acc) if not a.startswith("__")))


@case
def more_multigrad(torch, say):
    r = torch.autograd.graph.register_multi_grad_hook
    a, b, c = [leaf(torch, float(i)) for i in (1, 2, 3)]
    seen = []
    h = r((a, b, c), lambda gs: seen.append([None if g is None else g.item() for g in gs]))
    (a * b).sum().backward()
    say(seen)
    (a * b * c).sum().backward()
    say(seen)
    h.remove()
    (a * b * c).sum().backward()
    say(len(seen))
    seen.clear()
    with r((a, b), lambda g: seen.append(g.item()), mode="any"):
        (a * 2 + b * 3).sum().backward()
    say(seen)
    say.fails(r, (a,), print, mode="x")
    d = a * 2
    seen.clear()
    h = r((d, b), lambda gs: seen.append(len(gs)))
    (d * b).sum().backward(inputs=[a])
    say(seen)
    (d * b + 0).sum().backward() if False else None
    h = r((a, b), lambda gs: 1 / 0)
    say.fails((a * b).sum().backward)
    h.remove()
    say(type(h).__name__)
    d = a * 2
    e = d * b
    h = r((d, e), lambda gs: seen.append([g.item() for g in gs]))
    (e * 3).sum().backward(retain_graph=True)
    say(seen)
    torch.autograd.grad((e * 3).sum(), d)
    say(seen)


@case
def more_edges(torch, say):
    E = torch.autograd.graph.get_gradient_edge
    x = leaf(torch, 1.0, 2.0)
    y = x * 2
    e = E(y)
    say(type(e).__name__, e.node is y.grad_fn, e.output_nr, len(e), e._fields)
    z = y.exp()
    say(
        torch.autograd.grad(z.sum(), e, retain_graph=True),
        torch.autograd.grad(z.sum(), [E(x), x, e], retain_graph=True),
    )
    torch.autograd.backward(E(z), torch.ones(2), retain_graph=True)
    say(x.grad)
    say.fails(torch.autograd.backward, E(z))
    say.fails(torch.autograd.grad, E(z), x)
    say(torch.autograd.grad(E(z), x, torch.ones(2), retain_graph=True))
    z.sum().backward(inputs=[E(x)], retain_graph=True)
    say(x.grad)
    say.fails(E, x.detach())
    say.fails(E, 3)
    u, v = y.unbind()
    ev = E(v)
    say(ev.output_nr, torch.autograd.grad((u * v), ev, retain_graph=True))
    g = torch.autograd.graph.GradientEdge(y.grad_fn, 0)
    say(torch.autograd.grad(z.sum(), g, retain_graph=True))
    say.fails(z.sum().backward, inputs=[E(y)])
    s = (x * 3).sum()
    es = E(s)
    del s
    torch.autograd.backward(es)
    say(x.grad)


@case
def more_lifetimes(torch, say):
    class C:
        pass

    x = leaf(torch, 1.0, 2.0)
    y = x.exp()
    y.grad_fn.metadata["o"] = o = C()
    r = weakref.ref(o)
    del o
    y.sum()
    del y
    say(r() is None)

    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.o = C()
            kept.append(weakref.ref(ctx.o))
            y = x * 2
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx, g):
            return g

    kept = []
    gc.disable()
    y = F.apply(x)
    y.sum().backward()
    say(kept[0]() is None)
    del y
    say(kept[0]() is None)
    y = F.apply(x)
    z = y.exp()
    del y
    say(kept[1]() is None)
    del z
    say(kept[1]() is None)
    gc.enable()
    x = torch.ones(3, requires_grad=True)
    t = x * 2
    w = weakref.ref(t)
    u = t.exp()
    del t
    say(w() is None)
    t = x * 2
    w = weakref.ref(t)
    u = t * t
    del t
    say(w() is None)
    u.sum().backward()
    say(w() is None)
