"""The conformance suite on CuPy's own code without a GPU: ``run.py [arguments of pytest]``.

Builds the rig if it is not there; ``run.py --only FILE ...`` runs pytest on files of one's own
under the rig's CuPy, ``run.py --python ...`` the interpreter.
"""

from __future__ import annotations

import subprocess
import sys

import build


def command(arguments):
    """What to start for these arguments: the whole suite, unless they say otherwise."""
    first, rest = arguments[:1], arguments[1:]
    if first == ["--python"]:
        return [sys.executable, *rest]
    if first == ["--only"]:
        return [sys.executable, "-m", "pytest", *rest]
    return [sys.executable, "-m", "tinytorch", "conformance", "--backend", "cupy", *arguments]


def main(arguments):
    if not build.built():
        build.build()
    return subprocess.run(command(arguments), env=build.environment()).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
