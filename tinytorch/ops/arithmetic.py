"""Sums, products, quotients and powers, and what concerns a number's sign.

torch names the node of some ops after the kind of their second operand (tensor or number), so such
an op is two primitives over one kernel.
"""

from __future__ import annotations

from numbers import Number

from .. import dtypes, registry
from ..dispatch import dtype_of, result_dtype
from ..primitive import TP
from ..samples import S, T, binary_samples, unary_samples
from ..tensor import Tensor, fresh
from .rules import (
    REALS,
    conj,
    constant,
    every,
    refuse,
    refuse_complex,
    single,
    times,
    undefined,
    unless,
    zero,
)  # fmt: skip
from .table import ONE_FORM, alias, binary, check_broadcast, no_form, primitive, unary

B, C = dtypes.BOOL, dtypes.COMPLEX
INTS = ("int64",)
COMPLEX = ("complex128",)


# --- sums -----------------------------------------------------------------------------------------

TWO_BOOLS = (
    "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
    "`logical_xor()` operator instead."
)
A_BOOL = (
    "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
    "invert a mask, use the `~` or `logical_not()` operator instead."
)


def _no_bools(a, b):
    kinds = [type(x) is bool or (isinstance(x, Tensor) and dtype_of(x) is dtypes.bool_)
             for x in (a, b)]  # fmt: skip
    if all(kinds):
        raise RuntimeError(TWO_BOOLS)
    if any(kinds):
        raise RuntimeError(A_BOOL)


_SUB = {"before": _no_bools}

add = binary("add", lambda P, g: g, lambda P, g: g, function=False, method=False)
sub = binary(
    "sub", lambda P, g: g, lambda P, g: P.negative(g), kernel="subtract", function=False,
    method=False, meta=_SUB,
)  # fmt: skip
rsub_number = primitive(
    "rsub_number", lambda P, g: P.negative(g), None, node="RsubBackward1", kernel="rsubtract",
    operands=("a", "b"), promote="common", scalars=True, meta=_SUB,
)  # fmt: skip
rsub_tensor = primitive(
    "rsub_tensor", lambda P, g: P.negative(g), lambda P, g: g, node="RsubBackward0",
    kernel="rsubtract", operands=("a", "b"), promote="common", check=check_broadcast, meta=_SUB,
    forward=lambda P, x, y: P.subtract(y, x),
)  # fmt: skip
_SCALED = dict(
    operands=("a", "b"), params=("alpha",), promote="common", scalars=True, check=lambda a, b, _:
    check_broadcast(a, b),
)  # fmt: skip


def scaled(P, y, alpha):
    """``y * alpha``, of an operand that may be a Python number."""
    return P.multiply(y, alpha) if hasattr(y, "dtype") else y * alpha


add_scaled = primitive(
    "add_scaled", lambda P, g: g, lambda P, g, alpha: P.multiply(g, conj(P, alpha)),
    node="AddBackward0", **_SCALED,
    forward=single(lambda P, x, y, alpha: P.add(x, scaled(P, y, alpha))),
)  # fmt: skip
sub_scaled = primitive(
    "sub_scaled", lambda P, g: g, lambda P, g, alpha: P.negative(P.multiply(g, conj(P, alpha))),
    node="SubBackward0", **_SCALED, meta=_SUB,
    forward=single(lambda P, x, y, alpha: P.subtract(x, scaled(P, y, alpha))),
)  # fmt: skip


def _operands(name, input, other, result, position=2):
    if result is NotImplemented:
        if name not in ONE_FORM:
            raise no_form(name, (input, other))
        bad = (input, 1, "input") if not isinstance(input, (Tensor, Number)) else None
        value, position, what = bad or (other, position, "other")
        raise registry.bad_argument(name, what, position, value)
    return result


def _alpha(name, a, b, alpha):
    """The factor as a number, which may be given as a tensor of one; torch's refusals of kinds."""
    if isinstance(alpha, Tensor):
        if alpha.requires_grad or alpha.dim():
            raise TypeError(f"{name}(): argument 'alpha' must be Number, not Tensor")
        alpha = alpha.item()
    d = result_dtype([fresh(x) if isinstance(x, Tensor) else x for x in (a, b)])
    if isinstance(alpha, bool) and d is not dtypes.bool_:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float) and d.category < dtypes.FLOAT:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating "
                           "point number.")  # fmt: skip
    if isinstance(alpha, complex) and d.category < dtypes.COMPLEX:
        raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex "
                           "number.")  # fmt: skip
    return alpha


def _three(fn, name, args, alpha):
    """A call with a number between the operands, as torch's parser reads it."""
    kwargs = {} if alpha == 1 else {"alpha": alpha}
    error = TypeError(f"{name}() takes 2 positional arguments but {len(args)} were given")
    return registry.again(fn, name, args, kwargs, False, error)


_SUM = [
    *binary_samples(),
    S(T((3, 4)), T((4,)), alpha=2.5), S(T((3,)), 1.5, alpha=2), S(T((2, 3), dtype="complex128"),
    T((3,), dtype="complex128")), S(T((3, 4), -9, 9, kind="index"), T((4,), -9, 9, kind="index")),
]  # fmt: skip


@registry.public("add", inplace=True, out=True, samples=_SUM)
def torch_add(input, other, *further, alpha=1):
    """``input + alpha * other`` (torch.add); RuntimeError if alpha's kind exceeds the result's."""
    if further:
        return _three(torch_add, "add", (input, other, *further), alpha)
    if alpha == 1 and alpha is not True:
        return _operands("add", input, other, add(input, other))
    if isinstance(other, (Tensor, Number)):
        alpha = _alpha("add", input, other, alpha)
    return _operands("add", input, other, add_scaled(input, other, alpha))


@registry.public("sub", inplace=True, out=True, samples=_SUM)
def torch_sub(input, other, *further, alpha=1):
    """``input - alpha * other`` (torch.sub); RuntimeError for bools."""
    if further:
        return _three(torch_sub, "sub", (input, other, *further), alpha)
    if alpha == 1 and alpha is not True:
        return _operands("sub", input, other, sub(input, other))
    if isinstance(other, (Tensor, Number)):
        alpha = _alpha("sub", input, other, alpha)
    return _operands("sub", input, other, sub_scaled(input, other, alpha))


@registry.public("rsub", method=False, samples=_SUM[:8])
def torch_rsub(input, other, *, alpha=1):
    """``other - alpha * input`` (torch.rsub)."""
    if not isinstance(input, Tensor):
        raise no_form("rsub", (input, other), [
            "Tensor input, Tensor other, *, Number alpha = 1",
            "Tensor input, Number other, Number alpha = 1",
        ])  # fmt: skip
    if alpha != 1:
        input = mul(input, alpha)
    if isinstance(other, Tensor):
        return rsub_tensor(input, other)
    return _operands("rsub", input, other, rsub_number(input, other))


# --- products and quotients -----------------------------------------------------------------------

mul = binary(
    "mul", lambda P, g, b: P.times(g, b), lambda P, g, a: P.times(g, a), kernel="multiply",
    number_first=lambda a, b: mul(b, a), also=(*COMPLEX, *INTS),
)  # fmt: skip
div_rules = (
    lambda P, g, b: P.over(g, b),
    lambda P, g, a, b: P.negative(P.over(P.times(g, P.divide(a, b)), b)),
)
div = binary("div", *div_rules, kernel="divide", promote="float", function=False, method=False)
div_mode = primitive(
    "div_mode", *div_rules, node="DivBackward2", kernel="divide", operands=("a", "b"),
    promote="float", scalars=True, check=check_broadcast,
)  # fmt: skip
_BOTH = {**REALS, "keeps": {"a": (1,), "b": (0, 1)}}
_ROUNDED = dict(operands=("a", "b"), promote="common", scalars=True)
_NO_FLOOR = every(check_broadcast, refuse("div_floor_cpu", B, C))
_NO_TRUNC = every(check_broadcast, refuse("div_trunc_cpu", B, C))
div_floor = primitive(
    "div_floor", zero, zero, node="DivBackward2", kernel="floor_divide", check=_NO_FLOOR,
    meta=_BOTH, **_ROUNDED,
)  # fmt: skip
div_trunc = primitive(
    "div_trunc", zero, zero, node="DivBackward2", kernel="trunc_divide", check=_NO_TRUNC,
    meta=_BOTH, **_ROUNDED, forward=lambda P, x, y: trunc_divide(P, x, y),
)  # fmt: skip
_FLOORED = undefined("floor_divide")
floor_divide = primitive(
    "floor_divide", _FLOORED, _FLOORED, node="NotImplemented", check=_NO_FLOOR, meta=REALS,
    **_ROUNDED,
)  # fmt: skip
floor_divide_number = primitive(
    "floor_divide_number", None, _FLOORED, node="NotImplemented", kernel="floor_divide",
    check=_NO_FLOOR, operands=("c", "a"), promote="common", scalars=True,
)  # fmt: skip


def trunc_divide(P, x, y):
    """The quotient rounded towards zero, of floats or of ints."""
    if P.differentiable(x if hasattr(x, "dtype") else y):
        return P.trunc(P.divide(x, y))
    q = P.floor_divide(P.abs(x), P.abs(y) if hasattr(y, "dtype") else abs(y))
    opposite = P.less(x, 0) if not hasattr(y, "dtype") else None
    if opposite is None:
        opposite = P.not_equal(P.less(x, 0), P.less(y, 0))
    elif y < 0:
        opposite = P.logical_not(opposite)
    return P.where(opposite, P.negative(q), q)


_NONZERO = (0.3, 2.0)
_UNASKED = object()  # torch has a function of its own for a rounding mode that is given, also None
_QUOTIENT = [
    *binary_samples((-2, 2), _NONZERO),
    S(T((2, 3), dtype="complex128"), T((3,), 0.3, 2.0, dtype="complex128")),
    S(T((3, 4), -9, 9, kind="index"), T((4,), 1, 9, kind="index")),
]  # fmt: skip


@registry.public("div", inplace=True, out=True, samples=lambda: [
    *_QUOTIENT, S(T((3, 4), -9, 9), T((4,), 1, 3), rounding_mode="floor"),
    S(T((3, 4), -9, 9), T((4,), -3, -1), rounding_mode="trunc"),
    S(T((5,), -9, 9, kind="index"), 2, rounding_mode="trunc"),
])  # fmt: skip
def torch_div(input, other, *, rounding_mode=_UNASKED):
    """``input / other``, rounded to zero ("trunc") or down ("floor") on request (torch.div)."""
    if rounding_mode is None and isinstance(input, Tensor):
        return _operands("div", input, other, div_mode(input, other))
    if rounding_mode is _UNASKED or rounding_mode is None:
        if not isinstance(input, Tensor) and isinstance(other, Tensor):
            return _operands("div", input, other, number_over(input, other))
        return _operands("div", input, other, div(input, other))
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError("div expected rounding_mode to be one of None, 'trunc', or 'floor' but "
                           f"found '{rounding_mode}'")  # fmt: skip
    op = div_trunc if rounding_mode == "trunc" else div_floor
    return _operands("div", input, other, op(input, other))


number_over = primitive(
    "number_over", None, lambda P, g, b, out: P.negative(P.over(P.times(g, out), b)),
    node="DivBackward0", kernel="divide", operands=("c", "b"), promote="float", scalars=True,
)  # fmt: skip


@registry.public("floor_divide", inplace=True, out=True, samples=lambda: [
    S(T((3, 4), -9, 9, grad=False), T((4,), 1, 3, grad=False)), S(T((3,), -9, 9, grad=False), 2.5),
    S(T((5,), -9, 9, kind="index"), T((5,), 1, 5, kind="index")),
    S(T((0,), 0, 9, kind="index"), 0),
])  # fmt: skip
def torch_floor_divide(input, other):
    """``input / other`` rounded down (torch.floor_divide); not differentiable."""
    op = floor_divide if isinstance(input, Tensor) else floor_divide_number
    return _operands("floor_divide", input, other, op(input, other))


_REMAINDER = dict(operands=("a", "b"), promote="common", scalars=True)


def _modulo(name, mode, quotient, kernel=None, forward=None):
    """(tensor, number) primitives of a remainder whose quotient is rounded by ``quotient``."""
    check = every(check_broadcast, refuse(name + "_cpu", B, C))

    def other_rule(P, g, a, b):
        return P.negative(P.multiply(g, getattr(P, quotient)(a, b)))

    spec = dict(kernel=name, check=check, forward=forward, meta=REALS, **_REMAINDER)
    return (
        primitive(name, lambda P, g: g, other_rule, node=mode + "Backward1", **spec),
        primitive(name + "_number", lambda P, g: g, None, node=mode + "Backward0", **spec),
    )


def _fmod(P, x, y):
    r = P.remainder(P.abs(x), P.abs(y) if hasattr(y, "dtype") else abs(y))
    return P.where(P.less(x, 0), P.negative(r), r)


remainder, remainder_number = _modulo("remainder", "Remainder", "floor_divide")
fmod, fmod_number = _modulo("fmod", "Fmod", "trunc_divide", forward=single(_fmod))
remainder_of_number = primitive(
    "remainder_of_number", None, undefined("remainder"), node="NotImplemented",
    kernel="remainder", operands=("c", "a"), promote="common", scalars=True,
    check=refuse("remainder_cpu", B, C),
)  # fmt: skip
_MODULO = [
    S(T((3, 4), -9, 9), T((4,), 1, 3)), S(T((3, 4), -9, 9), T((3, 1), -3, -1)),
    S(T((), -9, 9), 2.5),
    S(T((3,), -9, 9), -2), S(T((9,), -9, 9, kind="index"), T((9,), 1, 5, kind="index")),
    S(T((9,), -9, 9, kind="index"), -4), S(T((0, 3)), T((3,), 1, 2)),
]  # fmt: skip


@registry.public("remainder", inplace=True, out=True, samples=_MODULO)
def torch_remainder(input, other):
    """The rest of ``input / other`` rounded down; its sign is the divisor's (torch.remainder)."""
    if not isinstance(input, Tensor):
        return _operands("remainder", input, other, remainder_of_number(input, other))
    op = remainder if isinstance(other, Tensor) else remainder_number
    return _operands("remainder", input, other, op(input, other))


@registry.public("fmod", inplace=True, out=True, samples=_MODULO)
def torch_fmod(input, other):
    """The rest of ``input / other`` rounded to zero; its sign is the dividend's (torch.fmod)."""
    if not isinstance(input, Tensor):
        raise no_form("fmod", (input, other))
    op = fmod if isinstance(other, Tensor) else fmod_number
    return _operands("fmod", input, other, op(input, other))


# --- signs ----------------------------------------------------------------------------------------


def _no_negative_bool(a):
    if dtype_of(a) is dtypes.bool_:
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
            "invert a mask, use the `~` or `logical_not()` operator instead."
        )


def _sgn_grad(P, g, a, out):
    size = P.abs(a)
    nil = P.equal(size, 0)
    size = P.where(nil, constant(P, size, 1), size)
    along = P.multiply(out, P.real(times(P, g, out)))
    return unless(P, P.divide(P.subtract(g, along), size), nil)


neg = unary(
    "neg", lambda P, g: P.negative(g), kernel="negative", promote=None, check=_no_negative_bool,
    also=(*COMPLEX, *INTS),
)  # fmt: skip
abs_ = unary(
    "abs", lambda P, g, a: P.multiply(g, P.sign(a)), promote=None, inplace=False,
    check=refuse("abs_cpu", B), meta=REALS, samples=lambda: [
    *unary_samples(), S(T((2, 3), dtype="complex128")), S(T((3,), -5, 5, kind="index"))],
)  # fmt: skip
_abs_in_place = registry.inplace_of(abs_, "abs")


def _abs_(self):
    """``self`` replaced by its absolute value (torch.Tensor.abs_)."""
    if self.dtype.is_complex:
        raise RuntimeError("In-place abs is not supported for complex tensors.")
    return _abs_in_place(self)


registry.methods["abs_"] = _abs_
sign = unary(
    "sign", zero, promote=None, also=INTS, meta=REALS, check=refuse_complex(
        "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn "
        "instead."),
)  # fmt: skip
sgn_real = primitive("sgn", zero, kernel="sign", node="SgnBackward0",
                     meta={"keeps": {"a": (0,), "out": (0,)}})  # fmt: skip
sgn_complex = primitive(
    "sgn_complex", _sgn_grad, kernel="sgn", node="SgnBackward0", forward=lambda P, x: P.sign(x)
)
signbit = unary(
    "signbit", promote=None, inplace=False, meta=REALS, also=INTS,
    check=refuse_complex("signbit is not implemented for complex tensors."),
    forward=lambda P, x: P.less(P.where(P.equal(x, 0), P.divide(1, x), x), 0)
    if P.differentiable(x) else P.less(x, 0),
)  # fmt: skip


@registry.public("sgn", inplace=True, out=True, samples=lambda: [
    *unary_samples(), S(T((2, 3), dtype="complex128"))])  # fmt: skip
def sgn(input):
    """The sign; for complex numbers ``x / |x|``, 0 at 0 (torch.sgn)."""
    return sgn_complex(input) if fresh(input).dtype.is_complex else sgn_real(input)


@registry.public("positive", samples=unary_samples())
def positive(input):
    """The input itself (torch.positive); RuntimeError for a bool tensor."""
    if input.dtype is dtypes.bool_:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


alias({
    "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "negative": "neg",
    "absolute": "abs",
})  # fmt: skip


def _tensor_namespace():
    TP.sign = sgn


_tensor_namespace()
