"""The Tensor: a raw array, the namespace that computes on it, and its place in graph and memory.

No op is named here; operators, methods and properties are attached from the tables in `ops` and
from `methods`. The slots are what every op touches; what few tensors have (a gradient, hooks, a
user's attributes) lives in the instance dict, behind class-level defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .autograd.graph import LEAF, Node, Refused, leaf_alias
from .autograd.modes import LOCAL, STATE
from .blame import not_tensor
from .storage import contiguous_strides, look, make_view  # noqa: F401

_new = object.__new__


class Size(tuple):
    """``torch.Size``: a tuple of ints that knows its product."""

    __slots__ = ()

    def numel(self):
        n = 1
        for k in self:
            n *= k
        return n

    def __repr__(self):
        return f"torch.Size([{', '.join(map(str, self))}])"

    def __getitem__(self, key):
        out = tuple.__getitem__(self, key)
        return Size(out) if type(key) is slice else out

    def __add__(self, other):
        return Size(tuple.__add__(self, tuple(other)))

    def __radd__(self, other):
        return Size(tuple(other) + tuple(self))

    def __mul__(self, n):
        return Size(tuple.__mul__(self, n))

    __rmul__ = __mul__

    def __reduce__(self):
        return Size, (tuple(self),)


class TensorMeta(type):
    """Lets the classes of tensors print as torch's do."""

    def __repr__(cls):
        head, _, rest = cls.__module__.partition(".")
        if head != "tinytorch":
            return type.__repr__(cls)
        rest = "" if rest == "tensor" else rest + "."
        return f"<class 'torch.{rest}{cls.__qualname__}'>"


class Tensor(metaclass=TensorMeta):
    """A multi-dimensional array of one dtype that can be differentiated (``torch.Tensor``)."""

    __slots__ = ("_raw", "_p", "_node", "_st", "_ext", "__dict__", "__weakref__")
    __array_priority__ = 1000
    __hash__ = object.__hash__

    if TYPE_CHECKING:  # what the tables attach

        def __getattr__(self, name: str) -> Any: ...
        def __getitem__(self, key: Any) -> Tensor: ...
        def __len__(self) -> int: ...
        def __iter__(self) -> Any: ...
        def _binary(self, other: Any) -> Tensor: ...

        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __matmul__ = _binary
        __truediv__ = __rtruediv__ = __floordiv__ = __mod__ = __pow__ = __rpow__ = _binary
        __and__ = __or__ = __xor__ = __lt__ = __le__ = __gt__ = __ge__ = _binary

    _grad = None
    _duals = None
    _tracks = ()
    _hooks = None
    _inference = False
    _retains_grad = False
    _set_at = None  # when a leaf got other memory by set_: nodes before that used another leaf
    names = None


FAST = {Tensor}  # the classes whose ops take the straight path: Tensor and Parameter


def wrap(P, raw):
    """A Tensor over a raw array of namespace ``P``, without history."""
    t = _new(Tensor)
    t._raw = raw
    t._p = P
    t._node = None
    t._st = None
    t._ext = None
    return t


def made(P, raw):
    """`wrap` for a result that no op has made: inside a transform it is noted as made there."""
    t = wrap(P, raw)
    if STATE.exotic and LOCAL.tracks:
        t.__dict__["_tracks"] = LOCAL.tracks
    return t


def sync(t):
    """Bring a view up to date, in data and history, after a write elsewhere in its memory."""
    e = t._ext
    m = t._st.memory
    clock = m.clock
    if e.seen != clock:
        P = t._p
        if not P.mutable or any(op.kernel in P.replayed for op, _ in e.chain):
            t._raw = look(P, m.raw, e.chain)
        base = e.base
        if base is not None:
            if base._ext is not None:
                sync(base)
            n = t._node
            own = isinstance(n, Node) and n.own
            if own or base._node is not None:
                if e.at != t._st.version:
                    from .autograd.inplace import regenerate

                    regenerate(t)
                    if e.meta is not None:
                        return t
                    e.at = t._st.version
                elif n is None and not t._inference:
                    t._node = leaf_alias(P, t._raw)
            elif n is not None and n is not LEAF:
                t._node = LEAF if type(n) is Refused and n.params[2] else None
        e.seen = clock
    return t


def current(t):
    """The tensor, current in data. Its history stays as it is until something is recorded with it
    or somebody asks: what its base has come to be by then, shows in it."""
    e = t._ext
    if e is not None and e.seen != t._st.memory.clock:
        base = e.base
        if base is None or e.at == t._st.version or t._node is None is base._node:
            return sync(t)
        P = t._p
        if not P.mutable or any(op.kernel in P.replayed for op, _ in e.chain):
            t._raw = look(P, t._st.memory.raw, e.chain)
    return t


def settled(t):
    """The tensor, current in data and history."""
    return t if t._ext is None else sync(t)


def fresh(t):
    """The tensor, current in data, and in history where gradients are recorded."""
    try:
        if t._ext is not None:
            return sync(t) if LOCAL.grad else current(t)
    except AttributeError:
        if isinstance(t, Tensor):
            raise
        raise not_tensor(t) from None
    return t


def edge(t):
    """What the graph points at for a tensor: None, a Node, or the leaf itself."""
    n = t._node
    if type(n) is Refused:
        raise RuntimeError(n.params[0])
    return t if n is LEAF else n
