"""What is asked of the generator, as data, so that torch and we are asked the same.

A case is an operation, a type and its arguments.  It is run from several seeds over a ladder of
sizes on one generator each, so every size but the first starts in mid-stream.  Operations that take
arrays get them from `ramp`, which needs no generator.  The number of values and the generator's
whole state after each call go into one digest: a case agrees only if no word too many was drawn.
"""

import hashlib
import json

import ml_dtypes
import numpy as np

from tinytorch import rng

SEEDS = (0, -3, 2**32 + 7, 67280421310721)
SIZES = (0, 1, 2, 7, 15, 16, 17, 31, 32, 100, 1000, 4099)
FLOATS = ("float32", "float64", "float16", "bfloat16")
INTS = ("uint8", "int8", "int16", "int32", "int64")
COMPLEX = ("complex64", "complex128")

_TABLE = (
    (
        "rand",
        FLOATS + COMPLEX,
        (
            {},
            {"lo": -1.0, "hi": 1.0},
            {"lo": -0.3, "hi": 0.7},
            {"lo": 2.5, "hi": 2.6},
            {"lo": 1.0, "hi": 1.0},
        ),
    ),
    (
        "randn",
        FLOATS + COMPLEX,
        ({}, {"mean": -0.3, "std": 0.7}, {"mean": 1e3, "std": 1e-3}, {"mean": 2.0, "std": 0.0}),
    ),
    ("randn_strided", FLOATS + COMPLEX, ({"mean": 0.3, "std": 1.7},)),
    ("normal_tensor_mean", FLOATS, ({"std": 2.5},)),
    ("normal_tensor_std", FLOATS, ({"mean": 0.3},)),
    ("normal_tensors", FLOATS, ({},)),
    ("log_normal", FLOATS, ({}, {"mean": -0.3, "std": 0.7})),
    ("random_", FLOATS + INTS + ("bool",), ({},)),
    ("random_", FLOATS + INTS, ({"lo": 3, "hi": 100}, {"lo": 5})),
    (
        "random_",
        ("int64", "int32", "float64"),
        ({"lo": -5, "hi": 2**28 - 6}, {"lo": -5, "hi": 2**28 - 5}),
    ),
    (
        "random_",
        ("int64",),
        ({"lo": -(2**31), "hi": 2**31}, {"lo": -(2**63), "hi": 2**63 - 1}, {"lo": -(2**63)}),
    ),
    ("bernoulli", FLOATS + INTS + ("bool",), ({"p": 0.3}, {"p": 1.0}, {"p": 0.0})),
    ("bernoulli_tensor", FLOATS, ({},)),
    ("exponential", FLOATS, ({}, {"lambd": 0.3})),
    ("geometric", FLOATS + INTS, ({"p": 0.3},)),
    ("cauchy", FLOATS, ({}, {"median": -0.3, "sigma": 0.7})),
    ("randperm", ("int64", "int32", "float32", "float64"), ({},)),
    (
        "multinomial",
        FLOATS,
        (
            {"samples": 1, "replacement": False},
            {"samples": 5, "replacement": False},
            {"samples": 5, "replacement": True},
        ),
    ),
    ("poisson", FLOATS, ({"top": 3.0}, {"top": 200.0})),
    ("binomial", ("float32", "float64"), ({"count": 7.0}, {"count": 500.0})),
    ("gamma", ("float32", "float64"), ({"top": 0.9}, {"top": 30.0})),
    ("dirichlet", ("float32",), ({"top": 2.0},)),
)
CASES = [(op, dtype, kw) for op, dtypes, kws in _TABLE for dtype in dtypes for kw in kws]

ERRORS = [
    ("rand", "int64", {}),
    ("rand", "float32", {"lo": 1.0, "hi": 0.0}),
    ("rand", "float32", {"lo": -3e38, "hi": 3e38}),
    ("rand", "float16", {"lo": 0.0, "hi": 7e4}),
    ("rand", "bfloat16", {"lo": -1e39, "hi": 0.0}),
    ("rand", "float64", {"hi": float("inf")}),
    ("randn", "float32", {"std": -1.0}),
    ("randn", "int32", {}),
    ("normal_tensor_mean", "float32", {"std": -1.5}),
    ("log_normal", "float32", {"std": 0.0}),
    ("log_normal", "int16", {}),
    ("random_", "int64", {"lo": 5, "hi": 5}),
    ("random_", "int8", {"lo": 0, "hi": 500}),
    ("random_", "uint8", {"lo": -1, "hi": 5}),
    ("random_", "bool", {"lo": 0, "hi": 3}),
    ("random_", "float16", {"lo": 0, "hi": 70000}),
    ("random_", "complex64", {}),
    ("random_", "complex64", {"lo": 0, "hi": 5}),
    ("random_", "int32", {"lo": -(2**63)}),
    ("random_", "float16", {"lo": -(2**63)}),
    ("bernoulli", "float32", {"p": 1.5}),
    ("bernoulli", "float32", {"p": float("nan")}),
    ("bernoulli", "complex64", {"p": 0.5}),
    ("bernoulli_tensor", "int64", {}),
    ("exponential", "float32", {"lambd": 0.0}),
    ("exponential", "bool", {}),
    ("geometric", "float32", {"p": 1.0}),
    ("geometric", "bool", {"p": 0.5}),
    ("cauchy", "float32", {"sigma": -1.0}),
    ("cauchy", "int32", {}),
    ("randperm", "int8", {"size": 129}),
    ("randperm", "float16", {"size": 3000}),
    ("randperm", "bool", {}),
    ("randperm", "int64", {"size": -1}),
    ("multinomial", "float32", {"samples": 0, "replacement": True}),
    ("multinomial", "float32", {"samples": 9, "replacement": False}),
    ("multinomial", "int64", {"samples": 1, "replacement": False}),
    ("poisson", "int64", {"top": 2.0}),
    ("binomial", "int64", {"count": 5.0}),
    ("binomial", "float16", {"count": 5.0}),
    ("gamma", "int64", {"top": 2.0}),
    ("gamma", "float16", {"top": 2.0}),
    ("dirichlet", "float16", {"top": 2.0}),
]


TIES = [
    (size, n, step)
    for size, ns in (
        (1, (1,)),
        (7, (1, 4, 7)),
        (16, (16,)),
        (17, (9, 17)),
        (200, (3, 50, 199)),
        (1000, (15, 16, 400, 1000)),
    )
    for n in ns
    for step in (1, 3, 211)
]


def tied_row(size, step):
    """float32[size] with about three of every value."""
    return (np.arange(size) * step % (size // 3 + 1)).astype(np.float32)


def numpy_type(name):
    return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


def ramp(n, dtype, top=1.0):
    """n different numbers in (0, top), out of order."""
    x = (np.arange(1, n + 1) * 0.6180339887498949) % 1.0 * top
    return x.astype(np.float32).astype(dtype)


def label(op, dtype, kw):
    return f"{op}-{dtype}-" + json.dumps(kw, separators=(",", ":")).replace('"', "")


def digest(values, state):
    h = hashlib.sha256(f"{values.shape}".encode())
    h.update(np.ascontiguousarray(values).tobytes())
    h.update(state.tobytes())
    return h.hexdigest()[:12]


OURS = {
    "rand": lambda c, n, d, **k: rng.rand(c, n, d, **k),
    "randn": lambda c, n, d, **k: rng.randn(c, n, d, **k),
    "randn_strided": lambda c, n, d, **k: rng.randn(c, n, d, **k, contiguous=False),
    "normal_tensor_mean": lambda c, n, d, std: rng.normal_tt(c, ramp(n, d), std, d),
    "normal_tensor_std": lambda c, n, d, mean: rng.normal_tt(c, mean, ramp(n, d), d),
    "normal_tensors": lambda c, n, d: rng.normal_tt(c, ramp(n, d), ramp(n, d, 3.0), d),
    "log_normal": lambda c, n, d, **k: rng.log_normal(c, n, d, **k),
    "random_": lambda c, n, d, **k: rng.random_(c, n, d, **k),
    "bernoulli": lambda c, n, d, p: rng.bernoulli(c, p, n, d),
    "bernoulli_tensor": lambda c, n, d: rng.bernoulli_tensor(c, ramp(n, d), d),
    "exponential": lambda c, n, d, **k: rng.exponential(c, n, d, **k),
    "geometric": lambda c, n, d, p: rng.geometric(c, n, d, p),
    "cauchy": lambda c, n, d, **k: rng.cauchy(c, n, d, **k),
    "randperm": lambda c, n, d, size=None: rng.randperm(c, n if size is None else size, d),
    "multinomial": lambda c, n, d, samples, replacement: rng.multinomial(
        c, ramp(n + 5, d, 10.0), samples, replacement
    ),
    "poisson": lambda c, n, d, top: rng.poisson(c, ramp(n, d, top)),
    "binomial": lambda c, n, d, count: rng.binomial(c, np.full(n, count, d), ramp(n, d)),
    "gamma": lambda c, n, d, top: rng.gamma(c, ramp(n, d, top)),
    "dirichlet": lambda c, n, d, top: rng.dirichlet(c, ramp(3 * n, d, top).reshape(n, 3)),
}


def ours(core, op, dtype, n, kw):
    return OURS[op](core, n, numpy_type(dtype), **kw)


def our_digests(op, dtype, kw, seed):
    core = rng.Core(seed)
    return [digest(ours(core, op, dtype, n, kw), core.get_state()) for n in SIZES]
