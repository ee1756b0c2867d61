"""The command: choose cases, run them, show a table, write the page or the data.

python -m benchmarks                                    everything, to the terminal
python -m benchmarks --write docs/performance.md        everything, to the page
python -m benchmarks --case 'net.*' --quick --json -    some of it, roughly, as data
python -m benchmarks --subject torch                    torch against itself: the noise
"""

import argparse
import fnmatch
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path

from .cases import CASES
from .harness import NEIGHBOURS, QUICK, REFERENCE, SUBJECT, Effort, Worker, measure
from .machine import machine
from .processes import PROCESSES
from .report import GROUPS, as_json, document, groups, notes, table


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.split("\n")[0]
    )
    add = parser.add_argument
    add("--case", action="append", metavar="NAME", help="a case or a pattern; may be repeated")
    add("--list", action="store_true", help="list the cases and stop")
    add("--quick", action="store_true", help="few short rounds, rough figures")
    add("--rounds", type=int, help="rounds of each case")
    add("--wall", action="store_true", help="wall time instead of CPU time")
    add("--subject", default=SUBJECT, metavar="MODULE", help="module that stands as tinytorch")
    add("--no-neighbours", action="store_true", help="leave HIPS autograd and MyGrad out")
    add("--write", type=Path, metavar="FILE", help="write the page")
    add("--json", metavar="FILE", help="write the data; - for standard output")
    chosen = parser.parse_args(argv)
    if chosen.write and chosen.case:
        parser.error("--write writes the whole page: leave --case out")
    return chosen


def select(patterns):
    names = [*CASES, *PROCESSES]
    if not patterns:
        return names
    found = [n for n in names if any(fnmatch.fnmatch(n, p) for p in patterns)]
    if not found:
        raise SystemExit(f"no case matches {', '.join(patterns)}; --list names them")
    return found


@contextmanager
def progress(count):
    """Yield a function that tells the next case's name: a live bar, or lines without rich."""
    try:
        from rich.console import Console
        from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    except ImportError:
        yield lambda name: print(name, file=sys.stderr)
        return
    columns = (MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=count)

        def tell(name):
            bar.update(task, description=name, advance=1)

        yield tell


def show(rows, absent):
    """The tables on a terminal: as on the page, less the quartiles."""
    for name, members in groups(rows).items():
        heads, cells = table(members, spreads=False)
        cells = [[cell.replace("**", "").replace("`", "") for cell in line] for line in cells]
        widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
        print(f"\n{GROUPS[name][0]}")
        for line in (heads, *cells):
            padded = [c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True)]
            print("  ".join([line[0].ljust(widths[0]), *padded]))
        for line in notes(members, absent):
            print(f"  {line}")
    for name, why in absent.items():
        print(f"\n{name} is absent: {why}")


def main(argv=None):
    chosen = arguments(argv)
    if chosen.list:
        print("\n".join([*CASES, *PROCESSES]))
        return
    names = select(chosen.case)
    clock = "wall" if chosen.wall else "cpu"
    os.environ["BENCHMARKS_CLOCK"] = clock
    base = QUICK if chosen.quick else Effort()
    effort = Effort(base.seconds, chosen.rounds or base.rounds)
    modules = {REFERENCE: REFERENCE, SUBJECT: chosen.subject}
    if not chosen.no_neighbours:
        modules |= {name: name for name in NEIGHBOURS}
    workers = [Worker(name, module) for name, module in modules.items()]
    absent = {w.name: w.absent for w in workers if w.absent is not None}
    libraries = {w.name: w.info for w in workers if w.absent is None}
    present = {name: module for name, module in modules.items() if name not in absent}
    rows = []
    with progress(len(names)) as tell:
        for name in names:
            tell(name)
            if name in PROCESSES:
                found = PROCESSES[name](present, effort)
                rows += found if isinstance(found, list) else [found]
            else:
                rows.append(measure(CASES[name], workers, effort))
    for worker in workers:
        worker.close()
    everything = (rows, machine(), libraries, absent, effort, clock)
    if chosen.write:
        chosen.write.write_text(document(*everything), encoding="utf-8")
    if chosen.json:
        text = json.dumps(as_json(*everything), indent=1, ensure_ascii=False) + "\n"
        if chosen.json == "-":
            sys.stdout.write(text)
        else:
            Path(chosen.json).write_text(text, encoding="utf-8")
    if chosen.json != "-":
        show(rows, absent)


if __name__ == "__main__":
    main()
