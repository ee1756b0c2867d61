"""What a CUDA driver would keep: the current device and stream of a thread, and what was counted.

Two devices are there, with no access of one to the memory of the other, so that a kernel that is
handed an array of another device fails as it would on a machine without peer access.
"""

from __future__ import annotations

import threading
from collections import Counter

DEVICES = 2
TOTAL = 16 << 30  # bytes of memory that each emulated device claims to have


class Local(threading.local):
    device = 0
    streams = None
    hooks: tuple | list = ()


LOCAL = Local()
TRANSFERS: Counter = Counter()  # "to host", "to device": copies; "scalar": values read one by one
LAUNCHES: Counter = Counter()  # pointer of a stream -> kernels launched on it


def reset():
    TRANSFERS.clear()
    LAUNCHES.clear()


def launch():
    from .cuda import get_current_stream

    LAUNCHES[get_current_stream().ptr] += 1


def need(device):
    """CuPy's error of an array that does not lie on the current device."""
    if device != LOCAL.device:
        raise ValueError(
            f"The device where the array resides ({device}) is different from the current device "
            f"({LOCAL.device}). Peer access is unavailable between these devices."
        )
