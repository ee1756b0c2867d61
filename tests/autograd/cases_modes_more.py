"""Inference mode, decorators, threads, anomaly mode, arguments of backward."""

import asyncio
import threading

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


@case
def more_inference(torch, say):
    with torch.inference_mode():
        a = torch.ones(2)
        say(a.is_inference(), a.requires_grad, torch.is_inference_mode_enabled())
        a.add_(1)
        b = a * 2
        v = a[:1]
        say(b.is_inference(), v.is_inference())
        with torch.inference_mode(False):
            c = torch.ones(2)
            say(c.is_inference())
            say.fails(lambda: a.add_(1))
            d = a * 2
            say(d.is_inference())
        say.fails(lambda: a._version)
        x = leaf(torch, 1.0, 2.0)
        say(x.is_inference(), x.requires_grad)
        y = x * 2
        say(y.requires_grad)
        say.fails(lambda: y.sum().backward())
    say.fails(lambda: a.add_(1))
    say.fails(lambda: a.requires_grad_())
    say((a * 2).is_inference())
    w = leaf(torch, 1.0, 2.0)
    say.fails(lambda: w * a)
    say((w + a).requires_grad)
    say(a.clone().is_inference(), a.detach().is_inference())
    say.fails(lambda: a.mul_(w))
    say.fails(lambda: torch.add(w.detach(), 1, out=a))
    say.fails(lambda: w.detach().copy_(a))
    say.fails(lambda: a.view(2).add_(1))
    n = torch.ones(2)
    with torch.inference_mode():
        n.add_(1)
        nv = n[:1]
        say(nv.is_inference(), n._version)
    nv.mul_(2)
    say(n)
    say.fails(lambda: setattr(a, "grad", torch.ones(2)) or a.grad)
    say.fails(lambda: a.backward())
    say.fails(lambda: torch.autograd.grad(w.sum(), a))

    @torch.inference_mode()
    def f(t):
        return t * 2

    say(f(w).is_inference())

    @torch.inference_mode
    def g(t):
        return t * 2

    say(g(w).is_inference())
    say(torch.is_inference(a), torch.is_inference(w))


@case
def more_decorators(torch, say):
    @torch.no_grad()
    def gen(n):
        for i in range(n):
            say("in", torch.is_grad_enabled())
            r = yield i
            say("got", r, torch.is_grad_enabled())
        return "end"

    g = gen(2)
    say(next(g), torch.is_grad_enabled())
    say(g.send("a"), torch.is_grad_enabled())
    try:
        next(g)
    except StopIteration as e:
        say(e.value)

    @torch.enable_grad()
    def bad():
        try:
            yield 1
        except ValueError:
            say("caught", torch.is_grad_enabled())
            yield 2
        finally:
            say("finally", torch.is_grad_enabled())

    with torch.no_grad():
        g = bad()
        next(g)
        say(g.throw(ValueError()), torch.is_grad_enabled())
        g.close()

    @torch.no_grad()
    async def co():
        return torch.is_grad_enabled()

    say(asyncio.run(co()))

    class A:
        @torch.no_grad()
        def m(self):
            return torch.is_grad_enabled()

        @torch.set_grad_enabled(False)
        def n(self):
            return torch.is_grad_enabled()

        @staticmethod
        @torch.no_grad()
        def st():
            return torch.is_grad_enabled()

    say(A().m(), A().n(), A.st(), torch.is_grad_enabled(), A.m.__name__)

    @torch.no_grad()
    class B:
        def __init__(self):
            self.v = torch.is_grad_enabled()

    say(B().v if not isinstance(B, type) or True else 0)
    f = torch.set_grad_enabled(False)(lambda: torch.is_grad_enabled())
    say(f(), torch.is_grad_enabled())
    with torch.set_grad_enabled(False) as c:
        say(c)
    say(repr(torch.set_grad_enabled(True)), torch.is_grad_enabled())
    say.fails(torch.set_grad_enabled, "a")


@case
def more_threads(torch, say):
    out = []

    def run():
        out.append(torch.is_grad_enabled())
        out.append(torch.is_inference_mode_enabled())
        out.append(torch.is_anomaly_enabled())

    with torch.no_grad(), torch.autograd.set_detect_anomaly(True):
        t = threading.Thread(target=run)
        t.start()
        t.join()
    say(out)
    x = torch.ones(3, requires_grad=True)

    def b():
        (x**2).sum().backward()

    ts = [threading.Thread(target=b) for _ in range(8)]
    [t.start() for t in ts]
    [t.join() for t in ts]
    say(x.grad)
    errs = []
    z = (x**2).sum()

    def c():
        try:
            z.backward()
        except Exception as e:
            errs.append(str(e)[:60])

    ts = [threading.Thread(target=c) for _ in range(3)]
    [t.start() for t in ts]
    [t.join() for t in ts]
    say(sorted(errs))


@case
def more_anomaly(torch, say):
    class N(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return g * float("nan")

    x = leaf(torch, 1.0)
    with torch.autograd.detect_anomaly():
        say.fails(lambda: N.apply(x).backward())
    with torch.autograd.detect_anomaly(check_nan=False):
        N.apply(x).backward()
        say(x.grad)
    with torch.autograd.set_detect_anomaly(True):
        say.fails(lambda: (x.detach().requires_grad_() * 0).sqrt().backward())
        say(torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled())
    say(torch.is_anomaly_enabled())
    torch.autograd.set_detect_anomaly(True, check_nan=False)
    say(torch.is_anomaly_check_nan_enabled())
    torch.autograd.set_detect_anomaly(False)
    y = N.apply(x)
    with torch.autograd.detect_anomaly():
        say.fails(y.backward)
    with torch.autograd.detect_anomaly():
        y = x.exp()
        say("traceback_" in y.grad_fn.metadata, type(y.grad_fn.metadata["traceback_"]).__name__)
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        say(sorted(g.grad_fn.metadata))


@case
def more_backward_args(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = x * 2
    say.fails(y.backward)
    say.fails(y.backward, torch.ones(3))
    say.fails(y.backward, 3)
    say.fails(torch.autograd.backward, [x * 1], [torch.ones(2), torch.ones(2)])
    say.fails(torch.autograd.backward, [y, y], [torch.ones(2)])
    say.fails(x.detach().backward)
    say.fails(torch.ones(1).backward)
    say.fails(torch.autograd.backward, 3)
    say.fails(torch.autograd.grad, y, [3], torch.ones(2))
    say.fails(torch.autograd.grad, y.sum(), [])
    say.fails(y.sum().backward, inputs=[])
    say.fails(y.sum().backward, inputs=[x.detach()])
    say.fails(torch.autograd.grad, y.sum(), x.detach())
    say.fails(
        torch.autograd.backward, y.sum(), grad_variables=torch.ones(()), grad_tensors=torch.ones(())
    )
    y.backward(torch.ones(2), inputs=x, retain_graph=True)
    say(x.grad)
    torch.autograd.backward((y,), torch.ones(2), inputs=(x,), retain_graph=True)
    say(x.grad)
    y.backward(torch.ones(2, dtype=torch.float64), retain_graph=True)
    say(x.grad)
    say.fails((x * 2).backward, torch.ones(2, dtype=torch.complex64))
    say.fails((x * 2).backward, torch.ones(2, dtype=torch.int64))
    say(
        torch.autograd.grad(
            [y, y * 2],
            [x],
            [torch.ones(2), None] if False else [torch.ones(2)] * 2,
            retain_graph=True,
        )
    )
    say.fails(torch.autograd.grad, [y, y], x, [torch.ones(2)])
    z = torch.ones(2, requires_grad=True)
    say(torch.autograd.grad(y.sum(), [x, z], allow_unused=True, retain_graph=True))
    say(torch.autograd.grad(y.sum(), [x, z], materialize_grads=True, retain_graph=True))
    say.fails(torch.autograd.grad, y.sum(), [x, z], retain_graph=True)
    say.fails(torch.autograd.grad, y.sum(), [x, z], allow_unused=False, materialize_grads=True)
    say(torch.autograd.grad(y, x, torch.eye(2), is_grads_batched=True, retain_graph=True))
    say.fails(torch.autograd.grad, y, x, torch.ones(2), is_grads_batched=True)
    say.fails(torch.autograd.grad, y, x, None, is_grads_batched=True)
    i = torch.ones(2, requires_grad=True).to(torch.complex64)
    say.fails(i.sum().backward)
    e = torch.ones(0, requires_grad=True)
    say.fails((e * 2).backward)
    (e * 2).sum().backward()
    say(e.grad)
    one = torch.ones(1, 1, requires_grad=True)
    (one * 3).backward()
    say(one.grad)
