"""Each elementwise function gives the same on NumPy's kernels and on the default compositions.

`frozen` has the required kernels only, so every composition runs there; values and gradients of
both orders on all declared calls must agree, dtypes exactly.
"""

from __future__ import annotations

import numpy as np
import pytest

import tinytorch
from tinytorch import Tensor
from tinytorch.samples import SAMPLES

NAMES = """
abs neg sign sgn signbit reciprocal square sqrt rsqrt exp exp2 expm1 log log2 log10 log1p logit
sigmoid sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sinc ceil floor round trunc frac
isnan isinf isfinite isposinf isneginf isreal logical_not nan_to_num deg2rad rad2deg real imag conj
angle relu frexp bitwise_not add sub mul div floor_divide remainder fmod pow float_power rsub atan2
hypot logaddexp logaddexp2 xlogy maximum minimum fmax fmin copysign nextafter ldexp gcd lcm
heaviside eq ne lt le gt ge logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor
bitwise_left_shift bitwise_right_shift polar complex isclose allclose equal where clamp clamp_min
clamp_max lerp addcmul addcdiv view_as_real view_as_complex erf erfc erfinv lgamma digamma polygamma
mvlgamma i0 igamma igammac special.erfcx special.ndtr special.ndtri special.entr special.log_ndtr
special.i0e special.i1 special.i1e special.zeta special.xlog1py
special.bessel_j0 special.bessel_j1
special.bessel_y0 special.bessel_y1 special.modified_bessel_i0 special.modified_bessel_i1
special.modified_bessel_k0 special.modified_bessel_k1 special.scaled_modified_bessel_k0
special.scaled_modified_bessel_k1 special.spherical_bessel_j0
""".split()


@pytest.fixture
def on():
    """A function that makes a backend the default; the first one is restored afterwards."""
    before = tinytorch.get_backend()
    yield tinytorch.set_backend
    tinytorch.set_backend(before)


def lookup(name):
    fn = tinytorch
    for part in name.split("."):
        fn = getattr(fn, part)
    return fn


def tensors(result):
    many = result if isinstance(result, (tuple, list)) else (result,)
    return [r for r in many if isinstance(r, Tensor)]


def facts(x):
    return x.dtype._name, tuple(x.shape), np.asarray(x.detach().tolist())


def outcome(name, sample):
    """Everything to compare of one call: results, and gradients of both orders."""
    args, kwargs = sample.build(tinytorch, name)
    xs, args = [], list(args)
    for i, (v, spec) in enumerate(zip(args, sample.args, strict=True)):
        if isinstance(v, Tensor) and v.dtype.is_floating_point and spec.grad:
            args[i] = v.detach().clone().requires_grad_()
            xs.append(args[i])
    result = lookup(name)(*args, **kwargs)
    if not tensors(result):
        return [result]
    out = [facts(r) for r in tensors(result)]
    live = [r for r in tensors(result) if r.requires_grad and r.grad_fn is not None]
    if not live or not xs or "NotImplemented" in live[0].grad_fn.name():
        return out
    r = live[0]
    total = (tinytorch.view_as_real(r) if r.dtype.is_complex else r).sum()
    grads = [g for g in tinytorch.autograd.grad(total, xs, create_graph=True, allow_unused=True)
             if g is not None]  # fmt: skip
    out += [facts(g) for g in grads]
    squares = [(g * g).sum() for g in grads if g.requires_grad]
    if squares:
        again = tinytorch.autograd.grad(sum(squares[1:], squares[0]), xs, allow_unused=True)
        out += [facts(g) for g in again if g is not None]
    return out


@pytest.mark.parametrize("name", NAMES)
def test_numpy_and_compositions_agree(name, on):
    assert SAMPLES.get(name), "declares no samples"
    on("numpy")
    expected = [outcome(name, s) for s in SAMPLES[name]]
    on("frozen")
    assert tinytorch.tensor(1.0)._p.name == "frozen"
    for sample, want in zip(SAMPLES[name], expected, strict=True):
        got = outcome(name, sample)
        assert len(got) == len(want)
        for a, b in zip(got, want, strict=True):
            if not isinstance(b, tuple):
                assert a == b
                continue
            assert a[:2] == b[:2], sample
            assert np.allclose(a[2], b[2], rtol=1e-9, atol=1e-11, equal_nan=True), sample
