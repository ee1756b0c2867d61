"""A second backward passes a node none of whose gradients asks for what was freed."""

from transcript import case

OPS = {
    "fmod": lambda t, x, m: x.fmod(m),
    "remainder": lambda t, x, m: x.remainder(m),
    "addcmul": lambda t, x, m: x.addcmul(m, m),
    "addcmul of the other": lambda t, x, m: m.addcmul(x, m),
    "addcdiv": lambda t, x, m: x.addcdiv(m, m),
    "index_add": lambda t, x, m: x.index_add(0, t.tensor([0]), m[:1]),
    "addmm": lambda t, x, m: t.addmm(x[:, :2], m, m.t()),
    "addmv": lambda t, x, m: t.addmv(x[:, 0], m, m[0]),
    "addr": lambda t, x, m: t.addr(x, m[:, 0], m[0]),
    "baddbmm": lambda t, x, m: t.baddbmm(x[None, :, :2], m[None], m.t()[None]),
    "bias": lambda t, x, m: t.nn.functional.linear(m, m, x[:, 0]),
    "weight": lambda t, x, m: t.nn.functional.linear(m, x, m[:, 0]),
    "mul": lambda t, x, m: x * m,
    "lerp": lambda t, x, m: x.lerp(m, 0.5),
    "lerp by a tensor": lambda t, x, m: x.lerp(m, m),
    "index_put": lambda t, x, m: x.index_put((t.tensor([0]),), m[0], accumulate=True),
    "maximum": lambda t, x, m: x.maximum(m),
    "div": lambda t, x, m: m / x,
}


@case
def second_backward_through_what_saves_for_none(torch, say):
    for name, op in OPS.items():
        x = torch.full((2, 3), 3.0, requires_grad=True)
        y = op(torch, x, torch.full((2, 3), 2.0)).sum()
        y.backward()
        say(name)
        say.fails(y.backward)
        say(x.grad)


@case
def second_derivative_through_what_saves_for_none(torch, say):
    x = torch.full((2, 3), 3.0, requires_grad=True)
    y = (x.addcmul(torch.ones(3), torch.ones(3)) ** 2).sum()
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    g.sum().backward()
    say(x.grad)
    z = x.fmod(torch.tensor(2.0)).sum()
    z.backward()
    (g,) = torch.autograd.grad(z, x, create_graph=True)
    say(g.requires_grad, g)
