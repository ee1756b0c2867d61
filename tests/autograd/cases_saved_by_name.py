"""Single ``_saved_*`` attributes by name, of nodes that do not show all that torch's do."""

from transcript import case


def shown(torch, say, t, names):
    n = t.grad_fn
    say(n.name(), *(f"{a}={say.text(getattr(n, '_saved_' + a))}" for a in names.split()))


def leaf(torch, *shape):
    return torch.linspace(0.1, 0.9, 24)[: torch.Size(shape).numel()].reshape(shape).requires_grad_()


@case
def named_sizes_and_modes(torch, say):
    x, y = leaf(torch, 3, 4), leaf(torch, 2, 3)
    batch = leaf(torch, 2, 3, 4)
    sizes = (
        "batch1 batch2 alpha beta batch1_sym_argsize_0 batch1_sym_argsize_1 batch2_sym_argsize_2"
    )
    shown(torch, say, torch.addbmm(leaf(torch, 3, 3), batch, batch.mT), sizes)
    for mode in ("floor", "trunc"):
        shown(torch, say, torch.div(x, 2.0, rounding_mode=mode), "rounding_mode")
    shown(torch, say, x.split(2, 1)[0], "self_sym_sizes dim split_size")
    shown(torch, say, x.split([1, 3], 1)[1], "self_sym_sizes dim split_sizes")
    shown(torch, say, torch.std_mean(x, 1)[0], "self dim keepdim")
    shown(torch, say, torch.nansum(x, 1), "self dim keepdim")
    shown(torch, say, torch.diag_embed(y, 0, 1, 2), "offset dim1 dim2")
    shown(torch, say, torch.diagonal_scatter(x, leaf(torch, 3)), "offset dim1 dim2")
    shown(torch, say, torch.select_scatter(x, leaf(torch, 4), 0, 1), "dim index")
    shown(torch, say, torch.slice_scatter(x, leaf(torch, 1, 4), 0, 1, 2), "dim start end step")
    shown(torch, say, torch.rot90(x, 1, (0, 1)), "k dims")
    shown(torch, say, torch.mode(x, 1)[0], "dim self_sym_sizes")
    shown(torch, say, torch.sort(x, dim=1, stable=True)[0], "dim self_sym_sizes indices")
    shown(torch, say, torch.polygamma(1, x), "n self")


@case
def named_numbers(torch, say):
    x = leaf(torch, 3)
    shown(torch, say, x * 3.0, "other")
    shown(torch, say, x / 2.5, "other")
    shown(torch, say, x.to(torch.complex64) * 2j, "other")
    for v in (0.5, 1, False):
        shown(torch, say, torch.nn.functional.threshold(x, v, v), "threshold")
        t = torch.nn.functional.threshold(x, torch.tensor(v), torch.tensor(v))
        shown(torch, say, t, "threshold")


@case
def named_of_networks(torch, say):
    F = torch.nn.functional
    image, w = leaf(torch, 1, 1, 4, 4), leaf(torch, 2, 1, 3, 3)
    names = "stride padding dilation groups transposed output_padding bias_sym_sizes_opt"
    shown(torch, say, F.conv2d(image, w, leaf(torch, 2), padding=1), names)
    shown(torch, say, F.conv2d(image, w), names)
    shown(torch, say, F.conv1d(leaf(torch, 1, 2, 4), leaf(torch, 2, 2, 3)), names)
    x, target = leaf(torch, 2, 5), torch.tensor([1, 4])
    shown(torch, say, F.nll_loss(x, target), "target weight reduction")
    loss = F.nll_loss(x, target, torch.ones(5), ignore_index=3)
    shown(torch, say, loss, "target weight reduction ignore_index")
    loss.backward()
    say.fails(getattr, loss.grad_fn, "_saved_weight")


@case
def named_of_strided_views(torch, say):
    x = leaf(torch, 3, 4)
    for t in (x, x * 1, x[1:], x.t()):
        for more in ((), (1,), (0,)):
            y = t.as_strided((2, 2), (1, 1), *more)
            shown(torch, say, y, "size stride storage_offset")
            say(y)
    with torch.no_grad():
        say(x.as_strided((2,), (1,)).requires_grad)
    plain = torch.ones(3).as_strided((2,), (1,))
    say(plain.grad_fn)


@case
def named_of_quotients(torch, say):
    x, y = leaf(torch, 3), leaf(torch, 3)
    for mode in (None, "floor", "trunc"):
        for other in (y, 2.5, torch.ones(3)):
            z = torch.div(x, other, rounding_mode=mode)
            shown(torch, say, z, "self other rounding_mode")
            say(z, torch.autograd.grad(z.sum(), x))
        say((x * 1).div_(2.0, rounding_mode=mode), torch.divide(x, 2.0, rounding_mode=mode))
        say(torch.div(torch.tensor([3]), 2, rounding_mode=mode))
    z = torch.div(x, y, rounding_mode=None)
    (g,) = torch.autograd.grad(z.sum(), y, create_graph=True)
    say(g.detach(), torch.autograd.grad(g.sum(), (x, y)))
    say(torch.div(x, 2.0), torch.true_divide(x, y), x / 2)
    say.fails(torch.div, x, 2.0, rounding_mode="up")
