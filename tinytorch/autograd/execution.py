"""What a program may ask of the backward that runs around it, and leave for its end.

torch offers these under private names, in ``torch._C`` and as ``Variable._execution_engine``;
libraries that hook into backward use them. The sweep over the nodes keeps no record of itself for
them: the node that runs is read from the frame of the sweep, and the order is worked out again.
"""

from __future__ import annotations

import sys

from ..tensor import Tensor
from . import engine, tasks
from .graph import AccumulateGrad, Node, accumulator
from .modes import LOCAL


def current_graph_task_id():
    """The number of the innermost backward of this thread, -1 outside of any."""
    number = tasks.task_number()
    return -1 if number is None else number


def current_node():
    """The node whose rule or hook runs in this thread, or None."""
    if LOCAL.task is None:
        return None
    frame = sys._getframe(1)
    while frame is not None and frame.f_code is not engine._run.__code__:
        frame = frame.f_back
    if frame is None:
        return None
    seen = frame.f_locals
    leaf = seen.get("leaf")
    if leaf is not None and "order" not in seen:
        return accumulator(leaf)
    n = seen.get("n")
    return None if n is None else n.public


def execution_order():
    """The nodes of the innermost backward in the order in which they run, leaves among them.

    RuntimeError outside of a backward, or if it may use threads.
    """
    task = LOCAL.task
    if task is None:
        raise RuntimeError(
            "_current_graph_task_execution_order should only be called during the backward pass"
        )
    if LOCAL.multithreading:
        raise RuntimeError(
            "get_current_graph_task_execution_order expects the current backward to be executed "
            "with multithreading disabled, e.g. by running:\n\n"
            ">>> with torch.autograd.set_multithreading_enabled(False):\n"
            "...     torch.autograd.grad(...)\n"
        )
    order = engine.reachable([r for r in task.roots if not isinstance(r, Tensor)])
    useful = None if task.targets is None else engine._leading_to(order, task.targets)
    ripe = engine._last_users(order, useful)
    shown = []
    for n in order:
        if useful is None or n in useful:
            if not n.transparent:
                shown.append(n.public)
            shown += [accumulator(leaf) for leaf in ripe.get(n, ())
                      if useful is None or leaf in useful]  # fmt: skip
    return shown


def will_execute(node):
    """Whether the innermost backward runs a node (torch._C._will_engine_execute_node)."""
    if not isinstance(node, Node):
        raise RuntimeError(
            f"_will_engine_execute_node expects an grad_fn, but got {type(node).__name__}"
        )
    if LOCAL.task is None:
        raise RuntimeError(
            "_get_should_execute_nodes should only be called during the backward pass"
        )
    n = getattr(node, "_engine_node", node)
    return engine.will_reach(LOCAL.task, n.variable if isinstance(n, AccumulateGrad) else n)


class ExecutionEngine:
    """``Variable._execution_engine``."""

    @staticmethod
    def queue_callback(fn):
        """Call ``fn()`` when the innermost backward is done; RuntimeError outside of any."""
        task = LOCAL.task
        if task is None:
            raise RuntimeError("Final callbacks can only be installed during backward pass.")
        if task.callbacks is None:
            task.callbacks = []
        task.callbacks.append(fn)

    @staticmethod
    def is_checkpoint_valid():
        """Whether backwards of this thread are for all leaves."""
        return tasks.accumulates()
