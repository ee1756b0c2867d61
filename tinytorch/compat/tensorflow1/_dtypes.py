"""tf.float32 and its like: each a name that NumPy's and tinytorch's dtype share."""

from __future__ import annotations

import numpy as np

import tinytorch as torch

# The runtime of TensorFlow calls some dtypes otherwise in its messages.
_SPOKEN = {"float16": "half", "float32": "float", "float64": "double"}
_PYTHON = {bool: "bool", int: "int32", float: "float32", complex: "complex128"}
_OTHER = {"float": "float32", "double": "float64", "half": "float16", "int": "int32"}
NAMES = (
    "float16 float32 float64 int8 int16 int32 int64 uint8 bool complex64 complex128"
).split()  # fmt: skip


class DType:
    """The type of a tensor's elements (tf.DType); `as_numpy_dtype` is NumPy's class for it."""

    def __init__(self, name):
        self.name = name
        self.as_numpy_dtype = np.dtype(name).type
        self.torch = getattr(torch, name)
        self.spoken = _SPOKEN.get(name, name)

    @property
    def is_floating(self):
        return self.name.startswith("float")

    @property
    def is_integer(self):
        return "int" in self.name

    @property
    def is_complex(self):
        return self.name.startswith("complex")

    @property
    def is_bool(self):
        return self.name == "bool"

    @property
    def base_dtype(self):
        return self

    def __eq__(self, other):
        if isinstance(other, DType):
            return self is other
        try:
            return self is as_dtype(other)
        except TypeError:
            return False

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return f"tf.{self.name}"

    def __str__(self):
        return f"<dtype: {self.name!r}>"

    def __reduce__(self):
        return as_dtype, (self.name,)


ALL = {name: DType(name) for name in NAMES}


def as_dtype(value):
    """The DType of a DType, its name, a NumPy dtype or a Python type (tf.as_dtype).

    Raises TypeError for anything else.
    """
    if isinstance(value, DType):
        return value
    try:
        name = _PYTHON.get(value) or _OTHER.get(value) or np.dtype(value).name
        return ALL[name]
    except (TypeError, KeyError):
        raise TypeError(f"Cannot convert value {value!r} to a TensorFlow DType.") from None
