"""torch's public names of autograd beside ours: what is there, what differs, and why.

`REASONS` has an entry for every name of torch's that we do not have or that takes other
parameters; `*` in a key stands for anything. A name without a reason is an error of the test, and
so is a reason that no name needs any more. ``NOT YET`` begins the reason of what is still to come.
"""

import fnmatch
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tools"))
import public_names  # noqa: E402

SAID = json.loads((HERE / "public_names.json").read_text())
REASONS = {}


def ours():
    """Our own names, described as torch's are."""
    public_names.RECORDED = {path: list(entries) for path, entries in SAID["names"].items()}
    return public_names.collect("tinytorch")


def rows():
    """(module, name, what is wrong with ours or None) of every recorded name."""
    have = ours()
    for path, entries in SAID["names"].items():
        for name, said in entries.items():
            mine = None if have[path] is None else have[path].get(name)
            yield path, name, differs(said, mine)
            for field, about in said.get("attributes", {}).items():
                if mine is not None:
                    got = mine.get("attributes", {}).get(field)
                    yield path, f"{name}.{field}", differs(about, got)


def differs(said, mine):
    if mine is None:
        return "missing"
    a, b = said.get("parameters"), mine.get("parameters")
    if a is None or b is None or a == b:
        return None
    return f"parameters {shown(b)}, torch {shown(a)}"


def shown(parameters):
    return ", ".join(n + ("=" if default else "") for n, _, default in parameters)


def reason(path, name):
    key = f"{path}.{name}"
    return next((k for k in REASONS if fnmatch.fnmatchcase(key, k)), None)
