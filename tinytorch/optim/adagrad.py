"""Adagrad."""

from __future__ import annotations

from .optimizer import Optimizer, like, number, numbers, put, raw, refuse, step_counter


class Adagrad(Optimizer):
    """Steps scaled by the sum of squares of all gradients so far (torch.optim.Adagrad)."""

    def __init__(self, params, lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0,
                 eps=1e-10, foreach=None, *, maximize=False, differentiable=False,
                 fused=None):  # fmt: skip
        refuse("learning rate", lr, number(lr) >= 0.0)
        refuse("lr_decay value", lr_decay, lr_decay >= 0.0)
        refuse("weight_decay value", weight_decay, weight_decay >= 0.0)
        refuse("initial_accumulator_value value", initial_accumulator_value,
               initial_accumulator_value >= 0.0)  # fmt: skip
        refuse("epsilon value", eps, eps >= 0.0)
        super().__init__(params, {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "fused": fused,
        })  # fmt: skip
        for group in self.param_groups:
            for p in group["params"]:
                x = raw(p)
                start = p._p.full(tuple(x.shape), group["initial_accumulator_value"], x.dtype)
                self.state[p] = {"step": step_counter(), "sum": like(p, start)}

    def update(self, P, p, x, g, state, group):
        state["step"].add_(1)
        if group["weight_decay"]:
            g = P.add(g, P.multiply(x, group["weight_decay"]))
        decay = group["lr_decay"]
        rate = numbers(state["step"], group, lambda n, lr: lr / (1 + (n - 1) * decay))
        total = P.add(raw(state["sum"]), P.multiply(g, g))
        put(state["sum"], total)
        step = P.divide(g, P.add(P.sqrt(total), group["eps"]))
        put(p, P.subtract(x, P.multiply(step, rate)))
