"""Difference quotients: what a function's results do when one of its inputs moves a little.

The input is moved in place through ``.data``, behind its history and its version, and moved back,
so that a function may also use the tensor without being given it.
"""

from __future__ import annotations

from itertools import product

from ..tensor import Tensor


def as_tuple(x):
    """The arguments or results of a function, one or several, as a tuple."""
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def is_checked(x):
    """Whether the gradient of an input is asked for."""
    return isinstance(x, Tensor) and x.requires_grad


def is_smooth(x):
    """Whether a result can have a derivative."""
    return isinstance(x, Tensor) and (x.is_floating_point() or x.is_complex())


def _held_to(a, b, size, at):
    on = "" if at is None else f"on index {at} "
    for what in ("shape", "dtype"):
        if getattr(a, what) != getattr(b, what):
            raise AssertionError(
                f"Expected `func` to return outputs with the same {what} when inputs are perturbed "
                f"{on}by {size}, but got: {what}s {getattr(a, what)} and {getattr(b, what)}."
            )


def _quotients(run, place, step, size, at):
    start = place.clone()
    ends = []
    for end in (start - step, start + step):
        place.copy_(end)
        ends.append(run())
    place.copy_(start)
    found = []
    for a, b in zip(*ends, strict=False):
        _held_to(a, b, size, at)
        found.append(((b - a) / (2 * size)).detach().reshape(-1))
    return found


def _along(run, place, steps, size, at):
    """Per output, flat: its derivative along a step; of a complex input d/dx + i d/dy."""
    found = _quotients(run, place, steps[0], size, at)
    if place.is_complex():
        dy = _quotients(run, place, steps[1] * 1j, size, at)
        found = [a + b * 1j for a, b in zip(found, dy, strict=True)]
    return found


def _runner(fn, inputs):
    return lambda: tuple(y.clone() for y in as_tuple(fn(*inputs)))


def jacobians(fn, inputs, outputs, eps, x):
    """Per smooth output the Jacobian by an input ``x``: (its elements, those of the output)."""
    run, data = _runner(fn, inputs), x.data
    rows = [
        _along(run, data[at], (eps, eps), eps, at) for at in product(*[range(n) for n in x.shape])
    ]
    found = []
    for k, y in enumerate(outputs):
        if is_smooth(y):
            kind = {"dtype": x.dtype} if x.is_complex() else {}
            jac = y.new_zeros((x.numel(), y.numel()), **kind)
            for i, row in enumerate(rows):
                jac[i] = row[k]
            found.append(jac)
    return found


def directional(fn, inputs, outputs, eps, x, u):
    """Per smooth output, flat: its derivative along ``u``, a pair of directions if complex."""
    steps = [v.reshape(x.shape) * eps for v in (u if isinstance(u, tuple) else (u,))]
    found = _along(_runner(fn, inputs), x.data, steps, eps, None)
    return [d for d, y in zip(found, outputs, strict=True) if is_smooth(y)]


def directions(inputs, outputs):
    """Unit vectors to multiply Jacobians with: one per checked input, a pair if that is complex,
    and one per output. They are the same in every run and leave the program's stream alone."""
    from ..random import Generator
    from ..random_ops import rand

    generator = Generator()

    def unit(t, dtype):
        v = rand(t.numel(), generator=generator).to(dtype=dtype, device=t.device)
        v /= v.norm()
        return v

    us = []
    for x in inputs:
        if is_checked(x):
            real = x.dtype.to_real()
            us.append((unit(x, real), unit(x, real)) if x.is_complex() else unit(x, real))
    return us, [unit(y, y.dtype) for y in outputs]
