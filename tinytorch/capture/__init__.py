"""Static graphs: what a function computes is captured once and replayed (`tinytorch.compile`)."""

from .compiled import Compiled, is_capturing
from .recorder import Unsupported

__all__ = ["Compiled", "Unsupported", "is_capturing"]
