"""Recording what a program computes, while it computes it as always.

For as long as a `Recorder` is in force, the kernels of every namespace are wrapped: a call is done,
and noted. Arrays are told apart by identity (all are kept until the end, so no two share an id).
The front end touches arrays through kernels only, so a list of kernel calls is the whole program;
and the run that is recorded is an ordinary one, its results and effects are real.

What the list cannot say ends the recording (`stop`), not the run: an array whose origin is unknown,
or a value that the program looked at, on which what it did next may depend.
"""

from __future__ import annotations

import contextlib
import sys
from threading import get_ident

from ..watching import put_back, replace
from .graph import Input, Node, Ref

OUTSIDE = frozenset(("as_index", "from_host", "host_cast"))  # data of the host comes in by these
CHECKS = frozenset(("within",))  # kernels that answer with a Python bool about values


class Scalar(float):
    """A number that host code computes anew on each run of a program."""

    __slots__ = ()


class Unsupported(RuntimeError):
    """What `compile(fullgraph=True)` raises for a function that it cannot capture whole."""


def is_array(x):
    return hasattr(x, "shape") and hasattr(x, "dtype")


def another(P, raw):
    """The same values in an object of its own; NumPy's bools and cached constants are shared."""
    owned = P.own(raw)
    return P.from_host(P.host.own(P.to_host(raw)).copy()) if owned is raw else owned


def user_frame():
    """The innermost frame outside of tinytorch."""
    f = sys._getframe(1)
    while f is not None and is_library(f.f_globals.get("__name__", "")):
        f = f.f_back
    return f


def is_library(module):
    return module.partition(".")[0] in _OURS


_OURS = {"tinytorch", "tinytorch_numpy", "tinytorch_jax", "tinytorch_cupy", "contextlib"}


def user_line():
    """``file:line: text`` of the line of the user's program that is running."""
    import linecache

    f = user_frame()
    if f is None:
        return "an unknown line"
    file, line = f.f_code.co_filename, f.f_lineno
    text = linecache.getline(file, line).strip()
    return f'File "{file}", line {line}, in {f.f_code.co_name}' + (f"\n    {text}" if text else "")


class Recorder:
    """Notes kernel calls of this thread into ``graph``; ``known``: id of array -> Input fields."""

    def __init__(self, graph, fullgraph=False):
        self.graph, self.fullgraph = graph, fullgraph
        self.thread, self.busy = get_ident(), False
        self.vars, self.known, self.keep = {}, {}, []
        self.reason = None

    def stop(self, reason):
        """The program cannot be captured; the first reason is told, with the user's line."""
        if self.reason is None:
            self.reason = f"{reason}\n  {user_line()}"
            if self.fullgraph:
                raise Unsupported(self.reason)

    def know(self, raw, P, kind, place, label):
        """An array that is found again at each run."""
        if id(raw) not in self.vars:
            self.known[id(raw)] = P, kind, place, label
            self.keep.append(raw)

    def give(self, raw, P, kind, place, label):
        """An array that becomes an input now."""
        ref = self.graph.new(self.type_of(P, raw))
        self.graph.inputs.append(Input(ref, P, kind, place, label))
        self.vars[id(raw)] = ref
        self.keep.append(raw)
        return ref

    def type_of(self, P, raw):
        d = P.torch_dtype.get(raw.dtype)
        return (d._name if d is not None else str(raw.dtype)), tuple(raw.shape)

    def met(self, raw):
        """Whether this very object stands for an array already."""
        return id(raw) in self.vars or id(raw) in self.known

    def var(self, raw):
        """The variable of an array; None if nobody knows where it came from."""
        ref = self.vars.get(id(raw))
        if ref is None:
            place = self.known.pop(id(raw), None)
            if place is not None:
                ref = self.give(raw, *place)
        return ref

    def note(self, P, name, fn, args, kwargs, out):
        if self.reason is not None:
            return out
        if name == "to_host":
            self.stop("a value of a tensor is read, and what follows may depend on it")
            return out
        if name == "nonzero":
            self.stop("the shape of a result depends on the values of a tensor")
            return out
        try:
            coded = self.coded(args, P, name)
            named = {k: self.coded(v, P, name) for k, v in kwargs.items()}
        except LookupError:
            self.stop(f"{name} reads a tensor that is neither an argument nor found in what the "
                      "function refers to")  # fmt: skip
            return out
        made, out = self.made(P, name, args, out)
        self.graph.nodes.append(Node(P, name, fn, coded, named, made))
        return out

    def coded(self, x, P, name):
        """Arguments with variables for arrays."""
        kind = type(x)
        if kind is tuple or kind is list:
            return kind([self.coded(v, P, name) for v in x])
        if kind is Scalar:
            return self.vars[id(x)]
        if is_array(x) and not isinstance(x, type):
            ref = self.var(x)
            if ref is None:
                if name not in OUTSIDE:
                    raise LookupError
                return P.host.own(x).copy()
            return ref
        return x

    def made(self, P, name, args, out):
        """Variables for what a kernel returned, and that, with every array an object of its own."""
        if type(out) is tuple:
            pairs = [self.made(P, name, args, o) for o in out]
            return tuple(v for v, _ in pairs), tuple(o for _, o in pairs)
        if is_array(out):
            if self.met(out) and not any(out is a for a in args):
                out = another(P, out)
            ref = self.vars[id(out)] = self.graph.new(self.type_of(P, out))
            self.keep.append(out)
            return ref, out
        if name == "scalars":
            out = Scalar(out)
            ref = self.vars[id(out)] = self.graph.new(None)
            self.keep.append(out)
            return ref, out
        return None, out

    # --- in force -----------------------------------------------------------------------------

    def wrapped(self, P, name, fn):
        def call(*args, **kwargs):
            if self.busy or get_ident() != self.thread:
                return fn(*args, **kwargs)
            self.busy = True
            try:
                plain = [float(a) if type(a) is Scalar else a for a in args]
                out = fn(*plain, **kwargs)
                return self.note(P, name, fn, args, kwargs, out)
            finally:
                self.busy = False

        return call

    @contextlib.contextmanager
    def recording(self):
        """Wrap the kernels of all namespaces for a while."""
        replaced = replace(self.wrapped)
        try:
            yield self
        finally:
            put_back(replaced)

    @contextlib.contextmanager
    def aside(self):
        """What runs inside is not noted."""
        before, self.busy = self.busy, True
        try:
            yield
        finally:
            self.busy = before


__all__ = ["Recorder", "Ref", "Scalar", "Unsupported", "user_line"]
