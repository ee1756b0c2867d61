"""Asks torch what `rng_cases` asks, and writes its answers to data/.

Run with torch installed, on x86-64 with AVX2: python tests/rng/record_rng.py
"""

import json
import warnings
from pathlib import Path

import numpy as np
import torch
from rng_cases import (
    CASES,
    ERRORS,
    SEEDS,
    SIZES,
    TIES,
    digest,
    label,
    numpy_type,
    ramp,
    tied_row,
)

from tinytorch.rng import selection

DATA = Path(__file__).parent / "data"


def tensor(a):
    if a.dtype.name == "bfloat16":
        return torch.from_numpy(a.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(a)


def array(t):
    if t.dtype == torch.bfloat16:
        return t.contiguous().view(torch.int16).numpy().view(numpy_type("bfloat16"))
    return t.contiguous().numpy()


def typed(d):
    return getattr(torch, d.name)


def empty(n, d, *more):
    return torch.empty(n, *more, dtype=typed(d))


def feed(n, d, top=1.0):
    return tensor(ramp(n, d, top))


def random_(g, n, d, lo=None, hi=None):
    t = empty(n, d)
    return t.random_(generator=g) if lo is None else t.random_(lo, hi, generator=g)


THEIRS = {
    "rand": lambda g, n, d, lo=0.0, hi=1.0: empty(n, d).uniform_(lo, hi, generator=g),
    "randn": lambda g, n, d, mean=0.0, std=1.0: empty(n, d).normal_(mean, std, generator=g),
    "randn_strided": lambda g, n, d, mean, std: empty(n, d, 2)[:, 0].normal_(
        mean, std, generator=g
    ),
    "normal_tensor_mean": lambda g, n, d, std: torch.normal(feed(n, d), std, generator=g),
    "normal_tensor_std": lambda g, n, d, mean: torch.normal(mean, feed(n, d), generator=g),
    "normal_tensors": lambda g, n, d: torch.normal(feed(n, d), feed(n, d, 3.0), generator=g),
    "log_normal": lambda g, n, d, mean=1.0, std=2.0: empty(n, d).log_normal_(
        mean, std, generator=g
    ),
    "random_": random_,
    "bernoulli": lambda g, n, d, p: empty(n, d).bernoulli_(p, generator=g),
    "bernoulli_tensor": lambda g, n, d: torch.bernoulli(feed(n, d), generator=g),
    "exponential": lambda g, n, d, lambd=1.0: empty(n, d).exponential_(lambd, generator=g),
    "geometric": lambda g, n, d, p: empty(n, d).geometric_(p, generator=g),
    "cauchy": lambda g, n, d, median=0.0, sigma=1.0: empty(n, d).cauchy_(
        median, sigma, generator=g
    ),
    "randperm": lambda g, n, d, size=None: torch.randperm(
        n if size is None else size, dtype=typed(d), generator=g
    ),
    "multinomial": lambda g, n, d, samples, replacement: torch.multinomial(
        feed(n + 5, d, 10.0), samples, replacement, generator=g
    ),
    "poisson": lambda g, n, d, top: torch.poisson(feed(n, d, top), generator=g),
    "binomial": lambda g, n, d, count: torch.binomial(
        tensor(np.full(n, count, d)), feed(n, d), generator=g
    ),
    "gamma": lambda g, n, d, top: torch._standard_gamma(feed(n, d, top), generator=g),
    "dirichlet": lambda g, n, d, top: torch._sample_dirichlet(
        feed(3 * n, d, top).reshape(n, 3), generator=g
    ),
}


def theirs(g, op, dtype, n, kw):
    return array(THEIRS[op](g, n, numpy_type(dtype), **kw))


def their_digests(op, dtype, kw, seed):
    g = torch.Generator().manual_seed(seed)
    return [digest(theirs(g, op, dtype, n, kw), g.get_state().numpy()) for n in SIZES]


def their_error(op, dtype, kw):
    try:
        theirs(torch.Generator(), op, dtype, 3, kw)
    except Exception as e:
        return [type(e).__name__, str(e).split("\nException raised from")[0]]
    raise AssertionError(f"torch accepts {label(op, dtype, kw)}")


def states():
    """Generators in different places, with the sixteen words that follow."""
    out = {}
    for name, words, normals in (
        ("fresh", 0, 0),
        ("middle", 100, 0),
        ("spent", 624, 0),
        ("second", 1000, 0),
        ("spare", 10, 3),
    ):
        g = torch.Generator().manual_seed(-7)
        torch.rand(words, generator=g)
        torch.randn(normals, generator=g)
        out[f"{name}_state"] = g.get_state().numpy()
        out[f"{name}_next"] = torch.randn(3, dtype=torch.float64, generator=g).numpy()
        out[f"{name}_then"] = torch.rand(700, generator=g).numpy()[-16:]
    return out


def killer(n):
    """float32[n] with ties that drives quicksort with a median of three into its fallback.

    McIlroy's adversary: values are only fixed while they are compared, so that pivots are poor.
    """
    free = n
    value, fixed, candidate = [free] * n, 0, 0

    class Item:
        def __init__(self, i):
            self.i = i

        def __gt__(self, other):
            nonlocal fixed, candidate
            x, y = self.i, other.i
            if value[x] == value[y] == free:
                value[x if x == candidate else y] = fixed
                fixed += 1
            candidate = x if value[x] == free else y if value[y] == free else candidate
            return value[x] < value[y]

    selection._sort([(Item(i), i) for i in range(n)], n)
    row = -np.array(value, np.float32)
    row[np.argsort(row)[: n // 3]] = row.min()
    return np.append(row, row.min() - 1).astype(np.float32)


def first(row, n):
    return torch.topk(tensor(row), n).indices.numpy()


def ties():
    hard = killer(300)
    doc = {f"{size}-{n}-{step}": first(tied_row(size, step), n) for size, n, step in TIES}
    return doc | {"hard_row": hard, "hard": first(hard, hard.size)}


def record():
    warnings.simplefilter("ignore")
    DATA.mkdir(exist_ok=True)
    doc = {
        "torch": torch.__version__,
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "digests": {
            label(*c): {str(s): " ".join(their_digests(*c, s)) for s in SEEDS} for c in CASES
        },
        "errors": {label(*c): their_error(*c) for c in ERRORS},
    }
    (DATA / "rng.json").write_text(json.dumps(doc, indent=0) + "\n")
    np.savez_compressed(DATA / "states.npz", torch=np.array(torch.__version__), **states())
    np.savez_compressed(DATA / "ties.npz", torch=np.array(torch.__version__), **ties())


if __name__ == "__main__":
    record()
