"""Results as data: what a call returned in real torch, written down, and compared with another.

An encoded value is JSON beside a run of bytes: tensors leave their dtype and shape in the JSON and
their elements in the bytes, in order. Everything else that torch returns (numbers, strings, tuples,
dtypes, raised exceptions) is told apart by a one-letter tag, so types are compared too.
"""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np

#: How far a float may be from the recorded one: (rtol, atol as a share of the largest magnitude).
#: float64 and float32: sums in another order and another libm give a few units in the last place.
#: float16 and bfloat16: two units, as results are rounded once from float32 but here and there
#: torch rounds twice. Complex numbers are held to their parts' precision. Other dtypes are exact.
TOLERANCE = {
    "float64": (1e-11, 1e-13),
    "complex128": (1e-11, 1e-13),
    "float32": (3e-6, 1e-6),
    "complex64": (3e-6, 1e-6),
    "float16": (2e-3, 1e-3),
    "bfloat16": (1.6e-2, 8e-3),
}
#: torch's own float64 is worse than that in these: its series for the derivatives of digamma and
#: its Bessel functions stop at nine digits, its hardsigmoid multiplies by a constant of seven.
SERIES = {**TOLERANCE, **dict.fromkeys(("float64", "complex128", "number"), (1e-8, 1e-9))}
SIXTH = {**TOLERANCE, "float64": (4e-8, 1e-13), "number": (4e-8, 1e-13)}
ROUGH = {
    **{name: SERIES for name in ("polygamma", "digamma", "special.polygamma", "special.digamma")},
    **{f"special.bessel_{name}": SERIES for name in ("j0", "j1", "y0", "y1")},
    "nn.functional.hardsigmoid": SIXTH,
}
#: A Python float out of a program is most often the ``item()`` of a float32.
NUMBER = (3e-6, 1e-9)
EXACT = dict.fromkeys(TOLERANCE, (0.0, 0.0))
#: Such a text goes on with signatures of C++; only the exception's type is held to.
LISTING = "received an invalid combination of arguments"


class Raised:
    """An exception in the place of a result."""

    def __init__(self, error):
        self.type, self.text = type(error).__name__, str(error)
        self.error = error


def encode(value, host, chunks):
    """JSON of ``value``; tensors' bytes are appended to ``chunks``, ``host`` turns one to NumPy."""
    if is_tensor(value):
        name, array = host(value)
        chunks.append(np.ascontiguousarray(array).tobytes())
        return ["t", name, list(array.shape)]
    if isinstance(value, Raised):
        return ["e", value.type, value.text]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return ["f", repr(value)]
    if isinstance(value, complex):
        return ["c", repr(value)]
    if isinstance(value, dict):
        return ["d", {str(k): encode(v, host, chunks) for k, v in value.items()}]
    if isinstance(value, (list, tuple)):
        return [_sequence_tag(value), [encode(v, host, chunks) for v in value]]
    return ["o", str(value)]


def is_tensor(x):
    return hasattr(x, "grad_fn") and hasattr(x, "dtype")


def _sequence_tag(value):
    if hasattr(value, "_fields") or type(value).__module__.endswith("return_types"):
        return "n:" + type(value).__name__
    if type(value).__name__ == "Size":
        return "z"
    return "l" if isinstance(value, list) else "u"


def host_of_tinytorch(t):
    """(torch dtype name, NumPy array) of a tinytorch Tensor, past everything public."""
    from tinytorch.tensor import fresh

    t = fresh(t)
    return str(t.dtype)[6:], np.asarray(t._p.to_host(t._raw))


def dtype_of_name(name):
    return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


def differs(value, want, data, host, tolerance=TOLERANCE, where="result"):
    """What is different between ``value`` and an encoded value, in words; None if nothing is.

    ``data`` reads the next n bytes of the recording.
    """
    if not isinstance(want, list):
        if is_tensor(value) or type(value) is not type(want) or value != want:
            return f"{where} is {brief(value)}, torch gives {want!r}"
        return None
    tag = want[0]
    if tag == "t":
        return _array_differs(value, want, data, host, tolerance, where)
    if tag == "e":
        return _raised_differs(value, want, where)
    if isinstance(value, Raised):
        return f"{where} raised {value.type}: {value.text}; torch gives {_short(want)}"
    if tag in "fc":
        return _number_differs(value, want, tolerance, where)
    if tag == "d":
        if not isinstance(value, dict) or [str(k) for k in value] != list(want[1]):
            return f"{where} is {brief(value)}, torch gives a dict of {list(want[1])}"
        return _first(
            differs(v, w, data, host, tolerance, f"{where}[{k!r}]")
            for (k, v), w in zip(value.items(), want[1].values(), strict=True)
        )
    if tag == "o":
        return None if str(value) == want[1] else f"{where} is {value}, torch gives {want[1]}"
    if not isinstance(value, (list, tuple)) or _sequence_tag(value) != tag:
        return f"{where} is {brief(value)}, torch gives a {_SEQUENCES.get(tag, tag)}"
    if len(value) != len(want[1]):
        return f"{where} has {len(value)} items, torch gives {len(want[1])}"
    return _first(
        differs(v, w, data, host, tolerance, f"{where}[{i}]")
        for i, (v, w) in enumerate(zip(value, want[1], strict=True))
    )


_SEQUENCES = {"l": "list", "u": "tuple", "z": "torch.Size"}


def _first(found):
    return next((text for text in found if text), None)


def _short(want):
    return f"a {want[1]} tensor of shape {tuple(want[2])}" if want[0] == "t" else repr(want[1:])


def brief(value):
    if isinstance(value, Raised):
        return f"an exception ({value.type}: {value.text})"
    if is_tensor(value):
        return f"a {value.dtype} tensor of shape {tuple(value.shape)}"
    return f"{type(value).__name__} {value!r}"[:300]


def _raised_differs(value, want, where):
    said = f"torch raises {want[1]}: {want[2]}"
    if not isinstance(value, Raised):
        return f"{where} is {brief(value)}; {said}"
    if LISTING in want[2] and value.type == want[1]:
        return None
    if (value.type, value.text) != (want[1], want[2]):
        return f"{where} raised {value.type}: {value.text}\n    {said}"
    return None


def _number_differs(value, want, tolerance, where):
    theirs = (float if want[0] == "f" else complex)(want[1])
    if type(value) is not type(theirs):
        return f"{where} is {brief(value)}, torch gives the number {want[1]}"
    rtol, atol = (0.0, 0.0) if tolerance is EXACT else tolerance.get("number", NUMBER)
    if value == theirs or (value != value and theirs != theirs):
        return None
    if abs(value - theirs) <= rtol * abs(theirs) + atol:
        return None
    return f"{where} is {value!r}, torch gives {want[1]}"


def _array_differs(value, want, data, host, tolerance, where):
    _, name, shape = want
    kind = dtype_of_name(name)
    theirs = np.frombuffer(data(kind.itemsize * math.prod(shape)), kind).reshape(shape)
    if not is_tensor(value):
        return f"{where} is {brief(value)}; torch gives {_short(want)}"
    have, ours = host(value)
    if have != name:
        return f"{where} is torch.{have}, torch gives torch.{name}"
    return arrays_differ(ours, theirs, name, tolerance, where)


def arrays_differ(ours, theirs, name, tolerance=TOLERANCE, where="result"):
    """What is different between two arrays of the torch dtype ``name``; None if nothing is."""
    if tuple(ours.shape) != tuple(theirs.shape):
        return f"{where} has shape {tuple(ours.shape)}, torch gives {tuple(theirs.shape)}"
    if not theirs.size:
        return None
    if name in ("bfloat16", "float16"):
        ours, theirs = ours.astype(np.float32), theirs.astype(np.float32)
    if name not in TOLERANCE:
        bad = ours != theirs
    else:
        bad = _far(ours, theirs, *tolerance[name], tolerance is EXACT)
    if not np.any(bad):
        return None
    at = tuple(int(i) for i in np.argwhere(bad)[0])
    count = int(np.sum(bad))
    return (
        f"{where} differs at {count} of {theirs.size} places; at {list(at)} it is "
        f"{ours[at]!r}, torch gives {theirs[at]!r}"
    )


def _far(a, b, rtol, atol, signed):
    if a.dtype.kind == "c":
        return _far(a.real, b.real, rtol, atol, signed) | _far(a.imag, b.imag, rtol, atol, signed)
    with np.errstate(all="ignore"):
        finite = np.isfinite(b)
        scale = max(1.0, float(np.max(np.abs(b), where=finite, initial=0.0)))
        near = np.abs(a - b) <= rtol * np.abs(b) + atol * scale
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        bad = ~np.where(finite, near | same, same)
    return bad | ((a == 0) & (b == 0) & (np.signbit(a) != np.signbit(b))) if signed else bad
