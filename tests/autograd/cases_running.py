"""A running backward: what it tells about itself, what it leaves for its end, what it runs where no
gradient arrives, and how deep one may be in another."""

import warnings

from transcript import case


def leaf(torch, *values):
    return torch.tensor(values or 1.0, requires_grad=True)


@case
def backward_tells_its_number(torch, say):
    seen = []
    t = leaf(torch).clone()
    t.register_hook(lambda g: seen.append(torch._C._current_graph_task_id()))
    for _ in range(3):
        t.backward(retain_graph=True)
    say([k - seen[0] for k in seen], torch._C._current_graph_task_id())


@case
def backward_tells_its_order(torch, say):
    say.fails(torch._C._current_graph_task_execution_order)
    found = []

    def show(_):
        found[:] = torch._C._current_graph_task_execution_order()

    def names():
        return [n.name() for n in found]

    a, b = leaf(torch), leaf(torch)
    out = (b.sin() * a.cos()).exp()
    out.register_hook(show)
    with torch.autograd.set_multithreading_enabled(False):
        out.backward(retain_graph=True)
        say(names(), found[0] is out.grad_fn)
        torch.autograd.grad(out, (a,), retain_graph=True)
        say(names())
        c = a * 2
        one, two, three = c.sin(), c.cos(), c.cos()
        three.register_hook(show)
        torch.autograd.grad((one, three, two), (a, c))
        say(names())
    say.fails(out.backward)


@case
def backward_tells_the_node_that_runs(torch, say):
    seen = []

    def note(*_):
        node = torch._C._current_autograd_node()
        seen.append(None if node is None else node.name())

    class Noting(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            note()
            return x * 2

        @staticmethod
        def backward(ctx, g):
            note()
            return g * 2

    x = leaf(torch)
    y = Noting.apply(x.sin())
    y.backward()
    note()
    say(seen)


@case
def callbacks_at_the_end(torch, say):
    from torch.autograd import Variable

    queue = Variable._execution_engine.queue_callback
    say.fails(queue, lambda: None)
    ran = []

    class Queueing(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, inner):
            ctx.inner = inner
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            if ctx.inner:
                queue(lambda: ran.append("outer"))
                x = leaf(torch)
                with torch.enable_grad():
                    Queueing.apply(x, False).backward()
                ran.append("between")
            else:
                queue(lambda: ran.append("inner"))
                queue(lambda: queue(lambda: ran.append("queued by a callback")))
            return g, None

    x = leaf(torch)
    Queueing.apply(x, True).backward()
    say(ran, x.grad)

    def fail():
        raise ValueError("of a callback")

    y = x * 2
    y.register_hook(lambda g: queue(fail))
    say.fails(y.backward)
    x.grad = None
    (x * 3).backward()
    say(x.grad)


@case
def nodes_that_nothing_arrives_at(torch, say):
    ran = []

    def function(name, materialize, gives):
        class Named(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.set_materialize_grads(materialize)
                return (x * 1, x * 2) if name == "pair" else x * 1

            @staticmethod
            def backward(ctx, *gs):
                ran.append((name, [None if g is None else g.tolist() for g in gs]))
                return gs[0] if gives else None

        return Named.apply

    x, w = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    x.register_hook(lambda g: ran.append(("hook of x", g)))
    w.register_hook(lambda g: ran.append(("hook of w", g)))
    first = function("zeros", True, True)(x)
    first.register_hook(lambda g: ran.append(("hook", g)))
    second = function("none", False, True)(first.sin() * w)
    function("last", True, False)(second).sum().backward()
    say(ran, x.grad, w.grad)
    ran.clear()
    a, b = function("pair", False, True)(x)
    function("last", True, False)(a + b).sum().backward()
    say(ran, x.grad)
    ran.clear()
    a, b = function("pair", True, True)(x)
    y = function("last", True, False)(a).sum()
    say(torch.autograd.grad(y, (x,), allow_unused=True), ran)


@case
def hooks_that_nothing_arrives_at(torch, say):
    class Drops(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            return x * w

        @staticmethod
        def backward(ctx, g):
            return g * 2, None

    x, w = leaf(torch, 1.0), leaf(torch, 2.0)
    ran = []
    h = w.register_hook(lambda g: ran.append(("tensor", g)))
    w.register_post_accumulate_grad_hook(lambda t: ran.append("accumulated"))
    acc = (w * 1).grad_fn.next_functions[0][0]
    acc.register_prehook(lambda gs: ran.append(("pre", gs)))
    acc.register_hook(lambda gi, go: ran.append(("post", gi, go)))
    Drops.apply(x, w).backward()
    say(ran, w.grad)
    ran.clear()
    say(torch.autograd.grad(Drops.apply(x, w), (x, w), allow_unused=True), ran)
    h.remove()
    w.register_hook(lambda g: torch.tensor([7.0]) if g is None else g)
    Drops.apply(x, w).backward()
    say(w.grad)


@case
def order_of_a_hook_without_gradient(torch, say):
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(x, w)
            return x @ w

        @staticmethod
        def backward(ctx, g):
            return g @ ctx.saved_tensors[1].T, None

    ran = []

    class Noting(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            ran.append("before it")
            return g

    w = torch.ones(2, 2, requires_grad=True)
    w.register_hook(lambda g: ran.append("weight"))
    Product.apply(Noting.apply(torch.ones(2, 2, requires_grad=True)), w).sum().backward()
    say(ran)


@case
def backward_deep_in_backward(torch, say):
    levels = []

    class Deeper(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            with torch.enable_grad():
                ctx.x = x.detach().requires_grad_() - 1
            return ctx.x.detach()

        @staticmethod
        def backward(ctx, g):
            levels.append(torch.is_grad_enabled())
            if ctx.x < 0:
                return g
            with torch.enable_grad():
                Deeper.apply(ctx.x).sum().backward()
            return g

    for n in (300.0, 20.0):
        x = leaf(torch, n)
        Deeper.apply(x).sum().backward()
        say(x.grad, len(levels), set(levels))

    class Fails(Deeper):
        @staticmethod
        def backward(ctx, g):
            if ctx.x < 0:
                raise ValueError("at the bottom")
            with torch.enable_grad():
                Fails.apply(ctx.x).sum().backward()
            return g

    say.fails(Fails.apply(leaf(torch, 120.0)).sum().backward)
    say(torch.is_grad_enabled(), torch._C._current_graph_task_id())


@case
def anomalies_inside_anomalies(torch, say):
    class Inner(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            return a * 2 + b

        @staticmethod
        def backward(ctx, g):
            return g * float("nan"), g

    class Outer(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            ctx.save_for_backward(a)
            return a.sum(0, keepdim=True)

        @staticmethod
        def backward(ctx, g):
            (a,) = ctx.saved_tensors
            g = g.expand(3)
            return Inner.apply(g * a, g + a)

    for early in (False, True):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            x = torch.ones(3, requires_grad=True)

            def gradient(x=x):
                return torch.autograd.grad(Outer.apply(x), x, create_graph=True)[0]

            g = None if early else gradient()
            with torch.autograd.detect_anomaly():
                g = gradient() if early else g
                say.fails(g.sum().backward)
        said = [str(w.message).strip() for w in caught]
        said = [m.split(" (Triggered")[0].partition(":\n")[0] for m in said]
        say(*[m + "\n" for m in said if "create_graph=True" not in m])


@case
def anomaly_whose_warning_is_an_error(torch, say):
    import contextlib
    import io

    printed = io.StringIO()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with torch.autograd.detect_anomaly():
            warnings.simplefilter("error")
            with contextlib.redirect_stderr(printed):
                x = torch.ones(5, requires_grad=True)
                y = x + 1
                z = y**2
                y += 1
                say.fails(torch.autograd.grad, z.sum(), x)
    say(len(caught), printed.getvalue().partition("\n")[0])


@case
def views_made_again(torch, say):
    def name(x):
        y = x.clone().view(-1)
        y.add_(1)
        return y.grad_fn.name()

    force = torch.autograd._force_original_view_tracking
    x = torch.ones(2, 2, requires_grad=True)
    enabled = torch.autograd.is_view_replay_enabled
    say(name(x), enabled())
    for mode in (True, False):
        with force(mode):
            say(name(x), enabled())
        say(enabled())
    with force(False):
        force(True)
        say(name(x), enabled())
    say(enabled())

    @force(True)
    def inside():
        return name(x), enabled()

    say(inside(), enabled())
    force(True)
    y = x * 1
    v = y.t()
    y.mul_(2)
    say(v.grad_fn.name(), torch.autograd.grad(v.sum(), x))
    force(False)


@case
def versions_set_by_hand(torch, say):
    x = torch.ones(2, requires_grad=True).clone()
    x.add_(1).add_(2)
    y = torch.ones(2)
    with torch.autograd._unsafe_preserve_version_counter((x, y)):
        x.mul_(2)
        y.mul_(3)
    say(x._version, y._version)
    torch._C._autograd._unsafe_set_version_counter((x, y), (0, 7))
    say(x._version, y._version)
    say.fails(torch._C._autograd._unsafe_set_version_counter, (x,), (-1,))


@case
def unpacked_as_it_is(torch, say):
    found, given = [], []

    class Keeps(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(y)
            return x * 1

        @staticmethod
        def backward(ctx, g):
            found.append(ctx.saved_tensors[0])
            return g, None

    def remember(t):
        given.append(t)
        return t

    x = leaf(torch)
    for y in (torch.tensor(2.0), torch.ones(2)[0], leaf(torch), leaf(torch) * 1):
        for unpack in (remember, lambda t: remember(t.detach()),
                       lambda t: remember(torch.ones(2)[0])):  # fmt: skip
            with torch.autograd.graph.saved_tensors_hooks(lambda t: t, unpack):
                z = Keeps.apply(x, y)
            z.backward(retain_graph=True)
            t = found.pop()
            say(t is y, t is given.pop(), t.requires_grad, t._is_view(), t.grad_fn is y.grad_fn)
    y = torch.tensor(3.0)
    torch.utils.checkpoint.checkpoint(Keeps.apply, x, y, use_reentrant=False).backward()
    say(found.pop() is y)
