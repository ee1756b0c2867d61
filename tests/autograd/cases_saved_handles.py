"""``_raw_saved_*``: what the hooks of one saved tensor are given, what it shows, its refusals."""

from transcript import case


def same(x):
    return x


def pair(torch):
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            z = x * y
            ctx.save_for_backward(x, y, z, None)
            return z

        @staticmethod
        def backward(ctx, g):
            x, y, _, _ = ctx.saved_tensors
            return g * y, g * x

    a = torch.ones(2, requires_grad=True)
    b = a * 1.5
    return a, b, Product.apply


@case
def handle_refusals(torch, say):
    a, b, product = pair(torch)
    y = product(a, b)  # torch's handles do not keep their node alive
    raw = y.grad_fn._raw_saved_tensors
    say(len(raw), [type(s) is torch.autograd.SavedTensor for s in raw])
    for args in ((), (1, 1), (1,), (None, None, None)):
        say.fails(raw[0].register_hooks, *args)
    say.fails(raw[0].register_hooks, arg0=1, arg1=None)
    say.fails(raw[3].register_hooks, same, same)
    say(raw[3].unpack(), raw[3].data, raw[3].unpack_hook)
    raw[0].register_hooks(same, same)
    say.fails(raw[0].register_hooks, same, same)
    say(raw[0].unpack_hook is same)
    say.fails(torch.autograd.SavedTensor)
    say.fails(torch.autograd.SavedTensor, 1)
    number = (a * 3.0).grad_fn
    say(number._raw_saved_self.data)
    say.fails(number._raw_saved_self.register_hooks, same, same)


@case
def handle_shows_results_alone(torch, say):
    a, b, product = pair(torch)
    for y in (b.exp(), product(a, b)):
        n = y.grad_fn
        s = n._raw_saved_tensors[2] if hasattr(n, "_raw_saved_tensors") else n._raw_saved_result
        say(s.data, s.unpack_hook)
        say.fails(s.unpack)


@case
def handle_once_freed(torch, say):
    a, b, product = pair(torch)
    for y, name in ((a.exp(), "result"), (a * a, "self")):
        s = getattr(y.grad_fn, "_raw_saved_" + name)
        y.sum().backward()
        say(s.data, s.unpack_hook)
        say.fails(s.unpack)
        say.fails(s.register_hooks, same, same)
    y = product(a, b)
    y.sum().backward()
    say.fails(getattr, y.grad_fn, "_raw_saved_tensors")
    say.fails(getattr, y.grad_fn, "saved_tensors")


@case
def handle_hooks_get_data_alone(torch, say):
    a, b, product = pair(torch)

    def shown(x):
        say(x is a, x is b, x)
        return x

    c = a * b
    for s in (c.grad_fn._raw_saved_self, c.grad_fn._raw_saved_other):
        s.register_hooks(shown, same)
        say(s.data is a, s.data is b, s.data)
    say(c.grad_fn._saved_self, c.grad_fn._saved_other)
    y = product(a, b)
    for s in y.grad_fn._raw_saved_tensors[:3]:
        s.register_hooks(shown, same)
    e = b.exp()
    e.grad_fn._raw_saved_result.register_hooks(shown, same)
    say(e.grad_fn._saved_result)
    with torch.autograd.graph.saved_tensors_hooks(shown, same):
        c = a * b
        b.exp()
        product(a, b)
    c.sum().backward()
    say(a.grad)
