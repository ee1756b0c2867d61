"""Two Functions that torch keeps for old programs (``torch.autograd._functions``)."""

from __future__ import annotations

import warnings

from .function import Function


class Resize(Function):
    """A tensor in another shape with as many elements; RuntimeError for another number."""

    @staticmethod
    def forward(ctx, tensor, sizes):
        n = 1
        for k in sizes:
            n *= k
        if tensor.numel() != n:
            have, want = ("x".join(map(str, s)) for s in (tensor.shape, sizes))
            raise RuntimeError(
                f"requested resize to {want} ({n} elements in total), but the given tensor has a "
                f"size of {have} ({tensor.numel()} elements). autograd's resize can only change "
                "the shape of a given tensor, while preserving the number of elements. "
            )
        ctx.input_sizes = tensor.size()
        return tensor.contiguous().view(*sizes)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output.contiguous().view(ctx.input_sizes), None


class Type(Function):
    """A tensor of another dtype (deprecated in torch)."""

    @staticmethod
    def forward(ctx, i, dest_type):
        warnings.warn(
            "`torch.autograd._functions.Type` is deprecated as of PyTorch 2.1, please use "
            "`torch.tensor.to(dtype=dtype)` instead.",
            FutureWarning,
            stacklevel=3,
        )
        ctx.input_type = i.dtype
        return i.to(dest_type)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output.to(ctx.input_type), None
