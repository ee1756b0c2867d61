"""Linear maps, embedding, dropout, norms, padding and attention of ``torch.nn.functional``."""

from __future__ import annotations

import math

import numpy as np

from .. import dtypes, random_ops
from ..dispatch import dtype_of
from ..ops import norm as N
from ..ops.nn_linear import embedding_prim, linear
from ..ops.pad import constant_pad, padded_by_index
from ..ops.softmax import softmax
from ..ops.table import refuse_batches
from ..samples import S, T, declare
from ..storage import version
from ..tensor import Tensor, fresh
from ._functions import public, refuse_gradient

declare("nn.functional.linear", [
    S(T((3, 4)), T((2, 4)), T((2,))), S(T((3, 4)), T((2, 4))), S(T((4,)), T((2, 4)), T((2,))),
    S(T((4,)), T((2, 4))), S(T((2, 3, 4)), T((2, 4)), T((2,))), S(T((2, 3, 4)), T((2, 4))),
    S(T((3, 4)), T((4,))),
])  # fmt: skip


@public(S(T((3, 2)), T((3, 4)), T((5, 2, 4)), T((5,))))
def bilinear(input1, input2, weight, bias=None):
    """``input1 @ weight[k] @ input2`` for every k (torch.nn.functional.bilinear)."""
    k, n, m = weight.shape
    rows = math.prod(input1.shape[:-1])
    left = input1.reshape(rows, n) @ weight.permute(1, 0, 2).reshape(n, k * m)
    out = (left.reshape(rows, k, m) * input2.reshape(rows, 1, m)).sum(-1, dtype=input1.dtype)
    out = out.reshape(*input1.shape[:-1], k)
    return out if bias is None else out + bias


@public(S(T((2, 3), 0, 5, kind="index"), T((5, 4))),
        S(T((2, 3), 0, 5, kind="index"), T((5, 4)), padding_idx=2))  # fmt: skip
def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0,
              scale_grad_by_freq=False, sparse=False):  # fmt: skip
    """Rows of ``weight`` by number (torch.nn.functional.embedding)."""
    if weight.dim() != 2:
        raise RuntimeError("'weight' must be 2-D")
    if padding_idx is not None:
        n = weight.size(0)
        if not -n <= padding_idx < n:
            raise AssertionError("Padding_idx must be within num_embeddings")
        padding_idx %= n
    if scale_grad_by_freq or sparse or max_norm is not None:
        raise NotImplementedError("embedding: max_norm, scale_grad_by_freq and sparse")
    if dtype_of(fresh(input)).category != dtypes.INT:
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got torch.{input.dtype.legacy}Tensor instead (while checking "
            "arguments for embedding)"
        )
    try:
        input._p.check_target(input._raw, weight.size(0), None)
    except IndexError:
        raise IndexError("index out of range in self") from None
    return embedding_prim(weight, input, padding_idx)


@public(S(T((5,), 0, 4, kind="index")), S(T((2, 3), 0, 4, kind="index"), 6))
def one_hot(tensor, num_classes=-1):
    """Class numbers as rows with a single one (torch.nn.functional.one_hot)."""
    from ..factories import arange

    if num_classes == -1:
        refuse_batches("one_hot", tensor)
    if tensor.dtype is not dtypes.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if tensor.numel() == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
    elif not tensor._p.level:
        if tensor.min().item() < 0:
            raise RuntimeError("Class values must be non-negative.")
        most = tensor.max().item()
        if num_classes == -1:
            num_classes = most + 1
        elif most >= num_classes:
            raise RuntimeError("Class values must be smaller than num_classes.")
    return (tensor.unsqueeze(-1) == arange(num_classes, device=tensor.device)).long()


# --- dropout --------------------------------------------------------------------------------------


def _check_p(p):
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _noise(input, shape, p, keep_order):
    order = random_ops.Order.of(input, ()).dense() if keep_order else random_ops.Order(shape)
    core = random_ops.core_of(None, input)
    return random_ops.drawn(input, order, lambda s, d, c: random_ops.coins(core, 1 - p, s, d))


def _multiply(input, noise, inplace):
    return input.mul_(noise) if inplace else input * noise


@public(S(T((3, 4)), 0.5, False), S(T((3, 4)), 0.0))
def dropout(input, p=0.5, training=True, inplace=False):
    """Elements zeroed with probability ``p``, the rest scaled up (torch.nn.functional.dropout)."""
    _check_p(p)
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return _multiply(input, _zeros(input), inplace)
    return _multiply(input, _noise(input, None, p, True).div_(1 - p), inplace)


def _zeros(input):
    from ..factories import zeros

    return zeros((), dtype=input.dtype, device=input.device)


def _feature_shape(input):
    if input.dim() < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return (*input.shape[:2], *(1,) * (input.dim() - 2))


def _without_features(x, p, training, inplace):
    if p == 0 or not training or x.numel() == 0:
        return x
    if p == 1:
        return _multiply(x, _zeros(x), inplace)
    return _multiply(x, _noise(x, _feature_shape(x), p, False).div_(1 - p), inplace)


def _feature_dropout(name, rank):
    """rank: of an input with a batch; None: any."""

    def drop(input, p=0.5, training=True, inplace=False):
        _check_p(p)
        if rank is None or input.dim() == rank:
            return _without_features(input, p, training, inplace)
        x = input.unsqueeze_(0) if inplace else input.unsqueeze(0)
        out = _without_features(x, p, training, inplace)
        return out.squeeze_(0) if inplace else out.squeeze(0)

    drop.__name__ = drop.__qualname__ = name
    drop.__doc__ = f"Whole channels zeroed with probability ``p`` (torch.nn.functional.{name})."
    return drop


dropout1d = _feature_dropout("dropout1d", 3)
dropout2d = _feature_dropout("dropout2d", None)
dropout3d = _feature_dropout("dropout3d", 5)


def _alpha(input, shape, p, training, inplace):
    _check_p(p)
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return _multiply(input, _zeros(input), inplace)
    alpha = 1.7580993408473766
    noise = _noise(input, shape, p, shape is None)
    a = 1.0 / math.sqrt((alpha * alpha * p + 1) * (1 - p))
    b = noise.sub(1).mul_(alpha * a).add_(alpha * a * p)
    noise.mul_(a)
    return input.mul_(noise).add_(b) if inplace else input.mul(noise).add(b)


@public(S(T((3, 4)), 0.5, False))
def alpha_dropout(input, p=0.5, training=False, inplace=False):
    """Dropout that keeps mean and variance under SELU (torch.nn.functional.alpha_dropout)."""
    return _alpha(input, None, p, training, inplace)


@public(S(T((3, 4)), 0.5, False))
def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """`alpha_dropout` of whole channels (torch.nn.functional.feature_alpha_dropout)."""
    return _alpha(input, _feature_shape(input) if training else None, p, training, inplace)


# --- norms ----------------------------------------------------------------------------------------


def _prod(shape):
    return math.prod(shape)


@public(S(T((3, 4)), (4,)), S(T((2, 3, 4)), (3, 4), T((3, 4)), T((3, 4))),
        S(T((3, 4)), (4,), T((4,)), T((4,))))  # fmt: skip
def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Centred and scaled over the last dimensions (torch.nn.functional.layer_norm)."""
    shape = tuple(normalized_shape)
    have = tuple(fresh(input)._raw.shape)
    for name, x in (("weight", weight), ("bias", bias)):
        if x is not None and tuple(x.shape) != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(x.shape)} and normalized_shape = {list(shape)}"
            )
    if have[len(have) - len(shape) :] != shape or len(have) < len(shape):
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape "
            f"[*, {', '.join(map(str, shape))}], but got input of size{list(have)}"
        )
    return N.layer_norm(input, weight, bias, len(shape), eps)


@public(S(T((2, 4, 3)), 2, T((4,)), T((4,))), S(T((2, 4)), 2))
def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """Centred and scaled over groups of channels (torch.nn.functional.group_norm)."""
    if input.dim() < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {input.dim()}"
        )
    if input.shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(input.shape)} and num_groups={num_groups}"
        )
    return N.group_norm(input, weight, bias, num_groups, eps)


@public(
    S(T((4, 3)), None, None, T((3,)), T((3,)), True),
    S(T((2, 3, 2)), None, None, training=True),
    S(T((4, 3)), T((3,), grad=False), T((3,), 0.5, 2, grad=False), T((3,)), T((3,))),
)
def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False,
               momentum=0.1, eps=1e-5):  # fmt: skip
    """Centred and scaled per channel, by the batch or by running statistics
    (torch.nn.functional.batch_norm)."""
    refuse_gradient("native_batch_norm", running_mean=running_mean, running_var=running_var)
    if not input.numel():
        return _of_nothing(input, weight, bias)
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError("Expected running_mean and running_var to be defined when "
                               "training=False")  # fmt: skip
        return N.batch_norm_fixed(input, weight, bias, running_mean, running_var, eps)
    n = _prod(input.shape) // max(input.shape[1], 1)
    if n == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {input.size()}"
        )
    if running_mean is not None:
        _track(_observed(input, running_mean), running_mean, running_var, momentum, n)
    return N.batch_norm(input, weight, bias, eps)


def _of_nothing(input, weight, bias):
    """torch's normalization of no elements: scaled by the first channel, for the graph alone."""
    out = input.clone()
    if weight is not None:
        out = out * weight[0]
    return out if bias is None else out + bias[0]


def _observed(input, mean):
    """What running statistics see of an input; torch's refusal if it differs from example to
    example of a vmap while they are one for all."""
    x = input.detach()
    if x._p.level:
        from ..autograd.batching import refuse_write, shed

        x = shed(x)
        refuse_write("batch_norm", mean, x)
    return x


def _track(x, mean, var, momentum, n):
    from .. import no_grad
    from ..autograd.captured import unwatched

    axes = [0, *range(2, x.dim())]
    with no_grad(), unwatched():
        m = x.mean(axes)
        c = x - m.view(1, -1, *(1,) * (x.dim() - 2))
        v = (c * c).sum(axes) / (n - 1)
        before = version(mean), version(var)
        mean.copy_(mean * (1 - momentum) + m * momentum)
        var.copy_(var * (1 - momentum) + v * momentum)
        mean._st.version, var._st.version = before  # torch writes them from within its kernel


@public(S(T((2, 3, 4))))
def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None,
                  use_input_stats=True, momentum=0.1, eps=1e-5):  # fmt: skip
    """Centred and scaled per channel of each example (torch.nn.functional.instance_norm)."""
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    if _prod(input.shape[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {input.size()}"
        )
    b, c = input.shape[:2]
    flat = input.reshape(1, b * c, *input.shape[2:])
    w, bb = (None if t is None else t.repeat(b) for t in (weight, bias))
    if running_mean is not None:
        each = running_mean.detach().repeat(b), running_var.detach().repeat(b)
        _track(_observed(flat, running_mean), *each, momentum, _prod(input.shape[2:]))
        from ..autograd.captured import unwatched

        with unwatched():
            for t, found in zip((running_mean, running_var), each, strict=True):
                t.detach().copy_(found.view(b, c).mean(0))
    return N.batch_norm(flat, w, bb, eps).view(*input.shape)


def _check_rms(input, dims, weight):
    """torch's errors of the shapes of `rms_norm`."""
    if not dims:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
            "element, but got normalized_shape = []"
        )
    if weight is not None and list(weight.shape) != dims:
        raise RuntimeError(
            "Expected weight to be of same shape as normalized_shape, but got weight of shape "
            f"{list(weight.shape)} and normalized_shape = {dims}"
        )
    shape = list(input.shape)
    if shape[-len(dims) :] != dims:
        wanted = ", ".join(map(str, dims))
        raise RuntimeError(
            f"Given normalized_shape={dims}, expected input with shape [*{wanted}], but got input "
            f"of size{shape}"
        )


@public(S(T((3, 4)), (4,)), S(T((3, 4)), (4,), T((4,)), 1e-3))
def rms_norm(input, normalized_shape, weight=None, eps=None):
    """Scaled to unit root mean square over the last dimensions (torch.nn.functional.rms_norm)."""
    _check_rms(input, list(normalized_shape), weight)
    axes = list(range(-len(normalized_shape), 0))
    if eps is None:
        eps = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "complex64": 2.0**-23,
               "float64": 2.0**-52, "complex128": 2.0**-52}[input.dtype._name]  # fmt: skip
    out = input * ((input * input).mean(axes, True) + eps).rsqrt()
    return out if weight is None else out * weight


@public(S(T((3, 4))), S(T((3, 4)), p=1.0, dim=0))
def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """Scaled to unit p-norm along ``dim`` (torch.nn.functional.normalize)."""
    scale = input.norm(p, dim, True).clamp_min(eps).expand_as(input)
    result = input / scale
    return result if out is None else out.copy_(result)


# --- padding --------------------------------------------------------------------------------------

_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _reach(n, lo, hi, mode):
    """Where the elements of a padded dimension of n elements come from, by a mode."""
    size = n + lo + hi
    if mode == "circular":
        if size < 0:
            raise RuntimeError("Negative padding value is resulting in an empty dimension")
        first, kept = max(-lo, 0), n + min(lo, 0) + min(hi, 0)
        if max(lo, hi) > n or kept < 1 and size:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        return (np.arange(-lo, n + hi) - first) % max(kept, 1) + first
    if size < 1 and (lo or hi):
        raise RuntimeError(f"input (W: {n}) is too small. Calculated output W: {size}")
    at = np.arange(-lo, n + hi)
    if mode == "replicate":
        return at.clip(0, n - 1)
    at = np.abs(at)
    return np.where(at < n, at, 2 * (n - 1) - at)


@public(S(T((3, 4)), (1, 2)), S(T((3, 4)), (1, -2, 0, 1), value=0.5),
        *(S(T((1, 4, 5)), (1, 2), mode=m) for m in _MODES),
        *(S(T((1, 2, 4, 5)), (1, 2, 2, 0), mode=m) for m in _MODES))  # fmt: skip
def pad(input, pad, mode="constant", value=None):
    """Room at both ends of the last dimensions, filled by a mode (torch.nn.functional.pad)."""
    pad = tuple(pad)
    n = input.dim()
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) // 2 > n:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(pad)} and input of dimension {n}"
        )
    widths = [(0, 0)] * n
    for i in range(len(pad) // 2):
        widths[n - 1 - i] = (pad[2 * i], pad[2 * i + 1])
    if mode == "constant":
        return constant_pad(input, tuple(widths), 0.0 if value is None else value)
    if mode not in _MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if value is not None and value != 0:
        raise ValueError(f'Padding mode "{mode}" doesn\'t take in value argument')
    dims = len(pad) // 2
    if n not in (dims + 1, dims + 2) or dims > 3:
        raise NotImplementedError(
            "Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now"
        )
    for d, (lo, hi) in enumerate(widths):
        size = input.shape[d]
        if mode == "reflect" and (lo >= size or hi >= size) and (lo or hi):
            raise RuntimeError(
                "Argument #4: Padding size should be less than the corresponding input dimension, "
                f"but got: padding ({lo}, {hi}) at dimension {d} of input {list(input.shape)}"
            )
    shape = tuple(input.shape)
    reach = [_reach(k, lo, hi, mode) for k, (lo, hi) in zip(shape, widths, strict=True)]
    index = np.arange(_prod(shape)).reshape(shape)[np.ix_(*reach)]
    return padded_by_index(mode, dims)(input, index.shape, index.reshape(-1))


# --- attention ------------------------------------------------------------------------------------


@public(S(T((2, 3, 4)), T((2, 5, 4)), T((2, 5, 3))), S(T((2, 3, 4)), T((2, 3, 4)), T((2, 3, 4)),
        is_causal=True))  # fmt: skip
def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False,
                                 scale=None, enable_gqa=False):  # fmt: skip
    """``softmax(query @ key.T * scale) @ value``
    (torch.nn.functional.scaled_dot_product_attention)."""
    from ..factories import ones

    if is_causal and attn_mask is not None:
        raise RuntimeError(
            "_scaled_dot_product_attention: Explicit attn_mask should not be set when "
            "is_causal=True"
        )
    if scale is None:
        scale = 1.0 / math.sqrt(query.size(-1))
    if enable_gqa:
        key = key.repeat_interleave(query.size(-3) // key.size(-3), -3)
        value = value.repeat_interleave(query.size(-3) // value.size(-3), -3)
    root = math.sqrt(scale)
    scores = (query * root) @ (key.transpose(-2, -1) * root)
    if is_causal:
        allowed = ones(query.size(-2), key.size(-2), dtype=dtypes.bool_, device=query.device).tril()
        scores = scores.masked_fill(allowed.logical_not(), -math.inf)
    elif isinstance(attn_mask, Tensor):
        if attn_mask.dtype is dtypes.bool_:
            scores = scores.masked_fill(attn_mask.logical_not(), -math.inf)
        else:
            scores = scores + attn_mask
    weights = softmax(scores, -1)
    if dropout_p:
        weights = dropout(weights, dropout_p)
    return weights @ value


__all__ = [
    "alpha_dropout", "batch_norm", "bilinear", "dropout", "dropout1d", "dropout2d", "dropout3d",
    "embedding", "feature_alpha_dropout", "group_norm", "instance_norm", "layer_norm", "linear",
    "normalize", "one_hot", "pad", "rms_norm", "scaled_dot_product_attention",
]  # fmt: skip
