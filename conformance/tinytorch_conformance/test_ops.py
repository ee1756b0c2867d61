"""Every public function on its samples: values, dtypes, shapes, and other ways to call it."""

from __future__ import annotations

import math
import zlib
from functools import cache

import tinytorch

from . import opcases
from .cases import Case, Group
from .encode import ROUGH, TOLERANCE, Raised, differs, dtype_of_name, host_of_tinytorch
from .recording import Reader, level

#: Functions whose result has a shape that depends on values.
DYNAMIC = {
    "nonzero", "masked_select", "unique", "unique_consecutive", "argwhere", "bincount", "histc",
}  # fmt: skip


def groups():
    labels = recorded_labels()
    for name in sorted(opcases.declared()):
        for label in ("own", "float32", *opcases.DERIVED):
            if label == "own" or label in labels.get(name, ()):
                yield Group(f"ops/{name}-{label}", lambda n=name, d=label: list(cases(n, d)))
        if "variants" in labels.get(name, ()):
            yield Group(f"ops/{name}-variants", lambda n=name: list(variants(n)))


@cache
def recorded_labels():
    """What was recorded of each function: dtypes, "variants", "gradients"."""
    found = {}
    for key, (_, entry) in level("ops").cases.items():
        here = found.setdefault(key[: key.rindex("[")], set())
        here.add(key[key.rindex("]-") + 2 :])
        here.update(name for name, k in (("variants", "v"), ("gradients", "g")) if entry.get(k))
    return found


def recorded(name, label):
    """(index, sample in that dtype, key, recorded entry, data) of what torch accepted."""
    found = level("ops")
    for i, sample in enumerate(opcases.SAMPLES[name]):
        key = f"{name}[{i}]-{label}"
        if key in found:
            entry, data = found.get(key)
            yield i, sample, opcases.in_dtype(sample, label), key, entry, data


def unrecorded(name):
    for i, sample in enumerate(opcases.SAMPLES[name]):
        key = f"{name}[{i}]-own"
        if key not in level("ops"):
            yield i, f"{sample} was not recorded: python conformance/record.py"


def stale(entry, sample):
    if entry["s"] != zlib.crc32(repr(sample).encode()):
        return f"{sample} is not what was recorded: python conformance/record.py"
    return None


def needs(name):
    return ("dynamic_shapes",) if name in DYNAMIC else ()


def cases(name, label):
    for i, declared, sample, key, entry, data in recorded(name, label):
        yield Case(
            f"ops/{key}",
            lambda i=i, d=declared, s=sample, e=entry, r=data: stale(e, d) or run(name, i, s, e, r),
            lambda i=i, s=sample: snippet(name, i, s),
            opcases.wanted_dtypes(sample),
            needs(name),
        )
    if label == "own":
        for i, text in unrecorded(name):
            yield Case(f"ops/{name}[{i}]-own", lambda text=text: text)


def run(name, i, sample, entry, data):
    args, kwargs = opcases.build(tinytorch, name, i, sample)
    before = [] if name.endswith("_") else [(t, bits(t)) for t in tensors((args, kwargs))]
    result = opcases.call(tinytorch, name, args, kwargs)
    wrong = differs(result, entry["r"], data, host_of_tinytorch, ROUGH.get(name, TOLERANCE))
    changed = [k for k, (t, old) in enumerate(before) if bits(t) != old]
    return wrong or (f"the call changed its tensor argument {changed[0]}" if changed else None)


def bits(t):
    return host_of_tinytorch(t)[1].tobytes()


def tensors(v):
    found = []
    opcases.collect(v, found)
    return found


def variants(name):
    for label in ("own", "float32"):
        yield from variants_in(name, label)


def variants_in(name, label):
    prefix = "" if label == "own" else f"{label}-"
    for i, declared, sample, _, entry, data in recorded(name, label):
        if stale(entry, declared):
            continue
        for how, want in entry.get("v", {}).items():
            yield Case(
                f"ops/{name}[{i}]-{prefix}{how}",
                lambda i=i, s=sample, h=how, w=want, e=entry, r=data: run_variant(
                    name, i, s, h, w, e, r),
                lambda i=i, s=sample, h=how: snippet(name, i, s, h),
                opcases.wanted_dtypes(sample),
                needs(name),
            )  # fmt: skip


def run_variant(name, i, sample, how, want, entry, data):
    args, kwargs = opcases.build(tinytorch, name, i, sample)
    result = None
    if how == "out":
        result = opcases.call(tinytorch, name, args, kwargs)
        if isinstance(result, Raised):
            return f"the function itself raised {result.type}: {result.text}"
    made = opcases.variant(tinytorch, how, name, args, kwargs, result)
    fresh = Reader(data.pool, data.at)
    if want != "=":
        skip = encoded_size(entry["r"])
        for other, w in entry["v"].items():
            if other == how:
                break
            skip += 0 if w == "=" else encoded_size(w)
        fresh.at += skip
        return differs(made, want, fresh, host_of_tinytorch, ROUGH.get(name, TOLERANCE), how)
    wanted = ["l", [True, entry["r"]]] if how == "inplace" else entry["r"]
    return differs(made, wanted, fresh, host_of_tinytorch, ROUGH.get(name, TOLERANCE), how)


def encoded_size(want):
    """How many bytes an encoded value has left in the data."""
    if not isinstance(want, list):
        return 0
    if want[0] == "t":
        return dtype_of_name(want[1]).itemsize * math.prod(want[2])
    inner = want[1] if len(want) > 1 else ()
    if isinstance(inner, dict):
        inner = list(inner.values())
    return sum(map(encoded_size, inner)) if isinstance(inner, list) else 0


CALLS = {
    "method": "print(getattr(args[0], {short!r})(*args[1:], **kwargs))",
    "inplace": "print(getattr(args[0].clone(), {short!r} + '_')(*args[1:], **kwargs))",
    "out": "r = opcases.call(torch, {name!r}, args, kwargs)\n"
           "print(opcases.variant(torch, 'out', {name!r}, args, kwargs, r))",
    "strided": "print(opcases.variant(torch, 'strided', {name!r}, args, kwargs, None))",
    "call": "print(opcases.resolve(torch, {name!r})(*args, **kwargs))",
    "gradients": "print(opcases.gradients(torch, {name!r}, {i}, sample))",
}  # fmt: skip


def snippet(name, i, sample, how="call"):
    label = next(
        (d for d in ("own", "float32", *opcases.DERIVED)
         if repr(opcases.in_dtype(opcases.SAMPLES[name][i], d)) == repr(sample)), "own",
    )  # fmt: skip
    return (
        f"import tinytorch as torch\ntorch.set_backend({tinytorch.get_backend()!r})\n"
        "from tinytorch_conformance import opcases\n"
        f"sample = opcases.in_dtype(opcases.declared()[{name!r}][{i}], {label!r})\n"
        f"args, kwargs = opcases.build(torch, {name!r}, {i}, sample)  # {sample}\n"
        + CALLS[how].format(name=name, short=name, i=i)
    )


def test(group, hold):
    hold(group)
