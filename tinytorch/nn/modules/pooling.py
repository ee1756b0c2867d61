"""Pooling modules: a class per function, made from the kinds of pool that there are."""

from __future__ import annotations

from .. import functional as F
from .module import Module

_SHOWN = "kernel_size={kernel_size}, stride={stride}, padding={padding}"


class _MaxPool(Module):
    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False,
                 ceil_mode=False):  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input):
        return self.fn(input, self.kernel_size, self.stride, self.padding, self.dilation,
                       self.ceil_mode, self.return_indices)  # fmt: skip

    def extra_repr(self):
        text = _SHOWN + ", dilation={dilation}, ceil_mode={ceil_mode}"
        return text.format(**self.__dict__)


class _MaxUnpool(Module):
    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        stride = kernel_size if stride is None else stride
        for name, v in (("kernel_size", kernel_size), ("stride", stride), ("padding", padding)):
            setattr(self, name, (v,) * self.dims if isinstance(v, int) else tuple(v))

    def forward(self, input, indices, output_size=None):
        return self.fn(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self):
        return _SHOWN.format(**self.__dict__)


class _AvgPool(Module):
    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False,
                 count_include_pad=True, divisor_override=None):  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input):
        return self.fn(input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
                       self.count_include_pad, self.divisor_override)  # fmt: skip

    def extra_repr(self):
        return _SHOWN.format(**self.__dict__)


class _LPPool(Module):
    def __init__(self, norm_type, kernel_size, stride=None, ceil_mode=False):
        super().__init__()
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode

    def forward(self, input):
        return self.fn(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self):
        return (f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, "
                f"stride={self.stride}, ceil_mode={self.ceil_mode}")  # fmt: skip


class _AdaptiveAvgPool(Module):
    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, input):
        return self.fn(input, self.output_size)

    def extra_repr(self):
        return f"output_size={self.output_size}"


class _AdaptiveMaxPool(_AdaptiveAvgPool):
    def __init__(self, output_size, return_indices=False):
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input):
        return self.fn(input, self.output_size, self.return_indices)


def _made(name, function, base, dims):
    doc = f"`functional.{function}` as a module (torch.nn.{name})."
    fields = {"__doc__": doc, "fn": staticmethod(getattr(F, function)), "dims": dims}
    return type(name, (base,), {**fields, "__module__": __name__, "__qualname__": name})


MaxPool1d, MaxPool2d, MaxPool3d = (
    _made(f"MaxPool{n}d", f"max_pool{n}d", _MaxPool, n) for n in (1, 2, 3)
)
MaxUnpool1d, MaxUnpool2d, MaxUnpool3d = (
    _made(f"MaxUnpool{n}d", f"max_unpool{n}d", _MaxUnpool, n) for n in (1, 2, 3)
)
AvgPool2d, AvgPool3d = (_made(f"AvgPool{n}d", f"avg_pool{n}d", _AvgPool, n) for n in (2, 3))
LPPool1d, LPPool2d, LPPool3d = (_made(f"LPPool{n}d", f"lp_pool{n}d", _LPPool, n) for n in (1, 2, 3))
AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d = (
    _made(f"AdaptiveAvgPool{n}d", f"adaptive_avg_pool{n}d", _AdaptiveAvgPool, n) for n in (1, 2, 3)
)
AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d = (
    _made(f"AdaptiveMaxPool{n}d", f"adaptive_max_pool{n}d", _AdaptiveMaxPool, n) for n in (1, 2, 3)
)


class AvgPool1d(_AvgPool):
    """`functional.avg_pool1d` as a module (torch.nn.AvgPool1d)."""

    fn = staticmethod(F.avg_pool1d)

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False,
                 count_include_pad=True):  # fmt: skip
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        for name in ("kernel_size", "stride", "padding"):
            v = getattr(self, name)
            setattr(self, name, (v,) if isinstance(v, int) else v)
