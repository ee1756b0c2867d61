"""Functions of nn.functional given something else than a tensor."""

from transcript import case


@case
def activations_of_no_tensor(torch, say):
    F = torch.nn.functional
    for name in ("relu6", "elu", "selu", "celu", "silu", "mish", "gelu", "softplus", "logsigmoid",
                 "hardshrink", "softshrink", "hardtanh", "hardsigmoid", "hardswish"):  # fmt: skip
        for bad in ("a", [1.0], None, 3):
            say.fails(getattr(F, name), bad)
    say.fails(F.gelu, torch.ones(2), inplace=True)
