"""The op table, a file per kind; importing the package fills it."""

from . import (
    elementwise, convert, view, complex_parts, special, special_bessel, reduce, index, gather,
    index_ops, fill, masked, scan, sort, view_strided, shape, shape_names, join, stats, linalg,
    linalg_matmul, einsum, create, count, view_inplace, by_hand, composed, softmax, inplace_nodes,
)  # fmt: skip


def __getattr__(name):
    """``torch.ops`` is this package too: torch's names of operations."""
    if name in ("aten", "prim", "profiler"):
        from .._ops import namespaces

        return namespaces[name]
    raise AttributeError(f"module 'torch.ops' has no attribute '{name}'")
