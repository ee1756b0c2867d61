"""``functorch.experimental``: what was there once and has no warning."""

from .._functorch.apis import chunk_vmap
from .._functorch.batch_norm_replacement import replace_all_batch_norm_modules_
from .._functorch.eager_transforms import functionalize, hessian, jacfwd, jvp

__all__ = ["chunk_vmap", "functionalize", "hessian", "jacfwd", "jvp",
           "replace_all_batch_norm_modules_"]  # fmt: skip
