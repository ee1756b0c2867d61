"""The parts of gradcheck that need tangents or vmap.

Forward mode is held to the same finite differences as backward, column by column; batched gradients
are held to the same gradients taken one after the other.
"""

from __future__ import annotations

import numpy as np

from ..factories import zeros_like
from ..registry import functions
from ..tensor import Tensor
from . import forward_ad as fw
from . import grad as autograd_grad
from .gradcheck import GradcheckError, _close, _host, _is_checked, _outputs, _tensor_like, _text

BATCHED = "gradcheck or gradgradcheck failed while testing batched gradient computation."
BATCHED_FORWARD = (
    "gradcheck failed while testing batched gradient computation with forward-mode AD."
)


def _smooth(t):
    return isinstance(t, Tensor) and (t.is_floating_point() or t.is_complex())


def _columns(fn, inputs, check_dtypes):
    """Per checked input, element and direction: the tangents of all smooth outputs."""
    out = []
    with fw.dual_level():
        for j, x in enumerate(inputs):
            if not _is_checked(x):
                continue
            columns = []
            for k in range(x.numel()):
                directions = []
                for step in (1.0, 1j) if x.dtype.is_complex else (1.0,):
                    v = np.zeros(tuple(x.shape), _host(x).dtype)
                    v.reshape(-1)[k] = step
                    duals = [_dual(t, v if i == j else None) for i, t in enumerate(inputs)]
                    directions.append([_tangent(o, check_dtypes) for o in _outputs(fn, duals)
                                       if _smooth(o)])  # fmt: skip
                columns.append(directions)
            out.append(columns)
    return out


def _dual(t, v):
    if not _is_checked(t):
        return t
    u = zeros_like(t) if v is None else _tensor_like(t, v)
    return fw.make_dual(t.detach(), u.detach())


def _tangent(o, check_dtypes):
    value, u = fw.unpack_dual(o)
    if u is None:
        return np.zeros(value.numel(), _host(value).dtype)
    if check_dtypes and value.is_complex() != u.is_complex():
        raise GradcheckError("Forward AD gradient has dtype mismatch.")
    return _host(u).reshape(-1)


def check_forward(fn, inputs, numeric, rtol, atol, check_dtypes):
    """GradcheckError where forward mode disagrees with the differences of `numerical_jacobians`."""
    tensors = [o for o in _outputs(fn, inputs) if isinstance(o, Tensor)]
    places = [i for i, t in enumerate(tensors) if t.requires_grad]
    smooth = [i for i, t in enumerate(tensors) if _smooth(t)]
    exact = _columns(fn, inputs, check_dtypes)
    for o, where in enumerate(places):
        for j, (mine, theirs) in enumerate(zip(exact, numeric, strict=True)):
            for d in range(len(mine[0]) if mine else 0):
                a = np.stack([c[d][smooth.index(where)] for c in mine])
                n = np.stack([c[d][where] for c in theirs])
                if a.size and not _close(a, n, rtol, atol):
                    raise GradcheckError(_mismatch(a, n, j, o, len(mine[0]) > 1, d))


def _mismatch(a, n, i, o, is_complex, imaginary):
    part = "imaginary" if imaginary else "real"
    prefix = f"While considering the {part} part of complex inputs only, " if is_complex else ""
    return (
        f"{prefix}Jacobian computed with forward mode mismatch for output {o:d} with respect to "
        f"input {i:d},\nnumerical:{_text(n)}\nanalytical:{_text(a)}\n"
    )


# --- batches --------------------------------------------------------------------------------------


def _differs(output, input, got, expected, said):
    return GradcheckError(
        f"For output {output} and input {input}:\n\n{said}\n\nGot:\n{got}\n\nExpected:\n{expected}"
    )


def _compared(fn, vectors, said, place):
    """``fn`` of two vectors by vmap, held to one after the other."""
    from ..func.vmap import vmap

    rows = [fn(v) for v in vectors]
    expected = [functions["stack"](c) for c in zip(*rows, strict=True)]
    try:
        got = vmap(fn)(functions["stack"](vectors))
    except RuntimeError as e:
        raise GradcheckError(f"While computing batched gradients, got: {e}\n\n{said}") from e
    for i, (a, b) in enumerate(zip(got, expected, strict=True)):
        if not functions["allclose"](a.detach(), b.detach(), equal_nan=True):
            raise _differs(place if place is not None else i, i, a, b, said)


def _directions(t):
    rng = np.random.RandomState(0)
    out = []
    for _ in range(2):
        v = rng.standard_normal(tuple(t.shape))
        out.append(_tensor_like(t, v + 1j * v[::-1] if t.is_complex() and v.ndim else v))
    return out


def check_batched(fn, inputs):
    """GradcheckError where a vmap of the backward of an output disagrees with two backwards."""
    checked = [x for x in inputs if _is_checked(x)]
    kept = [o for o in _outputs(fn, inputs) if isinstance(o, Tensor) and o.requires_grad]
    for k, y in enumerate(kept):

        def pull(v, y=y):
            found = autograd_grad(y, checked, v, retain_graph=True, allow_unused=True)
            return tuple(zeros_like(x) if g is None else g
                         for g, x in zip(found, checked, strict=True))  # fmt: skip

        _compared(pull, _directions(y), BATCHED, k)


def check_batched_forward(fn, inputs):
    """The same for the tangents of all outputs along each checked input."""
    for j, x in enumerate(inputs):
        if not _is_checked(x):
            continue

        def push(u, j=j, x=x):
            with fw.dual_level():
                dual = fw.make_dual(x.detach(), u)
                given = [dual if i == j else t.detach() if isinstance(t, Tensor) else t
                         for i, t in enumerate(inputs)]  # fmt: skip
                pairs = [fw.unpack_dual(o) for o in _outputs(fn, given) if o is not None]
                return tuple(zeros_like(p) if u is None else u for p, u in pairs)

        _compared(push, _directions(x), BATCHED_FORWARD, None)
