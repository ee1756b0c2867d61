"""Operations by tables: a name, the operation's type, what computes it and what becomes the shape.

Numbers follow TensorFlow where the two libraries differ: operands have one dtype and are never
promoted, a sum of int32 is int32, the gradient of `maximum` goes whole to the first operand where
both are equal. A Python number beside a tensor is kept as a number for kernels that take one.
"""

from __future__ import annotations

import operator
from functools import partial

import numpy as np

import tinytorch as torch
from tinytorch.nn import functional as nn

from . import _shapes as shapes
from ._dtypes import ALL, as_dtype
from ._graph import Symbol, Tensor, build, get_default_graph, itself

BOOL, FLOAT64 = ALL["bool"], ALL["float64"]
PUBLIC = {}


def _rank(dtype):
    return "buifc".index(np.dtype(dtype).kind)


def public(f, name=None):
    """Put a function under its name among those of the front."""
    PUBLIC[name or f.__name__] = f
    return f


@public
def constant(value, dtype=None, shape=None, name="Const"):
    """A tensor of fixed values (tf.constant): floats are float32 and integers int32 by default.

    With `shape` a number fills it. Raises TypeError for values that do not fit the dtype.
    """
    if isinstance(value, Symbol):
        raise TypeError(f"tf.constant takes values, not {value}; use tf.identity.")
    array = np.asarray(value)
    if array.dtype == object or array.dtype.kind in "SU":
        raise TypeError(f"Failed to convert {value!r} to a tensor of numbers.")
    python = not isinstance(value, (np.ndarray, np.generic))
    if dtype is not None:
        want = as_dtype(dtype)
        if python and array.size and _rank(array.dtype) > _rank(want.name) < _rank("float"):
            raise TypeError(f"Expected {want.name}, but got {value!r} of {array.dtype.name}.")
    elif python and array.dtype.kind in "fi":
        want = ALL["float32" if array.dtype.kind == "f" else "int32"]
    else:
        want = as_dtype(array.dtype)
    array = array.astype(want.as_numpy_dtype)
    if shape is not None:
        shape = shapes.fixed(shape)
        array = np.full(shape, array) if array.ndim == 0 else array.reshape(shape)
    number = array.item() if array.ndim == 0 and not want.is_bool else None
    compute = lambda: torch.tensor(array, dtype=want.torch)  # noqa: E731
    more = {"kind": "constant", "number": number, "name": name}
    return build("Const", [], want, lambda: array.shape, compute, **more)


def convert(value, dtype=None, name="Const"):
    """The tensor that `value` stands for: itself, a variable's value, or a constant.

    Raises TypeError where it is a tensor of another dtype than `dtype`.
    """
    if not isinstance(value, Symbol):
        return constant(value, dtype, name=name)
    t = value if isinstance(value, Tensor) else value.value()
    if dtype is not None and t.dtype != as_dtype(dtype):
        want = as_dtype(dtype).name
        raise TypeError(f"Tensor conversion requested dtype {want} for a tensor of {t}")
    return t


@public
def convert_to_tensor(value, dtype=None, name="Const"):
    """A tensor as it is, anything else as a constant (tf.convert_to_tensor)."""
    return convert(value, dtype, name)


@public
def placeholder(dtype, shape=None, name="Placeholder"):
    """A tensor whose value is given with each run (tf.placeholder).

    Sizes that are None, and a shape that is None, may differ from run to run.
    """
    return build("Placeholder", [], as_dtype(dtype), lambda: shapes.TensorShape(shape), None, name,
                 kind="feed")  # fmt: skip


def _filled(name, value):
    def f(shape, dtype="float32", name=name):
        return constant(value, dtype, shapes.fixed(shape), name)

    f.__doc__ = f"A tensor of {name} (tf.{name}); every size of its shape has to be known."
    PUBLIC[name] = f


_filled("zeros", 0)
_filled("ones", 1)


@public
def fill(dims, value, name="Fill"):
    """A tensor of one value (tf.fill)."""
    return constant(value, None, shapes.fixed(dims), name)


def pair(x, y, type, name, called=("x", "y")):
    """Both operands as tensors of one dtype; a value that is no tensor takes the other's.

    Raises TypeError for two tensors that differ in it, or a value that does not fit.
    """
    dtype = next((convert(v).dtype for v in (x, y) if isinstance(v, Symbol)), None)
    both = []
    for v, label in zip((x, y), called, strict=True):
        if not isinstance(v, Symbol):
            v = constant(v, dtype, name=f"{name}/{label}/")
        both.append(convert(v))
        dtype = dtype or both[0].dtype
    x, y = both
    if x.dtype != y.dtype:
        raise TypeError(
            f"Input {called[1]!r} of {type!r} Op has type {y.dtype.name} that does not match "
            f"type {x.dtype.name} of argument {called[0]!r}."
        )
    return x, y


def demand(allowed, type, *tensors):
    """Raise TypeError unless the tensors' dtype is one that an operation has been given for.

    `allowed` is any, number, float (complex numbers too) or bool.
    """
    for t in tensors:
        kind = np.dtype(t.dtype.name).kind
        if kind not in {"any": "biufc", "number": "iufc", "float": "fc", "bool": "b"}[allowed]:
            raise TypeError(
                f"Value passed to {type!r} Op has DataType {t.dtype.name}; {allowed} is allowed."
            )


def _larger(x, y):
    return torch.where((x >= y).logical_or(torch.isnan(x)), x, y)


def _smaller(x, y):
    return torch.where((x <= y).logical_or(torch.isnan(x)), x, y)


def _power(x, y):
    if not (isinstance(y, torch.Tensor) and y.requires_grad):
        return x**y
    up = x > 0
    safe = torch.where(up, x, torch.ones_like(x))
    return torch.where(up, safe**y, x ** y.detach())


def _quotient(x, y):
    return x / y if x.is_floating_point() or x.is_complex() else x.double() / y


def _ratio_dtype(dtype):
    return FLOAT64 if dtype.is_integer else dtype


# A row: the public names, the operator, the type, the operation's usual name, what computes it, the
# dtype of the result (None: the operands'), which operands may stay numbers, whether gradients go
# through. A function names its operation as the operator does, unless `NAMED` says otherwise.
BINARY = [
    ("add", "add", "AddV2", "add", operator.add, None, (0, 1), True),
    ("subtract", "sub", "Sub", "sub", operator.sub, None, (0, 1), True),
    ("multiply", "mul", "Mul", "mul", operator.mul, None, (0, 1), True),
    ("divide truediv", "truediv", "RealDiv", "truediv", _quotient, _ratio_dtype, (1,), True),
    ("floordiv", "floordiv", "FloorDiv", "floordiv", torch.floor_divide, None, (), False),
    ("mod", "mod", "FloorMod", "mod", torch.remainder, None, (), True),
    ("pow", "pow", "Pow", "pow", _power, None, (1,), True),
    ("maximum", "", "Maximum", "Maximum", _larger, None, (), True),
    ("minimum", "", "Minimum", "Minimum", _smaller, None, (), True),
    ("less", "lt", "Less", "Less", operator.lt, BOOL, (), False),
    ("less_equal", "le", "LessEqual", "LessEqual", operator.le, BOOL, (), False),
    ("greater", "gt", "Greater", "Greater", operator.gt, BOOL, (), False),
    ("greater_equal", "ge", "GreaterEqual", "GreaterEqual", operator.ge, BOOL, (), False),
    ("equal", "", "Equal", "Equal", torch.eq, BOOL, (), False),
    ("not_equal", "", "NotEqual", "NotEqual", torch.ne, BOOL, (), False),
    ("logical_and", "and", "LogicalAnd", "LogicalAnd", torch.logical_and, BOOL, (), False),
    ("logical_or", "or", "LogicalOr", "LogicalOr", torch.logical_or, BOOL, (), False),
]
NAMED = {"add": "Add", "subtract": "Sub", "multiply": "Mul", "mod": "FloorMod", "pow": "Pow"}
REFLECTED = {"add", "sub", "mul", "truediv", "floordiv", "mod", "pow"}


def _binary(type, usual, compute, result, weak, differentiable):
    def f(x, y, name=None):
        name = get_default_graph().unique_name(name or usual)
        x, y = pair(x, y, type, name)
        demand("bool" if type.startswith("Logical") else "any", type, x)
        dtype = result(x.dtype) if callable(result) else result or x.dtype
        shape = partial(shapes.broadcast, x.shape, y.shape)
        return build(type, [x, y], dtype, shape, compute, f"{name}/",
                     differentiable=differentiable, weak=weak)  # fmt: skip

    return f


for _names, _op, _type, _usual, *_row in BINARY:
    for _n in _names.split():
        _f = _binary(_type, NAMED.get(_n, _usual), *_row)
        _f.__doc__ = f"Elementwise and broadcasting (tf.{_n}); both operands have one dtype."
        public(_f, _n)
    if _op:
        _f = _binary(_type, _usual, *_row)
        setattr(Symbol, f"__{_op}__", lambda self, other, f=_f: f(self, other))
    if _op in REFLECTED:
        setattr(Symbol, f"__r{_op}__", lambda self, other, f=_f: f(other, self))

# A row: the public name, the type, what computes it, for which dtypes, whether it has gradients.
UNARY = [
    ("abs", "Abs", torch.abs, "number", True),
    ("ceil", "Ceil", torch.ceil, "float", False),
    ("cos", "Cos", torch.cos, "float", True),
    ("elu", "Elu", nn.elu, "float", True),
    ("erf", "Erf", torch.erf, "float", True),
    ("exp", "Exp", torch.exp, "float", True),
    ("floor", "Floor", torch.floor, "float", False),
    ("identity", "Identity", itself, "any", True),
    ("log", "Log", torch.log, "float", True),
    ("log1p", "Log1p", torch.log1p, "float", True),
    ("logical_not", "LogicalNot", torch.logical_not, "bool", False),
    ("negative", "Neg", torch.neg, "number", True),
    ("ones_like", "OnesLike", torch.ones_like, "any", False),
    ("reciprocal", "Reciprocal", torch.reciprocal, "float", True),
    ("relu", "Relu", torch.relu, "number", True),
    ("relu6", "Relu6", nn.relu6, "number", True),
    ("round", "Round", torch.round, "number", False),
    ("rsqrt", "Rsqrt", torch.rsqrt, "float", True),
    ("selu", "Selu", nn.selu, "float", True),
    ("sigmoid", "Sigmoid", torch.sigmoid, "float", True),
    ("sign", "Sign", torch.sign, "number", True),
    ("sin", "Sin", torch.sin, "float", True),
    ("softplus", "Softplus", nn.softplus, "float", True),
    ("softsign", "Softsign", nn.softsign, "float", True),
    ("sqrt", "Sqrt", torch.sqrt, "float", True),
    ("square", "Square", torch.square, "number", True),
    ("stop_gradient", "StopGradient", torch.Tensor.detach, "any", False),
    ("tan", "Tan", torch.tan, "float", True),
    ("tanh", "Tanh", torch.tanh, "float", True),
    ("zeros_like", "zeros_like", torch.zeros_like, "any", False),
]


def _unary(type, compute, allowed, differentiable):
    def f(x, name=None):
        x = convert(x)
        demand(allowed, type, x)
        return build(type, [x], x.dtype, partial(shapes.same, x.shape), compute, name,
                     differentiable=differentiable)  # fmt: skip

    return f


for _n, _type, *_row in UNARY:
    _f = _unary(_type, *_row)
    _f.__doc__ = f"Elementwise (tf.{_n})."
    public(_f, _n)

Symbol.__neg__ = lambda self: PUBLIC["negative"](self)
Symbol.__abs__ = lambda self: PUBLIC["abs"](self)
Symbol.__invert__ = lambda self: PUBLIC["logical_not"](self)
