"""Custom Functions that give back views, and mark what they have written."""

from transcript import case


def function(torch, forward):
    class Fn(torch.autograd.Function):
        @staticmethod
        def backward(ctx, *g):
            return g[0]

    Fn.forward = staticmethod(forward)
    return Fn.apply


def made(torch, grad=True):
    """Inputs of all kinds, by name."""
    base = torch.tensor([1.0, 2.0], requires_grad=grad)
    return {
        "leaf": base,
        "result": base.clone(),
        "view": base.clone().view(2),
        "view of a leaf": base.view(2),
        "one of several": base.clone().split(1)[0],
    }


def state(*tensors):
    return [
        (
            t.tolist(), t.grad_fn.name() if t.grad_fn else None, t.requires_grad, t._version,
            t._is_view(),
        )
        for t in tensors
    ]  # fmt: skip


def tried(torch, say, forward):
    def run(x):
        out = function(torch, forward)(x)
        outs = out if isinstance(out, tuple) else (out,)
        return [[o is x for o in outs], state(x, *outs)]

    for grad in (True, False):
        for kind, x in made(torch, grad).items():
            say(kind)
            say.fails(run, x)
    with torch.no_grad():
        say.fails(run, torch.ones(2, requires_grad=True).clone())


@case
def marked_dirty_but_no_input(torch, say):
    def new(ctx, x):
        y = 3 * x
        y.add_(1)
        ctx.mark_dirty(y)
        return y

    def view(ctx, x):
        y = x.clone().view_as(x)
        ctx.mark_dirty(y)
        return y

    def two(ctx, x):
        y = x.clone()
        ctx.mark_dirty(y)
        return y, x * 2

    for forward in (new, view, two):
        tried(torch, say, forward)


@case
def marked_dirty_beside_other_outputs(torch, say):
    def two(ctx, x):
        x.add_(1)
        ctx.mark_dirty(x)
        return x, x * 2

    def twice(ctx, x):
        x.add_(1)
        ctx.mark_dirty(x)
        return x, x

    def kept(ctx, x):
        x.add_(1)
        ctx.mark_dirty(x)
        return x.clone()

    for forward in (two, twice, kept):
        tried(torch, say, forward)


@case
def pure_views_may_be_written(torch, say):
    def part(ctx, x):
        ctx._is_pure_view = True
        return x[:1]

    def copy(ctx, x):
        ctx._is_pure_view = True
        return x.clone()

    def of_a_copy(ctx, x):
        ctx._is_pure_view = True
        return x.clone()[:1]

    for forward in (part, copy, of_a_copy):
        for kind, x in made(torch).items():
            say(kind)
            y = function(torch, forward)(x)
            say.fails(lambda y=y: state(y.add_(1)))
        for x in made(torch, False).values():
            say(state(function(torch, forward)(x).add_(1)))


@case
def pure_views_leave_out_their_backward(torch, say):
    class Head(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, pure):
            ctx._is_pure_view = pure
            return x[:1]

        @staticmethod
        def backward(ctx, g):
            say("backward ran")
            return torch.cat([g, g * 0]) * 10, None

    a = torch.tensor([1.0, 2.0], requires_grad=True)
    x = a.clone()
    y = Head.apply(x, True)
    y.mul_(3)
    (y.sum() + x.sum()).backward()
    say(a.grad)
    Head.apply(a, True).sum().backward()
    say(a.grad)
    say.fails(Head.apply(a.clone(), False).mul_, 3)


@case
def pure_views_refused(torch, say):
    def two(ctx, x):
        ctx._is_pure_view = True
        return x[:1], x[1:]

    def number(ctx, x):
        ctx._is_pure_view = 3
        return x[:1]

    def read(ctx, x):
        ctx._is_pure_view = True
        return ctx._is_pure_view

    for forward in (two, number, read):
        tried(torch, say, forward)

    class Sum(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx._is_pure_view = True
            return x[:]

    say.fails(Sum.apply, torch.ones(1), torch.ones(1))
