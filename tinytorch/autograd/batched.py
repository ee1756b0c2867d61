"""A namespace in which every array has one hidden dimension more: what `vmap` computes on.

`Batched(inner, level)` is a backend made of another. Its raw arrays hold an array of ``inner`` with
the batch in front and show the shape behind it; a batch of size 1 stands for "the same for all", so
that what does not depend on the batch costs nothing and broadcasts by itself. Nested vmaps are
Batched over Batched. The front end, the gradient rules and the tape work on it unchanged.

There is a rule per kind of kernel, for the required ones; any other kernel is the composition of
required ones that serves every backend which lacks it.
"""

from __future__ import annotations

import copy
import functools
import itertools
from math import prod

from .. import dtypes
from ..backend import Backend
from ..primitive import _forwards
from .batched_index import IndexRules, examples
from .modes import LOCAL

ITEM = (
    "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling "
    ".item() on a Tensor, please try to rewrite what you're doing with other operations. If error "
    "is occurring somewhere inside PyTorch internals, please file a bug report."
)

MAPPED = frozenset(
    "abs negative exp expm1 log log1p sqrt sin cos tan asin acos atan sinh cosh tanh floor ceil"
    " round sign conj real imag add subtract multiply divide floor_divide remainder pow maximum"
    " minimum atan2 equal not_equal less less_equal greater greater_equal bitwise_and bitwise_or"
    " bitwise_xor bitwise_invert bitwise_left_shift bitwise_right_shift logical_not where copy"
    " rsubtract add_scaled sub_scaled trunc_divide fmod sgn signbit gcd lcm lerp addcmul addcdiv"
    " logical_and logical_or logical_xor isnan isinf isfinite isposinf isneginf isreal isclose exp2"
    " log2 log10 rsqrt sigmoid logit logaddexp logaddexp2 xlogy xlog1py nan_to_num copysign"
    " heaviside nextafter ldexp frexp mask clamp relu fmax fmin square reciprocal trunc frac"
    " round_decimals asinh acosh atanh sinc deg2rad rad2deg hypot complex erf erfc erfinv erfcx"
    " ndtri log_ndtr ndtr entr i0 i0e i1 i1e lgamma digamma polygamma mvlgamma zeta igamma igammac"
    " bessel_j0 bessel_j1 bessel_y0 bessel_y1 modified_bessel_i0 modified_bessel_i1"
    " modified_bessel_k0 modified_bessel_k1 scaled_modified_bessel_k0 scaled_modified_bessel_k1"
    " spherical_bessel_j0 masked_fill_value scaled halved astype clone alias".split()
)  # elementwise: operands broadcast, whatever is no array is handed on
REDUCED = frozenset("sum prod max min mean any all nansum logsumexp var std".split())
ALONG = frozenset(
    "cumulative_sum cumulative_prod argsort softmax log_softmax cumulative_logsumexp".split()
)  # (x, axis, ...)
_LEVELS = itertools.count(1)


class Level:
    """One running vmap: how many examples, what random numbers do in it, whose memory it sees.

    depth: its number among all transforms that run.
    """

    __slots__ = ("depth", "homes", "id", "made", "randomness", "size")

    def __init__(self, size, randomness="error"):
        self.id, self.size, self.randomness, self.made = next(_LEVELS), size, randomness, {}
        self.homes, self.depth = {}, LOCAL.transforms + 1

    def over(self, inner):
        """The namespace of this level over another."""
        P = self.made.get(inner)
        if P is None:
            P = self.made[inner] = Batched(inner, self)
        return P


class Raw:
    """An array of a Batched namespace: ``full`` has the batch, or 1, as its first dimension."""

    __slots__ = ("dtype", "full", "level", "shape")

    def __init__(self, full, level):
        self.full, self.level = full, level
        self.shape, self.dtype = tuple(full.shape[1:]), full.dtype

    def __repr__(self):
        return f"BatchedTensor(lvl={self.level}, bdim=0, value={self.full!r})"


class Batched(IndexRules, Backend):
    """See the module; ``inner``: the namespace below, ``of``: the Level, ``level``: its number."""

    mutable = False

    def __init__(self, inner, of):
        self.inner, self.of, self.level = inner, of, of.id
        self.levels = {**inner.levels, of.id: of}
        for name in ("name", "device", "host", "raw_dtype", "torch_dtype", "_float_like", "quiet",
                     "complexes", "dtypes", "weak", *dtypes.ALL):  # fmt: skip
            setattr(self, name, getattr(inner, name))
        self.times, self.over, self.narrow = self.multiply, self.divide, self

    @property
    def wide(self):  # type: ignore[override]
        twin = self.__dict__.get("_wide")
        if twin is None:
            twin = self.__dict__["_wide"] = copy.copy(self)
            twin.times, twin.over = self._times_conj, self._over_conj
        return twin

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if name in _forwards and name not in MAPPED and name not in REDUCED and name not in ALONG:
            fn = functools.partial(_forwards[name], self)
        elif name in MAPPED:
            fn = self._mapped(getattr(self.inner, name))
        elif name in REDUCED:
            fn = self._reduced(getattr(self.inner, name))
        elif name in ALONG:
            fn = self._along(getattr(self.inner, name))
        else:
            raise AttributeError(f"a batched namespace has no kernel {name!r}")
        setattr(self, name, fn)
        return fn

    def __repr__(self):
        return f"<{self.inner!r} batched at level {self.level}>"

    # --- between this namespace and the one below ------------------------------------------------

    def full_of(self, x):
        """The array below of an array of this namespace or of one that all examples share."""
        if type(x) is Raw and x.level == self.level:
            return x.full
        return self.inner.reshape(x, (1, *x.shape))

    def up(self, full):
        return Raw(full, self.level)

    def written(self, args):
        """The namespace of a tensor that is about to be written, reading ``args``."""
        return self

    def sized(self, full, n):
        """With the batch repeated to ``n`` where it is 1."""
        return full if full.shape[0] == n else self.inner.broadcast_to(full, (n, *full.shape[1:]))

    def aligned(self, full, rank):
        """With dimensions of size 1 behind the batch, up to ``rank`` of them in all."""
        short = rank + 1 - len(full.shape)
        if short <= 0:
            return full
        return self.inner.reshape(full, (full.shape[0], *(1,) * short, *full.shape[1:]))

    def _mapped(self, fn):
        def run(*args):
            rank, low, many = 0, 64, 0
            for x in args:
                if hasattr(x, "dtype"):
                    n = len(x.shape)
                    rank, low, many = max(rank, n), min(low, n), many + 1
            if many == 1 or low == rank:
                out = fn(*[self.full_of(x) if hasattr(x, "dtype") else x for x in args])
            else:
                out = fn(*[self.aligned(self.full_of(x), rank) if hasattr(x, "dtype") else x
                           for x in args])  # fmt: skip
            return tuple(map(self.up, out)) if type(out) is tuple else self.up(out)

        return run

    def _reduced(self, fn):
        def run(x, axes, *rest):
            full = self.full_of(x)
            axes = range(len(full.shape) - 1) if axes is None else axes
            return self.up(fn(full, tuple([a + 1 for a in axes]), *rest))

        return run

    def _along(self, fn):
        def run(x, axis, *rest):
            full = self.full_of(x)
            if len(full.shape) == 1:
                out = fn(self.inner.reshape(full, (*full.shape, 1)), 1, *rest)
                return self.up(self.inner.reshape(out, full.shape))
            return self.up(fn(full, axis + 1, *rest))

        return run

    def _best(self, fn, x, axis, keepdims):
        full = self.full_of(x)
        if axis is not None:
            return self.up(fn(full, axis + 1, keepdims))
        flat = fn(self.inner.reshape(full, (full.shape[0], prod(x.shape))), 1, False)
        if keepdims:
            flat = self.inner.reshape(flat, (*flat.shape, *(1,) * len(x.shape)))
        return self.up(flat)

    def argmax(self, x, axis, keepdims):
        return self._best(self.inner.argmax, x, axis, keepdims)

    def argmin(self, x, axis, keepdims):
        return self._best(self.inner.argmin, x, axis, keepdims)

    # --- values ----------------------------------------------------------------------------------

    def from_host(self, x):
        x = self.inner.from_host(x)
        return self.up(self.inner.reshape(x, (1, *x.shape)))

    def to_host(self, x):
        full = self.full_of(x)
        if full.shape[0] != 1:
            raise RuntimeError(ITEM)
        return self.inner.to_host(self.inner.reshape(full, x.shape))

    def full(self, shape, value, dtype):
        if hasattr(value, "dtype"):
            return self.broadcast_to(self.astype(value, dtype), tuple(shape))
        return self.up(self.inner.full((1, *shape), value, dtype))

    def arange(self, start, stop, step, dtype):
        x = self.inner.arange(start, stop, step, dtype)
        return self.up(self.inner.reshape(x, (1, *x.shape)))

    def check_target(self, target, classes, ignore):
        self.inner.check_target(self.full_of(target), classes, ignore)

    def within(self, x, low, high):
        return self.inner.within(self.full_of(x), low, high)

    def draw(self, make):
        x = self.inner.draw(make)
        return self.up(self.inner.reshape(x, (1, *x.shape)))

    # --- shape -----------------------------------------------------------------------------------

    def reshape(self, x, shape):
        full = self.full_of(x)
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        if -1 in shape:
            n = prod(x.shape) // max(-prod(shape), 1)
            shape = tuple([n if k == -1 else k for k in shape])
        return self.up(self.inner.reshape(full, (full.shape[0], *shape)))

    def permute_dims(self, x, axes):
        return self.up(self.inner.permute_dims(self.full_of(x), (0, *[a + 1 for a in axes])))

    def broadcast_to(self, x, shape):
        full = self.aligned(self.full_of(x), len(shape))
        return self.up(self.inner.broadcast_to(full, (full.shape[0], *shape)))

    def concat(self, xs, axis):
        fulls = [self.full_of(x) for x in xs]
        n = examples(*[f.shape[0] for f in fulls])
        return self.up(self.inner.concat([self.sized(f, n) for f in fulls], axis + 1))

    def flip(self, x, axes):
        return self.up(self.inner.flip(self.full_of(x), tuple([a + 1 for a in axes])))

    def tril(self, x, k):
        return self.up(self.inner.tril(self.full_of(x), k))

    def triu(self, x, k):
        return self.up(self.inner.triu(self.full_of(x), k))

    # --- contraction -----------------------------------------------------------------------------

    def matmul(self, x, y):
        I, m, n = self.inner, len(x.shape), len(y.shape)  # noqa: E741
        a, b = self.full_of(x), self.full_of(y)
        if b.shape[0] == 1 and n == 2 and m and a.shape[0] != 1:
            return self.up(I.matmul(a, I.reshape(b, y.shape)))
        if m == 1:
            a = I.reshape(a, (a.shape[0], 1, a.shape[1]))
        if n == 1:
            b = I.reshape(b, (*b.shape, 1))
        rank = max(m, n, 2)
        out = I.matmul(self.aligned(a, rank), self.aligned(b, rank))
        shape = tuple(out.shape)
        if m == 1 or n == 1:
            rows = () if m == 1 else shape[-2:-1]
            out = I.reshape(out, (*shape[:-2], *rows, *(() if n == 1 else shape[-1:])))
        return self.up(out)


def join(P, Q):
    """The namespace of all levels of two namespaces."""
    if P is Q:
        return P
    levels = {**P.levels, **Q.levels}
    R = base(Q if P.levels and not Q.levels and base(P).device.type == "cpu" else P)
    for k in sorted(levels):
        R = levels[k].over(R)
    return R


def base(P):
    """The backend under all levels."""
    while P.levels:
        P = P.inner
    return P


def without(P, level):
    """The namespace without one of its levels."""
    return P.inner if P.level == level else P.of.over(without(P.inner, level))


def carried(x, P, Q):
    """An array of ``P`` in ``Q``, which has all its levels and more."""
    if P is Q:
        return x
    if P.level == Q.level:
        return Q.up(carried(x.full, P.inner, Q.inner))
    x = carried(x, P, Q.inner)
    return Q.up(Q.inner.reshape(x, (1, *x.shape)))


def summed(x, P, level):
    """An array of ``P`` summed over the examples of one level."""
    if P.level != level:
        return without(P, level).up(summed(x.full, P.inner, level))
    I, full, n = P.inner, x.full, P.of.size  # noqa: E741
    if full.shape[0] == n:
        return I.sum(full, (0,), False)
    return I.multiply(I.reshape(full, x.shape), n)


def entered(x, P, level, dim):
    """An array of ``P`` with dimension ``dim`` hidden as the batch of a level."""
    if P.level > level.id:
        inner = entered(x.full, P.inner, level, dim + 1)
        return Raw(inner, P.level)
    if dim:
        x = P.permute_dims(x, (dim, *[d for d in range(len(x.shape)) if d != dim]))
    return Raw(x, level.id)


def left(x, P, level, dim, own=False):
    """An array of ``P`` with the batch of one of its levels shown as dimension ``dim``.

    own: what is the same for all examples is copied for each.
    """
    if P.level != level.id:
        return without(P, level.id).up(left(x.full, P.inner, level, dim + 1, own))
    full = P.sized(x.full, level.size)
    if own and full is not x.full:
        full = P.inner.copy(full)
    if dim:
        n = len(full.shape)
        full = P.inner.permute_dims(full, (*range(1, dim + 1), 0, *range(dim + 1, n)))
    return full
