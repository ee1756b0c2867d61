"""torch's names for memory layouts: accepted as arguments and printed; data here is row by row."""

from __future__ import annotations


class memory_format:
    """``torch.memory_format``: how a tensor's dimensions lie in memory."""

    def __init__(self, name):
        self._name = name

    def __repr__(self):
        return "torch." + self._name

    def __reduce__(self):
        return self._name


_RANKS = {"channels_last": 4, "channels_last_3d": 5}


def check_rank(t, wanted):
    """RuntimeError, as torch's, if a memory format is for tensors of another rank; the batches of
    vmaps count."""
    rank = _RANKS.get(wanted._name)
    if rank is not None and len(t._raw.shape) + len(t._p.levels) != rank:
        raise RuntimeError(f"required rank {rank} tensor to use {wanted._name} format")


class layout(memory_format):
    """``torch.layout``: ``torch.strided`` is the one offered."""


functions = {"memory_format": memory_format, "layout": layout, "strided": layout("strided")}
for _name in ("contiguous_format", "preserve_format", "channels_last", "channels_last_3d"):
    functions[_name] = memory_format(_name)
