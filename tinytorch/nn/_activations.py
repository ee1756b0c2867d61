"""Activation functions of ``torch.nn.functional``."""

from __future__ import annotations

from functools import partial

from .. import dtypes
from ..autograd.modes import LOCAL
from ..ops import activation as A
from ..ops import elementwise as E
from ..ops.arithmetic import neg
from ..ops.softmax import implicit_dim
from ..ops.softmax import log_softmax as _log_softmax
from ..ops.softmax import softmax as _softmax
from ..ops.table import wrap_dim
from ..ops.view import view_shape
from ..registry import functions
from ..samples import S, T
from ..tensor import Tensor
from ._functions import inplace, of_tensor, public

X = T((3, 4))
_relu = functions["relu"]


@inplace
def relu(input):
    """``max(input, 0)`` (torch.nn.functional.relu)."""
    return _relu(input)


@inplace
@public(S(T((3, 4), -1, 8)))
def relu6(input):
    """``min(max(input, 0), 6)`` (torch.nn.functional.relu6)."""
    return _limited(input, 0.0, 6.0)


@inplace
@public(S(X), S(X, -0.5, 0.5))
def hardtanh(input, min_val=-1.0, max_val=1.0):
    """Elements limited to [min_val, max_val] (torch.nn.functional.hardtanh)."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return _limited(input, min_val, max_val)


def _limited(input, lo, hi):
    d = input.dtype
    if d.category < dtypes.FLOAT:
        if d is dtypes.bool_:
            raise RuntimeError("Bool inputs not supported for hardtanh")
        lo, hi = int(lo), int(hi)
        if lo < 0 and not d.is_signed:
            raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    return A.hardtanh(input, lo, hi)


@inplace
@public(S(X), S(X, 0.2))
def leaky_relu(input, negative_slope=0.01):
    """``input`` where positive, else a slope times it (torch.nn.functional.leaky_relu)."""
    return A.leaky_relu(input, negative_slope)


@inplace
@public(S(X), S(X, 0.7))
def elu(input, alpha=1.0):
    """``alpha * (exp(input) - 1)`` below zero (torch.nn.functional.elu)."""
    return A.elu(input, alpha, 1.0, 1.0)


@inplace
@public(S(X))
def selu(input):
    """The self-normalising ELU (torch.nn.functional.selu)."""
    return A.elu(input, A.SELU[0], A.SELU[1], 1.0)


@inplace
@public(S(X), S(X, 2.0))
def celu(input, alpha=1.0):
    """The continuously differentiable ELU (torch.nn.functional.celu)."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return A.celu(input, float(alpha))


@of_tensor
@public(S(X), S(X, approximate="tanh"))
def gelu(input, approximate="none"):
    """``input`` times the normal distribution function (torch.nn.functional.gelu)."""
    if approximate == "none":
        return A.gelu(input)
    if approximate != "tanh":
        raise RuntimeError("approximate argument must be either none or tanh.")
    return A.gelu_tanh(input)


@inplace
@public(S(X))
def silu(input):
    """``input * sigmoid(input)`` (torch.nn.functional.silu)."""
    return A.silu(input)


@inplace
@public(S(X))
def mish(input):
    """``input * tanh(softplus(input))`` (torch.nn.functional.mish)."""
    return A.mish(input)


@of_tensor
@public(S(X), S(X, 2.0, 1.0))
def softplus(input, beta=1.0, threshold=20.0):
    """``log(1 + exp(beta * input)) / beta`` (torch.nn.functional.softplus)."""
    return A.softplus(input, beta, threshold)


@public(S(X))
def softsign(input):
    """``input / (1 + |input|)`` (torch.nn.functional.softsign)."""
    return input / (input.abs() + 1)


@public(S(X))
def tanhshrink(input):
    """``input - tanh(input)`` (torch.nn.functional.tanhshrink)."""
    return input - input.tanh()


@inplace
@public(S(T((3, 4), -5, 5)))
def hardsigmoid(input):
    """``relu6(input + 3) / 6`` (torch.nn.functional.hardsigmoid)."""
    return A.hardsigmoid(input)


@inplace
@public(S(T((3, 4), -5, 5)))
def hardswish(input):
    """``input * relu6(input + 3) / 6`` (torch.nn.functional.hardswish)."""
    return A.hardswish(input)


@of_tensor
@public(S(X), S(X, 1.0))
def hardshrink(input, lambd=0.5):
    """``input`` outside [-lambd, lambd], else 0 (torch.nn.functional.hardshrink)."""
    return A.hardshrink(input, lambd)


@of_tensor
@public(S(X), S(X, 1.0))
def softshrink(input, lambd=0.5):
    """``input`` moved towards zero by ``lambd`` (torch.nn.functional.softshrink)."""
    if not 0 <= lambd < 6e4 and input.is_floating_point():
        from ..settings import finfo

        most = finfo(input.dtype).max
        if not 0 <= lambd <= most:
            raise RuntimeError(
                f"lambda must be in range [0, {most:g}] for input dtype {input.dtype.legacy}, but "
                f"found {lambd:g}"
            )
    return A.softshrink(input, lambd)


@inplace
@public(S(X, 0.3, -7.0))
def threshold(input, threshold, value):
    """``input`` where above the threshold, else a value (torch.nn.functional.threshold)."""
    threshold, value = (v.item() if isinstance(v, Tensor) else v for v in (threshold, value))
    if not input.dtype.is_floating_point:
        threshold, value = int(threshold), int(value)
    return A.threshold(input, threshold, value)


@partial(of_tensor, name="log_sigmoid")
@public(S(X))
def logsigmoid(input):
    """``log(sigmoid(input))`` (torch.nn.functional.logsigmoid)."""
    return A.logsigmoid(input)


@public(S(T((3, 4))), S(T((4, 3)), 0))
def glu(input, dim=-1):
    """One half times the sigmoid of the other (torch.nn.functional.glu)."""
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    d = wrap_dim(dim, input.dim())
    n = input.shape[d]
    if n % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {d} is size {n}")
    return A.glu(input, d)


@public(S(X, T((1,))), S(X, T((4,))), S(T((2, 3, 2)), T((3,))))
def prelu(input, weight):
    """A leaky ReLU with one learned slope, or one a channel (torch.nn.functional.prelu)."""
    if weight.dim() > 1:
        raise RuntimeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.dim()}"
        )
    if weight.dim() > 0:
        n, k = input.dim(), weight.numel()
        if k != 1:
            if n == 0:
                raise RuntimeError("Not allow zero-dim input tensor.")
            channels = input.shape[1] if n > 1 else 1
            if channels != k:
                raise RuntimeError(
                    f"Mismatch of parameter numbers and input channel size. Found parameter "
                    f"numbers = {k} and channel size = {channels}."
                )
        shape = (1, k, *(1,) * (n - 2)) if n > 1 else (k,) if n else ()
        weight = view_shape(weight, shape)
    return A.prelu(input, weight)


@inplace
def rrelu(input, lower=1.0 / 8, upper=1.0 / 3, training=False):
    """A leaky ReLU with random slopes in training (torch.nn.functional.rrelu)."""
    if LOCAL.vmaps:
        from ..autograd.batched_texts import refuse_draw

        tracks = input._tracks
        derived = input.requires_grad or tracks and tracks[-1].depth > LOCAL.vmaps[-1].depth
        refuse_draw("rrelu_with_noise" if derived else "rrelu")
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    if not training:
        return A.rrelu_mean(input, (lower + upper) / 2)
    from ..factories import ones_like
    from ..random_ops import positions_below

    noise = ones_like(input)
    return A.rrelu_noise(input, positions_below(noise, input, lower, upper))


@public(S(X))
def sigmoid(input):
    """``1 / (1 + exp(-input))`` (torch.nn.functional.sigmoid)."""
    return E.sigmoid(input)


@public(S(X))
def tanh(input):
    """The hyperbolic tangent (torch.nn.functional.tanh)."""
    return input.tanh()


@public(S(X, 1), S(T((2, 3, 4)), dim=-1))
def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """Exponentials that sum to one along ``dim`` (torch.nn.functional.softmax)."""
    if dim is None:
        dim = implicit_dim("softmax", input.dim(), _stacklevel)
    return _softmax(input, dim, dtype)


@public(S(X, 1), S(T((2, 3, 4)), dim=-1))
def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """The logarithm of `softmax` (torch.nn.functional.log_softmax)."""
    if dim is None:
        dim = implicit_dim("log_softmax", input.dim(), _stacklevel)
    return _log_softmax(input, dim, dtype)


@public(S(X, 1))
def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """`softmax` of the negated input (torch.nn.functional.softmin)."""
    if dim is None:
        dim = implicit_dim("softmin", input.dim(), _stacklevel)
    return _softmax(neg(input), dim, dtype)


def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """Samples of the Gumbel-softmax distribution (torch.nn.functional.gumbel_softmax)."""
    from ..factories import zeros_like

    gumbels = -zeros_like(logits).exponential_().log()
    soft = _softmax((logits + gumbels) / tau, dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    picked = zeros_like(logits).scatter_(dim, index, 1.0)
    return picked - soft.detach() + soft
