"""Losses of ``torch.nn.functional``."""

from __future__ import annotations

import warnings

from .. import dtypes
from ..ops import loss as L
from ..ops import norm as N
from ..ops.fused import MEAN, NONE, reduction_code
from ..ops.shape_names import broadcast_tensors
from ..ops.softmax import log_softmax
from ..ops.table import broadcast_shape
from ..samples import S, T
from ..tensor import Tensor, fresh
from ._functions import public, refuse_gradient

X, Y, POS, P01 = T((3, 4)), T((3, 4)), T((3, 4), 0.2, 2.0), T((3, 4), 0.05, 0.95)
CLASSES = T((3,), 0, 4, kind="index")
SIGNS = T((3, 4), 1, 2, kind="index")
HOW = ("none", "mean", "sum")


def _legacy(size_average, reduce, reduction):
    """torch's reduction of the two deprecated arguments."""
    if size_average is None and reduce is None:
        return reduction
    size_average = True if size_average is None else size_average
    reduce = True if reduce is None else reduce
    name = "none" if not reduce else "mean" if size_average else "sum"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{name}' instead.",
        stacklevel=3,
    )
    return name


def _floating(name, *tensors):
    """torch's refusal of losses of integers."""
    kind = tensors[0].dtype
    for t in tensors[1:]:
        kind = dtypes.promote_types(kind, t.dtype)
    if kind.category < dtypes.FLOAT:
        raise NotImplementedError(f"\"{name}\" not implemented for '{kind.legacy}'")


def _reduce(loss, how):
    if how == NONE:
        return loss
    return loss.mean() if how == MEAN else loss.sum()


def _warn_sizes(input, target, name=None):
    want = fresh(target)._raw.shape if isinstance(target, Tensor) else target.size()
    if tuple(fresh(input)._raw.shape) != tuple(want):
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size "
            f"({input.size()}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=3,
        )
        shape = broadcast_shape(tuple(input.shape), tuple(target.shape))
        input, target = input.expand(shape), target.expand(shape)
    return input, target


@public(*(S(X, Y, reduction=r) for r in HOW))
def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """Squared differences (torch.nn.functional.mse_loss)."""
    input, target = _warn_sizes(input, target)
    how = reduction_code(_legacy(size_average, reduce, reduction))
    if input.dtype.category < dtypes.FLOAT:
        _floating("mse_cpu", input, target)
    if weight is None:
        return L.mse(input, target, None, how)
    loss = L.mse(input, target, None, NONE) * weight
    return loss.sum() / weight.sum() if how == MEAN else _reduce(loss, how)


@public(*(S(X, Y, reduction=r) for r in HOW))
def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """Absolute differences (torch.nn.functional.l1_loss)."""
    input, target = _warn_sizes(input, target)
    how = reduction_code(_legacy(size_average, reduce, reduction))
    loss = (input - target).abs()
    if weight is None:
        return _reduce(loss, how)
    loss = loss * weight
    return loss.sum() / weight.sum() if how == MEAN else _reduce(loss, how)


@public(*(S(X, Y, reduction=r, beta=b) for r in HOW for b in (0.5, 1.0)))
def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """Squared near zero, absolute beyond ``beta`` (torch.nn.functional.smooth_l1_loss)."""
    input, target = _warn_sizes(input, target)
    how = reduction_code(_legacy(size_average, reduce, reduction))
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0.0:
        return _reduce((input - target).abs(), how)
    _floating("smooth_l1_cpu", input, target)
    return L.smooth_l1(input, target, beta, how)


@public(*(S(X, Y, reduction=r, delta=0.7) for r in HOW))
def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """Squared near zero, straight beyond ``delta`` (torch.nn.functional.huber_loss)."""
    input, target = _warn_sizes(input, target)
    how = reduction_code(reduction)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    _floating("huber_cpu", input, target)
    if weight is None:
        return L.huber(input, target, delta, how)
    loss = L.huber(input, target, delta, NONE) * weight
    return loss.sum() / weight.sum() if how == MEAN else _reduce(loss, how)


# --- classes --------------------------------------------------------------------------------------


@public(
    *(S(X, CLASSES, reduction=r) for r in HOW),
    S(X, CLASSES, weight=T((4,), 0.5, 1.5, grad=False), ignore_index=1),
    S(T((4,)), T((), 0, 4, kind="index")),
    S(T((2, 4, 3)), T((2, 3), 0, 4, kind="index")),
    S(T((2, 4, 3, 2)), T((2, 3, 2), 0, 4, kind="index"), reduction="none"),
)  # fmt: skip
def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None,
             reduction="mean"):  # fmt: skip
    """The negated log-probability of each target class (torch.nn.functional.nll_loss)."""
    how = reduction_code(_legacy(size_average, reduce, reduction))
    have = fresh(input)._raw.shape
    if (weight is None and len(have) == 2 and have[:1] == fresh(target)._raw.shape
            and target._raw.dtype is target._p.int64):  # fmt: skip
        return L.nll_plain(input, target, how, ignore_index)
    n, m = input.dim(), target.dim()
    if n < 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported"
                           if m > 1 else "input tensor should be 1D or 2D")  # fmt: skip
    if n <= 2:
        if m > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if n == 2 and m == 1 and input.shape[0] != target.shape[0]:
            raise ValueError(
                f"Expected input batch_size ({input.shape[0]}) to match target batch_size "
                f"({target.shape[0]})."
            )
    elif input.shape[0] != target.shape[0]:
        raise ValueError(
            f"Expected input batch_size ({input.shape[0]}) to match target batch_size "
            f"({target.shape[0]})."
        )
    if target.dtype not in (dtypes.int64, dtypes.uint8):
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {target.dtype.legacy}"
        )
    classes = input.shape[min(n - 1, 1)]
    if weight is not None and (weight.dim() != 1 or weight.numel() != classes):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but "
            f"got weight tensor of shape: {list(weight.shape)}"
        )
    if n <= 2 and weight is None:
        return L.nll_plain(input, target, how, ignore_index)
    name = "nll_loss_forward" if n <= 2 else "nll_loss2d_forward"
    refuse_gradient(name, weight=weight)
    if n <= 2:
        return L.nll(input, target, weight, how, ignore_index)
    want = (input.shape[0], *input.shape[2:])
    if n != 4:
        rows = input.shape[0]
        if tuple(target.shape) != want:
            raise RuntimeError(f"Expected target size {list(want)}, got {list(target.shape)}")
        flat = input.contiguous().view(rows, classes, 1, -1)
        t = target.contiguous().view(rows, 1, -1)
        out = L.nll2d(flat, t, weight, how, ignore_index)
        return out.view(want) if how == NONE else out
    if tuple(target.shape) != want:
        raise RuntimeError(
            f"size mismatch (got input: {list(input.shape)} , target: {list(target.shape)}"
        )
    return L.nll2d(input, target, weight, how, ignore_index)


@public(
    *(S(X, CLASSES, reduction=r) for r in HOW),
    *(S(X, CLASSES, weight=T((4,), 0.5, 1.5, grad=False), label_smoothing=0.2, ignore_index=2,
        reduction=r) for r in HOW),
    *(S(X, P01, reduction=r) for r in HOW),
    S(X, P01, weight=T((4,), 0.5, 1.5, grad=False), label_smoothing=0.1),
    S(T((4,)), T((), 0, 4, kind="index")),
    S(T((2, 4, 3)), T((2, 3), 0, 4, kind="index")),
)  # fmt: skip
def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None,
                  reduction="mean", label_smoothing=0.0):  # fmt: skip
    """Softmax and negative log-likelihood, of class numbers or probabilities
    (torch.nn.functional.cross_entropy)."""
    if size_average is not None or reduce is not None:
        reduction = _legacy(size_average, reduce, reduction)
    how = reduction_code(reduction)
    if not isinstance(target, Tensor):
        raise TypeError(
            "cross_entropy_loss(): argument 'target' (position 2) must be Tensor, not "
            f"{type(target).__name__}"
        )
    have, want = fresh(input)._raw.shape, fresh(target)._raw.shape
    if (weight is None and label_smoothing == 0.0 and len(have) == 2 and have[:1] == want
            and target._raw.dtype is target._p.int64):  # fmt: skip
        return L.nll_plain(log_softmax(input, 1), target, how, ignore_index)
    axis = 0 if len(have) == 1 else 1
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if tuple(have) == tuple(want):
        return _soft_targets(input, target, weight, how, axis, label_smoothing, ignore_index)
    logp = log_softmax(input, axis)
    if label_smoothing == 0.0:
        return nll_loss(logp, target, weight, None, ignore_index, None, reduction)
    return _smoothed(logp, target, weight, how, axis, label_smoothing, ignore_index, reduction)


def _soft_targets(input, target, weight, how, axis, eps, ignore_index):
    if not target.is_floating_point():
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got "
            f"{target.dtype.legacy}"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    classes = input.shape[axis]
    logp = log_softmax(input, axis)
    if eps:
        target = target * (1 - eps) + eps / classes
    product = logp * target
    if weight is not None:
        product = product * weight.view(_along(input, axis))
    if how == NONE:
        return -product.sum(axis)
    total = -product.sum()
    return total if how != MEAN else L.divide_by(total, input.numel() // classes)


def _along(x, axis):
    return tuple(-1 if i == axis else 1 for i in range(x.dim()))


def _smoothed(logp, target, weight, how, axis, eps, ignore_index, reduction):
    nll = nll_loss(logp, target, weight, None, ignore_index, None, reduction)
    if weight is None:
        smooth = -logp.sum(axis)
    else:
        smooth = -(logp * weight.view(_along(logp, axis))).sum(axis)
    ignored = target == ignore_index
    smooth = smooth.masked_fill(ignored, 0.0)
    if how == MEAN:
        if weight is None:
            smooth = smooth.sum() / ignored.logical_not().sum()
        else:
            each = weight[target.masked_fill(ignored, 0)].masked_fill(ignored, 0.0)
            smooth = smooth.sum() / each.sum()
    elif how != NONE:
        smooth = smooth.sum()
    classes = logp.shape[axis]
    return nll * (1 - eps) + smooth * (eps / classes)


# --- probabilities --------------------------------------------------------------------------------


@public(*(S(P01, T((3, 4), 0, 1), reduction=r) for r in HOW),
        S(P01, T((3, 4), 0, 1), weight=T((4,), 0.5, 1.5, grad=False)))  # fmt: skip
def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None,
                         reduction="mean"):  # fmt: skip
    """Cross entropy of probabilities (torch.nn.functional.binary_cross_entropy)."""
    how = reduction_code(_legacy(size_average, reduce, reduction))
    if target.size() != input.size():
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size "
            f"({input.size()}) is deprecated. Please ensure they have the same size."
        )
    if weight is not None:
        weight = weight.expand(broadcast_shape(tuple(target.shape), tuple(weight.shape)))
    _floating("binary_cross_entropy", input)
    if target.dtype is not input.dtype:
        raise RuntimeError(f"Found dtype {target.dtype.legacy} but expected {input.dtype.legacy}")
    refuse_gradient("binary_cross_entropy", weight=weight)
    for name, x in (("input", input), ("target", target)):
        if not x._p.within(fresh(x)._raw, 0, 1):
            raise RuntimeError(f"all elements of {name} should be between 0 and 1")
    return L.bce(input, target, weight, how)


@public(
    *(S(X, T((3, 4), 0, 1), reduction=r) for r in HOW),
    S(X, T((3, 4), 0, 1), weight=T((4,), 0.5, 1.5, grad=False),
      pos_weight=T((4,), 0.5, 1.5, grad=False)),
    S(X, T((3, 4), 0, 1), pos_weight=T((4,), 0.5, 1.5, grad=False), reduction="none"),
)  # fmt: skip
def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None,
                                     reduction="mean", pos_weight=None):  # fmt: skip
    """Cross entropy of the sigmoid of logits
    (torch.nn.functional.binary_cross_entropy_with_logits)."""
    how = reduction_code(_legacy(size_average, reduce, reduction))
    if target.size() != input.size():
        raise ValueError(
            f"Target size ({target.size()}) must be the same as input size ({input.size()})"
        )
    _floating("log_sigmoid_cpu", input)
    if target.dtype.category < dtypes.FLOAT:
        raise RuntimeError(
            f"result type {input.dtype.legacy} can't be cast to the desired output type "
            f"{target.dtype.legacy}"
        )
    if weight is None and pos_weight is None:
        return L.bce_logits_plain(input, target, how)
    refuse_gradient("binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight)
    return L.bce_logits(input, target, weight, pos_weight, how)


@public(*(S(T((3, 4), -3, 0), P01, reduction=r) for r in ("none", "sum", "batchmean")),
        S(T((3, 4), -3, 0), T((3, 4), -3, 0), reduction="sum", log_target=True))  # fmt: skip
def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """The Kullback-Leibler divergence of log-probabilities (torch.nn.functional.kl_div)."""
    reduction = _legacy(size_average, reduce, reduction)
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next major "
            "release.",
            stacklevel=2,
        )
    how = reduction_code("sum" if reduction == "batchmean" else reduction)
    if log_target:
        loss = target.exp() * (target - input)
    else:
        from .. import xlogy

        loss = xlogy(target, target) - target * input
    out = _reduce(loss, how)
    return out / input.size()[0] if reduction == "batchmean" and input.dim() else out


@public(*(S(X, Y, reduction=r) for r in HOW), S(POS, Y, log_input=False, full=False))
def poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-8,
                     reduce=None, reduction="mean"):  # fmt: skip
    """The negated log-likelihood of Poisson counts (torch.nn.functional.poisson_nll_loss)."""
    how = reduction_code(_legacy(size_average, reduce, reduction))
    if log_input:
        loss = input.exp() - target * input
    else:
        loss = input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * 3.141592653589793 * target).log()
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return _reduce(loss, how)


@public(*(S(X, Y, POS, reduction=r, full=r == "sum") for r in HOW))
def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """The negated log-likelihood of normal numbers (torch.nn.functional.gaussian_nll_loss)."""
    if not isinstance(var, Tensor):
        from .. import ones_like

        var = var * ones_like(input)
    if var.size() != input.size():
        if input.size()[:-1] == var.size():
            var = var.unsqueeze(-1)
        elif input.dim() != var.dim() or (
            sum(k for n, k in zip(input.size(), var.size(), strict=True) if n != k) != 1
        ):
            raise ValueError("var is of incorrect size")
    if (var < 0).any():
        raise ValueError("var has negative entry/entries")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    clamped = var.clone()
    from .. import no_grad

    with no_grad():
        clamped.clamp_(min=eps)
    loss = 0.5 * (clamped.log() + (input - target) ** 2 / clamped)
    if full:
        loss = loss + 0.9189385332046727
    return _reduce(loss, reduction_code(reduction))


# --- margins and distances ------------------------------------------------------------------------


@public(*(S(X, SIGNS, margin=0.5, reduction=r) for r in HOW))
def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None,
                         reduction="mean"):  # fmt: skip
    """``input`` where the target is 1, the margin's rest where -1
    (torch.nn.functional.hinge_embedding_loss)."""
    how = reduction_code(_legacy(size_average, reduce, reduction))
    from .. import where, zeros_like

    zeros = zeros_like(input)
    margin = margin if input.is_floating_point() else int(margin)
    below = where(target != 1, (margin - input).clamp_min(0), zeros)
    return _reduce(below + where(target != -1, input, zeros), how)


@public(*(S(X, Y, T((3, 4), 1, 2, kind="index"), margin=0.3, reduction=r) for r in HOW))
def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None,
                        reduction="mean"):  # fmt: skip
    """How far the order of two inputs is from the target's sign
    (torch.nn.functional.margin_ranking_loss)."""
    how = reduction_code(_legacy(size_average, reduce, reduction))
    if input1.dim() != input2.dim() or input1.dim() != target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return _reduce((-target * (input1 - input2) + margin).clamp_min(0), how)


@public(*(S(X, Y, T((3,), 1, 2, kind="index"), reduction=r) for r in HOW))
def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None,
                          reduction="mean"):  # fmt: skip
    """One less the cosine for target 1, the cosine over the margin for -1
    (torch.nn.functional.cosine_embedding_loss)."""
    how = reduction_code(_legacy(size_average, reduce, reduction))
    from .. import where, zeros_like

    d = target.dim()
    eps = 1e-12
    product = (input1 * input2).sum(d)
    scale = ((input1 * input1).sum(d) + eps) * ((input2 * input2).sum(d) + eps)
    cos = product / scale.sqrt()
    zeros = zeros_like(cos)
    same = where(target == 1, 1 - cos, zeros)
    return _reduce(same + where(target == -1, (cos - margin).clamp_min(0), zeros), how)


@public(*(S(X, T((3, 4), 1, 2, kind="index"), reduction=r) for r in HOW))
def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """``log(1 + exp(-target * input))`` (torch.nn.functional.soft_margin_loss)."""
    refuse_gradient("soft_margin_loss", target=target)
    broadcast_shape(tuple(input.shape), tuple(target.shape))
    return L.soft_margin(input, target, reduction_code(_legacy(size_average, reduce, reduction)))


@public(*(S(X, T((3, 4), 3, 5), T((3, 4), -1, 0.5), reduction=r) for r in HOW))
def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False,
                        size_average=None, reduce=None, reduction="mean"):  # fmt: skip
    """How much nearer the positive is not, than the negative
    (torch.nn.functional.triplet_margin_loss)."""
    how = reduction_code(_legacy(size_average, reduce, reduction))
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    ranks = [x.dim() for x in (anchor, positive, negative)]
    if len(set(ranks)) > 1:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            "dimensions, but got: anchor {}D, positive {}D, and negative {}D inputs".format(*ranks)
        )
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        from .. import minimum

        far = minimum(far, pairwise_distance(positive, negative, p, eps))
    return _reduce((margin + near - far).clamp_min(0), how)


@public(S(X, T((3, 4), 3, 5)), S(X, T((3, 4), 3, 5), p=1.0, keepdim=True))
def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """The p-norm of differences along the last dimension
    (torch.nn.functional.pairwise_distance)."""
    return N.norm(x1 - x2 + eps, float(p), (-1 % x1.dim(),), keepdim)


@public(S(X, Y), S(X, Y, dim=0))
def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """The cosine of the angle between vectors along ``dim``
    (torch.nn.functional.cosine_similarity)."""
    x1, x2 = broadcast_tensors(x1, x2)
    n1 = x1.norm(2, dim, True).clamp_min(eps)
    n2 = x2.norm(2, dim, True).clamp_min(eps)
    return ((x1 / n1) * (x2 / n2)).sum(dim)
