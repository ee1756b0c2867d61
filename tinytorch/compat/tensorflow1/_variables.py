"""Variables: values that a session keeps from run to run, and the operations that change them.

A variable is four operations, as TensorFlow names them: the initial value, ``Variable`` that
stands for what the session holds, ``Variable/Assign`` and ``Variable/read``. In one run all that
reads a variable sees the value from before the run, unless it is made to wait for an assignment by
tf.control_dependencies; what an assignment returns is the new value.
"""

from __future__ import annotations

import operator

from ._dtypes import as_dtype
from ._graph import Symbol, get_default_graph, itself
from ._ops import constant, convert, public


class Variable(Symbol):
    """A value kept by a session (tf.Variable), first what `initial_value` gives.

    Its shape and dtype are the initial value's. Trainable ones are what an optimizer trains.
    """

    def __init__(self, initial_value=None, trainable=True, name=None, dtype=None):
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        graph = get_default_graph()
        name = graph.unique_name(name or "Variable")
        value = initial_value() if callable(initial_value) else initial_value
        with graph.control_dependencies(None):
            if isinstance(value, Symbol):
                value = convert(value, dtype)
            else:
                value = constant(value, dtype, name=f"{name}/initial_value/")
            self.initial_value = value
            op = graph.create("VariableV2", [], [(value.dtype, value.shape)], None,
                              name=f"{name}/", kind="variable")  # fmt: skip
            op.variable, self.op, self.ref_ = self, op, op.outputs[0]
            self.initializer = _assignment("Assign", self, value, f"{name}/Assign/").op
            self._snapshot = self.read_value(f"{name}/read/")
        graph.variables.append(self)
        if trainable:
            graph.trainable.append(self)

    @property
    def graph(self):
        return self.op.graph

    @property
    def op_(self):
        return self.op

    @property
    def name(self):
        return self.ref_.name

    @property
    def dtype(self):
        return self.ref_.dtype

    @property
    def shape(self):
        return self.ref_.shape

    def get_shape(self):
        return self.shape

    def value(self):
        """The value as a tensor; inside of control_dependencies the one after those."""
        return self.read_value() if self.graph.before[-1] else self._snapshot

    def read_value(self, name="read"):
        """The value as a tensor of its own, read after the control dependencies around."""
        ref = self.ref_
        return self.graph.create("Identity", [ref], [(ref.dtype, ref.shape)], itself,
                                 name=name).outputs[0]  # fmt: skip

    def initialized_value(self):
        """The value that the variable is given first, for another one to begin with."""
        return self.initial_value

    def assign(self, value, name=None):
        """A tensor whose evaluation gives the variable a value, and which is that value."""
        return _assignment("Assign", self, value, name)

    def assign_add(self, delta, name=None):
        """As `assign`, of the value plus `delta`."""
        return _assignment("AssignAdd", self, delta, name)

    def assign_sub(self, delta, name=None):
        """As `assign`, of the value minus `delta`."""
        return _assignment("AssignSub", self, delta, name)

    def __repr__(self):
        return f"<tf.Variable {self.name!r} shape={self.shape} dtype={self.dtype.name}_ref>"


_NEW = {"Assign": itself, "AssignAdd": operator.add, "AssignSub": operator.sub}


def _assignment(type, variable, value, name=None):
    if not isinstance(variable, Variable):
        raise TypeError(f"{type} needs a tf.Variable, not {variable!r}")
    graph, ref = variable.graph, variable.ref_
    name = graph.unique_name(name or type)
    value = convert(value, ref.dtype, f"{name}/value/")
    if not ref.shape.is_compatible_with(value.shape):
        raise ValueError(
            f"Shapes must be equal, but are {ref.shape} and {value.shape} for {name!r} "
            f"(op: {type!r})."
        )
    operands = [value] if type == "Assign" else [ref, value]
    op = graph.create(type, operands, [(ref.dtype, ref.shape)], _NEW[type],
                      name=f"{name}/", kind="assign", differentiable=False)  # fmt: skip
    op.variable = variable
    return op.outputs[0]


@public
def assign(ref, value, name=None):
    """Give a variable a value; the tensor returned is the new value (tf.assign)."""
    return _assignment("Assign", ref, value, name)


@public
def assign_add(ref, value, name=None):
    """Add to a variable; the tensor returned is the new value (tf.assign_add)."""
    return _assignment("AssignAdd", ref, value, name)


@public
def assign_sub(ref, value, name=None):
    """Subtract from a variable; the tensor returned is the new value (tf.assign_sub)."""
    return _assignment("AssignSub", ref, value, name)


@public
def group(*inputs, name="group_deps"):
    """An operation that is done when all of `inputs` are (tf.group)."""
    flat = [x for i in inputs for x in (i if isinstance(i, (list, tuple)) else (i,))]
    graph = get_default_graph()
    with graph.control_dependencies(flat):
        return graph.create("NoOp", [], [], None, name=name, kind="none")


@public
def no_op(name="NoOp"):
    """An operation that does nothing (tf.no_op)."""
    return group(name=name)


@public
def global_variables():
    """Every variable of the graph (tf.global_variables)."""
    return list(get_default_graph().variables)


@public
def trainable_variables():
    """The variables that an optimizer trains (tf.trainable_variables)."""
    return list(get_default_graph().trainable)


@public
def variables_initializer(var_list, name="init"):
    """An operation that gives variables their initial values (tf.variables_initializer)."""
    return group(*(v.initializer for v in var_list), name=name)


@public
def global_variables_initializer():
    """The initializer of all variables that the graph has now (tf.global_variables_initializer)."""
    return variables_initializer(get_default_graph().variables)


@public
def placeholder_with_default(input, shape, name="PlaceholderWithDefault"):
    """A tensor that is `input` in runs that do not give it a value."""
    graph = get_default_graph()
    name = graph.unique_name(name)
    x = convert(input, name=f"{name}/input/")
    out = (as_dtype(x.dtype), shape)
    return graph.create("PlaceholderWithDefault", [x], [out], itself, name=f"{name}/").outputs[0]
