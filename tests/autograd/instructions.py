"""What the instructions of a random program do: `name: function(machine, i, j, k)`."""

SHAPES = [(), (2,), (3,), (2, 3), (1, 3)]


def leaf(m, i, j, k):
    """A leaf; not in inference mode, outside which torch records only some ops on such a one."""
    t = m.fill(SHAPES[i % 5])
    return t if t.is_inference() else t.requires_grad_()


def unary(f):
    return lambda m, i, j, k: f(m.pick(i))


def computed(f):
    return lambda m, i, j, k: f(m.operand(i))


def binary(f):
    return lambda m, i, j, k: f(m.operand(i), m.operand(j))


def write(f):
    def run(m, i, j, k):
        a, b = m.pick(i), m.pick(j)
        f(a, b if a is b else b.clone())  # in memory shared in part, torch's order of steps shows

    return run


def opaque(m, g):
    """A gradient behind a node that hides which rules have computed it, as these are our own."""
    torch = m.torch

    class Opaque(torch.autograd.Function):
        @staticmethod
        def forward(ctx, g):
            return (g * 1).contiguous()

        @staticmethod
        def backward(ctx, g):
            return g.clone()

    return Opaque.apply(g)


def backward(m, i, j, k):
    m.pick(i).sum().backward(retain_graph=bool(k % 2))


def backward_seeded(m, i, j, k):
    t = m.pick(i)
    t.backward(m.fill(tuple(t.shape)), retain_graph=bool(k % 2), create_graph=k == 4)


def backward_inputs(m, i, j, k):
    if any(m.pick(x) is t for x in (j, k) for t in m.turned):
        return  # torch retains no gradient of what was turned in place
    m.pick(i).sum().backward(retain_graph=bool(k % 2), inputs=[m.pick(j), m.pick(k)])


def backward_two(m, i, j, k):
    m.torch.autograd.backward([m.pick(i).sum(), m.pick(j).mean()], retain_graph=bool(k % 2))


def grad(m, i, j, k):
    (g,) = m.torch.autograd.grad(m.pick(i).sum(), m.pick(j), create_graph=bool(k % 2),
                                 retain_graph=True)  # fmt: skip
    return opaque(m, g)


def grad_two(m, i, j, k):
    found = m.torch.autograd.grad(
        m.pick(i).sum(), [m.pick(j), m.pick(k)], retain_graph=bool(k % 2), allow_unused=True,
        materialize_grads=bool(j % 2),
    )  # fmt: skip
    return [opaque(m, g) for g in found if g is not None]


def grad_batched(m, i, j, k):
    if m.handles or any(t.retains_grad for t in m.pool):
        return None  # hooks and retained gradients are of the whole batch at once
    t = m.pick(i)
    seeds = m.torch.stack([m.fill(tuple(t.shape)), m.fill(tuple(t.shape))])
    (g,) = m.torch.autograd.grad(t, m.pick(j), seeds, retain_graph=True, is_grads_batched=True)
    return opaque(m, g)


def second(m, i, j, k):
    x = m.pick(j)
    (g,) = m.torch.autograd.grad((m.pick(i) ** 2).sum(), x, create_graph=True)
    (h,) = m.torch.autograd.grad((g * g).sum(), x, retain_graph=True)
    return opaque(m, h)


def third(m, i, j, k):
    x = m.pick(j)
    y = (m.pick(i) ** 3).sum()
    for _ in range(2):
        (g,) = m.torch.autograd.grad(y, x, create_graph=True)
        y = g.sin().sum()
    return opaque(m, m.torch.autograd.grad(y, x, retain_graph=bool(k % 2))[0])


def hook(answer):
    """A tensor hook that says what it saw and answers with a function of it."""

    def run(m, i, j, k):
        t, step = m.pick(i), m.step
        if t._is_view() and t._backward_hooks is None:
            t.grad_fn  # torch crashes if a view finds its history only in there

        def seen(g):
            m.say("hook of", step, None if g is None else g.detach().clone())
            return answer(g)

        m.handles.append(t.register_hook(seen))

    return run


def node_hook(kind):
    def run(m, i, j, k):
        node = m.pick(i).grad_fn
        if node is None:
            return "no node"
        step = m.step

        def before(outs):
            m.say("prehook of", step, [None if g is None else g.detach().clone() for g in outs])
            return tuple(None if g is None else g * 2 for g in outs) if k % 2 else None

        def after(ins, outs):
            m.say("posthook of", step, [None if g is None else g.detach().clone() for g in ins])
            return tuple(None if g is None else g * 2 for g in ins) if k % 2 else None

        m.handles.append(getattr(node, kind)(before if kind == "register_prehook" else after))
        return None

    return run


def post_accumulate(m, i, j, k):
    step = m.step

    def seen(t):
        m.say("accumulated", step, t.grad.detach().clone())
        if k % 2:
            t.grad = None

    m.handles.append(m.pick(i).register_post_accumulate_grad_hook(seen))


def multi_hook(m, i, j, k):
    if m.torch.is_inference_mode_enabled():
        return
    if any(t.requires_grad and t._is_view() and t.grad_fn is None for t in (m.pick(i), m.pick(j))):
        return
    step = m.step

    def seen(gs):
        gs = gs if isinstance(gs, (list, tuple)) else [gs]
        m.say("multi", step, [None if g is None else g.detach().clone() for g in gs])

    graph = m.torch.autograd.graph
    m.handles.append(graph.register_multi_grad_hook(
        (m.pick(i), m.pick(j)), seen, mode="any" if k % 2 else "all"))  # fmt: skip


def unhook(m, i, j, k):
    if m.handles:
        m.handles.pop(i % len(m.handles)).remove()


def grad_of(m, i, j, k):
    g = m.pick(i).grad
    if g is None or g.grad_fn is not None:
        return None  # the latter would show which rules have computed it
    m.unversioned.append(g)  # whether it was copied when it came about, shows in torch's version
    return g


def edge(m, i, j, k):
    if m.torch.is_inference_mode_enabled():
        return None
    e = m.torch.autograd.graph.get_gradient_edge(m.pick(i))
    (g,) = m.torch.autograd.grad(m.pick(j).sum(), [e], retain_graph=True, allow_unused=True)
    return None if g is None else opaque(m, g)


def setitem(m, i, j, k):
    m.pick(i)[0] = m.pick(j)[0].clone() if k % 2 else 5.0  # a copy, as in `write`


def iadd(m, i, j, k):
    t = m.pick(i)
    t[k % 2] += m.pick(j).clone()


def set_grad(m, i, j, k):
    t = m.pick(i)
    t.grad = None if k % 2 else m.fill(tuple(t.shape))


def set_data(m, i, j, k):
    """Other data under a tensor; of views, and in inference mode, torch loses count of memory."""
    t = m.pick(i)
    viewed = t._is_view() or any(
        x is not t and (x._base is t or x.data_ptr() == t.data_ptr()) for x in m.pool
    )
    if not viewed and not m.torch.is_inference_mode_enabled() and not t.is_inference():
        t.data = m.fill(tuple(t.shape))


def turn(f):
    """A view op in place, but for cases where torch loses track of gradients or histories."""

    def run(m, i, j, k):
        t = m.pick(i)
        old = any(t is x for x in m.detached)  # graphs remember the leaf's shape as it was
        if m.torch.is_grad_enabled() and not t.retains_grad and not old:
            if not t.is_leaf:
                m.turned.append(t)
            f(t)

    return run


def retain(m, i, j, k):
    if not any(m.pick(i) is t for t in m.turned):
        m.pick(i).retain_grad()


def detach_(m, i, j, k):
    m.pick(i).detach_()
    m.detached.append(m.pick(i))


def index_add_(m, i, j, k):
    a, b = m.pick(i), m.pick(j)
    if a.numel():
        a.index_add_(0, m.torch.zeros(1).long(), b.clone()[:1].clone())


def data_add(m, i, j, k):
    t = m.pick(i)
    if not t.is_inference():
        t.data.add_(1)


def as_strided(m, i, j, k):
    t = m.pick(i)
    if not t.is_contiguous() or not t._is_view() and t.untyped_storage().size() > t.nbytes:
        return None  # of a detached part our base is the whole memory
    out = t.as_strided((2, 2), (2, 1), k % 2)
    m.unplaced.append(out)  # whether its base is that of a detached view or the view is open
    return out


def open_block(m, i, j, k):
    m.open.enter_context(BLOCKS[("no_grad", "enable_grad", "packed")[i % 3]](m))


def close_block(m, i, j, k):
    m.open.pop_all().close()


def double(m, i, j, k):
    """A custom Function: twice its argument, which it may write or give back."""
    torch = m.torch

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            if k % 3 == 1:
                ctx.mark_dirty(x)
                return x.mul_(2)
            return x.view_as(x) if k % 3 == 2 else x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2 + 0 * ctx.saved_tensors[0]

    return Double.apply(m.pick(i) if k % 3 else m.operand(i))


def pair(m, i, j, k):
    """A custom Function of two tensors with two results, one of them perhaps without gradient."""
    torch = m.torch

    class Pair(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.set_materialize_grads(bool(k % 2))
            a, b = x * y, x + y
            if k % 3 == 1:
                ctx.mark_non_differentiable(b)
            ctx.save_for_backward(x, y, a)
            return a, b

        @staticmethod
        def backward(ctx, ga, gb):
            x, y, _ = ctx.saved_tensors
            m.say("backward of pair", ga is None, gb is None)
            if ga is None:
                return (gb, None)
            if gb is None:
                return ga * y, ga * x
            return ga * y + gb, (ga * x + gb if k != 5 else None)

    out = Pair.apply(m.operand(i), m.operand(j))
    m.turned.append(out[1])  # torch takes the first's retained gradient away when it is written
    return out


def stays(t):
    """The copy of a result in its default layout: on that of the operands the inner nodes of a
    product depend."""
    return t.reshape(-1).clone().view(t.shape)


BLOCKS = {
    "no_grad": lambda m: m.torch.no_grad(),
    "enable_grad": lambda m: m.torch.enable_grad(),
    "inference": lambda m: m.torch.inference_mode(),
    "packed": lambda m: m.torch.autograd.graph.saved_tensors_hooks(
        lambda t: t.detach() * 2 if t.is_floating_point() else t,
        lambda t: t / 2 if t.is_floating_point() else t),
}  # fmt: skip
INSTRUCTIONS = {
    "leaf": leaf,
    "plain": lambda m, i, j, k: m.fill(SHAPES[i % 5]),
    "sin": computed(lambda a: a.sin()), "tanh": computed(lambda a: a.tanh()),
    "neg": computed(lambda a: -a), "clone": computed(lambda a: a.contiguous().clone()),
    "square": computed(lambda a: a**2), "exp": computed(lambda a: a.exp()),
    "sigmoid": computed(lambda a: a.sigmoid()),
    "sum": computed(lambda a: a.sum()), "sum0": computed(lambda a: a.sum(0)),
    "mean": computed(lambda a: a.mean()), "scale": computed(lambda a: a * 0.5),
    "shift": computed(lambda a: a + 1), "max0": computed(lambda a: a.max(0)[0]),
    "relu": computed(lambda a: a.relu()),
    "cumsum": computed(lambda a: (a if a.dim() else a.reshape(1)).cumsum(0)),
    "add": binary(lambda a, b: a + b), "sub": binary(lambda a, b: a - b),
    "mul": binary(lambda a, b: a * b), "div": binary(lambda a, b: a / (b * b + 1)),
    "matmul": binary(lambda a, b: stays(a) @ stays(b).t()),
    "stack": lambda m, i, j, k: m.torch.stack([m.operand(i), m.operand(j)]),
    "cat": lambda m, i, j, k: m.torch.cat([m.pick(i), m.pick(j)]),
    "where": lambda m, i, j, k: m.torch.where(
        m.operand(k) > 0, m.operand(i), m.operand(j)),
    "view": unary(lambda a: a.view(-1)), "t": unary(lambda a: a.t()),
    "first": unary(lambda a: a[0]), "narrow": unary(lambda a: a.narrow(0, 0, 1)),
    "rest": unary(lambda a: a[1:]), "unsqueeze": unary(lambda a: a.unsqueeze(0)),
    "squeeze": unary(lambda a: a.squeeze()), "step": unary(lambda a: a[::2]),
    "reshape": unary(lambda a: a.t().reshape(-1)), "expand": unary(lambda a: a.expand(2, *a.shape)),
    "unbind": lambda m, i, j, k: m.pick(i).unbind()[k % 2],
    "split": lambda m, i, j, k: m.pick(i).split(1)[k % 2],
    "chunk": lambda m, i, j, k: m.pick(i).chunk(2),
    "detach": unary(lambda a: a.detach()), "data": unary(lambda a: a.data),
    "view_as": unary(lambda a: a.view_as(a)), "diag": unary(lambda a: a.diagonal()),
    "index": lambda m, i, j, k: m.pick(i)[m.torch.tensor([0, 0, k % 2])],
    "select": lambda m, i, j, k: m.pick(i).select(-1, k % 3),
    "as_strided": as_strided,
    "unfold": unary(lambda a: a.unfold(-1, 2, 2)),
    "add_": write(lambda a, b: a.add_(b)), "mul_": write(lambda a, b: a.mul_(b)),
    "sub_": write(lambda a, b: a.sub_(b)), "copy_": write(lambda a, b: a.copy_(b.clone())),
    "scale_": write(lambda a, b: a.mul_(2)), "shift_": write(lambda a, b: a.add_(1)),
    "neg_": write(lambda a, b: a.neg_()), "sin_": write(lambda a, b: a.sin_()),
    "tanh_": write(lambda a, b: a.tanh_()), "relu_": write(lambda a, b: a.relu_()),
    "zero_": write(lambda a, b: a.zero_()), "fill_": write(lambda a, b: a.fill_(3)),
    "masked_fill_": write(lambda a, b: a.masked_fill_(a > 0, 2.0)),
    "index_add_": index_add_,
    "t_": turn(lambda a: a.t_()), "unsqueeze_": turn(lambda a: a.unsqueeze_(0)),
    "squeeze_": turn(lambda a: a.squeeze_()),
    "requires_grad_": write(lambda a, b: a.is_inference() or a.requires_grad_()),
    "requires_grad_off": unary(lambda a: a.requires_grad_(False)),
    "detach_": detach_, "data_add": data_add,
    "setitem": setitem, "iadd": iadd, "set_grad": set_grad, "set_data": set_data,
    "backward": backward, "backward_seeded": backward_seeded, "backward_inputs": backward_inputs,
    "backward_two": backward_two, "grad": grad, "grad_two": grad_two, "second": second,
    "third": third, "edge": edge, "grad_batched": grad_batched,
    "retain": retain, "hook": hook(lambda g: g * 2),
    "hook_sees": hook(lambda g: None), "hook_node": node_hook("register_hook"),
    "hook_before": node_hook("register_prehook"), "hook_after": post_accumulate,
    "hook_multi": multi_hook, "unhook": unhook, "open": open_block, "close": close_block,
    "double": double, "pair": pair, "grad_of": grad_of,
}  # fmt: skip
