"""How an op says what it is tested on: declared arguments, from which every test is generated.

`S(T((3, 4)), 1, keepdim=True)` is one call of an op; `T` stands for a tensor to be made. The same
declarations are built with tinytorch on any backend and with real torch when expected values are
recorded, so a row in the op's own file is all that a new op needs: forward values, dtypes,
non-contiguous and empty inputs, gradients to second order, in-place and `out=` variants follow.

Names are torch's: `add` is `torch.add`, or `Tensor.add` where there is no such function; other
names are dotted from the module (`nn.functional.softmax`, `special.erf`, `Tensor.copy_`).
"""

from __future__ import annotations

from functools import cache

import numpy as np


class _Samples(dict):
    """name -> calls; what was declared as a function is evaluated when it is first asked for."""

    def __getitem__(self, name):
        declared = dict.__getitem__(self, name)
        if callable(declared):
            declared = self[name] = list(declared())
        return declared

    def get(self, name, default=None):
        return self[name] if dict.__contains__(self, name) else default

    def values(self):
        return [self[name] for name in self]

    def items(self):
        return [(name, self[name]) for name in self]


SAMPLES = _Samples()


class T:
    """A tensor argument: shape, half-open range of its values, torch dtype name.

    kind: "uniform" values in [lo, hi); "index" integers in [lo, hi); "mask" booleans;
    "distinct" different values in random order (for sorts and extrema); "nonzero" uniform but at
    least 0.1 away from zero; "spd" a symmetric positive definite matrix.
    grad: whether gradients with respect to it are tested (floating dtypes only).
    """

    __slots__ = ("dtype", "grad", "hi", "kind", "lo", "shape")

    def __init__(self, shape=(), lo=-2.0, hi=2.0, dtype="float64", kind="uniform", grad=True):
        self.shape, self.lo, self.hi = shape, lo, hi
        self.dtype, self.kind, self.grad = dtype, kind, grad

    def replace(self, **changes):
        """The same with some fields changed."""
        return T(**{**{k: getattr(self, k) for k in self.__slots__}, **changes})

    def __repr__(self):
        return f"T({self.shape}, {self.lo}, {self.hi}, {self.dtype!r}, {self.kind!r})"

    def host(self, rng):
        """The values as a NumPy array (bfloat16 is made as float32)."""
        shape = tuple(self.shape)
        if self.kind == "index":
            return rng.randint(int(self.lo), int(self.hi), shape).astype(np.int64)
        if self.kind == "mask":
            return rng.rand(*shape) < 0.5 if shape else np.bool_(rng.rand() < 0.5)
        if self.kind == "distinct":
            n = int(np.prod(shape))
            v = self.lo + (self.hi - self.lo) * (rng.permutation(n) + 0.5) / max(n, 1)
            return v.reshape(shape)
        v = rng.uniform(self.lo, self.hi, shape)
        if self.kind == "nonzero":
            v = np.where(v < 0, v - 0.1, v + 0.1)
        if self.kind == "spd":
            v = v @ np.swapaxes(v, -1, -2) + shape[-1] * np.eye(shape[-1])
        if self.dtype.startswith("complex"):
            v = v + 1j * rng.uniform(self.lo, self.hi, shape)
        return np.asarray(v)


class S:
    """One call: positional and keyword arguments, with `T` (also inside lists) for tensors."""

    def __init__(self, *args, **kwargs):
        self.args = args
        self.kwargs = kwargs

    def __repr__(self):
        parts = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.kwargs.items()]
        return f"S({', '.join(parts)})"

    def map(self, fn):
        """The same call with ``fn`` applied to every T."""
        return S(*_walk(self.args, fn), **{k: _walk(v, fn) for k, v in self.kwargs.items()})

    def tensors(self):
        found = []
        self.map(lambda t: found.append(t) or t)
        return found

    def with_dtype(self, dtype):
        """The same call with floating tensors in another dtype."""

        def cast(t):
            floating = t.kind not in ("index", "mask") and t.dtype.startswith(("float", "bf"))
            return t.replace(dtype=dtype) if floating else t

        return self.map(cast)

    def build(self, module, seed, device=None):
        """(args, kwargs) with tensors of ``module`` (tinytorch or torch), the same every time."""
        import zlib

        rng = np.random.RandomState(zlib.crc32(str(seed).encode()))

        def make(t):
            data = t.host(rng)
            d = {"index": "int64", "mask": "bool"}.get(t.kind, t.dtype)
            if t.kind == "index" and t.dtype.startswith(("int", "uint")):
                d = t.dtype
            exact = d in ("int64", "bool", "float32") or d.startswith(("complex", "i", "u"))
            first = getattr(module, d) if exact else module.float64
            out = module.tensor(np.asarray(data).tolist(), dtype=first, device=device)
            return out.to(getattr(module, d)).reshape(tuple(t.shape))

        built = self.map(make)
        return built.args, built.kwargs


def _walk(v, fn):
    if isinstance(v, T):
        return fn(v)
    if isinstance(v, (tuple, list)):
        return type(v)(_walk(x, fn) for x in v)
    return v


@cache
def unary_samples(domain=None, dtype="float64"):
    """The calls every elementwise function of one tensor is tested on."""
    lo, hi = domain or (-2.0, 2.0)
    return [S(T(shape, lo, hi, dtype)) for shape in ((), (5,), (3, 4), (0, 2), (2, 1, 3))]


@cache
def binary_samples(domain=None, other=None, dtype="float64", scalar=True):
    """The calls every elementwise function of two operands is tested on, broadcasts included."""
    lo, hi = domain or (-2.0, 2.0)
    lo2, hi2 = other or (lo, hi)
    shapes = [
        ((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (2,)), ((2,), ()), ((0, 3), (3,)),
    ]  # fmt: skip
    out = [S(T(a, lo, hi, dtype), T(b, lo2, hi2, dtype)) for a, b in shapes]
    if scalar:
        out.append(S(T((3,), lo, hi, dtype), round((lo2 + 2 * hi2) / 3 + 0.05, 2)))
    return out


def declare(name, samples):
    """Register the calls that the public function ``name`` is tested on.

    samples: a list, or a function that makes it, so that a program that tests nothing pays nothing.
    """
    if samples is not None:
        SAMPLES[name] = samples if callable(samples) else list(samples)
