"""tinytorch: the torch API without torch, on any array library."""

from __future__ import annotations

__version__ = "0.1.0"

import gc as _gc

# The tables make many objects and no garbage; collecting meanwhile is a third of the import's time.
_collecting = _gc.isenabled()
_gc.disable()

from . import dtypes as _dtypes
from ._alias import alias, unalias
from .autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .devices import (
    device,
    get_backend,
    get_default_device,
    set_backend,
    set_default_device,
    use_backend,
)
from .dtypes import can_cast, dtype, get_default_dtype, promote_types, set_default_dtype
from .printing import get_printoptions, set_printoptions
from .tensor import Size, Tensor
from . import ops as _ops, factories, autograd, registry
from . import random, random_ops as _random_ops
from . import layouts as _layouts, legacy as _legacy, return_types, settings as _settings
from . import methods as _methods

registry.check_all()
_methods.attach()
if _collecting:
    _gc.enable()
globals().update({**_dtypes.ALL, **_dtypes.ALIASES})
globals().update(registry.functions)
globals().update(factories.functions)
globals().update(_legacy.functions)
globals().update(_layouts.functions)
globals().update(_settings.functions)
globals().update(random.functions)


_LAZY = ("nn", "optim", "linalg", "fft", "special", "random", "utils", "func", "testing", "cuda",
         "mps", "xpu", "accelerator", "backends", "version", "types", "jit", "profiler",
         "compiler", "_dynamo", "_C", "_VF")  # fmt: skip
_FUNCTIONAL = ("alpha_dropout", "bilinear", "celu", "cosine_similarity", "dropout",
               "feature_alpha_dropout", "group_norm", "hardshrink", "layer_norm",
               "pairwise_distance", "prelu", "rms_norm", "rrelu", "selu", "threshold", "celu_",
               "rrelu_", "selu_", "threshold_")  # fmt: skip
_IN_PLACE = frozenset(
    "abs_ acos_ acosh_ addmv_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ as_strided_ asin_"
    " asinh_ atan_ atanh_ ceil_ clamp_ clamp_max_ clamp_min_ clip_ conj_physical_ cos_ cosh_"
    " deg2rad_ detach_ erf_ erfc_ exp2_ exp_ expm1_ fix_ floor_ frac_ gcd_ i0_ index_put_ lcm_"
    " ldexp_ log10_ log1p_ log2_ log_ logit_ nan_to_num_ neg_ negative_ rad2deg_ reciprocal_ relu_"
    " resize_as_ round_ rsqrt_ sigmoid_ sin_ sinc_ sinh_ sqrt_ square_ tan_ tanh_ trunc_"
    " xlogy_".split()
)


def __getattr__(name):
    """torch's submodules are imported when they are first named."""
    if name in _LAZY:
        import importlib

        try:
            return importlib.import_module("." + name, __name__)
        except ModuleNotFoundError as e:
            if e.name != f"{__name__}.{name}":
                raise
    if name == "compile":
        from .compiler import compile

        return compile
    if name.endswith("_copy"):
        from .ops import view_copies

        if name in view_copies.NAMES:
            return registry.functions[name]
    if name.startswith("_foreach_"):
        from .ops.foreach import FUNCTIONS

        if name in FUNCTIONS:
            return FUNCTIONS[name]
    if name in ("_unique", "_unique2"):
        from . import _VF

        return getattr(_VF, name)
    if name in ("UntypedStorage", "TypedStorage"):
        from . import storages

        return getattr(storages, name)
    if name == "vmap":
        from .func import vmap

        return vmap
    if name in _IN_PLACE:
        return registry.methods[name]
    if name in _FUNCTIONAL:
        from .nn import functional

        return getattr(functional, name)
    raise AttributeError(f"module 'torch' has no attribute '{name}'")
