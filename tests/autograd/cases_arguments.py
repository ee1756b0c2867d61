"""Arguments that torch's parser does not take: their number, their types, keywords, forms."""

from transcript import case


@case
def arguments_too_few_or_too_many(torch, say):
    x = torch.ones(2, 3)
    for name in ("cov", "gather", "index_select", "cross", "diff", "flip", "roll", "argmax"):
        fn, method = getattr(torch, name), getattr(x, name)
        say.fails(fn)
        say.fails(fn, x, *[0] * 9)
        say.fails(method, *[0] * 9)


@case
def arguments_of_other_types(torch, say):
    x, i = torch.ones(2, 3), torch.zeros(2, 3, dtype=torch.int64)
    for bad in ("a", None, [1.0], {}, 3):
        say.fails(torch.gather, bad, 0, i)
        say.fails(torch.gather, x, 0, bad)
        say.fails(torch.exp, bad)
        say.fails(torch.trapezoid, bad)
        say.fails(torch.sum, bad)
    for bad in ("a", None, [1, 2], 1.5, x):
        say.fails(torch.gather, x, bad, i)
        say.fails(x.index_select, bad, i[0])
        say.fails(x.diagonal, bad)
        say.fails(x.diff, bad)
    for bad in ("a", None, 3, x):
        say.fails(torch.cat, bad)
        say.fails(torch.stack, [x, bad])


@case
def arguments_by_unknown_keywords(torch, say):
    x = torch.ones(2, 3)
    for name in ("cov", "diff", "argsort", "median", "count_nonzero", "addmm", "bmm"):
        say.fails(getattr(torch, name), x, foo=1)
    say.fails(x.median, foo=1)
    say.fails(x.median, 0, dim=1)
    say.fails(torch.argmax, x, 0, dim=1)
    say.fails(x.conj_physical, 3)
    say.fails(x.conj_physical, foo=3)
    say.fails(x.clamp_, foo=3)
    say.fails(x.cumsum_, 0, foo=3)


@case
def arguments_that_fit_no_form(torch, say):
    x = torch.ones(2, 3)
    say.fails(torch.max, 3, x)
    say.fails(torch.min, 3, 3)
    say.fails(torch.clamp_max, 3, x)
    say.fails(torch.hsplit, x, "a")
    say.fails(x.vsplit, "a")
    say.fails(torch.median, x, "a")
    say.fails(torch.std, x, "a", "b", "c", "d")
    say.fails(torch.var, x, dim="a")
    say.fails(x.sort, "a", True, True)
    say.fails(torch.quantile, x, "a")
    say.fails(torch.quantile, x, [0.5, 0.5], dim=0)
    say.fails(x.scatter, 0, x, "a")
    say.fails(torch.linspace, 0, 1, 2.5)
    say.fails(torch.logspace, 0, 1, 2.5)
    say.fails(torch.addmm, x, x)
    say.fails(x.mul_, "a")
    say.fails(torch.add, "a", "b")
    say.fails(torch.fmod, x, None)


@case
def arguments_checked_by_the_op_itself(torch, say):
    x = torch.arange(5.0)
    for name, w in (
        ("fweights", x), ("aweights", torch.ones(5, dtype=torch.int64)), ("aweights", -x),
        ("fweights", torch.ones(2, dtype=torch.int64)), ("aweights", torch.ones(2, 5)),
    ):  # fmt: skip
        say.fails(torch.cov, x, **{name: w})
    say.fails(torch.linspace, torch.ones(2), torch.ones(2), 3)
    say.fails(torch.logspace, torch.ones(2), 1, 3)
    say.fails(torch.arange, 0, float("inf"))
    say.fails(torch.arange, -float("inf"), 1.5)
    say.fails(x.narrow, 0, torch.tensor(True), 1)
    rms = torch.nn.functional.rms_norm
    say.fails(rms, x, ())
    say.fails(rms, x, (5,), torch.ones(4))
    say.fails(rms, x, (4,))


@case
def arguments_named_out(torch, say):
    x, y = torch.ones(2, 2), torch.ones(2, 2, dtype=torch.float64)
    i = torch.zeros(2, 2, dtype=torch.int64)
    say.fails(torch.exp, x, out="a")
    say.fails(torch.gather, x, 0, i, out="a")
    for name in ("mm", "matmul", "cross", "tril", "argmax", "softmax", "abs", "round", "amax",
                 "norm", "take_along_dim", "isin", "floor"):  # fmt: skip
        args = {"softmax": (0,), "tril": (), "argmax": (), "amax": (), "norm": (), "abs": (),
                "round": (), "floor": (), "take_along_dim": (i, 0)}.get(name, (x,))  # fmt: skip
        for out in (y, i, x > 2):
            say.fails(getattr(torch, name), x, *args, out=out.clone())
    for name in ("sort", "max", "topk"):
        args = {"sort": (), "max": (0,), "topk": (1,)}[name]
        say.fails(getattr(torch, name), x, *args, out=(x[:0, 0].clone(), x[:0, 0].clone()))
        say.fails(getattr(torch, name), x, *args, out=(i[:0, 0].clone(), i[:0, 0].clone()))
    out = torch.zeros(2, 2, requires_grad=True)
    for name in ("permute_copy", "softmax", "heaviside", "mm"):
        args = {"permute_copy": ((1, 0),), "softmax": (0,)}.get(name, (x,))
        say.fails(getattr(torch, name), x, *args, out=out)
