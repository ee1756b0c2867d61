"""Functions that are nothing but others: integrals, covariances, powers, questions."""

from __future__ import annotations

import warnings
from math import prod

from .. import dtypes, registry
from ..dispatch import cast, dtype_of, result_dtype, scalar_as
from ..samples import S, T
from ..tensor import Tensor, fresh
from .complex_parts import complex_, imag, real
from .fill import check_fill, filled_apart, filled_with
from .gather import index_of, reduce_grad
from .reduce import sum as torch_sum
from .rules import single
from .scan import cumsum
from .stats import norm_grad
from .table import ints, primitive, refuse_batches, wrap_dim
from .view import narrow, reshape

# --- integrals and covariances --------------------------------------------------------------------


scaled = primitive(
    "scaled", lambda P, g, c: P.scaled(g, c), params=("c",), node="MulBackward1", promote="float",
    forward=single(lambda P, x, c: P.multiply(x, c)),
)  # fmt: skip
halved = primitive(
    "halved", lambda P, g: P.halved(g), node="DivBackward1", promote="float",
    forward=single(lambda P, x: P.divide(x, 2)),
)  # fmt: skip


def _areas(y, x, dx, dim, total):
    """``total`` of the areas between neighbours, scaled after it as torch does."""
    dim = wrap_dim(dim, y.dim())
    n = y.shape[dim] - 1
    sums = narrow(y, dim, 1, n) + narrow(y, dim, 0, n)
    if x is None and total is cumsum:
        return total(scaled(sums, dx / 2), dim)
    if x is None:
        return scaled(total(sums, dim), dx / 2)
    if x.dim() == 1:
        shape = [1] * y.dim()
        shape[dim] = -1
        x = x.reshape(shape)
    at = dim if x.dim() == y.dim() else wrap_dim(dim - y.dim(), x.dim())
    return halved(total(sums * (narrow(x, at, 1, n) - narrow(x, at, 0, n)), dim))


@registry.public("trapezoid", method=False, samples=lambda: [
    S(T((5,))), S(T((3, 4)), dx=0.5), S(T((3, 4)), T((4,))), S(T((3, 4)), dim=0)])  # fmt: skip
def trapezoid(y, x=None, *, dx=1.0, dim=-1):
    """The integral along a dimension by the trapezoid rule (torch.trapezoid)."""
    return _areas(y, x, dx, dim, torch_sum)


registry.functions["trapz"] = trapezoid


@registry.public(
    "cumulative_trapezoid", method=False, samples=lambda: [S(T((5,))), S(T((3, 4)), dim=0)]
)
def cumulative_trapezoid(y, x=None, *, dx=1.0, dim=-1):
    """The running integral along a dimension (torch.cumulative_trapezoid)."""
    return _areas(y, x, dx, dim, cumsum)


def _check_weights(name, w, n):
    """torch's errors of the weights of `cov`, which count observations or weigh them."""
    text, kind = None, "integral" if name == "fweights" else "floating point"
    if w.dim() > 1:
        text = f"to have one or fewer dimensions but got {name} with {w.dim()} dimensions"
    elif w.dtype.category != (dtypes.INT if kind == "integral" else dtypes.FLOAT):
        text = f"to have {kind} dtype but got {name} with {w.dtype.legacy} dtype"
    elif w.numel() != n:
        text = (f"to have the same numel as there are observations in the input but got "
                f"{w.numel()} != {n}")  # fmt: skip
    if text is not None:
        raise RuntimeError(f"cov(): expected {name} {text}")
    refuse_batches("equal", w)  # torch asks whether all are so by that op
    if n and bool((w < 0).any()):
        raise RuntimeError(f"cov(): {name} cannot be negative")


@registry.public("cov", samples=lambda: [S(T((3, 5))), S(T((4,))), S(T((2, 5)), correction=0)])
def cov(input, *, correction=1, fweights=None, aweights=None):
    """The covariance matrix of variables in rows (torch.cov)."""
    x = fresh(input)
    if x.dim() > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {x.dim()}"
            " dimensions"
        )
    if x.dtype.category < dtypes.FLOAT:
        x = x.to(dtypes.get_default_dtype())
    x = reshape(x, (1, -1)) if x.dim() < 2 else x
    for name, weights in (("fweights", fweights), ("aweights", aweights)):
        if weights is not None:
            _check_weights(name, weights, x.shape[1])
    w = fweights
    if aweights is not None:
        w = aweights if w is None else w * aweights
    total = x.shape[1] if w is None else w.sum()
    mean = x.mean(1, True) if w is None else (x * w).sum(1, True) / total
    norm = total - correction
    if w is not None and aweights is not None and correction:
        norm = total - correction * (w * aweights).sum() / total
    d = x - mean
    out = (d if w is None else d * w) @ d.mH / norm
    return out.squeeze()


@registry.public("corrcoef", samples=lambda: [S(T((3, 5)))])
def corrcoef(input):
    """The correlation matrix of variables in rows (torch.corrcoef)."""
    c = cov(input)
    if c.dim() == 0:
        return c / c
    d = c.diagonal()
    s = (real(d) if c.is_complex() else d).sqrt()
    c = c / s.unsqueeze(1) / s.unsqueeze(0)
    if c.is_complex():
        return complex_(real(c).clamp(-1, 1), imag(c).clamp(-1, 1))
    return c.clamp(-1, 1)


def _renorm(P, x, p, axes, maxnorm):
    norm = P.vector_norm(x, p, axes, True)
    factor = P.divide(maxnorm, P.add(norm, 1e-7))
    return P.multiply(x, P.where(P.greater(norm, maxnorm), factor, P.full((), 1, norm.dtype)))


def _renorm_grad(P, g, a, p, axes, maxnorm):
    norm = P.vector_norm(a, p, axes, True)
    along = P.sum(P.real(P.multiply(P.conj(a), g)), axes, True)
    inverse = P.divide(1, P.add(norm, 1e-7))
    tilt = P.multiply(norm_grad(P, along, a, p, axes, True, norm), inverse)
    scaled = P.multiply(P.multiply(P.subtract(g, tilt), inverse), maxnorm)
    return P.where(P.greater(norm, maxnorm), scaled, g)


renorm_prim = primitive(
    "renorm", _renorm_grad, params=("p", "axes", "maxnorm"), forward=single(_renorm),
)  # fmt: skip


@registry.public("renorm", inplace=True, out=True, samples=lambda: [
    S(T((3, 4)), 2, 0, 1.0), S(T((3, 4)), 1, 1, 0.5)])  # fmt: skip
def renorm(input, p, dim, maxnorm):
    """Slices whose p-norm is above a bound scaled down to it (torch.renorm)."""
    p, maxnorm = float(p), float(maxnorm)
    n = input.dim()
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if n < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {n} dimensions")
    dim = wrap_dim(dim, n)
    if input.dtype.category < dtypes.FLOAT:
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{input.dtype.legacy}"
        )
    return renorm_prim(input, p, tuple(d for d in range(n) if d != dim), maxnorm)


@registry.public("matrix_power", out=True, samples=lambda: [
    S(T((3, 3)), 3), S(T((2, 3, 3), grad=False), 0), S(T((3, 3)), 1)])  # fmt: skip
def matrix_power(input, n):
    """A square matrix multiplied by itself (torch.matrix_power)."""
    if n < 0:
        from .. import linalg

        return matrix_power(linalg.inv(input), -n)
    out = None
    while n:
        if n & 1:
            out = input if out is None else out @ input
        n >>= 1
        input = input @ input if n else input
    if out is not None:
        return out.clone() if out is input else out
    from ..factories import eye

    return eye(input.shape[-1], dtype=input.dtype, device=input.device).expand(*input.shape).clone()


# --- sums into shapes and indices -----------------------------------------------------------------


@registry.public(
    "sum_to_size", function=False, samples=lambda: [S(T((2, 3)), 1, 3), S(T((2, 3)), (3,))]
)
def sum_to_size(self, *size):
    """The sum over the dimensions that broadcasting from ``size`` adds (`Tensor.sum_to_size`)."""
    shape, have = ints(size), tuple(self.shape)
    lead = len(have) - len(shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, have[lead:], strict=True)):
        raise RuntimeError(f"size {{{list(shape)}}} is not expandable to size {{{list(have)}}}.")
    axes = [*range(lead), *(i + lead for i, n in enumerate(shape) if n == 1 != have[i + lead])]
    if not shape:
        return torch_sum(self)
    out = torch_sum(self, axes, True) if axes else self
    return out.view(shape) if lead else out


index_reduce_prim = primitive(
    "index_reduce", reduce_grad("index_reduce", "source"), whole=True, saves_out=True,
    operands=("a", "i", "b"),
    params=("axis", "how", "include"), kernel="scatter_combine", meta={"asked": (0, 2)},
)  # fmt: skip


@registry.public("index_reduce", inplace=True, out=True, samples=lambda: [
    S(T((3, 4)), 0, T((5,), 0, 3, kind="index"), T((5, 4)), how)
    for how in ("amax", "amin", "mean")])  # fmt: skip
def index_reduce(input, dim, index, source, reduce, *, include_self=True):
    """Slices combined into a dimension at an index's positions (torch.index_reduce)."""
    warnings.warn(
        "index_reduce() is in beta and the API may change at any time.", UserWarning, stacklevel=2
    )
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got "
            f"{reduce}."
        )
    dim = wrap_dim(dim, input.dim())
    shape = [1] * source.dim()
    shape[dim:] = [-1, *shape[dim + 1 :]] if shape else []
    at = index.reshape(shape).expand(source.shape)
    x = fresh(input)
    i = index_of("index_reduce", x, at, dim)
    return index_reduce_prim(x, i, source, dim, reduce, include_self)


@registry.public(
    "unravel_index", method=False, samples=lambda: [S(T((4,), 0, 6, kind="index"), (2, 3))]
)
def unravel_index(indices, shape):
    """Places in a flattened tensor as coordinates (torch.unravel_index)."""
    shape, out = ints((shape,)), []
    for n in reversed(shape):
        out.append(indices % n)
        indices = indices.div(n, rounding_mode="floor")
    return tuple(reversed(out))


narrow_copy_prim = primitive(
    "narrow_copy", lambda P, g, a_shape, key: P.unslice(g, a_shape, key), params=("key",),
    forward=lambda P, x, key: P.copy(P.getitem(x, key)),
)  # fmt: skip


@registry.public("narrow_copy", out=True, samples=lambda: [S(T((4, 3)), 0, 1, 2)])
def narrow_copy(input, dim, start, length):
    """`narrow`, copied (torch.narrow_copy)."""
    from .view import _key

    narrow(input.detach(), dim, start, length)
    dim = wrap_dim(dim, input.dim())
    start = start + input.shape[dim] if start < 0 else start
    return narrow_copy_prim(input, _key(dim, slice(start, start + length, 1)))


# --- questions ------------------------------------------------------------------------------------


@registry.public("is_tensor", method=False)
def is_tensor(obj):
    """Whether something is a Tensor (torch.is_tensor)."""
    return isinstance(obj, Tensor)


@registry.public("numel", method=False)
def numel(input):
    """The number of elements (torch.numel)."""
    return prod(fresh(input)._raw.shape)


@registry.public("is_same_size")
def is_same_size(input, other):
    """Whether two tensors have one shape (torch.Tensor.is_same_size)."""
    return tuple(input.shape) == tuple(other.shape)


@registry.public("is_nonzero")
def is_nonzero(input):
    """Whether the only element is not zero (torch.is_nonzero)."""
    if input.numel() != 1:
        what = "no values" if not input.numel() else "more than one value"
        raise RuntimeError(f"Boolean value of Tensor with {what} is ambiguous")
    return bool(input)


@registry.public("result_type", method=False)
def result_type(tensor1, tensor2):
    """The dtype that an operation on both would have (torch.result_type)."""
    return result_dtype([tensor1, tensor2])


@registry.public("fill", method=False, samples=lambda: [S(T((2, 3)), 1.5), S(T((2, 3)), T(()))])
def fill(input, value):
    """A tensor of one value in the shape and dtype of another (torch.fill)."""
    x = fresh(input)
    if isinstance(value, Tensor):
        check_fill(value)
        return filled_with(x, cast(value, dtype_of(x)) if value.dtype is not x.dtype else value)
    return filled_apart(x, scalar_as(x._p, value, dtype_of(x)))
