"""What nodes show of what they saved, as a picture of a graph prints it: every name, every size."""

from transcript import case


def shown(node):
    """A node's attributes of saved values; of a tensor its shape."""
    found = []
    for name in sorted(n for n in dir(node) if n.startswith("_saved_")):
        value = getattr(node, name)
        found.append((name, tuple(value.shape) if hasattr(value, "shape") else value))
    return [type(node).__name__, *found]


@case
def linear_maps(torch, say):
    F = torch.nn.functional
    w, b = torch.ones(3, 2, requires_grad=True), torch.ones(3, requires_grad=True)
    for x in (torch.ones(4, 2), torch.ones(4, 2, requires_grad=True)):
        say(*shown(F.linear(x, w, b).grad_fn))
        say(*shown(F.linear(x, w).grad_fn))
    say(*shown(F.linear(torch.ones(4, 2, requires_grad=True), w.detach()).grad_fn))


@case
def views_and_their_copies(torch, say):
    x = torch.arange(6.0, requires_grad=True).view(2, 3)
    for y in (x.expand(4, 2, 3), x.as_strided((2, 2), (1, 2), 1), torch.permute_copy(x, (1, 0)),
              torch.transpose_copy(x, 0, 1), torch.unsqueeze_copy(x, 1), torch.t_copy(x),
              torch.expand_copy(x, (5, 2, 3)), torch.squeeze_copy(x), torch.view_copy(x, (6,)),
              torch.as_strided_copy(x, (2, 2), (1, 2), 1), torch.unfold_copy(x, 1, 2, 1),
              torch.narrow_copy(x, 1, 1, 2)):  # fmt: skip
        say(*shown(y.grad_fn))
    say(*shown((x * 1).t_().grad_fn), *shown((x * 1).unsqueeze_(1).grad_fn))
    say(*shown((x * 1).transpose_(0, 1).grad_fn), *shown((x * 1).squeeze_().grad_fn))


@case
def losses_and_layers(torch, say):
    F = torch.nn.functional
    x, y = torch.full((2, 3), 0.5, requires_grad=True), torch.full((2, 3), 0.25)
    with_logits = F.binary_cross_entropy_with_logits
    say(*shown(with_logits(x, y).grad_fn))
    say(*shown(with_logits(x, y, weight=y, pos_weight=y[0], reduction="sum").grad_fn))
    say(*shown(F.soft_margin_loss(x, y).grad_fn))
    say(*shown(F.gelu(x).grad_fn), *shown(F.gelu(x, approximate="tanh").grad_fn))
    say(*shown(F.embedding(torch.tensor([1, 0]), x).grad_fn))
    say(*shown(F.embedding(torch.tensor([1, 0]), x, padding_idx=1).grad_fn))
    say(*shown(F.pad(x, (1, 2)).grad_fn), *shown(F.pad(x, (0, 1, -1, 2)).grad_fn))
    say(*shown(x.gt_(y).grad_fn) if x.grad_fn else "a leaf", *shown((x * 1).eq_(y).grad_fn))
    say(*shown(torch.complex(x, y).grad_fn), *shown(torch.polygamma(2, x).grad_fn))
