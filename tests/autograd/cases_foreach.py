"""torch._foreach_*: lists with numbers, lists and tensors; in place; through backward."""

from transcript import case


def lists(torch):
    a = [torch.tensor([1.0, 2.0]), torch.tensor(3.0), torch.ones(2, 2) * 0.5]
    return a, [t * 2 + 1 for t in a]


def bare(out):
    return [t.detach() for t in out] if isinstance(out, list) else tuple(t.detach() for t in out)


@case
def foreach_results(torch, say):
    a, b = lists(torch)
    f = lambda name, *args, **kwargs: say(  # noqa: E731
        name, bare(getattr(torch, "_foreach_" + name)(*args, **kwargs))
    )
    for name in ("exp", "sqrt", "neg", "sigmoid", "reciprocal", "round", "clone", "max"):
        f(name, a)
    one = torch.tensor(2.0)
    for name in ("add", "sub", "mul", "div", "pow"):
        for other in (2, b, [1, 2, 3.5], one):
            if name == "pow" and other is one:
                continue
            f(name, a, other)
            if name != "sub" or other is not one:
                getattr(torch, f"_foreach_{name}_")(c := [t.clone() for t in a], other)
                say([t._version for t in c], c)
    f("add", a, b, alpha=2)
    f("sub", a, b, alpha=2)
    f("add", a, one, alpha=3)
    f("pow", 2.0, a)
    for name in ("clamp_min", "clamp_max", "maximum", "minimum"):
        for other in (1.5, b, [1, 2, 3]):
            f(name, a, other)
            f(name + "_", [t.clone() for t in a], other)
    for weight in (0.25, b, [0.5, 0.1, 0.2]):
        f("lerp", a, b, weight)
    for name in ("addcmul", "addcdiv"):
        for value in (2, [1, 2, 3], torch.tensor([1.0, 2.0, 3.0])):
            f(name, a, b, b, value)
            f(name + "_", [t.clone() for t in a], b, b, value)
        f(name, a, b, b, value=3)
        f(name, a, b, b)
    for ord in (2, 1, float("inf")):
        f("norm", a, ord)
    f("norm", a, 2, torch.float64)
    f("mm", [torch.ones(2, 2)], [torch.ones(2, 2)])
    f("copy_", [t.clone() for t in a], b)
    f("zero_", [t.clone() for t in a])
    f("exp_", [t.clone() for t in a])


@case
def foreach_gradients(torch, say):
    a, b = lists(torch)
    r = [t.requires_grad_() for t in a]
    for out in (
        torch._foreach_mul(r, b), torch._foreach_add(r, r, alpha=3), torch._foreach_div(b, r),
        torch._foreach_exp(r), torch._foreach_pow(r, 3), torch._foreach_lerp(r, b, 0.25),
        torch._foreach_addcmul(r, r, b, value=2), torch._foreach_norm(r),
    ):  # fmt: skip
        say(torch.autograd.grad([t.sum() for t in out], r))
    out = torch._foreach_add(r, 1)
    torch._foreach_mul_(out, 2)
    sum(t.sum() for t in out).backward()
    say([t.grad for t in r])
    say.fails(torch._foreach_exp_, r)
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        out = torch._foreach_exp(r)
        torch._foreach_add_(out, 1)
        say(torch.autograd.grad([t.sum() for t in out], r))
    with torch.no_grad():
        torch._foreach_sub_(r, [t.grad for t in r], alpha=0.1)
    say(r, [t._version for t in r])


@case
def foreach_refused(torch, say):
    a, b = lists(torch)
    say.fails(torch._foreach_add, a, b[:1])
    say.fails(torch._foreach_add, a, [1])
    say.fails(torch._foreach_add, [], 1)
    say.fails(torch._foreach_exp, [])
    say.fails(torch._foreach_exp, a[0])
    say.fails(torch._foreach_exp, [1, 2])
    say.fails(torch._foreach_mul, a, torch.ones(1))
    say.fails(torch._foreach_addcmul, a, b, b, torch.tensor(2.0))
    say.fails(torch._foreach_addcmul, a, b, b, [1.0])
    say.fails(torch._foreach_add, [torch.ones(2)], [torch.ones(3)])
