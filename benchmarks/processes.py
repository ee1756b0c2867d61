"""What only a whole process shows: how long an import takes and how much memory a training needs.

Each figure is a fresh interpreter. Imports are timed from outside by the wall clock, from start to
exit, in turns, and are compared with `import numpy` round by round: what a library adds to NumPy is
its own. Peak memory is read by the process itself from the kernel's high-water mark, because the
figure that a parent gets can be the parent's own.
"""

import json
import subprocess
import sys
import time

from .harness import REFERENCE, SUBJECT, Effort, Row
from .machine import environment
from .stats import Spread, paired_difference, paired_ratio, spread

IMPORTS = {
    "numpy": "import numpy",
    "torch": "import torch",
    "tinytorch": "import tinytorch",
    "autograd": "import autograd.numpy",
    "mygrad": "import mygrad",
}
FIRST = {
    "numpy": "import numpy; numpy.array([1.5])",
    "torch": "import torch; torch.tensor([1.5])",
    "tinytorch": "import tinytorch; tinytorch.tensor([1.5])",
    "autograd": "import autograd.numpy; autograd.numpy.array([1.5])",
    "mygrad": "import mygrad; mygrad.tensor([1.5])",
}
BUDGET = 0.025
STEPS = 20


def python(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *args], env=environment(), capture_output=True, text=True, check=False
    )


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]


def import_row(
    name: str, title: str, sources: dict[str, str], target: float | None, effort: Effort
) -> Row:
    """Wall time of `python -c source` for each library; the score is the subject's less NumPy's."""
    row = Row(name, "import", title, score_unit="seconds", target=target)
    live = {}
    for library, source in sources.items():
        done = python("-c", source)
        if done.returncode:
            row.errors[library] = last_line(done)
        else:
            live[library] = source
    times: dict[str, list[float]] = {library: [] for library in live}
    for _ in range(min(11, effort.rounds)):
        for library, source in live.items():
            start = time.perf_counter()
            python("-c", source)
            times[library].append(time.perf_counter() - start)
    row.figures = {library: spread(values) for library, values in times.items()}
    if {"numpy", SUBJECT} <= times.keys():
        row.score = paired_difference(times[SUBJECT], times["numpy"])
    return row


def import_time(modules: dict[str, str], effort: Effort) -> Row:
    return import_row("import.import", "import", renamed(IMPORTS, modules), BUDGET, effort)


def first_tensor(modules: dict[str, str], effort: Effort) -> Row:
    return import_row("import.first", "and make a tensor", renamed(FIRST, modules), None, effort)


def renamed(sources: dict[str, str], modules: dict[str, str]) -> dict[str, str]:
    """The sources with the module that each library stands for, where that is another."""
    return {
        name: source.replace(name, modules.get(name, name))
        for name, source in sources.items()
        if name == "numpy" or name in modules
    }


def peak_memory(modules: dict[str, str], effort: Effort) -> Row:
    """High-water mark of a process that trains the two-layer network for STEPS steps."""
    row = Row("memory.peak", "memory", f"two layers, {STEPS} steps", unit="bytes", target=0.5)
    sizes: dict[str, list[float]] = {}
    for _ in range(min(5, effort.rounds)):
        for library, module in modules.items():
            if library in row.errors or library == "jax":
                continue
            done = python("-m", "benchmarks.processes", module)
            if done.returncode:
                row.errors[library] = last_line(done)
            else:
                sizes.setdefault(library, []).append(float(done.stdout))
    row.figures = {library: spread(values) for library, values in sizes.items()}
    if {REFERENCE, SUBJECT} <= row.figures.keys():
        row.score = paired_ratio(sizes[SUBJECT], sizes[REFERENCE])
    return row


def high_water() -> int:
    """Most memory this process has held, in bytes."""
    try:
        with open("/proc/self/status", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def train(name: str) -> int:
    from .worker import builder, load

    builder(name, load(name))("net.two_layer").seconds(STEPS)
    return high_water()


BY_HAND = "by hand"


def jax_eager(modules: dict[str, str], effort: Effort) -> list[Row]:
    """Eager operations on JAX beside jitted primitives written by hand, a row each."""
    if "jax" not in modules:
        return []
    rounds = str(min(21, effort.rounds))
    done = python("-m", "benchmarks.jax_eager", "--rounds", rounds, "--json", "-")
    if done.returncode:
        return [Row("jax.eager", "jax", "eager", errors={SUBJECT: last_line(done)})]
    rows = []
    for found in json.loads(done.stdout):
        row = Row("jax.eager", "jax", found["title"], target=found["goal"])
        row.figures = {BY_HAND: one(found["hand"]), SUBJECT: one(found["tinytorch"])}
        row.score = Spread(found["ratio"], found["low"], found["high"], int(rounds))
        rows.append(row)
    return rows


def one(value: float) -> Spread:
    return Spread(value, value, value, 1)


PROCESSES = {
    "jax.eager": jax_eager,
    "import.import": import_time,
    "import.first": first_tensor,
    "memory.peak": peak_memory,
}

if __name__ == "__main__":
    print(train(sys.argv[1]))
