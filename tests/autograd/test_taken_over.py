"""A gradient that nothing else refers to becomes ``.grad`` as it is; any other is copied."""

import pytest

import tinytorch as torch


@pytest.fixture(params=[False, True], ids=["no hook", "a hook elsewhere"])
def hooked(request):
    """In a process in which no leaf has had a hook yet, and in one where some leaf has."""
    if request.param:
        torch.ones(1, requires_grad=True).register_hook(lambda g: None)


def passing(keep):
    class Passes(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *xs):
            return sum(xs[1:], xs[0].clone())

        @staticmethod
        def backward(ctx, g):
            keep(g)
            return (g,) * len(ctx.needs_input_grad)

    return Passes.apply


def test_taken_over(hooked):
    at = []
    x = torch.ones(3, requires_grad=True)
    (passing(lambda g: at.append(g.data_ptr()))(x) * 2).sum().backward()
    assert x.grad.data_ptr() == at[0]


def test_copied_where_the_program_has_it(hooked):
    kept = []
    x = torch.ones(3, requires_grad=True)
    (passing(kept.append)(x) * 2).sum().backward()
    x.grad.zero_()
    assert kept[0].tolist() == [2, 2, 2]


def test_one_of_two_is_taken_over(hooked):
    at = []
    x, y = (torch.ones(3, requires_grad=True) for _ in range(2))
    (passing(lambda g: at.append(g.data_ptr()))(x, y) * 2).sum().backward()
    assert [t.grad.data_ptr() == at[0] for t in (x, y)].count(True) == 1
    x.grad.zero_()
    assert y.grad.tolist() == [2, 2, 2]


def test_a_hook_of_the_leaf_may_keep_it():
    kept = []
    x = torch.ones(3, requires_grad=True)
    x.register_hook(kept.append)
    (x * 2).sum().backward()
    x.grad.zero_()
    assert kept[0].tolist() == [2, 2, 2]
