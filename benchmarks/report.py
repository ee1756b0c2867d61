"""Write the rows down: Markdown for docs/performance.md, the same cells for a terminal.

A figure without its circumstances misleads, so the page opens with the machine and closes with what
would move the ratios elsewhere. Nothing in it is typed by hand, and a cell that could not be filled
says why below its table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from .harness import NEIGHBOURS, REFERENCE, SUBJECT, Effort, Row
from .processes import BY_HAND
from .stats import Spread

GROUPS = {
    "forward": (
        "A small operation, recorded",
        "Four elements, operands that require grad; time of one operation, its result dropped.",
    ),
    "nograd": (
        "A small operation, not recorded",
        "Four elements, nothing requires grad; time of one operation.",
    ),
    "backward": (
        "Backward",
        "Time of the backward call alone, per operation of a chain of 200, four elements each.",
    ),
    "chain": (
        "Long chains",
        "Built, run backward and freed, per node; the last row is freed without a backward.",
    ),
    "net": (
        "Whole training steps",
        "Forward, backward and an update written by hand, per step.",
    ),
    "capture": (
        "Captured steps",
        "Steps of the same kind as one captured program (`compile`), on NumPy and in the column"
        " `jax` on JAX; torch runs eagerly.",
    ),
    "jax": (
        "Eager on JAX",
        "Small arrays on the backend for JAX beside JAX by hand, with one `jax.jit` a primitive.",
    ),
    "random": ("A million random numbers", "Drawn by the algorithms of torch's CPU generator."),
    "print": ("Printing", "Text of a tensor that requires no grad."),
    "import": (
        "Import",
        "Wall time of a fresh interpreter from start to exit; the score is what tinytorch adds to"
        " `import numpy`.",
    ),
    "memory": ("Memory", "High-water mark of a fresh process that trains, imports included."),
}
CLOCKS = {"cpu": "CPU time", "wall": "wall time"}
SCALES = {
    "seconds": ((1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
    "bytes": ((2**20, "MiB"),),
}


def quantity(value: float, unit: str) -> str:
    """Three significant digits in the largest fitting unit: 712 ns, 1.31 µs, 23.4 ms."""
    for scale, name in SCALES[unit]:
        if abs(value) >= scale * 0.9995 or (scale, name) == SCALES[unit][-1]:
            break
    scaled = value / scale
    digits = 0 if abs(scaled) >= 99.95 else 1 if abs(scaled) >= 9.995 else 2
    return f"{scaled:.{digits}f} {name}"


def score_cell(score: Spread | None, unit: str, spreads: bool = True) -> str:
    if score is None:
        return ""
    if unit == "ratio":
        middle, low, high = (f"{v:.2f}" for v in (score.median, score.low, score.high))
    else:
        middle, low, high = (f"{v * 1e3:+.0f}" for v in (score.median, score.low, score.high))
        middle += " ms"
    return f"{middle} ({low} to {high})" if spreads else middle


def target_cell(row: Row) -> str:
    if row.target is None:
        return ""
    return f"≤ {row.target:g}" if row.score_unit == "ratio" else f"≤ {row.target * 1e3:+.0f} ms"


def table(rows: Sequence[Row], spreads: bool = True) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of one group; a neighbour with no figure in the group has no column."""
    held = {name for row in rows for name in row.figures}
    others = [name for name in ("numpy", *NEIGHBOURS) if name in held]
    score = "ratio" if all(row.score_unit == "ratio" for row in rows) else "over numpy"
    first = BY_HAND if BY_HAND in held else REFERENCE
    heads = ["case", first, SUBJECT, score, "target", "reached", *others]

    def line(row: Row) -> list[str]:
        times = {name: quantity(f.median, row.unit) for name, f in row.figures.items()}
        return [
            row.title,
            times.get(first, ""),
            times.get(SUBJECT, ""),
            score_cell(row.score, row.score_unit, spreads),
            target_cell(row),
            {None: "", True: "yes", False: "**no**"}[row.reached],
            *(times.get(name, "") for name in others),
        ]

    return heads, [line(row) for row in rows]


def markdown_table(heads: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """A GitHub table, padded so that the source reads as well as the page."""
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    rule = ["-" * widths[0], *("-" * (w - 1) + ":" for w in widths[1:])]

    def padded(line: Sequence[str]) -> str:
        first, *rest = zip(line, widths, strict=True)
        return " | ".join([first[0].ljust(first[1]), *(cell.rjust(w) for cell, w in rest)])

    lines = [padded(heads), " | ".join(rule), *map(padded, cells)]
    return "\n".join(f"| {line} |" for line in lines)


def groups(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.group, []).append(row)
    return {name: found[name] for name in GROUPS if name in found}


def notes(rows: Iterable[Row], absent: Iterable[str]) -> list[str]:
    """Why a cell is empty or its figure doubtful; libraries that are absent are told once."""
    return [
        f"{row.title}, {library}: {message}"
        for row in rows
        for library, message in row.errors.items()
        if library not in absent
    ]


def flatness(rows: Iterable[Row]) -> str | None:
    """How the time per node grows from the shortest chain to the longest, for both libraries."""
    by_name = {row.name: row.figures for row in rows}
    short, long = by_name.get("chain.1e3", {}), by_name.get("chain.1e5", {})
    parts = [
        f"{long[name].median / short[name].median:.2f} in {name}"
        for name in (SUBJECT, REFERENCE)
        if name in short and name in long
    ]
    if not parts:
        return None
    return "A node at 10^5 takes, as a multiple of one at 10^3: " + ", ".join(parts) + "."


def remarks(vendor: str) -> list[str]:
    """What would move these ratios on another machine."""
    here = {
        "GenuineIntel": "This is an Intel machine, so MKL is at its best here.",
        "AuthenticAMD": (
            "This is an AMD machine: on Intel, expect the ratios of the whole training steps and"
            " of other cases bound by matrix products to be higher than here."
        ),
    }.get(vendor, "Whether torch has MKL on this processor is in the table above.")
    return [
        "A ratio is tinytorch's time over torch's, so less is better: the median over rounds of the"
        " ratio inside a round, with its quartiles.",
        "torch multiplies matrices with MKL where it can, NumPy with OpenBLAS. MKL is slower than"
        f" OpenBLAS on AMD processors and on a level or faster on Intel's. {here}",
        "One thread each: neither library's threading is measured.",
        "OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE are unset in the timed processes: both can slow"
        " NumPy's matrix product.",
    ]


def document(
    rows: Sequence[Row],
    machine: dict[str, str],
    libraries: dict[str, dict[str, str]],
    absent: dict[str, str],
    effort: Effort,
    clock: str,
) -> str:
    """The whole of docs/performance.md."""
    aimed = [row.reached for row in rows if row.target is not None]
    unmeasured = aimed.count(None)
    gaps = f"; {unmeasured} could not be measured" if unmeasured else ""
    facts = [["processor", machine["processor"]], ["system", machine["system"]]]
    facts += [["cores", machine["cores"]], ["python", machine["python"]]]
    facts += [["numpy", machine["numpy"]]]
    facts += [[name, f"{i['version']} ({i['blas']})"] for name, i in libraries.items()]
    facts += [[name, f"absent: {why}"] for name, why in absent.items()]
    how = f"{effort.rounds} rounds of {effort.seconds * 1e3:g} ms, {CLOCKS[clock]}"
    facts += [["measured by", f"{how}, libraries in turn, one thread each"]]
    parts = [
        "# Performance",
        "Written by `python -m benchmarks --write docs/performance.md`; do not edit by hand.",
        f"{aimed.count(True)} of {len(aimed)} targets are reached on this machine{gaps}.",
        markdown_table(["", "this machine"], facts),
        "\n".join(f"- {remark}" for remark in remarks(machine["vendor"])),
    ]
    for name, members in groups(rows).items():
        title, text = GROUPS[name]
        parts += [f"## {title}", text, markdown_table(*table(members))]
        if name == "chain" and (line := flatness(members)):
            parts.append(line)
        if told := notes(members, absent):
            parts.append("\n".join(f"- {line}" for line in told))
    return "\n\n".join(parts) + "\n"


def as_json(
    rows: Sequence[Row],
    machine: dict[str, str],
    libraries: dict[str, dict[str, str]],
    absent: dict[str, str],
    effort: Effort,
    clock: str,
) -> dict[str, Any]:
    """The same as plain data; each row also says whether its target is reached."""
    return {
        "machine": machine,
        "libraries": libraries,
        "absent": absent,
        "effort": asdict(effort),
        "clock": clock,
        "rows": [{**asdict(row), "reached": row.reached} for row in rows],
    }
