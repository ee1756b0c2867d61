"""``torch.optim``: optimizers and schedules of their learning rates."""

from __future__ import annotations

from . import lr_scheduler  # noqa: F401
from .adagrad import Adagrad  # noqa: F401
from .adam import Adam, AdamW  # noqa: F401
from .optimizer import Optimizer  # noqa: F401
from .rmsprop import RMSprop  # noqa: F401
from .sgd import SGD  # noqa: F401


def __getattr__(name):
    raise AttributeError(f"module 'torch.optim' has no attribute '{name}'")
