"""`compile`: a captured function answers as the function does, and never with a stale answer."""

import threading
import types

import numpy as np
import pytest

import tinytorch as torch
from tinytorch import nn
from tinytorch.capture import Unsupported
from tinytorch.nn import functional as F

EXACT = ("numpy", "frozen")


@pytest.fixture(params=EXACT, autouse=True)
def backend(request):
    with torch.use_backend(request.param):
        yield request.param


def tensors():
    torch.manual_seed(0)
    return torch.randn(2, 3), torch.randn(2, 3), torch.arange(6.0).reshape(2, 3)


FUNCTIONS = {
    "arithmetic": lambda a: a * 2 + 1,
    "a view of the argument": lambda a: a.t()[0],
    "the argument itself": lambda a: a,
    "in place on a copy": lambda a: a.clone().add_(1).mul_(a),
    "rows written": lambda a: a.clone().index_fill_(0, torch.tensor([1]), 3.0),
    "a slice written": lambda a: torch.zeros(4, 3).index_copy_(0, torch.tensor([2, 0]), a),
    "a choice by values": lambda a: torch.where(a > 0, a, -a.exp()),
    "a constant": lambda a: a + torch.tensor([1.0, 2.0, 3.0]),
    "several results": lambda a: (a.sum(0), {"max": a.max(), "both": [a, a * 2]}, 3),
    "sorted": lambda a: a.sort(1),
    "einsum": lambda a: torch.einsum("ij,kj->ik", a, a),
    "double": lambda a: a.double().cumsum(1).to(torch.float16),
    "empty": lambda a: a[:0].sum() + a.numel(),
    "0-d truths": lambda a: (a[0, 0] > 0) & (a[0, 1] < 0) | (a[1, 0] > 9),
    "embedding": lambda a: F.embedding(torch.tensor([[0, 1], [1, 1]]), a),
    "convolution": lambda a: F.conv1d(a[None], torch.ones(2, 2, 2)),
}  # fmt: skip


def flat(x):
    if isinstance(x, dict):
        return flat(list(x.values()))
    return [y for v in x for y in flat(v)] if isinstance(x, (list, tuple)) else [x]


def agree(want, have):
    for a, b in zip(flat(want), flat(have), strict=True):
        if isinstance(a, torch.Tensor):
            assert torch.equal(a, b) and a.dtype is b.dtype and a.requires_grad == b.requires_grad
        else:
            assert a == b


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_captured_function_gives_what_the_function_gives(name):
    f = FUNCTIONS[name]
    c = torch.compile(f)
    for x in tensors() * 2:
        agree(f(x), c(x))
    assert c.entries and c.reason is None


@pytest.mark.filterwarnings("ignore:.*returns a view that has a history")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_flow_through_a_captured_function(name):
    f = FUNCTIONS[name]
    c = torch.compile(f)
    for x in tensors()[:2] * 2:
        grads = []
        for g in (f, c):
            leaf = x.clone().requires_grad_()
            out = [y for y in flat(g(leaf)) if isinstance(y, torch.Tensor) and y.requires_grad]
            for i, y in enumerate(out):
                y.float().pow(2).sum().backward(retain_graph=i + 1 < len(out))
            grads.append(leaf.grad)
        if grads[0] is None:
            assert grads[1] is None
        else:
            assert torch.allclose(*grads, rtol=1e-6, atol=1e-6)


# --- trainings ------------------------------------------------------------------------------------

OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "nesterov": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=1e-4),
    "adam": lambda p: torch.optim.Adam(p, amsgrad=True),
    "adamw": lambda p: torch.optim.AdamW(p),
    "rmsprop": lambda p: torch.optim.RMSprop(p, momentum=0.5, centered=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr_decay=0.1),
}


def training(make, noisy):
    torch.manual_seed(0)
    parts = [nn.Linear(5, 8), *([nn.BatchNorm1d(8)] if noisy else []), nn.ReLU()]
    model = nn.Sequential(*parts, nn.Dropout(0.3 if noisy else 0.0), nn.Linear(8, 3))
    optimizer = make(model.parameters())
    x, y = torch.randn(16, 5), torch.randint(0, 3, (16,))

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, model, optimizer, (x, y)


@pytest.mark.parametrize("noisy", [False, True], ids=["plain", "dropout and batch norm"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_captured_training_step_is_the_step_bit_for_bit(name, noisy):
    results = []
    for compiled in (False, True):
        step, model, optimizer, batch = training(OPTIMIZERS[name], noisy)
        if compiled:
            step = torch.compile(step)
        losses = [step(*batch).item() for _ in range(8)]
        optimizer.param_groups[0]["lr"] *= 0.5
        losses += [step(*batch).item() for _ in range(4)]
        state = [v for s in optimizer.state.values() for v in s.values()]
        results.append((losses, [*model.parameters(), *model.buffers()], state))
    assert len(step.entries) == 1 and step.reason is None
    assert results[0][0] == results[1][0]
    for a, b in zip(flat(results[0][1:]), flat(results[1][1:]), strict=True):
        assert torch.equal(a, b) and a._version == b._version


def test_the_result_of_a_step_that_went_backward_has_a_spent_history():
    step, _, _, batch = training(OPTIMIZERS["sgd"], False)
    step = torch.compile(step)
    for _ in range(3):
        loss = step(*batch)
    assert loss.requires_grad and loss.grad_fn.name() == "CompiledFunctionBackward"
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        loss.backward()


# --- what a program takes for granted -------------------------------------------------------------

RATE = 3.0


class Settings:
    rate = 2.0


def scaled(x):
    return x * RATE


def test_a_global_number_is_watched(monkeypatch):
    c = torch.compile(scaled)
    x = torch.ones(2)
    assert c(x)[0] == c(x)[0] == 3
    monkeypatch.setitem(globals(), "RATE", 5.0)
    assert c(x)[0] == 5 and len(c.entries) == 2
    monkeypatch.undo()
    assert c(x)[0] == 3 and len(c.entries) == 2


def test_attributes_of_classes_objects_and_modules_are_watched(monkeypatch):
    holder = types.SimpleNamespace(rate=2.0, parts=[1.0, 2.0])

    def f(x):
        return x * Settings.rate * holder.rate + sum(holder.parts)

    c, x = torch.compile(f), torch.ones(2)
    for change in (
        lambda: None,
        lambda: monkeypatch.setattr(Settings, "rate", 7.0),
        lambda: setattr(holder, "rate", 3.0),
        lambda: holder.parts.append(4.0),
        lambda: holder.parts.__setitem__(0, 9.0),
    ):
        change()
        for _ in range(2):
            assert torch.equal(c(x), f(x))
    assert len(c.entries) == 5


class Scale:
    __slots__ = ("k",)
    base = 2.0

    def __call__(self, x):
        return x * self.k + self.base


def test_slots_attributes_of_an_objects_class_and_sets_are_watched(monkeypatch):
    scale, names = Scale(), {"a", "b"}
    scale.k = 3.0

    def f(x):
        return scale(x) + ("a" in names)

    c, x = torch.compile(f), torch.ones(2)
    for change in (
        lambda: None,
        lambda: setattr(scale, "k", 5.0),
        lambda: monkeypatch.setattr(Scale, "base", 9.0),
        lambda: (names.remove("a"), names.add("c")),
    ):
        change()
        for _ in range(2):
            assert torch.equal(c(x), f(x))
    assert len(c.entries) == 4


def test_zeros_of_both_signs_are_two_numbers():
    c, x = torch.compile(lambda x, k: x / k), torch.ones(1)
    for k in (0.0, -0.0) * 2:
        assert c(x, k).item() == (x / k).item()
    assert len(c.entries) == 2


def test_variables_of_an_enclosing_function_are_watched():
    rate = 2.0

    def f(x):
        return x * rate

    c, x = torch.compile(f), torch.ones(1)
    assert c(x) == c(x) == 2
    rate = 4.0
    assert c(x) == 4


def test_an_array_is_watched_by_value():
    array = np.ones(3, np.float32)

    def f(x):
        return x + torch.from_numpy(array)

    c, x = torch.compile(f), torch.zeros(3)
    assert c(x).tolist() == c(x).tolist() == [1, 1, 1]
    array[1] = 5
    assert c(x).tolist() == [1, 5, 1]


def test_shapes_dtypes_numbers_and_grad_mode_are_watched():
    c = torch.compile(lambda x, k: x * k)
    calls = [
        (torch.ones(2), 2), (torch.ones(3), 2), (torch.ones(2, dtype=torch.float64), 2),
        (torch.ones(2), 3), (torch.ones(2), True), (torch.ones(2, requires_grad=True), 2),
    ]  # fmt: skip
    for x, k in calls * 2:
        agree(x * k, c(x, k))
    assert len(c.entries) == len(calls)
    with torch.no_grad():
        assert not c(*calls[-1]).requires_grad
    assert len(c.entries) == len(calls) + 1


def test_the_mode_of_a_module_is_watched():
    torch.manual_seed(0)
    m = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5))
    c = torch.compile(m)
    x = torch.ones(4, 3)
    for training in (True, False, True, False):
        m.train(training)
        torch.manual_seed(1)
        want = m(x)
        torch.manual_seed(1)
        assert torch.equal(c(x), want)
    assert len(c._compiled.entries) == 2


def test_arguments_that_are_one_tensor_are_not_two():
    c = torch.compile(lambda a, b: a.mul_(2) + b)
    for same in (True, False) * 2:
        x = torch.ones(2)
        y = x if same else torch.ones(2)
        assert c(x, y).tolist() == ([4, 4] if same else [3, 3])


def test_tensors_over_one_memory_are_not_two():
    c = torch.compile(lambda a, b: a.add_(1) * 1 + b)
    for shared in (True, False) * 2:
        base = torch.zeros(4)
        a, b = base[:2], (base[1:3] if shared else torch.zeros(2))
        assert c(a, b).tolist() == ([2, 1] if shared else [1, 1])
        assert base.tolist() == [1, 1, 0, 0]


def test_after_eight_kinds_of_calls_a_function_runs_as_it_is():
    c = torch.compile(lambda x, k: x + k)
    with pytest.warns(UserWarning, match="captured 8 times"):
        for k in range(10):
            assert c(torch.zeros(1), k) == k
    assert c.reason is not None


# --- what cannot be captured ----------------------------------------------------------------------

it = iter(range(1000))
calls = []

REFUSED = {
    "value of a tensor is read": lambda x: x * 2 if x.sum() > 0 else x,
    "shape of a result depends": lambda x: x[x > 0],
    "prints": lambda x: print(end="") or x * 2,
    "an iterator": lambda x: x * next(it),
    "random stream": lambda x: x * 0 + float(np.random.rand()) * 0,
    "state of a random generator": lambda x: torch.manual_seed(3) and x + torch.rand(3),
    "returns": lambda x: {1, 2} and {frozenset([1])} and Settings,
}  # fmt: skip


@pytest.mark.parametrize("reason", REFUSED)
def test_what_cannot_be_captured_runs_as_it_is_and_says_why(reason):
    f = REFUSED[reason]
    c = torch.compile(f)
    x = torch.ones(3)
    with pytest.warns(UserWarning, match=reason) as told:
        c(x)
    assert "test_compile.py" in str(told[0].message)
    for x in (torch.ones(3), -torch.ones(3)):
        want, have = f(x), c(x)
        assert have is want if want is Settings else have.shape == want.shape
    if reason == "value of a tensor is read":
        assert c(-torch.ones(3)).tolist() == [-1, -1, -1]


@pytest.mark.parametrize("reason", REFUSED)
def test_fullgraph_raises_instead_and_names_the_line(reason):
    c = torch.compile(REFUSED[reason], fullgraph=True)
    with pytest.raises(Unsupported, match=r"(?s)" + reason + ".*test_compile.py.*line"):
        c(torch.ones(3))


def test_a_function_that_changes_what_it_refers_to_is_not_captured():
    def f(x):
        calls.append(1)
        return x + len(calls)

    calls.clear()
    c = torch.compile(f)
    with pytest.warns(UserWarning, match="each run changes"):
        assert [c(torch.zeros(1)).item() for _ in range(6)] == [1, 2, 3, 4, 5, 6]


def test_an_error_comes_through_and_leaves_nothing_behind(backend):
    P = torch.zeros(1)._p
    before = dict(vars(P))
    c = torch.compile(lambda x: x @ torch.ones(7))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="size mismatch"):
            c(torch.ones(2, 3))
    assert all(vars(P)[k] is v for k, v in before.items())
    assert c.entries == [] and torch.compile(lambda x: x + 1)(torch.zeros(1)) == 1


# --- effects --------------------------------------------------------------------------------------


def test_writes_reach_tensors_their_views_and_their_versions():
    base = torch.zeros(4, 3)
    row, seen = base[1:3], base.detach()

    def f(x):
        row.add_(x)
        return base * 1

    c = torch.compile(f)
    for k in range(1, 5):
        out = c(torch.ones(2, 3))
        assert out.sum() == base.sum() == seen.sum() == row.sum() == 6 * k
        assert base._version == row._version == k
    assert c.entries


def test_gradients_accumulate_where_they_are():
    w = torch.ones(3, requires_grad=True)
    c = torch.compile(lambda x: (x * w).sum().backward())
    c(torch.ones(3))
    kept = w.grad
    for _ in range(3):
        c(torch.ones(3))
    assert w.grad is kept and kept.tolist() == [4, 4, 4]


def test_a_graph_of_results_is_freed_and_its_saved_tensors_are_guarded():
    w = torch.ones(3, requires_grad=True)
    c = torch.compile(lambda x: (x * w).exp())
    for _ in range(3):
        out = c(torch.ones(3))
    out.sum().backward(retain_graph=True)
    out.sum().backward()
    assert torch.allclose(w.grad, 2 * torch.ones(3).exp())
    with pytest.raises(RuntimeError, match="a second time"):
        out.sum().backward()
    out = c(torch.ones(3))
    with torch.no_grad():
        out.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()
    out = c(torch.ones(3))
    with pytest.raises(RuntimeError, match="does not currently support double backward"):
        torch.autograd.grad(out.sum(), w, create_graph=True)


def test_random_numbers_are_drawn_anew_and_in_eager_order():
    def f(x):
        return x + torch.rand(3), F.dropout(x, 0.5), torch.randn(2), torch.randint(0, 9, (4,))

    c, x = torch.compile(f), torch.ones(3)
    torch.manual_seed(5)
    want = [f(x) for _ in range(4)]
    torch.manual_seed(5)
    agree(want, [c(x) for _ in range(4)])
    assert len(c.entries) == 1


# --- graphs ---------------------------------------------------------------------------------------


def test_a_graph_prints_counts_and_runs_with_other_feeds():
    w = torch.full((3,), 2.0)

    def f(x):
        return (x * w).relu().sum()

    c = torch.compile(f)
    c(torch.ones(2, 3))
    (g,) = c.graphs
    assert str(g).splitlines() == [
        "graph f(",
        "    %0 arg0: float32[2, 3],",
        "    %1 w: float32[3],",
        "):",
        "    %2: float32[2, 3] = multiply(%0, %1)",
        "    %3: float32[2, 3] = relu(%2)",
        "    %4: float32[] = sum(%3, None, False)",
        "    return %4",
    ]
    assert len(g) == 3 and g.count() == {"multiply": 1, "relu": 1, "sum": 1}
    (out,) = g.run(torch.full((2, 3), 3.0), torch.tensor([1.0, -1.0, 2.0]))
    assert out.item() == 18
    with pytest.raises(ValueError, match="has 2 inputs, not 1"):
        g.run(torch.ones(2, 3))
    with pytest.raises(ValueError, match=r"input arg0 of f is float32\[2, 3\], not float32\[3\]"):
        g.run(torch.ones(3), w)


def test_a_graph_that_writes_leaves_its_feeds_alone():
    c = torch.compile(lambda x: x.mul_(3) + 1)
    c(torch.ones(2))
    feed = torch.ones(2)
    assert c.graphs[0].run(feed)[-1].tolist() in ([4, 4], [3, 3])
    assert feed.tolist() == [1, 1]


# --- the surface ----------------------------------------------------------------------------------


def test_the_names_of_torch():
    @torch.compile(dynamic=True, backend="inductor", mode="max-autotune")
    def f(x):
        return x + torch.compiler.is_compiling()

    assert f(torch.zeros(1)) == 1 and f.__name__ == "f"
    assert not torch.compiler.is_compiling()
    torch.compiler.reset()
    assert f.entries == []
    assert torch.compile(scaled, disable=True) is scaled
    with pytest.raises(RuntimeError, match="both can't be specified"):
        torch.compile(scaled, mode="default", options={})
    with pytest.raises(AssertionError, match="A callable function is expected"):
        torch.compile(3)


def test_a_stance_turns_capture_off_for_a_while():
    c = torch.compile(lambda x: x + 1)
    with torch.compiler.set_stance("force_eager"):
        assert c(torch.zeros(1)) == 1 and c.entries == []
    assert c(torch.zeros(1)) == 1 and len(c.entries) == 1
    with pytest.raises(RuntimeError, match="invalid torch.compile stance 'x'"):
        torch.compiler.set_stance("x")
    torch._dynamo.reset()
    assert c.entries == []


def test_a_module_may_compile_itself():
    m = nn.Linear(2, 2)
    x = torch.ones(1, 2)
    want = m(x)
    m.compile()
    for _ in range(3):
        assert torch.equal(m(x), want)
    assert m.forward.entries and list(m.state_dict()) == ["weight", "bias"]


def test_transforms_pass_through_and_may_be_captured():
    f = lambda x: (x.sin() * x).sum()  # noqa: E731
    c, x = torch.compile(f), torch.randn(4, 3)
    whole = torch.compile(torch.func.vmap(torch.func.grad(f)))
    for _ in range(3):
        agree(torch.vmap(f)(x), torch.vmap(c)(x))
        agree(torch.func.grad(f)(x), torch.func.grad(c)(x))
        agree(torch.func.vmap(torch.func.grad(f))(x), whole(x))
    assert len(whole.entries) == 1 and whole.reason is None and c.entries == []


def test_a_compiled_module_is_a_module():
    m = nn.Linear(2, 2)
    c = torch.compile(m)
    assert list(c.state_dict()) == ["_orig_mod.weight", "_orig_mod.bias"]
    assert c.weight is m.weight and list(c.parameters()) == list(m.parameters())
    assert not c.eval().training and not m.training


def test_methods_and_nested_functions_are_captured():
    class Model:
        def __init__(self, k):
            self.k = torch.tensor(k)

        @torch.compile
        def double(self, x):
            return inner(x) * self.k

    @torch.compile
    def inner(x):
        return x + 1

    for k in (2.0, 3.0):
        m = Model(k)
        for _ in range(3):
            assert m.double(torch.ones(1)) == 2 * k
    assert inner.entries == []


def test_threads_may_call_and_compute_beside_a_capture():
    w = torch.ones(50, 50)
    c = torch.compile(lambda x: (x @ w).tanh().sum())
    want = c.fn(torch.ones(50, 50)).item()
    wrong = []

    def work():
        for _ in range(20):
            if c(torch.ones(50, 50)).item() != want or (w * 2).sum().item() != 5000:
                wrong.append(1)
            c.reset()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong
