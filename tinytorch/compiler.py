"""``torch.compile`` and ``torch.compiler``.

torch hands the captured graph to a code generator; here it goes to the backend: on JAX it becomes
one XLA program, on NumPy straight-line code without tape and dispatch. Names of torch's generators,
modes and options are accepted and change nothing.
"""

from __future__ import annotations

import weakref

from .capture import Compiled, Unsupported, is_capturing
from .capture.compiled import STANCE

_made = weakref.WeakSet()


def compile(model=None, *, fullgraph=False, dynamic=None, backend=None, mode=None, options=None,
            name=None, disable=False, recompile_limit=None, isolate_recompiles=False,
            shapes_spec=None):  # fmt: skip
    """``model``, a function or a Module, captured on its first call (torch.compile).

    A call that fits what was captured runs as one program; another one captures again, up to
    ``recompile_limit`` times (8). What cannot be captured (a branch on the values of a tensor, a
    print) makes the function run as it is, with a warning that names the line, or with
    ``fullgraph=True`` raises :class:`Unsupported`. Graphs: ``compiled.graphs``.
    """
    if mode is not None and options is not None:
        raise RuntimeError(
            "Either mode or options can be specified, but both can't be specified at the same time."
        )
    if model is None:
        return lambda model: compile(
            model, fullgraph=fullgraph, dynamic=dynamic, backend=backend, mode=mode,
            options=options, name=name, disable=disable, recompile_limit=recompile_limit,
        )  # fmt: skip
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    if disable:
        return model
    from .nn import Module

    if isinstance(model, Module):
        from .capture.module import OptimizedModule

        out = OptimizedModule(model, fullgraph, recompile_limit)
        _made.add(out._compiled)
        return out
    out = Compiled(model, fullgraph, recompile_limit)
    _made.add(out)
    return out


def reset():
    """Forget everything that was captured (torch.compiler.reset)."""
    for c in list(_made):
        c.reset()


class set_stance:
    """Whether captured programs are used: "default", or "force_eager" (torch.compiler.set_stance).

    Holds from the call on, or for as long as a ``with`` block; RuntimeError for other names.
    """

    def __init__(self, stance="default", **_):
        names = ("default", "eager_then_compile", "aot_eager_then_compile", "force_eager",
                 "eager_on_recompile", "fail_on_recompile")  # fmt: skip
        if stance not in names:
            raise RuntimeError(f"invalid torch.compile stance '{stance}'")
        self.before, STANCE["now"] = STANCE["now"], stance

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        STANCE["now"] = self.before


def is_compiling():
    """Whether the code that asks runs in order to be captured (torch.compiler.is_compiling)."""
    return is_capturing()


is_dynamo_compiling = is_compiling


def is_exporting():
    """Always false: there is no export (torch.compiler.is_exporting)."""
    return False


def disable(fn=None, recursive=True, *, reason=None):
    """A function that is not captured by itself (torch.compiler.disable)."""
    return (lambda fn: fn) if fn is None else fn


def allow_in_graph(fn):
    """Accepted: every function may stand in a graph (torch.compiler.allow_in_graph)."""
    return fn


def list_backends(exclude_tags=("debug", "experimental")):
    """The code generators that can be named: one (torch.compiler.list_backends)."""
    return ["inductor"]


def cudagraph_mark_step_begin():
    """Accepted (torch.compiler.cudagraph_mark_step_begin)."""


__all__ = [
    "Unsupported", "allow_in_graph", "compile", "cudagraph_mark_step_begin", "disable",
    "is_compiling", "is_dynamo_compiling", "is_exporting", "list_backends", "reset", "set_stance",
]  # fmt: skip
