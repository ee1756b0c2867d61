"""torch's dtype objects and the promotion lattice.

A dtype here is only a name with facts: the front end reasons in these objects, and each backend
maps them to its own library's dtypes. Promotion follows torch's rule: operands fall into three
priority groups (tensors with dimensions, 0-d tensors, Python numbers); a lower group takes part
only if its category (bool < int < float < complex) is higher than that of the groups above it.
"""

from __future__ import annotations

BOOL, INT, FLOAT, COMPLEX = range(4)


class dtype:
    """A torch dtype: ``torch.float32`` and its kin are the only instances (as in ``torch.dtype``).

    Attributes: ``itemsize`` (bytes), ``is_floating_point``, ``is_complex``, ``is_signed``.
    """

    __slots__ = ("_name", "category", "itemsize", "legacy", "rank", "suffix")

    def __init__(self, name, category, itemsize, rank, legacy):
        self._name = name
        self.category = category
        self.itemsize = itemsize
        self.rank = rank
        self.legacy = legacy
        self.suffix = "torch." + name

    is_floating_point = property(lambda self: self.category == FLOAT)
    is_complex = property(lambda self: self.category == COMPLEX)
    is_signed = property(lambda self: self.category != BOOL and not self._name.startswith("uint"))

    def to_real(self):
        return _REAL.get(self, self)

    def to_complex(self):
        return _COMPLEX.get(self, self)

    def __repr__(self):
        return self.suffix

    def __reduce__(self):
        return by_name, (self._name,)


#         name        category bytes rank  name that error messages use
_ROWS = [
    ("bool",       BOOL,    1,  0, "Bool"),
    ("uint8",      INT,     1,  1, "Byte"),
    ("int8",       INT,     1,  1, "Char"),
    ("int16",      INT,     2,  2, "Short"),
    ("int32",      INT,     4,  3, "Int"),
    ("int64",      INT,     8,  4, "Long"),
    ("float16",    FLOAT,   2,  5, "Half"),
    ("bfloat16",   FLOAT,   2,  5, "BFloat16"),
    ("float32",    FLOAT,   4,  6, "Float"),
    ("float64",    FLOAT,   8,  7, "Double"),
    ("complex64",  COMPLEX, 8,  8, "ComplexFloat"),
    ("complex128", COMPLEX, 16, 9, "ComplexDouble"),
]  # fmt: skip

ALL = {row[0]: dtype(*row) for row in _ROWS}
bool_, uint8, int8, int16, int32, int64 = (ALL[n] for n in list(ALL)[:6])
float16, bfloat16, float32, float64, complex64, complex128 = (ALL[n] for n in list(ALL)[6:])

_REAL = {complex64: float32, complex128: float64}
_COMPLEX = {
    float16: complex64, bfloat16: complex64, float32: complex64, float64: complex128,
}  # fmt: skip

ALIASES = {
    "half": float16, "float": float32, "double": float64, "short": int16, "int": int32,
    "long": int64, "cfloat": complex64, "cdouble": complex128,
}  # fmt: skip


def by_name(name):
    """The dtype called ``name`` (``"float32"`` or ``"float"``)."""
    return ALL.get(name) or ALIASES[name]


PYTHON = {bool: bool_, int: int64, float: float64, complex: complex128}


def given(d):
    """A ``dtype=`` argument as a dtype: torch takes ``float``, ``int`` and their kin as well."""
    return PYTHON.get(d, d) if type(d) is type else d


class ByDtype(dict):
    """A backend's table by dtype, which answers for Python's types too."""

    def __missing__(self, d):
        if type(d) is type and d in PYTHON:
            return self[PYTHON[d]]
        raise KeyError(d)


_default = float32


def get_default_dtype():
    """The dtype of float results that nothing else decides (``torch.get_default_dtype``)."""
    return _default


def set_default_dtype(d):
    """Set the default floating dtype (``torch.set_default_dtype``); TypeError if not floating."""
    global _default
    if not isinstance(d, dtype):
        raise TypeError(f"invalid dtype object: {d!r}")
    if d.category != FLOAT:
        raise TypeError("only floating-point types are supported as the default type")
    _default = d


def default_complex():
    return _COMPLEX[_default]


def promote_types(type1, type2):
    """The smallest dtype that both convert to (``torch.promote_types``)."""
    a, b = type1, type2
    if a is b:
        return a
    if a.rank > b.rank:
        a, b = b, a
    if a.rank == b.rank:  # the two pairs of one width: uint8/int8 and float16/bfloat16
        return int16 if a.category == INT else float32
    if a is uint8 or b.category != COMPLEX or a.category != FLOAT:
        return b
    return complex128 if a is float64 else b


def scalar_dtype(value):
    """The dtype a Python number stands for in promotion."""
    if isinstance(value, bool):
        return bool_
    if isinstance(value, int):
        return int64
    if isinstance(value, float):
        return _default
    return default_complex()


def result_type(dimmed, zero_dim, scalars):
    """torch's result dtype of operands given as three collections of dtypes by priority."""
    best = None
    for group in (dimmed, zero_dim, scalars):
        here = None
        for d in group:
            here = d if here is None else promote_types(here, d)
        if here is None:
            continue
        if best is None:
            best = here
        elif here.category > best.category:
            # A weaker group lifts the category, never the width, of a stronger one's floats.
            best = _COMPLEX[best] if best.category == FLOAT else here
    return best


def can_cast(from_, to):
    """Whether torch's casting rules allow ``from_`` to be written into ``to`` (by category)."""
    if from_.category == COMPLEX and to.category != COMPLEX:
        return False
    if from_.category == FLOAT and to.category in (INT, BOOL):
        return False
    return not (from_.category == INT and to.category == BOOL)
