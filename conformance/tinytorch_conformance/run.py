"""The suite without pytest: groups of cases, run on the backend that serves the CPU right now.

For whatever holds many backends in one process to a part of the suite.
"""

from __future__ import annotations

import warnings
from importlib import import_module

from .cases import FRONT_END, Judge, matches, read_known

MODULES = ("test_kernels", "test_ops", "test_gradients", "test_views", "test_programs")


def all_groups(patterns=("*",)):
    """The groups whose ids fit one of the patterns, in which only ``*`` is special."""
    for name in MODULES:
        for group in import_module(f".{name}", __package__).groups():
            if any(matches(p, group.id) for p in patterns):
                yield group


def outcomes(backend, patterns=("*",)):
    """The outcomes of those groups' cases, one by one; ``backend`` is served as the CPU."""
    import tinytorch
    from tinytorch import plugins

    judge = Judge(plugins.load(backend), front_end=read_known(FRONT_END))
    with tinytorch.use_backend(backend), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for group in all_groups(patterns):
            for case in group.make():
                yield judge.judge(case)
