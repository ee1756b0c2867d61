"""TensorFlow 1's names for static graphs, over tinytorch: define once, run many times.

This is for programs and texts that set the two ways side by side. A graph is built from
`placeholder`, `Variable` and operations, its `gradients` are part of it, and a `Session` runs the
part that is asked for, with other values each time. What is computed is what tinytorch computes
eagerly, by the same kernels and the same gradient rules, on whichever backend it has.

It is small on purpose: no layers, estimators, data sets, summaries or savers, no devices. A name
that it lacks raises `errors.UnknownNameError` (an AttributeError) with the list of what there is.

Inside of ``tinytorch run`` and ``tinytorch replay``, ``import tensorflow`` and ``import
tensorflow.compat.v1`` give this module where no TensorFlow is installed; elsewhere
``tinytorch.alias("tensorflow")`` does, or ``import tinytorch.compat.tensorflow1 as tf``.
"""

from __future__ import annotations

from . import _arrays, _gradients, _session, _variables, compat, errors, nn, train  # noqa: F401
from ._dtypes import ALL as _DTYPES
from ._dtypes import DType, as_dtype
from ._graph import (
    Graph,
    Operation,
    Tensor,
    control_dependencies,
    get_default_graph,
    get_default_session,
    name_scope,
    reset_default_graph,
    set_random_seed,
)
from ._ops import PUBLIC as _PUBLIC
from ._shapes import Dimension, TensorShape
from ._variables import Variable

globals().update(_PUBLIC)
globals().update(_DTYPES)

__version__ = VERSION = "1.15.0+tinytorch"


def disable_v2_behavior():
    """Does nothing: there is no other behaviour here."""


def disable_eager_execution():
    """Does nothing: graphs are all there is."""


def executing_eagerly():
    """False: operations only name what a session computes later."""
    return False


__all__ = [
    "VERSION", "DType", "Dimension", "Graph", "Operation", "Tensor", "TensorShape", "Variable",
    "as_dtype", "compat", "control_dependencies", "disable_eager_execution", "disable_v2_behavior",
    "errors", "executing_eagerly", "get_default_graph", "get_default_session", "name_scope", "nn",
    "reset_default_graph", "set_random_seed", "train",
]  # fmt: skip
__all__ += [*_PUBLIC, *_DTYPES]


def __dir__():
    return sorted(__all__)


def __getattr__(name):
    raise errors.unknown(name, "tensorflow", __dir__())
