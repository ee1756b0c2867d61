"""Every elementwise function beside a real torch, on the calls that its own row declares.

Compared: values and dtypes over all dtypes torch takes, gradients of both orders, names of graph
nodes, in-place forms, errors by type and text, and promotion over every pair of dtypes.
"""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
import torch

import tinytorch
from tinytorch.samples import SAMPLES
from tinytorch.tensor import Tensor

warnings.simplefilter("ignore")

NAMES = """
abs absolute neg negative positive sign sgn signbit reciprocal square sqrt rsqrt exp exp2 expm1 log
log2 log10 log1p logit sigmoid sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh arcsin
arccos arctan arcsinh arccosh arctanh sinc ceil floor round trunc fix frac isnan isinf isfinite
isposinf isneginf isreal logical_not nan_to_num deg2rad rad2deg real imag conj angle conj_physical
relu resolve_conj resolve_neg frexp bitwise_not add sub subtract mul multiply div divide true_divide
floor_divide remainder fmod pow float_power rsub atan2 arctan2 hypot logaddexp logaddexp2 xlogy
maximum minimum fmax fmin copysign nextafter ldexp gcd lcm heaviside eq ne lt le gt ge greater
greater_equal less less_equal not_equal logical_and logical_or logical_xor bitwise_and bitwise_or
bitwise_xor bitwise_left_shift bitwise_right_shift polar complex isclose allclose equal where clamp
clip clamp_min clamp_max lerp addcmul addcdiv view_as_real view_as_complex erf erfc erfinv lgamma
digamma polygamma mvlgamma i0 igamma igammac special.erfcx special.ndtr special.ndtri special.entr
special.log_ndtr special.i0e special.i1 special.i1e special.zeta special.xlog1py
special.bessel_j0 special.bessel_j1
special.bessel_y0 special.bessel_y1 special.modified_bessel_i0 special.modified_bessel_i1
special.modified_bessel_k0 special.modified_bessel_k1 special.scaled_modified_bessel_k0
special.scaled_modified_bessel_k1 special.spherical_bessel_j0
""".split()

CASES = [(name, i) for name in NAMES for i in range(len(SAMPLES.get(name, ())) or 1)]
TOLERANCE = {"float64": 1e-12, "complex128": 1e-12, "float32": 4e-6, "complex64": 4e-6,
             "float16": 2e-3, "bfloat16": 1.6e-2}  # fmt: skip
# What torch itself has to fewer digits.
LOOSE = {"polygamma": 1e-8, "digamma": 1e-8, "special.bessel_j0": 1e-7, "special.bessel_j1": 1e-7,
         "special.bessel_y0": 1e-7, "special.bessel_y1": 1e-7}  # fmt: skip


def lookup(module, name):
    base = module
    for part in name.split("."):
        base = getattr(base, part)
    return base


def host(x):
    if isinstance(x, (bool, int, float, complex)):
        return np.asarray(x)
    try:
        return np.asarray(x.detach().tolist())
    except RuntimeError:  # torch's symbolic zeros hold no memory
        return np.zeros(tuple(x.shape))


def flat(result):
    return list(result) if isinstance(result, (tuple, list)) else [result]


def attempt(fn, *args, **kwargs):
    """(results, None), or (None, the error) of a call."""
    try:
        return flat(fn(*args, **kwargs)), None
    except Exception as e:
        return None, e


def same(ours, theirs, where, signs=True):
    assert len(ours) == len(theirs), where
    for a, b in zip(ours, theirs, strict=True):
        if not isinstance(b, torch.Tensor):
            assert a == b, where
            continue
        if str(b.dtype) == "torch.complex32":  # a dtype that tinytorch does not have
            continue
        assert a.dtype._name == str(b.dtype)[6:], (where, a.dtype, b.dtype)
        assert tuple(a.shape) == tuple(b.shape), where
        tol = TOLERANCE.get(a.dtype._name, 0)
        tol = max(tol, LOOSE.get(where if isinstance(where, str) else where[0], 0))
        x, y = host(a), host(b)
        assert np.allclose(x, y, rtol=tol, atol=tol, equal_nan=True), (where, x, y)
        if signs and a.dtype.is_floating_point and a.numel():
            assert (np.signbit(x) == np.signbit(y))[(y == 0) & ~np.isnan(y)].all(), (where, x, y)


def both(name, sample):
    seed = name
    a, ka = sample.build(tinytorch, seed)
    b, kb = sample.build(torch, seed)
    return (a, ka), (b, kb)


@pytest.mark.parametrize(("name", "i"), CASES)
def test_values(name, i):
    assert name in SAMPLES, "declares no samples"
    (a, ka), (b, kb) = both(name, SAMPLES[name][i])
    theirs, bad = attempt(lookup(torch, name), *b, **kb)
    assert bad is None, bad
    same(flat(lookup(tinytorch, name)(*a, **ka)), theirs, name)


DTYPES = ["float16", "bfloat16", "float32", "float64", "complex64", "complex128", "bool", "uint8",
          "int8", "int16", "int32", "int64"]  # fmt: skip


def cast(v, module, dtype):
    kind = Tensor if module is tinytorch else torch.Tensor
    if isinstance(v, kind):
        return v if v.dtype in (module.bool,) else v.to(getattr(module, dtype))
    return v


@pytest.mark.parametrize("name", NAMES)
def test_dtypes(name):
    """torch's dtype, value or error for one call in every dtype."""
    sample = SAMPLES[name][min(1, len(SAMPLES[name]) - 1)]
    for dtype in DTYPES:
        (a, ka), (b, kb) = both(name, sample)
        a = [cast(v, tinytorch, dtype) for v in a]
        b = [cast(v, torch, dtype) for v in b]
        theirs, bad = attempt(lookup(torch, name), *b, **kb)
        if bad is None and getattr(theirs[0], "dtype", None) is torch.complex32:
            continue
        ours, mine = attempt(lookup(tinytorch, name), *a, **ka)
        if bad is not None:
            assert type(mine) is type(bad), (name, dtype, mine, bad)
            if len(str(bad)) < 300:
                assert str(mine) == str(bad), (name, dtype)
        else:
            assert mine is None, (name, dtype, mine)
            same(ours, theirs, (name, dtype))


def leaves(values, module, sample):
    kind = Tensor if module is tinytorch else torch.Tensor
    found = []

    def walk(v, spec):
        if isinstance(v, kind) and (v.dtype.is_floating_point or v.dtype.is_complex) and spec.grad:
            v = v.detach().clone().requires_grad_()
            found.append(v)
        return v

    return [walk(v, spec) for v, spec in zip(values, sample.args, strict=True)], found


def gradients(module, name, sample, order):
    args, kwargs = sample.build(module, name)
    args, xs = leaves(args, module, sample)
    outs = flat(lookup(module, name)(*args, **kwargs))
    outs = [o for o in outs if hasattr(o, "requires_grad") and o.requires_grad]
    if not outs or not xs:
        return None
    names = [o.grad_fn.name() if o.grad_fn is not None else None for o in outs]
    if any(n is None or "NotImplemented" in n for n in names):
        return names, []
    heads = []
    for k, o in enumerate(outs):
        w = module.tensor(np.linspace(0.5, 1.5, o.numel()).tolist(), dtype=module.float64)
        heads.append(w.reshape(o.shape).to(o.dtype) * (1 + 0.25 * k))
    grads = module.autograd.grad(outs, xs, heads, create_graph=order == 2, allow_unused=True)
    results = [g for g in grads if g is not None]
    if order == 2:
        live = [g for g in results if g.requires_grad]
        if not live:
            return names, results
        squares = [(g * g.conj()).real.sum() if g.dtype.is_complex else (g * g).sum() for g in live]
        again = module.autograd.grad(sum(squares[1:], squares[0]), xs, allow_unused=True)
        results = results + [g for g in again if g is not None]
    return names, results


@pytest.mark.parametrize(("name", "i"), CASES)
def test_gradients(name, i):
    for order in (1, 2):
        theirs = gradients(torch, name, SAMPLES[name][i], order)
        ours = gradients(tinytorch, name, SAMPLES[name][i], order)
        if theirs is None:
            assert ours is None, ours
            continue
        if ours[0] != theirs[0]:
            assert "NotImplemented" in ours[0][0] and "NotImplemented" in theirs[0][0], (
                ours[0], theirs[0])  # fmt: skip
        nonzero = [g for g in theirs[1] if (abs(host(g)) > 1e-12).any()]
        mine = [g for g in ours[1] if (abs(host(g)) > 1e-12).any()]
        assert len(mine) == len(nonzero), (name, order, ours[1], theirs[1])
        for a, b in zip(mine, nonzero, strict=True):
            assert a.dtype._name == str(b.dtype)[6:]
            assert tuple(a.shape) == tuple(b.shape)
            tol = LOOSE.get(name, 1e-9)
            assert np.allclose(host(a), host(b), rtol=tol, atol=tol / 100, equal_nan=True), (
                name, order, host(a), host(b))  # fmt: skip


@pytest.mark.parametrize("name", [name for name in NAMES if "." not in name])
def test_in_place(name):
    """The in-place method exists where torch's does and does the same, or fails the same."""
    theirs = hasattr(torch.Tensor, name + "_")
    assert hasattr(Tensor, name + "_") == theirs
    assert hasattr(Tensor, name) == hasattr(torch.Tensor, name)
    if not theirs:
        return
    for sample in SAMPLES[name]:
        (a, ka), (b, kb) = both(name, sample)
        if not isinstance(b[0], torch.Tensor):
            continue
        want, bad = attempt(getattr(b[0], name + "_"), *b[1:], **kb)
        got, mine = attempt(getattr(a[0], name + "_"), *a[1:], **ka)
        assert (mine is None) == (bad is None), (name, sample, mine, bad)
        if bad is None:
            same(got, want, (name, sample))
            assert got[0] is a[0]
        else:
            assert type(mine) is type(bad), (name, mine, bad)
            text = str(bad).splitlines()[0]
            assert str(mine).splitlines()[0] == text


SPECIAL_VALUES = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, float("inf"), -float("inf"), float("nan"), 1e-30,
                  -1e30, 0.5, 100.0, -100.0]  # fmt: skip


# Outside their domain torch returns what its own series happen to give.
UNBOUNDED = {
    "special.zeta",
    "igamma",
    "igammac",
    *(n for n in NAMES if n.startswith("special.bessel")),
}
# torch's vectorised remainders are off where the quotient is huge.
INEXACT = {("fmod", "float32"), ("remainder", "float32")}


def reals(name):
    """How many tensors of real numbers a function computes with; 0 if any is of others."""
    first = SAMPLES[name][0]
    other = (t.kind in ("index", "mask") or getattr(t, "dtype", "").startswith("c")
             for t in first.tensors())  # fmt: skip
    return 0 if any(other) else sum(1 for v in first.args if hasattr(v, "kind"))


SPECIAL = [
    (name, dtype) for name in NAMES for dtype in ("float32", "float64")
    if reals(name) and name not in UNBOUNDED | {"view_as_complex"} and (name, dtype) not in INEXACT
]  # fmt: skip


@pytest.mark.parametrize(("name", "dtype"), SPECIAL)
def test_special_values(name, dtype):
    """NaN, infinities and signed zeros, all pairs of them."""
    first, count = SAMPLES[name][0], reals(name)
    if count == 1:
        columns = [SPECIAL_VALUES]
    else:
        columns = list(zip(*itertools.product(SPECIAL_VALUES, repeat=min(count, 2)), strict=True))
        columns += columns[: count - 2]
    out = []
    for module in (torch, tinytorch):
        xs = [module.tensor(list(c), dtype=getattr(module, dtype)) for c in columns]
        out.append(attempt(lookup(module, name), *xs, **first.kwargs))
    (theirs, bad), (ours, mine) = out
    assert (bad is None) == (mine is None), (bad, mine)
    if bad is None:
        same(ours, theirs, name, signs=name not in ("fmax", "fmin", "maximum", "minimum"))


def operands(module, dtype, kind):
    if kind == "number":
        return {"b": True, "i": 3, "u": 3, "f": 2.5, "c": 1 + 2j}[dtype.replace("bf", "f")[0]]
    data = [1, 2] if dtype != "bool" else [True, True]
    t = module.tensor(data).to(getattr(module, dtype))
    return t if kind == "dims" else t[0]


PAIRED = ["add", "sub", "mul", "div", "eq", "lt", "pow", "floor_divide", "remainder", "maximum",
          "bitwise_and", "atan2", "where", "xlogy"]  # fmt: skip


@pytest.mark.parametrize("kinds", list(itertools.product(["dims", "zero"],
                                                         ["dims", "zero", "number"])))  # fmt: skip
@pytest.mark.parametrize("name", PAIRED)
def test_promotion(name, kinds):
    """Results, or errors, of every pair of dtypes."""
    for a, b in itertools.product(DTYPES, DTYPES):
        if kinds[1] == "number" and b not in ("bool", "int64", "float64", "complex128"):
            continue
        out = []
        for module in (torch, tinytorch):
            x, y = operands(module, a, kinds[0]), operands(module, b, kinds[1])
            if module is torch and torch.result_type(x, y) is torch.complex32:
                break
            args = (module.tensor([True, False]), x, y) if name == "where" else (x, y)
            out.append(attempt(lookup(module, name), *args))
        if not out:
            continue
        (theirs, bad), (ours, mine) = out
        if bad is None:
            assert mine is None, (name, kinds, a, b, mine)
            same(ours, theirs, (name, kinds, a, b))
        else:
            assert type(mine) is type(bad), (name, kinds, a, b, mine, bad)
            if len(str(bad)) < 300:
                assert str(mine) == str(bad), (name, kinds, a, b)


OPERATORS = ["x + y", "x - y", "x * y", "x / y", "x // y", "x % y", "x ** y", "x & y", "x | y",
             "x ^ y", "x << y", "x >> y", "x == y", "x != y", "x < y", "x >= y", "y + x", "y - x",
             "y * x", "y / x", "y // x", "y % x", "y ** x", "y & x", "y | x", "y ^ x", "y << x",
             "y >> x", "y == x", "y < x", "divmod(x, y)", "-x", "+x", "~x", "abs(x)"]  # fmt: skip
VALUES = [None, "a", 2, 2.5, True, 1 + 1j, [1.0, 2.0], (1,), {}, object]


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@pytest.mark.parametrize("text", OPERATORS)
def test_operators_with_anything(text, dtype):
    """Python operators with numbers and with what is no operand at all."""
    data = [True, False] if dtype == "bool" else [1, 2]
    for y in VALUES:
        out = []
        for module in (torch, tinytorch):
            x = module.tensor(data).to(getattr(module, dtype))
            out.append(attempt(eval, text, {"x": x, "y": y}))
        (theirs, bad), (ours, mine) = out
        if bad is None:
            assert mine is None, (y, mine)
            same(ours, theirs, (text, y))
        else:
            assert type(mine) is type(bad), (y, mine, bad)
            if len(str(bad)) < 200:
                assert str(mine) == str(bad), y


WRITES = ["x += y", "x -= y", "x *= y", "x /= y", "x //= y", "x %= y", "x **= y", "x &= y",
          "x |= y", "x ^= y", "x <<= y", "x >>= y"]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8", "bool", "float16"])
@pytest.mark.parametrize("text", WRITES)
def test_in_place_operators(text, dtype):
    for y in [None, "a", 2, 2.5, True, -1, 300]:
        out = []
        for module in (torch, tinytorch):
            scope = {"x": module.tensor([1, 3]).to(getattr(module, dtype)), "y": y}
            _, bad = attempt(exec, text, scope)
            out.append(([scope["x"]], bad))
        (theirs, bad), (ours, mine) = out
        assert type(mine) is type(bad), (y, mine, bad)
        same(ours, theirs, (text, y))
        if bad is not None and len(str(bad)) < 200:
            assert str(mine) == str(bad), y


BAD_CALLS = [
    "torch.add(x, 'a')", "torch.mul(x, None)", "torch.mul('a', x)", "torch.exp(2.0)",
    "torch.exp('a')", "x + torch.ones(3)", "torch.atan2(x, 2.0)", "torch.maximum(x, 2.0)",
    "torch.maximum(2.0, x)", "torch.logical_and(x, 1)", "torch.clamp(x)", "torch.where(x, x, x)",
    "torch.where(x > 0, 'a', x)", "torch.lerp(x, x.double(), 0.5)", "torch.lerp(i, i, 0.5)",
    "torch.div(x, x, rounding_mode='up')", "i // 0", "i % 0", "i ** -1",
    "torch.fmod(i, 0)", "torch.div(i, 0, rounding_mode='trunc')", "b - b", "b - i", "1 - b", "-b",
    "+b", "torch.view_as_complex(torch.ones(3))",
    "torch.view_as_real(x)", "torch.imag(x)", "torch.complex(x, x.double())",
    "torch.complex(i, i)", "torch.heaviside(x, x.double())", "torch.addcdiv(i, i, i)",
    "torch.add(i, i, alpha=0.5)", "torch.add(x, x, alpha=True)", "torch.add(x, x, alpha=1j)",
    "torch.equal(x, 2)", "torch.isclose(x, x.double())",
    "torch.isclose(x, x, rtol=-1)", "torch.allclose(x, x, atol=-1.5)", "torch.frexp(i)",
    "x.float_power_(2)", "i.add_(0.5)", "i.div_(2)", "x.mul_(torch.ones(3, 2))",
    "torch.exp(x, out=torch.zeros(2, dtype=torch.int64))", "b.exp_()", "i.sqrt_()",
    "torch.pow(i, -2)", "torch.polar(x, x.double())", "torch.bitwise_and(x, 1)", "x & 1", "~x",
    "x << 1", "torch.sign(x + 1j)", "(x + 1j) < 1", "(x + 1j).relu()", "b.relu()",
    "torch.gcd(x, x)",
    "torch.where(x > 0, x)", "torch.nextafter(i, i)", "torch.hypot(i, i)",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD_CALLS)
def test_errors(text):
    out = []
    for module in (torch, tinytorch):
        scope = {"torch": module, "x": module.tensor([1.0, 2.0]), "i": module.tensor([1, 2]),
                 "b": module.tensor([True, False])}  # fmt: skip
        out.append(attempt(eval, text, scope)[1])
    bad, mine = out
    assert bad is not None
    assert type(mine) is type(bad), (mine, bad)
    assert str(mine).splitlines()[0] == str(bad).splitlines()[0]


@pytest.mark.parametrize("text", [
    "torch.maximum(x, y)", "torch.minimum(x, y)", "torch.fmax(x, y)", "torch.fmin(x, y)",
    "x.clamp(0.5, 1.0)", "x.clamp(y, z)", "x.clamp(min=y)", "x.abs()", "x.relu()", "x.sgn()",
    "x ** y", "x ** 2", "x ** 0", "2 ** x", "torch.xlogy(x, y)", "torch.atan2(x, y)", "x.sinc()",
    "torch.hypot(x, y)", "x.nan_to_num()", "torch.copysign(x, y)", "torch.where(x > 0, x, y)",
    "x.sigmoid()", "x.sqrt()", "x.log()", "x.reciprocal()", "torch.logaddexp(x, y)",
    "x % y", "torch.fmod(x, y)", "x.float_power(y)", "torch.lerp(x, y, z)", "x.clamp_min(0.0)",
])  # fmt: skip
def test_gradients_at_special_values(text):
    """Ties, zeros, infinities and NaN in gradients."""
    values = [0.0, -0.0, 1.0, 0.5, -1.0, float("inf"), float("nan")]
    columns = list(zip(*itertools.product(values, repeat=3), strict=True))
    out = []
    for module in (torch, tinytorch):
        xs = [module.tensor(list(c), dtype=module.float64, requires_grad=True) for c in columns]
        r = eval(text, dict(zip("xyz", xs, strict=True)) | {"torch": module})
        out.append(module.autograd.grad(r.sum(), xs, allow_unused=True))
    for a, b in zip(*reversed(out), strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert np.allclose(host(a), host(b), equal_nan=True), (
                [(c, p, q) for c, p, q in zip(zip(*columns, strict=True), a.tolist(), b.tolist(),
                                              strict=True)
                 if not np.isclose(p, q, equal_nan=True)][:8])  # fmt: skip
