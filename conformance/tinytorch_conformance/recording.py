"""What real torch gave: one compressed file a level, read once, sliced by case.

A file holds an index (JSON: torch's version, and for each case its encoded value and where its
bytes begin) and the bytes of all tensors in one run.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"


class Recording:
    def __init__(self, path):
        with np.load(path) as z:
            index = json.loads(z["index"].tobytes())
            self.pool = z["pool"].tobytes()
        self.version = index["torch"]
        self.cases = index["cases"]

    def __contains__(self, key):
        return key in self.cases

    def get(self, key):
        """(encoded value, reader of its bytes) of a case; KeyError if it was not recorded."""
        start, value = self.cases[key]
        return value, Reader(self.pool, start)


class Reader:
    def __init__(self, pool, at):
        self.pool, self.at = pool, at

    def __call__(self, n):
        self.at += n
        return self.pool[self.at - n : self.at]


class Writer:
    """Collects the cases of one level; `encoded` values come with the chunks they left."""

    def __init__(self):
        self.cases, self.chunks, self.size = {}, [], 0

    def put(self, key, encoded, chunks):
        self.cases[key] = [self.size, encoded]
        self.chunks += chunks
        self.size += sum(map(len, chunks))

    def save(self, level, version):
        index = json.dumps({"torch": version, "cases": self.cases}, separators=(",", ":"))
        DATA.mkdir(exist_ok=True)
        path = DATA / f"{level}.npz"
        np.savez_compressed(
            path,
            index=np.frombuffer(index.encode(), np.uint8),
            pool=np.frombuffer(b"".join(self.chunks), np.uint8),
        )
        return path


@functools.cache
def level(name):
    """The recording of a level, read on first use."""
    return Recording(DATA / f"{name}.npz")
