"""``torch.nn.utils``: gradients clipped, parameters as one vector."""

from __future__ import annotations

import math

from ...autograd.modes import no_grad
from ...tensor import Tensor


def _graded(parameters):
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p for p in parameters if p.grad is not None]


def get_total_norm(tensors, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """The norm of all tensors taken together (torch.nn.utils.get_total_norm)."""
    from ... import stack
    from ...factories import tensor

    tensors = list(tensors)
    if not tensors:
        return tensor(0.0)
    norm_type = float(norm_type)
    with no_grad():
        total = stack([t.norm(norm_type) for t in tensors]).norm(norm_type)
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, "
            "so it cannot be clipped. To disable this error and scale the gradients by the "
            "non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return total


def clip_grads_with_norm_(parameters, max_norm, total_norm, foreach=None):
    """Gradients scaled by ``max_norm / total_norm`` (torch.nn.utils.clip_grads_with_norm_)."""
    with no_grad():
        scale = (max_norm / (total_norm + 1e-6)).clamp(max=1.0)
        for p in _graded(parameters):
            p.grad.mul_(scale)


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """Gradients scaled down to a total norm, which is returned (torch.nn.utils.clip_grad_norm_)."""
    params = _graded(parameters)
    total = get_total_norm([p.grad for p in params], norm_type, error_if_nonfinite)
    clip_grads_with_norm_(params, float(max_norm), total)
    return total


def clip_grad_value_(parameters, clip_value, foreach=None):
    """Gradient elements limited to a range (torch.nn.utils.clip_grad_value_)."""
    with no_grad():
        for p in _graded(parameters):
            p.grad.clamp_(min=-float(clip_value), max=float(clip_value))


def parameters_to_vector(parameters):
    """All parameters in one vector (torch.nn.utils.parameters_to_vector)."""
    from ... import cat

    return cat([p.view(-1) for p in parameters])


def vector_to_parameters(vec, parameters):
    """A vector cut up into parameters (torch.nn.utils.vector_to_parameters)."""
    at = 0
    for p in parameters:
        n = p.numel()
        p.data = vec[at : at + n].view_as(p).data
        at += n
