"""Jacobians as autograd gives them: row by row from backward, column by column from forward mode,
or multiplied with a vector in one pass."""

from __future__ import annotations

from itertools import product

from ..factories import zeros_like
from . import forward_ad as fw
from . import grad
from .gradcheck_numeric import as_tuple, is_checked, is_smooth
from .gradcheck_text import REENTRANT


class GradcheckError(RuntimeError):
    """What a failed check raises (torch.autograd.gradcheck.GradcheckError)."""

    __module__ = "torch.autograd.gradcheck"


def _pull(output, checked, v):
    return grad(output, checked, v, retain_graph=True, allow_unused=True)


def _vectors(output):
    """The unit vectors of an output, one after the other in one tensor."""
    base = output.detach().new_zeros(output.shape)
    flat = base.view(-1)
    for j in range(flat.numel()):
        flat.zero_()
        flat[j] = 1.0
        yield base


def from_backward(inputs, output, v=None):
    """Per checked input its Jacobian (elements, those of the output), or (elements, 1) times v."""
    checked = [x for x in inputs if is_checked(x)]
    vs = _vectors(output) if v is None else [v.reshape(output.shape)]
    width = output.numel() if v is None else 1
    found = [x.detach().new_zeros((x.numel(), width)) for x in checked]
    for j, w in enumerate(vs):
        for jac, g in zip(found, _pull(output, checked, w), strict=True):
            if g is not None:
                jac[:, j] = g.detach().reshape(-1)
    return found


def twice(inputs, output, v=None):
    """The Jacobians of `from_backward`, and whether far off those of another run: a distance."""
    first, again = from_backward(inputs, output, v), from_backward(inputs, output, v)
    return first, max(
        ((a - b).abs().max().item() for a, b in zip(first, again, strict=True) if a.numel()),
        default=0.0,
    )


def repeatable(inputs, output, nondet_tol, v=None):
    """The Jacobians of `from_backward`; GradcheckError if another run gives others."""
    found, distance = twice(inputs, output, v)
    if distance > nondet_tol:
        raise GradcheckError(REENTRANT.format(nondet_tol))
    return found


def from_forward(fn, inputs, outputs, check_dtypes, us=None):
    """Per checked input and smooth output the Jacobian, or its product with a vector per input."""
    places = [i for i, x in enumerate(inputs) if is_checked(x)]
    smooth = [y for y in outputs if is_smooth(y)]
    found = []
    for k, i in enumerate(places):
        x = inputs[i]
        if us is not None:
            rows = _pushed(fn, inputs, i, us[k].view_as(x), check_dtypes)
            found.append([_like(y, y.numel(), row) for y, row in zip(smooth, rows, strict=True)])
            continue
        jacs = [y.detach().new_zeros((x.numel(), y.numel())) for y in smooth]
        for j, at in enumerate(product(*[range(n) for n in x.shape])):
            u = zeros_like(x.detach())
            u[at] = 1.0
            for jac, row in zip(jacs, _pushed(fn, inputs, i, u, check_dtypes), strict=True):
                if row is not None:
                    jac[j] = row
        found.append(jacs)
    return found


def _like(y, shape, row):
    out = y.detach().new_zeros(shape)
    return out if row is None else out.copy_(row)


def duals(inputs, tangents):
    """The inputs with tangents: those given by place, zeros for the other checked ones."""
    return [
        fw.make_dual(x.detach(), tangents[i] if i in tangents else zeros_like(x.detach()))
        if is_checked(x) else x
        for i, x in enumerate(inputs)
    ]  # fmt: skip


def _pushed(fn, inputs, place, u, check_dtypes):
    """Per smooth output, flat, its tangent along ``u`` in one input; None where it has none."""
    with fw.dual_level():
        found = []
        for y in as_tuple(fn(*duals(inputs, {place: u}))):
            if is_smooth(y):
                value, t = fw.unpack_dual(y)
                if check_dtypes and t is not None and value.is_complex() != t.is_complex():
                    raise GradcheckError("Forward AD gradient has dtype mismatch.")
                found.append(None if t is None else t.reshape(-1))
        return found
