"""Let the libraries take turns and turn their times into rows.

For each case every library first runs once and gives its number, which is compared with the
reference's. The reference then says how many runs fill a round, and all do that many: A B A B and
so on, one round each in turn. A library that is absent, lacks a case or fails in one costs its own
cell only; one whose process dies is started again for the next case.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from .cases import Case
from .machine import environment
from .stats import Spread, agree, paired_ratio, spread

REFERENCE, SUBJECT = "torch", "tinytorch"
NEIGHBOURS = ("autograd", "mygrad", "jax")


@dataclass(frozen=True)
class Effort:
    """How long a round lasts, in seconds of the reference, and how many there are."""

    seconds: float = 0.03
    rounds: int = 21


QUICK = Effort(0.004, 5)


@dataclass
class Row:
    """One line of the table. `score` is what `target` limits: a ratio or a difference."""

    name: str
    group: str
    title: str
    unit: str = "seconds"
    figures: dict[str, Spread] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    score: Spread | None = None
    score_unit: str = "ratio"
    target: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the score is within the target; None where there is none to compare."""
        if self.score is None or self.target is None:
            return None
        return self.score.median <= self.target


class WorkerError(Exception):
    """What a library answered instead of a figure; empty text where it has no such case."""


class Worker:
    """A process that holds one library. `module` may differ from the `name` it stands under."""

    def __init__(self, name: str, module: str | None = None):
        self.name, self.module = name, module or name
        self.absent: str | None = None
        self.info: dict[str, str] = {}
        self.process: Any = None
        try:
            self.start()
            self.info = self.ask("info")
        except WorkerError as error:
            self.absent = str(error)

    def start(self) -> None:
        self.noise = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", self.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.noise,
            env=environment(),
            text=True,
            encoding="utf-8",
        )
        self.read()

    def read(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait()
            self.noise.seek(0)
            last = self.noise.read().strip().splitlines()[-1:]
            self.close()
            raise WorkerError(": ".join([f"process ended with code {code}", *last]))
        reply = json.loads(line)
        if "error" in reply:
            raise WorkerError(reply["error"])
        return reply

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        if self.process is None:
            self.start()
        with suppress(BrokenPipeError):
            print(json.dumps({"do": do, **request}), file=self.process.stdin, flush=True)
        return self.read()

    def close(self) -> None:
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()
            self.noise.close()
            self.process = None


class Measurement:
    """One row in the making: who still takes part, and the times of each round."""

    def __init__(self, case: Case, workers: Sequence[Any]):
        self.case = case
        self.row = Row(case.name, case.group, case.title, target=case.target)
        self.live = list(workers)
        self.times: dict[str, list[float]] = {w.name: [] for w in workers}

    def ask(self, worker: Any, do: str, **request: Any) -> dict[str, Any] | None:
        """The worker's answer, or None once it has failed and left the case."""
        try:
            return worker.ask(do, case=self.case.name, **request)
        except WorkerError as error:
            self.live.remove(worker)
            self.times[worker.name].clear()
            if str(error):
                self.row.errors[worker.name] = str(error)
            return None

    def compare(self) -> None:
        """Run every library once; note those whose number is not the reference's."""
        answers = [(w.name, self.ask(w, "value")) for w in list(self.live)]
        numbers = [(name, a["value"]) for name, a in answers if a and a["value"] is not None]
        for name, number in numbers[1:]:
            first, expected = numbers[0]
            if not agree(number, expected):
                self.row.errors[name] = f"gives {number:.6g} where {first} gives {expected:.6g}"

    def calibrate(self, seconds: float) -> int:
        """How many runs last `seconds` in the first library that is left."""
        n = 1
        while self.live:
            answer = self.ask(self.live[0], "time", n=n)
            if answer is None:
                continue
            if answer["seconds"] >= seconds / 2 or n >= 10**7:
                return max(1, round(n * seconds / max(answer["seconds"], 1e-9)))
            n *= 4
        return n

    def turns(self, n: int, rounds: int) -> None:
        for _ in range(rounds):
            for worker in list(self.live):
                answer = self.ask(worker, "time", n=n)
                if answer is not None:
                    self.times[worker.name].append(answer["seconds"] / n / self.case.ops)


def measure(case: Case, workers: Sequence[Any], effort: Effort) -> Row:
    """One row: numbers compared, runs calibrated, rounds interleaved, medians taken.

    Workers are asked in the order given, so the reference comes first. A case with a limit on
    its rounds is slow, and the run that gave its number was warm-up enough.
    """
    m = Measurement(case, [w for w in workers if w.absent is None])
    m.compare()
    n = m.calibrate(effort.seconds)
    if case.rounds is None:
        m.turns(n, 1)
        for times in m.times.values():
            times.clear()
    m.turns(n, min(effort.rounds, case.rounds or effort.rounds))
    for worker in list(m.live):
        m.ask(worker, "drop")
    m.row.figures = {name: spread(times) for name, times in m.times.items() if times}
    if {REFERENCE, SUBJECT} <= m.row.figures.keys():
        m.row.score = paired_ratio(m.times[SUBJECT], m.times[REFERENCE])
    return m.row
