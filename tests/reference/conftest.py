"""Comparisons with the real torch, live: collected only where it is installed."""

from importlib.util import find_spec

if find_spec("torch"):
    import torch

    # Several of its threads may write to one place (max_unpool of equal indices) or add up in
    # another order, so that what it says would change from run to run.
    torch.set_num_threads(1)

collect_ignore_glob = [] if find_spec("torch") else ["test_*.py"]
