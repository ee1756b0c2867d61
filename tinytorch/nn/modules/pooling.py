"""Pooling modules."""

from __future__ import annotations

from .. import functional as F
from .module import Module


class _MaxPool(Module):
    fn = None

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False,
                 ceil_mode=False):  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input):
        return type(self).fn(input, self.kernel_size, self.stride, self.padding, self.dilation,
                             self.ceil_mode, self.return_indices)  # fmt: skip

    def extra_repr(self):
        return (f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
                f"dilation={self.dilation}, ceil_mode={self.ceil_mode}")  # fmt: skip


class MaxPool1d(_MaxPool):
    """`functional.max_pool1d` as a module (torch.nn.MaxPool1d)."""

    fn = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPool):
    """`functional.max_pool2d` as a module (torch.nn.MaxPool2d)."""

    fn = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPool):
    """`functional.max_pool3d` as a module (torch.nn.MaxPool3d)."""

    fn = staticmethod(F.max_pool3d)


class _AvgPool(Module):
    fn = None

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False,
                 count_include_pad=True, divisor_override=None):  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input):
        return type(self).fn(input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
                             self.count_include_pad, self.divisor_override)  # fmt: skip

    def extra_repr(self):
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """`functional.avg_pool1d` as a module (torch.nn.AvgPool1d)."""

    fn = staticmethod(F.avg_pool1d)

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False,
                 count_include_pad=True):  # fmt: skip
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        for name in ("kernel_size", "stride", "padding"):
            v = getattr(self, name)
            setattr(self, name, (v,) if isinstance(v, int) else v)


class AvgPool2d(_AvgPool):
    """`functional.avg_pool2d` as a module (torch.nn.AvgPool2d)."""

    fn = staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPool):
    """`functional.avg_pool3d` as a module (torch.nn.AvgPool3d)."""

    fn = staticmethod(F.avg_pool3d)


class AdaptiveAvgPool2d(Module):
    """`functional.adaptive_avg_pool2d` as a module (torch.nn.AdaptiveAvgPool2d)."""

    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, input):
        return F.adaptive_avg_pool2d(input, self.output_size)

    def extra_repr(self):
        return f"output_size={self.output_size}"
