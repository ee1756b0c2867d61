"""The ``tinytorch`` command: what it can do, its options, and where the work is done.

Nothing is decided here. ``run`` goes to the script runner, ``replay`` and ``conformance`` to the
conformance package, which is imported when asked for and may lack what it reads documents
with; ``backends`` prints what the plugin layer knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from . import plugins

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The torch API without torch. A script in place of a command is run: "
    "tinytorch script.py [ARGUMENT ...]",
)

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
EXTRA = "pip install 'tinytorch[conformance]'"

Backend = Annotated[
    str | None, typer.Option("--backend", metavar="NAME", help="The backend that serves the CPU.")
]


def _version(asked: bool) -> None:
    if asked:
        import tinytorch

        typer.echo(f"tinytorch {tinytorch.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options that stand before any command."""


@contextmanager
def _told(command: str) -> Iterator[None]:
    try:
        yield
    except plugins.BackendError as e:
        typer.echo(f"tinytorch {command}: {e}", err=True)
        raise typer.Exit(2) from None
    except ImportError as e:
        told = "pip install" in str(e)
        if not told and not isinstance(e, ModuleNotFoundError):
            raise
        hint = "" if told else f"\nWhat it needs comes with: {EXTRA}"
        typer.echo(f"tinytorch {command}: {e}{hint}", err=True)
        raise typer.Exit(2) from None


@app.command(context_settings={**PASS_ON, "allow_interspersed_args": False})
def run(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(metavar="SCRIPT | -m MODULE | -c CODE | -")],
    backend: Backend = None,
) -> None:
    """Run an unmodified program in which torch and its submodules are tinytorch's."""
    from ._run import main as run

    run([*(["--backend", backend] if backend else []), what, *ctx.args])


@app.command()
def replay(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", exists=True, help="Documents.")],
    backend: Backend = None,
    seed: Annotated[int, typer.Option(help="The seed each document starts from.")] = 0,
    json_path: Annotated[
        Path | None, typer.Option("--json", metavar="PATH", help="Write the report as JSON.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="PATH", help="Write it as JUnit XML.")
    ] = None,
) -> None:
    """Run the code of documents and compare what it prints with the outputs they show.

    Markdown, Jupyter notebooks, IPython transcripts, doctests and percent scripts.
    """
    with _told("replay"):
        from tinytorch_conformance.replay import replay_command

        status = replay_command(
            [str(f) for f in files], backend=backend, seed=seed, json=json_path, junit=junit
        )
    raise typer.Exit(int(status))


@app.command(context_settings=PASS_ON)
def conformance(
    ctx: typer.Context,
    backend: Backend = "numpy",
    agree: Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME...", help="Only compare backends with each other."),
    ] = None,
) -> None:
    """Run the conformance suite on a backend; further arguments go to pytest."""
    with _told("conformance"):
        if agree:
            from tinytorch_conformance.agree import agree_command

            status = agree_command(agree.split(","))
        else:
            from tinytorch_conformance import run_suite

            status = run_suite(backend, ctx.args)
    raise typer.Exit(int(status))


@app.command()
def conformance_report(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="JSON...", exists=True, help="What --conformance-json wrote."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="PATH", help="The page.")
    ] = Path("conformance.html"),
    badge: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Also write the first report's badge, an SVG."),
    ] = None,
) -> None:
    """Show reports of the conformance suite side by side, on one page of HTML."""
    with _told("conformance-report"):
        from tinytorch_conformance.page import report_command

        try:
            lines = report_command(files, output, badge)
        except ValueError as e:
            typer.echo(f"tinytorch conformance-report: {e}", err=True)
            raise typer.Exit(2) from None
    typer.echo("\n".join(lines))


@app.command()
def new_backend(
    name: Annotated[str, typer.Argument(help="What users will call it.")],
    directory: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to write; tinytorch-NAME if not said.")
    ] = None,
    library: Annotated[
        str, typer.Option(metavar="MODULE", help="The array library, a module of the array API.")
    ] = "numpy",
) -> None:
    """Write the package of a new backend, whose own test run tells what is left to do."""
    with _told("new-backend"):
        from tinytorch_conformance.skeleton import write

        try:
            root = write(name, directory, library)
        except (ValueError, FileExistsError) as e:
            typer.echo(f"tinytorch new-backend: {e}", err=True)
            raise typer.Exit(2) from None
    typer.echo(
        f"{root} written. Its test, after pip install -e '{root}[test]':\n"
        f"tinytorch conformance --backend {name}"
    )


@app.command()
def backends(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the backends: where each comes from, its devices, and whether it works here."""
    found = plugins.describe_backends()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for title in ("Backend", "From", "Devices", "Usable", "Why not, and how to get it"):
        table.add_column(title, overflow="fold")
    for b in found:
        origin = " ".join(filter(None, (b["distribution"], b["version"])))
        usable = Text("yes", "green") if b["usable"] else Text("no", "red")
        remedy = "" if b["usable"] else "\n".join(filter(None, (b["why"], b["how"])))
        table.add_row(
            *map(Text, (b["name"], origin, ", ".join(b["devices"]))), usable, Text(remedy)
        )
    Console().print(table)
