"""Writes `surface.json`: which names the real CuPy has, how each is called, which dtypes it takes.

Run where CuPy is installed; no GPU is needed: ``python dump_surface.py``. The emulation offers
nothing that is not in this file and binds every call against the signature found here.

A function is ``["f", parameters]``, a parameter ``[name, kind]`` with kind one of ``p`` (positional
only), ``k`` (either), ``*``, ``o`` (keyword only), ``**``, and a ``?`` behind it where it has a
default; parameters are null where CuPy tells no signature. A ufunc is ``["u", loops, nin, nout]``,
a class ``["c", members]``, a module ``["m"]``, anything else ``["v"]``.
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

MODULES = ("cupy", "cupy.cuda", "cupy.cuda.runtime", "cupy.lib.stride_tricks", "cupyx")
CLASSES = {
    "ndarray", "ufunc", "ElementwiseKernel", "ReductionKernel", "RawKernel", "RawModule", "Stream",
    "ExternalStream", "Event", "Device", "MemoryPool", "PinnedMemoryPool", "MemoryPointer",
    "PinnedMemoryPointer", "broadcast",
}  # fmt: skip
KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "p",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "k",
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.KEYWORD_ONLY: "o",
    inspect.Parameter.VAR_KEYWORD: "**",
}


def parameters(obj):
    """The parameters of a callable without ``self``: from its signature, or its docstring's."""
    try:
        found = inspect.signature(obj).parameters.values()
    except (TypeError, ValueError):
        return documented(obj)
    return [
        [p.name, KINDS[p.kind] + ("" if p.default is p.empty else "?")]
        for p in found
        if p.name != "self"
    ]


def documented(obj):
    """Cython writes signatures into the first line of a docstring: ``f(int a, b=None) -> int``."""
    line = (obj.__doc__ or "").strip().partition("\n")[0]
    m = re.match(r"[\w.]+\((.*)\)(?: -> .*)?$", line)
    if m is None:
        return None
    out, kind = [], "k"
    for part in filter(None, map(str.strip, m[1].split(","))):
        name, _, default = part.partition("=")
        name = name.split()[-1]
        if name == "*":
            kind = "o"
        elif name.startswith("**"):
            out.append([name[2:], "**"])
        elif name.startswith("*"):
            out.append([name[1:], "*"])
            kind = "o"
        elif name != "self":
            out.append([name, kind + ("?" if default else "")])
    return out


def entry(obj, ufunc):
    if isinstance(obj, ufunc):
        return ["u", obj.types, obj.nin, obj.nout]
    if inspect.ismodule(obj):
        return ["m"]
    if isinstance(obj, type):
        return ["c", members(obj)] if obj.__name__ in CLASSES else ["c", None]
    return ["f", parameters(obj)] if callable(obj) else ["v"]


def members(cls):
    kept = ("__init__", "__call__", "__enter__", "__exit__")
    found = {}
    for name in dir(cls):
        if not name.startswith("_") or name in kept:
            member = inspect.getattr_static(cls, name)
            plain = callable(getattr(cls, name, None)) and not isinstance(member, property)
            found[name] = ["f", parameters(getattr(cls, name))] if plain else ["v"]
    return found


def dump():
    import importlib

    import cupy

    surface = {"cupy": cupy.__version__, "modules": {}}
    for name in MODULES:
        module = importlib.import_module(name)
        surface["modules"][name] = {
            n: entry(getattr(module, n), cupy.ufunc) for n in dir(module) if not n.startswith("_")
        }
    return surface


def lines(surface):
    """JSON with a line per name, so that a new CuPy shows as a readable difference."""
    yield '{"cupy": %s, "modules": {' % json.dumps(surface["cupy"])
    for i, (module, names) in enumerate(surface["modules"].items()):
        yield f"{',' if i else ''}{json.dumps(module)}: {{"
        for k, (name, e) in enumerate(names.items()):
            yield f"{',' if k else ' '}{json.dumps(name)}: {json.dumps(e, separators=(',', ':'))}"
        yield "}"
    yield "}}"


if __name__ == "__main__":
    target = Path(__file__).with_name("surface.json")
    target.write_text("\n".join(lines(dump())) + "\n", "utf-8")
    print(f"{target.name}: {target.stat().st_size} bytes")
