"""Activation modules: a row each of its function, its arguments, and how torch prints them."""

from __future__ import annotations

from ...factories import full
from .. import functional as F
from ..parameter import Parameter
from .module import Module

_REQUIRED = object()


def activation(name, fn, *args, shown=None, inplace=False, doc=None):
    """A module class that keeps ``args`` ((name, default), ...) and passes them to ``fn``.

    shown: a function of the module giving its extra text.
    """
    names = tuple(a for a, _ in args)
    call_names = names + (("inplace",) if inplace else ())
    defaults = dict(args) | ({"inplace": False} if inplace else {})

    def __init__(self, *given, **named):
        Module.__init__(self)
        values = dict(zip(call_names, given, strict=False))
        if len(given) > len(call_names) or set(named) - set(call_names) or set(named) & set(values):
            raise TypeError(f"{name}.__init__() got unexpected arguments")
        values = {**defaults, **values, **named}
        missing = [k for k, v in values.items() if v is _REQUIRED]
        if missing:
            raise TypeError(
                f"{name}.__init__() missing {len(missing)} required positional argument"
                f"{'s' * (len(missing) > 1)}: " + " and ".join(f"'{k}'" for k in missing)
            )
        for k in call_names:
            setattr(self, k, values[k])

    if not call_names:

        def forward(self, input):
            return fn(input)
    else:

        def forward(self, input):
            return fn(input, **{k: getattr(self, k) for k in call_names})

    def extra_repr(self):
        text = ", ".join(f"{k}={getattr(self, k)}" for k in names) if shown is None else shown(self)
        tail = "inplace=True" if inplace and self.inplace else ""
        return ", ".join(t for t in (text, tail) if t)

    return type(name, (Module,), {
        "__init__": __init__, "forward": forward, "extra_repr": extra_repr, "__module__": __name__,
        "__doc__": doc or f"`functional.{fn.__name__}` as a module (torch.nn.{name}).",
    })  # fmt: skip


def _nothing(self):
    return ""


ReLU = activation("ReLU", F.relu, inplace=True)
SELU = activation("SELU", F.selu, inplace=True)
SiLU = activation("SiLU", F.silu, inplace=True)
Mish = activation("Mish", F.mish, inplace=True)
Hardsigmoid = activation("Hardsigmoid", F.hardsigmoid, inplace=True, shown=_nothing)
Hardswish = activation("Hardswish", F.hardswish, inplace=True, shown=_nothing)
LeakyReLU = activation("LeakyReLU", F.leaky_relu, ("negative_slope", 1e-2), inplace=True)
ELU = activation("ELU", F.elu, ("alpha", 1.0), inplace=True)
CELU = activation("CELU", F.celu, ("alpha", 1.0), inplace=True)
Threshold = activation(
    "Threshold", F.threshold, ("threshold", _REQUIRED), ("value", _REQUIRED), inplace=True
)
Hardtanh = activation("Hardtanh", F.hardtanh, ("min_val", -1.0), ("max_val", 1.0), inplace=True)
GELU = activation("GELU", F.gelu, ("approximate", "none"),
                  shown=lambda self: f"approximate={self.approximate!r}")  # fmt: skip
Softplus = activation("Softplus", F.softplus, ("beta", 1.0), ("threshold", 20.0))
Hardshrink = activation("Hardshrink", F.hardshrink, ("lambd", 0.5),
                        shown=lambda self: str(self.lambd))  # fmt: skip
Softshrink = activation("Softshrink", F.softshrink, ("lambd", 0.5),
                        shown=lambda self: str(self.lambd))  # fmt: skip
GLU = activation("GLU", F.glu, ("dim", -1))
Sigmoid = activation("Sigmoid", F.sigmoid)
Tanh = activation("Tanh", F.tanh)
Softsign = activation("Softsign", F.softsign)
Tanhshrink = activation("Tanhshrink", F.tanhshrink)
LogSigmoid = activation("LogSigmoid", F.logsigmoid)


class ReLU6(Hardtanh):
    """`functional.relu6` as a module (torch.nn.ReLU6)."""

    def __init__(self, inplace=False):
        super().__init__(0.0, 6.0, inplace)

    def forward(self, input):
        return F.relu6(input, self.inplace)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


class RReLU(Module):
    """`functional.rrelu` as a module (torch.nn.RReLU)."""

    def __init__(self, lower=1.0 / 8, upper=1.0 / 3, inplace=False):
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input):
        return F.rrelu(input, self.lower, self.upper, self.training, inplace=self.inplace)

    def extra_repr(self):
        return f"lower={self.lower}, upper={self.upper}" + ", inplace=True" * self.inplace


class PReLU(Module):
    """A leaky ReLU whose slope is learned (torch.nn.PReLU)."""

    def __init__(self, num_parameters=1, init=0.25, device=None, dtype=None):
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(full((num_parameters,), init, device=device, dtype=dtype))

    def forward(self, input):
        return F.prelu(input, self.weight)

    def extra_repr(self):
        return f"num_parameters={self.num_parameters}"


class _Soft(Module):
    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def extra_repr(self):
        return f"dim={self.dim}"


class Softmax(_Soft):
    """`functional.softmax` as a module (torch.nn.Softmax)."""

    def forward(self, input):
        return F.softmax(input, self.dim, _stacklevel=5)


class LogSoftmax(_Soft):
    """`functional.log_softmax` as a module (torch.nn.LogSoftmax)."""

    def forward(self, input):
        return F.log_softmax(input, self.dim, _stacklevel=5)


class Softmin(_Soft):
    """`functional.softmin` as a module (torch.nn.Softmin)."""

    def forward(self, input):
        return F.softmin(input, self.dim, _stacklevel=5)
