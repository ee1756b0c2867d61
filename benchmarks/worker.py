"""The process that holds one library, stays warm, and runs what it is asked.

It reads a request a line from standard input and answers a line, both JSON, so the harness can
hold several side by side and let them take turns. Whatever a library prints goes to standard
error. A case that fails is an answer like any other and the process lives on.

    {"do": "info"}                              -> {"version": …, "blas": …}
    {"do": "value", "case": name}               -> {"value": number or null}
    {"do": "time", "case": name, "n": count}    -> {"seconds": …}
    {"do": "drop", "case": name}                -> {}
    any of them                                 -> {"error": "ExceptionName: message"}
"""

import gc
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from . import machine
from .stopwatch import Watch


class Unsupported(Exception):
    """This library has no such case."""


def load(name: str) -> Any:
    """Import a library and hold it to one thread."""
    module = importlib.import_module(name)
    if hasattr(module, "set_num_threads"):
        module.set_num_threads(1)
    return module


def builder(name: str, module: Any) -> Callable[[str], Watch]:
    """The function that makes a case's stopwatch for this library."""
    from .cases import CASES
    from .neighbours import NEIGHBOURS

    def build(case: str) -> Watch:
        if name not in NEIGHBOURS:
            return CASES[case].build(module)
        if case not in NEIGHBOURS[name]:
            raise Unsupported(case)
        return NEIGHBOURS[name][case]()

    return build


def serve(
    info: dict[str, str], build: Callable[[str], Watch], requests: Iterable[str], answers: TextIO
) -> None:
    """Answer each request in turn until there are no more."""
    watches: dict[str, Watch] = {}

    def answer(do: str, case: str = "", n: int = 1) -> dict[str, Any]:
        if do == "info":
            return info
        if do == "drop":
            watches.pop(case, None)
            return {}
        if case not in watches:
            watches[case] = build(case)
        if do == "value":
            return {"value": watches[case].value()}
        gc.collect()
        return {"seconds": watches[case].seconds(n)}

    for line in requests:
        try:
            reply = answer(**json.loads(line))
        except Unsupported:
            reply = {"error": ""}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=answers, flush=True)


def main(name: str) -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    machine.pin()
    try:
        module = load(name)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), file=answers, flush=True)
        return
    print(json.dumps({}), file=answers, flush=True)
    serve(machine.versions(name, module), builder(name, module), sys.stdin, answers)


if __name__ == "__main__":
    main(sys.argv[1])
