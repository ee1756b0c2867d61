"""Backward in backward, deeper than one stack holds, and what a vmap leaves behind.

Where a nested backward goes on in a thread of its own, a program must not notice: it sees the same
modes and context variables, and an error keeps no graph alive. A vmap's namespace goes with it.
"""

import contextvars
import gc
import weakref

import pytest

import tinytorch as torch
from tinytorch.func import vmap

DEPTH = 60  # more than run on one stack
place = contextvars.ContextVar("place", default="outside")


class Nested(torch.autograd.Function):
    """Runs a backward in its backward, until ``end`` is called in the innermost one."""

    @staticmethod
    def forward(ctx, x, depth, end):
        ctx.x, ctx.depth, ctx.end = x, depth, end
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        with torch.enable_grad():
            if ctx.depth:
                inner = ctx.x.detach().requires_grad_()
                Nested.apply(inner, ctx.depth - 1, ctx.end).sum().backward()
            else:
                ctx.end()
        return g, None, None


def nested(end):
    x = torch.ones(2, requires_grad=True)
    Nested.apply(x, DEPTH, end).sum().backward()
    return x.grad


def test_context_variables_are_seen():
    seen = []
    token = place.set("here")
    try:
        grad = nested(lambda: seen.append(place.get()))
    finally:
        place.reset(token)
    assert seen == ["here"]
    assert grad.tolist() == [1.0, 1.0]


def test_modes_are_the_callers():
    seen = []
    with torch.autograd.set_multithreading_enabled(False):
        nested(lambda: seen.append(torch.autograd.is_multithreading_enabled()))
    assert seen == [False]
    assert torch.autograd.is_multithreading_enabled()
    assert torch.is_grad_enabled()


def test_an_error_keeps_no_graph():
    made = []

    def end():
        y = torch.ones(2, requires_grad=True) * 2
        made.append(weakref.ref(y))
        y.register_hook(lambda g: 1 / 0)
        y.sum().backward()

    gc.collect()
    gc.disable()
    try:
        with pytest.raises(ZeroDivisionError):
            nested(end)
        assert made[0]() is None
    finally:
        gc.enable()


def test_what_promotion_remembers_outlives_no_vmap():
    inside = []

    def mixed(x):
        inside.append(weakref.ref(x._p))
        return x.int() * 2.5 + x

    out = vmap(mixed)(torch.ones(3, 2))
    assert out.tolist() == [[3.5, 3.5]] * 3
    del out
    gc.collect()
    assert inside[0]() is None
