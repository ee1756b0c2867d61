"""torch.testing: `assert_close`, with torch's tolerances by dtype and its report of what differs,
and `make_tensor`, whose numbers are torch's for the same seed.

Sequences and mappings are compared item by item, everything else that can become a tensor as
tensors; the pair that fails says where in the containers it stands.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from numbers import Number

from . import dtypes
from .dispatch import dtype_of
from .factories import as_tensor, empty
from .random_ops import randint
from .settings import finfo, iinfo
from .tensor import Tensor, fresh

_TOLERANCES = {
    dtypes.float16: (1e-3, 1e-5), dtypes.bfloat16: (1.6e-2, 1e-5), dtypes.float32: (1.3e-6, 1e-5),
    dtypes.float64: (1e-7, 1e-7), dtypes.complex64: (1.3e-6, 1e-5),
    dtypes.complex128: (1e-7, 1e-7),
}  # fmt: skip

__all__ = ["assert_close", "make_tensor"]


def make_tensor(*shape, dtype, device, low=None, high=None, requires_grad=False,
                noncontiguous=False, exclude_zero=False, memory_format=None):  # fmt: skip
    """Numbers drawn evenly from ``[low, high)``, by default [-9, 9), integers [-9, 10) and from 0
    where there are no signs (torch.testing.make_tensor).

    noncontiguous: of every second element of its memory. exclude_zero: 1, or the least normal
    number, in place of 0. ValueError for bounds that are no interval of the dtype, or for gradients
    of integers.
    """
    if len(shape) == 1 and isinstance(shape[0], Sequence):
        shape = shape[0]
    shape = tuple(shape)
    whole = not (dtype.is_floating_point or dtype.is_complex)
    if noncontiguous and memory_format is not None:
        raise ValueError(
            "The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got "
            f"{noncontiguous=} and {memory_format=}"
        )
    if requires_grad and whole:
        raise ValueError(
            "`requires_grad=True` is not supported for boolean and integral dtypes, but got "
            f"{dtype=}"
        )
    noncontiguous = noncontiguous and math.prod(shape) > 1
    drawn = (*shape[:-1], 2 * shape[-1]) if noncontiguous else shape
    low, high = _interval(dtype, whole, low, high)
    if whole:
        out = randint(low, high, drawn, device=device, dtype=dtype)
    else:
        out = empty(drawn, device=device, dtype=dtype)
        from .ops.complex_parts import view_as_real

        part = view_as_real(out) if dtype.is_complex else out
        if high - low >= finfo(part.dtype).max:  # wider than uniform_ can draw
            part.uniform_(low / 2, high / 2).mul_(2)
        else:
            part.uniform_(low, high)
    if noncontiguous:
        out = out[..., 1::2]
    elif memory_format is not None:
        out = out.clone(memory_format=memory_format)
    if exclude_zero:
        out[out == 0] = 1 if whole else finfo(dtype).tiny
    return out if whole else out.requires_grad_(requires_grad)


def _interval(dtype, whole, low, high):
    """The bounds to draw from, within what the dtype holds."""
    if dtype is dtypes.bool_:
        least, most, usual = 0, 2, (0, 2)
    elif whole:
        limits = iinfo(dtype)
        least, most, usual = limits.min, limits.max + (dtype is not dtypes.int64), (-9, 10)
    else:
        limits = finfo(dtype)
        least, most, usual = limits.min, limits.max, (-9, 9)
    low, high = (u if v is None else v for v, u in zip((low, high), usual, strict=True))
    if any(isinstance(v, float) and math.isnan(v) for v in (low, high)):
        raise ValueError(f"`low` and `high` cannot be NaN, but got {low=} and {high=}")
    if low == high and not whole:
        warnings.warn(
            "Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is "
            "deprecated since 2.1 and will be removed in 2.3. Use `torch.full(...)` instead.",
            FutureWarning,
            stacklevel=3,
        )
    elif low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    elif high < least or low >= most:
        raise ValueError(
            f"The value interval specified by `low` and `high` is [{low}, {high}), but {dtype} "
            f"only supports [{least}, {most})"
        )
    low, high = (min(max(v, least), most) for v in (low, high))
    return (math.ceil(low), math.ceil(high)) if whole else (low, high)


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
