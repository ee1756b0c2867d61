"""Every module of torch's database that is here too: values, gradients, copies, and gradcheck.

A module is made in both libraries after the same seed, so that its parameters are the same, and
given inputs made from the same recipes. What it returns must be torch's, also for inputs that have
gaps in memory; and its derivatives must pass each check that they pass in torch.
"""

from __future__ import annotations

import copy
import itertools
import pickle
import warnings

import opinfo
import pytest
import torch

import tinytorch

MOST = 400  # elements of inputs and parameters that are checked
CHECKS = {
    "backward": ("gradcheck", {"check_batched_grad": True}),
    "double": ("gradgradcheck", {}),
    "forward": ("gradcheck", {"check_forward_ad": True, "check_backward_ad": False,
                              "check_undefined_grad": False}),
    "mixed": ("gradgradcheck", {"check_fwd_over_rev": True, "check_rev_over_rev": False,
                                "check_undefined_grad": False}),
}  # fmt: skip


def _modules():
    opinfo.database()
    from torch.testing._internal.common_modules import module_db

    return {m.name: m for m in module_db
            if hasattr(tinytorch.nn, m.module_cls.__name__) and "Lazy" not in m.name}  # fmt: skip


MODULES = _modules()


class Case:
    """One module with one input, to be made in either library."""

    def __init__(self, info, sample, train):
        made, given = sample.constructor_input, sample.forward_input
        self.name, self.train = info.module_cls.__name__, train
        self.made = opinfo.mapped((tuple(made.args), dict(made.kwargs)), opinfo.noted)
        self.given = opinfo.mapped((tuple(given.args), dict(given.kwargs)), opinfo.noted)

    def build(self, lib, gaps=False):
        """The module, its arguments, and the tensors among them and its parameters."""

        def tensor(x, grad):
            if isinstance(x, opinfo.Recipe):
                t = x.build(lib)
                if gaps and t.numel() > 1:
                    t = lib.stack([t, t], -1)[..., 0]
                return t.requires_grad_() if x.grad and grad else t
            return x(lib) if callable(x) and x.__module__ == "opinfo" else x

        lib.manual_seed(0)
        args, kwargs = opinfo.mapped(self.made, lambda x: tensor(x, False))
        module = getattr(lib.nn, self.name)(*args, **kwargs).to(lib.float64).train(self.train)
        args, kwargs = opinfo.mapped(self.given, lambda x: tensor(x, True))
        leaves = [t for t in opinfo.tensors([args, kwargs], lib) if t.requires_grad]
        return module, args, kwargs, leaves

    def facts(self, lib, gaps=False):
        """Results and gradients, and what a copy and a pickle of the module give."""
        module, args, kwargs, leaves = self.build(lib, gaps)
        found = [repr(module).replace("tinytorch", "torch"), sorted(module.state_dict())]
        twins = copy.deepcopy(module), pickle.loads(pickle.dumps(module))
        for m in (module, *twins):
            lib.manual_seed(1)
            outs = opinfo.tensors(m(*args, **kwargs), lib)
            ends = [t for t in outs if t.requires_grad]
            found += [opinfo.array(t) for t in outs]
            if ends:
                weights = [opinfo.wave(lib, t, k) for k, t in enumerate(ends)]
                wanted = [*leaves, *m.parameters()]
                gs = lib.autograd.grad(ends, wanted, weights, allow_unused=True)
                found += [None if g is None else opinfo.array(g) for g in gs]
        return found

    def verdict(self, lib, check, options):
        """None, or the name of the error of a check that does not pass."""
        module, args, kwargs, leaves = self.build(lib)
        names = [n for n, _ in module.named_parameters()]
        places = {id(t): k for k, t in enumerate(leaves)}

        def fn(*tensors):
            a, k = opinfo.mapped((args, kwargs), lambda x: tensors[places[id(x)]]
                                 if id(x) in places else x)  # fmt: skip
            lib.manual_seed(1)
            given = dict(zip(names, tensors[len(leaves) :], strict=True))
            outs = opinfo.tensors(lib.func.functional_call(module, given, a, k), lib)
            return tuple(t for t in outs if t.is_floating_point())

        inputs = (*leaves, *module.parameters())
        if not inputs or sum(t.numel() for t in inputs) > MOST:
            return None
        try:
            getattr(lib.autograd, check)(fn, inputs, fast_mode=True, **options)
        except Exception as e:
            return type(e).__name__
        return None


def cases(info):
    for train in (True, False) if info.train_and_eval_differ else (True,):
        torch.manual_seed(0)
        samples = info.module_inputs_func(info, device="cpu", dtype=torch.float64,
                                          requires_grad=True, training=train)  # fmt: skip
        for sample in itertools.islice(samples, 3):
            yield Case(info, sample, train)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(MODULES))
def test_module(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in cases(MODULES[name]):
            for gaps in (False, True):
                assert opinfo.agree(case.facts(tinytorch, gaps), case.facts(torch, gaps), "result")
            for label, (check, options) in CHECKS.items():
                mine = case.verdict(tinytorch, check, options)
                assert mine is None or mine == case.verdict(torch, check, options), label
