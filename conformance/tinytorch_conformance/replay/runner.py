"""Running a document's blocks in one namespace, as an interactive session would.

Blocks run as `__main__` under the document's own file name and line numbers, so that tracebacks,
`inspect` and class names read as they would in the document. Everything the blocks print is
captured; warnings are recorded rather than printed. Nobody is there to answer `input()` or to
close a window.
"""

from __future__ import annotations

import ast
import builtins
import io
import linecache
import os
import signal
import sys
import threading
import time
import traceback
import types
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module

from .classify import FRAMEWORKS, PRESETS, bound, used
from .model import Block, Document, Run


class TookTooLong(BaseException):
    """Raised inside a block that runs past the time allowed for the document."""


@contextmanager
def time_limit(seconds):
    """Raise `TookTooLong` in the block after `seconds`; only the main thread can be stopped."""
    able = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if seconds is None or not able:
        yield
        return

    def stop(*_):
        raise TookTooLong

    old = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


class Session:
    """One namespace and what runs in it. Use as a context manager."""

    def __init__(self, doc: Document, timeout=None):
        self.doc, self.timeout = doc, timeout
        self.module = types.ModuleType("__main__")
        self.names = self.module.__dict__
        self.names.update(__builtins__=builtins, display=lambda *xs: print(*map(repr, xs)))
        self.start = time.perf_counter()

    def __enter__(self):
        self._was = sys.modules["__main__"], sys.stdin, os.environ.get("MPLBACKEND")
        sys.modules["__main__"], sys.stdin = self.module, io.StringIO()
        os.environ["MPLBACKEND"] = "Agg"
        self._caught = warnings.catch_warnings(record=True)
        self._given = self._caught.__enter__()
        warnings.simplefilter("always")
        return self

    def __exit__(self, *exc):
        self._caught.__exit__(*exc)
        sys.modules["__main__"], sys.stdin, figures = self._was
        os.environ.pop("MPLBACKEND")
        if figures is not None:
            os.environ["MPLBACKEND"] = figures

    def _preset(self, source):
        """Import the usual names that the block uses and nothing has bound."""
        wanted = used(source) - bound(source) - self.names.keys() - set(dir(builtins))
        done = []
        for name in sorted(wanted & PRESETS.keys()):
            try:
                self.names[name] = import_module(PRESETS[name])
            except ImportError:
                continue
            done.append(name)
        return tuple(done)

    def run(self, block: Block):
        """Run one block; never raises, except for KeyboardInterrupt."""
        source = block.source
        run = Run(preset=self._preset(source))
        name = self.doc.path
        if not self.doc.in_file:
            name = f"<{os.path.basename(self.doc.path)}, {block.label}>"
            linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        out, err, given = io.StringIO(), io.StringIO(), len(self._given)
        began = time.perf_counter()
        left = None if self.timeout is None else self.timeout - (began - self.start)
        hook, sys.displayhook = sys.displayhook, self._show
        try:
            with redirect_stdout(out), redirect_stderr(err), time_limit(left):
                run.value = self._exec(source, name, block)
        except (Exception, SystemExit, TookTooLong) as e:
            self._explain(run, e, name, block)
        finally:
            sys.displayhook = hook
        run.seconds = time.perf_counter() - began
        run.stdout = out.getvalue()
        run.warnings = [(w.category.__name__, str(w.message)) for w in self._given[given:]]
        return run

    def _show(self, value):
        if value is not None:
            print(repr(value))
            self.names["_"] = value

    def _exec(self, source, name, block):
        tree = ast.parse(source, name)
        if self.doc.in_file:
            ast.increment_lineno(tree, block.lineno - 1)
        if block.mode == "single":
            for s in tree.body:
                exec(compile(ast.Interactive([s]), name, "single", 0, True), self.names)
            return None
        last = tree.body[-1] if tree.body else None
        shows = isinstance(last, ast.Expr) and not source.rstrip().endswith(";")
        body = tree.body[:-1] if shows else tree.body
        exec(compile(ast.Module(body, []), name, "exec", 0, True), self.names)
        if not shows:
            return None
        value = eval(compile(ast.Expression(last.value), name, "eval", 0, True), self.names)
        if value is not None:
            self.names["_"] = value
        return None if value is None else repr(value)

    def _explain(self, run, e, name, block):
        if isinstance(e, TookTooLong):
            run.error = ("TookTooLong", f"the document ran longer than {self.timeout:g} s")
            return
        run.error = (type(e).__name__, str(e))
        frames = traceback.extract_tb(e.__traceback__)
        own = [f for f in frames if f.filename == name]
        if own:
            run.error_lineno = own[-1].lineno - (block.lineno - 1 if self.doc.in_file else 0)
        if isinstance(e, NameError) and own and frames[-1] is own[-1]:
            run.missing = e.name
        if own and _lacks_a_framework(e):
            run.foreign = str(e).partition(" here: ")[0]
        e.__traceback__ = _below(e.__traceback__, name)
        run.traceback = "".join(traceback.format_exception(e))


def _lacks_a_framework(e):
    """Whether a part of another framework was asked of the front that stands for it here."""
    if type(e).__name__ == "UnknownNameError":
        return True
    origin = (isinstance(e, ImportError) and e.name) or ""
    return origin.partition(".")[0] in FRAMEWORKS or origin.startswith("tinytorch.compat.")


def _below(tb, name):
    """The traceback without the frames of the replayer itself."""
    top = tb
    while tb is not None and tb.tb_frame.f_code.co_filename != name:
        tb = tb.tb_next
    return tb or top
