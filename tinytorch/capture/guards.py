"""What a captured program took for granted, and whether it still holds.

A program is good for as long as the Python values that the function saw are what they were. So
everything that it can reach is walked once: its closure, the globals that its code and the code it
calls name, the modules, optimizers, objects and containers found there. Each step becomes a check,
a plain tuple, and a run begins by going through the list. Tensors are not compared by value: they
are the inputs of the program, found again through the same places.

What cannot be watched (an iterator, an array too large to compare) makes the function one that is
not captured; what changes on every run is noticed because the checks fail right after the run.
"""

from __future__ import annotations

import builtins
import numbers
import sys
import types
from collections.abc import Iterator

from ..autograd.graph import LEAF
from ..tensor import Tensor, fresh
from .recorder import is_library

ITEM, EQUAL, SIZE, CELL, CELL_EQUAL, ARRAY, MEMBERS = range(7)
SCALARS = (int, float, bool, complex, str, bytes, type(None))
MANY, LARGE = 20_000, 1 << 24  # checks, bytes of arrays: beyond, looking costs more than running
_MISSING = object()
_WALKED_STDLIB = ("collections", "types", "functools")


def same(a, b):
    """Whether two numbers or texts are one value: of one type, and zeros of one sign."""
    return a is b or type(a) is type(b) and a == b and (a != 0 or repr(a) == repr(b))


class Slots:
    """The fields of an object that has slots, by name as in a dict."""

    def __init__(self, x):
        self.x = x

    def __getitem__(self, name):
        try:
            return getattr(self.x, name)
        except AttributeError:
            raise KeyError(name) from None


class Unwatched(Exception):
    """Something that the function refers to cannot be watched."""


class Guards:
    """The checks; ``found(tensor, path, how)`` is called with each tensor on the way."""

    def __init__(self, found):
        self.checks, self.seen, self.bytes = [], set(), 0
        self.found = found
        self.keep = []

    def holds(self):
        """Whether everything is still what it was."""
        for kind, box, key, value in self.checks:
            if kind == ITEM:
                try:
                    if box[key] is not value:
                        return False
                except (KeyError, IndexError):
                    return False
            elif kind == SIZE:
                if len(box) != value:
                    return False
            elif kind == EQUAL:
                try:
                    now = box[key]
                except (KeyError, IndexError):
                    return False
                if not same(now, value):
                    return False
            elif kind == CELL:
                if box.cell_contents is not value:
                    return False
            elif kind == CELL_EQUAL:
                now = box.cell_contents
                if not same(now, value):
                    return False
            elif kind == MEMBERS:
                if box != value:
                    return False
            elif box.shape != value.shape or not (box == value).all():
                return False
        return True

    def changed(self):
        """The path-less text of the first thing that is not what it was."""
        for check in self.checks:
            one = Guards(None)
            one.checks = [check]
            if not one.holds():
                return f"{check[2]!r}" if check[0] in (ITEM, EQUAL) else "a container or a variable"
        return None

    # --- walking ------------------------------------------------------------------------------

    def item(self, box, key, value, path):
        self.checks.append((EQUAL if type(value) in SCALARS else ITEM, box, key, value))
        self.walk(value, path)

    def walk(self, x, path, how=None):
        """Add the checks of what ``x`` holds; ``how`` a tensor is found, if not by identity."""
        kind = type(x)
        if kind in SCALARS or isinstance(x, types.BuiltinFunctionType):
            return
        if isinstance(x, type):
            self.cls(x, path)
            return
        if id(x) in self.seen:
            if isinstance(x, Tensor):
                self.found(x, path, how)
            return
        self.seen.add(id(x))
        self.keep.append(x)
        if len(self.checks) > MANY:
            raise Unwatched(f"{path} leads to too much to watch")
        if isinstance(x, Tensor):
            self.tensor(x, path, how)
        elif kind is types.FunctionType:
            self.function(x, path)
        elif kind is types.MethodType:
            self.walk(x.__self__, path)
            self.walk(x.__func__, path)
        elif isinstance(x, dict):
            self.checks.append((SIZE, x, None, len(x)))
            for k, v in list(x.items()):
                if isinstance(k, Tensor):
                    self.walk(k, f"{path} key")
                self.item(x, k, v, f"{path}[{k!r}]" if type(k) in SCALARS else path)
        elif isinstance(x, (list, tuple)):
            if kind is list:
                self.checks.append((SIZE, x, None, len(x)))
            for i, v in enumerate(x):
                self.item(x, i, v, f"{path}[{i}]")
        elif isinstance(x, (set, frozenset)):
            self.checks.append((MEMBERS, x, None, frozenset(x)))
            for v in x:
                self.walk(v, path)
        elif hasattr(x, "__array__") and hasattr(x, "nbytes"):
            self.array(x, path)
        elif isinstance(x, types.ModuleType):
            return
        elif isinstance(x, Iterator):
            raise Unwatched(f"{path} is an iterator, which a run moves on")
        else:
            self.object(x, path)

    def tensor(self, t, path, how):
        self.found(t, path, how)
        if t._grad is not None:
            self.walk(t._grad, path + ".grad", ("grad", t))
        e = t._ext
        if e is not None and e.base is not None:
            self.walk(e.base, path + "._base", ("base", t))

    def function(self, f, path):
        if is_library(f.__module__ or ""):
            return
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            try:
                value = cell.cell_contents
            except ValueError:
                continue
            self.checks.append((CELL_EQUAL if type(value) in SCALARS else CELL, cell, name, value))
            self.walk(value, name)
        if f.__defaults__:
            self.walk(f.__defaults__, path + " defaults")
        if f.__kwdefaults__:
            self.walk(f.__kwdefaults__, path + " defaults")
        wrapped = getattr(f, "__wrapped__", None)
        if wrapped is not None:
            self.walk(wrapped, path)

    def array(self, x, path):
        if type(x).__module__ != "numpy" or isinstance(x, numbers.Number):
            return
        self.bytes += x.nbytes
        if self.bytes > LARGE:
            raise Unwatched(f"{path} is an array too large to compare on every run")
        self.checks.append((ARRAY, x, None, x.copy()))

    def object(self, x, path):
        if not _walks(type(x)) and not _own(x):
            return
        fields = getattr(x, "__dict__", {})
        groups = fields.get("param_groups")
        if groups is not None and _own(x):
            for g in groups:  # an optimizer here reads its rate anew on each run
                self.rate_free(g, path)
        self.walk(fields, path)
        for cls in type(x).__mro__:
            self.cls(cls, path)
            names = vars(cls).get("__slots__", ()) if _walks(cls) else ()
            for name in (names,) if isinstance(names, str) else names:
                if name not in ("__dict__", "__weakref__") and hasattr(x, name):
                    self.item(Slots(x), name, getattr(x, name), f"{path}.{name}")

    def cls(self, cls, path):
        """What a class of the user's own gives to its instances."""
        if not _walks(cls) or id(cls) in self.seen:
            return
        self.seen.add(id(cls))
        self.keep.append(cls)
        for name, value in vars(cls).items():
            if not (name[:2] == name[-2:] == "__"):
                self.item(vars(cls), name, value, f"{path}.{name}")

    def rate_free(self, group, path):
        self.seen.add(id(group))
        self.checks.append((SIZE, group, None, len(group)))
        for k, v in list(group.items()):
            if k != "lr" or type(v) in (int, bool):
                self.item(group, k, v, f"{path}.{k}")

    def code(self, frame):
        """Add the checks of the globals that a running frame's code names."""
        names, scope = frame.f_code.co_names, frame.f_globals
        for name in names:
            value = scope.get(name, _MISSING)
            if value is _MISSING or value is builtins:
                continue
            self.item(scope, name, value, name)
            if isinstance(value, types.ModuleType) and not _known(value.__name__):
                fields = vars(value)
                for attribute in names:
                    if attribute in fields:
                        self.item(fields, attribute, fields[attribute], f"{name}.{attribute}")


def _known(module):
    top = module.partition(".")[0]
    return is_library(module) or top in sys.stdlib_module_names or top in ("numpy", "jax", "cupy")


def _walks(cls):
    """Whether instances of a class, or the class, are the user's own."""
    module = getattr(cls, "__module__", None) or ""
    return not _known(module) or module.partition(".")[0] in _WALKED_STDLIB


def _own(x):
    """Modules, optimizers and schedulers of tinytorch: objects with a state of their own."""
    return any(hasattr(x, name) for name in ("_parameters", "param_groups", "base_lrs"))


# --- tensors --------------------------------------------------------------------------------------


def state_of(t):
    """What a program takes for granted of a tensor beside its values."""
    raw, n, st = t._raw, t._node, t._st
    return (
        t._p, raw.shape, raw.dtype, n if n is None or n is LEAF else type(n), t._grad is None,
        st is not None and st.memory.shared, t._ext is None or t._ext.chain, type(t),
        t._inference,
    )  # fmt: skip


def layout_of(t):
    """The strides of a tensor, where its library tells: copies may depend on them."""
    return t._p.strides(fresh(t)._raw) if t._p.strided else None
