"""torch.testing: `assert_close`, with torch's tolerances by dtype and its report of what differs.

Sequences and mappings are compared item by item, everything else that can become a tensor as
tensors; the pair that fails says where in the containers it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Number

from . import dtypes
from .dispatch import dtype_of
from .factories import as_tensor
from .tensor import Tensor, fresh

_TOLERANCES = {
    dtypes.float16: (1e-3, 1e-5), dtypes.bfloat16: (1.6e-2, 1e-5), dtypes.float32: (1.3e-6, 1e-5),
    dtypes.float64: (1e-7, 1e-7), dtypes.complex64: (1.3e-6, 1e-5),
    dtypes.complex128: (1e-7, 1e-7),
}  # fmt: skip

__all__ = ["assert_close"]


def assert_close(actual, expected, *, allow_subclasses=True, rtol=None, atol=None, equal_nan=False,
                 check_device=True, check_dtype=True, check_layout=True, check_stride=False,
                 msg=None):  # fmt: skip
    """AssertionError unless ``|actual - expected| <= atol + rtol * |expected|`` everywhere, and
    shapes, dtypes and devices are the same (torch.testing.assert_close)."""
    if (rtol is None) != (atol is None):
        raise ValueError(
            "rtol and atol must both be specified or both be unspecified, but got "
            f"rtol={rtol} and atol={atol}."
        )
    checks = [name for name, on in (("device", check_device), ("dtype", check_dtype),
                                    ("stride", check_stride)) if on]  # fmt: skip
    text, place = _compare(actual, expected, (rtol, atol), equal_nan, checks, ())
    if text is None:
        return
    if place:
        text += f"\n\nThe failure occurred for item {''.join(f'[{k!r}]' for k in place)}"
    raise AssertionError(text if msg is None else msg(text) if callable(msg) else msg)


def _compare(a, b, tolerance, equal_nan, checks, place):
    """(text, place) of the first difference; the text is None where there is none."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        if set(a) != set(b):
            return "The keys of the mappings do not match:\n" + "\n".join(
                f"Missing keys in the {side} mapping: {sorted(missing)}"
                for side, missing in (("actual", set(b) - set(a)), ("expected", set(a) - set(b)))
            ), place
        pairs = [(k, a[k], b[k]) for k in a]
    elif _listed(a) and _listed(b):
        if len(a) != len(b):
            return f"The length of the sequences mismatch: {len(a)} != {len(b)}", place
        pairs = [(i, x, y) for i, (x, y) in enumerate(zip(a, b, strict=True))]
    else:
        return _differ(a, b, tolerance, equal_nan, checks), place
    for k, x, y in pairs:
        text, where = _compare(x, y, tolerance, equal_nan, checks, (*place, k))
        if text is not None:
            return text, where
    return None, place


def _listed(x):
    return isinstance(x, Sequence) and not isinstance(x, str)


def _differ(a, b, tolerance, equal_nan, checks):
    numbers = isinstance(a, Number) and isinstance(b, Number)
    if a is None and b is None:
        return None
    for x, y in ((a, b), (b, a)):
        if (
            not isinstance(x, (Tensor, Number))
            and not hasattr(x, "__array__")
            or (isinstance(x, Number) and _listed(y))
        ):
            raise TypeError(
                f"No comparison pair was able to handle inputs of type {type(a)!r} and {type(b)!r}."
            )
    if numbers:
        if isinstance(a, bool) or isinstance(b, bool):
            return None if a is b else f"Booleans mismatch: {a} is not {b}"
        wide = dtypes.complex128 if complex in (type(a), type(b)) else dtypes.float64
        a, b = (as_tensor(x, dtype=wide if isinstance(x, (float, complex)) else None)
                for x in (a, b))  # fmt: skip
        checks = ()
    a, b = (as_tensor(x).detach() for x in (a, b))
    for name in ("shape", *checks):
        x, y = getattr(a, name), getattr(b, name)
        x, y = (x(), y()) if name == "stride" else (x, y)
        if x != y:
            prefix = "" if name == "stride" else "attribute "
            what = "stride()" if name == "stride" else f"'{name}'"
            return f"The values for {prefix}{what} do not match: {x} != {y}."
    rtol, atol = tolerance
    if rtol is None:
        pairs = [_TOLERANCES.get(dtype_of(fresh(x)), (0.0, 0.0)) for x in (a, b)]
        rtol, atol = (max(t) for t in zip(*pairs, strict=True))
    if a.dtype is not b.dtype:
        common = dtypes.promote_types(a.dtype, b.dtype)
        a, b = a.to(common), b.to(common)
    if a.dtype.category == dtypes.BOOL:
        a, b = a.int(), b.int()
    close = a.isclose(b, rtol=rtol, atol=atol, equal_nan=equal_nan)
    if bool(close.all()):
        return None
    return _report(a, b, close, rtol, atol, numbers)


def _report(a, b, close, rtol, atol, numbers):
    exact = rtol == 0 and atol == 0
    wide = a.dtype.category < dtypes.FLOAT
    a, b = (x.to(dtypes.int64) if wide else x for x in (a, b))
    off = (a - b).abs()
    ratio = off / b.abs()
    lines = [f"{'Scalars' if not a.dim() else 'Tensor-likes'} are not "
             f"{'equal' if exact else 'close'}!", ""]  # fmt: skip
    allowed = ["" if exact else f" (up to {t} allowed)" for t in (atol, rtol)]
    if not a.dim():
        lines += [f"Expected {b.item()} but got {a.item()}.",
                  f"Absolute difference: {off.item()}{allowed[0]}",
                  f"Relative difference: {ratio.item()}{allowed[1]}"]  # fmt: skip
        return "\n".join(lines)
    wrong = close.logical_not()
    n, total = int(wrong.sum()), wrong.numel()
    lines.append(f"Mismatched elements: {n} / {total} ({n / total:.1%})")
    for name, x, limit in (("absolute", off, allowed[0]), ("relative", ratio, allowed[1])):
        x = x.masked_fill(close, 0)
        at = int(x.flatten().argmax())
        index = []
        for size in reversed(x.shape):
            at, k = divmod(at, size)
            index.insert(0, k)
        value = x[tuple(index)].item()
        lines.append(f"Greatest {name} difference: {value} at index {tuple(index)}{limit}")
    return "\n".join(lines)
