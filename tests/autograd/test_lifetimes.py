"""Who keeps whom alive, how deep graphs may be, and that threads and errors do no harm.

With the collector off, a tensor, node or saved value must die with its last user: nothing in the
tape is a cycle.
"""

import gc
import threading
import weakref

import pytest

import tinytorch as torch


@pytest.fixture(autouse=True)
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Box:
    pass


def leaf(*values):
    return torch.tensor(values, requires_grad=True)


def test_graph_dies_with_its_output():
    x = leaf(1.0, 2.0)
    y = x * 2
    z = y.exp()
    node, mid = weakref.ref(y.grad_fn), weakref.ref(y)
    del y
    assert node() is not None
    assert mid() is None
    del z
    assert node() is None


def test_saved_inputs_live_until_backward():
    x = leaf(1.0, 2.0)
    y = x * 2
    z = (y * y).sum()
    ref = weakref.ref(y)
    del y
    assert ref() is not None
    z.backward(retain_graph=True)
    assert ref() is not None
    z.backward()
    assert ref() is None


@pytest.mark.parametrize("name", ["exp", "sigmoid", "tanh", "sqrt", "relu"])
def test_saved_results_are_no_cycle(name):
    x = leaf(1.0, 2.0)
    y = getattr(x, name)()
    refs = weakref.ref(y), weakref.ref(y.grad_fn)
    del y
    assert [r() for r in refs] == [None, None]


def test_view_and_base():
    x = leaf(1.0, 2.0)
    b = x * 1
    v = b[:1]
    v.mul_(2)
    b.exp_()
    refs = [weakref.ref(t) for t in (b, v, b.grad_fn)]
    del b
    assert refs[0]() is not None
    del v
    assert [r() for r in refs] == [None] * 3


def test_custom_function():
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x * x
            ctx.save_for_backward(x, y)
            ctx.box = Box()
            seen.append(weakref.ref(ctx.box))
            return y

        @staticmethod
        def backward(ctx, g):
            x, _ = ctx.saved_tensors
            return 2 * x * g

    seen = []
    x = leaf(3.0)
    y = Square.apply(x)
    node = weakref.ref(y.grad_fn._engine_node)
    y.backward(retain_graph=True)
    assert y.grad_fn.box is seen[0]()
    del y
    assert node() is None
    assert seen[0]() is None


def test_hooks_and_retained_gradients():
    x = leaf(3.0)
    y = x * 2
    y.retain_grad()
    box = Box()
    y.register_hook(lambda g, box=box: None)
    z = y * 3
    refs = weakref.ref(y), weakref.ref(box)
    z.backward()
    del y, z, box
    assert [r() for r in refs] == [None, None]


def test_double_backward():
    x = leaf(3.0)
    y = x**3
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    (h,) = torch.autograd.grad(g, x, create_graph=True)
    refs = [weakref.ref(t) for t in (y, g, h, y.grad_fn, g.grad_fn, h.grad_fn)]
    del y, g, h
    assert [r() for r in refs] == [None] * 6


def test_leaf_and_accumulator():
    x = leaf(3.0)
    y = x * 2
    acc = y.grad_fn.next_functions[0][0]
    assert y.grad_fn.next_functions[0][0] is acc
    y.backward()
    ref = weakref.ref(x)
    del x, y, acc
    assert ref() is None


def test_errors_leave_the_engine_as_it_was():
    x = leaf(1.0, 2.0)
    y = x * 2
    handle = y.register_hook(lambda g: 1 / 0)
    for create in (False, True):
        with pytest.raises(ZeroDivisionError):
            y.sum().backward(retain_graph=True, create_graph=create)
        assert torch.is_grad_enabled()
    handle.remove()
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_threads_over_shared_leaves():
    w = torch.ones(1000, requires_grad=True)
    x = torch.arange(1000.0)
    start = threading.Barrier(10)

    def work():
        start.wait()
        for _ in range(50):
            (w * x).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(10)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert (w.grad == 500 * x).all()


def test_threads_over_one_graph():
    x = leaf(2.0)
    y = (x * x).exp().log()
    out = []

    def work():
        for _ in range(50):
            y.backward(retain_graph=True)
            out.append(torch.autograd.grad(y, x, retain_graph=True)[0].item())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert out == [pytest.approx(4.0)] * 200
    assert x.grad.item() == pytest.approx(800.0)


def chain(n, op):
    x = torch.ones(1, requires_grad=True)
    y = x
    for _ in range(n):
        y = op(y)
    return x, y


OPS = {
    "neg": lambda t: -t, "mul": lambda t: t * 1.0, "exp": lambda t: t.tanh(),
    "view": lambda t: t.view(1), "square": lambda t: t * t,
}  # fmt: skip


def in_thread(fn):
    errors = []

    def run():
        try:
            fn()
        except BaseException as e:
            errors.append(e)

    t = threading.Thread(target=run)
    t.start()
    t.join()
    assert not errors


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("where", ["main", "thread"])
@pytest.mark.parametrize("backward", [True, False])
def test_deep_graphs(name, where, backward):
    def run():
        x, y = chain(30_000, OPS[name])
        if backward:
            y.backward()
            assert x.grad.shape == (1,)
        del x, y

    run() if where == "main" else in_thread(run)


def test_deep_in_place_and_functions():
    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 1.0

        @staticmethod
        def backward(ctx, g):
            return g

    def run():
        x = torch.ones(2, requires_grad=True)
        b = x * 1
        for _ in range(3000):
            b[0].mul_(1.0)
        b.sum().backward()
        assert x.grad.tolist() == [1.0, 1.0]
        b = x * 1
        for _ in range(10_000):
            b = Same.apply(b)
        del b
        (g,) = torch.autograd.grad(chain_of_products(x, 3000), x, create_graph=True)
        del g

    in_thread(run)


def chain_of_products(x, n):
    y = x
    for _ in range(n):
        y = y * x
    return y.sum()


def test_a_million_nodes():
    def run(backward):
        x, y = chain(1_000_000, OPS["neg"])
        if backward:
            y.backward()
            assert x.grad.item() == 1.0

    in_thread(lambda: run(False))
    run(True)
