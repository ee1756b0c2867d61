"""The whole conformance suite on the CuPy backend over the emulation: one command.

    python tests/rigs/cupy_emulation/run.py [arguments for pytest]

``-n 2`` and everything else that pytest takes may follow. With ``--replay PATH ...`` documents are
replayed instead of the suite. Every line that it prints about `cupy` is about the *emulated* one;
none is a result of a GPU.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(args):
    sys.path.insert(0, str(HERE))
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(HERE), os.environ.get("PYTHONPATH")])
    )
    import emulated

    emulated.install()
    print("cupy: EMULATED on the CPU, no GPU is involved", flush=True)
    if args[:1] == ["--replay"]:
        from tinytorch.cli import app

        return app(["replay", "--backend", "cupy", *args[1:]])
    from tinytorch_conformance import run_suite

    return run_suite("cupy", ["-p", "emulated_plugin", *args])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
