"""Running sums, products and extrema along a dimension.

Backends that have only a cumulative sum get the others by doubling: after k rounds each element has
combined the 2^k before it. The gradient of a cumulative product is written without division, so
that zeros are safe and every higher derivative follows.
"""

from __future__ import annotations

from itertools import accumulate

from .. import dtypes, registry, return_types
from ..dispatch import dtype_of
from ..samples import S, T
from ..tensor import fresh
from .convert import cast_to
from .reduce import _accumulator, _zero_index, hidden_reshape
from .rules import log_add
from .table import compose, numpy_names, primitive, wrap_dim


def _part(x, axis, start, stop):
    return (slice(None),) * axis + (slice(start, stop),)


def doubling(P, x, axis, f):
    """An inclusive scan of an associative ``f`` by doubling."""
    n, step = x.shape[axis], 1
    while step < n:
        joined = f(P.getitem(x, _part(x, axis, 0, n - step)), P.getitem(x, _part(x, axis, step, n)))
        x = P.concat([P.getitem(x, _part(x, axis, 0, step)), joined], axis)
        step *= 2
    return x


def _reverse_sum(P, g, axis):
    return P.flip(P.cumulative_sum(P.flip(g, (axis,)), axis), (axis,))


def cumulative_prod_grad(P, g, a, out, axis):
    """Sum over i >= k of g_i times the product up to i without the k-th, as scans of a matrix."""
    n, last = a.shape[axis], len(a.shape)
    order = (*(d for d in range(last) if d != axis), axis)
    back = tuple(order.index(d) for d in range(last))
    rows = P.permute_dims(a, order)
    lead = tuple(rows.shape[:-1])
    i = P.iota(a, n)
    k, j = P.reshape(i, (n, 1)), P.reshape(i, (1, n))
    rows = P.spread(P.reshape(rows, (*lead, 1, n)), (*lead, n, n))
    rows = P.where(P.not_equal(k, j), rows, P.full_as(rows, (), 1))
    products = P.conj(P.cumulative_prod(rows, last))
    g = P.reshape(P.permute_dims(g, order), (*lead, 1, n))
    terms = P.multiply(P.where(P.less_equal(k, j), products, P.full_as(products, (), 0)), g)
    return P.permute_dims(P.sum(terms, (last,), False), back)


def _cumulative_index(P, x, axis, greatest):
    n = x.shape[axis]
    shape = [1] * len(x.shape)
    shape[axis] = n
    at = P.broadcast_to(P.reshape(P.arange(0, n, 1, P.int64), tuple(shape)), tuple(x.shape))
    step = 1
    while step < n:
        old, new = _part(x, axis, 0, n - step), _part(x, axis, step, n)
        v, w = P.getitem(x, old), P.getitem(x, new)
        better = P.greater_equal(w, v) if greatest else P.less_equal(w, v)
        keep = P.bitwise_or(better, P.not_equal(w, w))
        head = _part(x, axis, 0, step)
        x = P.concat([P.getitem(x, head), P.where(keep, w, v)], axis)
        at = P.concat(
            [P.getitem(at, head), P.where(keep, P.getitem(at, new), P.getitem(at, old))], axis
        )
        step *= 2
    return at


def _log_parts(P, g):
    """log g of the positive and log -g of the negative part, the least float elsewhere."""
    least = P.full_as(g, (), -1e300 if _is_double(g) else -3e38)
    one = P.full_as(g, (), 1)
    plus, minus = P.greater(g, 0), P.less(g, 0)
    return (
        P.where(plus, P.log(P.where(plus, g, one)), least),
        P.where(minus, P.log(P.where(minus, P.negative(g), one)), least),
    )


def _is_double(g):
    return "64" in str(g.dtype)


def _logcumsumexp_grad(P, g, a, out, axis):
    pos, neg = (
        P.exp(P.add(_flipped(P, P.subtract(part, out), axis), a)) for part in _log_parts(P, g)
    )
    return P.subtract(pos, neg)


def _logcumsumexp_complex(P, x, axis):
    """One after the other: the branch of a complex logarithm depends on the order."""
    parts = [P.getitem(x, _part(x, axis, i, i + 1)) for i in range(x.shape[axis])]
    parts = accumulate(parts, lambda total, part: log_add(P, part, total))
    return P.concat(list(parts), axis) if x.shape[axis] else x


def _logcumsumexp_complex_grad(P, g, a, out, axis):
    part = P.flip(P.subtract(P.log(P.conj(g)), out), (axis,))
    part = P.flip(P.cumulative_logsumexp_complex(part, axis), (axis,))
    return P.conj(P.exp(P.add(part, a)))


def _flipped(P, x, axis):
    return P.flip(P.cumulative_logsumexp(P.flip(x, (axis,)), axis), (axis,))


cumsum_prim = primitive(
    "cumsum", lambda P, g, axis: _reverse_sum(P, g, axis), kernel="cumulative_sum", params=("axis",)
)
cumprod_prim = primitive(
    "cumprod", lambda P, g, a, out, axis: P.cumulative_prod_grad(g, a, out, axis),
    kernel="cumulative_prod", params=("axis",),
    forward=lambda P, x, axis: doubling(P, x, axis, P.multiply),
)  # fmt: skip
compose("cumulative_prod_grad", cumulative_prod_grad)
cumulative_index = primitive("cumulative_index", params=("axis", "greatest"),
                             forward=_cumulative_index)  # fmt: skip
logcumsumexp_prim = primitive(
    "logcumsumexp", _logcumsumexp_grad, kernel="cumulative_logsumexp", params=("axis",),
    forward=lambda P, x, axis: doubling(P, x, axis, lambda u, v: log_add(P, u, v)),
)  # fmt: skip
logcumsumexp_complex = primitive(
    "logcumsumexp_complex", _logcumsumexp_complex_grad, kernel="cumulative_logsumexp_complex",
    params=("axis",), node="LogcumsumexpBackward0", forward=_logcumsumexp_complex,
)  # fmt: skip


def _repeated(name, node):
    """Values at indices that may repeat: their gradients add up."""
    return primitive(
        name, lambda P, g, i, a_shape, axis: P.scatter_add(P.full_as(g, a_shape, 0), i, g, axis),
        None, kernel="gather", node=node, operands=("a", "i"), params=("axis",),
        meta={"keeps": {"a": (0,)}},
    )  # fmt: skip


_EXTREMA = {
    "cummax": (True, _repeated("cummax", "CummaxBackward0")),
    "cummin": (False, _repeated("cummin", "CumminBackward0")),
}
_SCANS = [S(T(()), 0), S(T((5,)), 0), S(T((3, 4)), 0), S(T((3, 4)), -1), S(T((2, 3, 2)), 1),
          S(T((0, 3)), 0)]  # fmt: skip


def _scan(name, prim):
    @numpy_names
    def scan(input, dim, *, dtype=None):
        x = _accumulator(input, dtype)
        shape = fresh(x)._raw.shape
        dim = wrap_dim(int(dim), len(shape))
        if not shape:
            return hidden_reshape(prim(hidden_reshape(x, (1,)), 0), ())
        return prim(x, dim)

    scan.__name__ = scan.__qualname__ = name
    scan.__doc__ = f"Running results along a dimension (torch.{name}); integers become int64."
    registry.public(name, out=True, inplace=True, samples=_SCANS)(scan)
    return scan


cumsum, cumprod = _scan("cumsum", cumsum_prim), _scan("cumprod", cumprod_prim)


@registry.public("logcumsumexp", out=True, samples=_SCANS[:5])
@numpy_names
def logcumsumexp(input, dim):
    """Logarithm of the running sum of exponentials along a dimension (torch.logcumsumexp)."""
    x = fresh(input)
    dim = wrap_dim(int(dim), len(x._raw.shape))
    if dtype_of(x).category < dtypes.FLOAT:
        x = cast_to(x, dtypes.get_default_dtype())
    prim = logcumsumexp_complex if dtype_of(x).is_complex else logcumsumexp_prim
    if not x._raw.shape:
        return hidden_reshape(prim(hidden_reshape(x, (1,)), 0), ())
    return prim(x, dim)


def _running(name):
    greatest, pick = _EXTREMA[name]
    result = getattr(return_types, name)

    @numpy_names
    def running(input, dim):
        x = fresh(input)
        dim = wrap_dim(int(dim), len(x._raw.shape))
        if x._raw.shape:
            at = cumulative_index(x.detach(), dim, greatest)
        else:
            at = _zero_index(x)
        return result(pick(x, at, dim), at)

    running.__name__ = running.__qualname__ = name
    running.__doc__ = f"Running extremum along a dimension and where it was (torch.{name})."
    registry.public(name, out=True, samples=_SCANS[:5])(running)
    return running


cummax, cummin = _running("cummax"), _running("cummin")


@registry.public("diff", out=True, samples=lambda: [
    S(T((5,))), S(T((3, 4))), S(T((3, 4)), dim=0), S(T((5,)), n=2),
    S(T((3, 4)), prepend=T((3, 1)), append=T((3, 2)))])  # fmt: skip
@numpy_names
def diff(input, n=1, dim=-1, prepend=None, append=None):
    """Differences of neighbours along a dimension, ``n`` times (torch.diff)."""
    from .elementwise import sub
    from .join import cat
    from .view import narrow

    x = fresh(input)
    if not x._raw.shape:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    dim = wrap_dim(dim, len(x._raw.shape))
    if n == 0:
        from ..factories import zeros_like

        return zeros_like(x, requires_grad=False).copy_(x)
    parts = [t for t in (prepend, x, append) if t is not None]
    if len(parts) > 1:
        x = cat(parts, dim)
    for _ in range(min(n, x.shape[dim])):
        m = x.shape[dim] - 1
        if m < 0:
            break
        new, old = narrow(x, dim, 1, m), narrow(x, dim, 0, m)
        x = (new != old) if x.dtype is dtypes.bool_ else sub(new, old)
    return x
