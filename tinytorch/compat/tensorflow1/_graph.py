"""The static graph: operations that were named once and are run many times.

An operation holds what computes it on tinytorch tensors (`compute`), nothing else is said about
it: the session finds the operations that a fetch needs and calls these in the order in which they
were made, which is an order in which they can run, since an operation's inputs exist before it.
A few kinds of operation need the session itself, and say so by `kind`:

    value      compute(*values) -> value, or a tuple for several outputs
    constant   compute() -> value, the same in every run, made once
    feed       a placeholder
    variable   the value that the session holds
    assign     compute(*values) -> the new value, which the session holds from then on
    random     compute(generator) -> value
    gradients  of the tensors `of` by the tensors `by`, weighted by `weights`
    none       no value, only the order

Of an operation that computes a value, `weak` lists the operands that may be given as Python
numbers, and `differentiable` is False where gradients end.
"""

from __future__ import annotations

from contextlib import contextmanager

from ._dtypes import as_dtype
from ._shapes import UNKNOWN, TensorShape, brief


class Graph:
    """Operations in the order of their making, each under a name of its own (tf.Graph)."""

    def __init__(self):
        self.operations, self.by_name, self.used = [], {}, {}
        self.variables, self.trainable = [], []
        self.seed = None
        self.scopes, self.before = [""], [()]

    @contextmanager
    def as_default(self):
        """New operations go into this graph."""
        _stack.append(self)
        try:
            yield self
        finally:
            _stack.remove(self)

    @contextmanager
    def name_scope(self, name):
        """New operations are named ``name/…``; yields the scope's own name with its slash."""
        scope = "" if not name else name if name.endswith("/") else self.unique_name(name) + "/"
        self.scopes.append(scope)
        try:
            yield scope
        finally:
            self.scopes.pop()

    @contextmanager
    def control_dependencies(self, inputs):
        """New operations run after the operations of `inputs`; None forgets those around."""
        given = [self.as_graph_element(x).op_ for x in inputs or ()]
        self.before.append(() if inputs is None else (*self.before[-1], *given))
        try:
            yield
        finally:
            self.before.pop()

    def unique_name(self, name):
        """`name` in the present scope, numbered where it has been used, upper case or lower.

        A name that ends in ``/`` is whole already and stands without it.
        """
        if name.endswith("/"):
            return name[:-1]
        whole = base = self.scopes[-1] + name
        i = self.used.get(whole.lower(), 0)
        self.used[whole.lower()] = i + 1
        if i:
            while whole.lower() in self.used:
                whole, i = f"{base}_{i}", i + 1
            self.used[whole.lower()] = 1
        return whole

    def create(self, type, inputs, outputs, compute, *, name=None, kind="value", **more):
        """A new operation; `outputs` are (dtype, shape) pairs.

        Raises ValueError for an input of another graph.
        """
        for t in inputs:
            if t.graph is not self:
                raise ValueError(
                    f"{t} must be from the same graph as the operation that uses it "
                    f"(graphs are {t.graph} and {self})."
                )
        name = self.unique_name(name or type)
        op = Operation(self, type, name, inputs, self.before[-1], compute, kind, **more)
        op.outputs = [Tensor(op, i, dtype, shape) for i, (dtype, shape) in enumerate(outputs)]
        op.index = len(self.operations)
        self.operations.append(op)
        self.by_name[name] = op
        return op

    def get_operations(self):
        return list(self.operations)

    def get_operation_by_name(self, name):
        """The operation `name`; KeyError if there is none."""
        if name not in self.by_name:
            raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
        return self.by_name[name]

    def get_tensor_by_name(self, name):
        """The tensor ``operation:output``; KeyError if there is none."""
        head, colon, at = name.rpartition(":")
        if not colon or not at.isdigit():
            raise ValueError(f'Tensor names must be of the form "<op_name>:<output>", not {name!r}')
        op = self.by_name.get(head)
        if op is None or int(at) >= len(op.outputs):
            why = f"The operation, {head!r}, does not exist in the graph."
            raise KeyError(f"The name {name!r} refers to a Tensor which does not exist. {why}")
        return op.outputs[int(at)]

    def as_graph_element(self, x):
        """The Tensor or Operation of this graph that `x`, maybe a name or a variable, means.

        Raises TypeError for what is none of these, ValueError or KeyError for what is not here.
        """
        if isinstance(x, str):
            return self.get_tensor_by_name(x) if ":" in x else self.get_operation_by_name(x)
        x = getattr(x, "ref_", x)
        if not isinstance(x, (Tensor, Operation)):
            kind = type(x).__name__
            raise TypeError(f"Can not convert a {kind} into a Tensor or Operation.")
        if x.graph is not self:
            raise ValueError(f"{type(x).__name__} {x} is not an element of this graph.")
        return x


def itself(x):
    """The `compute` of an operation that passes its operand on."""
    return x


class Operation:
    """One node of a graph (tf.Operation)."""

    def __init__(self, graph, type, name, inputs, control_inputs, compute, kind,
                 differentiable=True, weak=(), number=None, seed=None):  # fmt: skip
        self.graph, self.type, self.name = graph, type, name
        self.inputs, self.control_inputs = list(inputs), list(control_inputs)
        self.compute, self.kind, self.differentiable = compute, kind, differentiable
        self.weak, self.number, self.seed = weak, number, seed
        self.variable = None

    @property
    def op_(self):
        return self

    def run(self, feed_dict=None, session=None):
        """Run this operation in the given session, or in the default one."""
        _session(session, "run()").run(self, feed_dict)

    def __repr__(self):
        return f"<tf.Operation {self.name!r} type={self.type}>"


class Symbol:
    """What a Tensor and a Variable share: operators, put here by `_ops`, and no values."""

    __array_ufunc__ = None

    def eval(self, feed_dict=None, session=None):
        """The value, as a NumPy array, in the given session or in the default one.

        Raises ValueError where there is none.
        """
        return _session(session, "eval()").run(self, feed_dict)

    def __bool__(self):
        raise TypeError(
            "Using a `tf.Tensor` as a Python `bool` is not allowed: it has no value before a "
            "session runs it. Use `is not None` to ask whether there is one, tf.where to choose."
        )

    def __iter__(self):
        raise TypeError(
            f"{self} cannot be iterated over: it has no value before a session runs it."
        )

    def __len__(self):
        raise TypeError(f"len is not well defined for {self}. Use its shape instead.")

    def __array__(self, *args, **kwargs):
        raise NotImplementedError(
            f"Cannot convert {self} to a numpy array: it has no value before a session runs it."
        )


class Tensor(Symbol):
    """An output of an operation (tf.Tensor): dtype, shape as far as known, and a name."""

    def __init__(self, op, value_index, dtype, shape=UNKNOWN):
        self.op, self.value_index = op, value_index
        self.dtype, self.shape = as_dtype(dtype), TensorShape(shape)

    @property
    def graph(self):
        return self.op.graph

    @property
    def op_(self):
        return self.op

    @property
    def name(self):
        return f"{self.op.name}:{self.value_index}"

    def get_shape(self):
        return self.shape

    def set_shape(self, shape):
        """Say more of the shape than was known; ValueError where it contradicts that."""
        self.shape = self.shape.merge_with(shape)

    @property
    def _spoken(self):
        return self.dtype.name + "_ref" * (self.op.variable is not None)

    def __repr__(self):
        return f"<tf.Tensor {self.name!r} shape={self.shape} dtype={self._spoken}>"

    def __str__(self):
        shape = "" if self.shape.dims is None else f", shape={self.shape}"
        return f'Tensor("{self.name}"{shape}, dtype={self._spoken})'


_stack = [Graph()]
sessions = []


def get_default_graph():
    """The graph that new operations go into (tf.get_default_graph)."""
    return _stack[-1]


def reset_default_graph():
    """Begin with an empty graph (tf.reset_default_graph); AssertionError inside of another's."""
    if len(_stack) > 1:
        raise AssertionError("Do not use tf.reset_default_graph() to clear nested graphs.")
    _stack[0] = Graph()


def begin_anew():
    """As a fresh process has it: one empty graph, no session."""
    _stack[:] = [Graph()]
    sessions.clear()


def name_scope(name, default_name=None, values=None):
    """Operations made inside are named ``name/…`` (tf.name_scope)."""
    return get_default_graph().name_scope(name or default_name)


def control_dependencies(control_inputs):
    """Operations made inside run after the given ones (tf.control_dependencies)."""
    return get_default_graph().control_dependencies(control_inputs)


def set_random_seed(seed):
    """Random operations of this graph draw from a stream of its own in each session.

    All draw from one stream, which begins as ``torch.manual_seed(seed)`` does; without a seed they
    draw from tinytorch's own generator (tf.set_random_seed).
    """
    get_default_graph().seed = seed


def get_default_session():
    """The session entered last, or None (tf.get_default_session)."""
    return sessions[-1] if sessions else None


def _session(session, asked):
    session = session or get_default_session()
    if session is None:
        raise ValueError(
            f"`{asked}` needs a session, and no default session is registered. Use "
            f"`with sess.as_default()` or pass one by `session=sess`."
        )
    return session


def build(type, inputs, dtype, shape, compute, name=None, **more):
    """An operation with one output: that output. `shape` is a rule's result, called with no args.

    A rule's ValueError gets the operation's name and its inputs' shapes.
    """
    graph = get_default_graph()
    try:
        out = shape()
    except ValueError as e:
        shapes = ", ".join(brief(t.shape) for t in inputs)
        called = name[:-1] if name and name.endswith("/") else graph.scopes[-1] + (name or type)
        where = f"{called!r} (op: {type!r}) with input shapes: {shapes}"
        raise ValueError(f"{e} for {where}.") from None
    return graph.create(type, inputs, [(dtype, out)], compute, name=name, **more).outputs[0]
