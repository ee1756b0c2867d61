"""``torch._VF``: a few functions as torch's compiled part has them; all others are torch's own.

torch keeps them apart because its public functions of these names are written in Python and give
only what was asked for. These give all results, those not asked for empty.
"""

from __future__ import annotations

from . import dtypes
from .ops import count

_values_of = count._no_derivative("_unique")


def _asked(values, *results):
    """Values and (result, whether it was asked for)."""
    none = values.detach().new_empty((0,), dtype=dtypes.int64)
    return values, *(r if asked else none for r, asked in results)


def _unique(input, sorted=True, return_inverse=False):
    """(values, places) of the distinct elements."""
    values, inverse = count.unique(input.detach(), sorted, True)
    return _asked(_values_of(values, input), (inverse, return_inverse))


def _unique2(input, sorted=True, return_inverse=False, return_counts=False):
    """(values, places, counts) of the distinct elements."""
    values, inverse, counts = count.unique(input, sorted, True, True)
    return _asked(values, (inverse, return_inverse), (counts, return_counts))


def unique_dim(input, dim, sorted=True, return_inverse=False, return_counts=False):
    """(values, places, counts) of the distinct slices of a dimension, always all of them."""
    return count.unique(input, sorted, True, True, dim)


def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """(values, places, counts) of the runs of equal elements."""
    values, inverse, counts = count.unique_consecutive(input, True, True, dim)
    return _asked(values, (inverse, return_inverse), (counts, return_counts))


def __getattr__(name):
    import tinytorch

    return getattr(tinytorch, name)
