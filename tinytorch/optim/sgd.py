"""Stochastic gradient descent."""

from __future__ import annotations

from .optimizer import Optimizer, like, number, put, raw, refuse


class SGD(Optimizer):
    """Steps against the gradient, with momentum on request (torch.optim.SGD)."""

    def __init__(self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *,
                 maximize=False, foreach=None, differentiable=False, fused=None):  # fmt: skip
        refuse("learning rate", lr, number(lr) >= 0.0)
        refuse("momentum value", momentum, momentum >= 0.0)
        refuse("weight_decay value", weight_decay, weight_decay >= 0.0)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
            "differentiable": differentiable, "fused": fused,
        })  # fmt: skip

    def keeps_state(self, group):
        return group["momentum"] != 0

    def update(self, P, p, x, g, state, group):
        momentum = group["momentum"]
        if group["weight_decay"]:
            g = P.add(g, P.multiply(x, group["weight_decay"]))
        if momentum:
            buffer = state.get("momentum_buffer")
            if buffer is None:
                state["momentum_buffer"] = like(p, P.copy(g))
                v = g
            else:
                v = P.add(P.multiply(raw(buffer), momentum),
                          P.multiply(g, 1 - group["dampening"]))  # fmt: skip
                put(buffer, v)
            g = P.add(g, P.multiply(v, momentum)) if group["nesterov"] else v
        rate = P.scalars(lambda: number(group["lr"]))
        put(p, P.subtract(x, P.multiply(g, rate)))
