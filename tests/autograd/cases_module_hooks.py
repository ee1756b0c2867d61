"""Hooks of modules around gradients: order, removal, refusals, those on every module."""

from collections import OrderedDict

from transcript import case


def noted(seen, name, result=None):
    def hook(*args):
        seen.append(name)
        return result

    return hook


@case
def module_hooks_in_order(torch, say):
    from torch import nn

    for register in (
        "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
        "register_full_backward_pre_hook",
    ):  # fmt: skip
        seen, inner = [], nn.Linear(2, 2)
        model = nn.Sequential(nn.Linear(2, 2), inner, nn.Linear(2, 1))
        handles = [
            getattr(inner, register)(noted(seen, i), prepend=first)
            for i, first in enumerate([False, True, False, True])
        ]
        out = model(torch.ones(1, 2))
        say(register, seen)
        out.sum().backward()
        handles[0].remove()
        handles[1].remove()
        model(torch.ones(1, 2)).sum().backward()
        say(seen, len(handles[2].hooks_dict_ref()))


@case
def module_hooks_with_keywords(torch, say):
    from torch import nn

    class Sum(nn.Module):
        def forward(self, x, bias=None):
            return x + bias

    x, m = torch.ones(2), Sum()
    after = m.register_forward_hook(lambda m, a, k, out: out + k["bias"], with_kwargs=True)
    before = m.register_forward_pre_hook(
        lambda m, a, k: (a, {"bias": k["bias"] * 2}), with_kwargs=True
    )
    say(m(x, bias=x))
    after.remove()
    say(m(x, bias=x), after.id in m._forward_hooks_with_kwargs)
    before.remove()
    say(m(x, bias=x), before.id in m._forward_pre_hooks_with_kwargs)
    m.register_forward_pre_hook(lambda m, a, k: 3, with_kwargs=True)
    say.fails(m, x, bias=x)


@case
def module_hooks_called_always(torch, say):
    from torch import nn

    class Bad(nn.Module):
        def forward(self, x):
            raise ValueError("bad forward")

    seen, m = [], Bad()
    m.register_forward_hook(noted(seen, "always"), always_call=True)
    m.register_forward_hook(noted(seen, "never"))
    say.fails(m, torch.ones(1))

    def worse(*args):
        raise KeyError("worse")

    m.register_forward_hook(worse, always_call=True)
    say.fails(m, torch.ones(1))
    say(seen)


@case
def module_hooks_of_nodes(torch, say):
    from torch import nn

    class Calls(nn.Module):
        def __init__(self, fn):
            super().__init__()
            self.fn = fn

        def forward(self, *args):
            return self.fn(*args)

    a, b = (torch.ones(2, requires_grad=True) for _ in range(2))
    for fn, args in (
        (lambda x: (x[0].clone(), x[1].clone()), ([a, b],)),
        (lambda x, y: [x.clone(), y.clone()], (a, b)),
        (lambda x, y: (x.clone(), y.clone()), (a, b)),
        (lambda x: x.clone().clone(), (a,)),
        (lambda x: {"out": x.clone()}, (a,)),
        (lambda x: x.exp(), (a * 1,)),
    ):
        m = Calls(fn)
        m.register_backward_hook(lambda *_: None)
        m(*args)
        say("next")
    m = nn.Sigmoid()
    m.register_backward_hook(lambda m, gi, go: tuple(g * 2 for g in gi))
    m(a).sum().backward()
    say(a.grad)
    say.fails(m.register_full_backward_hook, print)
    full = nn.Sigmoid()
    full.register_full_backward_hook(lambda *_: None)
    say.fails(full.register_backward_hook, print)


@case
def module_hooks_and_numbers_of_gradients(torch, say):
    from torch import nn

    for register in (
        "register_backward_hook", "register_full_backward_hook", "register_full_backward_pre_hook",
    ):  # fmt: skip
        for change in (lambda *a: a[1][:-1], lambda *a: (*a[1], torch.ones(2, 2))):
            m, x = nn.Sigmoid(), torch.ones(2, requires_grad=True)
            if register == "register_backward_hook":
                x = x * 1
            with getattr(m, register)(change):
                say.fails(m(x).sum().backward)
    m, x = nn.Sigmoid(), torch.ones(2, requires_grad=True)
    seen = []
    m.register_full_backward_pre_hook(lambda m, g: (g[0] * 0.5,))
    m.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    m(x).sum().backward()
    say(seen, x.grad)


@case
def module_hooks_on_every_module(torch, say):
    from torch import nn

    every, x = nn.modules.module, torch.ones(2, requires_grad=True)
    seen, m = [], nn.Sigmoid()
    handles = [
        every.register_module_forward_pre_hook(noted(seen, "every before")),
        every.register_module_forward_hook(noted(seen, "every after")),
        every.register_module_full_backward_hook(noted(seen, "every full")),
        every.register_module_full_backward_pre_hook(noted(seen, "every pre")),
    ]
    m.register_forward_pre_hook(noted(seen, "before"))
    m.register_forward_hook(noted(seen, "after"))
    m.register_full_backward_hook(noted(seen, "full"))
    m(x).sum().backward()
    say(seen)
    say.fails(every.register_module_backward_hook, print)
    for h in handles:
        h.remove()
    m(x).sum().backward()
    say(seen[7:])
    every._global_backward_hooks = OrderedDict()
    every._global_is_full_backward_hook = None
    with every.register_module_backward_hook(noted(seen, "every node")):
        alive = nn.Sequential(nn.Tanh())
        alive(x * 1).sum().backward()
    say(seen[10:])
    every._global_is_full_backward_hook = None


@case
def module_hooks_on_registration(torch, say):
    from torch import nn

    for kind in ("buffer", "module", "parameter"):
        for gives in (True, False):
            seen = []

            def hook(module, name, value, seen=seen, gives=gives):
                seen.append((name, type(module).__name__))
                return value if gives else None

            register = getattr(nn.modules.module, f"register_module_{kind}_registration_hook")
            with register(hook):
                m = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
                m.register_buffer("extra", torch.zeros(1))
            say(kind, seen)


@case
def module_hooks_of_states(torch, say):
    from torch import nn

    seen, m = [], nn.Sequential(nn.Linear(1, 1))
    inner, state = m[0], m.state_dict()
    inner._register_load_state_dict_pre_hook(lambda *a: seen.append(a[1:]))
    inner.register_load_state_dict_pre_hook(lambda *a: seen.append((a[0] is inner, a[2:])))
    m.load_state_dict(state)
    say(seen)

    def after(module, keys):
        keys.missing_keys.append("lost")
        keys.unexpected_keys.append("found")

    handle = inner.register_load_state_dict_post_hook(after)
    say(m.load_state_dict(state, strict=False))
    say.fails(m.load_state_dict, state)
    handle.remove()
    say(m.load_state_dict({**state, "more.w": torch.ones(1)}, strict=False))
    m._register_state_dict_hook(lambda m, s, prefix, meta: say(list(s), prefix, meta))
    inner.register_state_dict_pre_hook(lambda m, prefix, keep: say(prefix, keep))
    inner.register_state_dict_post_hook(lambda m, s, prefix, meta: s.update(late=1))
    say(list(m.state_dict()))
