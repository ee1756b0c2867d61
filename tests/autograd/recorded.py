"""Where cases stand, and what real torch said to them: a file of cases, a file of its lines.

`cases_hooks.py` is answered by `expected/cases_hooks.json`. A new file of cases is found by its
name; recording one file leaves the others as they are.
"""

import importlib
import json
import pathlib
import sys

from transcript import transcript


def modules(folder, pattern):
    """The names of the files of cases, imported."""
    names = sorted(p.stem for p in pathlib.Path(folder).glob(pattern))
    for name in names:
        importlib.import_module(name)
    return names


def lines(folder):
    """What torch said, by the name of the case."""
    said = {}
    for path in sorted(pathlib.Path(folder, "expected").glob("*cases_*.json")):
        said |= json.loads(path.read_text())["cases"]
    return said


def record(folder, pattern, cases, leave_out=()):
    """Run the files named on the command line (all, if none is) with torch; keep what it says."""
    import torch

    for name in modules(folder, pattern):
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        said = {}
        for case, fn in cases.items():
            if fn.__module__ == name:
                said[case] = [
                    line for line in transcript(fn, torch) if not any(t in line for t in leave_out)
                ]
                for line in said[case]:
                    if line.startswith("stopped by"):
                        print(case, line)
        path = pathlib.Path(folder, "expected", f"{name}.json")
        path.parent.mkdir(exist_ok=True)
        record = {"torch": torch.__version__, "cases": said}
        path.write_text(json.dumps(record, indent=1) + "\n")
