"""``torch.autograd.gradcheck``: gradients held to difference quotients.

    numeric   the quotients: whole Jacobians, or derivatives along one direction per input
    exact     the same from backward or forward mode
    more      batches, undefined gradients, zeros
    text      what is said

A complex output is checked as two functions, its imaginary and its real part; in forward mode so is
a complex input. ``fast_mode`` compares v^T J u for random unit vectors in place of J.
"""

from __future__ import annotations

import sys
import types
import warnings
from functools import partial
from typing import NamedTuple

from .. import dtypes
from ..registry import functions
from ..tensor import Tensor
from . import gradcheck_more as more
from . import gradcheck_numeric as numeric
from . import gradcheck_text as text
from .gradcheck_exact import GradcheckError, from_backward, from_forward, repeatable, twice
from .gradcheck_numeric import as_tuple, directions, is_checked, is_smooth


def gradcheck(func, inputs, *, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True,
              nondet_tol=0.0, check_undefined_grad=True, check_grad_dtypes=False,
              check_batched_grad=False, check_batched_forward_grad=False,
              check_forward_ad=False, check_backward_ad=True, fast_mode=False,
              masked=None):  # fmt: skip
    """Whether gradients of ``func`` at ``inputs`` agree with difference quotients.

    The inputs that require grad should be of double precision. Returns True, or raises
    GradcheckError (returns False if ``raise_exception`` is off); ValueError if no input requires
    grad (torch.autograd.gradcheck).
    """
    _asserted(
        check_forward_ad or check_backward_ad,
        "Expected at least one of check_forward_ad or check_backward_ad to be True",
    )
    _asserted(
        check_backward_ad or not check_batched_grad,
        "Setting check_batched_grad=True requires check_backward_ad to be True",
    )
    _asserted(
        check_forward_ad or not check_batched_forward_grad,
        "Setting check_batched_forward_grad=True requires check_forward_ad to be True",
    )
    bounds = _Bounds(eps, rtol, atol, nondet_tol, check_grad_dtypes, fast_mode)
    try:
        inputs = as_tuple(inputs)
        _check_inputs(inputs)
        results = func(*inputs)
        outputs = _differentiable(results)
        if check_backward_ad:
            _backward(bounds, func, inputs, results, outputs)
        if check_forward_ad:
            _forward(bounds, func, inputs, results, check_undefined_grad)
        if check_batched_forward_grad:
            more.check_batched_forward(func, inputs)
        if check_backward_ad:
            if check_batched_grad:
                for i, y in enumerate(outputs):
                    more.check_batched(inputs, y, i)
            more.check_scaled(outputs, inputs, masked)
            if check_undefined_grad:
                more.check_undefined(func, inputs, len(outputs))
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(func, inputs, grad_outputs=None, *, eps=1e-6, atol=1e-5, rtol=1e-3,
                  gen_non_contig_grad_outputs=False, raise_exception=True, nondet_tol=0.0,
                  check_undefined_grad=True, check_grad_dtypes=False, check_batched_grad=False,
                  check_fwd_over_rev=False, check_rev_over_rev=True, fast_mode=False,
                  masked=False):  # fmt: skip
    """`gradcheck` of the gradient of ``func``, by ``inputs`` and by ``grad_outputs``.

    grad_outputs: random ones where they are not given (torch.autograd.gradgradcheck).
    """
    from . import grad

    _asserted(
        check_fwd_over_rev or check_rev_over_rev,
        "Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True",
    )
    for name, on in (("undefined", check_undefined_grad), ("batched", check_batched_grad)):
        _asserted(
            check_rev_over_rev or not on,
            f"Setting check_{name}_grad=True requires check_rev_over_rev to be True",
        )
    inputs = as_tuple(inputs)
    if grad_outputs is None:
        outs = _differentiable(func(*inputs))
        grad_outputs = tuple(_random_like(y, gen_non_contig_grad_outputs) for y in outs)
    grad_outputs = as_tuple(grad_outputs)
    wanted = [is_checked(x) for x in (*inputs, *grad_outputs)]
    k = len(inputs)

    def gradient(*args):
        args = [x.requires_grad_() if on else x for x, on in zip(args, wanted, strict=True)]
        outs = _differentiable(func(*args[:k]))
        leaves = [x for x, on in zip(args[:k], wanted, strict=False) if on]
        found = grad(outs, leaves, args[k:], create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradient, (*inputs, *grad_outputs), eps=eps, atol=atol, rtol=rtol,
        raise_exception=raise_exception, nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad, fast_mode=fast_mode,
        check_forward_ad=check_fwd_over_rev, check_backward_ad=check_rev_over_rev, masked=masked,
    )  # fmt: skip


class _Bounds(NamedTuple):
    """The arguments that every comparison needs."""

    eps: float
    rtol: float
    atol: float
    nondet_tol: float
    check_dtypes: bool
    fast: bool


def _asserted(holds, said):
    if not holds:
        raise AssertionError(said)


def _differentiable(results):
    return tuple(y for y in as_tuple(results) if y.requires_grad)


def _random_like(y, noncontiguous):
    apart = noncontiguous and y.numel() > 1
    t = y.detach().new_empty((*y.shape[:-1], 2 * y.shape[-1]) if apart else y.shape)
    (functions["view_as_real"](t) if t.is_complex() else t).uniform_(-1, 1)
    return (t[..., 1::2] if apart else t).requires_grad_()


def _check_inputs(inputs):
    for i, x in enumerate(inputs):
        if is_checked(x):
            if x.dtype not in (dtypes.float64, dtypes.complex128):
                warnings.warn(text.NOT_DOUBLE.format(i), stacklevel=3)
            if not all(s > 0 or n <= 1 for s, n in zip(x.stride(), x.shape, strict=True)):
                raise RuntimeError(text.STRIDE_0.format(i))
    if not any(is_checked(x) for x in inputs):
        raise ValueError(text.NO_INPUT)


# --- real functions from complex ones -------------------------------------------------------------


def _backward(bounds, func, inputs, results, outputs):
    if not any(y.is_complex() for y in as_tuple(results)):
        return _compare(bounds, func, inputs, results, outputs)
    parted = [i for i, y in enumerate(outputs) if y.is_complex()]
    for part in ("imag", "real"):
        take = functions[part]

        def fn(*args, take=take):
            return tuple(take(y) if y.is_complex() else y for y in as_tuple(func(*args)))

        found = fn(*inputs)
        _compare(bounds, fn, inputs, found, _differentiable(found), (part, parted))
    return None


def _forward(bounds, func, inputs, results, check_undefined):
    places = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.is_complex()]
    if not places:
        _compare(bounds, func, inputs, results, _differentiable(results), forward=True)
        if check_undefined:
            more.check_undefined_tangents(func, inputs)
        return
    runs = []
    for part in ("imag", "real"):

        def fn(*args, part=part):
            given = list(args)
            for i in places:
                x, moved = inputs[i], args[i]
                given[i] = moved + x.imag * 1j if part == "real" else x.real + moved * 1j
            return as_tuple(func(*given))

        given = [getattr(x, part) if i in places else x for i, x in enumerate(inputs)]
        found = fn(*given)
        _compare(bounds, fn, given, found, _differentiable(found), (part, places), forward=True)
        runs.append((fn, given))
    if check_undefined:
        for fn, given in runs:
            more.check_undefined_tangents(fn, given)


# --- comparing ------------------------------------------------------------------------------------


def _compare(bounds, fn, inputs, results, outputs, parted=(None, ()), forward=False):
    """GradcheckError unless the Jacobians of all outputs by all checked inputs agree."""
    compare = _compare_fast if bounds.fast else _compare_whole
    return compare(bounds, fn, inputs, as_tuple(results), outputs, parted, forward)


def _close(a, b, rtol, atol):
    kind = dtypes.promote_types(a.dtype, b.dtype)
    return functions["allclose"](a.to(kind), b.to(kind), rtol, atol)


def _mismatch(exact, quotient, output, input, parted, forward):
    part, places = parted
    within = part is not None and (input if forward else output) in places
    word = {"real": "real", "imag": "imaginary"}[part] if within else None
    return text.mismatch(exact, quotient, output, input, word, forward)


def _compare_whole(bounds, fn, inputs, results, outputs, parted, forward):
    checked = [x for x in inputs if is_checked(x)]
    quotients = [numeric.jacobians(fn, inputs, results, bounds.eps, x) for x in checked]
    if not outputs:
        if any((jac != 0).any() for jacs in quotients for jac in jacs):
            raise GradcheckError("Numerical gradient for function expected to be zero")
        return
    kept = [k for k, y in enumerate(filter(is_smooth, results)) if y.requires_grad]
    pushed = from_forward(fn, inputs, results, bounds.check_dtypes) if forward else None
    for o, k in enumerate(kept):
        exact = [jacs[k] for jacs in pushed] if forward else repeatable(
            inputs, outputs[o], bounds.nondet_tol)  # fmt: skip
        for j, a in enumerate(exact):
            if not _close(a, quotients[j][k], bounds.rtol, bounds.atol):
                raise GradcheckError(_mismatch(a, quotients[j][k], o, j, parted, forward))


def _compare_fast(bounds, fn, inputs, results, outputs, parted, forward):
    checked = [x for x in inputs if is_checked(x)]
    us, vs = directions(inputs, () if forward else outputs)
    quotients = [numeric.directional(fn, inputs, results, bounds.eps, x, u)
                 for x, u in zip(checked, us, strict=True)]  # fmt: skip
    if not outputs and not forward:
        if any(d.numel() and d.abs().max() > bounds.nondet_tol for ds in quotients for d in ds):
            raise GradcheckError("Numerical gradient for function expected to be zero")
        return
    kept = [k for k, y in enumerate(filter(is_smooth, results)) if y.requires_grad]
    if forward:
        exact = from_forward(fn, inputs, results, bounds.check_dtypes, us)
    else:
        rows = [repeatable(inputs, y, bounds.nondet_tol, v)
                for y, v in zip(outputs, vs, strict=True)]  # fmt: skip
    for j, u in enumerate(us):
        for o, k in enumerate(kept):
            a = exact[j][k] if forward else _along(rows[o][j].reshape(-1), u)
            n = quotients[j][k] if forward else (vs[o] * quotients[j][k]).sum()
            weight = sum(float(w.sum()) for w in (u if isinstance(u, tuple) else (u,)))
            weight *= 1.0 if forward else float(vs[o].sum())
            if not _close(a, n, bounds.rtol, bounds.atol * weight):
                said = _mismatch(a, n, o, j, parted, forward)
                whole = _whole(bounds, fn, inputs, results, outputs, j, o, k, forward)
                raise GradcheckError(said + whole)


def _along(vj, u):
    if not isinstance(u, tuple):
        return vj.dot(u)
    return vj.real.dot(u[0]) + 1j * vj.imag.dot(u[1])


def _whole(bounds, fn, inputs, results, outputs, j, o, k, forward):
    x = [x for x in inputs if is_checked(x)][j]
    quotient = numeric.jacobians(fn, inputs, results, bounds.eps, x)[k]
    exact = (from_forward(fn, inputs, results, False)[j][k] if forward
             else from_backward(inputs, outputs[o])[j])  # fmt: skip
    close = functions["allclose"](exact, quotient, bounds.rtol, bounds.atol)
    return text.slowly(exact, quotient, close)


# --- the steps, under the names by which torch once showed them -----------------------------------


def _flat(x):
    if isinstance(x, Tensor):
        return [x]
    if isinstance(x, str) or not hasattr(x, "__iter__"):
        return []
    return [t for y in x for t in _flat(y)]


def get_numerical_jacobian(fn, inputs, target=None, eps=1e-3, grad_out=1.0):
    """Difference quotients of the first result of ``fn(inputs)`` by each input, or ``target``.

    ValueError for complex results, and for another ``grad_out`` than 1.
    """
    warnings.warn(text.PRIVATE.format("get_numerical_jacobian"), FutureWarning, stacklevel=2)
    if grad_out != 1.0:
        raise ValueError(text.GRAD_OUT.format("get_numerical_jacobian"))
    outputs = as_tuple(fn(inputs))
    if any(y.is_complex() for y in outputs):
        raise ValueError(text.COMPLEX_OUT.format("get_numerical_jacobian"))
    wanted = [x for x in _flat(inputs if target is None else target) if x.requires_grad]
    run = partial(_packed, fn)
    return tuple(numeric.jacobians(run, as_tuple(inputs), outputs, eps, x)[0] for x in wanted)


def _packed(fn, *inputs):
    return fn(inputs)


def get_numerical_jacobian_wrt_specific_input(fn, input_idx, inputs, outputs, eps, input=None,
                                              is_forward_ad=False):  # fmt: skip
    """Difference quotients of every result of ``fn(*inputs)`` by one of the inputs."""
    x = inputs[input_idx] if input is None else input
    _asserted(x.requires_grad, "Expected input to have requires_grad=True")
    return tuple(numeric.jacobians(fn, inputs, outputs, eps, x))


def get_analytical_jacobian(inputs, output, nondet_tol=0.0, grad_out=1.0):
    """(Jacobians of ``output`` by the inputs, whether a second run gave the same, True, True).

    ValueError for a complex output, and for another ``grad_out`` than 1.
    """
    warnings.warn(text.PRIVATE.format("get_analytical_jacobian"), FutureWarning, stacklevel=2)
    if grad_out != 1.0:
        raise ValueError(text.GRAD_OUT.format("get_analytical_jacobian"))
    if output.is_complex():
        raise ValueError(text.COMPLEX_OUT.format("get_analytical_jacobian"))
    found, distance = twice(_flat(inputs), output)
    return tuple(found), distance <= nondet_tol, True, True


class _Module(types.ModuleType):
    """``torch.autograd.gradcheck`` is this module and the function in it, under one name."""

    def __call__(self, *args, **kwargs):
        return gradcheck(*args, **kwargs)


sys.modules[__name__].__class__ = _Module
