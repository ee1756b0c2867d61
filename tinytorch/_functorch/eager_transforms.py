"""``torch._functorch.eager_transforms``."""

from ..func.jacobians import hessian, jacfwd, jacrev
from ..func.transforms import grad, grad_and_value, jvp, linearize, vjp
from ..func.wrapped import functionalize

__all__ = ["functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp",
           "linearize", "vjp"]  # fmt: skip
