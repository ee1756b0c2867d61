"""Order: sorting, selecting by rank, and searching.

Every sort here is stable and counts NaN as the greatest value. Each op finds indices, without a
gradient, and then picks values at them.
"""

from __future__ import annotations

from .. import dtypes, registry, return_types
from ..samples import S, T
from ..tensor import Tensor, fresh, made
from .reduce import _zero_index, along, extremum_grad, picker, picker_along
from .rules import refuse
from .table import by_example, compose, numpy_names, primitive, refuse_batches, wrap_dim

argsort_prim = primitive(
    "argsort", params=("axis", "descending", "stable"),
)  # fmt: skip


def _top_index(P, x, k, axis, largest):
    order = P.argsort(x, axis, largest, True)
    return P.getitem(order, (slice(None),) * axis + (slice(0, k),))


top_index = primitive("top_index", params=("k", "axis", "largest"), forward=_top_index)


def _rank_index(P, x, rank, axis):
    """Where the element of a rank is (one index per row), NaN being the greatest."""
    order = P.argsort(x, axis, False, True)
    return P.getitem(order, (slice(None),) * axis + (slice(rank, rank + 1),))


def _median_index(P, x, axis, ignore_nan):
    n = x.shape[axis]
    nan = P.astype(P.not_equal(x, x), P.int64)
    missing = P.sum(nan, (axis,), True)
    order = P.argsort(x, axis, False, True)
    if ignore_nan:
        good = P.maximum(P.subtract(P.subtract(n, missing), 1), P.full((), 0, P.int64))
        return P.take_along_axis(order, P.floor_divide(good, 2), axis)
    middle = P.getitem(order, (slice(None),) * axis + (slice((n - 1) // 2, (n - 1) // 2 + 1),))
    return P.where(P.greater(missing, 0), P.argmax(nan, axis, True), middle)


def _mode_index(P, x, axis):
    """The last place of the smallest of the most frequent values: the end of the longest run."""
    order = P.argsort(x, axis, False, True)
    v = P.take_along_axis(x, order, axis)
    n = x.shape[axis]
    shape = [1] * len(x.shape)
    shape[axis] = n
    at = P.reshape(P.arange(0, n, 1, P.int64), tuple(shape))
    lead = (slice(None),) * axis
    old, new = P.getitem(v, (*lead, slice(0, n - 1))), P.getitem(v, (*lead, slice(1, n)))
    first = P.getitem(v, (*lead, slice(0, 1)))
    starts = P.concat([P.full(tuple(first.shape), True, P.bool), P.not_equal(old, new)], axis)
    starts = P.where(starts, at, P.full((), 0, P.int64))
    since = P.take_along_axis(starts, P.cumulative_index(starts, axis, True), axis)
    end = P.argmax(P.subtract(at, since), axis, True)
    return P.take_along_axis(order, end, axis)


rank_index = primitive("rank_index", params=("rank", "axis"), forward=_rank_index)
median_index = primitive("median_index", params=("axis", "ignore_nan"), forward=_median_index)
mode_index = primitive("mode_index", params=("axis",), forward=_mode_index)
pick_sort = picker("sort", "SortBackward0")
pick_stable = picker("sort_stable", "SortBackward1")
pick_top = picker("topk", "TopkBackward0")
pick_kth = picker_along("kthvalue", "KthvalueBackward0")
pick_mode = picker_along("mode", "ModeBackward0")
pick_median = picker_along("median_dim", "MedianBackward1")
pick_nanmedian = picker_along("nanmedian_dim", "NanmedianBackward1")
_ROWS = [S(T((5,), kind="distinct")), S(T((3, 4), kind="distinct"), 0),
         S(T((2, 3, 2), kind="distinct"), -2, True)]  # fmt: skip


@registry.public("sort", out=True, samples=lambda: [
    S(T((), kind="distinct")), *_ROWS, S(T((3, 4), kind="distinct"), stable=True, dim=0),
    S(T((3, 4), kind="distinct"), stable=True, descending=True)])  # fmt: skip
@numpy_names
def sort(input, dim=-1, descending=False, stable=None):
    """Values in order along a dimension and where they were (torch.sort); always stable."""
    x = fresh(input)
    dim = wrap_dim(dim, len(x._raw.shape))
    if not x._raw.shape:
        i = _zero_index(x)
    else:
        i = argsort_prim(x, dim, bool(descending), True)
    return return_types.sort((pick_sort if stable is None else pick_stable)(x, i, dim), i)


@registry.public(
    "argsort", out=True, samples=lambda: [*_ROWS, S(T((3, 4), kind="distinct"), stable=True)]
)
@numpy_names
def argsort(input, dim=-1, descending=False, stable=False):
    """The indices that sort a dimension (torch.argsort); always stable."""
    x = fresh(input)
    dim = wrap_dim(dim, len(x._raw.shape))
    return argsort_prim(x, dim, bool(descending), True) if x._raw.shape else _zero_index(x)


@registry.public("msort", out=True, samples=lambda: [S(T((3, 4), kind="distinct"))])
def msort(input):
    """Values in order along the first dimension (torch.msort)."""
    return sort(input, 0)[0]


@registry.public("topk", out=True, samples=lambda: [
    S(T((5,), kind="distinct"), 2), S(T((3, 4), kind="distinct"), 3, 1),
    S(T((3, 4), kind="distinct"), 2, 0, False)])  # fmt: skip
def topk(input, k, dim=-1, largest=True, sorted=True):
    """The ``k`` greatest or smallest of a dimension, in order, and where they were (torch.topk)."""
    x = fresh(input)
    shape = x._raw.shape
    dim = wrap_dim(dim, len(shape))
    k = int(k)
    if not 0 <= k <= (shape[dim] if shape else 1):
        raise RuntimeError("selected index k out of range")
    i = top_index(x, k, dim, bool(largest)) if shape else _zero_index(x)
    return return_types.topk(pick_top(x, i, dim), i)


@registry.public("kthvalue", out=True, samples=lambda: [
    S(T((5,), kind="distinct"), 2), S(T((3, 4), kind="distinct"), 3, 0, True)])  # fmt: skip
@numpy_names
def kthvalue(input, k, dim=-1, keepdim=False):
    """The k-th smallest value of a dimension and where it is (torch.kthvalue)."""
    x = fresh(input)
    shape = x._raw.shape
    dim = wrap_dim(dim, len(shape))
    if shape and shape[dim] == 0:
        raise IndexError(f"kthvalue(): Expected reduction dim {dim} to have non-zero size.")
    if not 1 <= k <= (shape[dim] if shape else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    i = rank_index(x, k - 1, dim) if shape else _zero_index(x)
    return return_types.kthvalue(*along(x, i, dim, keepdim, pick_kth))


@registry.public("mode", out=True, samples=lambda: [
    S(T((5,), kind="distinct")), S(T((3, 4), kind="distinct"), 0, True)])  # fmt: skip
@numpy_names
def mode(input, dim=-1, keepdim=False):
    """The most frequent value of a dimension, the smallest of several (torch.mode)."""
    x = fresh(input)
    shape = x._raw.shape
    dim = wrap_dim(dim, len(shape))
    if shape and shape[dim] == 0:
        raise IndexError(f"mode(): Expected reduction dim {dim} to have non-zero size.")
    i = mode_index(x, dim) if shape else _zero_index(x)
    return return_types.mode(*along(x, i, dim, keepdim, pick_mode))


def _median(name, ignore, pick):
    whole = primitive(
        name + "_all", lambda P, g, a, out: extremum_grad(P, g, a, None, False, out),
        node=name.capitalize() + "Backward0",
        forward=lambda P, x: P.reshape(P.take(P.reshape(x, (-1,)), _median_index(
            P, P.reshape(x, (-1,)), 0, ignore), 0), ()),
    )  # fmt: skip

    @numpy_names
    def median(input, dim=None, keepdim=False):
        x = fresh(input)
        shape = tuple(x._raw.shape)
        if dim is None:
            return x.new_full((), float("nan")) if 0 in shape else whole(x)
        dim = wrap_dim(dim, len(shape))
        if shape and shape[dim] == 0:
            raise IndexError(f"median(): Expected reduction dim {dim} to have non-zero size.")
        i = median_index(x, dim, ignore) if shape else _zero_index(x)
        return getattr(return_types, name)(*along(x, i, dim, keepdim, pick))

    median.__name__ = median.__qualname__ = name
    median.__doc__ = f"The lower median, of all or along a dimension with indices (torch.{name})."
    registry.public(
        name,
        out=True,
        samples=lambda: [
            S(T((5,), kind="distinct")),
            S(T((3, 4), kind="distinct")),
            S(T((3, 4), kind="distinct"), 0),
            S(T((2, 3, 2), kind="distinct"), 1, True),
        ],
    )(median)
    return median


median = _median("median", False, pick_median)
nanmedian = _median("nanmedian", True, pick_nanmedian)


# --- positions of values --------------------------------------------------------------------------


def nonzero_tuple(x):
    """Positions of nonzero elements, one int64 Tensor per dimension."""
    P = fresh(x)._p
    return tuple(made(P, i) for i in P.nonzero(x._raw))


@registry.public(
    "nonzero", out=True, samples=lambda: [S(T((3, 4), kind="mask")), S(T((5,), kind="mask"))]
)
def nonzero(input, *, as_tuple=False):
    """Where elements are not zero: a row per element, or a vector per dimension (torch.nonzero)."""
    x = fresh(input).detach()
    shape = tuple(x._raw.shape)
    refuse_batches("nonzero_numpy" if as_tuple else "nonzero", x)
    if as_tuple:
        return nonzero_tuple(x if shape else x.reshape(1))
    if not shape:
        return x.new_zeros((int(bool(x.item())), 0), dtype=dtypes.int64)
    from .join import stack

    return stack(list(nonzero_tuple(x)), 1)


@registry.public("argwhere", samples=lambda: [S(T((3, 4), kind="mask"))])
@by_example
def argwhere(input):
    """Where elements are not zero, a row per element (torch.argwhere)."""
    return nonzero(input)


def _searchsorted(P, row, values, right):
    """Counts the smaller (or not greater) elements of the row by a binary search on indices."""
    n = row.shape[0]
    lo = P.full(tuple(values.shape), 0, P.int64)
    if n == 0:
        return lo
    hi = P.full(tuple(values.shape), n, P.int64)
    for _ in range(n.bit_length()):
        mid = P.floor_divide(P.add(lo, hi), 2)
        at = P.minimum(mid, P.full((), n - 1, P.int64))
        v = P.reshape(P.take(row, P.reshape(at, (-1,)), 0), tuple(values.shape))
        nan_v, nan_x = P.not_equal(v, v), P.not_equal(values, values)
        if right:
            below = P.bitwise_or(P.less_equal(v, values), nan_x)
        else:
            below = P.bitwise_or(P.less(v, values), P.bitwise_and(nan_x, P.logical_not(nan_v)))
        below = P.bitwise_and(below, P.less(lo, hi))
        lo, hi = P.where(below, P.add(mid, 1), lo), P.where(below, hi, mid)
    return lo


compose("searchsorted", _searchsorted)


def _search(P, table, values, right):
    if len(table.shape) == 1:
        return P.searchsorted(table, values, right)
    rows, n = table.shape[:-1], table.shape[-1]
    m = values.shape[-1]
    count = 1
    for k in rows:
        count *= k
    table, values = P.reshape(table, (count, n)), P.reshape(values, (count, m))
    out = [
        P.reshape(P.searchsorted(P.getitem(table, (i,)), P.getitem(values, (i,)), right), (1, m))
        for i in range(count)
    ]
    out = P.concat(out, 0) if out else P.full((0, m), 0, P.int64)
    return P.reshape(out, (*rows, m))


search = primitive("searchsorted", operands=("a", "b"), params=("right",), kernel="search",
                   promote="common", forward=_search)  # fmt: skip
_NO_COMPLEX = refuse("searchsorted_out_cpu", dtypes.COMPLEX)


@registry.public("searchsorted", out=True, method=False, samples=lambda: [
    S(T((1,)), T((2, 3))), S(T((1,)), 0.5)])  # fmt: skip
def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None):
    """Where values would be inserted into sorted rows (torch.searchsorted)."""
    if side is not None:
        if side not in ("left", "right"):
            raise RuntimeError(
                f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}"
            )
        if right and side == "left":
            raise RuntimeError(
                "torch.searchsorted(): side and right can't be set to opposites, got side of left "
                "while right was True"
            )
        right = side == "right"
    table = fresh(sorted_sequence).detach()
    if sorter is not None:
        table = table.gather(-1, sorter)
    if not isinstance(input, Tensor):
        if table.dim() != 1:
            raise RuntimeError(
                "torch.searchsorted(): input value can be a scalar only when boundaries tensor "
                "dimension is 1, but we got boundaries tensor "
                f"dim({table.dim()}) and input value's dim(0) numel(1)"
            )
        from ..factories import tensor

        input = tensor(input, device=table.device)
    values = fresh(input).detach()
    _NO_COMPLEX(table)
    _NO_COMPLEX(values)
    if table.dim() > 1 and tuple(table.shape[:-1]) != tuple(values.shape[:-1]):
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
            "dimensions of boundaries tensor and input value tensor must match, but we got "
            f"boundaries tensor {list(table.shape)} and input value tensor {list(values.shape)}"
        )
    out = search(table, values, bool(right))
    return out.to(dtypes.int32) if out_int32 else out


@registry.public("bucketize", out=True, method=False, samples=lambda: [S(T((2, 3)), T((1,)))])
def bucketize(input, boundaries, *, out_int32=False, right=False):
    """The bucket between sorted boundaries that each value falls into (torch.bucketize)."""
    if boundaries.dim() != 1:
        raise RuntimeError(
            f"boundaries tensor must be 1 dimension, but got dim({boundaries.dim()})"
        )
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@registry.public("isin", out=True, method=False, samples=lambda: [
    S(T((3, 4), 0, 5, kind="index"), T((3,), 0, 5, kind="index"))])  # fmt: skip
def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """Which elements are among the test elements (torch.isin)."""
    from ..factories import tensor

    like = elements if isinstance(elements, Tensor) else test_elements
    if not isinstance(elements, Tensor):
        elements = tensor(elements, device=like.device)
    if not isinstance(test_elements, Tensor):
        test_elements = tensor(test_elements, device=like.device)
    table = sort(test_elements.detach().reshape(-1), 0)[0]
    if not table.numel():
        found = elements.new_zeros(elements.shape, dtype=dtypes.bool_)
    else:
        at = search(table, elements.detach(), False).clamp(max=table.numel() - 1)
        found = table[at] == elements
    return ~found if invert else found
