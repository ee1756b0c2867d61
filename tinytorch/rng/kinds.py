"""What torch calls the number types in its messages, and how values are narrowed to them.

A row a type: torch's name, C++'s name, and the digits of the mantissa, which bound the integers
that the type holds exactly.  bfloat16 is known by its name and its letter, E, so this package needs
no import of the library that defines it.
"""

import numpy as np

F32, F64, I64 = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int64)

_NAMES = {
    "bool": ("Bool", "bool", 1),
    "uint8": ("Byte", "unsigned char", 8),
    "int8": ("Char", "signed char", 7),
    "int16": ("Short", "short int", 15),
    "int32": ("Int", "int", 31),
    "int64": ("Long", "long int", 63),
    "uint16": ("UInt16", "short unsigned int", 16),
    "uint32": ("UInt32", "unsigned int", 32),
    "uint64": ("UInt64", "long unsigned int", 64),
    "float16": ("Half", "c10::Half", 11),
    "bfloat16": ("BFloat16", "c10::BFloat16", 8),
    "float32": ("Float", "float", 24),
    "float64": ("Double", "double", 53),
    "complex64": ("ComplexFloat", "c10::complex<float>", 24),
    "complex128": ("ComplexDouble", "c10::complex<double>", 53),
}
_LARGEST = {
    "float16": 65504.0,
    "bfloat16": 2.0**128 - 2.0**120,
    "float32": 2.0**128 - 2.0**104,
    "float64": float(np.finfo(F64).max),
}


def torch_name(dtype):
    return _NAMES[dtype.name][0] if dtype.name in _NAMES else dtype.name.capitalize()


def cpp_name(dtype):
    return _NAMES[dtype.name][1] if dtype.name in _NAMES else dtype.name


def digits(dtype):
    return _NAMES[dtype.name][2]


def largest(dtype):
    """The largest finite value of a real floating type, a Python float."""
    return _LARGEST[dtype.name]


def is_float(dtype):
    return dtype.char in "fdeE"


def is_half(dtype):
    return dtype.char in "eE"


def only(kernel, dtype, ok):
    """NotImplementedError in torch's words unless `ok`."""
    if not ok:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{torch_name(dtype)}'")


def real_of(dtype):
    """The type of the parts of a complex type, or None."""
    return {"F": F32, "D": F64}.get(dtype.char)


def size_of(shape):
    """(shape as a tuple, number of elements)."""
    if isinstance(shape, (int, np.integer)):
        return (int(shape),), int(shape)
    n = 1
    for d in shape:
        n *= d
    return tuple(shape), n


def narrow(x, dtype):
    """Cast as C++ does: doubles reach the half types through float32, so they round twice."""
    if x.dtype == dtype:
        return x
    with np.errstate(over="ignore"):
        if is_half(dtype) and x.dtype != F32:
            x = x.astype(F32)
        return x.astype(dtype)
