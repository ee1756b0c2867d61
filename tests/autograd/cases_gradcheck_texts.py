"""gradcheck: what it says and when, in both of its modes and ways, and what it runs."""

import itertools
import re
import warnings

from cases_check import double
from transcript import case


def offset(torch):
    """The identity, whose gradient a hook makes a bit too large."""

    def fn(x):
        y = x.clone()
        y.register_hook(lambda g: g + 1e-2)
        return y

    return fn


def said(fn, *args, **kwargs):
    """What a call says when it fails, its long numbers in six digits."""
    try:
        return str(fn(*args, **kwargs))
    except RuntimeError as e:
        return re.sub(r"\d\.\d{9,}", lambda m: f"{float(m[0]):.6g}", f"{type(e).__name__}: {e}")


def jittery(torch, jitter):
    """The identity, whose gradient depends on what is drawn."""

    class Jittery(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return Jittery.apply(g) * (1 + torch.rand_like(g) * jitter)

    return Jittery.apply


@case
def gradcheck_mismatch_of_all_kinds(torch, say):
    check = torch.autograd.gradcheck
    x = torch.ones(2, 2, requires_grad=True, dtype=torch.float64)
    z = torch.ones(2, requires_grad=True, dtype=torch.complex128)
    for fast in (False, True):
        say(said(check, offset(torch), x, fast_mode=fast))
        say(said(check, offset(torch), z, fast_mode=fast))
        say(said(check, lambda a: offset(torch)(a.real), z, fast_mode=fast))
        say(said(check, lambda a: offset(torch)(torch.complex(a, a)), x[0], fast_mode=fast))
        say(
            said(
                check,
                lambda a: offset(torch)(a.double()),
                x.detach().float().requires_grad_(),
                atol=1e-4,
                fast_mode=fast,
            )
        )
        say(check(offset(torch), x, raise_exception=False, fast_mode=fast))


@case
def gradcheck_fast_mode_of_small_errors(torch, say):
    x = torch.tensor([[0.5, -1.0], [2.0, 0.25]], dtype=torch.float64, requires_grad=True)

    class Off(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            return a * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2 + torch.tensor([[0.0, 1e-4], [0.0, 0.0]], dtype=torch.float64) * g.sum()

    say(said(torch.autograd.gradcheck, Off.apply, x, fast_mode=True, atol=1e-5, rtol=1e-6))
    say(said(torch.autograd.gradcheck, Off.apply, x, fast_mode=True, atol=1e-3))


@case
def gradcheck_leaves_the_stream_of_numbers(torch, say):
    x = double(torch, 0.5, 1.5)
    torch.manual_seed(3)
    torch.autograd.gradcheck(torch.sin, x, fast_mode=True)
    say(torch.rand(2))
    torch.autograd.gradcheck(torch.sin, x, check_batched_grad=True)
    say(torch.rand(2))
    torch.autograd.gradgradcheck(torch.sin, x)
    say(torch.rand(2))
    torch.autograd.gradgradcheck(lambda a: a * 1j, x, gen_non_contig_grad_outputs=True)
    say(torch.rand(2))


@case
def gradcheck_not_reentrant(torch, say):
    x = double(torch, 0.5, 1.5)
    for fast in (False, True):
        say.fails(torch.autograd.gradcheck, jittery(torch, 1e-6), x, fast_mode=fast)
        say.fails(torch.autograd.gradgradcheck, jittery(torch, 1e-12), x, fast_mode=fast)
        say(torch.autograd.gradcheck(jittery(torch, 1e-6), x, fast_mode=fast, nondet_tol=1e-5))
        say(torch.autograd.gradcheck(jittery(torch, 0.0), x, fast_mode=fast))


@case
def gradcheck_without_differentiable_outputs(torch, say):
    x = double(torch, 0.5, 1.5)
    check = torch.autograd.gradcheck
    for fast in (False, True):
        say(check(lambda a: (), x, fast_mode=fast))
        say(check(lambda a: a.detach() * 0, x, fast_mode=fast, check_undefined_grad=False))
        say.fails(check, lambda a: a.detach() * 2, x, fast_mode=fast)
        say(check(lambda a: a.detach() * 2, x, fast_mode=fast, raise_exception=False))
        say.fails(check, lambda a: None, x, fast_mode=fast)
        say(check(lambda a: [a * 2, (a > 1).int()], x, fast_mode=fast))


@case
def gradcheck_inputs_are_checked_first(torch, say):
    check = torch.autograd.gradcheck
    x = double(torch, 0.5)
    say.fails(check, torch.sin, x.expand(2, 2), raise_exception=False)
    say.fails(check, torch.sin, x.detach(), raise_exception=False)
    say.fails(check, torch.sin, (), raise_exception=False)
    say(check(torch.sin, x.expand(1, 1)))
    say.fails(check, torch.sin, x, check_backward_ad=False)
    say.fails(
        check, torch.sin, x, check_backward_ad=False, check_forward_ad=True, check_batched_grad=True
    )
    say.fails(check, torch.sin, x, check_batched_forward_grad=True)
    second = torch.autograd.gradgradcheck
    say.fails(second, torch.sin, x, check_rev_over_rev=False)
    say.fails(second, torch.sin, x, check_rev_over_rev=False, check_fwd_over_rev=True)
    say.fails(
        second,
        torch.sin,
        x,
        check_rev_over_rev=False,
        check_fwd_over_rev=True,
        check_undefined_grad=False,
        check_batched_grad=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        say(
            second(
                torch.sin,
                x,
                check_rev_over_rev=False,
                check_fwd_over_rev=True,
                check_undefined_grad=False,
            )
        )


@case
def gradcheck_shape_or_dtype_changes(torch, say):
    x = double(torch, 1.0)
    for fast in (False, True):
        say.fails(
            torch.autograd.gradcheck,
            lambda a: torch.cat([a, a]) if (a >= 1).all() else a,
            x,
            fast_mode=fast,
        )
        say.fails(
            torch.autograd.gradcheck,
            lambda a: a.float() if (a >= 1).all() else a,
            x,
            fast_mode=fast,
        )


@case
def gradcheck_of_gradients_that_are_not_multiplied(torch, say):
    x = double(torch, 1.0)
    for fast, masked in itertools.product((False, True), repeat=2):
        say.fails(
            torch.autograd.gradcheck, offset(torch), x, atol=1e-1, fast_mode=fast, masked=masked
        )


@case
def gradcheck_of_undefined_gradients(torch, say):
    x = double(torch, 1.0, 2.0)

    def refusing(a):
        def hook(g):
            if g is None:
                raise RuntimeError("nothing")

        y = a.clone()
        y.register_hook(hook)
        return y

    class Pair(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, needs):
            ctx.needs = needs
            ctx.set_materialize_grads(False)
            return a * 2, a * 3

        @staticmethod
        def backward(ctx, g, h):
            if ctx.needs:
                return g * 2 + h * 3, None
            parts = [k * v for k, v in ((2, g), (3, h)) if v is not None]
            return (sum(parts) if parts else None), None

    class Ones(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            ctx.set_materialize_grads(False)
            return a * 2

        @staticmethod
        def backward(ctx, g):
            return torch.ones(2, dtype=torch.float64) if g is None else g * 2

    for fast in (False, True):
        say.fails(torch.autograd.gradcheck, refusing, x, fast_mode=fast)
        say(torch.autograd.gradcheck(refusing, x, fast_mode=fast, raise_exception=False))
        say(torch.autograd.gradcheck(refusing, x, fast_mode=fast, check_undefined_grad=False))
        say(torch.autograd.gradcheck(lambda a: Pair.apply(a, False), x, fast_mode=fast))
        say.fails(torch.autograd.gradcheck, lambda a: Pair.apply(a, True), x, fast_mode=fast)
        say.fails(torch.autograd.gradcheck, Ones.apply, x, fast_mode=fast)


@case
def gradcheck_of_forward_mode(torch, say):
    import torch.autograd.forward_ad as fw

    def bad(a, b):
        if fw._current_level >= 0:
            value, tangent = fw.unpack_dual(b)
            b = fw.make_dual(value, tangent * 1.1)
        return a + b, b

    x, y = double(torch, 0.5, 1.5), double(torch, 2.0, 3.0)
    z = torch.tensor([1 + 2j, 0.5 - 1j], dtype=torch.complex128, requires_grad=True)
    for fast in (False, True):
        say(
            torch.autograd.gradcheck(
                lambda a, b: (a * b, b), (x, y), check_forward_ad=True, fast_mode=fast
            )
        )
        for pair in ((x, y), (z, y), (z, z * 1)):
            say.fails(torch.autograd.gradcheck, bad, pair, check_forward_ad=True, fast_mode=fast)
        say(
            torch.autograd.gradcheck(
                lambda a: torch.view_as_real(a * 1j), x, check_forward_ad=True, fast_mode=fast
            )
        )


@case
def gradcheck_runs_of_a_jvp(torch, say):
    runs = []

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            return a.clone(), b.clone()

        @staticmethod
        def jvp(ctx, u, v):
            runs.append(1)
            return u, v

    for second, undefined, batched in itertools.product((True, False), repeat=3):
        x = double(torch, 0.5)
        y = torch.tensor([2.0], dtype=torch.float64, requires_grad=second)
        runs.clear()
        torch.autograd.gradcheck(
            Twice.apply,
            (x, y),
            check_forward_ad=True,
            check_backward_ad=False,
            check_undefined_grad=undefined,
            check_batched_forward_grad=batched,
        )
        say(second, undefined, batched, len(runs))


@case
def gradcheck_of_tangents_that_are_none(torch, say):
    class Odd(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            ctx.set_materialize_grads(False)
            return a * b

        @staticmethod
        def jvp(ctx, u, v):
            if u is None:
                return v * 0.5
            return u * 2.0 if v is None else u * 3.0 + v * 0.5

    x, y = double(torch, 0.5), double(torch, 3.0)
    try:
        torch.autograd.gradcheck(Odd.apply, (x, y), check_forward_ad=True, check_backward_ad=False)
    except RuntimeError as e:
        say(len(e.args), [str(a) for a in e.args[:1]])


@case
def gradcheck_of_either_way_alone(torch, say):
    class Halves(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, forward, backward):
            ctx.broken = forward, backward
            return a * 2

        @staticmethod
        def vjp(ctx, g):
            if ctx.broken[1]:
                raise RuntimeError("backward is broken")
            return 2 * g, None, None

        @staticmethod
        def jvp(ctx, u, _1, _2):
            if ctx.broken[0]:
                raise RuntimeError("forward is broken")
            return 2 * u

    x = double(torch, 0.5, 1.5)
    for fast, fwd, bwd, a, b in itertools.product((False, True), repeat=5):
        say.fails(
            torch.autograd.gradcheck,
            Halves.apply,
            (x, a, b),
            check_forward_ad=fwd,
            check_backward_ad=bwd,
            check_undefined_grad=bwd,
            check_batched_grad=bwd,
            fast_mode=fast,
        )


@case
def gradcheck_of_batches(torch, say):
    class Drawing(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            return a * 2

        @staticmethod
        def backward(ctx, g):
            torch.rand_like(g)
            return g * 2

        @staticmethod
        def jvp(ctx, u):
            torch.randn_like(u)
            return u * 2

    runs = []

    class Odd(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            return a * 2

        @staticmethod
        def backward(ctx, g):
            runs.append(1)
            return g * (2 if len(runs) < 7 else 3)

    x = double(torch, 0.5, 1.5)
    check = torch.autograd.gradcheck
    say(
        check(
            lambda a, k: (a.clone(), a * k),
            (x, 3),
            check_batched_grad=True,
            check_forward_ad=True,
            check_batched_forward_grad=True,
        )
    )
    say.fails(check, Drawing.apply, x, check_batched_grad=True)
    say.fails(check, Drawing.apply, x, check_forward_ad=True, check_batched_forward_grad=True)
    say(check(Drawing.apply, x, check_batched_grad=True, raise_exception=False))
    torch.manual_seed(0)
    try:
        check(Odd.apply, x, check_batched_grad=True)
    except RuntimeError as e:
        say(len(runs), str(e))


@case
def gradcheck_of_other_errors(torch, say):
    x = double(torch, 0.5)

    def broken(a):
        raise RuntimeError("of the function itself")

    for fast in (False, True):
        say.fails(torch.autograd.gradcheck, broken, x, fast_mode=fast, raise_exception=False)


@case
def gradcheck_steps_by_themselves(torch, say):
    from torch.autograd.gradcheck import (
        get_analytical_jacobian,
        get_numerical_jacobian,
        get_numerical_jacobian_wrt_specific_input,
    )

    a, b = double(torch, 0.5, 1.5), double(torch, 2.0, 3.0)

    def of_pair(pair):
        return 2 * pair[0] + pair[1], pair[0] * pair[1]

    say(get_numerical_jacobian(of_pair, (a, b), eps=1e-6))
    say(get_numerical_jacobian(of_pair, (a, b), target=b, eps=1e-6))
    say.fails(get_numerical_jacobian, of_pair, (a, b), grad_out=2.0)
    say.fails(get_numerical_jacobian, lambda p: p[0] * 1j, (a, b))
    say(get_analytical_jacobian((a, b), a * b))
    say(get_analytical_jacobian((a,), jittery(torch, 1e-3)(a))[1:])
    say.fails(get_analytical_jacobian, (a,), a * 2, grad_out=2.0)
    say.fails(get_analytical_jacobian, (a,), a * 2j)
    one = get_numerical_jacobian_wrt_specific_input
    say(one(lambda p, q: (p * q, p), 1, (a, b), (a * b, a), 1e-6))
    say.fails(one, lambda p: p, 0, (a.detach(),), (a,), 1e-6)
