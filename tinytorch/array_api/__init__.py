"""A whole backend out of an array-API namespace: `tinytorch.backend.from_array_api`.

The standard is short of what a backend needs in three ways, and each has its place here: it keeps
booleans, integers and floats apart more strictly than torch (`arithmetic`), it can hardly index or
write by integer arrays (`indexing`), and a library may have less of it than it says (`namespace`).
What is left are flags, which are class attributes, and kernels, which are methods: a subclass
changes either. This module is the table of the flags and imports no library.
"""

from __future__ import annotations


def from_array_api(xp, name, *, overrides=None, **flags):
    """A :class:`tinytorch.backend.Backend` subclass over an array-API namespace.

    ``xp`` is the library or its namespace; array-api-compat wraps it where it falls short of the
    standard. ``name`` is what users call the backend. ``overrides`` maps kernel names to functions
    of raw arrays that replace or add kernels. Flags, with their defaults:

    ``device_types=(name,)``   torch device types it serves, besides ``cpu`` by ``set_backend``
    ``devices=(None,)``        the library's devices by torch's index; None is the library's default
    ``mutable=False``          True if arrays are written in place and basic indexing gives views
    ``dtypes=None``            torch dtype names; None: all that work on every one of ``devices``
    ``half_native=False``      True if the library itself computes half precision in single
    ``index_arrays=False``     True if ``x[key]`` reads keys with integer arrays as NumPy does
    ``setitem=True``           False if ``x[key] = v`` does not exist, not even for slices
    ``scalars=None``           functions take Python numbers; None: the standard's version tells
    ``dynamic_shapes=True``    False if no result's shape may depend on values (a tracing library)
    ``deterministic=True``     the same call twice gives the same bits
    ``to_host=None``           library array -> ``numpy.ndarray``; None: by DLPack, or by asarray
    ``from_host=None``         ``(numpy.ndarray, device)`` -> library array; None: ``xp.asarray``

    Raises ``TypeError`` for unknown flags and for a namespace that lacks functions which neither
    ``overrides`` nor a composition supplies, with their names; ``ValueError`` if a dtype that
    torch cannot do without does not work.
    """
    from .base import ArrayAPIBackend, attributes

    return type(
        f"{name.title()}Backend", (ArrayAPIBackend,), attributes(xp, name, overrides, flags)
    )


__all__ = ["from_array_api"]
