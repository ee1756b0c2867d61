"""Modules called with other parameters, stacked into ensembles, and what looks through vmap."""

from func_registry import case, grid


def linear(torch, start):
    m = torch.nn.Linear(2, 3).double()
    with torch.no_grad():
        m.weight.copy_(grid(torch, 3, 2, start=start))
        m.bias.copy_(grid(torch, 3, start=start))
    return m


@case
def functional_calls(torch, say):
    from torch.func import functional_call, grad, vmap

    m, x = linear(torch, 1), grid(torch, 4, 2)
    p = {k: v.detach() * 2 for k, v in m.named_parameters()}
    say(functional_call(m, p, x), functional_call(m, p, (x,)), functional_call(m, p, (x[0],)))
    say(functional_call(m, {"weight": p["weight"]}, x).detach())
    say(functional_call(m, ({"weight": p["weight"]}, {"bias": p["bias"]}), x, strict=True))
    say(sorted(dict(m.named_parameters())), m.weight.requires_grad)
    say(grad(lambda p: functional_call(m, p, x).pow(2).sum())(p))
    per_example = vmap(grad(lambda p, r: functional_call(m, p, r).pow(2).sum()), (None, 0))
    say(per_example(p, x))
    w = p["weight"]
    say.fails(functional_call, m, {"foo": w}, (x,), strict=True)
    say.fails(functional_call, m, {"weight": w}, (x,), strict=True)
    say.fails(functional_call, m, ({"weight": w}, {"weight": w}), (x,))
    say.fails(functional_call, m, [{"weight": w}], (x,), {"k": 1})
    say.fails(functional_call, m, 3, (x,))
    say.fails(functional_call, m, (3,), (x,))
    say.fails(functional_call, m, {"weight": 1}, (x,))


@case
def functional_calls_of_tied_and_buffered(torch, say):
    from torch.func import functional_call

    nn = torch.nn

    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(2, 2), nn.Linear(2, 2)
            self.b.weight = self.a.weight
            self.register_buffer("count", torch.zeros(2))

        def forward(self, x):
            self.count.add_(1)
            return self.b(self.a(x)) + self.count

    t, w, z = Tied(), torch.zeros(2, 2), torch.zeros(2)
    given = {"a.weight": w, "a.bias": z, "b.bias": z}
    say(functional_call(t, given, torch.ones(2)), t.count)
    say.fails(functional_call, t, {"a.weight": w, "b.weight": w + 1}, torch.ones(2))

    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("count", torch.zeros(2))

        def forward(self, x):
            self.count = self.count + 1
            return x + self.count

    c, given = Counting(), {"count": torch.ones(2)}
    say(functional_call(c, given, torch.zeros(2)), c.count, given["count"])


@case
def ensembles(torch, say):
    from torch.func import functional_call, stack_module_state, vmap

    models, x = [linear(torch, k) for k in (1, 5)], grid(torch, 4, 2)
    params, buffers = stack_module_state(models)
    say({k: (tuple(v.shape), v.requires_grad, v.is_leaf) for k, v in params.items()}, buffers)
    out = vmap(lambda p, b: functional_call(models[0], (p, b), (x,)))(params, buffers)
    say(out.detach())
    out.sum().backward()
    say(params["bias"].grad)
    say.fails(stack_module_state, [])
    say.fails(stack_module_state, [models[0], torch.nn.ReLU()])
    models[0].eval()
    say.fails(stack_module_state, models)
    models[0].train()
    models[0].bias.requires_grad_(False)
    say.fails(stack_module_state, models)


@case
def looked_through(torch, say):
    from torch.func import debug_unwrap, functionalize, replace_all_batch_norm_modules_, vmap

    x = torch.ones(2, 3)
    seen = []
    vmap(lambda a: seen.append(debug_unwrap(a)) or a)(x)
    vmap(vmap(lambda a: seen.append(debug_unwrap(a)) or a))(x)
    say(seen, debug_unwrap(x) is x)
    y = torch.ones(3)
    say(functionalize(lambda a: a.add_(1))(y), y)
    say.fails(functionalize, lambda a: a, remove="foo")
    m = torch.nn.Sequential(torch.nn.BatchNorm1d(2))
    replace_all_batch_norm_modules_(m)
    say(m[0].running_mean, m[0].track_running_stats)
    say(sorted(n for n in dir(torch.func) if n[0] != "_" and n != "rearrange")[:4])


@case
def rearranged(torch, say):
    from torch.func import rearrange

    x = torch.arange(24).reshape(2, 3, 4)
    for pattern, sizes in (
        ("a b c -> c b a", {}), ("a b c -> (a b) c", {}), ("a b (c d) -> d (a c) b", {"d": 2}),
        ("... c -> c ...", {}), ("a ... -> ... a", {}), ("a b c -> a 1 b c", {}),
        ("... -> (...)", {}), ("a ... c -> (a ...) c", {}), ("a b c -> () a b c", {}),
        ("(a1 a2) b c -> a2 a1 b c", {"a1": 1}), ("a b c -> a b", {}), ("a b -> b a", {}),
        ("a b c", {}), ("a a c -> a c", {}), ("a b c -> a b c", {"z": 2}), ("a b (c -> a b c", {}),
        ("a b c) -> a b c", {}), ("a b ((c d)) -> a b c d", {"c": 2}), ("a b ... ... -> a b", {}),
        ("a b c -> ... a b c", {}), ("a_ b c -> b c a_", {}), ("a- b c -> b c", {}),
        ("a 3 c -> a c", {}),
    ):  # fmt: skip
        say.fails(rearrange, x, pattern, **sizes)
    say(rearrange([x, x], "n a b c -> a (n b) c").shape)
