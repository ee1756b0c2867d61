"""Convolution modules."""

from __future__ import annotations

import math

from ...factories import empty
from .. import functional as F
from .. import init
from .._conv import spread
from ..parameter import Parameter
from .module import Module


class _Conv(Module):
    dims = 0
    fn = None

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1,
                 groups=1, bias=True, padding_mode="zeros", device=None, dtype=None):  # fmt: skip
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(
                f"Invalid padding string '{padding}', should be one of ('valid', 'same')"
            )
        n = self.dims
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride = spread(kernel_size, n), spread(stride, n)
        self.padding = padding if isinstance(padding, str) else spread(padding, n)
        self.dilation, self.groups, self.padding_mode = spread(dilation, n), groups, padding_mode
        self.transposed, self.output_padding = False, (0,) * n
        spec = {"device": device, "dtype": dtype}
        self.weight = Parameter(
            empty(out_channels, in_channels // groups, *self.kernel_size, **spec)
        )
        if bias:
            self.bias = Parameter(empty(out_channels, **spec))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._fans(self.weight)
            if fan_in:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def forward(self, input):
        padding = self.padding
        if self.padding_mode != "zeros":
            widths = [p for p in reversed(padding) for _ in range(2)]
            input, padding = F.pad(input, widths, mode=self.padding_mode), 0
        return type(self).fn(input, self.weight, self.bias, self.stride, padding, self.dilation,
                             self.groups)  # fmt: skip

    def extra_repr(self):
        n = self.dims
        s = (f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
             f"stride={self.stride}")  # fmt: skip
        if self.padding != (0,) * n:
            s += f", padding={self.padding}"
        if self.dilation != (1,) * n:
            s += f", dilation={self.dilation}"
        if self.groups != 1:
            s += f", groups={self.groups}"
        if self.bias is None:
            s += ", bias=False"
        if self.padding_mode != "zeros":
            s += f", padding_mode={self.padding_mode}"
        return s


class Conv1d(_Conv):
    """`functional.conv1d` with learned weights (torch.nn.Conv1d)."""

    dims, fn = 1, staticmethod(F.conv1d)


class Conv2d(_Conv):
    """`functional.conv2d` with learned weights (torch.nn.Conv2d)."""

    dims, fn = 2, staticmethod(F.conv2d)


class Conv3d(_Conv):
    """`functional.conv3d` with learned weights (torch.nn.Conv3d)."""

    dims, fn = 3, staticmethod(F.conv3d)
