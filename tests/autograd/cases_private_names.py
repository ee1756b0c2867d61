"""Private names of torch's compiled part that programs reach for."""

from transcript import case


@case
def private_saved_tensor_by_hand(torch, say):
    made = torch._C._autograd._make_saved_tensor
    a = torch.ones(2, requires_grad=True)
    s = made(a, is_output=False)
    say(type(s) is torch.autograd.SavedTensor, s.unpack() is a, s.data, s.unpack_hook)
    s.register_hooks(lambda x: 2 * x, lambda x: x)
    say(s.data)
    counts = [0, 0]

    def pack(x):
        counts[0] += 1
        return x

    def unpack(x):
        counts[1] += 1
        return x

    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        b = a.exp()
        s = made(b, False)
        say(counts)
        s.unpack()
        s.unpack()
        say(counts)
    s = made(b, False)
    with torch.no_grad():
        b.add_(1)
    say.fails(s.unpack)
    say.fails(torch.autograd.SavedTensor)


@case
def private_hooks_enabled(torch, say):
    enabled = torch._C._autograd._saved_tensors_hooks_is_enabled
    graph = torch.autograd.graph
    say(enabled())
    with graph.disable_saved_tensors_hooks("outer"):
        with graph.disable_saved_tensors_hooks("inner"):
            say(enabled())
        say(enabled())
    say(enabled())


@case
def private_nodes_by_hand(torch, say):
    functions = torch._C._functions
    a = torch.ones(2, requires_grad=True)
    u = functions.UndefinedGrad()(a * 2)
    say(u, u.grad_fn.next_functions[0][0].name())
    u.sum().backward()
    say(a.grad)
    d = functions.DelayedError("no way back", 1)(a.clone())
    say(d)
    say.fails(d.sum().backward)
    say(functions.DelayedError("x", 1)(torch.ones(1)))
    node = torch.autograd.graph.Node
    say(issubclass(functions.AccumulateGrad, node), issubclass(functions.DelayedError, node))
    say(isinstance(functions.AccumulateGrad, node), isinstance(a.exp().grad_fn, node))
    say(functions.ExpBackward0 is type(a.exp().grad_fn))
    say.fails(getattr, functions, "NoSuchBackward0")


@case
def private_modes(torch, say):
    say(torch._C.is_grad_enabled())
    with torch.no_grad():
        say(torch._C.is_grad_enabled())
    t = torch.ones(2)
    r = torch._C._WeakTensorRef(t)
    say(r.expired())
    del t
    say(r.expired())
