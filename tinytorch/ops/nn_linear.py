"""The affine map as one node, and embedding.

``linear`` holds the matrix product, the bias and the transposition of the weight in one recorded
op; its node is torch's, and shows the weight behind the transposition that torch records.
"""

from __future__ import annotations

from ..primitive import TABLE
from ..storage import geometry, is_contiguous
from ..tensor import FAST, Tensor, fresh
from .elementwise import add
from .fused import show_edges, single
from .linalg_matmul import matmul
from .table import primitive
from .view import t, unsafe_view, view_shape


def _t(P, x):
    return P.permute_dims(x, (1, 0))


_NAMES = {"float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16",
          "int64": "Long", "int32": "Int"}  # fmt: skip


def _check(x, w, b=None):
    (n, k), (m, j) = x._raw.shape, w._raw.shape
    if k != j:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{k} and {j}x{m})")


def _check_biased(b, x, w):
    _check(x, w)


linear_biased = primitive(
    "linear", lambda P, g: g, lambda P, g, w: P.matmul(g, P.conj(w)),
    lambda P, g, a: P.matmul(_t(P, g), P.conj(a)), operands=("b", "a", "w"), node="AddmmBackward0",
    check=_check_biased,
    forward=single(lambda P, b, a, w: P.add(P.matmul(a, _t(P, w)), b)),
)  # fmt: skip
linear_plain = primitive(
    "linear_plain", lambda P, g, w: P.matmul(g, P.conj(w)),
    lambda P, g, a: P.matmul(_t(P, g), P.conj(a)), operands=("a", "w"), node="MmBackward0",
    check=_check, forward=lambda P, a, w: P.matmul(a, _t(P, w)),
)  # fmt: skip
show_edges("linear", (0, 1, (2, TABLE["t"].node_cls)))
show_edges("linear_plain", (0, (1, TABLE["t"].node_cls)))


def linear(input, weight, bias=None):
    """``input @ weight.T + bias`` over the last dimension (torch.nn.functional.linear)."""
    for i, (name, x) in enumerate((("input", input), ("weight", weight))):
        if type(x) not in FAST and not isinstance(x, Tensor):
            raise TypeError(
                f"linear(): argument '{name}' (position {i + 1}) must be Tensor, not "
                f"{type(x).__name__}"
            )
    x, w = input._raw, weight._raw
    if x.dtype != w.dtype:
        a, b = (v.dtype._name for v in (input, weight))
        raise RuntimeError(
            "mat1 and mat2 must have the same dtype, but got "
            f"{_NAMES.get(a, a)} and {_NAMES.get(b, b)}"
        )
    n = len(x.shape)
    if n == 2 == len(w.shape):
        return linear_plain(input, weight) if bias is None else linear_biased(bias, input, weight)
    if len(w.shape) != 2 or n == 0:
        out = matmul(input, t(weight) if len(w.shape) == 2 else weight)
        return out if bias is None else add(out, bias)
    shape, strides, _ = geometry(fresh(input))
    m = w.shape[0]
    if n == 1 and bias is None:
        return matmul(input, t(weight))
    if n == 1 or is_contiguous(shape, strides):
        rows = 1
        for d in shape[:-1]:
            rows *= d
        flat = view_shape(input, (rows, shape[-1]))
        if bias is not None:
            return view_shape(linear_biased(bias, flat, weight), (*shape[:-1], m))
        return unsafe_view(linear_plain(flat, weight), (*shape[:-1], m))
    out = matmul(input, t(weight))
    return out if bias is None else add(out, bias)


# --- embedding ------------------------------------------------------------------------------------


def _rows(P, w, i):
    return P.reshape(P.take(w, P.reshape(i, (-1,)), 0), (*i.shape, *w.shape[1:]))


def _scatter_rows(P, g, i, n, pad):
    flat = P.reshape(g, (-1, *g.shape[len(i.shape) :]))
    j = P.reshape(i, (-1,))
    out = P.put_add(P.full_as(g, (n, *flat.shape[1:]), 0), (j,), flat)
    if pad is not None and pad >= 0:
        out = P.put(out, (pad,), P.full_as(g, flat.shape[1:], 0))
    return out


def _gather_rows(P, g, i, n, pad):
    rows = P.embedding(g, i, pad)
    if pad is None or pad < 0:
        return rows
    keep = P.reshape(P.not_equal(i, pad), (*i.shape, *(1,) * (len(rows.shape) - len(i.shape))))
    return P.mask(rows, P.broadcast_to(keep, rows.shape))


embedding_prim = primitive(
    "embedding", lambda P, g, i, a_shape, pad: P.embedding_rows(g, i, a_shape[0], pad), None,
    operands=("a", "i"), params=("pad",), forward=lambda P, w, i, pad: _rows(P, w, i),
)  # fmt: skip
embedding_rows = primitive(
    "embedding_rows", _gather_rows, None, operands=("a", "i"), params=("n", "pad"),
    node="EmbeddingDenseBackwardBackward0", forward=_scatter_rows,
)  # fmt: skip
show_edges("embedding", (0,))
