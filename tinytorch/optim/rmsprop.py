"""RMSprop."""

from __future__ import annotations

from .optimizer import Optimizer, number, put, raw, refuse, step_counter, zeros


class RMSprop(Optimizer):
    """Steps scaled by a running mean square of the gradient (torch.optim.RMSprop)."""

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0,
                 centered=False, capturable=False, foreach=None, maximize=False,
                 differentiable=False):  # fmt: skip
        refuse("learning rate", lr, number(lr) >= 0.0)
        refuse("epsilon value", eps, eps >= 0.0)
        refuse("momentum value", momentum, momentum >= 0.0)
        refuse("weight_decay value", weight_decay, weight_decay >= 0.0)
        refuse("alpha value", alpha, alpha >= 0.0)
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "capturable": capturable, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable,
        })  # fmt: skip

    def update(self, P, p, x, g, state, group):
        if not state:
            state["step"] = step_counter()
            state["square_avg"] = zeros(p)
            if group["momentum"] > 0:
                state["momentum_buffer"] = zeros(p)
            if group["centered"]:
                state["grad_avg"] = zeros(p)
        state["step"].add_(1)
        if group["weight_decay"]:
            g = P.add(g, P.multiply(x, group["weight_decay"]))
        alpha = group["alpha"]
        s = P.add(P.multiply(raw(state["square_avg"]), alpha),
                  P.multiply(P.multiply(g, g), 1 - alpha))  # fmt: skip
        put(state["square_avg"], s)
        if group["centered"]:
            mean = raw(state["grad_avg"])
            mean = P.add(mean, P.multiply(P.subtract(g, mean), 1 - alpha))
            put(state["grad_avg"], mean)
            s = P.subtract(s, P.multiply(mean, mean))
        d = P.divide(g, P.add(P.sqrt(s), group["eps"]))
        if group["momentum"] > 0:
            d = P.add(P.multiply(raw(state["momentum_buffer"]), group["momentum"]), d)
            put(state["momentum_buffer"], d)
        rate = P.scalars(lambda: number(group["lr"]))
        put(p, P.subtract(x, P.multiply(d, rate)))
