"""``torch.autograd.gradcheck``: gradients held to finite differences.

Everything is done on the host in NumPy, in double precision: perturb one element, run the function,
compare a column of the Jacobian. The messages are torch's, so that tests which read them still do.
"""

from __future__ import annotations

import sys
import types
import warnings

import numpy as np

from .. import dtypes
from ..tensor import Tensor, fresh, wrap
from . import grad as autograd_grad
from .modes import no_grad


class GradcheckError(RuntimeError):
    """What a failed check raises."""


def _is_checked(x):
    return isinstance(x, Tensor) and x.requires_grad


def _host(t):
    t = fresh(t)
    return np.array(t._p.to_host(t._raw), copy=True)


def _outputs(fn, inputs):
    out = fn(*inputs)
    return (out,) if isinstance(out, Tensor) else tuple(out)


def _differentiable(outs):
    return [o for o in outs if isinstance(o, Tensor) and o.requires_grad]


def _check_inputs(inputs, raise_exception, eps):
    if not any(_is_checked(x) for x in inputs):
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them "
            "have "
            "requires_grad=True."
        )
    for i, x in enumerate(inputs):
        if not _is_checked(x):
            continue
        if x.dtype not in (dtypes.float64, dtypes.complex128):
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or "
                "complex. This check will likely fail if all the inputs are not of double "
                "precision "
                "floating point or complex. ",
                stacklevel=4,
            )
        if any(s == 0 and n > 1 for s, n in zip(x.stride(), x.shape, strict=True)):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs "
                "that "
                "are non-overlapping to be able to compute the numerical gradients correctly. You "
                "should call .contiguous on the input before passing it to gradcheck."
            )


def _write(x, values):
    """Put host values into a leaf without touching its version or its history."""
    with no_grad():
        x.data.copy_(_tensor_like(x, values))


def _tensor_like(x, values):
    P = x._p
    return wrap(P, P.own(P.from_host(np.array(values, dtype=_host(x).dtype))))


def _steps(x):
    return (1.0, 1j) if x.dtype.is_complex else (1.0,)


def numerical_jacobians(fn, inputs, eps):
    """Per checked input and per output: finite differences, (size of input, size of output)."""
    out = []
    for x in inputs:
        if not _is_checked(x):
            continue
        start = _host(x)
        columns = []
        for k in range(start.size):
            directions = []
            for step in _steps(x):
                ends = []
                for sign in (1, -1):
                    moved = start.copy()
                    moved.reshape(-1)[k] += sign * eps * step
                    _write(x, moved)
                    ends.append([_host(o).reshape(-1) for o in _outputs(fn, inputs)
                                 if isinstance(o, Tensor)])  # fmt: skip
                directions.append([(b - a) / (2 * eps) for b, a in zip(*ends, strict=True)])
            columns.append(directions)
        _write(x, start)
        out.append(columns)
    return out


def _numerical(columns, output, is_complex):
    """A Jacobian of one real output as torch counts it: d/dx + i d/dy for complex inputs."""
    rows = []
    for directions in columns:
        dx = directions[0][output]
        rows.append(dx + 1j * directions[1][output] if is_complex else dx)
    return np.stack(rows) if rows else np.zeros((0, 0))


def analytical_jacobian(outputs, o, inputs, seed=1.0):
    """Per checked input: the backward of every element of output ``o``, None where undefined."""
    y = outputs[o]
    n = int(np.prod(y.shape))
    checked = [x for x in inputs if _is_checked(x)]
    jac = [np.zeros((int(np.prod(x.shape)), n), _kind(x, y)) for x in checked]
    grads = []
    for k in range(n):
        v = np.zeros(tuple(y.shape), _host(y).dtype)
        v.reshape(-1)[k] = seed
        found = autograd_grad(y, checked, _tensor_like(y, v), retain_graph=True, allow_unused=True)
        grads.append(found)
        for j, g in enumerate(found):
            if g is not None:
                jac[j][:, k] = _host(g).reshape(-1)
    return jac, grads


def _kind(x, y):
    return np.complex128 if x.dtype.is_complex or y.dtype.is_complex else np.float64


def _close(a, n, rtol, atol):
    return np.allclose(a, n, rtol=rtol, atol=atol, equal_nan=True)


def _text(a):
    from ..factories import tensor

    return repr(tensor(np.asarray(a)))


def _mismatch(a, n, i, o, complex_indices=None, test_imag=False):
    part = "imaginary" if test_imag else "real"
    prefix = ""
    if complex_indices and o in complex_indices:
        prefix = f"While considering the {part} part of complex outputs only, "
    return (
        f"{prefix}Jacobian mismatch for output {o:d} with respect to input {i:d},\n"
        f"numerical:{_text(n)}\nanalytical:{_text(a)}\n"
    )


def gradcheck(func, inputs, *, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True,
              nondet_tol=0.0, check_undefined_grad=True, check_grad_dtypes=False,
              check_batched_grad=False, check_batched_forward_grad=False,
              check_forward_ad=False, check_backward_ad=True, fast_mode=False,
              masked=None):  # fmt: skip
    """Whether gradients of ``func`` at ``inputs`` agree with finite differences.

    The inputs that require grad should be of double precision. Returns True, or raises
    GradcheckError (returns False if ``raise_exception`` is off). fast_mode is checked in full.
    """
    assert check_forward_ad or check_backward_ad, (
        "Expected at least one of check_forward_ad or check_backward_ad to be True"
    )
    assert check_backward_ad or not check_batched_grad, (
        "Setting check_batched_grad=True requires check_backward_ad to be True"
    )
    assert check_forward_ad or not check_batched_forward_grad, (
        "Setting check_batched_forward_grad=True requires check_forward_ad to be True"
    )
    try:
        inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
        _check_inputs(inputs, raise_exception, eps)
        if check_backward_ad:
            _run(func, inputs, eps, atol, rtol, nondet_tol, check_undefined_grad, check_grad_dtypes)
        if check_forward_ad or check_batched_grad:
            from . import gradcheck_forward as more

            if check_forward_ad:
                numeric = numerical_jacobians(func, inputs, eps)
                more.check_forward(func, inputs, numeric, rtol, atol, check_grad_dtypes)
            if check_batched_forward_grad:
                more.check_batched_forward(func, inputs)
            if check_batched_grad:
                more.check_batched(func, inputs)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _run(func, inputs, eps, atol, rtol, nondet_tol, undefined, check_dtypes):
    outs = _outputs(func, inputs)
    kept = _differentiable(outs)
    places = [i for i, x in enumerate(inputs) if _is_checked(x)]
    numeric = numerical_jacobians(func, inputs, eps)
    tensors = [o for o in outs if isinstance(o, Tensor)]
    if not kept:
        for j in range(len(places)):
            for o in range(len(tensors)):
                if np.any(_numerical(numeric[j], o, False)):
                    raise GradcheckError("Numerical gradient for function expected to be zero")
        return
    for o, y in enumerate(kept):
        where = next(i for i, t in enumerate(tensors) if t is y)
        jac, grads = analytical_jacobian(kept, o, inputs)
        _check_form(grads, inputs, places, check_dtypes)
        again, _ = analytical_jacobian(kept, o, inputs)
        for a, b in zip(jac, again, strict=True):
            if a.size and np.max(np.abs(a - b)) > nondet_tol:
                raise GradcheckError(
                    "Backward is not reentrant, i.e., running backward with same input and "
                    "grad_output multiple times gives different values, although analytical "
                    "gradient matches numerical gradient."
                    f"The tolerance for nondeterminism was {nondet_tol}."
                )
        for j, i in enumerate(places):
            _compare(jac[j], numeric[j], where, y, inputs[i], i, o, rtol, atol)
        if y.dtype.is_complex:
            imag, _ = analytical_jacobian(kept, o, inputs, 1j)
            for j, i in enumerate(places):
                _compare_imag(imag[j], numeric[j], where, inputs[i], i, o, rtol, atol)
    if undefined:
        _check_undefined(func, inputs, places)


def _compare(a, columns, where, y, x, i, o, rtol, atol):
    n = _numerical(columns, where, x.dtype.is_complex)
    if y.dtype.is_complex:
        n = _of_part(columns, where, x, np.real)
    if a.size and not _close(a, n, rtol, atol):
        raise GradcheckError(_mismatch(a, n, i, o, [o] if y.dtype.is_complex else None))


def _compare_imag(a, columns, where, x, i, o, rtol, atol):
    n = _of_part(columns, where, x, np.imag)
    if a.size and not _close(a, n, rtol, atol):
        raise GradcheckError(_mismatch(a, n, i, o, [o], True))


def _of_part(columns, where, x, part):
    """The gradient of the real or imaginary part of a complex output."""
    rows = []
    for directions in columns:
        d = part(directions[0][where])
        rows.append(d + 1j * part(directions[1][where]) if x.dtype.is_complex else d)
    return np.stack(rows) if rows else np.zeros((0, 0))


def _check_form(grads, inputs, places, check_dtypes):
    for found in grads:
        for g, i in zip(found, places, strict=True):
            if g is None:
                continue
            x = inputs[i]
            if check_dtypes and g.dtype is not x.dtype:
                raise GradcheckError("Gradient has dtype mismatch")
            if tuple(g.shape) != tuple(x.shape):
                raise GradcheckError("Analytical gradient has incorrect size")


def _check_undefined(func, inputs, places):
    """Outputs whose gradient is undefined must give undefined or zero gradients."""
    kept = _differentiable(_outputs(func, inputs))
    checked = [inputs[i] for i in places]
    if len(kept) < 2:
        return
    for k in range(len(kept)):
        zeros = [None if i == k else _tensor_like(o, np.zeros(tuple(o.shape))) for i, o in
                 enumerate(kept)]  # fmt: skip
        used = [(o, g) for o, g in zip(kept, zeros, strict=True) if g is not None]
        found = autograd_grad([o for o, _ in used], checked, [g for _, g in used],
                              retain_graph=True, allow_unused=True)  # fmt: skip
        if any(g is not None and np.any(_host(g) != 0) for g in found):
            raise GradcheckError(
                "Expected all input grads to be undefined or zero when all output grads are "
                "undefined or zero. Please look at 'Notes about undefined output gradients' in "
                '"tools/autograd/derivatives.yaml"'
            )


def gradgradcheck(func, inputs, grad_outputs=None, *, eps=1e-6, atol=1e-5, rtol=1e-3,
                  gen_non_contig_grad_outputs=False, raise_exception=True, nondet_tol=0.0,
                  check_undefined_grad=True, check_grad_dtypes=False, check_batched_grad=False,
                  check_fwd_over_rev=False, check_rev_over_rev=True, fast_mode=False,
                  masked=False):  # fmt: skip
    """``gradcheck`` of the gradient of ``func``: second derivatives against differences."""
    assert check_fwd_over_rev or check_rev_over_rev, (
        "Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True"
    )
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    if grad_outputs is None:
        rng = np.random.RandomState(0)
        outs = _differentiable(_outputs(func, inputs))
        grad_outputs = []
        for y in outs:
            v = rng.uniform(-1, 1, tuple(y.shape))
            if y.dtype.is_complex:
                v = v + 1j * rng.uniform(-1, 1, tuple(y.shape))
            grad_outputs.append(_tensor_like(y, v).requires_grad_())
    else:
        grad_outputs = (grad_outputs,) if isinstance(grad_outputs, Tensor) else tuple(grad_outputs)
    k = len(grad_outputs)
    checked = [_is_checked(x) for x in (*inputs, *grad_outputs)]

    def gradient(*args):
        args = [x.requires_grad_() if on else x for x, on in zip(args, checked, strict=True)]
        xs, gs = args[: len(args) - k], args[len(args) - k :]
        kept = _differentiable(_outputs(func, xs))
        wanted = [x for x in xs if _is_checked(x)]
        found = autograd_grad(kept, wanted, gs, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradient, (*inputs, *grad_outputs), eps=eps, atol=atol, rtol=rtol,
        raise_exception=raise_exception, nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad, check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
    )  # fmt: skip


class _Module(types.ModuleType):
    """``torch.autograd.gradcheck`` is this module and the function in it, under one name."""

    def __call__(self, *args, **kwargs):
        return gradcheck(*args, **kwargs)


sys.modules[__name__].__class__ = _Module
