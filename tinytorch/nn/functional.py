"""``torch.nn.functional``: the functions behind the modules.

The functions live by kind in `_activations`, `_losses` and `_layers`; this is their public name.
"""

from __future__ import annotations

from ._activations import (  # noqa: F401
    celu,
    elu,
    gelu,
    glu,
    gumbel_softmax,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    log_softmax,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    rrelu,
    selu,
    sigmoid,
    silu,
    softmax,
    softmin,
    softplus,
    softshrink,
    softsign,
    tanh,
    tanhshrink,
    threshold,
)
from ._conv import conv1d, conv2d, conv3d  # noqa: F401
from ._layers import (  # noqa: F401
    alpha_dropout,
    batch_norm,
    bilinear,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    embedding,
    feature_alpha_dropout,
    group_norm,
    instance_norm,
    layer_norm,
    linear,
    normalize,
    one_hot,
    pad,
    rms_norm,
    scaled_dot_product_attention,
)
from ._losses import (  # noqa: F401
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cosine_embedding_loss,
    cosine_similarity,
    cross_entropy,
    gaussian_nll_loss,
    hinge_embedding_loss,
    huber_loss,
    kl_div,
    l1_loss,
    margin_ranking_loss,
    mse_loss,
    nll_loss,
    pairwise_distance,
    poisson_nll_loss,
    smooth_l1_loss,
    soft_margin_loss,
    triplet_margin_loss,
)
from ._pool import (  # noqa: F401
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)


def _write(name):
    def write(input, *args, **kwargs):
        return globals()[name](input, *args, inplace=True, **kwargs)

    write.__name__ = write.__qualname__ = name + "_"
    write.__doc__ = f"`{name}` in place (torch.nn.functional.{name}_)."
    return write


for _name in ("relu", "leaky_relu", "elu", "selu", "celu", "hardtanh", "threshold", "rrelu"):
    globals()[_name + "_"] = _write(_name)


def __getattr__(name):
    raise AttributeError(f"module 'torch.nn.functional' has no attribute '{name}'")
