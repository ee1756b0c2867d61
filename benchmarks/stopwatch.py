"""What a case hands back: a function that runs it n times and says how long that took.

Three kinds cover all cases. `statement` puts source text into the timing loop itself, because at
half a microsecond an operation the call of a lambda would be a tenth of the figure. `steps` calls
a function, for anything larger. `part` times one half of a pair, for a backward pass whose graph
has to be built anew each time.

The clock is the CPU time of the process, user and system. With one thread it equals wall time on
an idle machine, and on a shared one it does not count the others. `BENCHMARKS_CLOCK=wall` selects
the other. The collector stays on: its work is part of what a library costs.
"""

import gc
import os
import time
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CLOCKS = {"cpu": time.process_time, "wall": time.perf_counter}
clock = CLOCKS[os.environ.get("BENCHMARKS_CLOCK", "cpu")]


@dataclass(frozen=True)
class Watch:
    """`seconds(n)` runs the case n times; `value()` runs it once for a number to compare."""

    seconds: Callable[[int], float]
    value: Callable[[], float | None] = lambda: None


def statement(source: str, value: Callable[[Any], float] | None = None, **names: Any) -> Watch:
    """Time `source` in a loop with `names` as its globals; `value` reduces its result."""
    timer = timeit.Timer(source, "gc.enable()", timer=clock, globals={**names, "gc": gc})

    def number() -> float | None:
        return value(eval(source, dict(names))) if value else None

    return Watch(timer.timeit, number)


def steps(step: Callable[[], Any]) -> Watch:
    """Time `step()`; a number that it returns is compared between libraries."""

    def seconds(n: int) -> float:
        start = clock()
        for _ in range(n):
            step()
        return clock() - start

    def number() -> float | None:
        out = step()
        return None if out is None else float(out)

    return Watch(seconds, number)


def part(prepare: Callable[[], Any], timed: Callable[[Any], Any]) -> Watch:
    """Time `timed(state)` only, with a fresh `state = prepare()` for each run."""

    def seconds(n: int) -> float:
        total = 0.0
        for _ in range(n):
            state = prepare()
            start = clock()
            timed(state)
            total += clock() - start
        return total

    def number() -> float | None:
        out = timed(prepare())
        return None if out is None else float(out)

    return Watch(seconds, number)
