"""What optimizers say of their state and of their parameters: hooks, names, shared tensors."""

from transcript import case

NAMES = ("SGD", "Adam", "AdamW", "Adagrad", "RMSprop")


def made(torch, name):
    ps = [torch.ones(3, dtype=torch.float64), torch.full((2,), 2.0, dtype=torch.float64)]
    ps = [p.requires_grad_() for p in ps]
    more = {"momentum": 0.9} if name in ("SGD", "RMSprop") else {}
    return ps, getattr(torch.optim, name)(ps, lr=0.1, **more)


def stepped(torch, ps, opt, times=2):
    for _ in range(times):
        opt.zero_grad()
        sum((p * p).sum() for p in ps).backward()
        opt.step()


@case
def a_loaded_state_is_shared(torch, say):
    for name in NAMES:
        ps, opt = made(torch, name)
        qs, other = made(torch, name)
        stepped(torch, ps, opt)
        state = opt.state_dict()
        other.load_state_dict(state)
        pairs = zip(opt.state.values(), other.state.values(), strict=True)
        say(name, [a[k] is b[k] for a, b in pairs for k in a])
        for p, q in zip(ps, qs, strict=True):
            q.data = p.data.clone()
        stepped(torch, qs, other)
        stepped(torch, ps, opt)
        say(qs, ps)
        single = [p.detach().float().requires_grad_() for p in ps]
        third = type(opt)(single, lr=0.1)
        third.load_state_dict(state)
        pairs = zip(opt.state.values(), third.state.values(), strict=True)
        say([(k, a[k] is b[k], b[k].dtype) for a, b in pairs for k in a])


@case
def hooks_of_states(torch, say):
    ps, opt = made(torch, "Adam")
    stepped(torch, ps, opt)
    opt.register_state_dict_pre_hook(lambda o: say("pre", o is opt))
    opt.register_state_dict_pre_hook(lambda o: say("first"), prepend=True)
    post = opt.register_state_dict_post_hook(lambda o, d: {**d, "more": 1})
    opt.register_load_state_dict_pre_hook(lambda o, d: say("load", sorted(d), d is state))
    opt.register_load_state_dict_pre_hook(lambda o, d: {k: d[k] for k in d if k != "more"})
    opt.register_load_state_dict_post_hook(lambda o: say("loaded", len(o.state)))
    state = opt.state_dict()
    say(sorted(state))
    opt.load_state_dict(state)
    post.remove()
    say(sorted(opt.state_dict()))


@case
def parameters_with_names(torch, say):
    a, b, c = (torch.ones(2, requires_grad=True) for _ in range(3))
    opt = torch.optim.SGD([("a", a), ("b", b)], lr=0.1)
    say(opt.param_groups[0]["param_names"])
    say.fails(torch.optim.SGD, [("a", a), b], lr=0.1)
    say.fails(torch.optim.SGD, [a, ("b", b)], lr=0.1)
    say.fails(opt.add_param_group, {"params": [c]})
    opt = torch.optim.SGD([a], lr=0.1)
    say.fails(opt.add_param_group, {"params": [("c", c)]})
    say.fails(opt.add_param_group, {"params": [a]})
    say.fails(torch.optim.SGD, [a, a], lr=0.1)
    named = torch.optim.SGD([("a", a)], lr=0.1)
    named.load_state_dict(torch.optim.SGD([b], lr=0.5).state_dict())
    say(named.param_groups[0]["param_names"], named.param_groups[0]["lr"])
