"""Run somebody's unmodified program with torch standing for tinytorch.

From here on the process belongs to the program, as it would under ``python program.py``: it
gets a fresh ``__main__``, its own ``sys.argv`` and ``sys.path[0]``, which stay until the
process ends so that handlers that run at exit find them.  Its exceptions are shown from its
own first frame on, through its own ``sys.excepthook``, and leave this module like any other, so
that the process ends with the status that Python gives.

Options are read by hand and nothing heavy is imported: the way to the program is short.
"""

from __future__ import annotations

import builtins
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import BuiltinImporter, SourceFileLoader, SourcelessFileLoader
from types import CodeType, ModuleType, TracebackType
from typing import Any, NoReturn

from ._alias import alias, resolve

USAGE = """\
usage: tinytorch run [--backend NAME] (SCRIPT | -m MODULE | -c CODE | -) [ARGUMENT ...]"""


def main(args: Sequence[str]) -> None:
    """Carry out ``tinytorch run ARGS``; ends in ``SystemExit(2)`` when they make no sense."""
    args = list(args)
    backend = None
    while args and args[0].partition("=")[0] == "--backend":
        _, given, backend = args.pop(0).partition("=")
        if not given:
            backend = args.pop(0) if args else ""
        if not backend:
            _fail(f"--backend needs a name\n{USAGE}")
    if not args:
        _fail(f"nothing to run\n{USAGE}")
    what, *rest = args
    if what in ("-m", "-c") and not rest:
        _fail(f"{what} needs an argument\n{USAGE}")
    if what.startswith("-") and what not in ("-", "-m", "-c"):
        _fail(f"no such option: {what}\n{USAGE}")
    if backend:
        _choose(backend)
    if what == "-m":
        run_module(rest[0], rest[1:])
    elif what == "-c":
        run_code(rest[0], rest[1:])
    elif what == "-":
        run_code(sys.stdin.read(), rest, filename="<stdin>", argv0="-")
    else:
        run_script(what, rest)


def run_script(path: str, argv: Sequence[str] = ()) -> None:
    """Run a file, or a directory or archive with a ``__main__``, as ``python path *argv``."""
    full = os.path.abspath(path)
    if finder := pkgutil.get_importer(full):
        _begin([path, *argv], full)
        _call(_execute_spec, finder.find_spec, "__main__")
        return
    compiled = full.endswith(".pyc")
    loader = (SourcelessFileLoader if compiled else SourceFileLoader)("__main__", full)
    try:
        text = loader.get_code("__main__") if compiled else loader.get_data(full)
    except OSError as e:
        _fail(f"can't open file {full!r}: [Errno {e.errno}] {e.strerror}")
    _begin([path, *argv], os.path.dirname(os.path.realpath(full)))
    _call(_execute, text, full, __file__=full, __cached__=None, __loader__=loader)


def run_module(name: str, argv: Sequence[str] = ()) -> None:
    """Run a module or package as ``python -m name *argv``."""
    _begin(["-m", *argv], os.getcwd())
    _call(_execute_spec, importlib.util.find_spec, resolve(name), is_module=True)


def run_code(
    source: str, argv: Sequence[str] = (), *, filename: str = "<string>", argv0: str = "-c"
) -> None:
    """Run a text as ``python -c source *argv``."""
    _begin([argv0, *argv], "")
    _call(_execute, source, filename, __loader__=BuiltinImporter)


def _begin(argv: list[str], folder: str | None) -> None:
    alias()
    alias("tensorflow", fallback=True)
    sys.argv = argv
    if folder is not None and not sys.flags.safe_path:
        sys.path[0] = folder


def _execute(text: str | bytes | CodeType, filename: str, **names: Any) -> None:
    main = ModuleType("__main__")
    vars(main).update(names, __builtins__=builtins, __annotations__={})
    sys.modules["__main__"] = main
    code = text if isinstance(text, CodeType) else compile(text, filename, "exec", 0, True)
    exec(code, vars(main))


def _execute_spec(find: Callable[[str], Any], name: str, is_module: bool = False) -> None:
    spec = find(name)
    if spec is None:
        raise ImportError(f"No module named {name}")
    if spec.submodule_search_locations is not None:
        return _execute_spec(find, name + ".__main__", is_module)
    if is_module:
        sys.argv[0] = spec.origin
    names = {"__file__": spec.origin, "__cached__": spec.cached, "__loader__": spec.loader}
    names |= {"__package__": spec.parent, "__spec__": spec}
    _execute(spec.loader.get_code(name), spec.origin, **names)


def _call(f: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    try:
        f(*args, **kwargs)
    except SystemExit:
        raise
    except BaseException as e:
        theirs, hook = _theirs(e.__traceback__), sys.excepthook
        sys.excepthook = lambda kind, e, _: hook(kind, e.with_traceback(theirs), theirs)
        raise


def _theirs(tb: TracebackType | None) -> TracebackType | None:
    while tb is not None:
        file = tb.tb_frame.f_code.co_filename
        if file not in (__file__, importlib.util.__file__) and not file.startswith("<frozen "):
            break
        tb = tb.tb_next
    return tb


def _choose(backend: str) -> None:
    import tinytorch

    try:
        tinytorch.set_backend(backend)
    except (ImportError, LookupError, RuntimeError, ValueError) as e:
        _fail(f"--backend {backend}: {e}")


def _fail(text: str) -> NoReturn:
    print(f"tinytorch: {text}", file=sys.stderr)
    raise SystemExit(2)
