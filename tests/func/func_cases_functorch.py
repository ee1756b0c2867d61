"""The transforms under the names they had before `torch.func`: functorch, make_functional."""

import warnings

from func_registry import case


def quietly(fn, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fn(*args, **kwargs)


@case
def transforms_that_warn(torch, say):
    import functorch

    x = torch.arange(3.0)
    for name in ("vmap", "grad", "grad_and_value", "jacrev", "jacfwd", "hessian", "functionalize"):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            made = getattr(functorch, name)(lambda v: v.sin().sum())
        say(name, [(w.category.__name__, str(w.message)) for w in told], made(x))
    say(quietly(functorch.vjp, torch.sin, x)[1](x), quietly(functorch.jvp, torch.sin, (x,), (x,)))


@case
def modules_as_functions(torch, say):
    import functorch

    model = torch.nn.Linear(2, 2)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        model.bias.copy_(torch.tensor([0.5, -0.5]))
    f, params = quietly(functorch.make_functional, model)
    say(f, f.param_names, f.names_map, type(f).__name__, len(params))
    say([type(p).__name__ for p in params], params[0] is model.weight, params[0].requires_grad)
    x = torch.tensor([[1.0, 1.0]])
    say(f(params, x), torch.func.grad(lambda p: f(p, x).sum())(params))
    f, params = quietly(functorch.make_functional, model, disable_autograd_tracking=True)
    say([p.requires_grad for p in params], model.weight.requires_grad)
    pair = torch.nn.Sequential(model, model)
    f, params = quietly(functorch.make_functional, pair)
    say(f.names_map, len(params), f(params, x))


@case
def modules_with_buffers(torch, say):
    import functorch

    norm = torch.nn.BatchNorm1d(2)
    try:
        quietly(functorch.make_functional, norm)
    except RuntimeError as e:
        say(str(e))
    f, params, buffers = quietly(functorch.make_functional_with_buffers, norm)
    say(f, f.param_names, f.buffer_names, f.all_names_map)
    say(f(params, buffers, torch.tensor([[1.0, 2.0], [3.0, 5.0]])), buffers, norm.running_mean)


@case
def combined_ensembles(torch, say):
    import functorch

    combine = functorch.combine_state_for_ensemble
    models = [torch.nn.Linear(2, 1) for _ in range(3)]
    for bad in ([], [models[0], torch.nn.ReLU()], [models[0], torch.nn.Linear(2, 1).eval()]):
        try:
            quietly(combine, bad)
        except RuntimeError as e:
            say(str(e))
    f, params, buffers = quietly(combine, models)
    say([tuple(p.shape) for p in params], [p.requires_grad for p in params], buffers)
    x = torch.ones(4, 2)
    out = torch.vmap(f, (0, 0, None))(params, buffers, x)
    say(tuple(out.shape), all(torch.equal(a, m(x)) for a, m in zip(out, models, strict=True)))


@case
def vmap_in_chunks(torch, say):
    from torch._functorch.apis import chunk_vmap

    x = torch.arange(5.0)
    seen = []

    def f(v):
        seen.append(1)
        return v * 2

    say([chunk_vmap(f, chunks=n)(x) for n in (1, 2, 3, 7)], len(seen))
    try:
        chunk_vmap(f, chunks=0)(x)
    except RuntimeError as e:
        say(str(e))


@case
def vmap_internals(torch, say):
    from torch._vmap_internals import _vmap, vmap

    x = torch.arange(3.0)
    say(_vmap(lambda v: (v * 2, None), 0, 0, True)(x), _vmap(torch.sin)(x))
    try:
        _vmap(lambda v: (v, None))(x)
    except ValueError as e:
        say(str(e))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        say(vmap(torch.cos)(x), [str(w.message) for w in told])
