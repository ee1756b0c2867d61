"""What nodes save, seen by writing to it; memory that results share, or do not, with operands."""

from transcript import case


def written(torch, say, f, *values):
    """Which operands and results of ``f`` may not be written to before backward."""
    for k in range(len(values) + 1):
        leaves = [torch.tensor(v, requires_grad=isinstance(v[0], float)) for v in values]
        xs = [t.clone() for t in leaves]
        out = f(*xs)
        outs = out if isinstance(out, tuple) else (out,)
        with torch.no_grad():
            for t in [xs[k]] if k < len(xs) else outs[:1]:
                t.zero_()
        grads = [t for t in leaves if t.requires_grad]
        try:
            torch.autograd.grad(outs[0].sum(), grads, allow_unused=True)
            say(k, "may be written")
        except RuntimeError as e:
            say(k, str(e))


@case
def op_saved_operands(torch, say):
    a, b, c = [0.5, 1.5, 2.5], [0.25, 2.0, 3.0], [1.0, 2.0, 4.0]
    i = torch.tensor([0, 2, 1])
    for f, *values in (
        (lambda x, y: x.div(y, rounding_mode="floor"), a, b),
        (lambda x, y, z: x.addcdiv(y, z), a, b, c), (lambda x, y, w: x.lerp(y, w), a, b, c),
        (lambda x: x.cummax(0), a), (lambda x: x.prod(), a), (lambda x: x.sgn(), a),
        (lambda x: x.angle(), a), (lambda x: x.erfinv(), [0.1, 0.2]), (lambda x: x.frexp(), a),
        (lambda x: torch.std_mean(x), a), (lambda x: torch.aminmax(x), a),
        (lambda x: x.gather(0, i), a), (lambda x, y: x.index_copy(0, i, y), a, b),
        (lambda x, y: x.index_add(0, i, y), a, b), (lambda x: x.take(i), a),
        (lambda x: x.masked_select(x > 1), a), (lambda x, y: torch.complex(x, y).real, a, b),
        (lambda x: x.kthvalue(2), a), (lambda x: x.median(0), a), (lambda x: x.mode(), a),
    ):  # fmt: skip
        written(torch, say, f, *values)


@case
def op_saved_indices(torch, say):
    for name, args in (("kthvalue", (2,)), ("median", (0,)), ("mode", ()), ("sort", ())):
        x = torch.tensor([0.5, 1.5, 2.5], requires_grad=True)
        values, index = getattr(x, name)(*args)
        index.zero_()
        say.fails(values.sum().backward)


@case
def op_saved_by_networks(torch, say):
    F = torch.nn.functional
    x = torch.arange(24.0).reshape(2, 3, 4)
    for f in (
        lambda x, w, b: F.conv1d(x, w, b), lambda x, w, b: F.batch_norm(x, None, None, b, b, True),
        lambda x, w, b: F.group_norm(x, 1, b, b), lambda x, w, b: F.avg_pool2d(x[None], 2) * b[0],
        lambda x, w, b: F.pad(x, (1, 1), "reflect") * b[0],
        lambda x, w, b: F.nll_loss(x[:, :, 0], torch.tensor([0, 1])) * b[0],
    ):  # fmt: skip
        for k in range(3):
            leaves = [x.clone(), torch.ones(3, 3, 2), torch.ones(3)]
            args = [t.requires_grad_().clone() for t in leaves]
            y = f(*args)
            torch.autograd.graph.increment_version(args[k])
            try:
                torch.autograd.grad(y.sum(), leaves, allow_unused=True)
                say(k, "may be written")
            except RuntimeError as e:
                say(k, str(e))


@case
def op_messages_name_types(torch, say):
    for dtype in (torch.complex64, torch.bfloat16, torch.float16, torch.float64):
        x = torch.ones(2, dtype=dtype, requires_grad=True)
        y = x.exp()
        y.detach().zero_()
        say.fails(y.backward, torch.ones(2, dtype=dtype))
    x = torch.ones(2, requires_grad=True)
    mask = torch.tensor([True, False])
    y = torch.where(mask, x, x)
    mask.zero_()
    say.fails(y.sum().backward)
    y = x * 1
    y.register_hook(lambda g: g.bfloat16())
    say.fails(y.sum().backward)


@case
def op_results_own_their_memory(torch, say):
    i = torch.tensor([0])
    for f in (
        lambda x: x.flip(0), lambda x: torch.fliplr(x), lambda x: torch.flipud(x),
        lambda x: x.rot90(), lambda x: x.diff(n=0), lambda x: x[0, 0].gather(0, i),
        lambda x: x[0, 0].index_select(0, i), lambda x: x[0].index_copy(0, i, x[1, :1]),
        lambda x: x[0, 0].sum_to_size(()), lambda x: x[:, ::2].ravel(),
    ):  # fmt: skip
        x = torch.arange(6.0).reshape(2, 3)
        y = f(x)
        before = y.clone()
        x.zero_()
        say(torch.equal(before, y), y.shape)


@case
def op_gradients_of_ranks(torch, say):
    x = torch.tensor([[3.0, 1.0, 2.0], [5.0, 9.0, 4.0]], requires_grad=True)
    q = torch.tensor([0.3, 0.8], requires_grad=True)
    for f in (torch.quantile, torch.nanquantile):
        out = f(x, q, dim=1)
        say(out, out._is_view(), torch.autograd.grad(out.sum(), [x, q]))
        say(f(x, q, dim=0, keepdim=True).shape, f(x, 0.5).shape, f(x, q, interpolation="lower"))


@case
def op_complex_factors(torch, say):
    a = torch.tensor([[1 + 2j, 3j]], requires_grad=True)
    b = torch.tensor([[2 - 1j, 1.0], [1j, 4 + 1j]], requires_grad=True)
    for f in (
        lambda: torch.addmm(a, a, b, beta=1 + 2j, alpha=2 - 3j),
        lambda: torch.addmv(a[0], b, a[0], beta=1 + 2j, alpha=2 - 3j),
        lambda: torch.addr(b, a[0], a[0], beta=1 + 2j, alpha=2 - 3j),
        lambda: torch.addbmm(a, a[None], b[None], beta=1 + 2j, alpha=2 - 3j),
        lambda: torch.baddbmm(a[None], a[None], b[None], beta=1 + 2j, alpha=2 - 3j),
    ):  # fmt: skip
        y = f()
        say(torch.autograd.grad(y, [a, b], torch.ones_like(y) * (1 - 1j)))


@case
def op_running_statistics(torch, say):
    F = torch.nn.functional
    x = torch.arange(24.0).reshape(2, 3, 4)
    for f in (F.instance_norm, lambda *a: F.batch_norm(*a, training=True)):
        mean, var = torch.zeros(3), torch.ones(3)
        f(x, mean, var)
        say(mean, var, mean._version, var._version)
