"""tf.Session: holds the variables' values and runs what is asked for, by plans that it keeps."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np

import tinytorch as torch

from ._graph import Symbol, Tensor, get_default_graph, sessions
from ._ops import PUBLIC
from ._plan import Plan
from .errors import FailedPreconditionError


def _leaves(fetches):
    """Single fetches of a nested structure, in order."""
    if isinstance(fetches, dict):
        fetches = fetches.values()
    elif not isinstance(fetches, (list, tuple)):
        return [fetches]
    return [x for f in fetches for x in _leaves(f)]


def _rebuild(fetches, values):
    """The structure of `fetches` with the next of `values` for each single fetch."""
    if isinstance(fetches, dict):
        return type(fetches)((k, _rebuild(f, values)) for k, f in fetches.items())
    if not isinstance(fetches, (list, tuple)):
        return next(values)
    found = [_rebuild(f, values) for f in fetches]
    return type(fetches)(*found) if hasattr(fetches, "_fields") else type(fetches)(found)


class Session:
    """Runs operations of a graph, by default the present one (tf.Session).

    Use as a context manager: inside, it is the session that `eval` and `run` mean, and it is closed
    at the end. `target` and `config` say nothing here.
    """

    def __init__(self, target="", graph=None, config=None):
        self.graph = graph or get_default_graph()
        self._values, self._plans, self._streams = {}, {}, {}
        self._open, self._entered = True, []

    def run(self, fetches, feed_dict=None, options=None, run_metadata=None):
        """The values of `fetches` in one run, with the values of `feed_dict` given to its keys.

        A fetch is a tensor, a variable or an operation (None comes back for it), or the name of
        one; or lists, tuples and dicts of fetches, and what comes back has the same structure with
        NumPy arrays and scalars, all of them copies.

        Raises InvalidArgumentError where a placeholder is not fed or operands do not fit,
        FailedPreconditionError for a variable that has no value, ValueError for a value of a wrong
        shape or a tensor of another graph, TypeError for what cannot be fetched or fed, and
        RuntimeError once the session is closed.
        """
        if not self._open:
            raise RuntimeError("Attempted to use a closed Session.")
        targets = [self._target(x) for x in _leaves(fetches)]
        fed = dict(self._feed(k, v) for k, v in (feed_dict or {}).items())
        key = tuple(targets), tuple(fed)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = Plan(targets, tuple(fed), self._stream)
        for variable in plan.reads:
            if variable not in self._values:
                message = f"Attempting to use uninitialized value {variable.op.name}"
                raise FailedPreconditionError(None, variable.op, message)
        found, new = plan.run(list(fed.values()), [self._values[v] for v in plan.reads])
        self._values.update(zip(plan.writes, new, strict=True))
        arrays = iter([np.array(x.cpu().numpy())[()] for x in found])
        return _rebuild(fetches, (next(arrays) if isinstance(t, Tensor) else None for t in targets))

    def _target(self, x):
        try:
            return self.graph.as_graph_element(x)
        except TypeError as e:
            kind = type(x).__name__
            raise TypeError(
                f"Fetch argument {x!r} has invalid type {kind}, must be a string or Tensor. ({e})"
            ) from None
        except (ValueError, KeyError) as e:
            raise ValueError(
                f"Fetch argument {x!r} cannot be interpreted as a Tensor. ({e})"
            ) from None

    def _feed(self, key, value):
        try:
            t = self.graph.as_graph_element(key)
        except (TypeError, ValueError, KeyError) as e:
            raise TypeError(f"Cannot interpret feed_dict key as Tensor: {e}") from None
        if isinstance(value, Symbol):
            raise TypeError(f"The value of a feed cannot be a tf.Tensor object: {value}")
        array = np.array(value, t.dtype.as_numpy_dtype)
        if not t.shape.is_compatible_with(array.shape):
            raise ValueError(
                f"Cannot feed value of shape {array.shape} for Tensor {t.name!r}, which has shape "
                f"'{t.shape}'"
            )
        return t, torch.as_tensor(array)

    def _stream(self, op):
        """The generator that a random operation draws from; None is tinytorch's own."""
        if op.seed is None and self.graph.seed is None:
            return None
        key = None if op.seed is None else op
        if key not in self._streams:
            seed = self.graph.seed if key is None else op.seed + 1000003 * (self.graph.seed or 0)
            self._streams[key] = torch.Generator().manual_seed(seed)
        return self._streams[key]

    @contextmanager
    def as_default(self):
        """The session that `eval` and `run` mean inside; it is not closed at the end."""
        sessions.append(self)
        try:
            yield self
        finally:
            sessions.remove(self)

    def __enter__(self):
        self._entered.append((self.graph.as_default(), self.as_default()))
        for context in self._entered[-1]:
            context.__enter__()
        return self

    def __exit__(self, *exc):
        for context in reversed(self._entered.pop()):
            context.__exit__(None, None, None)
        self.close()

    def close(self):
        """Forget all values; the session cannot be used any more."""
        self._open = False
        self._values, self._plans = {}, {}


class InteractiveSession(Session):
    """A session that is the default one from its making until it is closed."""

    def __init__(self, target="", graph=None, config=None):
        super().__init__(target, graph, config)
        sessions.append(self)

    def close(self):
        if self in sessions:
            sessions.remove(self)
        super().close()


PUBLIC.update(Session=Session, InteractiveSession=InteractiveSession)
