"""What a run says: rows of the table, failures in words, and everything as JSON.

The JSON is the report; the terminal and the page (`page`) are two ways to look at it.
"""

from __future__ import annotations

import json
import platform
import re
from collections import Counter
from pathlib import Path

from .cases import FAILED, PASSED, STALE, shown
from .levels import STATUSES, level_of, place, table

FORMAT = 1
EXAMPLES = 20
RAISED = re.compile(r"(?:(?<!torch )raised |an exception \()(\w+: [^;\n]*?)\)?(?:;|\n|$)")
IDS = Path(__file__).with_name("data") / "ids.json"


def collect(backend, outcomes):
    """The report of a run as a dict; cases that passed have nothing but id, level and status."""
    import tinytorch
    from tinytorch import plugins

    from .recording import level

    cls = plugins.load(backend)
    found = sorted(outcomes, key=lambda o: place(o.id))
    return {
        "format": FORMAT,
        "backend": backend,
        "from": origin(backend, cls),
        "devices": list(cls.device_types),
        "dtypes": list(cls.dtypes),
        "tinytorch": tinytorch.__version__,
        "torch": level("programs").version,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "complete": {o.id for o in outcomes} >= recorded_ids(),
        "levels": {name: dict(counts) for name, counts in table(found).items()},
        "cases": [case(o) for o in found],
    }


def case(o):
    row = {"id": o.id, "level": level_of(o.id), "status": o.status}
    return row if o.status == PASSED else {**row, "text": o.text, "snippet": o.snippet}


def origin(name, cls):
    """Distribution and version that a backend came with, or the module it was registered in."""
    from tinytorch import __version__, plugins

    point = plugins.entry_points().get(name)
    if point is not None and point.dist is not None:
        return f"{point.dist.name} {point.dist.version}"
    return f"tinytorch {__version__}" if name == plugins.EMBEDDED else cls.__module__


def recorded_ids():
    return set(unpacked(json.loads(IDS.read_text("utf-8"))))


def save(report, path):
    Path(path).write_text(json.dumps(report, indent=1) + "\n", "utf-8")


def load(path):
    """A report that was saved; ValueError if the file is none, or one of another format."""
    try:
        report = json.loads(Path(path).read_text("utf-8"))
        kind = report["format"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is no report of the conformance suite") from None
    if kind != FORMAT:
        raise ValueError(f"{path} is a report of format {kind}, this tinytorch reads {FORMAT}")
    return report


# --- ids, as they are written down ----------------------------------------------------------------


def packed(ids):
    """{head: {tail: "0-6,9"}} of ids ``head[i]tail``; an id without an index is {head: ""}."""
    found = {}
    for i in ids:
        head, bracket, rest = i.partition("[")
        if bracket:
            index, _, tail = rest.partition("]")
            found.setdefault(head, {}).setdefault(tail, []).append(int(index))
        else:
            found[head] = ""
    return {
        head: tails and {t: _ranges(sorted(n)) for t, n in sorted(tails.items())}
        for head, tails in sorted(found.items())
    }


def _ranges(numbers):
    runs = []
    for n in numbers:
        if runs and runs[-1][1] == n - 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ",".join(f"{a}-{b}" if b > a else f"{a}" for a, b in runs)


def unpacked(table):
    for head, tails in table.items():
        if not tails:
            yield head
            continue
        for tail, ranges in tails.items():
            for run in ranges.split(","):
                first, _, last = run.partition("-")
                for n in range(int(first), int(last or first) + 1):
                    yield f"{head}[{n}]{tail}"


# --- the terminal ---------------------------------------------------------------------------------


def rows(outcomes):
    """(line, colour) of the table by level."""
    levels = table(outcomes)
    yield f"{'level':<14}" + "".join(f"{k:>10}" for k in STATUSES), "bold"
    total = Counter()
    for name, counts in levels.items():
        total.update(counts)
        yield _row(name, counts)
    yield _row("all", total)


def _row(name, counts):
    colour = "red" if counts[FAILED] else "yellow" if not counts[PASSED] else "green"
    return f"{name:<14}" + "".join(f"{counts[k]:>10}" for k in STATUSES), colour


def failures(outcomes):
    """Lines: from the lowest level up, what fails and an example of each; the rest are counted."""
    groups = {}
    for o in sorted((o for o in outcomes if o.status == FAILED), key=lambda o: place(o.id)):
        groups.setdefault(kind_of(o), []).append(o)
    for found in list(groups.values())[:EXAMPLES]:
        yield ""
        yield from shown(found[0]).splitlines()
        if len(found) > 1:
            yield f"  and {len(found) - 1} more of this kind"
    more = sum(map(len, list(groups.values())[EXAMPLES:]))
    if groups:
        yield ""
    if more:
        yield f"{more} further failures of {len(groups) - EXAMPLES} kinds: --conformance-html PATH"


def kind_of(o):
    """Failures of one kind: the same exception wherever it comes up, or the same function."""
    if STALE in o.text:
        return o.text
    if o.text.startswith("Traceback"):
        return o.text.splitlines()[-1]
    raised = RAISED.search(o.text)
    return raised[1] if raised else o.id.partition("[")[0]
