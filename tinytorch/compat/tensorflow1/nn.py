"""tf.nn: activations and losses."""

from __future__ import annotations

from functools import partial

import tinytorch as torch
from tinytorch.nn import functional

from . import _shapes as shapes
from ._graph import build
from ._ops import PUBLIC, convert, demand, pair
from .errors import unknown

elu, relu, relu6, selu = (PUBLIC.pop(n) for n in ("elu", "relu", "relu6", "selu"))
softplus, softsign = PUBLIC.pop("softplus"), PUBLIC.pop("softsign")
sigmoid, tanh = PUBLIC["sigmoid"], PUBLIC["tanh"]

__all__ = [
    "bias_add", "elu", "l2_loss", "leaky_relu", "log_softmax", "relu", "relu6", "selu", "sigmoid",
    "sigmoid_cross_entropy_with_logits", "softmax", "softmax_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits_v2", "softplus", "softsign",
    "sparse_softmax_cross_entropy_with_logits", "tanh",
]  # fmt: skip


def _along(type, compute, logits, axis, dim, name):
    x = convert(logits)
    demand("float", type, x)
    d = next((d for d in (axis, dim) if d is not None), -1)
    same = partial(shapes.same, x.shape)
    return build(type, [x], x.dtype, same, lambda x: compute(x, d), name)


def softmax(logits, axis=None, name="Softmax", dim=None):
    """Probabilities along `axis`, by default the last (tf.nn.softmax)."""
    return _along("Softmax", torch.softmax, logits, axis, dim, name)


def log_softmax(logits, axis=None, name="LogSoftmax", dim=None):
    """The logarithm of `softmax` (tf.nn.log_softmax)."""
    return _along("LogSoftmax", torch.log_softmax, logits, axis, dim, name)


def leaky_relu(features, alpha=0.2, name="LeakyRelu"):
    """Negative values times alpha (tf.nn.leaky_relu)."""
    x = convert(features)
    return build("LeakyRelu", [x], x.dtype, partial(shapes.same, x.shape),
                 lambda x: functional.leaky_relu(x, alpha), name)  # fmt: skip


def bias_add(value, bias, name="BiasAdd"):
    """`value` plus a vector along its last axis (tf.nn.bias_add)."""
    x, b = pair(value, bias, "BiasAdd", name, ("value", "bias"))
    shape = partial(shapes.broadcast, x.shape, b.shape)
    return build("BiasAdd", [x, b], x.dtype, shape, torch.add, name)


def l2_loss(t, name="L2Loss"):
    """Half the sum of squares (tf.nn.l2_loss)."""
    x = convert(t)
    return build("L2Loss", [x], x.dtype, lambda: shapes.TensorShape(()),
                 lambda x: torch.sum(x * x) / 2, name)  # fmt: skip


def sigmoid_cross_entropy_with_logits(labels=None, logits=None, name="logistic_loss"):
    """The cross entropy of each element taken for itself, of the shape of the logits."""
    x, z = pair(logits, labels, "logistic_loss", name)

    def compute(x, z):
        return functional.binary_cross_entropy_with_logits(x, z, reduction="none")

    return build("LogisticLoss", [x, z], x.dtype, partial(x.shape.merge_with, z.shape), compute,
                 name)  # fmt: skip


def softmax_cross_entropy_with_logits_v2(
    labels, logits, axis=-1, name="softmax_cross_entropy_with_logits"
):
    """The cross entropy of rows of probabilities; gradients go to the labels as well."""
    x, p = pair(logits, labels, "softmax_cross_entropy_with_logits", name)

    def compute(x, p):
        return -torch.sum(p * torch.log_softmax(x, axis), axis)

    shape = partial(shapes.reduce, x.shape.merge_with(p.shape), axis)
    return build("SoftmaxCrossEntropyWithLogits", [x, p], x.dtype, shape, compute, name)


def softmax_cross_entropy_with_logits(
    labels=None, logits=None, dim=-1, name="softmax_cross_entropy_with_logits_sg"
):
    """The cross entropy of rows of probabilities; no gradient goes to the labels."""
    labels = PUBLIC["stop_gradient"](convert(labels))
    return softmax_cross_entropy_with_logits_v2(labels, logits, dim, name)


def sparse_softmax_cross_entropy_with_logits(
    labels=None, logits=None, name="SparseSoftmaxCrossEntropyWithLogits"
):
    """The cross entropy of rows of logits with the index of the right class of each."""
    x, z = convert(logits), convert(labels)

    def compute(x, z):
        picked = torch.log_softmax(x, -1).gather(-1, z.long().unsqueeze(-1))
        return -picked.squeeze(-1)

    return build("SparseSoftmaxCrossEntropyWithLogits", [x, z], x.dtype,
                 partial(shapes.same, z.shape), compute, name)  # fmt: skip


def __getattr__(name):
    raise unknown(name, "tensorflow.nn", __all__)
