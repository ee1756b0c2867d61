"""What the ``functorch`` package still has: the transforms, each with torch's FutureWarning."""

from __future__ import annotations

import functools
import warnings

from ..func import jacobians, transforms, wrapped
from . import apis
from . import make_functional as state

_NOW = {
    "vmap": "torch.vmap", "make_functional": "torch.func.functional_call",
    "make_functional_with_buffers": "torch.func.functional_call",
    "combine_state_for_ensemble": "torch.func.stack_module_state",
}  # fmt: skip


def get_warning(api, new_api=None, replace_newlines=False):
    """torch's text of a function that has moved."""
    text = (
        "We've integrated functorch into PyTorch. As the final step of the integration, "
        f"`functorch.{api}` is deprecated as of PyTorch 2.0 and will be deleted in a future "
        f"version of PyTorch >= 2.3. Please use `{new_api or f'torch.func.{api}'}` instead; see "
        "the PyTorch 2.0 release notes and/or the `torch.func` migration guide for more details "
        "https://pytorch.org/docs/main/func.migrating.html"
    )
    return text.replace("\n", "") if replace_newlines else text


def _warning(fn):
    name = fn.__name__

    @functools.wraps(fn)
    def call(*args, **kwargs):
        warnings.warn(get_warning(name, _NOW.get(name)), FutureWarning, stacklevel=2)
        return fn(*args, **kwargs)

    return call


vmap = _warning(apis.vmap)
grad, grad_and_value = _warning(transforms.grad), _warning(transforms.grad_and_value)
vjp, jvp = _warning(transforms.vjp), _warning(transforms.jvp)
jacrev, jacfwd = _warning(jacobians.jacrev), _warning(jacobians.jacfwd)
hessian, functionalize = _warning(jacobians.hessian), _warning(wrapped.functionalize)
make_functional = _warning(state.make_functional)
make_functional_with_buffers = _warning(state.make_functional_with_buffers)
combine_state_for_ensemble = _warning(state.combine_state_for_ensemble)
