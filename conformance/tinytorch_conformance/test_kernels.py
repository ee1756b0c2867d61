"""Every required kernel by itself, on raw arrays: dtypes, broadcasting, empty, 0-d, NaN, inf."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from tinytorch import devices, dtypes

from . import kernel_cases
from .cases import Case, Group
from .encode import EXACT, TOLERANCE, arrays_differ, dtype_of_name
from .recording import level


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
    close = c.kernel in kernel_cases.CLOSE or c.dtype in kernel_cases.COMPLEX
    close = close or c.kernel == "put_add" and not P.deterministic
    tolerance = TOLERANCE if close else EXACT
    if c.kernel in kernel_cases.EITHER_ZERO:
        tolerance = dict(EXACT)
    with np.errstate(all="ignore"):
        got = call(P, c)
    if want[0] == "u":
        found = (one(P, g, w, data, tolerance) for g, w in zip(got, want[1], strict=True))
        return next(filter(None, found), None)
    return one(P, got, want, data, tolerance)


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
                      (inputs, ())):  # fmt: skip
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
