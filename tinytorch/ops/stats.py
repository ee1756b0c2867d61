"""Variance, norms, log-sum-exp and quantiles.

Half-precision input is widened to float32, unseen in the graph, and the result rounded once.
"""

from __future__ import annotations

import math
import warnings

from .. import dtypes, registry
from ..dispatch import dtype_of, result_dtype
from ..samples import S, T
from ..tensor import Tensor, fresh
from .convert import cast_to, hidden_cast
from .reduce import AXES, count, extremum_grad, restore
from .rules import single
from .table import check_broadcast, numpy_names, primitive, wrap_dim, wrap_dims

HALVES = (dtypes.float16, dtypes.bfloat16)


def widened(x, run):
    """``run`` on the tensor, in float32 if it is a half-precision one."""
    have = dtype_of(fresh(x))
    if have not in HALVES:
        return run(x)
    out = run(hidden_cast(x, dtypes.float32))
    if isinstance(out, tuple):
        return tuple(hidden_cast(t, have) for t in out)
    return hidden_cast(out, have)


# --- variance -------------------------------------------------------------------------------------


def _centred(P, x, axes):
    return P.subtract(x, P.mean(x, axes, True))


def _var(P, x, axes, correction, keepdims):
    d = _centred(P, x, axes)
    total = P.sum(P.real(P.multiply(d, P.conj(d))) if _complex(P, x) else P.multiply(d, d), axes,
                  keepdims)  # fmt: skip
    n = count(x.shape, axes) - correction
    if n > 0:
        return P.divide(total, n)
    return P.divide(total, P.full((), 0, total.dtype))


def _complex(P, x):
    return P.torch_dtype[x.dtype].is_complex


def _var_grad(P, g, a, axes, correction, keepdims):
    n = count(a.shape, axes) - correction
    if n <= 0:
        return P.multiply(_centred(P, a, axes), float("nan"))
    g = restore(P, g, a.shape, axes, keepdims)
    return P.multiply(P.multiply(_centred(P, a, axes), 2.0 / n), g)


def _std_grad(P, g, a, axes, correction, keepdims, out):
    zero = P.equal(out, 0)
    g = P.divide(g, P.multiply(P.where(zero, P.full_as(out, (), 1), out), 2.0))
    return _var_grad(P, P.where(zero, P.full_as(g, (), 0), g), a, axes, correction, keepdims)


def _std(P, x, axes, correction, keepdims):
    return P.sqrt(P.var(x, axes, correction, keepdims))


_VAR = ("axes", "correction", "keepdims")
var_prim = primitive("var", _var_grad, params=_VAR, forward=_var)
std_prim = primitive("std", _std_grad, params=_VAR, forward=_std)


def _pair_grad(second):
    def rule(P, gs, operands, out, params, edges):
        (a,) = operands
        axes, _, keepdims = params
        parts = []
        if gs[0] is not None:
            if second:
                parts.append(_std_grad(P, gs[0], a, *params, out[0]))
            else:
                parts.append(_var_grad(P, gs[0], a, *params))
        if gs[1] is not None:
            g = P.divide(gs[1], count(a.shape, axes) or 1)
            parts.append(P.spread(restore(P, g, a.shape, axes, keepdims), tuple(a.shape)))
        return (parts[0] if len(parts) == 1 else P.add(parts[0], parts[1]),)

    return rule


var_mean_prim = primitive(
    "var_mean", _pair_grad(False), params=_VAR, whole=True, outputs=2,
    forward=lambda P, x, axes, c, k: (P.var(x, axes, c, k), P.mean(x, axes, k)),
)  # fmt: skip
std_mean_prim = primitive(
    "std_mean", _pair_grad(True), params=_VAR, whole=True, outputs=2, saves_out=True,
    meta={"unsaved_outputs": (1,)},
    forward=lambda P, x, axes, c, k: (P.std(x, axes, c, k), P.mean(x, axes, k)),
)  # fmt: skip
_SPREADS = [S(T((5,))), S(T((3, 4))), S(T((3, 4)), 0), S(T((3, 4)), (0, 1), keepdim=True),
            S(T((3, 4)), 1, correction=0), S(T((2, 3, 2)), 1, unbiased=False)]  # fmt: skip


def _spread_function(name, prim):
    @numpy_names
    def spread(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        x = fresh(input)
        have = dtype_of(x)
        if have.category < dtypes.FLOAT:
            raise RuntimeError(
                "std and var only support floating point and complex dtypes"
                if "_" not in name
                else f"{name} only support floating point and complex dtypes"
            )
        if correction is None:
            correction = 1 if unbiased is None else int(unbiased)
        axes = wrap_dims(dim, len(x._raw.shape))
        if count(x._raw.shape, axes) <= correction:
            warnings.warn(
                f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than "
                "the reduction factor (input numel divided by output numel).",
                UserWarning,
                stacklevel=3,
            )
        return widened(x, lambda t: prim(t, axes, correction, keepdim))

    spread.__name__ = spread.__qualname__ = name
    spread.__doc__ = f"Spread of the elements with Bessel's or another correction (torch.{name})."
    registry.public(name, out="mean" not in name, method="mean" not in name,
                    samples=_SPREADS)(spread)  # fmt: skip
    return spread


var, std = _spread_function("var", var_prim), _spread_function("std", std_prim)
var_mean = _spread_function("var_mean", var_mean_prim)
std_mean = _spread_function("std_mean", std_mean_prim)

# --- log-sum-exp ----------------------------------------------------------------------------------


def _logsumexp(P, x, axes, keepdims):
    if 0 in x.shape:
        return P.log(P.sum(P.exp(x), axes, keepdims))
    top = P.max(P.real(x), axes, True)
    finite = P.less(P.abs(top), P.full((), math.inf, top.dtype))
    top = P.where(finite, top, P.full((), 0, top.dtype))
    if top.dtype != x.dtype:
        top = P.astype(top, x.dtype)
    total = P.log(P.sum(P.exp(P.subtract(x, top)), axes, True))
    return P.reshape(P.add(total, top), tuple(P.sum(x, axes, keepdims).shape))


def _logsumexp_grad(P, g, a, axes, keepdims, out):
    out = restore(P, out, a.shape, axes, keepdims)
    return P.times(restore(P, g, a.shape, axes, keepdims), P.exp(P.subtract(a, out)))


logsumexp_prim = primitive("logsumexp", _logsumexp_grad, params=AXES, forward=_logsumexp)


@registry.public(
    "logsumexp",
    out=True,
    samples=lambda: [
        S(T((5,)), 0),
        S(T((3, 4)), 1),
        S(T((3, 4)), (0, 1)),
        S(T((2, 3, 2)), (0, 2), True),
    ],
)
@numpy_names
def logsumexp(input, dim, keepdim=False):
    """Logarithm of the sum of exponentials over dimensions (torch.logsumexp)."""
    x = fresh(input)
    if dtype_of(x).category < dtypes.FLOAT:
        x = cast_to(x, dtypes.get_default_dtype())
    axes = wrap_dims(dim, len(x._raw.shape))
    return widened(x, lambda t: logsumexp_prim(t, axes, keepdim))


# --- norms ----------------------------------------------------------------------------------------


def _vector_norm(P, x, ord, axes, keepdims):
    x = P.abs(x)
    if ord == 0:
        return P.sum(P.astype(P.not_equal(x, 0), x.dtype), axes, keepdims)
    if ord == math.inf:
        return P.max(x, axes, keepdims)
    if ord == -math.inf:
        return P.min(x, axes, keepdims)
    if ord == 1:
        return P.sum(x, axes, keepdims)
    if ord == 2:
        return P.sqrt(P.sum(P.multiply(x, x), axes, keepdims))
    return P.pow(P.sum(P.pow(x, ord), axes, keepdims), 1.0 / ord)


def norm_grad(P, g, a, ord, axes, keepdims, out):
    """The gradient of a vector norm; zero where the norm is zero."""
    if ord == 0:
        return P.multiply(a, 0)
    if ord in (math.inf, -math.inf):
        size = P.abs(a)
        return P.multiply(_unit(P, a), extremum_grad(P, g, size, axes, keepdims, out))
    g = restore(P, g, a.shape, axes, keepdims)
    if ord == 1:
        return P.multiply(_unit(P, a), g)
    out = restore(P, out, a.shape, axes, keepdims)
    zero = P.equal(out, 0)
    safe = P.where(zero, P.full_as(out, (), 1), out)
    scale = P.where(zero, P.full_as(out, (), 0), P.divide(g, P.pow(safe, ord - 1) if ord != 2
                                                          else safe))  # fmt: skip
    if ord == 2:
        return P.multiply(a, scale)
    size = P.abs(a)
    none = P.equal(size, 0)
    power = P.pow(P.where(none, P.full_as(size, (), 1), size), ord - 1)
    power = P.where(none, P.full_as(size, (), 0), power) if ord < 2 or ord != int(ord) else power
    return P.multiply(P.multiply(_unit(P, a), power), scale)


def _unit(P, a):
    """The direction of each element: its sign, zero at zero."""
    return P.sgn(a) if "complex" in str(a.dtype) else P.sign(a)


vector_norm_prim = primitive(
    "linalg_vector_norm", norm_grad, kernel="vector_norm", params=("ord", *AXES),
    forward=_vector_norm,
)  # fmt: skip


def vector_norm(x, ord=2, dim=None, keepdim=False, dtype=None):
    """The p-norm of elements over dimensions (torch.linalg.vector_norm)."""
    x = fresh(x)
    if dtype is not None:
        x = cast_to(x, dtype)
    if dtype_of(x).category < dtypes.FLOAT:
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{dtype_of(x).legacy}"
        )
    axes = wrap_dims(dim, len(x._raw.shape))
    if (ord < 0 or ord == math.inf) and count(x._raw.shape, axes) == 0:
        what = "an empty tensor because"
        if axes is not None:
            what = f"the dimension {axes[0]}because this dimension is empty and"
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {float(ord)} norm on {what} the operation does "
            "not have an identity"
        )
    return widened(x, lambda t: vector_norm_prim(t, float(ord), axes, keepdim))


@registry.public(
    "norm",
    out=True,
    samples=lambda: [
        S(T((3, 4))),
        S(T((3, 4)), 1),
        S(T((3, 4)), 3, 0),
        S(T((3, 4)), math.inf, 1, True),
        S(T((3, 4)), "fro"),
        S(T((5,)), 2.5),
        S(T((3, 4)), 0, 1),
        S(T((3, 4)), p=2, dim=(0, 1)),
    ],
)
def norm(input, p="fro", dim=None, keepdim=False, dtype=None):
    """The p-norm of elements, all or over dimensions (torch.norm)."""
    if p == "nuc":
        from .. import linalg

        return linalg.matrix_norm(input, "nuc", keepdim=keepdim)
    return vector_norm(input, 2 if p in ("fro", None) else p, dim, keepdim, dtype)


def _dist_grad(P, g, a, b, p, out):
    return norm_grad(P, g, P.subtract(a, b), p, None, False, out)


dist_prim = primitive(
    "dist", _dist_grad, lambda P, g, a, b, p, out: P.negative(_dist_grad(P, g, a, b, p, out)),
    operands=("a", "b"), params=("p",), promote="common",
    check=lambda a, b, p: check_broadcast(a, b),
    forward=single(lambda P, x, y, p: P.vector_norm(P.subtract(x, y), p, None, False)),
)  # fmt: skip


@registry.public("dist", samples=lambda: [S(T((3, 4)), T((3, 4))), S(T((3,)), T((3,)), 1)])
def dist(input, other, p=2):
    """The p-norm of a difference (torch.dist)."""
    have = result_dtype([fresh(input), fresh(other)])
    if have.category < dtypes.FLOAT:
        raise RuntimeError(
            "norm(): input dtype should be either floating point or complex. Got "
            f"{have.legacy} instead."
        )
    return dist_prim(input, other, float(p))


# --- quantiles ------------------------------------------------------------------------------------

_QUANTILES = [S(T((5,), kind="distinct"), 0.3), S(T((3, 4), kind="distinct"), 0.5, dim=0),
              S(T((3, 4), kind="distinct"), 0.9, 1, True),
              S(T((5,), kind="distinct"), 0.3, interpolation="lower")]  # fmt: skip


def _quantile(name, ignore_nan):
    def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
        return _ranked(name, fresh(input), q, dim, keepdim, interpolation, ignore_nan)

    quantile.__name__ = quantile.__qualname__ = name
    quantile.__doc__ = f"The values below which fractions of the elements lie (torch.{name})."
    registry.public(name, out=True, samples=_QUANTILES)(quantile)


_HOW = ("linear", "lower", "higher", "midpoint", "nearest")


def _ranked(name, x, q, dim, keepdim, how, ignore_nan):
    from ..factories import full_like, tensor
    from .view import unsqueeze

    if how not in _HOW:
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, "
            f"but got {how}"
        )
    if not x.numel():
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if dtype_of(x) not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    if not isinstance(q, Tensor):
        if not 0 <= q <= 1:
            raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q:g}")
        q = tensor(q, dtype=x.dtype, device=x.device)
    elif q.dtype is not x.dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    row, lead = _sorted_rows(x, dim, keepdim)
    ok = row.detach() == row.detach()
    qs = q if q.dim() else unsqueeze(q, 0)
    if ignore_nan:
        rank = (qs * (ok.sum(-1, True) - 1)).clamp(min=0)
    else:
        last = row._raw.shape[-1] - 1
        rank = (qs * last).expand(*lead, qs.numel()).masked_fill(~ok.all(-1, True), last)
    rank = {"lower": lambda r: r.floor(), "higher": lambda r: r.ceil(),
            "nearest": lambda r: r.round()}.get(how, lambda r: r)(rank)  # fmt: skip
    low = rank.to(dtypes.int64)
    out = row.gather(-1, low)
    if how in ("linear", "midpoint"):
        weight = rank - low if how == "linear" else full_like(rank, 0.5, requires_grad=False)
        out = out.lerp(row.gather(-1, rank.ceil().to(dtypes.int64)), weight)
    if q.dim():
        out = out.unsqueeze_(0).transpose_(0, -1)
    return out.squeeze_(-1)


def _sorted_rows(x, dim, keepdim):
    """The elements to rank sorted along the last dimension, and the shape of all others."""
    from .sort import sort
    from .view import flatten, transpose, unsqueeze, view_shape

    n = len(x._raw.shape)
    if dim is None:
        row, lead = sort(flatten(x), -1)[0], [1] * n if keepdim else []
    else:
        axis, lead = wrap_dim(dim, n), list(x._raw.shape)
        at_end = axis == n - 1
        row = sort(x if at_end else transpose(unsqueeze(x, -1), axis, -1), -1)[0]
        if n:
            lead[axis : axis + 1] = [1] if keepdim else []
    return view_shape(row, (*lead, row._raw.shape[-1] if row._raw.shape else 1)), tuple(lead)


_quantile("quantile", False)
_quantile("nanquantile", True)
