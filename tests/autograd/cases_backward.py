"""backward() and grad(): arguments, accumulation, errors."""

from transcript import case


def leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


@case
def backward_scalar(torch, say):
    x = leaf(torch, 1.0, 2.0)
    (x * x).sum().backward()
    say(x.grad, x.grad.requires_grad, x.grad.is_leaf)


@case
def backward_accumulates_in_place(torch, say):
    x = leaf(torch, 1.0, 2.0)
    (x * 2).sum().backward()
    g = x.grad
    v = g._version
    (x * 3).sum().backward()
    say(g is x.grad, g, v, g._version)


@case
def backward_create_graph_out_of_place(torch, say):
    x = leaf(torch, 1.0, 2.0)
    (x * 2).sum().backward()
    g = x.grad
    (x * x).sum().backward(create_graph=True)
    say(g is x.grad, g, x.grad, x.grad.grad_fn)


@case
def backward_create_graph_clones(torch, say):
    x = leaf(torch, 1.0, 2.0)
    (x**3).sum().backward(create_graph=True)
    say(x.grad, x.grad.grad_fn.next_functions)
    g = x.grad
    x.grad = None
    g.sum().backward()
    say(x.grad)


@case
def backward_gradient(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = x * x
    y.backward(torch.tensor([1.0, 10.0]))
    say(x.grad)


@case
def backward_gradient_not_aliased(torch, say):
    x = leaf(torch, 1.0, 2.0)
    g = torch.tensor([5.0, 6.0])
    (x + 0).backward(g)
    say(x.grad is g)
    g.zero_()
    say(x.grad)


@case
def backward_on_leaf(torch, say):
    x = leaf(torch, 1.0, 2.0)
    g = torch.tensor([5.0, 6.0])
    x.backward(g)
    say(x.grad is g)
    x.sum().backward()
    say(x.grad, g)


@case
def backward_expanded_gradient(torch, say):
    x = torch.zeros(2, 3, requires_grad=True)
    x.sum().backward()
    say(x.grad, x.grad.stride())
    x.grad[0, 0] = 5
    say(x.grad)


@case
def backward_twice(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = (x * x).sum()
    y.backward()
    say.fails(y.backward)
    z = (x + 1).sum()
    z.backward()
    say.fails(z.backward)
    say(x.grad)


@case
def backward_retain(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    say(x.grad)
    say.fails(y.backward)


@case
def backward_errors(torch, say):
    x = leaf(torch, 1.0, 2.0)
    say.fails((x * 2).backward)
    say.fails(torch.tensor(1.0).backward)
    say.fails(torch.tensor([1.0, 2.0]).backward)
    say.fails((x * 2).backward, torch.ones(3))
    say.fails((x * 2).backward, torch.ones(1))
    say.fails((x * 2).backward, 1.0)
    say.fails((x * 2).backward, [1.0, 2.0])
    say.fails((x * 2).sum().backward, torch.ones(1))
    say.fails((x * 2).backward, torch.ones(2, dtype=torch.complex64))
    say.fails((x * 2).backward, torch.ones(2, dtype=torch.float64))
    say(x.grad)
    z = x * (1 + 1j)
    say.fails(z.sum().backward)
    say.fails(z.backward, torch.ones(2))


@case
def backward_gradient_of_other_dtype(torch, say):
    x = leaf(torch, 1.0, 2.0)
    (x * 2).backward(torch.ones(2, dtype=torch.int64))
    say(x.grad)


@case
def backward_function(torch, say):
    x = leaf(torch, 1.0, 2.0)
    a, b = x.sum(), x * x
    torch.autograd.backward([a, b], [None, torch.tensor([1.0, 1.0])])
    say(x.grad)
    say.fails(torch.autograd.backward, [x.sum(), x.sum()], [None])
    say.fails(torch.autograd.backward, [x.sum(), torch.tensor(1.0)])
    say.fails(torch.autograd.backward, (x * 2, x.sum()))
    say.fails(torch.autograd.backward, [])
    say.fails(torch.autograd.backward, x.sum(), inputs=[])
    say.fails(torch.autograd.backward, x.sum(), inputs=torch.tensor(1.0))


@case
def backward_inputs(torch, say):
    x, y = leaf(torch, 1.0), leaf(torch, 2.0)
    z = x * y
    w = (z * z).sum()
    w.backward(inputs=[x], retain_graph=True)
    say(x.grad, y.grad)
    w.backward(inputs=z, retain_graph=True)
    say(z.grad, x.grad, y.grad, z.retains_grad)
    w.backward(inputs=[z, y])
    say(z.grad, x.grad, y.grad)


@case
def backward_inputs_of_part(torch, say):
    x, y = leaf(torch, 1.0), leaf(torch, 2.0)
    z = (x * y).sum()
    say.fails(z.backward, inputs=[leaf(torch, 3.0)])
    say(x.grad, y.grad)


@case
def grad_basic(torch, say):
    x, y = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    out = (x * y).sum()
    say(torch.autograd.grad(out, [x, y]), x.grad)
    say.fails(torch.autograd.grad, out, x)


@case
def grad_of_intermediate(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = x * x
    z = (y * y).sum()
    say(torch.autograd.grad(z, [y, x], retain_graph=True))
    say(torch.autograd.grad(z, [x, z], retain_graph=True))
    say(torch.autograd.grad(z, z))
    say(torch.autograd.grad(x, x, torch.ones(2)))


@case
def grad_unused(torch, say):
    x, y = leaf(torch, 1.0), leaf(torch, 3.0)
    say.fails(torch.autograd.grad, x.sum(), [x, y])
    say(torch.autograd.grad(x.sum(), [x, y], allow_unused=True))
    say(torch.autograd.grad(x.sum(), [x, y], materialize_grads=True))
    say.fails(torch.autograd.grad, x.sum(), [x, y], allow_unused=False, materialize_grads=True)
    say.fails(torch.autograd.grad, x.sum(), [x, torch.tensor(1.0)])
    say.fails(torch.autograd.grad, x.sum(), [])
    say.fails(torch.autograd.grad, torch.tensor(1.0), x)
    say.fails(torch.autograd.grad, x * 2, x, torch.ones(3))
    say.fails(torch.autograd.grad, x * 2, x, "a")
    say.fails(torch.autograd.grad, [x * 2, x], x, [torch.ones(1)])
    say.fails(torch.autograd.grad, x.sum(), "a")
    say.fails(torch.autograd.grad, x.sum(), x, only_inputs=False)


@case
def grad_second_order(torch, say):
    x = leaf(torch, 2.0)
    (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    say(g)
    (h,) = torch.autograd.grad(g, x, create_graph=True)
    say(h)
    (k,) = torch.autograd.grad(h.sum(), x)
    say(k)


@case
def grad_same_input_twice(torch, say):
    x = leaf(torch, 2.0)
    say(torch.autograd.grad((x * 3).sum(), [x, x]))


@case
def grad_batched(torch, say):
    x = leaf(torch, 2.0, 3.0)
    y = x * x
    (j,) = torch.autograd.grad(y, x, torch.eye(2), is_grads_batched=True, retain_graph=True)
    say(j)
    say.fails(torch.autograd.grad, y, x, torch.ones(3), is_grads_batched=True, retain_graph=True)
    say.fails(torch.autograd.grad, y, x, torch.ones(4, 3), is_grads_batched=True)


@case
def grad_does_not_touch_leaves(torch, say):
    x, w = leaf(torch, 2.0), leaf(torch, 3.0)
    y = x * w
    torch.autograd.grad(y.sum(), x)
    say(x.grad, w.grad)


@case
def grad_retain_with_create(torch, say):
    x = leaf(torch, 2.0)
    y = (x * x).sum()
    torch.autograd.grad(y, x, create_graph=True)
    say(torch.autograd.grad(y, x, create_graph=True, retain_graph=False))
    say.fails(torch.autograd.grad, y, x)


@case
def undefined_gradients(torch, say):
    x = leaf(torch, 1.0, 2.0, 3.0)
    a, _, _ = x.unbind()
    (a * 2).backward()
    say(x.grad)
    values, _ = torch.sort(x)
    values[0].backward()
    say(x.grad)


@case
def grad_attribute(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = x * 2
    say(y.grad)
    say.fails(setattr, x, "grad", 1.0)
    say.fails(setattr, x, "grad", torch.ones(3))
    say.fails(setattr, x, "grad", torch.ones(2, dtype=torch.float64))
    say.fails(setattr, x, "grad", x)
    x.grad = torch.ones(2)
    x.sum().backward()
    say(x.grad)
    del x.grad
    say(x.grad)
    x.grad = None
    say(x.grad)


@case
def grad_given_requires_grad(torch, say):
    x = leaf(torch, 1.0, 2.0)
    x.grad = torch.ones(2, requires_grad=True)
    say.fails(x.sum().backward)
    say(x.grad)


@case
def requires_grad_rules(torch, say):
    x = leaf(torch, 1.0)
    y = x * 2
    say.fails(setattr, y, "requires_grad", False)
    say.fails(setattr, y, "requires_grad", True)
    say.fails(y.requires_grad_, False)
    i = torch.tensor([1, 2])
    say.fails(i.requires_grad_)
    say.fails(setattr, i, "requires_grad", True)
    i.requires_grad = False
    say.fails(torch.tensor, [1, 2], requires_grad=True)
    say.fails(torch.zeros, 2, dtype=torch.int64, requires_grad=True)
    say(x.requires_grad_(False))
    say.fails(setattr, x, "requires_grad", "yes")


@case
def not_requiring_at_use(torch, say):
    x, y = leaf(torch, 1.0), leaf(torch, 2.0)
    z = x * y
    x.requires_grad_(False)
    z.backward()
    say(x.grad, y.grad)


@case
def dtype_and_broadcast_are_undone(torch, say):
    a = torch.ones(2, 1, requires_grad=True)
    b = torch.ones(3, dtype=torch.float64, requires_grad=True)
    c = torch.tensor(2.0, dtype=torch.float16, requires_grad=True)
    (a * b * c).sum().backward()
    say(a.grad, b.grad, c.grad)


@case
def node_surface(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = x * 2
    z = (y + x).sum()
    say(z.grad_fn, z.grad_fn.name(), type(z.grad_fn), z.grad_fn.next_functions)
    say(z.grad_fn.next_functions[0][0].next_functions)
    acc = y.grad_fn.next_functions[0][0]
    say(acc, acc.name(), acc.next_functions, acc.variable is x)
    say(acc is z.grad_fn.next_functions[0][0].next_functions[1][0])
    Node = torch.autograd.graph.Node
    say(isinstance(y.grad_fn, Node), isinstance(acc, Node))
    say(y.grad_fn is y.grad_fn, x.grad_fn, y.grad_fn.metadata)
    y.grad_fn.metadata["k"] = 1
    say(y.grad_fn.metadata, y.is_leaf, x.is_leaf, x.output_nr, y.output_nr)
    say(x.unbind()[1].output_nr, x.unbind()[0].grad_fn.next_functions)


@case
def node_saved(torch, say):
    x, w = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    y = x * w
    say(y.grad_fn._saved_self is x, y.grad_fn._saved_other is w)
    say(y.grad_fn._saved_self, y.grad_fn._saved_other)
    z = x.exp()
    say(z.grad_fn._saved_result, z.grad_fn._saved_result is z)
    p = x**3
    say(p.grad_fn._saved_exponent, p.grad_fn._saved_self)
    say((x / w).grad_fn._saved_other, x.log().grad_fn._saved_self)
    say((x * 2).grad_fn._saved_self, (x * 2).grad_fn._saved_other)
    say(x.tanh().grad_fn._saved_result, x.sigmoid().grad_fn._saved_result)
    say(x.relu().grad_fn._saved_result, x.sum().grad_fn._saved_self_sym_sizes)
    s = y.sum()
    s.backward()
    say.fails(getattr, y.grad_fn, "_saved_self")
    say.fails(getattr, (x + w).grad_fn, "_saved_self")
    say((w.detach() * x).grad_fn._saved_self, (w.detach() * x).grad_fn._saved_other)


@case
def node_called(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = x * 3
    say(y.grad_fn(torch.ones(2)))
    say((x + x).grad_fn(torch.ones(2)))


@case
def gradient_edge(torch, say):
    from torch.autograd.graph import GradientEdge, get_gradient_edge

    x = leaf(torch, 1.0, 2.0)
    y = x * 3
    e = get_gradient_edge(y)
    say(isinstance(e, GradientEdge), e.node, e.output_nr)
    say(get_gradient_edge(x).node)
    say.fails(get_gradient_edge, torch.ones(2))
    say(torch.autograd.grad((y * y).sum(), e))
    z = y * y
    say(torch.autograd.grad(get_gradient_edge(z), x, torch.ones(2)))


@case
def freed_graph_part(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = x * x
    a, b = (y * 2).sum(), (y * y).sum()
    a.backward()
    say.fails(b.backward)
    say(x.grad)


@case
def backward_in_no_grad(torch, say):
    x = leaf(torch, 1.0, 2.0)
    y = (x * x).sum()
    with torch.no_grad():
        y.backward()
    say(x.grad, torch.is_grad_enabled())


@case
def complex_gradients(torch, say):
    z = torch.tensor([1 + 2j, 3 - 1j], requires_grad=True)
    (z * z.conj()).real.sum().backward()
    say(z.grad)
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    (w * (2 + 1j)).abs().sum().backward()
    say(w.grad)


@case
def deep_copy_and_pickle(torch, say):
    import copy
    import pickle

    x = leaf(torch, 1.0, 2.0)
    x.sum().backward()
    c = copy.deepcopy(x)
    say(c, c.grad, c.grad is x.grad)
    say.fails(copy.deepcopy, x * 2)
    p = pickle.loads(pickle.dumps(x))
    say(p, p.grad)


@case
def repr_of_history(torch, say):
    x = leaf(torch, 1.0, 2.0)
    say(repr(x), repr(x * 2), repr(x.sum()), repr((x * 2).detach()))
    say(str(x.unbind()[0]), repr(x[0]), repr(x.t()), repr(-x))
