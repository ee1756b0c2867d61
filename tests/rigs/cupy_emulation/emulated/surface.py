"""What the real CuPy offers, as `surface.json` tells, and the checks made against it."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

KINDS = {
    "p": inspect.Parameter.POSITIONAL_ONLY,
    "k": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "*": inspect.Parameter.VAR_POSITIONAL,
    "o": inspect.Parameter.KEYWORD_ONLY,
    "**": inspect.Parameter.VAR_KEYWORD,
}
_read = json.loads(Path(__file__).parents[1].joinpath("surface.json").read_text("utf-8"))
VERSION, MODULES = _read["cupy"], _read["modules"]


def signature(parameters):
    """The signature that a list of parameters stands for; None where CuPy tells none."""
    if parameters is None or parameters == [["args", "*"], ["kwargs", "**"]]:
        return None
    found = [
        inspect.Parameter(
            n, KINDS[k.rstrip("?")], default=None if k.endswith("?") else inspect.Parameter.empty
        )
        for n, k in parameters
    ]
    return inspect.Signature(found)


def names_of(fn):
    return [p for p in inspect.signature(fn).parameters if p != "self"]


def same_call(where, entry, fn):
    """Refuse an emulated callable that CuPy lacks, or that is called otherwise there."""
    if entry is None:
        raise AttributeError(f"{where} is emulated, but CuPy {VERSION} has no such name")
    if entry[0] != "f" or not inspect.isfunction(fn):
        return
    real = signature(entry[1])
    if real is not None and list(real.parameters) != names_of(fn):
        raise TypeError(f"{where}{tuple(names_of(fn))} is {tuple(real.parameters)} in CuPy")


def hold_class(module, cls):
    """Check the public members of an emulated class against the real one's."""
    kind, members = MODULES[module][cls.__name__]
    assert kind == "c" and members is not None, cls
    for name, member in vars(cls).items():
        if not name.startswith("_") and name not in ("INSTANCE", "REAL", *cls.INSTANCE):
            same_call(f"{module}.{cls.__name__}.{name}", members.get(name), member)
    cls.REAL = frozenset(members)
    return cls


class Strict:
    """Base of emulated classes: what CuPy has but the emulation lacks says so."""

    INSTANCE: tuple = ()  # attributes of instances, which a class does not list
    REAL: frozenset = frozenset()

    def __getattr__(self, name):
        if name in type(self).REAL:
            raise NotImplementedError(f"{type(self).__name__}.{name} is not emulated")
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
