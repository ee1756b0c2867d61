"""What is known of a shape before anything is run: some sizes, only the rank, or nothing.

Rules give the shape of a result from those of its operands, and raise ValueError where the known
sizes cannot fit together, so that a graph that cannot run is mostly refused while it is built.
"""

from __future__ import annotations

import operator


class Dimension:
    """One size of a shape; `value` is None where it is not known (tf.Dimension)."""

    def __init__(self, value):
        self.value = None if value is None else operator.index(value)

    def __index__(self):
        if self.value is None:
            raise TypeError("the size of this dimension is not known before the graph is run")
        return self.value

    __int__ = __index__

    def __eq__(self, other):
        other = other.value if isinstance(other, Dimension) else other
        return None if self.value is None or other is None else self.value == other

    def __hash__(self):
        return hash(self.value)

    def __repr__(self):
        return f"Dimension({self.value})"

    def __str__(self):
        return "?" if self.value is None else str(self.value)


def _arithmetic(name):
    f = getattr(operator, name)

    def forward(self, other):
        a, b = self.value, Dimension(getattr(other, "value", other)).value
        return Dimension(None if a is None or b is None else f(a, b))

    def backward(self, other):
        return getattr(Dimension(other), f"__{name}__")(self)

    setattr(Dimension, f"__{name}__", forward)
    setattr(Dimension, f"__r{name}__", backward)


for _name in ("add", "sub", "mul", "floordiv", "mod"):
    _arithmetic(_name)


class TensorShape:
    """A shape that may be known in part (tf.TensorShape): `dims` None, or a tuple of int | None."""

    def __init__(self, dims):
        if isinstance(dims, TensorShape):
            dims = dims.dims
        elif dims is not None:
            dims = dims if hasattr(dims, "__iter__") else (dims,)
            dims = tuple(Dimension(getattr(d, "value", d)).value for d in dims)
        self.dims = dims

    @property
    def ndims(self):
        return None if self.dims is None else len(self.dims)

    rank = ndims

    def as_list(self):
        """Sizes as a list, None for those not known; ValueError where the rank is not known."""
        if self.dims is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self.dims)

    def is_fully_defined(self):
        return self.dims is not None and None not in self.dims

    def num_elements(self):
        """The number of elements, None where it is not known."""
        if not self.is_fully_defined():
            return None
        n = 1
        for d in self.dims:
            n *= d
        return n

    def is_compatible_with(self, other):
        """Whether one shape could be both."""
        other = TensorShape(other)
        if self.dims is None or other.dims is None:
            return True
        return len(self.dims) == len(other.dims) and all(
            a is None or b is None or a == b for a, b in zip(self.dims, other.dims, strict=True)
        )

    def merge_with(self, other):
        """What both shapes together tell; ValueError where they contradict each other."""
        other = TensorShape(other)
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are not compatible")
        if self.dims is None or other.dims is None:
            return other if self.dims is None else self
        pairs = zip(self.dims, other.dims, strict=True)
        return TensorShape([b if a is None else a for a, b in pairs])

    def __len__(self):
        return len(self.as_list())

    def __iter__(self):
        return (Dimension(d) for d in self.as_list())

    def __getitem__(self, key):
        if self.dims is None:
            return Dimension(None) if isinstance(key, int) else TensorShape(None)
        found = self.dims[key]
        return TensorShape(found) if isinstance(key, slice) else Dimension(found)

    def __bool__(self):
        return self.dims is not None

    def __eq__(self, other):
        try:
            return self.dims == TensorShape(other).dims
        except TypeError:
            return NotImplemented

    def __hash__(self):
        return hash(self.dims)

    def __str__(self):
        if self.dims is None:
            return "<unknown>"
        sizes = ", ".join("?" if d is None else str(d) for d in self.dims)
        return f"({sizes}{',' * (len(self.dims) == 1)})"

    def __repr__(self):
        return f"TensorShape({None if self.dims is None else list(self)})"


UNKNOWN = TensorShape(None)


def brief(shape):
    """A shape as the runtime's messages write it: ``[?,1000]``."""
    if shape.dims is None:
        return "<unknown>"
    return "[" + ",".join("?" if d is None else str(d) for d in shape.dims) + "]"


def fixed(shape):
    """A shape given for a tensor to be made, as a tuple; all sizes have to be known."""
    shape = TensorShape(shape)
    if not shape.is_fully_defined():
        raise ValueError(f"a shape with every size known is needed here, not {shape}")
    return shape.dims


def same(a):
    """The operand's own shape."""
    return a


def broadcast(a, b, *more):
    """The shape of an elementwise result."""
    if more:
        return broadcast(broadcast(a, b), *more)
    if a.dims is None or b.dims is None:
        return UNKNOWN
    n = max(len(a.dims), len(b.dims))
    out = []
    for p, q in zip(*((1,) * (n - len(s.dims)) + s.dims for s in (a, b)), strict=True):
        if p is None or q is None:
            known = q if p is None else p
            out.append(None if known in (None, 1) else known)
        elif p == q or 1 in (p, q):
            out.append(q if p == 1 else p)
        else:
            raise ValueError(f"Dimensions must be equal, but are {p} and {q}")
    return TensorShape(out)


def matmul(a, b, transpose_a=False, transpose_b=False):
    """The shape of a matrix product, of one pair or of a batch of pairs."""
    if a.dims is None or b.dims is None:
        return UNKNOWN
    for s in (a, b):
        if len(s.dims) < 2:
            raise ValueError(f"Shape must be rank 2 but is rank {len(s.dims)}")
    n, k = a.dims[-2:][::-1] if transpose_a else a.dims[-2:]
    q, m = b.dims[-2:][::-1] if transpose_b else b.dims[-2:]
    if None not in (k, q) and k != q:
        raise ValueError(f"Dimensions must be equal, but are {k} and {q}")
    batch = broadcast(TensorShape(a.dims[:-2]), TensorShape(b.dims[:-2]))
    return TensorShape([*batch.dims, n, m])


def axes(shape, axis):
    """The axes that `axis` (None: all, a number, several) means, none negative.

    Of an unknown rank the answer is `axis` as it stands.
    """
    if axis is None:
        return None if shape.dims is None else tuple(range(len(shape.dims)))
    axis = tuple(axis) if hasattr(axis, "__iter__") else (axis,)
    if shape.dims is None:
        return axis
    n = len(shape.dims)
    for d in axis:
        if not -n <= d < n:
            raise ValueError(f"Invalid reduction dimension {d} for input with {n} dimensions.")
    return tuple(d % n for d in axis)


def reduce(a, axis=None, keepdims=False):
    """The shape of a reduction over `axis`."""
    if a.dims is None:
        return UNKNOWN if axis is not None or keepdims else TensorShape(())
    gone = axes(a, axis)
    if keepdims:
        return TensorShape([1 if i in gone else d for i, d in enumerate(a.dims)])
    return TensorShape([d for i, d in enumerate(a.dims) if i not in gone])


def reshape(a, shape):
    """`shape`, its -1 resolved where all sizes are known."""
    if -1 not in shape:
        return TensorShape(shape)
    total, rest = a.num_elements(), TensorShape([d for d in shape if d != -1]).num_elements()
    size = total // rest if total is not None and rest else None
    return TensorShape([size if d == -1 else d for d in shape])


def transpose(a, perm=None):
    """The sizes in the order `perm`, by default reversed."""
    if a.dims is None:
        return TensorShape([None] * len(perm)) if perm is not None else UNKNOWN
    return TensorShape([a.dims[i] for i in perm] if perm is not None else a.dims[::-1])


def concat(axis, *shapes):
    """The shape of tensors laid end to end along `axis`."""
    out = UNKNOWN
    for s in shapes:
        if s.dims is not None:
            dims = list(s.dims)
            dims[axis] = None
            out = out.merge_with(dims)
    if out.dims is None:
        return out
    dims, size = list(out.dims), Dimension(0)
    for s in shapes:
        size += None if s.dims is None else s.dims[axis]
    dims[axis] = size.value
    return TensorShape(dims)


def item(a, key):
    """The shape of ``a[key]``; the key holds numbers, slices, None and one Ellipsis."""
    if a.dims is None:
        return UNKNOWN
    taken = sum(k is not None and k is not Ellipsis for k in key)
    if taken > len(a.dims):
        raise ValueError(f"{taken} indices into shape {a}")
    if Ellipsis not in key:
        key = (*key, Ellipsis)
    left, out = list(a.dims), []
    for k in key:
        if k is None:
            out.append(1)
        elif k is Ellipsis:
            rest = len(a.dims) - taken
            out += left[:rest]
            del left[:rest]
        else:
            d = left.pop(0)
            if isinstance(k, slice):
                out.append(d if k == slice(None) else _length(k, d))
            elif d is not None and not -d <= k < d:
                raise ValueError(f"slice index {k} of dimension of size {d} out of bounds.")
    return TensorShape(out)


def _length(k, d):
    return None if d is None else len(range(*k.indices(d)))
