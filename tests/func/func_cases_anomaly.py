"""Anomaly mode around transforms: every example is looked at, also where all share one gradient."""

from func_registry import case, grid


@case
def gradients_that_all_examples_share(torch, say):
    from torch.func import grad, hessian, vmap

    x = grid(torch, 4, 3)
    with torch.autograd.detect_anomaly():
        say(vmap(grad(lambda a: (a * 2).sum()))(x))
        say(vmap(grad(lambda a: a.expand(2, 3).sum()))(x))
        say(vmap(grad(lambda a: a.mean()))(x))
        say(vmap(hessian(lambda a: a.pow(2).sum()))(x))


@case
def gradients_of_what_is_outside(torch, say):
    from torch.func import vmap

    w = grid(torch, 3).requires_grad_()
    x = grid(torch, 4, 3)
    with torch.autograd.detect_anomaly():
        vmap(lambda a: (a * w).sum())(x).sum().backward()
        say(w.grad)


@case
def not_a_number_in_one_example(torch, say):
    from torch.func import grad, vmap

    x = torch.tensor([[1.0, 4.0], [0.0, 1.0]])

    def fails(check_nan):
        with torch.autograd.detect_anomaly(check_nan):
            return vmap(grad(lambda a: (a.sqrt() * 0).sum()))(x)

    say.fails(fails, True)
    say(fails(False).isnan())
