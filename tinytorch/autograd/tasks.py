"""Which backward this thread runs: one Task for each that is inside another.

A backward may be called in a rule or a hook of another, and this may go on as deep as a program
likes; as Python's stack does not, every so often one goes on in a thread of its own.
"""

from __future__ import annotations

import contextvars
import itertools
import threading

from .modes import LOCAL

_numbers = itertools.count()
_DEEPEST = 50  # so many backwards may run inside each other on one stack


class Task:
    """One backward that is running: asked by hooks that wait for several gradients.

    number: no two tasks of a process have the same. accumulates: whether it, and those it runs in,
    are for all leaves. fills: whether it fills in ``.grad``, and does not return gradients.
    callbacks: functions to call when it is done, if any were queued. keep: whether it keeps the
    graph. depth: how many it runs in.
    """

    __slots__ = ("accumulates", "callbacks", "depth", "fills", "keep", "number", "roots", "targets")

    def __init__(self, roots, targets, outer, fills=True, keep=False):
        self.roots, self.targets, self.number = roots, targets, next(_numbers)
        self.fills, self.callbacks, self.keep = fills, None, keep
        self.depth = 0 if outer is None else outer.depth + 1
        self.accumulates = targets is None and (outer is None or outer.accumulates)

    def run(self, sweep, *args):
        """``sweep(*args)`` and then the callbacks, of which one may queue another."""
        found = on_new_stack(sweep, args) if self.depth % _DEEPEST == _DEEPEST - 1 else sweep(*args)
        if self.callbacks is not None:
            for fn in self.callbacks:
                fn()
        return found


def on_new_stack(fn, args):
    """``fn(*args)`` in another thread, which has the modes and the context variables of this one.

    This one waits, and then has the modes that it left.
    """
    modes = LOCAL.__dict__
    out: list = []

    def work():
        LOCAL.__dict__.update(modes)
        try:
            out.extend((fn(*args), None))
        except BaseException as e:
            out.extend((None, e))
        modes.clear()
        modes.update(LOCAL.__dict__)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,))
    thread.start()
    thread.join()
    if out[1] is None:
        return out[0]
    raise out.pop()  # no local name holds it: its traceback holds this frame


def task_number():
    """The number of the innermost backward that this thread runs, or None."""
    task = LOCAL.task
    return None if task is None else task.number


def accumulates():
    """Whether the backwards that this thread runs are for all leaves; True if it runs none."""
    task = LOCAL.task
    return task is None or task.accumulates
