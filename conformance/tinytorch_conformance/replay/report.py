"""The command: replay files with a live display, then a table, differences, JSON and JUnit."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from .engine import replay_document
from .formats import SUFFIXES
from .model import FAILED, OK, RAN, SKIPPED, parser
from .worlds import tinytorch
from .writers import write_json, write_junit


def collect(files):
    """The documents among `files`; directories are searched. Raises FileNotFoundError."""
    for f in map(Path, files):
        if f.is_dir():
            yield from sorted(
                p
                for p in f.rglob("*")
                if p.suffix.lower() in SUFFIXES
                and not any(x.startswith(".") for x in p.relative_to(f).parts)
            )
        elif f.exists():
            yield f
        else:
            raise FileNotFoundError(f"no such document: {f}")


def _asides(r):
    """The reasons for what was skipped and the notes, each once with its lines."""
    lines = {}
    for b in r.blocks:
        for text in [f"{b.status}: {b.kind}: {b.reason}"] * (b.status == SKIPPED) + b.notes:
            lines.setdefault(text.replace("skipped: code: ", "skipped: "), []).append(b.lineno)
    for text, at in lines.items():
        shown = ", ".join(map(str, at[:6])) + (", …" if len(at) > 6 else "")
        yield f"{text} (line{'s' * (len(at) > 1)} {shown})"


def _summary(reports, table, escape):
    t = table.Table(title="Documents replayed", box=None, padding=(0, 1), header_style="bold")
    t.add_column("")
    t.add_column("document", overflow="fold")
    for name in ("run", "compared", "ok", "failed", "skipped", "seconds"):
        t.add_column(name, justify="right")
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
        t.add_row(mark, escape(Path(r.path).name), *cells, f"{r.seconds:.1f}")
    if len(reports) > 1:
        seconds = f"{sum(r.seconds for r in reports):.1f}"
        t.add_row("", "all", *map(str, total.values()), seconds, style="bold")
    return t


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
    files, backend=None, seed=0, json=None, junit=None, *, alias=tinytorch, timeout=None,
    console=None,
):  # fmt: skip
    """Replay the documents (directories are searched) and show what came of it.

    Returns 0 if all agree, 1 if a block failed, 2 if a document could not be read or there is
    nothing to do. `backend`, `seed`, `alias` and `timeout` are those of `replay_document`, but
    `import torch` gives tinytorch unless told otherwise (None leaves the installed torch); json
    and junit name files to write; `console` is a rich Console. Raises `MissingParser` (an
    ImportError) where rich is not installed.
    """
    parts = {m: parser(f"rich.{m}", "rich") for m in
             ("console", "markup", "progress", "syntax", "table", "text")}  # fmt: skip
    console = console or parts["console"].Console()
    console.file = console.file
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
    if json:
        write_json(json, reports)
    if junit:
        write_junit(junit, reports)
    if any(r.error for r in reports):
        return 2
    return 0 if all(r.ok for r in reports) else 1
