"""Whether backends agree with each other: the same seeded programs, number by number.

The suite holds every backend to what torch gave; this holds them to one another, and measures how
far apart they are. Allowed is what the suite allows of a recorded value (`encode.TOLERANCE`, for
trainings `test_programs.TRAINED`), and nothing at all for random streams.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import combinations

import numpy as np

import tinytorch

from . import opcases
from .cases import matches
from .encode import Raised, differs, encode, host_of_tinytorch, is_tensor
from .programs import PROGRAMS, execute
from .recording import Reader
from .test_programs import tolerance_of

SEEDED = ("programs/seeded*", "training/*", "random/*")


@dataclass
class Pair:
    """Two backends on one kind of programs: how many ran on both, how far apart, what differs."""

    kind: str
    one: str
    other: str
    ran: int
    distance: float
    wrong: list


def agreement(backends, patterns=SEEDED):
    """A :class:`Pair` for every two backends and kind of programs that fit one of the patterns."""
    chosen = [p for p in PROGRAMS if any(matches(f, p.id) for f in patterns)]
    made = {b: answers(b, chosen) for b in backends}
    for one, other in combinations(backends, 2):
        kinds = {}
        for p in chosen:
            if p.id in made[one] and p.id in made[other]:
                kinds.setdefault(p.id.partition("/")[0], []).append(p)
        for kind, programs in kinds.items():
            yield compare(kind, one, other, programs, made)


def answers(backend, programs):
    """Program id -> its value, of the programs that the backend declares it can run."""
    from tinytorch import plugins

    cls = plugins.load(backend)
    with tinytorch.use_backend(backend), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            p.id: execute(p, tinytorch)
            for p in programs
            if set(p.dtypes) <= set(cls.dtypes) and all(getattr(cls, flag) for flag in p.needs)
        }


def compare(kind, one, other, programs, made):
    wrong, far = [], 0.0
    for p in programs:
        a, b = made[one][p.id], made[other][p.id]
        text = between(a, b, tolerance_of(p.id))
        if isinstance(a, Raised):
            text = f"raised {a.type}: {a.text}"
        if text:
            wrong.append(f"{p.id}: {text.replace('torch gives', one + ' gives')}")
        far = max(far, distance(numbers(a), numbers(b)))
    return Pair(kind, one, other, len(programs), far, wrong)


def between(a, b, tolerance):
    """What is different between two values of a program, in words; None if nothing is."""
    chunks = []
    want = encode(a, host_of_tinytorch, chunks)
    return differs(b, want, Reader(b"".join(chunks), 0), host_of_tinytorch, tolerance)


def numbers(value):
    """The floats of a value, as arrays."""
    found = []
    opcases.collect(value, found)
    arrays = [host_of_tinytorch(t)[1] for t in found]
    plain = value if isinstance(value, (list, tuple)) else [value]
    for v in plain:
        if isinstance(v, (list, tuple)) and not any(map(is_tensor, v)):
            arrays += [np.array(x) for x in v if type(x) is float]
        elif type(v) is float:
            arrays.append(np.array(v))
    return [x.astype(np.float64) for x in arrays if x.dtype.kind in "fV"]


def distance(xs, ys):
    """The largest difference as a share of the largest magnitude beside it."""
    far = 0.0
    for x, y in zip(xs, ys, strict=False):
        if x.shape == y.shape and x.size:
            fine = np.isfinite(x) & np.isfinite(y)
            scale = np.max(np.abs(x), where=fine, initial=0.0)
            if scale:
                far = max(far, float(np.max(np.abs(x - y), where=fine, initial=0.0) / scale))
    return far


def agree_command(backends, patterns=SEEDED):
    """Print the agreement of the named backends; the exit status is 1 where two differ."""
    from tinytorch import plugins

    for b in backends:
        plugins.load(b).check_usable()
    status = 0
    print(f"{'programs':<10}{'backends':<24}{'agree':>12}   furthest apart")
    for pair in agreement(backends, patterns):
        same = f"{pair.ran - len(pair.wrong)} of {pair.ran}"
        print(f"{pair.kind:<10}{pair.one + ', ' + pair.other:<24}{same:>12}   {pair.distance:.1e}")
        for text in pair.wrong:
            status = 1
            print(f"  {text}")
    return status
