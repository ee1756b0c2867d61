"""In-place methods with a node of their own, logic on leaves, what has no derivative."""

import warnings

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


@case
def op_comparisons_in_place(torch, say):
    for name in ("eq", "ne", "lt", "le", "gt", "ge", "greater_equal"):
        x, other = leaf(torch, 1.0, 0.0, 2.0), leaf(torch, 1.0, 1.0, 1.0)
        y = x.clone()
        getattr(y, name + "_")(other)
        say(name, y, y.grad_fn.name(), torch.autograd.grad(y.sum(), [x, other]))
        y = x.clone()
        getattr(y, name + "_")(1)
        say(y, y.grad_fn.name(), torch.autograd.grad(y.sum(), x))
        say.fails(getattr(x, name + "_"), other)
        y = torch.ones(3)
        say(getattr(y, name + "_")(other).requires_grad, y.grad_fn.name())


@case
def op_logic_in_place_leaves_the_history(torch, say):
    for name in ("logical_and", "logical_or", "logical_xor"):
        x, other = leaf(torch, 1.0, 0.0, 2.0), leaf(torch, 0.0, 1.0, 1.0)
        y = x.clone()
        getattr(y, name + "_")(other)
        say(name, y, y.grad_fn.name(), torch.autograd.grad(y.sum(), [x, other], allow_unused=True))
        getattr(x, name + "_")(other)
        say(x, x.is_leaf, x._version)
    x = leaf(torch, 1.0, 0.0)
    say(x.logical_not_(), x.is_leaf)
    y = leaf(torch, 1.0, 0.0).clone()
    v = y.view(2)
    v.logical_not_()
    say(y, y.grad_fn.name(), y._version, v.grad_fn.name())


@case
def op_no_derivative_in_place(torch, say):
    for name in ("acosh", "asinh", "atanh", "arccosh", "arcsinh", "arctanh"):
        x = leaf(torch, 0.5, 0.25)
        y = getattr(x.clone(), name + "_")()
        say(name, y.grad_fn.name())
        say.fails(y.sum().backward)
        say(getattr(x, name)().grad_fn.name())
    x = leaf(torch, 0.5, 0.25)
    say(x.clone().polygamma_(1).grad_fn.name(), x.clone().conj_physical_().grad_fn.name())
    for name in ("floor_divide", "heaviside"):
        out, y = getattr(torch, name)(x, x), x.clone()
        getattr(y, name + "_")(x)
        say(name, out.grad_fn.name(), y.grad_fn.name())
        say.fails(out.sum().backward)
        say.fails(y.sum().backward)


@case
def op_no_derivative_in_forward_mode(torch, say):
    ad = torch.autograd.forward_ad
    with ad.dual_level():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's own, about its scripts
            d = ad.make_dual(torch.tensor([0.5, 2.0]), torch.tensor([1.0, 3.0]))
        one = torch.ones(2)
        for f in (
            lambda: torch.floor_divide(d, one), lambda: d.clone().floor_divide_(one),
            lambda: torch.heaviside(one, d), lambda: torch.igamma(one, d),
            lambda: d.clone().igammac_(one), lambda: torch.special.zeta(d, d),
            lambda: d.clone().acosh_(), lambda: torch.unique(d), lambda: torch.histogram(d, 2),
            lambda: torch.unique(d, dim=0), lambda: torch.unique_consecutive(d),
            lambda: torch.bincount(torch.tensor([0, 1]), weights=d),
        ):  # fmt: skip
            say.fails(f)
        say(ad.unpack_dual(d.clone().eq_(one)).tangent)


@case
def op_counts_have_no_derivative(torch, say):
    x = leaf(torch, 1.0, 0.0, 2.0, 1.0)
    for out in (
        torch.unique(x), torch.unique(x, dim=0), torch.unique_consecutive(x),
        torch.histogram(x, 3)[0], torch.histogram(x, 3)[1],
        torch.bincount(torch.tensor([0, 1, 1, 0]), weights=x),
    ):  # fmt: skip
        say(out, out.grad_fn.name(), out.output_nr)
        say.fails(out.sum().backward)
    found = torch.unique(x, return_inverse=True, return_counts=True)
    say([t.requires_grad for t in found])
    say(torch.histogram(x.detach(), torch.tensor([0.0, 1.0, 1.5]), density=True).hist)
    say(torch.histogram(torch.ones(3), 2).bin_edges, torch.histogram(torch.ones(0), 2).bin_edges)
    say.fails(torch.histogram, x, 3, range=(2, 1))
    say.fails(torch.histogram, x, 0)
    say.fails(torch.unique, torch.ones(3, 0), dim=0)


@case
def op_reflected(torch, say):
    x, y = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 5.0)
    say(x.__rsub__(y), x.__rmod__(y), x.__rsub__(y).grad_fn.name(), x.__rmod__(y).grad_fn.name())
    say(torch.autograd.grad(x.__rsub__(y).sum(), [x, y]))
    say(torch.autograd.grad(x.__rmod__(y).sum(), [x, y]))
    say(x.round(decimals=0).grad_fn.name(), x.round().grad_fn.name())
    say(x.to(torch.float32, copy=True).grad_fn.name(), x.diff(n=0).grad_fn.name())
    say(x.sum_to_size(2) is x, x[0].sum_to_size(()).grad_fn.name())
