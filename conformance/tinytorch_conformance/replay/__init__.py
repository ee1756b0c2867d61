"""Replay documents: run their code, and compare what it prints with what they show.

A document is read (`formats`) into blocks, each a piece of code with the output shown for it;
`engine` runs the blocks in one namespace (`runner`) and judges each (`compare`); `record` keeps
what a document really printed, so that two libraries can be held side by side; `report` is the
face of all this on the command line. Which library `import torch` means is the caller's
decision (`alias`), and nothing here imports one, nor a parser, until a document needs it.
"""

from importlib import import_module

_HOME = {
    "replay_document": "engine",
    "replay_command": "report",
    "record_document": "record",
    "compare_recordings": "record",
    "read_document": "formats",
    "real_torch": "worlds",
    "BlockReport": "model",
    "DocumentReport": "model",
    "MissingParser": "model",
}
__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
