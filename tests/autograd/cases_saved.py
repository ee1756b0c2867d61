"""What nodes save: hooks on saved tensors, anomaly mode, checks of versions."""

from transcript import case


def leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


@case
def saved_hooks(torch, say):
    x = leaf(torch, 1.0, 2.0)

    def pack(t):
        say("pack", t)
        return t * 1, "note"

    def unpack(p):
        say("unpack", p[1])
        return p[0]

    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = x * x
        z = y.exp()
        w = z + 1
    say(torch.is_grad_enabled())
    w.sum().backward()
    say(x.grad)


@case
def saved_hooks_change_values(torch, say):
    x = leaf(torch, 1.0, 2.0)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t * 10, lambda t: t):
        y = x**2
    y.sum().backward()
    say(x.grad)


@case
def saved_hooks_inner_wins(torch, say):
    from torch.autograd.graph import saved_tensors_hooks

    x = leaf(torch, 1.0, 2.0)
    with saved_tensors_hooks(lambda t: say("outer") or t, lambda t: t):
        with saved_tensors_hooks(lambda t: say("inner") or t, lambda t: t):
            x * x
        x.exp()


@case
def saved_hooks_errors(torch, say):
    from torch.autograd.graph import disable_saved_tensors_hooks, saved_tensors_hooks

    x = leaf(torch, 1.0, 2.0)
    with saved_tensors_hooks(lambda t: t, lambda t: 5):
        y = x * x
    say.fails(y.sum().backward)
    with saved_tensors_hooks(lambda t: t.add_(1), lambda t: t):
        say.fails(lambda: (x * 1) * (x * 2))

    def broken(t):
        raise ValueError("broken pack")

    with saved_tensors_hooks(broken, lambda t: t):
        say.fails(lambda: x * x)
    with disable_saved_tensors_hooks("not here"):

        def use():
            with saved_tensors_hooks(lambda t: t, lambda t: t):
                pass

        say.fails(use)
    use()


@case
def saved_hooks_with_function(torch, say):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x * x
            ctx.save_for_backward(x, y, None)
            return y

        @staticmethod
        def backward(ctx, g):
            x, y, none = ctx.saved_tensors
            say("in backward", x, y, none)
            return 2 * x * g

    x = leaf(torch, 3.0)
    hooks = torch.autograd.graph.saved_tensors_hooks
    with hooks(lambda t: say("pack", t) or t, lambda t: say("unpack") or t):
        y = Square.apply(x)
    y.backward()
    say(x.grad)


@case
def save_on_cpu(torch, say):
    x = leaf(torch, 1.0, 2.0)
    with torch.autograd.graph.save_on_cpu():
        y = (x * x).exp()
    y.sum().backward()
    say(x.grad)


@case
def saved_hooks_second_order(torch, say):
    x = leaf(torch, 2.0)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        y = x**3
        (g,) = torch.autograd.grad(y, x, create_graph=True)
    say(torch.autograd.grad(g, x))


@case
def saved_hooks_and_attribute(torch, say):
    x = leaf(torch, 2.0)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t + 1, lambda t: t * 10):
        y = x * x
        e = x.exp()
    say(y.grad_fn._saved_self, e.grad_fn._saved_result)


@case
def saved_raw(torch, say):
    x = leaf(torch, 2.0)
    y = x * x
    y.grad_fn._raw_saved_self.register_hooks(lambda t: t * 10, lambda t: t)
    y.backward()
    say(x.grad)


@case
def anomaly_nan(torch, say):
    x = leaf(torch, 0.0)
    with torch.autograd.detect_anomaly():
        y = (x.sqrt() * 0).sum()
        try:
            y.backward()
        except RuntimeError as e:
            say(e)
    say(torch.is_anomaly_enabled())


@case
def anomaly_switch(torch, say):
    say(torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled())
    with torch.autograd.set_detect_anomaly(True, check_nan=False):
        say(torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled())
        x = leaf(torch, 0.0)
        (x.sqrt() * 0).sum().backward()
        say(x.grad)
    torch.autograd.set_detect_anomaly(True)
    say(torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled())
    torch.autograd.set_detect_anomaly(False)
    say(torch.is_anomaly_enabled())


@case
def version_errors(torch, say):
    x = leaf(torch, 1.0, 2.0)
    a = x * 2
    b = a * a
    a.add_(1)
    say.fails(b.sum().backward)
    e = x.exp()
    e.mul_(2)
    say.fails(e.sum().backward)
    s = x.sigmoid()
    t = s * 3
    s += 1
    s += 1
    say.fails(t.sum().backward)
    c = torch.ones(2)
    d = x * c
    c[0] = 5
    say.fails(d.sum().backward)
    m = torch.ones(2, 3)
    n = torch.ones(3, 2, requires_grad=True)
    p = m @ n
    m.zero_()
    say.fails(p.sum().backward)
    v = (x * 2).view(2, 1)
    w = v.tanh()
    v.mul_(2)
    w.sum().backward()
    u = x * 1
    q = u.view(2, 1) ** 2
    u.add_(1)
    say.fails(q.sum().backward)
    say(x.grad)


@case
def version_ok(torch, say):
    x = leaf(torch, 1.0, 2.0)
    a = x * 2
    b = a + 3
    a.mul_(2)
    (a * 2 + b).sum().backward()
    say(x.grad)
    x.grad = None
    a = x * 2
    a.mul_(a.detach())
    say.fails(a.sum().backward)
    a = x * 2
    a.mul_(a.detach().clone())
    a.sum().backward()
    say(x.grad)


@case
def version_of_custom_function(torch, say):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x * x
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx, g):
            x, _ = ctx.saved_tensors
            return 2 * x * g

    x = leaf(torch, 1.0, 2.0)
    a = x * 1
    b = Square.apply(a)
    a.add_(1)
    say.fails(b.sum().backward)
    a = x * 1
    b = Square.apply(a)
    b.add_(1)
    say.fails(b.sum().backward)


@case
def data_hides_versions(torch, say):
    x = leaf(torch, 1.0, 2.0)
    a = x * 2
    b = a * a
    a.data.add_(1)
    say(a._version)
    b.sum().backward()
    say(x.grad)
    c = x * 2
    d = c * c
    c.detach().add_(1)
    say(c._version)
    say.fails(d.sum().backward)
