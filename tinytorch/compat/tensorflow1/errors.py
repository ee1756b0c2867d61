"""tf.errors: what a session raises when a graph cannot be run with what it was given."""

from __future__ import annotations

__all__ = ["FailedPreconditionError", "InvalidArgumentError", "OpError", "UnknownNameError"]


class OpError(Exception):
    """An operation could not be run; `op` is the operation, `message` the text."""

    def __init__(self, node_def, op, message):
        super().__init__(message)
        self.node_def, self.op, self.message = node_def, op, message

    def __str__(self):
        where = "" if self.op is None else f"\n\t [[{{{{node {self.op.name}}}}}]]"
        return f"{self.message}{where}"


class InvalidArgumentError(OpError):
    """A placeholder was not fed, or values do not fit an operation."""


class FailedPreconditionError(OpError):
    """A variable was read before it had a value."""


class UnknownNameError(AttributeError):
    """TensorFlow may have such a name; this front has not."""


def unknown(name, module, names):
    """The error for a name that `module` lacks, which is one of this front's."""
    if name.startswith("__"):
        return AttributeError(f"module {module!r} has no attribute {name!r}", name=name)
    front = __name__.rpartition(".")[0]
    return UnknownNameError(
        f"module {module!r} has no attribute {name!r} here: it is {front}, a small front of "
        f"TensorFlow 1's static graphs over tinytorch. It has: {', '.join(names)}",
        name=name,
    )
