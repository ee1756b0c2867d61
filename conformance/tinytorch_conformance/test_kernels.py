"""Every required kernel by itself, on raw arrays: dtypes, broadcasting, empty, 0-d, NaN, inf."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from tinytorch import devices, dtypes

from . import kernel_cases
from .cases import Case, Group
from .encode import EXACT, TOLERANCE, arrays_differ, dtype_of_name
from .recording import level

#: An elementary function may be this far from the recorded value: 8 units in the last place, 2 in
#: half precision, and for complex results 8 of the largest part.
ELEMENTARY = {
    "float64": (8 * 2.0**-52, 0.0), "complex128": (8 * 2.0**-52, 8 * 2.0**-52),
    "float32": (8 * 2.0**-23, 0.0), "complex64": (8 * 2.0**-23, 8 * 2.0**-23),
    "float16": (2 * 2.0**-10, 0.0), "bfloat16": (2 * 2.0**-7, 0.0),
}  # fmt: skip
#: Sums and products in another order: a share of the largest magnitude.
REDUCED = {**TOLERANCE, "float64": (1e-14, 1e-14), "complex128": (1e-14, 1e-14)}


def groups():
    ordered = sorted(kernel_cases.CASES, key=lambda c: (c.kernel, c.dtype))
    for (kernel, dtype), found in groupby(ordered, key=lambda c: (c.kernel, c.dtype)):
        cases = [case_of(c) for c in found]
        yield Group(f"kernels/{kernel}-{dtype}", lambda cases=cases: cases)
    yield Group("kernels/contract", contract)


def case_of(c):
    needs = ("dynamic_shapes",) if c.kernel == "nonzero" else ()
    return Case(f"kernels/{c.id}", lambda: run(c), lambda: snippet(c), c.dtypes, needs)


def call(P, c):
    def array(host, name, flipped):
        x = P.from_host(np.array(host, dtype_of_name(name), order="C"))
        return P.permute_dims(x, (1, 0)) if flipped else x

    args = kernel_cases.arguments(c, array, lambda name: P.raw_dtype[dtypes.by_name(name)])
    return getattr(P, c.kernel)(*args)


def run(c):
    P = devices.namespace("cpu")
    want, data = level("kernels").get(c.id)
    tolerance = tolerances(c.kernel, c.dtype, P.deterministic)
    with np.errstate(all="ignore"):
        got = call(P, c)
    if want[0] == "u":
        found = (one(P, g, w, data, tolerance) for g, w in zip(got, want[1], strict=True))
        return next(filter(None, found), None)
    return one(P, got, want, data, tolerance)


def tolerances(kernel, dtype, deterministic=True):
    """dtype of the result -> (rtol, atol) for a kernel's results in a dtype."""
    if kernel in kernel_cases.REDUCED or (kernel == "put_add" and not deterministic):
        return REDUCED
    if kernel in kernel_cases.ELEMENTARY or dtype in kernel_cases.COMPLEX:
        return ELEMENTARY
    return dict(EXACT) if kernel in kernel_cases.EITHER_ZERO else EXACT


def one(P, got, want, data, tolerance):
    _, name, shape = want
    kind = dtype_of_name(name)
    theirs = np.frombuffer(data(kind.itemsize * int(np.prod(shape))), kind).reshape(shape)
    have = P.torch_dtype.get(got.dtype)
    if have is None or have._name != name:
        return f"result has dtype {got.dtype}, torch gives torch.{name}"
    return arrays_differ(np.asarray(P.to_host(got)), theirs, name, tolerance)


def snippet(c):
    return (
        head() + f"case = next(c for c in kernel_cases.CASES if c.id == {c.id!r})\n"
        f"P = torch.devices.namespace('cpu')  # {c.kernel}{c.args} in {c.dtype}\n"
        "print(test_kernels.call(P, case))\n"
        "print(test_kernels.run(case))"
    )


def head():
    return (
        f"import tinytorch as torch\ntorch.set_backend({devices.get_backend()!r})\n"
        "from tinytorch_conformance import kernel_cases, test_kernels\n"
    )


def contract():
    for fn, needs in ((names, ()), (roundtrip, ()), (assign, ("mutable",)), (aliases, ("mutable",)),
                      (inputs, ()), (hosts, ())):  # fmt: skip
        name = f"kernels/contract-{fn.__name__}"
        code = lambda fn=fn: head() + f"print(test_kernels.{fn.__name__}())"  # noqa: E731
        yield Case(name, fn, code, (), needs)


def names():
    """Everything that a backend must have is there."""
    import re

    from tinytorch.backend import REQUIRED

    P = devices.namespace("cpu")
    for kind, text in REQUIRED.items():
        if P.mutable or "mutable" not in kind:
            for name in re.sub(r"\([^)]*\)", "", text).split():
                if not callable(getattr(P, name, None)):
                    return f"the backend has no kernel {name!r} ({kind})"
    missing = [d for d in type(P).dtypes if dtypes.by_name(d) not in P.raw_dtype]
    return f"dtypes are declared that raw_dtype lacks: {missing}" if missing else None


def roundtrip():
    P = devices.namespace("cpu")
    for d, raw in P.raw_dtype.items():
        x = np.arange(6).reshape(2, 3).astype(dtype_of_name(d._name))
        got = P.from_host(x)
        if got.dtype != raw or tuple(got.shape) != (2, 3):
            return f"from_host of {d} gives dtype {got.dtype}, shape {got.shape}"
        if not np.array_equal(np.asarray(P.to_host(got)), x):
            return f"to_host(from_host(x)) is not x for {d}"
    return None


def assign():
    P = devices.namespace("cpu")
    x = P.copy(P.from_host(np.zeros((2, 3), np.float32)))
    P.assign(x, P.from_host(np.ones(3, np.float32)))
    return None if np.all(P.to_host(x) == 1) else "assign did not write"


def aliases():
    P = devices.namespace("cpu")
    x = P.copy(P.from_host(np.zeros((2, 3), np.float32)))
    views = [P.getitem(x, (1,)), P.permute_dims(x, (1, 0)), P.reshape(x, (6,))]
    P.assign(x, P.from_host(np.ones((2, 3), np.float32)))
    stale = [i for i, v in enumerate(views) if not np.all(P.to_host(v) == 1)]
    kinds = ("getitem", "permute_dims", "reshape")
    return f"no view of the array: {[kinds[i] for i in stale]}" if stale else None


def hosts():
    """What cannot be written in place keeps nothing of the host's that can."""
    P = devices.namespace("cpu")
    host = np.zeros(3, np.float32)
    x = P.from_host(host)
    host[0] = 1
    if not P.mutable and np.any(P.to_host(x)):
        return "from_host keeps the user's array, which is written to later"
    seen = P.to_host(x)
    if not P.mutable and seen.flags.writeable:
        seen[:] = 2
        if np.any(P.to_host(x) == 2):
            return "writing to what to_host gave changes the array"
    return None


def inputs():
    """No kernel writes into its operands."""
    P = devices.namespace("cpu")
    for c in kernel_cases.CASES:
        if c.dtype != "float32" or c.kernel == "nonzero":
            continue
        seen = []

        def array(host, name, flipped, seen=seen):
            host = np.array(host, dtype_of_name(name), order="C")
            x = P.from_host(host.copy())
            seen.append((x, host))
            return P.permute_dims(x, (1, 0)) if flipped else x

        if any(d not in type(P).dtypes for d in c.dtypes):
            continue
        args = kernel_cases.arguments(c, array, lambda name: P.raw_dtype[dtypes.by_name(name)])
        with np.errstate(all="ignore"):
            getattr(P, c.kernel)(*args)
        for x, host in seen:
            if np.asarray(P.to_host(x)).tobytes() != host.tobytes():
                return f"{c.kernel} changed its operand ({c.id})"
    return None


def test(group, hold):
    hold(group)
