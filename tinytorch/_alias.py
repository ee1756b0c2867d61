"""``import torch`` gives tinytorch, for as long as one asks for it.

An aliased name is answered from two places, and nothing else in the process changes.
``sys.modules`` holds the top name, and a finder at the head of ``sys.meta_path`` answers the
submodules: ``torch.nn.functional`` is looked up as ``tinytorch.nn.functional``, imported once
under that real name, and the *same module object* is filed under the second name.  So classes
keep one identity and one ``__module__``, and pickles written under the alias are read without
it.  A torch on the disk is neither imported nor searched; one that has been imported already
is refused, because half of the process would hold its classes and half ours.

A fallback alias is weaker: it answers only where nothing else has that name, and imports its
target when it is asked for. Whether something else has it is asked at the first import.

Which module stands for which name is a table, ``TARGETS``.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["Alias", "alias", "resolve", "unalias"]

TARGETS = {
    "torch": "tinytorch", "functorch": "tinytorch.functorch",
    "tensorflow": "tinytorch.compat.tensorflow1",
}  # fmt: skip
COMPANIONS = {"torch": ("functorch",)}  # what comes with it, imported when asked for

_active: dict[str, str] = {}
_fallback: set[str] = set()
_hidden: dict[str, dict[str, ModuleType | None]] = {}


class Alias:
    """What :func:`alias` returns; ``with`` it, the alias ends with the block that began it."""

    def __init__(self, name: str, owner: bool):
        self.name, self.owner = name, owner

    def __enter__(self) -> ModuleType | None:
        return sys.modules.get(self.name)

    def __exit__(self, *exc) -> None:
        if self.owner:
            unalias(self.name)

    def __repr__(self) -> str:
        return f"<alias {self.name} -> {_active.get(self.name)}>"


def alias(
    name: str = "torch",
    target: str | None = None,
    *,
    force: bool = False,
    fallback: bool = False,
) -> Alias:
    """Let ``import name`` and every submodule resolve to ``target``.

    By default torch is tinytorch (and functorch, which comes with it, tinytorch.functorch), and
    tensorflow is tinytorch.compat.tensorflow1.  Holds for the whole process until :func:`unalias`,
    or to the end of a ``with`` block, which receives the module: ``with tinytorch.alias() as
    torch:``.  Asking again for an alias that holds changes nothing.  A submodule that ``target``
    lacks raises ``ModuleNotFoundError``.

    Raises ``RuntimeError`` if a real ``name`` is imported already, or ``name`` is an alias of
    something else.  With ``force=True`` the real modules are set aside until the alias ends;
    code that holds them keeps them, but what they import later under that name is ours.
    With ``fallback=True`` a ``name`` that is installed or imported wins, and ``target`` is imported
    only when a program imports ``name``, so that a ``with`` block receives None.
    Raises ``ValueError`` for a name that has no known target.
    """
    target = target or TARGETS.get(name)
    if target is None or "." in name:
        raise ValueError(f"no module is known to stand for {name!r}; known: {', '.join(TARGETS)}")
    if name in _fallback and not fallback:
        unalias(name)
    if name in _active:
        if _active[name] != target:
            raise RuntimeError(f"{name} is already an alias of {_active[name]}")
        return Alias(name, owner=False)
    if fallback:
        _begin(name, target)
        _fallback.add(name)
        return Alias(name, owner=True)
    present = _family(name)
    real = next((m for m in present.values() if m is not None), None)
    if real is not None and not force:
        where = getattr(real, "__file__", None) or "memory"
        raise RuntimeError(
            f"{name} is already imported in this process (from {where}). Call alias() before the "
            f"first `import {name}`, or alias(force=True) to set it aside until unalias()."
        )
    module = importlib.import_module(target)
    for key in present:
        del sys.modules[key]
    _begin(name, target, present)
    sys.modules[name] = module
    for other in COMPANIONS.get(name, ()):
        if other not in _active:
            beside = _family(other)
            for key in beside:
                del sys.modules[key]
            _begin(other, TARGETS[other], beside)
    return Alias(name, owner=True)


def _begin(name: str, target: str, hidden: dict[str, ModuleType | None] | None = None) -> None:
    if not _active:
        sys.meta_path.insert(0, _FINDER)
    _active[name], _hidden[name] = target, hidden or {}


def unalias(name: str = "torch") -> None:
    """End an alias: ``sys.modules`` has again what it had under ``name`` before, if anything.

    Does nothing when ``name`` is no alias.
    """
    if name not in _active:
        return
    module, target = sys.modules.get(name), sys.modules.get(_active.pop(name))
    if name not in _fallback or (module is not None and module is target):
        for key in _family(name):
            del sys.modules[key]
    _fallback.discard(name)
    sys.modules.update(_hidden.pop(name))  # type: ignore[arg-type]
    for other in COMPANIONS.get(name, ()):
        unalias(other)
    if not _active and _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)


def resolve(name: str) -> str:
    """The real name of a module: ``torch.nn`` is ``tinytorch.nn`` while the alias holds."""
    root, dot, rest = name.partition(".")
    return _active.get(root, root) + dot + rest


def _yields(name: str) -> bool:
    """Whether a fallback stands back, because there is a real module of that name."""
    if name not in _fallback:
        return False
    if name in sys.modules:
        return sys.modules[name] is not sys.modules.get(_active[name])
    return any(f.find_spec(name, None) for f in sys.meta_path if f is not _FINDER)


def _family(name: str) -> dict[str, ModuleType | None]:
    return {k: m for k, m in sys.modules.items() if k == name or k.startswith(name + ".")}


class _Finder:
    """Answers for aliased names alone, and sends everything else on."""

    def find_spec(self, fullname, path=None, target=None):
        real = resolve(fullname)
        if real == fullname or _yields(fullname.partition(".")[0]):
            return None
        from importlib.util import find_spec

        if real in sys.modules or find_spec(real) is not None:
            return ModuleSpec(fullname, _Loader(real))  # type: ignore[arg-type]
        if not _importing():
            return None
        root = fullname.partition(".")[0]
        error = ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        error.add_note(f"{root} is {_active[root]} here, which has no module {real}.")
        raise error


class _Loader:
    """Files the real module under the second name, in place of the empty one made for it."""

    def __init__(self, real: str):
        self.real = real

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        sys.modules[module.__name__] = importlib.import_module(self.real)


def _importing() -> bool:
    """Whether the finder was asked by an import, and not by ``importlib.util.find_spec``.

    The protocol does not tell: an import of an absent module deserves an error with a hint, a
    question about it the answer ``None``.
    """
    return sys._getframe(3).f_code.co_name == "_find_and_load_unlocked"


_FINDER = _Finder()
