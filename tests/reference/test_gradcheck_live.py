"""gradcheck and gradgradcheck, as they are here, of every operator of torch's database.

The database says what torch's operators support: forward mode, batched gradients, double backward,
writing in place. Each check that it asks for must pass here, unless torch's own fails with the same
error. What fails here alone stands in `KNOWN` with the reason, and must fail.

The smallest samples are taken, and of them those of few elements whole, not by random projections.
"""

from __future__ import annotations

import opinfo
import pytest
import torch

import tinytorch

KINDS = ((torch.float64, 3), (torch.complex128, 1))  # a dtype, and how many samples of it
MOST, WHOLE = 60, 8  # elements of a sample, and of one that is not projected
KNOWN = {  # (check, reason): operators
    ("backward", "not here: the nuclear norm"): "norm",
    ("double", "not here: the nuclear norm"): "norm",
    ("mixed", "not here: the nuclear norm"): "norm",
    ("forward", "not here: the nuclear norm"): "norm",
}


def checks(op, way, dtype):
    """(name, function, arguments) of what the database asks for."""
    if dtype not in op.supported_backward_dtypes("cpu"):
        return
    if way == "inplace" and not op.supports_inplace_autograd:
        return
    base = {"check_grad_dtypes": True, "nondet_tol": op.gradcheck_nondet_tol}
    forward = {"check_undefined_grad": False, "check_batched_grad": False}
    if op.supports_autograd:
        yield "backward", "gradcheck", {**base, "check_batched_grad": op.check_batched_grad}
        if op.supports_gradgrad:
            more = {"gen_non_contig_grad_outputs": True,
                    "check_batched_grad": op.check_batched_gradgrad}  # fmt: skip
            yield "double", "gradgradcheck", {**base, **more}
        if op.supports_fwgrad_bwgrad:
            more = {"check_fwd_over_rev": True, "check_rev_over_rev": False}
            yield "mixed", "gradgradcheck", {**base, **forward, **more}
    if op.supports_forward_ad:
        more = {"check_forward_ad": True, "check_backward_ad": False,
                "check_batched_forward_grad": op.check_batched_forward_grad}  # fmt: skip
        yield "forward", "gradcheck", {**base, **forward, **more}


def function(lib, call):
    """What is checked: a function of the tensors of a call that require gradients, and those."""
    leaves, args, kwargs = call.built(lib)
    wanted = [t for t in leaves if t.requires_grad]
    places = {id(t): k for k, t in enumerate(wanted)}
    wrap, finish = call.moved(call.op.gradcheck_wrapper, lib), call.moved(call.finish, lib)

    def fn(*tensors):
        count = iter(leaves)

        def put(x):
            if not isinstance(x, lib.Tensor):
                return x
            leaf = next(count)
            t = tensors[places[id(leaf)]] if id(leaf) in places else leaf
            return t.clone() if call.way == "inplace" and leaf is leaves[0] else t

        a, k = opinfo.mapped((args, kwargs), put)
        return finish(wrap(lambda *p, **q: call.run(lib, p, q), *a, **k))

    return fn, tuple(wanted)


def verdict(lib, call, check, options):
    """None, or the error of a check that does not pass."""
    fn, wanted = function(lib, call)
    lib.manual_seed(0)
    try:
        return None if getattr(lib.autograd, check)(fn, wanted, **options) else "False"
    except Exception as e:
        return type(e).__name__


def failing(call, dtype):
    """The names of checks that fail here and pass in torch, or fail there with another error."""
    if not any(t.requires_grad for t in call.built(tinytorch)[0]):
        return
    for name, check, options in checks(call.op, call.way, dtype):
        fast = call.op.gradcheck_fast_mode
        options["fast_mode"] = call.elements > WHOLE if fast is None else fast
        mine = verdict(tinytorch, call, check, options)
        if mine is not None and mine != verdict(torch, call, check, options):
            yield name


OPERATORS = opinfo.operators(tinytorch)
ROWS = [(check, name) for (check, _), names in KNOWN.items() for name in names.split()]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_operator(name):
    failed = set()
    for op in OPERATORS[name]:
        for dtype, most in KINDS:
            if dtype in op.dtypes:
                for call in opinfo.smallest(op, tinytorch, dtype, most, MOST):
                    failed |= set(failing(call, dtype))
    assert failed == {check for check, known in ROWS if known == name}


def test_what_is_known_is_here():
    assert {name for _, name in ROWS} <= OPERATORS.keys()
    assert len(ROWS) == len(set(ROWS))
