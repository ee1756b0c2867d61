"""Of what graph a tangent is: also of primals that only multiply tangents which were not given."""

import itertools

from func_registry import case


def functions(torch):
    F = torch.nn.functional
    return {
        "mul": lambda a, b: a * b,
        "number": lambda a, b: a * 2,
        "quotient": lambda a, b: a / 2,
        "div": lambda a, b: a / b,
        "sum": lambda a, b: a + b,
        "written": lambda a, b: a.clone().mul_(b),
        "mm": lambda a, b: a @ b,
        "addmm": lambda a, b: torch.addmm(b, a, a),
        "outer": lambda a, b: torch.outer(a[0], b[0]),
        "dot": lambda a, b: a[0].dot(b[0]),
        "linear": lambda a, b: F.linear(a, b, b[0]),
        "conv": lambda a, b: F.conv1d(a[None], b[None]),
        "addcmul": lambda a, b: torch.addcmul(b, a, a),
        "cross": lambda a, b: torch.cross(a, b, dim=0),
        "lerp": lambda a, b: torch.lerp(b, a, a),
        "fmod": torch.fmod,
        "maximum": torch.maximum,
        "prelu": lambda a, b: F.prelu(a, b[0, :1]),
        "leaky": lambda a, b: F.leaky_relu(a),
        "layer norm": lambda a, b: F.layer_norm(a, (3,), b[0]),
        "clamp": lambda a, b: a.clamp(0.2, 0.8),
        "batch norm": lambda a, b: F.batch_norm(a, None, None, b[0], b[1], training=True),
        "hardtanh": lambda a, b: F.hardtanh(a),
        "max": lambda a, b: a.max(0).values,
        "index": lambda a, b: a[[0, 1]],
        "cat": lambda a, b: torch.cat([a, b]),
        "xlogy": torch.xlogy,
        "pow": lambda a, b: a**2,
        "exp": lambda a, b: a.exp(),
    }


@case
def tangent_requires_grad(torch, say):
    import torch.autograd.forward_ad as fw

    some = ((0,), (1,), (0, 1))
    for name, fn in functions(torch).items():
        found = []
        for dual, wanted in itertools.product(some, some):
            xs = [torch.arange(1.0, 10.0).view(3, 3) / 9, torch.linspace(0.3, 0.9, 9).view(3, 3)]
            for i in wanted:
                xs[i].requires_grad_()
            with fw.dual_level():
                ins = [
                    fw.make_dual(x, torch.ones(3, 3)) if i in dual else x for i, x in enumerate(xs)
                ]
                u = fw.unpack_dual(fn(*ins)).tangent
                found.append(None if u is None else u.requires_grad)
        say(name, found)


@case
def tangent_of_zeros_backward(torch, say):
    import torch.autograd.forward_ad as fw

    a, b = torch.tensor([1.0, torch.inf]).requires_grad_(), torch.tensor([2.0, 3.0])
    with fw.dual_level():
        u = fw.unpack_dual(fw.make_dual(a, torch.ones(2)) * b).tangent
        say(u, u.grad_fn.name(), torch.autograd.grad(u.sum(), a, allow_unused=True))
        layer = torch.nn.Linear(2, 2)
        weights = {n: fw.make_dual(p, torch.ones_like(p)) for n, p in layer.named_parameters()}
        y = torch.func.functional_call(layer, weights, torch.eye(2))
        say(fw.unpack_dual(y).tangent)


@case
def tangent_of_zeros_in_no_grad(torch, say):
    a = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        say(torch.func.jvp(lambda x: x * 2, (a,), (torch.ones(2),))[1].requires_grad)
    say(torch.func.jvp(lambda x: x * 2, (a,), (torch.ones(2),))[1].requires_grad)
    say(torch.func.jacfwd(lambda x: x * 2)(a).requires_grad)
    say(torch.func.hessian(lambda x: (x * x * 2).sum())(a))
    say(torch.autograd.functional.jvp(lambda x: x * 2, (a,), (torch.ones(2),), create_graph=True))
