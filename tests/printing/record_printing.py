"""Record how real torch prints: ``python tests/printing/record_printing.py``.

Draws random tensors of many kinds, prints them with random options in real torch and writes
values, circumstances and text to ``printed.json`` next to this file, which the tests replay
without torch.  The kinds aim at the places where the printing rules branch: whole numbers,
wide ranges, the thresholds of scientific notation, non-finite values, empty and long shapes,
notes that no longer fit on the line.
"""

import base64
import json
import zlib
from pathlib import Path

import numpy as np
import torch

OUT = Path(__file__).with_name("printed.json")
FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
COMPLEX = [torch.complex64, torch.complex128]
INTS = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64]
INTS += [torch.uint16, torch.uint32, torch.uint64, torch.bool]
SHAPES = [(), (1,), (3,), (7,), (40,), (2, 3), (3, 1), (5, 12), (2, 3, 4), (2, 1, 2, 3)]
SHAPES += [(1, 2, 1, 2, 2), (0,), (0, 3), (2, 0, 2), (9, 9), (8, 2), (7, 7, 2), (60,)]


def reals(rng, n):
    """``n`` doubles of one of the kinds between which the formatter has to choose."""
    kind = rng.integers(10)
    x = rng.standard_normal(n)
    if kind == 0:
        x = np.round(x * 10 ** rng.integers(0, 9))
    elif kind == 1:
        x = x * 10.0 ** rng.integers(-12, 12)
    elif kind == 2:
        x = x * 10.0 ** rng.integers(-4, 5, n)
    elif kind == 3:
        x = rng.choice([1e8, 1e8 + 1, 1e-4, 9.9e-5, 1000.0, 1001.0, 1.0, 0.5, 2.0], n)
    elif kind == 4:
        x = rng.choice([0.0, -0.0, np.inf, -np.inf, np.nan], n)
    elif kind == 5:
        x = np.where(rng.random(n) < 0.3, rng.choice([0.0, -0.0, np.inf, -np.inf, np.nan], n), x)
    elif kind == 6:
        x = np.where(rng.random(n) < 0.3, rng.choice([np.inf, np.nan, -0.0], n), np.round(x * 9))
    elif kind == 7:
        x = rng.choice([1e-300, 1e300, -1e200, 5e-324, 1e-45, 3e38], n)
    return x


def tensor(rng, dtype, shape):
    n = int(np.prod(shape))
    if dtype == torch.bool:
        return torch.tensor(rng.random(n) < rng.random()).reshape(shape)
    if dtype in INTS:
        info = torch.iinfo(dtype)
        low, high = (info.min, info.max) if rng.random() < 0.4 else (0, min(info.max, 120))
        kind = np.uint64 if dtype == torch.uint64 else np.int64
        return (
            torch.tensor(rng.integers(low, high, n, dtype=kind, endpoint=True))
            .to(dtype)
            .reshape(shape)
        )
    x = torch.tensor(reals(rng, n)).reshape(shape)
    if dtype in COMPLEX:
        x = torch.complex(x, torch.tensor(reals(rng, n)).reshape(shape))
    return x.to(dtype)


def options(rng):
    some = {
        "precision": int(rng.integers(0, 8)),
        "threshold": int(rng.choice([0, 5, 20, 50])),
        "edgeitems": int(rng.integers(0, 5)),
        "linewidth": int(rng.choice([8, 20, 40, 79, 80, 120, 200])),
        "sci_mode": bool(rng.integers(2)),
        "profile": str(rng.choice(["default", "short", "full"])),
    }
    if rng.random() < 0.35:
        return {}
    return {k: v for k, v in some.items() if rng.random() < 0.4}


def pack(t):
    t = t.detach().contiguous()
    raw = t.reshape(-1).view(torch.uint8).numpy().tobytes() if t.numel() else b""
    return base64.b64encode(zlib.compress(raw, 9)).decode()


class Labelled(torch.Tensor):
    """A subclass: prints its own name instead of ``tensor``."""


def case(rng, dtype, shape):
    default = FLOATS[rng.integers(4)] if rng.random() < 0.15 else torch.float32
    t = tensor(rng, dtype, shape)
    row = {"dtype": str(dtype), "shape": list(shape), "values": pack(t)}
    opts = options(rng)
    extra = rng.random()
    grad = dtype in FLOATS + COMPLEX
    if grad and extra < 0.15:
        t.requires_grad_()
        row["requires_grad"] = True
    elif grad and extra < 0.35:
        t.requires_grad_()
        t = [t.clone, t.neg().neg, t.t if len(shape) == 2 else t.view_as][rng.integers(3)]
        t = t(t.__self__) if t.__name__ == "view_as" else t()
        row["grad_fn_name"] = t.grad_fn.name()
        row["requires_grad"] = True
        row["shape"], row["values"] = list(t.shape), pack(t)
    elif extra < 0.42:
        t = t.as_subclass(Labelled)
        row["prefix"] = "Labelled("
    elif extra < 0.47:
        t, row["values"], row["device"] = t.to("meta"), None, "meta"
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**opts)
    torch.set_default_dtype(default)
    row |= {"options": opts, "default_dtype_name": str(default), "text": repr(t)}
    torch.set_default_dtype(torch.float32)
    torch.set_printoptions(profile="default")
    return row


def main():
    rng = np.random.default_rng(0)
    dtypes = FLOATS * 4 + COMPLEX * 3 + INTS
    rows = [
        case(rng, dtypes[i % len(dtypes)], SHAPES[rng.integers(len(SHAPES))]) for i in range(300)
    ]
    long = [(1001,), (1000,), (40, 30), (11, 10, 10), (2, 600), (600, 2), (1, 1001), (8, 8, 8, 2)]
    rows += [case(rng, d, s) for s in long for d in (torch.float16, torch.int8)]
    head, tail = json.dumps({"torch": torch.__version__})[:-1], ',\n"cases": [\n'
    OUT.write_text(head + tail + ",\n".join(map(json.dumps, rows)) + "\n]}\n")


if __name__ == "__main__":
    main()
