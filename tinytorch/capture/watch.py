"""Watching the functions that run during a capture: whose globals count, and who is not pure."""

from __future__ import annotations

import builtins
import contextlib
import functools
import random
import sys
import time

from .guards import Unwatched, _known

_IMPURE = {
    builtins.print: "prints", builtins.input: "asks for input", builtins.open: "opens a file",
    builtins.next: "moves an iterator on", time.time: "reads a clock",
    time.perf_counter: "reads a clock", time.monotonic: "reads a clock",
    time.time_ns: "reads a clock", time.perf_counter_ns: "reads a clock",
    time.process_time: "reads a clock", time.sleep: "waits",
}  # fmt: skip


@functools.cache
def _seeding():
    from ..random import Generator

    names = ("manual_seed", "seed", "set_state", "get_state", "clone_state")
    return {getattr(Generator, n).__code__ for n in names}


def _host_streams():
    """The states of Python's and NumPy's own random streams."""
    np = sys.modules.get("numpy")
    now = [random.getstate()]
    if np is not None and "numpy.random" in sys.modules:
        kind, keys, pos, has, cached = np.random.get_state(legacy=True)
        now += [kind, keys.tobytes(), pos, has, cached]
    return now


@contextlib.contextmanager
def watching(guards, stop):
    """Adds the globals that the user's functions name to ``guards``; ``stop`` at side effects."""
    met = set()

    def see(frame, event, arg):
        if event == "call":
            code = frame.f_code
            if code not in met:
                met.add(code)
                if code in _seeding():
                    stop("it sets the state of a random generator")
                elif not _known(frame.f_globals.get("__name__", "")):
                    try:
                        guards.code(frame)
                    except Unwatched as e:
                        stop(str(e))
        elif event == "c_call" and not _known(frame.f_globals.get("__name__", "")):
            try:
                why = _IMPURE.get(arg)
            except TypeError:
                return
            if why is not None:
                stop(f"it {why}, which a captured run would not do again")

    streams = _host_streams()
    before = sys.getprofile()
    sys.setprofile(see)
    try:
        yield
    finally:
        sys.setprofile(before)
    if _host_streams() != streams:
        stop("it draws from Python's or NumPy's own random stream")
