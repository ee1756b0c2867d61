"""What the front itself promises of graphs and sessions: orders, copies, streams, words."""

import warnings

import numpy as np
import pytest

import tinytorch as torch
from tinytorch.compat.tensorflow1 import errors


def test_all_reads_of_a_run_come_before_its_assignments(tf):
    v = tf.Variable(1.0)
    first, second = v.assign(v + 1), v.assign_add(10.0)
    with tf.Session() as s:
        s.run(v.initializer)
        assert s.run([v, v * 1, first, second, v]) == [1, 1, 2, 12, 1]
        assert s.run(v) == 12


def test_what_waits_for_an_assignment_reads_after_it(tf):
    v = tf.Variable(1.0)
    up = v.assign_add(1.0)
    before = v + 0
    with tf.control_dependencies([up]):
        after = v * 10
        with tf.control_dependencies([tf.identity(after)]):
            later = v.assign_add(v)
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        assert s.run([before, after, later]) == [1, 20, 4]
        assert s.run([before, after]) == [4, 50]


def test_what_is_given_and_what_comes_back_are_copies(tf):
    x = tf.placeholder(tf.float32, [2])
    v = tf.Variable([1.0, 2.0])
    given = np.ones(2, "float32")
    keep = v.assign(x)
    with tf.Session() as s:
        s.run(v.initializer)
        got = s.run(v)
        got += 5
        assert s.run(v).tolist() == [1, 2]
        back, kept = s.run([x, keep], {x: given})
        given += 7
        back += 3
        kept += 2
        assert s.run(v).tolist() == [1, 1]


def test_random_values_come_from_the_generator_when_they_are_run(tf):
    w1, w2 = tf.Variable(tf.random_normal((3, 20))), tf.Variable(tf.random_uniform((4,), -1, 1))
    drawn = tf.random_normal((5,), mean=2.0, stddev=0.5)
    torch.manual_seed(11)
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        a, b, c, d = *s.run([w1, w2]), s.run(drawn), s.run(drawn)
    torch.manual_seed(11)
    want = [torch.randn(3, 20), torch.rand(4) * 2 + -1, *(torch.randn(5) * 0.5 + 2 for _ in "cd")]
    for got, w in zip((a, b, c, d), want, strict=True):
        assert got.tobytes() == w.numpy().tobytes()


def test_a_seed_of_the_graph_or_of_an_operation_gives_a_stream_to_each_session(tf):
    tf.set_random_seed(3)
    r, own = tf.random_normal((20,)), tf.random_normal((20,), seed=5)
    runs = []
    for _ in range(2):
        with tf.Session() as s:
            runs.append([s.run(r), s.run(own), s.run(r)])
    assert all((a == b).all() for a, b in zip(*runs, strict=True))
    assert (runs[0][0] != runs[0][2]).all()
    assert (runs[0][0] == torch.randn(20, generator=torch.Generator().manual_seed(3)).numpy()).all()


def test_a_plan_is_made_once_for_what_is_asked_and_fed(tf):
    x = tf.placeholder(tf.float32)
    y = x * 2
    s = tf.Session()
    for n in range(5):
        assert s.run(y, {x: float(n)}) == 2 * n
    assert len(s._plans) == 1
    assert s.run(y, {y: 3.0}) == 3 and len(s._plans) == 2


def test_a_plan_that_is_run_again_is_captured_and_gives_the_same_bits(tf):
    x = tf.placeholder(tf.float32, (None, 3))
    v = tf.Variable(np.linspace(-1, 1, 6).reshape(3, 2).astype("float32"))
    loss = tf.reduce_sum(tf.tanh(x @ v) ** 2.0)
    asked = [loss, v.assign_sub(0.1 * tf.gradients(loss, v)[0]), x, v]
    given = {x: np.arange(12.0).reshape(4, 3) / 7}
    runs = []
    for captured in (True, False):
        s = tf.Session()
        s.run(v.initializer)
        runs.append([s.run(asked, given)])
        (plan,) = [p for p in s._plans.values() if p.fed]
        if not captured:
            plan.call = plan.again = plan.step
        runs[-1] += [s.run(asked, given) for _ in range(4)]
        if captured:
            (graph,) = plan.again.graphs
            assert "tanh" in str(graph) and plan.again.reason is None
    bits = [[a.tobytes() for run in r for a in run] for r in runs]
    assert bits[0] == bits[1]


def test_a_captured_plan_still_takes_other_shapes_and_refuses_what_does_not_fit(tf):
    x = tf.placeholder(tf.float32)
    y = tf.reduce_sum(tf.matmul(x, tf.constant([[1.0], [2.0]])))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        s = tf.Session()
        for n in (1, 1, 2, 2, *range(3, 14), 1):
            assert s.run(y, {x: np.ones((n, 2))}) == 3 * n
        with pytest.raises(errors.InvalidArgumentError):
            s.run(y, {x: np.ones((2, 3))})
        assert s.run(y, {x: np.ones((1, 2))}) == 3


def test_random_plans_draw_anew_however_often_they_are_run(tf):
    tf.set_random_seed(1)
    r = tf.random_normal((4,)) * 2
    s, g = tf.Session(), torch.Generator().manual_seed(1)
    for _ in range(4):
        assert (s.run(r) == (torch.randn(4, generator=g) * 2).numpy()).all()


def test_only_what_is_asked_for_is_run(tf):
    x = tf.placeholder(tf.float32, [2])
    broken = tf.reshape(tf.placeholder(tf.float32), [5])
    with tf.Session() as s:
        assert s.run([x * 2, {"a": (x,)}], {x: [1, 2]})[0].tolist() == [2, 4]
        with pytest.raises(errors.InvalidArgumentError, match="You must feed a value"):
            s.run(broken)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_gradients_of_gradients_are_the_tapes(tf, order):
    x = tf.placeholder(tf.float64, [3])
    t = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    y, u = tf.tanh(x) * x, torch.tanh(t) * t
    for _ in range(order):
        (y,) = tf.gradients(tf.reduce_sum(y), x)
        (u,) = torch.autograd.grad(u.sum(), t, create_graph=True)
    with tf.Session() as s:
        assert s.run(y, {x: t.detach().numpy()}).tobytes() == u.detach().numpy().tobytes()


def test_a_gradient_by_something_on_the_way(tf):
    x = tf.constant([1.0, 2.0])
    h = x * 3
    again = tf.identity(h)
    y = h * h + again * 5
    with tf.Session() as s:
        by = s.run(tf.gradients(y, [x, h, again]))
    assert [g.tolist() for g in by] == [[33, 51], [11, 17], [5, 5]]


def test_a_gradient_by_a_variable_counts_every_reading(tf):
    v = tf.Variable(3.0)
    (g,) = tf.gradients(v * v + v.read_value() * 5, v)
    with tf.Session() as s:
        s.run(v.initializer)
        assert s.run([g, v.assign_sub(g), v]) == [11, -8, 3]


WORDS = [
    (
        lambda tf, s: s.run(tf.placeholder(tf.float32, (None, 1000))),
        errors.InvalidArgumentError,
        "You must feed a value for placeholder tensor 'Placeholder' with dtype float and shape "
        "[?,1000]\n\t [[{{node Placeholder}}]]",
    ),
    (
        lambda tf, s: s.run(tf.Variable(1.0) + 1),
        errors.FailedPreconditionError,
        "Attempting to use uninitialized value Variable\n\t [[{{node Variable}}]]",
    ),
    (
        lambda tf, s: s.run(p := tf.placeholder(tf.int32, (None, 2)), {p: np.ones((3, 5))}),
        ValueError,
        "Cannot feed value of shape (3, 5) for Tensor 'Placeholder:0', which has shape '(?, 2)'",
    ),
    (
        lambda tf, s: tf.matmul(tf.placeholder(tf.float32, (None, 3)), tf.ones((2, 5))),
        ValueError,
        "Dimensions must be equal, but are 3 and 2 for 'MatMul' (op: 'MatMul') with input shapes: "
        "[?,3], [2,5].",
    ),
    (
        lambda tf, s: tf.constant(1.0) + tf.constant(1.0, tf.float64),
        TypeError,
        "Input 'y' of 'AddV2' Op has type float64 that does not match type float32 of argument "
        "'x'.",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(WORDS)))
def test_words_of_errors(tf, case):
    f, kind, text = WORDS[case]
    with tf.Session() as s, pytest.raises(kind) as e:
        f(tf, s)
    assert str(e.value) == text


def test_an_error_while_running_names_the_operation(tf):
    p = tf.placeholder(tf.float32)
    with tf.Session() as s, pytest.raises(errors.InvalidArgumentError) as e:
        s.run(tf.matmul(p, p, name="product"), {p: np.ones((2, 3))})
    assert e.value.op.name == "product" and "[[{{node product}}]]" in str(e.value)
    assert isinstance(e.value.__cause__, RuntimeError)


def test_an_interactive_session_is_the_default_one_until_it_is_closed(tf):
    s = tf.InteractiveSession()
    assert tf.constant(2.0).eval() == 2 and tf.get_default_session() is s
    s.close()
    assert tf.get_default_session() is None


def test_names_that_are_not_here_say_what_this_is_for(tf):
    for module, name in ((tf, "layers"), (tf.nn, "conv2d"), (tf.train, "AdamOptimizer")):
        with pytest.raises(
            AttributeError, match="a small front of TensorFlow 1's static graphs"
        ) as e:
            getattr(module, name)
        assert isinstance(e.value, errors.UnknownNameError) and e.value.name == name
    assert not hasattr(tf, "__wrapped__")
    assert all(getattr(tf, name) is not None for name in tf.__all__)
    assert set(dir(tf)) == set(tf.__all__)


def test_every_public_name_says_what_it_is(tf):
    from tinytorch.compat.tensorflow1._dtypes import DType

    things = [getattr(m, n) for m in (tf, tf.nn, tf.train) for n in m.__all__]
    silent = [
        x for x in things if not isinstance(x, (DType, str)) and not (x.__doc__ or "").strip()
    ]
    assert not silent
