"""Record what real torch gives for every case of the suite: ``python conformance/record.py``.

Needs torch (the version is written into the data) and tinytorch, whose op table declares the calls.
Run it again whenever samples or programs were added; `--only LEVEL` (ops, kernels, programs) to
hurry. A call that torch rejects is recorded as its exception, if the sample stands as declared; in
a dtype that was derived from it, it is left out.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
import zlib

import ml_dtypes
import numpy as np
import torch

import tinytorch  # noqa: F401 - fills the table of samples
from tinytorch.dtypes import ALL
from tinytorch_conformance import kernel_cases, opcases, programs
from tinytorch_conformance.encode import Raised, differs, encode, is_tensor
from tinytorch_conformance.recording import Reader, Writer


def host(t):
    name = str(t.dtype).removeprefix("torch.")
    if t._is_zerotensor():
        t = torch.zeros(t.shape, dtype=t.dtype)
    t = t.detach().cpu().resolve_conj().resolve_neg().contiguous()
    if t.dtype is torch.bfloat16:
        return name, t.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return name, t.numpy()


def same(a, b):
    """Whether two results are the same to the last bit."""
    one, two = [], []
    return encode(a, host, one) == encode(b, host, two) and one == two


def near(a, b):
    """Whether two results are the same but for rounding."""
    chunks = []
    want = encode(b, host, chunks)
    return differs(a, want, Reader(b"".join(chunks), 0), host) is None


def fingerprint(sample):
    return zlib.crc32(repr(sample).encode())


def record_ops():
    w = Writer()
    for label in ("own", "float32", *opcases.DERIVED):
        for name, samples in sorted(opcases.declared().items()):
            for i, sample in enumerate(samples):
                if label in opcases.dtypes_of(sample, i):
                    record_op(w, name, i, sample, label)
    return w


def record_op(w, name, i, sample, label):
    key = f"{name}[{i}]-{label}"
    changed = opcases.in_dtype(sample, label)
    try:
        args, kwargs = opcases.build(torch, name, i, changed)
    except Exception as e:
        print(f"{key}: cannot be built: {e}", file=sys.stderr)
        return
    if not missing(name):
        result = opcases.call(torch, name, args, kwargs)
    else:
        print(f"{name}: no such function in torch", file=sys.stderr)
        return
    if label != "own" and (isinstance(result, Raised) or foreign(result)):
        return
    chunks = []
    entry = {"s": fingerprint(sample), "r": encode(result, host, chunks)}
    if label in ("own", "float32"):
        entry["v"] = record_variants(name, i, changed, result, chunks, label == "own")
    if label in ("own", "complex128") and not isinstance(result, Raised):
        try:
            found = opcases.gradients(torch, name, i, changed)
        except Exception as e:
            print(f"{key}: no gradient: {e}", file=sys.stderr)
            found = None
        if found is not None and not isinstance(found["first"], Raised):
            if isinstance(found["second"], Raised):
                del found["second"]
            entry["g"] = encode(found, host, chunks)
    w.put(key, entry, chunks)


def foreign(result):
    """Whether torch gave a dtype that tinytorch does not have."""
    found = []
    opcases.collect(result, found)
    return any(str(t.dtype).removeprefix("torch.") not in ALL for t in found)


def missing(name):
    try:
        opcases.resolve(torch, name)
    except AttributeError:
        return True
    return False


def record_variants(name, i, sample, result, chunks, all_ways):
    """Variant -> "=" (the function's own result) or what it gives instead."""
    found = {}
    args, _ = opcases.build(torch, name, i, sample)
    ways = opcases.variants_of(torch, name, args, result) if all_ways else ()
    for how in (*ways, "strided"):
        args, kwargs = opcases.build(torch, name, i, sample)
        made = opcases.variant(torch, how, name, args, kwargs, result)
        if how == "out" and isinstance(made, Raised) and made.type == "TypeError":
            continue
        plain = [True, result] if how == "inplace" else result
        if how == "strided":
            if not isinstance(result, Raised) and near(made, result):
                found[how] = "="
            continue
        found[how] = "=" if same(made, plain) else encode(made, host, chunks)
    return found


def record_kernels():
    w = Writer()
    unfit = []
    for case in kernel_cases.CASES:
        made = opcases.attempt(kernel_cases.reference, torch, case)
        if isinstance(made, Raised):
            unfit.append(f"{case.id}: torch raises {made.text}")
            continue
        chunks = []
        w.put(case.id, encode(made, host, chunks), chunks)
    done(unfit)
    return w


def done(unfit):
    if unfit:
        raise SystemExit("\n".join(unfit))


def record_programs():
    w = Writer()
    unfit = []
    for p in programs.PROGRAMS:
        chunks = []
        value = programs.execute(p, torch)
        if isinstance(value, Raised) and not p.id.startswith("errors/"):
            unfit.append(f"{p.id}: torch raises {value.text}")
        if p.id.startswith("errors/") and not isinstance(value, Raised):
            unfit.append(f"{p.id}: torch raises nothing")
        w.put(p.id, encode(value, host, chunks), chunks)
    done(unfit)
    return w


LEVELS = {"ops": record_ops, "kernels": record_kernels, "programs": record_programs}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=LEVELS, action="append")
    wanted = parser.parse_args().only or LEVELS
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    for level in wanted:
        start = time.perf_counter()
        w = LEVELS[level]()
        path = w.save(level, torch.__version__.partition("+")[0])
        print(f"{level}: {len(w.cases)} cases, {path.stat().st_size / 1024:.0f} KiB, "
              f"{time.perf_counter() - start:.0f} s")  # fmt: skip


if __name__ == "__main__":
    np.seterr(all="ignore")
    assert is_tensor(torch.zeros(1))
    main()
