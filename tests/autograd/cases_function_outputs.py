"""What becomes of outputs of custom Functions: given twice, saved, freed, or saved and spoiled."""

from transcript import case


def function(torch, forward, backward, setup=None):
    class Fn(torch.autograd.Function):
        pass

    Fn.forward, Fn.backward = staticmethod(forward), staticmethod(backward)
    if setup is not None:
        Fn.setup_context = staticmethod(setup)
    return Fn.apply


def leaf(torch):
    return torch.tensor([1.0, 2.0], requires_grad=True)


@case
def outputs_given_twice(torch, say):
    def same(ctx, x):
        return x, x

    def written(ctx, x):
        x.add_(1)
        ctx.mark_dirty(x)
        return x, x

    def new(ctx, x):
        y = x * 2
        ctx.save_for_backward(y)
        return y, y

    def back(ctx, g, h):
        say(g, h, [(t, t.output_nr) for t in ctx.saved_tensors])
        return g + h

    for forward in (same, written, new):
        a = leaf(torch)
        y, z = function(torch, forward, back)(a * 1)
        say(y is z, y.output_nr, z.output_nr, y._is_view())
        (y * 2 + z * 3).sum().backward()
        say(a.grad)
        y, z = function(torch, forward, back)(torch.ones(2))
        say(y is z, y._is_view())


@case
def outputs_of_a_freed_call(torch, say):
    def back(ctx, g):
        say("backward")
        return g * 2 + len(ctx.saved_tensors)

    for saves in (False, True):

        def forward(ctx, x, saves=saves):
            if saves:
                ctx.save_for_backward(x)
            return x.clone()

        a = leaf(torch)
        y = function(torch, forward, back)(a)
        y.sum().backward(retain_graph=True)
        y.sum().backward()
        say.fails(y.sum().backward)
        say.fails(getattr, y.grad_fn, "_raw_saved_tensors")
    y = function(torch, lambda ctx, x: x * 2, lambda ctx, g: g * 2)(a)
    for _ in range(2):
        y.sum().backward()
    say(a.grad)


@case
def outputs_beside_spoiled_views(torch, say):
    def forward(ctx, x):
        ctx.save_for_backward(x)
        x.add_(1)
        return x * 2

    def back(ctx, g):
        say.fails(getattr, ctx, "saved_tensors")
        return g

    base = leaf(torch) * 1
    y = function(torch, forward, back)(base.split(1)[0])
    say.fails(y.sum().backward)


@case
def outputs_for_no_edge(torch, say):
    """An input that requires grad and leads nowhere may get a gradient of any shape."""
    a = leaf(torch)
    with torch.no_grad():
        v = (a * 1).view(2)
    with torch.no_grad():
        w = (a.clone()).requires_grad_()[:]
    for x in (v, w):
        x = x if x.requires_grad else x.requires_grad_()
        y = function(torch, lambda ctx, x: x * 2, lambda ctx, g: torch.ones(2, 2))(x)
        say(y, y.grad_fn.next_functions[0][0] is None)
        say.fails(y.sum().backward)


@case
def outputs_beside_a_written_view(torch, say):
    def forward(ctx, x):
        x.add_(1)
        ctx.mark_dirty(x)
        return x, x[:1]

    a = leaf(torch)
    y, z = function(torch, forward, lambda ctx, g, h: g + torch.cat([h, h * 0]))(a * 1)
    say(y, z, z._is_view(), z._version)
    say.fails(z.add_, 1)
    (y.sum() + z.sum()).backward()
    say(a.grad)


@case
def outputs_saved_by_setup_context(torch, say):
    def run(forward, mark, x):
        def setup(ctx, inputs, output):
            mark(ctx, inputs[0])
            ctx.save_for_backward(inputs[0])

        return function(torch, forward, lambda ctx, g: g, setup)(x)

    marks = {
        "none": lambda ctx, x: None,
        "dirty": lambda ctx, x: ctx.mark_dirty(x),
        "fixed": lambda ctx, x: ctx.mark_non_differentiable(x),
    }
    for name, mark in marks.items():
        for x in (leaf(torch), leaf(torch) * 1, torch.ones(2)):
            say(name)
            say.fails(run, lambda x: x, mark, x)
            with torch.no_grad():
                say.fails(run, lambda x: x, mark, x)
    say.fails(run, lambda x: x.view_as(x), marks["none"], leaf(torch))
