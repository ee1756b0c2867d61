"""Backends that are wrong on purpose, each in one way: what the suite must not let through.

A row is a mistake that an author can make, the groups of cases that must see it, and the patch that
makes it. ``python tests/conformance/mutants.py [WORDS]`` prints who was caught and by how many
cases. A case that merely raises does not count, unless raising is the mistake.

One ulp too many is said against what the suite allows: kernels that IEEE defines are held to the
last bit, so there it is the neighbouring float; an elementary function may be as far away as
`test_kernels.ELEMENTARY` says, so there it is that distance and one ulp more.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import mutant_memory  # noqa: F401 - adds its rows
import numpy as np
from mutant_kernels import MUTANTS

from tinytorch import plugins
from tinytorch_conformance.cases import FAILED
from tinytorch_conformance.frozen import FrozenBackend
from tinytorch_conformance.run import outcomes
from tinytorch_numpy import NumpyBackend

BASES = {"numpy": NumpyBackend, "frozen": FrozenBackend}


@dataclass
class Catch:
    """What the suite said to a mutant: cases that ran, and the outcomes of those that failed."""

    ran: int
    failed: list
    counted: list


def backend_of(m):
    """The Backend class of a mutant."""
    base = BASES[m.base]

    class Wrong(base):
        name = "wrong"

        def setup(self):
            base.setup(self)
            if not m.late:
                self.break_it()

        def break_it(self):
            before = dict(self.__dict__)
            m.patch(self)
            changed = {k for k, v in self.__dict__.items() if before.get(k) is not v}
            self.out_kernels = frozenset(self.out_kernels) - changed

        @classmethod
        def bind(cls, device):
            self = super().bind(device)
            if m.late:
                self.break_it()
            return self

    return Wrong


def hunt(m):
    """Run the groups that must catch a mutant."""
    plugins.register("wrong", backend_of(m))
    try:
        with np.errstate(all="ignore"):
            found = list(outcomes("wrong", m.groups))
    finally:
        plugins.unregister("wrong")
    failed = [o for o in found if o.status == FAILED]
    return Catch(len(found), failed, [o for o in failed if m.raises or not raised(o.text)])


def raised(text):
    return text.startswith(("Traceback", "raised")) or "is an exception" in text


def main(words):
    chosen = [m for m in MUTANTS if all(w in m.name for w in words)]
    free = 0
    for m in chosen:
        c = hunt(m)
        free += not c.counted
        said = c.counted[0].id if c.counted else "SURVIVES"
        print(f"{m.name:<52} {len(c.counted):>4} of {c.ran:<5} {said}", flush=True)
    print(f"caught {len(chosen) - free} of {len(chosen)}")
    return 1 if free else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
