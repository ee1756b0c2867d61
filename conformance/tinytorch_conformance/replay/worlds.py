"""What `import torch` means while a document runs, and the random state it starts from.

An *alias* is a callable that returns a context manager; inside it `import torch` gives the
library under test (`tinytorch.alias` is one). Without an alias a document gets whatever torch
is installed. `real_torch` is the reverse, for making reference outputs: inside it, documents
that import tinytorch get real torch.
"""

from __future__ import annotations

import os
import random
import sys
from contextlib import contextmanager, nullcontext, suppress
from importlib import import_module

from .model import Document


@contextmanager
def tinytorch():
    """The usual alias: `import torch` gives tinytorch, whether or not torch was imported before.

    Where no TensorFlow is installed, `import tensorflow` gives tinytorch's front of it.
    """
    lib = import_module("tinytorch")
    with lib.alias(force=True) as torch, lib.alias("tensorflow", fallback=True):
        yield torch


@contextmanager
def real_torch():
    """`tinytorch` and its submodules resolve to the installed torch."""
    import_module("torch")
    kept = {k: m for k, m in sys.modules.items() if k.partition(".")[0] == "tinytorch"}
    for k in kept:
        del sys.modules[k]
    mapped = {"tiny" + k: m for k, m in list(sys.modules.items()) if k.partition(".")[0] == "torch"}
    sys.modules.update(mapped)
    try:
        yield
    finally:
        for k in mapped:
            sys.modules.pop(k, None)
        sys.modules.update(kept)


@contextmanager
def world(doc: Document, alias=None, backend=None):
    """The library, the backend and the import path that a document runs with.

    The backend is imported before the alias begins: it may stand on what the alias hides.
    """
    path = list(sys.path)
    if backend is not None:
        import_module("tinytorch").plugins.load(backend)
    with alias() if alias else nullcontext(), serving(backend):
        sys.path.insert(0, os.path.dirname(os.path.abspath(doc.path)))
        try:
            yield
        finally:
            sys.path[:] = path


@contextmanager
def serving(backend):
    """The named tinytorch backend serves the cpu; None leaves the one that does."""
    if backend is None:
        yield
        return
    lib = import_module("tinytorch")
    before = lib.get_backend()
    lib.set_backend(backend)
    try:
        yield
    finally:
        lib.set_backend(before)


def _torch(doc: Document):
    """The library that a document names; torch is left to one that puts tinytorch in its place."""
    text = "".join(b.source for b in doc.blocks)
    if "torch" in text or "tensorflow" in text:
        with suppress(ImportError):
            return import_module("tinytorch" if "tinytorch.alias(" in text else "torch")
    return None


def _numpy():
    with suppress(ImportError):
        return import_module("numpy")
    return None


def seed_all(doc, seed):
    """Seed every generator that the document may draw from."""
    random.seed(seed)
    if np := _numpy():
        np.random.seed(seed % 2**32)
    if torch := _torch(doc):
        torch.manual_seed(seed)


@contextmanager
def settings_kept(doc):
    """Undo what documents set for the whole process: print options, default dtype, grad mode.

    Of the front of TensorFlow: the graph that was built.
    """
    np, torch = _numpy(), _torch(doc)
    options = np.get_printoptions() if np else None
    dtype = torch.get_default_dtype() if torch else None
    try:
        yield
    finally:
        if np:
            np.set_printoptions(**options)
        if torch:
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(True)
            torch.set_printoptions(profile="default", sci_mode=None)
        if graph := sys.modules.get("tinytorch.compat.tensorflow1._graph"):
            graph.begin_anew()
