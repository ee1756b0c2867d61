"""Complex numbers: their parts, which are views, and how they are put together."""

from __future__ import annotations

import math

from .. import dtypes, registry
from ..dispatch import dtype_of
from ..samples import S, T, unary_samples
from ..storage import geometry, turns
from ..tensor import Tensor, fresh
from .rules import constant, times, unless, zero
from .table import check_broadcast, primitive
from .turned import conj, conj_values, negated
from .view import select, view_op

Z = "complex128"
_PAIRS = [S(T((3, 4), dtype=Z)), S(T((), dtype=Z)), S(T((0, 2), dtype=Z))]


# --- parts ----------------------------------------------------------------------------------------

real_part = primitive("real_part", lambda P, g: g, kernel="real", node="SelectBackward0")
imag_part = primitive(
    "imag_part", lambda P, g: P.multiply(g, 1j), kernel="imag", node="SelectBackward0"
)


def _pair(P, x):
    shape = (*x.shape, 1)
    return P.concat([P.reshape(P.real(x), shape), P.reshape(P.imag(x), shape)], len(x.shape))


def _join(P, v):
    at = (slice(None),) * (len(v.shape) - 1)
    return P.complex(P.getitem(v, (*at, 0)), P.getitem(v, (*at, 1)))


complex_ = primitive(
    "complex", lambda P, g: P.real(g), lambda P, g: P.imag(g), operands=("a", "b"),
    check=check_broadcast, forward=lambda P, x, y: P.add(x, P.multiply(y, 1j)),
    meta={"keeps": {"a": (0,), "b": (1,)}},
)  # fmt: skip
as_real = view_op(
    "view_as_real", lambda P, g: P.view_as_complex(g), forward=_pair,
    geometry=lambda shape, strides, offset: (
        (*shape, 2), (*(2 * s for s in strides), 1), 2 * offset),
    put=lambda P, root, v: P.view_as_complex(v),
)  # fmt: skip
as_complex = view_op(
    "view_as_complex", lambda P, g: P.view_as_real(g), forward=_join,
    geometry=lambda shape, strides, offset: (
        shape[:-1], tuple(s // 2 for s in strides[:-1]), offset // 2),
    put=lambda P, root, v: P.view_as_real(v),
)  # fmt: skip


@registry.public("view_as_real", method=False, samples=_PAIRS)
def view_as_real(input):
    """A view of a complex tensor as pairs of real numbers (torch.view_as_real)."""
    if not dtype_of(fresh(input)).is_complex:
        raise RuntimeError("view_as_real is only supported for complex tensors")
    if turns(input)[0]:
        raise RuntimeError(
            "view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate "
            "tensor so you can view it as real, use self.resolve_conj(); however, be warned that "
            "the resulting tensor will NOT alias the original."
        )
    return as_real(input)


def _no_complex_half(d):
    if d is dtypes.float16:
        raise RuntimeError("there is no dtype of complex numbers with half-precision parts")


@registry.public("view_as_complex", method=False, samples=lambda: [S(T((3, 4, 2))), S(T((2,)))])
def view_as_complex(input):
    """A view of pairs of real numbers as complex ones (torch.view_as_complex)."""
    x = fresh(input)
    shape, d = tuple(x._raw.shape), dtype_of(x)
    if d not in (dtypes.float32, dtypes.float64, dtypes.float16):
        raise RuntimeError("view_as_complex is only supported for half, float and double tensors, "
                           f"but got a tensor of scalar type: {d.legacy}")  # fmt: skip
    _no_complex_half(d)
    if not shape:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    _, strides, offset = geometry(x)
    if strides[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any(s % 2 for n, s in zip(shape, strides[:-1], strict=False) if n != 1):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if offset % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    return as_complex(input)


@registry.public("real", method=False, samples=lambda: [*_PAIRS, S(T((3,)))])
def real(input):
    """A view of the real parts; a real tensor is itself (torch.real)."""
    if not dtype_of(fresh(input)).is_complex:
        return input
    return select(as_real(conj(input) if turns(input)[0] else input), input.dim(), 0)


@registry.public("imag", method=False, samples=_PAIRS)
def imag(input):
    """A view of the imaginary parts (torch.imag); RuntimeError for a real tensor."""
    if not dtype_of(fresh(input)).is_complex:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    pairs = negated(as_real(conj(input))) if turns(input)[0] else as_real(input)
    return select(pairs, input.dim(), 1)


def _angle_grad(P, g, a):
    square = P.real(times(P, a, a))
    nil = P.equal(square, 0)
    safe = P.where(nil, constant(P, square, 1), square)
    return unless(P, P.multiply(P.divide(g, safe), P.multiply(a, 1j)), nil)


angle_complex = primitive(
    "angle_complex", _angle_grad, node="AngleBackward0",
    forward=lambda P, x: P.atan2(P.imag(x), P.real(x)),
)  # fmt: skip


def _angle(P, x):
    turned = P.where(P.less(x, 0), constant(P, x, math.pi), constant(P, x, 0))
    return P.where(P.not_equal(x, x), x, turned)


angle_real = primitive("angle", zero, promote="float", forward=_angle,
                       meta={"keeps": {"a": (0,)}})  # fmt: skip


@registry.public("angle", out=True, samples=lambda: [*unary_samples(), *_PAIRS[:2]])
def angle(input):
    """The angle of complex numbers; 0 or pi for real ones (torch.angle)."""
    if not isinstance(input, Tensor):
        raise registry.bad_argument("angle", "input", 1, input)
    return angle_complex(input) if dtype_of(fresh(input)).is_complex else angle_real(input)


# --- complex numbers from parts -------------------------------------------------------------------


def _parts(name, a, b, names):
    for x, what, position in ((a, names[0], 1), (b, names[1], 2)):
        if not isinstance(x, Tensor):
            raise registry.bad_argument(name, what, position, x)
    x, y = dtype_of(fresh(a)), dtype_of(fresh(b))
    good = (dtypes.float16, dtypes.float32, dtypes.float64)
    if x not in good or y not in good:
        raise RuntimeError("Expected both inputs to be Half, Float or Double tensors but got "
                           f"{x.legacy} and {y.legacy}")  # fmt: skip
    if x is not y:
        raise RuntimeError(f"Expected object of scalar type {x.legacy} but got scalar type "
                           f"{y.legacy} for second argument")  # fmt: skip


_TWO = [S(T((3, 4)), T((4,))), S(T(()), T(())), S(T((0,)), T((0,)))]


@registry.public("complex", method=False, out=True, samples=_TWO)
def torch_complex(real, imag):
    """Complex numbers of real and imaginary parts (torch.complex)."""
    _parts("complex", real, imag, ("real", "imag"))
    _no_complex_half(dtype_of(real))
    return complex_(real, imag)


polar_ = primitive(
    "polar", lambda P, g, out: P.real(times(P, g, P.sign(out))),
    lambda P, g, out: P.real(times(P, g, P.multiply(out, 1j))), operands=("a", "b"),
    check=check_broadcast,
    forward=lambda P, x, y: P.complex(P.multiply(x, P.cos(y)), P.multiply(x, P.sin(y))),
)  # fmt: skip


@registry.public("polar", method=False, out=True, samples=lambda: [S(T((3, 4), 0.2, 2), T((4,))),
                                                           S(T((), 0.2, 2), T(()))])  # fmt: skip
def polar(abs, angle):
    """Complex numbers of absolute values and angles (torch.polar)."""
    _parts("polar", abs, angle, ("abs", "angle"))
    if dtype_of(abs) is dtypes.float16:
        raise NotImplementedError("\"polar_cpu\" not implemented for 'Half'")
    return polar_(abs, angle)


def _set_part(name):
    part = registry.functions[name]

    def write(self, value):
        part(self).copy_(value if isinstance(value, Tensor) else as_tensor(value))

    def as_tensor(value):
        from ..factories import tensor

        return tensor(value)

    return property(part, write)


PROPERTIES = {"real": _set_part("real"), "imag": _set_part("imag")}


def _tensor_namespace():
    from ..primitive import TP

    TP.conj = lambda x: conj_values(x) if dtype_of(x).is_complex else x
    TP.view_as_real, TP.view_as_complex = as_real, as_complex


_tensor_namespace()
