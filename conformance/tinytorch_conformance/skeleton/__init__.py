"""``tinytorch new-backend``: a package that is already a backend, to be made one's own.

The files stand beside this one as they are written, with ``@NAME@`` and the like in their names and
texts: nothing here knows what they say. What is written works at once over any namespace of the
array API standard, so that its author begins with a report instead of an empty class.
"""

from __future__ import annotations

import re
from pathlib import Path

FILES = Path(__file__).with_name("files")
#: In the place of each file's own name: what packaging tools and linters must not take for theirs.
SUFFIX = ".in"


def words(name, library):
    """What stands for what in the files; ValueError for a name that packages cannot have."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*", name):
        raise ValueError(f"{name!r} is no name for a backend: small letters, digits, - and _")
    if not re.fullmatch(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", library):
        raise ValueError(f"{library!r} is no name of a module")
    module = name.replace("-", "_")
    return {
        "@NAME@": name,
        "@PACKAGE@": f"tinytorch_{module}",
        "@DISTRIBUTION@": f"tinytorch-{module.replace('_', '-')}",
        "@CLASS@": "".join(w.capitalize() for w in module.split("_")) + "Backend",
        "@LIBRARY@": library,
        "@REQUIRES@": library.partition(".")[0].replace("_", "-"),
    }


def render(text, table):
    for word, meaning in table.items():
        text = text.replace(word, meaning)
    return text


def write(name, directory=None, library="numpy"):
    """Write the package of backend ``name``; returns its directory.

    ``library`` is the module of the array library, ``directory`` defaults to the distribution's
    name. FileExistsError if something is there already; ValueError for a name that cannot be one.
    """
    table = words(name, library)
    root = Path(directory or table["@DISTRIBUTION@"])
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise FileExistsError(f"{root} is there already, and not empty")
    for source in sorted(FILES.rglob("*" + SUFFIX)):
        path = root / render(str(source.relative_to(FILES)).removesuffix(SUFFIX), table)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(source.read_text("utf-8"), table), "utf-8")
    return root
