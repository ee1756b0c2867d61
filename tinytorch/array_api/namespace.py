"""What a namespace has: its functions, its devices' dtypes, its way to the host; found by trying.

`__array_namespace_info__` says what the standard's dtypes are on a device, but neither half
precision nor whether a dtype computes, so each is tried with an array of two elements.
"""

from __future__ import annotations

import numpy as np

NEEDED = (
    "asarray full arange astype reshape permute_dims broadcast_to concat flip expand_dims take"
    " argsort searchsorted where sum prod max min argmax argmin cumulative_sum matmul"
    " abs negative exp expm1 log log1p sqrt sin cos tan asin acos atan sinh cosh tanh floor ceil"
    " round sign conj real imag add subtract multiply divide floor_divide remainder pow maximum"
    " minimum atan2 equal not_equal less less_equal greater greater_equal bitwise_and bitwise_or"
    " bitwise_xor bitwise_invert bitwise_left_shift bitwise_right_shift"
).split()
INDISPENSABLE = ("bool", "int32", "int64", "float32")


def complete(xp, given):
    """array-api-compat's namespace for ``xp`` where it has one; TypeError if names are missing."""
    bare, xp = xp, wrapped(xp)
    missing = [name for name in NEEDED if name not in given and not has(xp, name)]
    if missing:
        hint = "" if xp is not bare else ", or try pip install tinytorch[array-api]"
        raise TypeError(
            f"the namespace {xp.__name__!r} lacks {', '.join(missing)}: give kernels of these names"
            f" in overrides={hint}"
        )
    return xp


def has(xp, name):
    """Whether the namespace has a function; an argsort without the standard's arguments is none."""
    if name == "argsort":
        try:
            xp.argsort(xp.asarray([0]), descending=True, stable=True)
        except (AttributeError, TypeError):
            return False
    return hasattr(xp, name)


def wrapped(xp):
    try:
        import array_api_compat
    except ImportError:
        return xp
    try:
        return array_api_compat.array_namespace(xp.asarray([0]))
    except (AttributeError, TypeError):
        return xp


def version(xp):
    """The version of the standard that the namespace follows; the newest if it does not say."""
    return getattr(xp, "__array_api_version__", "9999")


def on(device):
    """The keyword that puts a new array on a device; nothing for the library's default."""
    return {} if device is None else {"device": device}


def working_dtype(xp, name, device):
    """The library's dtype for a torch dtype's name, as its arrays give it; None if it fails."""
    try:
        x = xp.full((2,), 1, dtype=getattr(xp, name), **on(device))
        return x.dtype if bool(xp.all(xp.equal(x, xp.astype(x, x.dtype)))) else None
    except Exception:
        return None


def check_dtypes(name, names):
    """ValueError where a dtype is missing that torch's results have without being asked."""
    missing = [d for d in INDISPENSABLE if d not in names]
    if missing:
        raise ValueError(
            f"backend {name!r}: torch cannot do without {', '.join(missing)}, which the library"
            " does not compute with on its devices"
        )


def way_to_host(xp, x):
    """A function from arrays like ``x`` to NumPy's; TypeError if the library refuses them all."""
    for way in (lambda x: np.array(np.from_dlpack(x)), lambda x: np.array(np.asarray(x))):
        try:
            if way(x).shape == x.shape and way(xp.sum(x)).shape == ():
                return way
        except Exception:
            continue
    raise TypeError(f"{type(x).__name__} does not convert to NumPy: give to_host=")


def data_dependent(xp):
    """Whether the namespace says that ``nonzero`` works."""
    if not hasattr(xp, "nonzero"):
        return False
    info = getattr(xp, "__array_namespace_info__", None)
    return info is None or info().capabilities().get("data-dependent shapes", True)
