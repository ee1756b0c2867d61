"""Operands that no formula of torch has a gradient for, and losses and layers of odd shapes."""

from transcript import case


def numbers(torch, *shape, start=1.0):
    n = 1
    for k in shape:
        n *= k
    return (torch.arange(n, dtype=torch.float64) + start).mul(0.07).reshape(shape)


@case
def operands_that_may_not_require_gradients(torch, say):
    F = torch.nn.functional
    x, p = numbers(torch, 3, 4), numbers(torch, 3, 4).mul(0.5)
    w, one = numbers(torch, 4).requires_grad_(), numbers(torch, 3, 4, start=2).requires_grad_()
    target, image = torch.tensor([0, 3, 1]), numbers(torch, 2, 4, 2, 2)
    places = torch.tensor([[[0, 1], [2, 3]], [[3, 2], [1, 0]]])
    calls = (
        lambda: F.soft_margin_loss(x, one),
        lambda: F.nll_loss(x, target, w),
        lambda: F.nll_loss(image, places, w),
        lambda: F.cross_entropy(x, target, w),
        lambda: F.binary_cross_entropy(p, p, w),
        lambda: F.binary_cross_entropy_with_logits(x, p, w),
        lambda: F.binary_cross_entropy_with_logits(x, p, pos_weight=w),
        lambda: F.batch_norm(x, w, torch.ones(4).double()),
        lambda: F.batch_norm(x, torch.ones(4).double(), w, training=True),
    )
    for call in calls:
        say.fails(call)
        with torch.no_grad():
            say(call())


@case
def layers_of_no_elements(torch, say):
    F = torch.nn.functional
    w, b = numbers(torch, 3).requires_grad_(), numbers(torch, 3, start=4).requires_grad_()
    for shape in ((0, 3), (2, 3, 0)):
        x = numbers(torch, *shape).requires_grad_()
        mean, var = torch.zeros(3).double(), torch.ones(3).double()
        for training in (True, False):
            for scale, shift in ((None, None), (w, None), (w, b)):
                y = F.batch_norm(x, mean, var, scale, shift, training)
                ends = [t for t in (x, scale, shift) if t is not None]
                say(y, torch.autograd.grad(y.sum(), ends), mean, var)


@case
def indices_of_no_elements(torch, say):
    for shape in ((5,), (5, 2), ()):
        for index in ((2, 0), (0,), (0, 3, 1)):
            x = numbers(torch, *shape).requires_grad_()
            y = torch.gather(x, 0, torch.zeros(index, dtype=torch.int64))
            say(y.detach(), y.grad_fn.name(), torch.autograd.grad(y.sum(), x))


@case
def pads_that_cut(torch, say):
    F = torch.nn.functional
    for mode in ("replicate", "reflect", "circular"):
        for shape, pad in (((1, 3, 4), (-2, 1)), ((1, 3, 4), (1, -2)), ((1, 3, 4), (-1, -1)),
                           ((2, 3, 4, 5), (-2, 2, 1, -1)), ((1, 3, 4), (-2, -3))):  # fmt: skip
            x = numbers(torch, *shape).requires_grad_()

            def run(x=x, pad=pad, mode=mode):
                y = F.pad(x, pad, mode)
                return y.detach(), torch.autograd.grad(y.square().sum(), x)

            say.fails(run)


@case
def variances_of_fewer_elements(torch, say):
    F = torch.nn.functional
    x, y = numbers(torch, 2, 3, 4), numbers(torch, 2, 3, 4, start=3)
    for shape in ((2, 3), (2, 3, 1), (2, 1, 4), (1, 3, 4), (2, 1, 1), (3, 4), (2, 2, 4)):
        v = numbers(torch, *shape).requires_grad_()

        def run(v=v):
            return torch.autograd.grad(F.gaussian_nll_loss(x, y, v), v)

        say.fails(run)
