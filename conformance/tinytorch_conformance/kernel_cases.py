"""The calls that hold a backend's required kernels, and what each means in torch.

A row is a kernel, its arguments (`A` stands for an array) and the dtypes it runs in. `reference`
says the same call in torch, for recording. Arithmetic that IEEE defines, and everything that only
moves elements, is compared to the last bit, the sign of zero included, in real dtypes; the rest
stands in `ELEMENTARY` and `REDUCED`.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

INF, NAN = float("inf"), float("nan")
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.5, 1e-3, 12.0, INF, -INF, NAN)
ELEMENTARY = set(
    "exp expm1 log log1p sin cos tan asin acos atan sinh cosh tanh atan2 pow sqrt".split()
)
REDUCED = set("sum prod cumulative_sum matmul".split())
EITHER_ZERO = set("maximum minimum max min sign".split())  # IEEE leaves the sign of their zero open


@dataclass(frozen=True)
class A:
    """An array argument: shape, kind of values; ``flipped``: not contiguous.

    "special" floats (zeros, NaN, infinities), "index" zeros and ones, which tie, "edges" of an
    integer dtype, "wide" floats up to a hundred, else "normal" ones.
    """

    shape: tuple
    values: str = "normal"
    flipped: bool = False
    dtype: str = ""

    def host(self, dtype, seed):
        rng = np.random.RandomState(zlib.crc32(seed.encode()))
        n = int(np.prod(self.shape))
        if dtype == "bool":
            v = rng.rand(n) < 0.5
        elif self.values == "special" and dtype.startswith(("float", "bfloat")):
            v = np.resize(np.roll(np.array(SPECIAL), zlib.crc32(seed.encode()) % 5), n)
        elif self.values == "index":
            v = rng.randint(0, 2, n)
        elif self.values == "edges":
            v = edges(dtype, n, zlib.crc32(seed.encode()) % 5)
        elif self.values == "wide":
            v = rng.uniform(-100, 100, n)
        elif dtype.startswith("uint"):
            v = rng.randint(1, 9, n)
        elif dtype.startswith("int"):
            v = rng.randint(-8, 9, n)
            v[v == 0] = 3
        else:
            v = rng.uniform(-2, 2, n) + (1j * rng.uniform(-2, 2, n) if "complex" in dtype else 0)
        return np.asarray(v).reshape(self.shape)


def edges(dtype, n, turn):
    """The ends of an integer dtype, and what stands beside them and beside zero."""
    info = np.iinfo(dtype)
    ends = [info.min, info.max, info.max - 1, info.min + 1, 0, 1, info.max // 2, info.max]
    return np.resize(np.roll(np.array(ends, dtype), turn), n)


@dataclass(frozen=True)
class KernelCase:
    id: str
    kernel: str
    args: tuple
    dtype: str

    @property
    def dtypes(self):
        """The dtypes that a backend needs to run this."""
        named = {a.dtype for a in self.args if isinstance(a, A) and a.dtype}
        named |= {a.name for a in self.args if isinstance(a, D) and a.name}
        return tuple(sorted(named | {self.dtype}))


@dataclass(frozen=True)
class D:
    """A dtype argument: of that name, or the case's own."""

    name: str = ""


F32, F64, HALF = ("float32",), ("float32", "float64"), ("float16", "bfloat16")
FLOAT = F64 + HALF
INT = ("int64", "int32", "int16", "int8", "uint8")
COMPLEX = ("complex64", "complex128")
ANY = (*FLOAT, *INT, "bool", *COMPLEX)

SIGNED, SMALL = INT[:4], INT[1:]
EDGES, TIES = A((8,), "edges"), A((9,), "index")
V, M, M2, E = A((12,), "special"), A((2, 3)), A((2, 3), flipped=True), A((0, 3))
S0 = A(())
ONE = ((V,), (M2,), (E,), (S0,))
TWO = ((V, V), (A((2, 1), "special"), A((3,), "special")), (M, M2), (E, A((3,))), (S0, A((2,))),
       (S0, S0), (A((3,)), 2), (3, A((3,))))  # fmt: skip
ARRAYS = TWO[:-2]

#: kernel(s), calls, dtypes
ROWS = [
    ("exp expm1 log log1p sqrt sin cos tan sinh cosh tanh atan floor ceil round", ONE, FLOAT),
    ("asin acos", ONE, FLOAT),
    ("abs sign", ONE, (*FLOAT, "int64", "int32", "int8", "uint8")),
    ("negative", ONE, (*FLOAT, "int64", "int8", "uint8", *COMPLEX)),
    ("exp log sqrt sin cos tanh abs", ((A((5,)),), (S0,)), COMPLEX),
    ("conj real imag", ((A((5,)),), (A((2, 2), flipped=True),)), COMPLEX),
    ("add subtract multiply", TWO, (*FLOAT, *INT, *COMPLEX)),
    ("divide", TWO, FLOAT),
    ("divide", ((A((4,)), A((4,))),), COMPLEX),
    ("maximum minimum", TWO, (*FLOAT, "int64", "uint8")),
    ("atan2", ARRAYS, FLOAT),
    ("floor_divide remainder", TWO, ("float64", "float32", "int64", "int32", "uint8")),
    ("pow", (*ARRAYS, (V, 2), (V, 3), (V, 0.5), (V, -1), (2.0, V), (V, 1)), F64),
    ("pow", ((A((4,)), 2), (A((3,)), A((3,), "index", dtype="int64"))), ("int64",)),
    ("equal not_equal less less_equal greater greater_equal", TWO, (*FLOAT, "int64", "uint8")),
    ("equal not_equal", ARRAYS, ("bool", *COMPLEX)),
    ("bitwise_and bitwise_or bitwise_xor", ARRAYS, (*INT, "bool")),
    ("bitwise_invert", ((M2,), (S0,), (E,)), (*INT, "bool")),
    ("logical_not", ((V,), (S0,), (E,)), (*FLOAT, "int64", "bool")),
    ("bitwise_left_shift bitwise_right_shift",
     ((A((4,)), A((4,), "index")), (A((2, 2)), A((2,), "index"))), ("int64", "int32")),
    ("sum prod", ((M2, None, False), (M, (0,), False), (M, (1,), True), (E, (0,), False),
                  (E, None, True), (S0, None, False), (A((2, 3, 4)), (0, 2), False),
                  (V, None, False)), (*FLOAT, "int64", "complex64")),
    ("max min", ((M2, None, False), (M, (0,), False), (M, (1,), True), (V, None, False),
                 (E, (1,), False), (S0, None, False), (A((2, 3, 4)), (0, 2), True)),
     (*FLOAT, "int64", "uint8")),
    ("argmax argmin", ((M2, None, False), (M, 0, False), (M, 1, True), (V, None, False),
                       (A((2, 0)), 0, False)), (*FLOAT, "int64")),
    ("cumulative_sum", ((M2, 0), (M, 1), (E, 0), (A((4,)), 0)), (*FLOAT, "int64")),
    ("matmul", ((A((2, 3)), A((3, 4))), (A((2, 3)), A((3, 4), flipped=True)),
                (A((0, 3)), A((3, 2))), (A((2, 0)), A((0, 3))), (A((5, 2, 3)), A((5, 3, 2)))),
     (*FLOAT, "int64", *COMPLEX)),
    ("reshape", ((M2, (3, 2)), (M, (6,)), (E, (3, 0)), (S0, (1, 1)), (A((1,)), ())), ANY),
    ("permute_dims", ((M, (1, 0)), (A((2, 3, 4)), (2, 0, 1)), (S0, ())), ANY),
    ("broadcast_to", ((A((3,)), (2, 3)), (A((2, 1)), (2, 4)), (S0, (2, 2)),
                      (A((1, 3)), (0, 3))), ANY),
    ("concat", (((M, M2), 0), ((M, A((2, 1))), 1), ((E, M), 0)), ANY),
    ("flip", ((M, (0,)), (M2, (0, 1)), (E, (1,))), ANY),
    ("getitem", ((M, (0,)), (M, (slice(None), -1)), (M2, (slice(1, 2),)), (M, (None, Ellipsis)),
                 (A((5,)), (slice(0, 5, 2),)), (A((5,)), (slice(4, 4),))), ANY),
    ("getitem", ((A((4, 3)), (np.array([0, 3, 3]),)),
                 (A((4, 3)), (slice(None), np.array([[2, 0], [1, 1]]))),
                 (A((4, 3)), (np.array([1, 2]), np.array([0, 2]))),
                 (A((2, 3, 4)), (np.array([1, 0]), slice(None), np.array([3, 3]))),
                 (A((4,)), (np.array([], np.int64),))), ("float32", "int64", "bool")),
    ("take", ((A((4, 3)), np.array([3, 0, 0]), 0), (A((4, 3)), np.array([2]), 1)), ANY),
    ("take_along_axis", ((A((2, 3)), np.array([[0, 2], [1, 1]]), 1),
                         (A((3, 2)), np.array([[2, 0]]), 0)), ANY),
    ("where", ((A((2, 3), dtype="bool"), M, M2), (A((3,), dtype="bool"), M, S0),
               (A((), dtype="bool"), V, V)), ANY),
    ("argsort", ((A((6,)), 0, False, True), (A((6,)), 0, True, True), (M, 1, False, True),
                 (A((2, 4), "index"), 1, True, True), (E, 0, False, True)),
     (*F64, "int64")),
    ("put", ((A((4,)), (slice(1, 3),), A((2,))), (M, (0,), A((3,))), (M2, (slice(None), 1), S0),
             (A((4, 2)), (np.array([2, 0]),), A((2, 2))), (M, (slice(None),), A((3,)))), ANY),
    ("put_add", ((A((4,)), (np.array([1, 1, 3]),), A((3,))),
                 (A((3, 2)), (np.array([0, 0]),), A((2, 2))),
                 (A((3, 2)), (slice(None), np.array([1, 1])), A((3, 2)))), (*F64, "int64")),
    ("full", (((2, 3), 1.5, D()), ((), -1, D()), ((0, 2), 0, D())), (*FLOAT, *COMPLEX)),
    ("full", (((2, 3), 3, D()), ((), True, D())), (*INT, "bool")),
    ("arange", ((0, 5, 1, D()), (5, 0, -2, D()), (1, 1, 1, D()), (0.0, 1.0, 0.25, D())),
     ("float32", "float64", "int64")),
    ("astype", ((V, D("float32")), (V, D("float64")), (V, D("float16")), (V, D("bfloat16")),
                (A((4,)), D("int64")), (A((4,)), D("bool")), (S0, D("int32")),
                (A((4,)), D("complex64"))), ("float32", "float64", "float16", "bfloat16")),
    ("astype", tuple((A((4,)), D(d))
                     for d in ("float32", "float16", "int8", "uint8", "bool", "int64")),
     ("int64", "bool", "uint8")),
    ("copy", ((M2,), (S0,), (E,), (V,)), ANY),
    # What follows was found by wrong backends that nothing above had caught; rows are only added.
    ("argsort", ((V, 0, False, True), (V, 0, True, True)), F64),
    ("argsort", ((TIES, 0, False, True), (TIES, 0, True, True)), (*F64, "int64", "bool")),
    ("argmax argmin", ((TIES, None, False), (A((2, 6), "index"), 1, False)), (*F64, "int64")),
    ("abs negative", ((EDGES,),), SIGNED),
    ("add subtract multiply maximum minimum less equal",
     ((EDGES, A((4, 1), "edges")), (EDGES, EDGES)), INT),
    ("floor_divide remainder", ((EDGES, 3),), INT),
    ("bitwise_right_shift", ((EDGES, A((8,), "index")),), ("int64", "int32")),
    ("astype", tuple((EDGES, D(d)) for d in ("int64", "int32", "uint8", "bool", "float64")), INT),
    ("astype", tuple((A((64,)), D(d)) for d in ("bfloat16", "float16", "int64", "uint8", "bool")),
     F64),
    ("astype", ((A((4,)), D("float32")), (A((4,)), D("complex64")), (A((4,)), D("bool"))), COMPLEX),
    ("exp log sqrt sin cos tanh abs", ((A((12,)),),), COMPLEX),
    ("sin cos tan", ((A((16,), "wide"),),), FLOAT),
    ("sum", ((A((8192,), "index"), None, False), (A((8192, 2), "index"), (0,), False)), FLOAT),
    ("cumulative_sum", ((A((4096,), "index"), 0),), FLOAT),
    ("matmul", ((A((2, 16384), "index"), A((16384, 2), "index")),), FLOAT),
    ("sum prod", ((M2, None, False), (M, (1,), True), (E, (0,), False)), SMALL),
    ("cumulative_sum", ((M2, 0), (M, 1)), SMALL),
    ("add multiply maximum minimum less less_equal greater greater_equal", ((M, M2),), ("bool",)),
    ("max min sum prod", ((M2, None, False), (M, (1,), True)), ("bool",)),
    ("put", ((A((4,)), (np.array([1, 1, 3, 1]),), A((4,))),
             (A((3, 2)), (np.array([2, 0, 2]),), A((3, 2)))), ("float32", "int64")),
    ("arange", ((1.0, -2.0, -0.3, D()),), F32),
    ("reshape", ((A((2, 3, 4)), (4, 6)), (A((4, 6), flipped=True), (3, 8))), ("float32", "int64")),
]  # fmt: skip
DYNAMIC = [("nonzero", ((A((3, 4)),), (A((5,)),), (A((0, 2)),)), ("bool", "int64"))]


def _cases():
    counts = {}
    for kernels, calls, dtypes in ROWS + DYNAMIC:
        for kernel in kernels.split():
            for args in calls:
                i = counts[kernel] = counts.get(kernel, -1) + 1
                for dtype in dtypes:
                    if dtype[0] != "f" and any(isinstance(a, float) for a in args[:2]):
                        continue
                    yield KernelCase(f"{kernel}[{i}]-{dtype}", kernel, args, dtype)


CASES = list(_cases())


def arguments(case, array, dtype):
    """The arguments of a case; ``array(values, dtype name, flipped)`` and ``dtype(name)`` make."""

    def make(v, seed):
        if isinstance(v, A):
            name = v.dtype or case.dtype
            host = v.host(name, f"{case.kernel} {v} {seed}")
            return array(host.T if v.flipped else host, name, v.flipped)
        if isinstance(v, D):
            return dtype(v.name or case.dtype)
        if isinstance(v, np.ndarray):
            return array(v, "int64", False)
        if isinstance(v, tuple) and any(isinstance(x, (A, np.ndarray)) for x in v):
            return tuple(make(x, f"{seed}.{i}") for i, x in enumerate(v))
        return v

    return [make(v, i) for i, v in enumerate(case.args)]


# --- what the kernels are in torch ----------------------------------------------------------------

_SAME = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "equal": "eq",
    "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
    "bitwise_invert": "bitwise_not", "negative": "neg", "permute_dims": "permute",
}  # fmt: skip


def reference(torch, case):
    """The case in torch."""

    def array(host, name, flipped):
        t = torch.tensor(host.tolist(), dtype=getattr(torch, name)).reshape(host.shape)
        return t.mT if flipped else t

    args = arguments(case, array, lambda name: getattr(torch, name))
    special = _REFERENCES.get(case.kernel)
    if special:
        return special(torch, *args)
    fn = getattr(torch, _SAME.get(case.kernel, case.kernel))
    if any(type(a) in (int, float) for a in args):
        args = [torch.tensor(a, dtype=getattr(torch, case.dtype)) if type(a) in (int, float) else a
                for a in args]  # fmt: skip
        if any(a.dim() for a in args):
            args = torch.broadcast_tensors(*args)
    return fn(*args)


def _prod(torch, x, axes, keepdims):
    for a in sorted(range(x.dim()) if axes is None else axes, reverse=True):
        x = torch.prod(x, a, keepdims, dtype=x.dtype)
    return x


def _arg(name):
    def call(torch, x, axis, keepdims):
        return getattr(torch, name)(x, axis, keepdims)

    return call


def _put(torch, x, key, v):
    x = x.clone()
    x[key] = v
    return x


def _put_add(torch, x, key, v):
    if isinstance(key[0], slice):
        return x.clone().index_add_(1, key[1], v)
    return x.clone().index_add_(0, key[0], v)


_REFERENCES = {
    "sum": lambda T, x, axes, k: T.sum(x, axes, k, dtype=x.dtype),
    "prod": _prod,
    "max": lambda T, x, axes, k: T.amax(x, () if axes is None else axes, k),
    "min": lambda T, x, axes, k: T.amin(x, () if axes is None else axes, k),
    "argmax": _arg("argmax"),
    "argmin": _arg("argmin"),
    "cumulative_sum": lambda T, x, axis: T.cumsum(x, axis, dtype=x.dtype),
    "conj": lambda T, x: x.conj().resolve_conj(),
    "concat": lambda T, xs, axis: T.cat(xs, axis),
    "getitem": lambda T, x, key: x[key],
    "put": _put,
    "put_add": _put_add,
    "take": lambda T, x, i, axis: T.index_select(x, axis, i),
    "take_along_axis": lambda T, x, i, axis: T.take_along_dim(x, i, axis),
    "argsort": lambda T, x, axis, down, stable: T.argsort(
        x, dim=axis, descending=down, stable=stable),
    "nonzero": lambda T, x: T.nonzero(x, as_tuple=True),
    "full": lambda T, shape, value, d: T.full(shape, value, dtype=d),
    "arange": lambda T, a, b, step, d: T.arange(a, b, step).to(d),
    "astype": lambda T, x, d: x.to(d),
    "copy": lambda T, x: x.clone(),
    "pow": lambda T, x, y: T.pow(x, y),
    "bitwise_left_shift": lambda T, x, y: x << y,
    "bitwise_right_shift": lambda T, x, y: x >> y,
}  # fmt: skip
