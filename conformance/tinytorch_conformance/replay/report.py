"""The command: replay files with a live display, then a table, differences, JSON and JUnit."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

from .engine import replay_document
from .formats import SUFFIXES
from .model import FAILED, OK, RAN, SKIPPED, MissingParser, parser


def collect(files):
    """The documents among `files`; directories are searched. Raises FileNotFoundError."""
    for f in map(Path, files):
        if f.is_dir():
            yield from sorted(
                p
                for p in f.rglob("*")
                if p.suffix.lower() in SUFFIXES and not any(x.startswith(".") for x in p.parts)
            )
        elif f.exists():
            yield f
        else:
            raise FileNotFoundError(f"no such document: {f}")


def write_json(path, reports):
    """Every report in full, actual outputs included."""
    data = {"ok": all(r.ok for r in reports), "documents": [r.as_dict() for r in reports]}
    Path(path).write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")


def write_junit(path, reports):
    """A test suite per document, a test case per block."""
    root = ET.Element("testsuites")
    for r in reports:
        suite = ET.SubElement(
            root, "testsuite", name=r.path, tests=str(len(r.blocks)),
            failures=str(len(r.failed)), errors=str(int(bool(r.error))),
            skipped=str(r.count(SKIPPED)), time=f"{r.seconds:.3f}",
        )  # fmt: skip
        if r.error:
            case = ET.SubElement(suite, "testcase", classname=r.path, name="read")
            ET.SubElement(case, "error", message=r.error)
        for b in r.blocks:
            case = ET.SubElement(
                suite, "testcase", classname=r.path, name=f"line {b.lineno} {b.label}".strip(),
                time=f"{b.seconds:.3f}",
            )  # fmt: skip
            if b.status == FAILED:
                ET.SubElement(case, "failure", message=b.reason).text = _plain(_details(b))
            elif b.status == SKIPPED:
                ET.SubElement(case, "skipped", message=b.reason)
            if b.actual:
                ET.SubElement(case, "system-out").text = _plain(b.actual)
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _plain(text):
    return "".join(c for c in text if c in "\n\t" or c >= " ")


def _details(b):
    return "\n\n".join(x.strip("\n") for x in (b.source, b.diff, b.traceback) if x)


def _asides(r):
    """The reasons for what was skipped and the notes, each once with its lines."""
    lines = {}
    for b in r.blocks:
        for text in [f"{b.status}: {b.kind}: {b.reason}"] * (b.status == SKIPPED) + b.notes:
            lines.setdefault(text.replace("skipped: code: ", "skipped: "), []).append(b.lineno)
    for text, at in lines.items():
        shown = ", ".join(map(str, at[:6])) + (", …" if len(at) > 6 else "")
        yield f"{text} (line{'s' * (len(at) > 1)} {shown})"


def _summary(reports, rich_table, escape):
    table = rich_table.Table(title="Documents replayed", show_lines=False)
    table.add_column("document", overflow="fold")
    for name in ("run", "compared", "ok", "failed", "skipped", "seconds"):
        table.add_column(name, justify="right")
    total = Counter()
    for r in reports:
        row = {
            "run": r.count(OK, RAN, FAILED),
            "compared": sum(b.expected is not None and b.status in (OK, FAILED) for b in r.blocks),
            "ok": r.count(OK),
            "failed": r.count(FAILED) + bool(r.error),
            "skipped": r.count(SKIPPED),
        }
        total.update(row)
        cells = [str(v) for v in row.values()]
        cells[3] = f"[red]{cells[3]}[/]" if row["failed"] else cells[3]
        mark = "[green]✓[/]" if r.ok else "[red]✗[/]"
        table.add_row(f"{mark} {escape(Path(r.path).name)}", *cells, f"{r.seconds:.1f}")
    if len(reports) > 1:
        seconds = f"{sum(r.seconds for r in reports):.1f}"
        table.add_section()
        table.add_row("all", *map(str, total.values()), seconds)
    return table


def _failures(console, r, text, syntax):
    if r.error:
        console.print(text.Text(f"\n{r.path}: {r.error}", style="red"))
    for b in r.failed:
        console.print(text.Text(f"\n{r.path}:{b.lineno}: {b.reason}", style="bold red"))
        console.print(syntax.Syntax(b.source.strip("\n"), "python", background_color="default"))
        if b.diff:
            console.print(syntax.Syntax(b.diff, "diff", background_color="default"))
        if b.traceback:
            console.print(text.Text(b.traceback.rstrip(), style="dim"))


def replay_command(
    files, backend=None, seed=0, json_path=None, junit_path=None, *, alias=None, timeout=None,
    console=None,
):  # fmt: skip
    """Replay the documents (directories are searched) and show what came of it.

    Returns 0 if all agree, 1 if a block failed, 2 if a document could not be read or there is
    nothing to do. `alias`, `seed`, `backend` and `timeout` are those of `replay_document`;
    json_path and junit_path name files to write; `console` is a rich Console.
    """
    try:
        parts = {m: parser(f"rich.{m}", "rich") for m in
                 ("console", "markup", "progress", "syntax", "table", "text")}  # fmt: skip
    except MissingParser as e:
        print(e)
        return 2
    console = console or parts["console"].Console()
    try:
        paths = list(collect(files))
    except FileNotFoundError as e:
        console.print(str(e), style="red", markup=False)
        return 2
    if not paths:
        console.print("no documents to replay")
        return 2
    reports = []
    rp = parts["progress"]
    columns = (rp.SpinnerColumn(), rp.TextColumn("{task.description}"), rp.BarColumn(),
               rp.MofNCompleteColumn(), rp.TimeElapsedColumn())  # fmt: skip
    with rp.Progress(
        *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as live:
        whole = live.add_task("documents", total=len(paths))
        for path in paths:
            task = live.add_task(parts["markup"].escape(path.name), total=None)

            def tell(i, block, doc, task=task):
                live.update(task, completed=i, total=len(doc.blocks))

            reports.append(
                replay_document(
                    path, seed=seed, backend=backend, alias=alias, timeout=timeout, tell=tell
                )
            )
            live.remove_task(task)
            live.advance(whole)
    for r in reports:
        _failures(console, r, parts["text"], parts["syntax"])
    console.print(_summary(reports, parts["table"], parts["markup"].escape))
    for r in reports:
        for aside in _asides(r):
            console.print(parts["text"].Text(f"  {Path(r.path).name}: {aside}", style="dim"))
    if json_path:
        write_json(json_path, reports)
    if junit_path:
        write_junit(junit_path, reports)
    if any(r.error for r in reports):
        return 2
    return 0 if all(r.ok for r in reports) else 1
