"""``import tensorflow.compat.v1``: the name by which later TensorFlows hold the first one's API."""

import sys

from ... import tensorflow1 as v1

sys.modules[f"{__name__}.v1"] = v1
__all__ = ["v1"]
