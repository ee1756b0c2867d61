"""The matrix products: one kernel, and a node of its own for each of torch's names."""

from __future__ import annotations

from .. import registry
from ..autograd.errors import c_name
from ..dispatch import dtype_of, scalar_as
from ..samples import S, T
from ..tensor import Tensor, fresh
from .table import primitive


def _h(P, x):
    n = len(x.shape)
    return P.conj(P.permute_dims(x, (*range(n - 2), n - 1, n - 2)))


def same_dtype(a, b):
    """torch's error of a matrix product of two dtypes."""
    if a._raw.dtype != b._raw.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {c_name(a.dtype)} != "
            f"{c_name(b.dtype)}"
        )


def _check_ranks(name, a, b, m, n):
    """torch's error of a product inside vmap with tensors of other ranks."""
    i, j = len(a._raw.shape), len(b._raw.shape)
    if (i, j) != (m, n):
        raise RuntimeError(
            f"Shape mismatch: Got incorrect dims for {name}(a, b). a has dim {i}and b has dim {j}"
            f"but expected them to have dim {m} and dim {n}"
        )


def _check_mm(a, b):
    if a._p.level:
        _check_ranks("mm", a, b, 2, 2)
    if len(a._raw.shape) != 2:
        raise RuntimeError("self must be a matrix")
    if len(b._raw.shape) != 2:
        raise RuntimeError("mat2 must be a matrix")
    (n, k), (m, p) = a._raw.shape, b._raw.shape
    if k != m:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{k} and {m}x{p})")
    same_dtype(a, b)
    if dtype_of(a).category == 0 and n * k * p:
        raise NotImplementedError("\"addmm_impl_cpu_\" not implemented for 'Bool'")


def _check_bmm(a, b):
    s, t = tuple(a._raw.shape), tuple(b._raw.shape)
    if a._p.level:
        _check_ranks("bmm", a, b, 3, 3)
    for i, shape in ((1, s), (2, t)):
        if len(shape) != 3:
            raise RuntimeError(f"batch{i} must be a 3D tensor")
    if s[0] != t[0] or s[2] != t[1]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{s[0]}, {s[2]}] but "
            f"got: [{t[0]}, {t[1]}]."
        )
    if a._raw.dtype != b._raw.dtype:
        raise RuntimeError(
            f"expected scalar type {dtype_of(a).legacy} but found {dtype_of(b).legacy}"
        )


def _check_mv(a, b):
    m, n = tuple(a._raw.shape), tuple(b._raw.shape)
    if a._p.level:
        _check_ranks("mv", a, b, 2, 1)
    if len(m) != 2 or len(n) != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {len(m)}, {len(n)}")
    if m[1] != n[0]:
        raise RuntimeError(f"size mismatch, got input ({m[0]}), mat ({m[0]}x{m[1]}), vec ({n[0]})")
    if a._raw.dtype != b._raw.dtype:
        x, y = dtype_of(a).legacy, dtype_of(b).legacy
        raise RuntimeError(
            f"addmv input tensors must have the same dtype, but got {y}, {x}, and {y}"
        )


def _check_dot(a, b):
    m, n = tuple(a._raw.shape), tuple(b._raw.shape)
    if a._p.level and (len(m) != 1 or len(n) != 1):
        raise RuntimeError("Got wrong shapes for dot")
    if len(m) != 1 or len(n) != 1:
        raise RuntimeError(f"1D tensors expected, but got {len(m)}D and {len(n)}D tensors")
    if a._raw.dtype != b._raw.dtype:
        raise RuntimeError(
            "dot : expected both vectors to have same dtype, but found "
            f"{dtype_of(a).legacy} and {dtype_of(b).legacy}"
        )
    if m != n:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{m[0]}] and src [{n[0]}] to have the same "
            f"number of elements, but got {m[0]} and {n[0]} elements respectively"
        )


_PRODUCT = dict(kernel="matmul", operands=("a", "b"))
_MATRIX = (lambda P, g, b: P.matmul(g, _h(P, b)), lambda P, g, a: P.matmul(_h(P, a), g))
mm = primitive("mm", *_MATRIX, check=_check_mm, **_PRODUCT)
bmm_prim = primitive("bmm", *_MATRIX, check=_check_bmm, **_PRODUCT)
mv = primitive(
    "mv", lambda P, g, b: P.outer(g, P.conj(b)), lambda P, g, a: P.matmul(_h(P, a), g),
    check=_check_mv, **_PRODUCT,
)  # fmt: skip
dot = primitive(
    "dot", lambda P, g, b: P.multiply(g, P.conj(b)), lambda P, g, a: P.multiply(g, P.conj(a)),
    check=_check_dot, **_PRODUCT,
)  # fmt: skip
vdot_prim = primitive(
    "vdot", lambda P, g, b: P.multiply(P.conj(g), b), lambda P, g, a: P.multiply(g, a),
    kernel="vdot", operands=("a", "b"), check=_check_dot,
    forward=lambda P, x, y: P.matmul(P.conj(x), y),
)  # fmt: skip
outer_prim = primitive(
    "outer", lambda P, g, b: P.matmul(g, P.conj(b)),
    lambda P, g, a: P.matmul(P.permute_dims(g, (1, 0)), P.conj(a)), operands=("a", "b"),
    node="MulBackward0", promote="common",
    forward=lambda P, x, y: P.multiply(P.reshape(x, (-1, 1)), P.reshape(y, (1, -1))),
)  # fmt: skip


def _two(name, a, b, names):
    for i, (n, x) in enumerate(zip(names, (a, b), strict=True)):
        if not isinstance(x, Tensor):
            raise registry.bad_argument(name, n, i + 1, x)


def _exact(name, prim, check, second, samples):
    """A product that takes operands of exact ranks, by method and by function."""

    def product(input, other):
        try:
            if len(input._raw.shape) == rank[0] and len(other._raw.shape) == rank[1]:
                return prim(input, other)
        except AttributeError:
            _two(name, input, other, ("input", second))
        check(fresh(input), fresh(other))
        return prim(input, other)

    rank = {"mm": (2, 2), "bmm": (3, 3), "mv": (2, 1), "dot": (1, 1), "vdot": (1, 1)}[name]
    product.__name__ = product.__qualname__ = name
    product.__doc__ = f"The product of torch.{name}, of operands of exactly its ranks."
    return registry.public(name, out=True, samples=samples)(_renamed(product, second))


def _renamed(fn, second):
    """``fn(input, other)`` whose second parameter goes by torch's name."""

    def call(input, other=None, **kwargs):
        return fn(input, kwargs.pop(second) if other is None and kwargs else other)

    call.__name__, call.__qualname__, call.__doc__ = fn.__name__, fn.__qualname__, fn.__doc__
    return call


torch_mm = _exact("mm", mm, _check_mm, "mat2", [S(T((2, 3)), T((3, 4))), S(T((0, 3)), T((3, 4)))])
torch_bmm = _exact("bmm", bmm_prim, _check_bmm, "mat2", [S(T((2, 2, 3)), T((2, 3, 4)))])
torch_mv = _exact("mv", mv, _check_mv, "vec", [S(T((2, 3)), T((3,)))])
torch_dot = _exact("dot", dot, _check_dot, "tensor", [S(T((3,)), T((3,)))])
torch_vdot = _exact("vdot", vdot_prim, _check_dot, "other", [S(T((3,)), T((3,)))])


@registry.public("outer", out=True, samples=lambda: [S(T((3,)), T((4,)))])
def outer(input, vec2):
    """All products of the elements of two vectors (torch.outer)."""
    for name, x in (("self", input), ("vec2", vec2)):
        if len(fresh(x)._raw.shape) != 1:
            raise RuntimeError(
                f"outer: Expected 1-D argument {name}, but got {len(x._raw.shape)}-D"
            )
    return outer_prim(input, vec2)


registry.functions["ger"] = registry.methods["ger"] = outer

# --- sums with a product --------------------------------------------------------------------------


def _scaled(P, x, c):
    return x if c == 1 else P.multiply(x, c)


def _add_product(P, c, a, b, beta, alpha):
    r = _scaled(P, P.matmul(a, b), alpha)
    if beta == 0:
        return r
    return P.add(_scaled(P, c, beta), r)


def _back(P, g, c):
    """The gradient through a factor."""
    return _scaled(P, g, c.conjugate())


def _add_product_rules():
    return (
        lambda P, g, beta: _back(P, g, beta),
        lambda P, g, b, alpha: _back(P, P.matmul(g, _h(P, b)), alpha),
        lambda P, g, a, alpha: _back(P, P.matmul(_h(P, a), g), alpha),
    )


_FUSED = dict(operands=("c", "a", "b"), params=("beta", "alpha"))
addmm_prim = primitive("addmm", *_add_product_rules(), forward=_add_product, kernel="addmm",
                       **_FUSED)  # fmt: skip
baddbmm_prim = primitive("baddbmm", *_add_product_rules(), kernel="addmm", **_FUSED)
addmv_prim = primitive(
    "addmv", lambda P, g, beta: _back(P, g, beta),
    lambda P, g, b, alpha: _back(P, P.outer(g, P.conj(b)), alpha),
    lambda P, g, a, alpha: _back(P, P.matmul(_h(P, a), g), alpha), kernel="addmm", **_FUSED,
)  # fmt: skip
addr_prim = primitive(
    "addr", lambda P, g, beta: _back(P, g, beta),
    lambda P, g, b, alpha: _back(P, P.matmul(g, P.conj(b)), alpha),
    lambda P, g, a, alpha: _back(P, P.matmul(P.permute_dims(g, (1, 0)), P.conj(a)), alpha),
    forward=lambda P, c, a, b, beta, alpha: P.add(
        _scaled(P, c, beta), _scaled(P, P.outer(a, b), alpha)) if beta else _scaled(
            P, P.outer(a, b), alpha),
    **_FUSED,
)  # fmt: skip
addbmm_prim = primitive(
    "addbmm", lambda P, g, beta: _back(P, g, beta),
    lambda P, g, b, alpha: _back(P, P.matmul(g, _h(P, b)), alpha),
    lambda P, g, a, alpha: _back(P, P.matmul(_h(P, a), g), alpha),
    forward=lambda P, c, a, b, beta, alpha: P.add(_scaled(P, c, beta), _scaled(
        P, P.sum(P.matmul(a, b), (0,), False), alpha)),
    **_FUSED,
)  # fmt: skip


def _check_out(c, shape):
    from .view import expand_shape_check

    expand_shape_check(tuple(c._raw.shape), shape)


def _fused(name, prim, check, shape, samples, parts, refusal):
    def product(input, a, b, *, beta=1, alpha=1):
        c, x, y = fresh(input), fresh(a), fresh(b)
        check(x, y)
        if dtype_of(c) is not dtype_of(x):
            raise RuntimeError(
                f"self and mat2 must have the same dtype, but got {dtype_of(c).legacy} and "
                f"{dtype_of(y).legacy}"
            )
        _check_out(c, shape(x._raw.shape, y._raw.shape))
        if beta != 1 or alpha != 1:
            beta, alpha = (scalar_as(c._p, v, dtype_of(c)) for v in (beta, alpha))
        return prim(c, x, y, beta, alpha)

    product.__name__ = product.__qualname__ = name
    product.__doc__ = f"``beta * input + alpha * product`` (torch.{name})."

    def named(input, *args, beta=1, alpha=1, **kwargs):
        if len(args) == 2 and beta == 1 == alpha and not kwargs and name == "addmm":
            a, b = args
            c, x, y = input._raw, a._raw, b._raw
            if (
                len(x.shape) == 2 == len(y.shape)
                and c.dtype is x.dtype
                and (c.shape == (x.shape[0], y.shape[1]) or c.shape == y.shape[1:])
            ):
                return prim(input, a, b, 1, 1)
        args = [*args, *(kwargs.pop(p) for p in parts if p in kwargs)]
        return product(input, *args, beta=beta, alpha=alpha)

    named.__name__, named.__qualname__, named.__doc__ = name, name, product.__doc__

    def kept(input, *args, **kwargs):
        out = named(input, *args, **kwargs)
        have, want = list(input._raw.shape), list(out._raw.shape)
        if have != want:
            if input._p is not out._p:
                from ..autograd.batching import refuse_write

                refuse_write(name, input, out)
            raise RuntimeError(refusal(have, want))
        return out

    registry.public(name, out=True, samples=samples)(named)
    registry.methods[name + "_"] = registry.inplace_of(kept, name)
    return named


def _bad_call(have, want):
    return f"Bad in-place call: input tensor size {have} and output tensor size {want} should match"


def _bad_outer(have, want):
    if len(have) != 2:
        return f"2D tensor expected, got {len(have)}D tensor for input"
    return f"size mismatch, input: {have}, v1: [{want[0]}], v2: [{want[1]}]"


def _check_outer(a, b):
    for i, x in ((1, a), (2, b)):
        if len(x._raw.shape) != 1:
            raise RuntimeError(f"addr: Expected 1-D argument vec{i}, but got {len(x._raw.shape)}-D")


_fused("addmm", addmm_prim, _check_mm, lambda s, t: (s[0], t[1]),
       [S(T((2, 4)), T((2, 3)), T((3, 4))), S(T((4,)), T((2, 3)), T((3, 4)), beta=0.5, alpha=2)],
       ("mat1", "mat2"), _bad_call)  # fmt: skip
_fused("addmv", addmv_prim, _check_mv, lambda s, t: (s[0],),
       [S(T((2,)), T((2, 3)), T((3,))), S(T((2,)), T((2, 3)), T((3,)), beta=0.5, alpha=2)],
       ("mat", "vec"), _bad_call)  # fmt: skip
_fused("addr", addr_prim, _check_outer, lambda s, t: (s[0], t[0]),
       [S(T((2, 3)), T((2,)), T((3,))), S(T((3,)), T((2,)), T((3,)), beta=0.5, alpha=2)],
       ("vec1", "vec2"), _bad_outer)  # fmt: skip
_fused("baddbmm", baddbmm_prim, _check_bmm, lambda s, t: (s[0], s[1], t[2]),
       [S(T((2, 2, 4)), T((2, 2, 3)), T((2, 3, 4))),
        S(T((4,)), T((2, 2, 3)), T((2, 3, 4)), beta=0.5, alpha=2)],
       ("batch1", "batch2"), _bad_call)  # fmt: skip
_fused("addbmm", addbmm_prim, _check_bmm, lambda s, t: (s[1], t[2]),
       [S(T((2, 4)), T((2, 2, 3)), T((2, 3, 4)))], ("batch1", "batch2"), _bad_call)  # fmt: skip
