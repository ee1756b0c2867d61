"""Adam and AdamW."""

from __future__ import annotations

from ..ops.table import compose
from .optimizer import Optimizer, number, numbers, put, raw, refuse, step_counter, zeros


def _moments(P, m, v, g, b1, b2):
    """The running means of gradients and of their squares, one gradient later."""
    m = P.add(m, P.multiply(P.subtract(g, m), 1 - b1))
    return m, P.add(P.multiply(v, b2), P.multiply(P.multiply(g, g), 1 - b2))


def _value(P, x, m, v, scale, rate, eps):
    """A parameter after a step by its moments."""
    below = P.add(P.divide(P.sqrt(v), scale), eps)
    return P.subtract(x, P.multiply(P.divide(m, below), rate))


compose("adam_moments", _moments)
compose("adam_value", _value)


class Adam(Optimizer):
    """Steps scaled by running moments of the gradient (torch.optim.Adam)."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False,
                 *, foreach=None, maximize=False, capturable=False, differentiable=False,
                 fused=None, decoupled_weight_decay=False):  # fmt: skip
        refuse("learning rate", lr, number(lr) >= 0.0)
        refuse("epsilon value", eps, eps >= 0.0)
        for i in (0, 1):
            refuse(f"beta parameter at index {i}", betas[i], 0.0 <= betas[i] < 1.0)
        refuse("weight_decay value", weight_decay, weight_decay >= 0.0)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        })  # fmt: skip

    def update(self, P, p, x, g, state, group):
        if not state:
            state["step"] = step_counter()
            state["exp_avg"], state["exp_avg_sq"] = zeros(p), zeros(p)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = zeros(p)
        decay = group["weight_decay"]
        state["step"].add_(1)
        b1, b2 = (number(b) for b in group["betas"])
        if decay:
            if group["decoupled_weight_decay"]:
                x = P.multiply(x, P.scalars(lambda: 1 - number(group["lr"]) * decay))
            else:
                g = P.add(g, P.multiply(x, decay))
        m, v = raw(state["exp_avg"]), raw(state["exp_avg_sq"])
        m, v = P.adam_moments(m, v, g, b1, b2)
        put(state["exp_avg"], m)
        put(state["exp_avg_sq"], v)
        if group["amsgrad"]:
            v = P.maximum(raw(state["max_exp_avg_sq"]), v)
            put(state["max_exp_avg_sq"], v)
        scale, rate = numbers(
            state["step"], group, lambda n, lr: ((1 - b2**n) ** 0.5, lr / (1 - b1**n))
        )
        put(p, P.adam_value(x, m, v, scale, rate, group["eps"]))


class AdamW(Adam):
    """Adam with weights that decay apart from the gradient (torch.optim.AdamW)."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2,
                 amsgrad=False, *, maximize=False, foreach=None, capturable=False,
                 differentiable=False, fused=None):  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach,
                         maximize=maximize, capturable=capturable, differentiable=differentiable,
                         fused=fused, decoupled_weight_decay=True)  # fmt: skip
