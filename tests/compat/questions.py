"""What TensorFlow itself was asked, a piece of code each; `answer` runs one in a graph of its own.

The last expression is the answer: the text that stands for an object of the graph, the values of
arrays, the type of an error. `ask_tensorflow.py` records what TensorFlow answers.
"""

import ast

import numpy as np

SETUP = """
a = tf.constant([[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]])
b = tf.constant([[2.0, -2.0, 1.0], [0.25, 1.0, -1.0]])
i, j = tf.constant([7, -7, 3]), tf.constant([2, 2, -2])
x = tf.placeholder(tf.float32, shape=(None, 3))
p = tf.placeholder(tf.float32)
v = tf.Variable([1.0, 2.0], name="v")
W = tf.Variable(np.arange(6.0, dtype="float32").reshape(3, 2) / 3, name="W")
run = tf.Session().run
data = np.arange(6.0).reshape(2, 3) - 2.5
"""

# Each of these is a tensor; asked are its name, its shape as known and its dtype.
TENSORS = """
x | x + 1 | 1 - x | x * x | x / 2 | 2 / x | x ** 2.0 | x // 2 | x % 2 | -x | abs(x) | x < 1 | x >= x
x @ W | tf.matmul(x, W) | tf.matmul(x, W, transpose_b=False, name="product") | x[0] | x[:, 1:3]
x[..., None] | x[:5] | x[0, 1] | tf.add(x, 1) | tf.subtract(x, 1) | tf.multiply(x, x)
tf.divide(x, 2) | tf.pow(x, 2) | tf.maximum(x, 0) | tf.minimum(0.0, x) | tf.square(x) | tf.exp(x)
tf.reduce_sum(x) | tf.reduce_sum(x, axis=1) | tf.reduce_mean(x, 0, keepdims=True) | tf.reduce_sum(p)
tf.reduce_max(x, axis=[0], name="top") | tf.argmax(x, 1) | tf.cast(x, tf.int32) | tf.transpose(x)
tf.reshape(x, [-1, 5]) | tf.reshape(W, [-1]) | tf.expand_dims(x, 1) | tf.squeeze(tf.zeros((1, 3)))
tf.concat([x, x], 1) | tf.concat([x, x], 0) | tf.stack([x, x]) | tf.where(x < 1, x, x)
tf.identity(x) | tf.stop_gradient(x) | tf.zeros_like(x) | tf.shape(x) | tf.one_hot([1, 2], 3)
tf.add_n([x, x]) | tf.equal(x, x) | p | p + 1 | tf.placeholder("float", [None, 4]) | tf.zeros(1)
tf.ones((2, 3), tf.int32) | tf.constant(3) | tf.constant([1, 2.5]) | tf.constant(1.0, shape=[2, 2])
tf.random_normal((2, 3)) | tf.truncated_normal([3])
tf.random_uniform([2], maxval=9, dtype=tf.int32)
tf.nn.relu(x) | tf.nn.softmax(x) | tf.nn.sigmoid(x) | tf.nn.l2_loss(x) | v.assign([1.0, 1.0])
tf.assign(v, v * 2) | v.assign_add([1.0, 1.0]) | v.assign_sub([1.0, 1.0]) | v.read_value()
tf.nn.bias_add(x, tf.zeros(3)) | tf.placeholder_with_default(1.0, ())
tf.constant(2) / tf.constant(3)
"""

# Each of these gives arrays.
VALUES = """
a + b | a - b | a * b | a / b | a ** 2.0 | 2.0 ** a | a // b | a % b | -a | abs(a) | i / j | i // j
i % j | i + 1 | i ** 2 | 1 - i | a < b | a >= b | tf.equal(a, b) | tf.not_equal(a, b)
tf.maximum(a, b) | tf.minimum(a, b) | tf.logical_not(a < b) | tf.logical_or(a < b, b < a)
tf.maximum(tf.constant([1.0, float("nan"), 2.0]), tf.constant([float("nan"), 1.0, 3.0]))
tf.reduce_sum(a) | tf.reduce_sum(a, 0) | tf.reduce_sum(i) | tf.reduce_mean(a, 1) | tf.reduce_mean(i)
tf.reduce_max(a, 1) | tf.reduce_min(a, keepdims=True) | tf.reduce_prod(a, 0) | tf.reduce_all(a < b)
tf.reduce_any(a < b, axis=1) | tf.reduce_logsumexp(a, 1) | tf.argmax(a, 1) | tf.argmin(a)
tf.exp(a) | tf.square(a) | tf.sqrt(b * b) | tf.tanh(a) | tf.sigmoid(a) | tf.sign(a)
tf.floor(a) | tf.ceil(a)
tf.round(a * 0.5) | tf.log(b * b) | tf.rsqrt(b * b) | tf.erf(a) | tf.nn.softplus(a) | tf.nn.elu(a)
tf.nn.relu6(a * 3) | tf.nn.leaky_relu(a) | tf.nn.selu(a) | tf.nn.softsign(a) | tf.nn.softmax(a)
tf.nn.log_softmax(a) | tf.nn.softmax(a, 0) | tf.nn.l2_loss(a) | tf.nn.bias_add(a, [1.0, 2.0, 3.0])
tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.nn.softmax(b), logits=a)
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.constant([2, 0]), logits=a)
tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.sigmoid(b), logits=a)
tf.matmul(a, b, transpose_b=True) | tf.matmul(a, b, transpose_a=True) | a @ tf.transpose(b)
a[1] | a[:, 1:] | a[..., 0] | a[0, None] | tf.cast(a, tf.int32) | tf.cast(i, tf.float32)
tf.reshape(a, [3, -1]) | tf.transpose(a, [1, 0]) | tf.concat([a, b], 1) | tf.stack([a, b], 1)
tf.where(a < b, a, b) | tf.where(tf.constant([True, False]), a, b) | tf.one_hot([2, 0], 3)
tf.clip_by_value(a, -1.0, 1.0) | tf.add_n([a, b, a]) | tf.shape(a) | tf.zeros_like(a)
tf.fill([2], 7) | tf.squeeze(tf.expand_dims(a, 0)) | [a[0], (i, {"k": b})]
tf.constant(2, tf.float64) | a * 0.1 + 1
tf.gradients(tf.maximum(a, b), [a, b]) | tf.gradients(tf.minimum(a, b), [a, b])
tf.gradients(a ** tf.constant(2.0), a) | tf.gradients(tf.nn.relu(a), a) | tf.gradients(abs(a), a)
tf.gradients(tf.reduce_max(a * 0 + 1, 1), a) | tf.gradients(tf.reduce_mean(a * b), [b, a])
tf.gradients([a * a, a * b], [a, b], grad_ys=[b, a]) | tf.gradients(a, a) | tf.gradients(a / b, b)
tf.gradients(tf.gradients(tf.reduce_sum(a ** 3.0), a)[0], a)
tf.gradients(tf.matmul(a, b, False, True), a)
tf.gradients(tf.nn.elu(a), a) | tf.gradients(tf.nn.leaky_relu(a), a) | tf.gradients(tf.sign(a), a)
tf.gradients(tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.nn.softmax(b), logits=a), [a, b])
tf.gradients(tf.nn.sigmoid_cross_entropy_with_logits(labels=b, logits=a), a)
tf.gradients(tf.where(a < b, a, b), [a, b]) | tf.gradients(tf.concat([a, b], 0)[1:3], [a, b])
tf.gradients(tf.clip_by_value(a, -1.0, 1.0), a) | tf.gradients(a % b, a)
tf.gradients(tf.stop_gradient(a) * a, a) | tf.gradients(tf.reduce_sum(a * a, 0), [a])
"""

# Programs: what the last expression gives, or the type of what is raised.
PROGRAMS = {
    "feeds": "run([x * 2, tf.reduce_sum(x)], {x: data})",
    "feeds_of_what_is_no_placeholder": "c = a * 2\nrun(c + 1, {c: np.ones((2, 3))})",
    "a_default": "d = tf.placeholder_with_default(4.0, ())\n[run(d), run(d, {d: 5.0})]",
    "names_are_fetched": "run(['v/initial_value:0', 'Const:0'])",
    "the_structure_is_kept": "run({'a': [i, (j,)], 'b': tf.no_op()})",
    "kinds_of_scalars": "[type(run(t)).__name__ for t in (i[0], tf.reduce_sum(a), a[0, 0] < 1)]",
    "assigned": "run(v.initializer)\nw = v.assign(v * 2)\n[run(w), run(w), run(v)]",
    "added": "run(v.initializer)\nrun(v.assign_add([1.0, 1.0]))\nrun(v.assign_sub([0.5, 2.0]))",
    "all_initialized": "run(tf.global_variables_initializer())\nrun([v, W])",
    "read_after": "run(v.initializer)\nu = v.assign_add([1.0, 1.0])\n"
    "with tf.control_dependencies([u]):\n    r = v.read_value() * 10\n[run(r), run(v)]",
    "grouped": "run(v.initializer)\ng = tf.group(v.assign_add([1.0, 1.0]))\n[run(g), run(v)]",
    "two_sessions": "s = tf.Session()\ns.run(v.initializer)\nrun(v.initializer)\n"
    "run(v.assign([9.0, 9.0]))\n[s.run(v), run(v)]",
    "evaluated": "with tf.Session() as s:\n    v.initializer.run()\n"
    "    r = [v.eval(), (v + p).eval({p: 1})]\nr",
    "descent": "run(v.initializer)\nloss = tf.reduce_sum(tf.square(v))\n"
    "step = tf.train.GradientDescentOptimizer(0.25).minimize(loss)\n"
    "[(run([loss, step])[0], run(v)) for _ in range(3)]",
    "descent_with_a_fed_rate_and_a_counter": "n = tf.Variable(0, trainable=False, name='n')\n"
    "loss = tf.reduce_mean(tf.square(x @ W))\n"
    "step = tf.train.GradientDescentOptimizer(p).minimize(loss, global_step=n)\n"
    "run(tf.global_variables_initializer())\n"
    "[run(step, {x: data, p: r}) for r in (0.1, 0.01)] + [run([n, W])]",
    "gradients_of_variables": "run(W.initializer)\n"
    "run(tf.gradients(tf.reduce_sum((x @ W) ** 2), [W, x]), {x: data})",
    "gradients_of_what_does_not_depend": "tf.gradients(a * 2, [b, v])",
    "gradients_of_integers": "tf.gradients(i * 2, i)",
    "gradients_that_end": "[tf.gradients(f(a), a) for f in (tf.floor, tf.round, tf.stop_gradient,"
    " tf.zeros_like, tf.ones_like, tf.ceil)]",
    "a_hessian_times_a_vector": "g = tf.gradients(tf.reduce_sum(a ** 3.0), a)[0]\n"
    "run(tf.gradients(tf.reduce_sum(g * b), [a, b]))",
    "scopes": "with tf.name_scope('one'):\n    s = a + b\n    with tf.name_scope('two'):\n"
    "        t = tf.square(s)\nwith tf.name_scope('one'):\n    u = a + b\n[s.name, t.name, u.name]",
    "names_count_up": "[(a + b).name for _ in range(3)] + [tf.add(a, b).name for _ in range(2)]",
    "names_of_a_variable": "[v.name, v.op.name, v.op.type, v.initializer.name, v.value().name]",
    "two_variables_of_one_name": "[tf.Variable(1.0).name, tf.Variable(1.0).name]",
    "shapes": "[x.shape.as_list(), x.get_shape().ndims, str(p.shape), x.shape[1].value,"
    " int(x.shape[1]), x.shape[0].value, x.shape == (None, 3), W.shape.num_elements()]",
    "texts": "[str(x), str(p), repr(v), repr(x.shape), str(x.shape), repr(tf.float32),"
    " str(tf.int64)]",
    "texts_of_operations": "[repr(tf.global_variables_initializer()), repr(tf.no_op())]",
    "dtypes": "[tf.float32 == np.float32, tf.as_dtype('int32') == tf.int32, tf.float32.name,"
    " tf.float64.is_floating, tf.int32.is_integer, tf.constant(np.ones(2)).dtype == tf.float64]",
    "a_graph_of_its_own": "g = tf.Graph()\nwith g.as_default():\n    c = tf.constant(3.0)\n"
    "    n = tf.get_default_graph() is g\n[n, tf.Session(graph=g).run(c), c.graph is g]",
    "operations_of_a_graph": "g = tf.Graph()\nwith g.as_default():\n"
    "    c = tf.placeholder(tf.float32)\n"
    "    m = tf.maximum(c * c, 2.0)\n[(o.name, o.type) for o in g.get_operations()]",
    "found_by_name": "g = tf.get_default_graph()\n"
    "[g.get_tensor_by_name('v:0').name, g.get_operation_by_name('v/Assign').type]",
    "numpy_on_the_left": "run(np.array([1.0, 2.0]) * tf.constant([3.0, 4.0], tf.float64))",
    "not_fed": "run(x)",
    "not_fed_of_unknown_shape": "run(p + 1)",
    "not_initialized": "run(v)",
    "not_initialized_of_an_expression": "run(tf.matmul(x, W), {x: data})",
    "a_feed_of_a_wrong_shape": "run(x, {x: np.ones((2, 4))})",
    "a_feed_that_is_a_tensor": "run(x, {x: x})",
    "a_feed_of_an_unknown_name": "run(a, {'nothing:0': 1})",
    "a_fetch_of_a_number": "run(3)",
    "a_fetch_of_none": "run(None)",
    "a_fetch_of_an_unknown_name": "run('nothing:0')",
    "a_fetch_from_another_graph": "with tf.Graph().as_default():\n    c = tf.constant(1.0)\nrun(c)",
    "operands_of_two_graphs": "with tf.Graph().as_default():\n    c = tf.constant(1.0)\nc + x",
    "operands_of_two_dtypes": "a + i",
    "a_float_beside_integers": "i + 2.5",
    "no_float_fits_an_integer": "tf.constant(1.5, tf.int32)",
    "roots_of_integers": "tf.sqrt(i)",
    "conjunctions_of_floats": "tf.logical_and(a, b)",
    "shapes_that_never_fit": "a + tf.zeros((2, 2))",
    "products_that_never_fit": "tf.matmul(a, b)",
    "products_of_vectors": "tf.matmul(tf.zeros(3), W)",
    "shapes_that_do_not_fit_when_run": "run(p + tf.zeros(3), {p: np.ones(2)})",
    "products_that_do_not_fit_when_run": "run(tf.matmul(p, a), {p: np.ones((2, 3))})",
    "assigning_another_shape": "v.assign([1.0, 2.0, 3.0])",
    "a_boolean_of_a_tensor": "bool(a)",
    "iterating_a_tensor": "list(a)",
    "the_length_of_a_tensor": "len(a)",
    "evaluating_without_a_session": "a.eval()",
    "a_closed_session": "s = tf.Session()\ns.close()\ns.run(a)",
    "no_variables_to_train": "tf.train.GradientDescentOptimizer(1.0).minimize(tf.reduce_sum(a))",
}  # fmt: skip

# TensorFlow may write to a variable while gradients of the same run still read it, so these are
# waited for here; the front itself needs no such care.
NETWORK = """
def train(w1_start, w2_start, inputs, wanted, steps, rate):
    x = tf.placeholder(tf.float32, shape=(None, inputs.shape[1]))
    y = tf.placeholder(tf.float32, shape=(None, wanted.shape[1]))
    w1, w2 = tf.Variable(w1_start), tf.Variable(w2_start)
    guess = tf.matmul(tf.maximum(tf.matmul(x, w1), tf.zeros(1)), w2)
    loss = tf.reduce_sum((guess - y) ** 2.0)
    slopes = tf.gradients(loss, [w1, w2])
    with tf.control_dependencies([loss, *slopes]):
        updates = [w.assign(w - rate * g) for w, g in zip((w1, w2), slopes)]
    losses = []
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(steps):
            got = session.run([loss, *updates], feed_dict={x: inputs, y: wanted})
            losses.append(float(got[0]))
    return losses, got[1:]
"""


def _cases():
    for table, form in ((TENSORS, "({})"), (VALUES, "run({})")):
        for row in table.strip().splitlines():
            for text in row.split(" | "):
                yield form.format(text.strip()), form.format(text.strip())
    yield from PROGRAMS.items()


CASES = dict(_cases())


def data(n=16, d_in=20, hidden=12, d_out=4):
    """Weights, inputs (float64) and what is wanted of them, for `NETWORK`."""
    rng = np.random.default_rng(7)
    f32 = lambda *s: (rng.standard_normal(s) / 4).astype("float32")  # noqa: E731
    return f32(d_in, hidden), f32(hidden, d_out), rng.standard_normal((n, d_in)), f32(n, d_out)


def _plain(value):
    match value:
        case dict():
            return {k: _plain(v) for k, v in value.items()}
        case list() | tuple():
            return [_plain(v) for v in value]
        case np.ndarray() | np.generic():
            return {"dtype": value.dtype.name, "shape": list(value.shape), "is": value.tolist()}
        case None | bool() | int() | float() | str():
            return value
    return repr(value)


def answer(code, tf):
    """What a piece of code gives with this `tf`, as plain data."""
    tf.reset_default_graph()
    space = {"tf": tf, "np": np}
    exec(SETUP, space)
    *body, last = ast.parse(code).body
    try:
        exec(compile(ast.Module(body, []), "<question>", "exec"), space)
        return _plain(eval(compile(ast.Expression(last.value), "<question>", "eval"), space))
    except Exception as e:
        return {"raises": next(c.__name__ for c in type(e).__mro__ if c.__name__ in ERRORS)}


ERRORS = {
    "TypeError", "ValueError", "RuntimeError", "KeyError", "AssertionError", "NotImplementedError",
    "InvalidArgumentError", "FailedPreconditionError", "AttributeError", "Exception",
}  # fmt: skip


def losses(tf, steps=300, rate=1e-3):
    """The losses of `NETWORK`, and the weights at its end."""
    tf.reset_default_graph()
    space = {"tf": tf}
    exec(NETWORK, space)
    return space["train"](*data(), steps, rate)
