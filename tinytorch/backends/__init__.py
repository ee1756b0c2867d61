"""torch.backends: switches of libraries that are not here, for programs that set or ask them.

The array libraries that compute are plugins (`tinytorch.plugins`), not these. A switch keeps what
was set and changes nothing; `is_available` answers no.
"""

from __future__ import annotations

from . import cuda, cudnn, mkl, mkldnn, mps, openmp

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]
