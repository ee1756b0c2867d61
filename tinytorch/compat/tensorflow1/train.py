"""tf.train: plain gradient descent, the optimizer that needs no state."""

from __future__ import annotations

from ._gradients import gradients
from ._graph import get_default_graph
from ._ops import convert
from ._variables import assign_add, group
from .errors import unknown

__all__ = ["GradientDescentOptimizer"]


class GradientDescentOptimizer:
    """Steps against the gradient (tf.train.GradientDescentOptimizer).

    learning_rate is a number or a tensor, such as a placeholder.
    """

    def __init__(self, learning_rate, use_locking=False, name="GradientDescent"):
        self.learning_rate, self.name = learning_rate, name

    def minimize(self, loss, global_step=None, var_list=None, name=None):
        """An operation that makes one step for `var_list`, by default all trainable variables.

        `global_step` is a variable to count the steps in. Raises ValueError where the loss depends
        on none of the variables.
        """
        return self.apply_gradients(self.compute_gradients(loss, var_list), global_step, name)

    def compute_gradients(self, loss, var_list=None):
        """(gradient, variable) pairs; the gradient is None where the loss does not depend on it."""
        variables = get_default_graph().trainable if var_list is None else list(var_list)
        if not variables:
            raise ValueError("No variables to optimize.")
        return list(zip(gradients(loss, variables), variables, strict=True))

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """An operation that makes one step by these (gradient, variable) pairs."""
        pairs = [(g, v) for g, v in grads_and_vars if g is not None]
        if not pairs:
            raise ValueError("No gradients provided for any variable.")
        name = get_default_graph().unique_name(name or self.name)
        done = []
        for g, v in pairs:
            rate = self.learning_rate
            rate = rate() if callable(rate) else rate
            step = convert(rate, v.dtype, f"{name}/learning_rate/") * g
            done.append(v.assign_sub(step, name=f"{name}/update_{v.op.name}/"))
        if global_step is not None:
            done.append(assign_add(global_step, 1))
        return group(*done, name=f"{name}/")


def __getattr__(name):
    raise unknown(name, "tensorflow.train", __all__)
