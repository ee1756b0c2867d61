"""``torch.func``: functions of functions (gradients, products with Jacobians, vmap)."""

from .vmap import vmap

__all__ = ["vmap"]
