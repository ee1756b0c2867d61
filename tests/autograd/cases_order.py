"""In which order nodes run once somebody has numbered them, and what a running backward tells."""

import threading

from transcript import case


@case
def numbered_nodes(torch, say):
    x, y, z = (torch.ones(2, requires_grad=True) for _ in range(3))
    a, b = x + y, y + z
    c = a + b
    for t, n in ((a, 100), (b, 99), (c, 98)):
        t.grad_fn._set_sequence_nr(n)
    say([t.grad_fn._sequence_nr() for t in (a, b, c)])
    order = []
    for name, t in (("a", a), ("b", b), ("c", c)):
        t.register_hook(lambda g, name=name: order.append(name))
    c.sum().backward()
    say(order, x.grad, y.grad, z.grad)


@case
def numbered_backwards(torch, say):
    """Numbers that go against the graph change who is first among those that may run, no more."""
    x = torch.tensor(2.0, requires_grad=True)
    order = []
    ts = [x * 1]
    for k in range(6):
        ts.append(ts[-1] * ts[max(0, k - 2)])
    p, q = torch.stack(ts).unbind()[2:4]
    ts += [p, q, p * q]
    for k, t in enumerate(ts):
        t.grad_fn._set_sequence_nr((k * 7) % 11)
        t.register_hook(lambda g, k=k: order.append(k))
    (ts[-1] + sum(ts[1:7])).backward()
    say(order, x.grad)


@case
def keeping_the_graph(torch, say):
    said = []

    class Asks(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            said.append(torch._C._autograd._get_current_graph_task_keep_graph())
            return g

    x = torch.ones(2, requires_grad=True)
    out = Asks.apply(x).sum()
    for how in ({"retain_graph": True}, {"create_graph": True}, {}):
        out.backward(**how)
    torch.autograd.grad(Asks.apply(x).sum(), x, create_graph=True)
    torch.autograd.grad(Asks.apply(x).sum(), x)
    say(said, torch._C._autograd._get_current_graph_task_keep_graph())


def in_threads(n, fn, *args):
    """Run ``fn`` in threads at once; the errors that they ended with."""
    errors, lock, start = [], threading.Lock(), threading.Barrier(n)

    def run():
        start.wait()
        try:
            fn(*args)
        except Exception as e:
            with lock:
                errors.append(e)

    threads = [threading.Thread(target=run) for _ in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return errors


@case
def many_threads(torch, say):
    """Shared leaves get all sums; a hook of several tensors answers for each backward apart."""
    x = torch.ones(3, 3, requires_grad=True)
    say(in_threads(8, lambda: ((x + 3) * (x + 4) * 0.5).sum().backward()), x.grad)
    y = x.detach().requires_grad_()
    z = y + y**2
    failed = in_threads(5, lambda: (z + z**2).sum().backward())
    say(len(failed) < 5, all("Specify retain_graph=True" in str(e) for e in failed))
    y.grad = None
    z = y + y**2
    say(in_threads(5, lambda: (z + z**2).sum().backward(retain_graph=True)), y.grad)
    for mode in ("all", "any"):
        ts = [torch.ones(2, requires_grad=True) for _ in range(4)]
        seen, runs, lock = [], [], threading.Lock()

        def hook(g, mode=mode, seen=seen, lock=lock):
            with lock:
                seen.append([t is not None for t in g] if mode == "all" else tuple(g.shape))

        class Fails(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x

            @staticmethod
            def backward(ctx, g, runs=runs, lock=lock):
                with lock:
                    runs.append(1)
                    if len(runs) == 1:
                        raise RuntimeError("the first fails")
                return g

        handle = torch.autograd.graph.register_multi_grad_hook(ts, hook, mode=mode)
        out = (ts[1] * ts[2]).sum()
        say(in_threads(5, lambda out=out: out.backward(inputs=ts[1:3], retain_graph=True)))  # noqa: B023
        say(mode, len(seen), seen[0])
        seen.clear()
        out = (Fails.apply(ts[1]) * ts[2]).sum()
        say(in_threads(5, lambda out=out: out.backward(inputs=ts[1:3], retain_graph=True)))  # noqa: B023
        say(mode, len(seen), seen[0])
        handle.remove()
