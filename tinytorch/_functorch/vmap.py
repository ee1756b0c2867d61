"""``torch._functorch.vmap``."""

from ..func.vmap import vmap

__all__ = ["vmap"]
