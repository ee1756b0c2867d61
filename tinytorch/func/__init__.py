"""``torch.func``: functions of functions (gradients, products with Jacobians, vmap)."""

from .jacobians import hessian, jacfwd, jacrev
from .modules import functional_call, replace_all_batch_norm_modules_, stack_module_state
from .rearrange import rearrange
from .transforms import grad, grad_and_value, jvp, linearize, vjp
from .vmap import vmap
from .wrapped import debug_unwrap, functionalize

__all__ = [
    "debug_unwrap", "functional_call", "functionalize", "grad", "grad_and_value", "hessian",
    "jacfwd", "jacrev", "jvp", "linearize", "rearrange", "replace_all_batch_norm_modules_",
    "stack_module_state", "vjp", "vmap",
]  # fmt: skip
