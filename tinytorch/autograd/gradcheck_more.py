"""What gradcheck asks beyond Jacobians: that gradients can be batched, that they are multiplied
with what comes back, that they bear undefined gradients and tangents."""

from __future__ import annotations

import warnings

from ..factories import zeros_like
from ..registry import functions
from ..tensor import Tensor
from . import forward_ad as fw
from . import grad
from .batched import Level
from .batching import enter, leave
from .gradcheck_exact import GradcheckError, duals
from .gradcheck_numeric import as_tuple, directions, is_checked, is_smooth
from .gradcheck_text import (
    BATCHED,
    BATCHED_FORWARD,
    UNDEFINED_FAILS,
    UNDEFINED_NOT_ZERO,
    UNDEFINED_WARNING,
    batch_differs,
)
from .modes import LOCAL


def _batched(fn, rows):
    """``fn`` of all rows at once, as torch's older vmap does it: custom Functions simply run, and
    nothing may be drawn."""
    level = Level(len(rows), "never")
    LOCAL.vmaps = (*LOCAL.vmaps, level)
    try:
        found = fn(enter(functions["stack"](rows), level, 0))
        return [leave(t, level, 0) for t in found]
    finally:
        LOCAL.vmaps = LOCAL.vmaps[:-1]


def _held_together(fn, like, advice, output):
    """GradcheckError where ``fn`` of two random vectors at once is not what it is of each."""
    from ..factories import functions as made

    rows = [made["randn_like"](like) for _ in range(2)]
    expected = [functions["stack"](c) for c in zip(*[fn(v) for v in rows], strict=True)]
    try:
        got = _batched(fn, rows)
    except RuntimeError as e:
        raise GradcheckError(f"While computing batched gradients, got: {e}\n\n{advice}") from e
    for i, (a, b) in enumerate(zip(got, expected, strict=True)):
        if not functions["allclose"](a, b):
            where = i if output is None else output
            raise GradcheckError(batch_differs(where, i, a, b, advice))


def check_batched(inputs, output, place):
    """Backward of an output, of two gradients at once."""
    checked = [x for x in inputs if is_checked(x)]

    def pull(v):
        found = grad(output, checked, v, retain_graph=True, allow_unused=True)
        return [zeros_like(x) if g is None else g for g, x in zip(found, checked, strict=True)]

    _held_together(pull, output, BATCHED, place)


def check_batched_forward(fn, inputs):
    """Tangents of all outputs along each checked input, of two at once."""
    for j, x in enumerate(inputs):
        if not is_checked(x):
            continue

        def push(u, j=j, x=x):
            with fw.dual_level():
                given = [t.detach() if isinstance(t, Tensor) else t for t in inputs]
                given[j] = fw.make_dual(x.detach(), u)
                pairs = [fw.unpack_dual(y) for y in as_tuple(fn(*given)) if y is not None]
                return [zeros_like(p) if t is None else t for p, t in pairs]

        _held_together(push, x, BATCHED_FORWARD, None)


def check_scaled(outputs, inputs, masked):
    """GradcheckError where gradients are not zero if all that comes back is."""
    checked = [x for x in inputs if is_checked(x)]
    zeros = [y.detach().new_zeros(y.shape) for y in outputs]
    found = grad(outputs, checked, zeros, allow_unused=True) if outputs else ()
    for g in found:
        if g is None:
            continue
        zero = functions["allclose"](g, zeros_like(g)) if masked else g.eq(0).all()
        if not zero:
            raise GradcheckError("backward not multiplied by grad_output")


def check_undefined(fn, inputs, count):
    """GradcheckError where an undefined gradient of an output breaks a rule or is not as zeros.

    count: how many outputs are differentiable. Undefined are all of them, and each alone.
    """
    from .._C._functions import UndefinedGrad

    checked = [x for x in inputs if is_checked(x)]
    for place in (None, *range(count)) if count > 1 else (None,):
        outs = [y for y in as_tuple(fn(*inputs)) if y.requires_grad]
        outs = [UndefinedGrad()(y) if place in (None, i) else y for i, y in enumerate(outs)]
        try:
            zeros = [y.detach().new_zeros(y.shape) for y in outs]
            found = grad(outs, checked, zeros, allow_unused=True) if outs else ()
        except RuntimeError as e:
            warnings.warn(UNDEFINED_WARNING, stacklevel=2)
            raise GradcheckError(UNDEFINED_FAILS) from e
        if any(g is not None and not g.eq(0).all() for g in found):
            warnings.warn(UNDEFINED_WARNING, stacklevel=2)
            raise GradcheckError(UNDEFINED_NOT_ZERO)


def check_undefined_tangents(fn, inputs):
    """GradcheckError where a tangent of zeros in an input and none at all give different ones."""
    us, _ = directions(inputs, ())
    places = [i for i, x in enumerate(inputs) if is_checked(x)]
    given = {i: u.view_as(inputs[i]) for i, u in zip(places, us, strict=True)}
    with fw.dual_level():
        for i in places:
            x = inputs[i].detach()
            found = []
            for bare in (False, True):
                args = duals(inputs, {**given, i: zeros_like(x)})
                args[i] = x if bare else args[i]
                outs = [y for y in as_tuple(fn(*args)) if is_smooth(y)]
                found.append([fw.unpack_dual(y).tangent for y in outs])
            for k, (a, b) in enumerate(zip(*found, strict=True)):
                if a is not None and b is not None and not functions["allclose"](a, b):
                    raise GradcheckError(
                        "Mismatch in tangent values for output with index: ", k, " when input: ",
                        inputs[i], " has an undefined tangent value. ", " Got: ", a,
                        " but expected: ", b,
                    )  # fmt: skip
