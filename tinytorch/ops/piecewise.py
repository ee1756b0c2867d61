"""Choices between values: limits, extrema of two, selection by a condition, blends."""

from __future__ import annotations

from .. import dtypes, registry
from ..autograd.errors import c_name
from ..dispatch import cast, dtype_of, result_dtype, scalar_as
from ..samples import S, T
from ..tensor import Tensor, fresh, made
from .rules import (
    FLOATS,
    every,
    refuse,
    refuse_complex,
    single,
    unless,
)  # fmt: skip
from .table import (
    alias,
    binary,
    check_broadcast,
    no_form,
    primitive,
    refuse_batches,
    unary,
)

BOOL, INT, CPLX = dtypes.BOOL, dtypes.INT, dtypes.COMPLEX

# --- selection ------------------------------------------------------------------------------------

where = primitive(
    "where", None, lambda P, g, c: P.mask(g, c), lambda P, g, c: unless(P, g, c),
    operands=("c", "a", "b"), node="WhereBackward0", check=check_broadcast,
)  # fmt: skip
mask = primitive(
    "mask",
    lambda P, g, c: P.mask(g, c),
    None,
    operands=("a", "c"),
    node="MulBackward0",
    forward=lambda P, g, keep: P.where(keep, g, P.full((), 0, g.dtype)),
)
tied = primitive(  # a gradient that depends on x in steps: it has a derivative there, which is zero
    "tied", lambda P, g: g, lambda P, g: P.full_as(g, tuple(g.shape), 0), operands=("g", "x"),
    node="ThresholdBackwardBackward0", forward=lambda P, g, x: g,
)  # fmt: skip


_WHERE = [
    "Tensor condition", "Tensor condition, Tensor input, Tensor other, *, Tensor out = None",
    "Tensor condition, Number self, Tensor other", "Tensor condition, Tensor input, Number other",
    "Tensor condition, Number self, Number other",
]  # fmt: skip


@registry.public("where", out=True, method=False, samples=lambda: [
    S(T((3, 4), kind="mask"), T((3, 4)), T((4,))), S(T((3, 1), kind="mask"), T(()), T((1, 4))),
    S(T((3,), kind="mask"), T((3,)), 2.5), S(T((3,), kind="mask"), -1, T((3,))),
    S(T((3,), kind="mask"), 1, 2), S(T((3,), kind="mask"), 1.5, 2), S(T((3, 4), kind="mask")),
])  # fmt: skip
def torch_where(condition, input=None, other=None):
    """``input`` where the condition holds, else ``other``; positions if neither (torch.where)."""
    if type(condition) is Tensor:
        a, b = _beside(input, other), _beside(other, input)
        if type(a) is type(b) is Tensor and plain(condition, a, b):
            return where(condition, a, b)
    given = tuple(x for x in (condition, input, other) if x is not None)
    if not isinstance(condition, Tensor) or len(given) == 2:
        raise no_form("where", given, _WHERE)
    if input is None and other is None:
        refuse_batches("where", condition)
        return condition.nonzero(as_tuple=True)
    if dtype_of(fresh(condition)) is dtypes.uint8:
        condition = condition.to(dtypes.bool_)
    if dtype_of(condition) is not dtypes.bool_:
        raise RuntimeError("where expected condition to be a boolean tensor, but got a tensor with "
                           f"dtype {condition.dtype.legacy}")  # fmt: skip
    if not all(isinstance(x, (Tensor, bool, int, float, complex)) for x in (input, other)):
        raise no_form("where", given, _WHERE)
    P = condition._p
    d = result_dtype([fresh(x) if isinstance(x, Tensor) else x for x in (input, other)])
    values = (input, other)
    values = [_of_dtype(x, P, d) for x in values]
    return where(condition, *values)


def _beside(x, other):
    """A real number beside a float tensor as a 0-d tensor of its dtype; anything else as it is."""
    if (type(x) is float or type(x) is int) and type(other) is Tensor:
        P, dt = other._p, other._raw.dtype
        if dt is P.float32 or dt is P.float64:
            return made(P, P.full((), x, dt))
    return x


def plain(condition, a, b):
    """Whether the operands need neither a cast nor a check."""
    return a._raw.dtype is b._raw.dtype and condition._raw.dtype is condition._p.bool


def _of_dtype(x, P, d):
    """A tensor or number as a tensor of dtype ``d``."""
    if isinstance(x, Tensor):
        return x if dtype_of(x) is d else cast(x, d)
    return made(P, P.full((), scalar_as(P, x, d), P.raw_dtype[d]))


@registry.public("where", function=False)
def _where_method(self, condition, other):
    return torch_where(condition, self, other)


# --- limits ---------------------------------------------------------------------------------------


def _inside(P, a, lo, hi):
    keep = None
    if lo is not None:
        keep = P.greater_equal(a, lo)
    if hi is not None:
        below = P.less_equal(a, hi)
        keep = below if keep is None else P.logical_and(keep, below)
    return keep


def _limit(P, x, lo, hi):
    if lo is not None:
        x = P.maximum(x, lo)
    return x if hi is None else P.minimum(x, hi)


_NO_COMPLEX = refuse_complex("clamp is not supported for complex types")
_CLAMP = dict(kernel="clamp", params=("lo", "hi"), forward=single(_limit), meta=FLOATS,
              check=lambda a, *_: _NO_COMPLEX(a))  # fmt: skip
_MIN, _MAX = refuse("maximum_cpu", CPLX), refuse("minimum_cpu", CPLX)


def _clamp_rule(P, g, a, lo, hi):
    return P.mask(g, _inside(P, a, lo, hi))


clamp_number = primitive("clamp", _clamp_rule, node="ClampBackward1", **_CLAMP)
clamp_min_number = primitive("clamp_min", _clamp_rule, node="ClampMinBackward0", **_CLAMP)
clamp_max_number = primitive("clamp_max", _clamp_rule, node="ClampMaxBackward0", **_CLAMP)


def _clamp_tensors_rule(P, g, operands, out, params, edges):
    a, lo, hi = operands
    grads = [None, None, None]
    if edges[0] is not None:
        grads[0] = P.mask(g, _inside(P, a, lo, hi))
    if lo is not None and edges[1] is not None:
        won = P.less(a, lo)
        grads[1] = P.mask(g, won if hi is None else P.logical_and(won, P.less(lo, hi)))
    if hi is not None and edges[2] is not None:
        won = P.greater(a, hi)
        grads[2] = P.mask(g, won if lo is None else P.logical_or(won, P.less(hi, lo)))
    return tuple(grads)


def _tensor_limits(name, node, refusal=_NO_COMPLEX, asked=(0, 1, 2)):
    return primitive(
        name, _clamp_tensors_rule, whole=True, node=node, operands=("a", "lo", "hi"),
        kernel="clamp", promote="common", check=every(
            lambda *x: check_broadcast(*(v for v in x if v is not None)), refusal),
        meta={"asked": asked},
    )  # fmt: skip


clamp_tensor = _tensor_limits("clamp_tensor", "ClampBackward0")
clamp_min_tensor = _tensor_limits("clamp_min_tensor", "ClampMinBackward1", _MIN, (0, 1))
clamp_max_tensor = _tensor_limits("clamp_max_tensor", "ClampMaxBackward1", _MAX, (0, 2))


_CLAMPS = [
    f"Tensor input, {kind} min = None, {kind} max = None, *, Tensor out = None"
    for kind in ("Tensor", "Number")
]


def _clamp(name, input, lo, hi, number, tensor):
    if not isinstance(input, Tensor):
        raise registry.bad_argument(name, "input", 1, input)
    if isinstance(lo, Tensor) or isinstance(hi, Tensor):
        for x in (lo, hi):
            if x is not None and not isinstance(x, Tensor):
                raise no_form(name, (input, lo, hi), _CLAMPS)
        return tensor(input, lo, hi)
    x = fresh(input)
    P, raw = x._p, x._raw.dtype
    if raw is not P.float32 and raw is not P.float64:
        d = result_dtype([x, *(v for v in (lo, hi) if v is not None)])
        if d is not dtype_of(x):
            x = cast(x, d)
        if d.category != CPLX:
            lo, hi = (v if v is None else scalar_as(P, v, d) for v in (lo, hi))
    return number(x, lo, hi)


_LIMITS = [
    S(T((3, 4)), -0.5, 0.8), S(T(()), min=0.1), S(T((5,)), max=0.1),
    S(T((3, 4)), T((4,)), T((3, 1))),
    S(T((3, 4)), T((4,))), S(T((3, 4)), max=T((4,))), S(T((4,), -9, 9, kind="index"), -2, 3),
    S(T((4,), -9, 9, kind="index"), min=0.5), S(T((0, 2)), 0, 1),
]  # fmt: skip


def _limited_in_place(name):
    """The in-place form; a limit of a wider category is refused with C's name of the dtype."""
    inplace = registry.methods[name]

    def limit(self, *args, **kwargs):
        d = dtype_of(fresh(self))
        if d.category < dtypes.FLOAT:
            for v in (*args, *kwargs.values()):
                if type(v) is float or (type(v) is int and d is dtypes.bool_):
                    have = result_dtype([self, v])
                    if not dtypes.can_cast(have, d):
                        raise RuntimeError(
                            f"result type {have.legacy} can't be cast to the desired output type "
                            f"{c_name(d)}"
                        )
        return inplace(self, *args, **kwargs)

    limit.__name__ = limit.__qualname__ = name
    registry.methods[name] = limit


@registry.public("clamp", inplace=True, out=True, samples=_LIMITS)
def clamp(input, min=None, max=None):
    """Elements limited to [min, max], numbers or tensors; either may be left out (torch.clamp)."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    return _clamp("clamp", input, min, max, clamp_number, clamp_tensor)


@registry.public("clamp_min", inplace=True, out=True, samples=lambda: [S(T((3, 4)), 0.1),
                                                               S(T((3, 4)), T((4,)))])  # fmt: skip
def clamp_min(input, min):
    """Elements no smaller than ``min`` (torch.clamp_min)."""
    return _clamp("clamp_min", input, min, None, clamp_min_number, clamp_min_tensor)


@registry.public("clamp_max", inplace=True, out=True, samples=lambda: [S(T((3, 4)), 0.1),
                                                               S(T((3, 4)), T((4,)))])  # fmt: skip
def clamp_max(input, max):
    """Elements no larger than ``max`` (torch.clamp_max)."""
    return _clamp("clamp_max", input, None, max, clamp_max_number, clamp_max_tensor)


for _name in ("clamp_", "clamp_min_", "clamp_max_"):
    _limited_in_place(_name)


def _no_relu(a):
    if dtype_of(a) is dtypes.bool_:
        raise RuntimeError("Boolean inputs not supported for relu")
    _NO_COMPLEX(a)


relu = unary(
    "relu", lambda P, g, out: P.tied(P.mask(g, P.logical_not(P.less_equal(out, 0))), out),
    promote=None,
    meta=FLOATS, check=_no_relu, forward=lambda P, x: P.maximum(P.full_as(x, (), 0), x),
    also=("int64",),
)  # fmt: skip

# --- extrema of two -------------------------------------------------------------------------------


def _extremum(name, worse, node):
    def rule(P, g, mine, other):
        half = P.where(P.equal(mine, other), P.multiply(g, 0.5), g)
        return unless(P, half, getattr(P, worse)(mine, other))

    return binary(
        name, lambda P, g, a, b: rule(P, g, a, b), lambda P, g, a, b: rule(P, g, b, a),
        scalars=False, inplace=False, node=node, meta=FLOATS, also=("int64",), check=every(
            check_broadcast,
            refuse_complex(f"{name} not implemented for complex tensors.", RuntimeError)),
    )  # fmt: skip


maximum = _extremum("maximum", "less", "MaximumBackward0")
minimum = _extremum("minimum", "greater", "MinimumBackward0")


def _number_extremum(name, best, better):
    def forward(P, x, y):
        if not P.differentiable(x):
            return getattr(P, best)(x, y)
        return P.where(P.isnan(x), y, P.where(P.isnan(y), x, getattr(P, best)(x, y)))

    def first_wins(P, a, b):
        return P.logical_or(getattr(P, better)(a, b), P.isnan(b))

    return binary(
        name, lambda P, g, a, b: P.mask(g, first_wins(P, a, b)),
        lambda P, g, a, b: unless(P, g, first_wins(P, a, b)), scalars=False, inplace=False,
        forward=forward, meta=FLOATS, check=every(check_broadcast, refuse_complex(
            f"{name} not implemented for complex tensors.", RuntimeError)),
    )  # fmt: skip


fmax = _number_extremum("fmax", "maximum", "greater_equal")
fmin = _number_extremum("fmin", "minimum", "less_equal")


alias({"clip": "clamp"})
