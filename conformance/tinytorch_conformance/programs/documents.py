"""What tutorials on automatic differentiation show, in programs of our own.

Each function takes the module and returns everything that the passage it stands for makes visible:
values, printed text, names of graph nodes, messages.
"""


def one_layer_graph(torch):
    torch.manual_seed(1)
    inputs, target = torch.ones(5), torch.zeros(3)
    weight = torch.randn(5, 3, requires_grad=True)
    bias = torch.randn(3, requires_grad=True)
    score = torch.matmul(inputs, weight) + bias
    loss = torch.nn.functional.binary_cross_entropy_with_logits(score, target)
    names = [str(t.grad_fn).partition(" object")[0] for t in (score, loss)]
    loss.backward()
    leaves = [weight.is_leaf, score.is_leaf]
    return [names, loss, repr(loss), repr(weight.grad), repr(bias.grad), leaves]


def one_layer_next_functions(torch):
    weight = torch.ones(5, 3, requires_grad=True)
    bias = torch.ones(3, requires_grad=True)
    score = torch.ones(5) @ weight + bias
    loss = torch.nn.functional.binary_cross_entropy_with_logits(score, torch.zeros(3))
    seen, front = [], [loss.grad_fn]
    while front:
        fn = front.pop(0)
        seen.append((type(fn).__name__, fn.name(), len(fn.next_functions)))
        front += [f for f, _ in fn.next_functions if f is not None]
    return seen


def tracking_switched_off(torch):
    w = torch.ones(4, 3, requires_grad=True)
    a = (torch.ones(4) @ w).requires_grad
    with torch.no_grad():
        b = (torch.ones(4) @ w).requires_grad
    c = (torch.ones(4) @ w).detach().requires_grad
    with torch.no_grad(), torch.enable_grad():
        d = (torch.ones(4) @ w).requires_grad

    @torch.no_grad()
    def quiet():
        return w * 2

    torch.set_grad_enabled(False)
    e = [(w * 2).requires_grad, torch.is_grad_enabled()]
    torch.set_grad_enabled(True)
    return [a, b, c, d, quiet().requires_grad, e, w.sum().requires_grad]


def jacobian_products(torch):
    x = torch.eye(4, 5, requires_grad=True)
    out = (x + 1).pow(2).t()
    out.backward(torch.ones_like(out), retain_graph=True)
    first = x.grad.clone()
    out.backward(torch.ones_like(out), retain_graph=True)
    second = repr(x.grad)
    x.grad.zero_()
    out.backward(torch.ones_like(out), retain_graph=True)
    return [first, second, repr(x.grad), repr(out.grad_fn).partition(" object")[0]]


def vector_jacobian(torch):
    torch.manual_seed(2)
    x = torch.randn(3, requires_grad=True)
    y = x * 2
    doublings = 0
    while y.data.norm() < 1000:
        y = y * 2
        doublings += 1
    v = torch.tensor([0.1, 1.0, 0.0001], dtype=torch.float)
    y.backward(v)
    return [doublings, repr(y), x.grad, repr(x.grad)]


def norm_by_hand(torch):
    torch.manual_seed(3)
    x = torch.randn(3, requires_grad=True)
    y = x * 2
    by_hand = torch.sqrt(torch.sum(torch.pow(y, 2)))
    return [repr(y), repr(y.data), repr(y.data.norm()), repr(by_hand)]


def mean_of_squares(torch):
    x = torch.ones(2, 2, requires_grad=True)
    y = x + 2
    z = y * y * 3
    out = z.mean()
    text = [repr(x), repr(y), repr(z), repr(out)]
    names = [t.grad_fn.name() for t in (y, z, out)]
    before = x.grad
    out.backward()
    return [text, names, before, repr(x.grad)]


def requires_grad_later(torch):
    torch.manual_seed(4)
    a = torch.randn(2, 2)
    a = (a * 3) / (a - 1)
    first = a.requires_grad
    a.requires_grad_(True)
    b = (a * a).sum()
    a.requires_grad = True
    with torch.no_grad():
        inside = (a**2).requires_grad
    return [first, a.requires_grad, b.grad_fn.name(), (a**2).requires_grad, inside, repr(b)]


def neurons_by_hand(torch):
    torch.manual_seed(5)
    a = torch.randn((3, 3), requires_grad=True)
    w1, w2, w3, w4 = (torch.randn((3, 3), requires_grad=True) for _ in range(4))
    b, c = w1 * a, w2 * a
    d = w3 * b + w4 * c
    loss = (10 - d).sum()
    names = [None if t.grad_fn is None else t.grad_fn.name() for t in (a, b, c, d, loss)]
    parents = [f.name() for f, _ in d.grad_fn.next_functions]
    loss.backward()
    return [names, parents, a.is_leaf, d.is_leaf, [w.grad for w in (a, w1, w2, w3, w4)]]


def vector_with_ones(torch):
    w = torch.full((3, 3), 0.5, requires_grad=True)
    loss = 10 - w * torch.arange(9.0).reshape(3, 3)
    loss.backward(gradient=torch.ones_like(loss))
    with torch.no_grad():
        w -= 0.1 * w.grad
    return [w, repr(w), w._version]


def accumulating_over_one_graph(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = (x**3).sum()
    y.backward(retain_graph=True)
    y.backward()
    return [x.grad, repr(x.grad)]


def dot_product(torch):
    x = torch.arange(4.0)
    x.requires_grad = True
    text = [repr(x), repr(x.grad)]
    y = 2 * torch.dot(x, x)
    y.backward()
    text += [repr(y), repr(x.grad), repr(x.grad == 4 * x)]
    x.grad.zero_()
    x.sum().backward()
    text.append(repr(x.grad))
    x.grad.zero_()
    (x * x).sum().backward()
    return [*text, repr(x.grad)]


def detached_factor(torch):
    x = torch.arange(4.0, requires_grad=True)
    y = x * x
    u = y.detach()
    (u * x).sum().backward()
    first = repr(x.grad == u)
    x.grad.zero_()
    y.sum().backward()
    return [first, repr(x.grad == 2 * x), u.requires_grad, u.grad_fn]


def control_flow(torch):
    def f(a):
        b = a * 2
        while b.norm() < 1000:
            b = b * 2
        return b if b.sum() > 0 else 100 * b

    found = []
    for seed in range(4):
        torch.manual_seed(seed)
        a = torch.randn(size=(), requires_grad=True)
        d = f(a)
        d.backward()
        found.append([repr(a), repr(d), repr(a.grad), repr(a.grad == d / a)])
    return found


def higher_derivatives(torch):
    x = torch.tensor(2.0, requires_grad=True)
    y = x**4
    found = []
    for _ in range(4):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
        found.append(repr(y))
    return found


def two_layer_clamp(torch):
    torch.manual_seed(0)
    x, y = torch.randn(64, 1000), torch.randn(64, 10)
    w1 = torch.randn(1000, 100, requires_grad=True)
    w2 = torch.randn(100, 10, requires_grad=True)
    loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()
    loss.backward()
    name = loss.grad_fn.name()
    with torch.no_grad():
        w1 -= 1e-6 * w1.grad
        w2 -= 1e-6 * w2.grad
        w1.grad.zero_()
        w2.grad.zero_()
    return [name, loss, w2, w1[:3, :4], w1._version, w1.grad.sum(), w1.requires_grad]


def relu_as_a_function(torch):
    class Rectify(torch.autograd.Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return input.clamp(min=0)

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            grad = grad_output.clone()
            grad[input < 0] = 0
            return grad

    x = torch.linspace(-2, 2, 6, requires_grad=True)
    out = Rectify.apply(x)
    (out * torch.arange(6.0)).sum().backward()
    return [repr(out).partition(" object")[0], out.grad_fn.name(), x.grad, repr(x.grad)]


def function_with_setup_context(torch):
    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(x, factor):
            return x * factor

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, ctx.factor = inputs
            ctx.save_for_backward(x, output)
            ctx.set_materialize_grads(False)

        @staticmethod
        def backward(ctx, g):
            _, out = ctx.saved_tensors
            return g * ctx.factor + 0 * out, None

    x = torch.tensor([1.0, -2.0], requires_grad=True)
    out = Scale.apply(x, 3.0)
    (g,) = torch.autograd.grad(out.sum(), x, create_graph=True)
    return [out, g, out.grad_fn.name(), g.requires_grad]


def linear_by_hand(torch):
    x = torch.tensor(3.0, requires_grad=True)
    z = (2 * x + 3) ** 2
    z.backward()
    return [repr(z), repr(x.grad), x.grad == 4 * (2 * x + 3)]


def hooks_and_retained(torch):
    seen = []
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: seen.append(g.clone()))
    handle = x.register_hook(lambda g: g * 10)
    y.sum().backward()
    handle.remove()
    first = x.grad.clone()
    (x * 2).sum().backward()
    return [seen, y.grad, first, x.grad]


def only_some_inputs(torch):
    a = torch.ones(2, requires_grad=True)
    b = torch.ones(2, requires_grad=True)
    c = torch.ones(2, requires_grad=True)
    (a * b).sum().backward(inputs=[a])
    grads = torch.autograd.grad((a * 3).sum(), [a, c], allow_unused=True)
    zeros = torch.autograd.grad((a * 3).sum(), [a, c], materialize_grads=True)
    return [a.grad, b.grad, grads, zeros]


def numerical_check(torch):
    x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    w = torch.tensor([[1.0, 2.0]], dtype=torch.float64, requires_grad=True)
    f = lambda x, w: torch.tanh(w * x).sum()  # noqa: E731
    return [torch.autograd.gradcheck(f, (x, w)), torch.autograd.gradgradcheck(f, (x, w))]


def reading_grad_of_an_inner_tensor(torch):
    import warnings

    x = torch.ones(2, requires_grad=True)
    y = x * 2
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = y.grad
    text = str(caught[0].message).partition(" (Triggered")[0]
    return [found, len(caught), caught[0].category.__name__, text]
