"""Operations that are no table: products, reductions, shapes, choices and random values."""

from __future__ import annotations

from functools import partial

import tinytorch as torch

from . import _shapes as shapes
from ._dtypes import ALL, as_dtype
from ._graph import Symbol, build, get_default_graph
from ._ops import PUBLIC, convert, demand, pair, public

INT32, INT64, BOOL = ALL["int32"], ALL["int64"], ALL["bool"]


def _product(transpose_a, transpose_b, a, b):
    a = a.transpose(-1, -2) if transpose_a else a
    b = b.transpose(-1, -2) if transpose_b else b
    return a @ b


def _matmul(a, b, transpose_a, transpose_b, name):
    name = get_default_graph().unique_name(name)
    a, b = pair(a, b, "MatMul", name, ("a", "b"))
    plain = not (transpose_a or transpose_b)
    compute = torch.matmul if plain else partial(_product, transpose_a, transpose_b)
    shape = partial(shapes.matmul, a.shape, b.shape, transpose_a, transpose_b)
    return build("MatMul", [a, b], a.dtype, shape, compute, f"{name}/")


@public
def matmul(a, b, transpose_a=False, transpose_b=False, name="MatMul"):
    """The matrix product of two matrices, or of two batches of them (tf.matmul)."""
    return _matmul(a, b, transpose_a, transpose_b, name)


Symbol.__matmul__ = lambda self, other: _matmul(self, other, False, False, "matmul")
Symbol.__rmatmul__ = lambda self, other: _matmul(other, self, False, False, "matmul")


def _sum(x, axis, keepdims):
    return torch.sum(x, axis, keepdim=keepdims, dtype=x.dtype)


def _mean(x, axis, keepdims):
    if x.is_floating_point() or x.is_complex():
        return torch.mean(x, axis, keepdim=keepdims)
    out = _sum(x, axis, keepdims)
    count = x.numel() // max(out.numel(), 1)
    return torch.div(out, count, rounding_mode="trunc").to(x.dtype)


def _over_axes(f):
    def compute(x, axis, keepdims):
        return f(x, tuple(range(x.dim())) if axis is None else axis, keepdim=keepdims)

    return compute


def _prod(x, axis, keepdims):
    for d in sorted(range(x.dim()) if axis is None else axis, reverse=True):
        x = torch.prod(x, d, keepdim=keepdims, dtype=x.dtype)
    return x


# A row: the public name, the type, what computes it from x, the axes (None: all) and keepdims, for
# which dtypes, whether it has gradients.
REDUCTIONS = [
    ("reduce_sum", "Sum", _sum, "number", True),
    ("reduce_mean", "Mean", _mean, "number", True),
    ("reduce_max", "Max", _over_axes(torch.amax), "number", True),
    ("reduce_min", "Min", _over_axes(torch.amin), "number", True),
    ("reduce_prod", "Prod", _prod, "number", True),
    ("reduce_logsumexp", "ReduceLogSumExp", _over_axes(torch.logsumexp), "float", True),
    ("reduce_all", "All", _over_axes(torch.all), "bool", False),
    ("reduce_any", "Any", _over_axes(torch.any), "bool", False),
]


def _reduction(type, compute, allowed, differentiable):
    def f(input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None,
          keep_dims=None):  # fmt: skip
        x = convert(input_tensor)
        demand(allowed, type, x)
        axis = reduction_indices if axis is None else axis
        keep = bool(keep_dims if keepdims is None else keepdims)
        shape = partial(shapes.reduce, x.shape, axis, keep)
        over = None if axis is None else shapes.axes(x.shape, axis)
        return build(type, [x], x.dtype, shape, lambda x: compute(x, over, keep), name,
                     differentiable=differentiable)  # fmt: skip

    return f


for _n, _type, *_row in REDUCTIONS:
    _f = _reduction(_type, *_row)
    _f.__doc__ = f"Reduce over `axis`, a number or several, by default over all (tf.{_n})."
    public(_f, _n)


def _arg(type, torch_f):
    def f(input, axis=None, name=None, dimension=None, output_type=INT64):
        x, out = convert(input), as_dtype(output_type)
        axis = next((d for d in (axis, dimension) if d is not None), 0)
        shape = partial(shapes.reduce, x.shape, axis)
        return build(type, [x], out, shape, lambda x: torch_f(x, axis).to(out.torch), name,
                     differentiable=False)  # fmt: skip

    f.__doc__ = f"The index of the extreme element along `axis` (tf.{torch_f.__name__})."
    return f


public(_arg("ArgMax", torch.argmax), "argmax")
public(_arg("ArgMin", torch.argmin), "argmin")


@public
def cast(x, dtype, name="Cast"):
    """The values in another dtype (tf.cast)."""
    x, to = convert(x), as_dtype(dtype)
    if x.dtype == to:
        return x
    through = x.dtype.is_floating and to.is_floating
    return build("Cast", [x], to, partial(shapes.same, x.shape), lambda x: x.to(to.torch), name,
                 differentiable=through)  # fmt: skip


@public
def reshape(tensor, shape, name="Reshape"):
    """The elements in another shape, one size of which may be -1 (tf.reshape)."""
    x = convert(tensor)
    shape = shapes.fixed(shape)
    return build("Reshape", [x], x.dtype, partial(shapes.reshape, x.shape, shape),
                 lambda x: x.reshape(shape), name)  # fmt: skip


@public
def transpose(a, perm=None, name="transpose"):
    """The axes in the order `perm`, by default reversed (tf.transpose)."""
    x = convert(a)
    return build("Transpose", [x], x.dtype, partial(shapes.transpose, x.shape, perm),
                 lambda x: x.permute(perm or tuple(range(x.dim()))[::-1]), name)  # fmt: skip


@public
def expand_dims(input, axis, name="ExpandDims"):
    """A new axis of size one at `axis` (tf.expand_dims)."""
    x = convert(input)

    def shape():
        if x.shape.dims is None:
            return x.shape
        at = axis % (len(x.shape.dims) + 1)
        return shapes.TensorShape([*x.shape.dims[:at], 1, *x.shape.dims[at:]])

    return build("ExpandDims", [x], x.dtype, shape, lambda x: x.unsqueeze(axis), name)


@public
def squeeze(input, axis=None, name="Squeeze"):
    """Without the axes of size one, or without those named (tf.squeeze)."""
    x = convert(input)

    def shape():
        dims = x.shape.dims
        if dims is None or (axis is None and None in dims):
            return shapes.UNKNOWN
        gone = shapes.axes(x.shape, axis)
        return shapes.TensorShape(
            [d for i, d in enumerate(dims) if i not in gone or d not in (1, None)]
        )

    if axis is None:
        return build("Squeeze", [x], x.dtype, shape, torch.squeeze, name)
    over = tuple(axis) if hasattr(axis, "__iter__") else (axis,)
    return build("Squeeze", [x], x.dtype, shape, lambda x: x.squeeze(over), name)


@public
def concat(values, axis, name="concat"):
    """Tensors laid end to end along `axis` (tf.concat)."""
    xs = [convert(x) for x in values]
    return build("ConcatV2", xs, xs[0].dtype, partial(shapes.concat, axis, *(x.shape for x in xs)),
                 lambda *xs: torch.cat(xs, axis), name)  # fmt: skip


@public
def stack(values, axis=0, name="stack"):
    """Tensors of one shape along a new axis (tf.stack)."""
    xs = [convert(x) for x in values]

    def shape():
        one = shapes.UNKNOWN
        for x in xs:
            one = one.merge_with(x.shape)
        if one.dims is None:
            return one
        at = axis % (len(one.dims) + 1)
        return shapes.TensorShape([*one.dims[:at], len(xs), *one.dims[at:]])

    return build("Pack", xs, xs[0].dtype, shape, lambda *xs: torch.stack(xs, axis), name)


@public
def add_n(inputs, name="AddN"):
    """The sum of tensors of one shape (tf.add_n)."""
    xs = [convert(x) for x in inputs]
    shape = partial(shapes.broadcast, shapes.TensorShape(()), *(x.shape for x in xs))
    return build("AddN", xs, xs[0].dtype, shape, lambda *xs: sum(xs[1:], xs[0]), name)


@public
def where(condition, x, y, name="Select"):
    """`x` where the condition holds and `y` elsewhere; a vector chooses rows (tf.where)."""
    c, x = convert(condition), convert(x)
    y = convert(y, x.dtype)

    def compute(c, x, y):
        if c.dim() == 1 and x.dim() > 1:
            c = c.reshape(-1, *(1,) * (x.dim() - 1))
        return torch.where(c, x, y)

    return build("Select", [c, x, y], x.dtype, lambda: x.shape.merge_with(y.shape), compute, name)


@public
def clip_by_value(t, clip_value_min, clip_value_max, name="clip_by_value"):
    """Values held between two bounds (tf.clip_by_value)."""
    with get_default_graph().name_scope(name):
        low = PUBLIC["minimum"](t, clip_value_max)
    return PUBLIC["maximum"](low, clip_value_min, name=name)


@public
def shape(input, name="Shape", out_type=INT32):
    """The shape as a tensor of integers, known when the graph is run (tf.shape)."""
    x, out = convert(input), as_dtype(out_type)
    return build("Shape", [x], out, lambda: shapes.TensorShape([x.shape.ndims]),
                 lambda x: torch.tensor(x.shape, dtype=out.torch), name,
                 differentiable=False)  # fmt: skip


@public
def one_hot(indices, depth, on_value=1, off_value=0, axis=-1, dtype="float32", name="one_hot"):
    """`on_value` at each index along a new last axis of size `depth` (tf.one_hot)."""
    if axis != -1:
        raise ValueError("this front's tf.one_hot has axis=-1 only")
    x, out = convert(indices), as_dtype(dtype)

    def compute(x):
        hot = x.unsqueeze(-1) == torch.arange(depth, dtype=x.dtype)
        on, off = (torch.tensor(v, dtype=out.torch) for v in (on_value, off_value))
        return torch.where(hot, on, off)

    def shape():
        return x.shape if x.shape.dims is None else shapes.TensorShape([*x.shape.dims, depth])

    return build("OneHot", [x], out, shape, compute, name, differentiable=False)


def _getitem(self, key):
    x = convert(self)
    key = key if isinstance(key, tuple) else (key,)
    key = tuple(k.__index__() if hasattr(k, "__index__") else k for k in key)
    if not all(k is None or k is Ellipsis or isinstance(k, (int, slice)) for k in key):
        raise TypeError(f"a tensor of this front is sliced by numbers and slices, not by {key!r}")
    return build("StridedSlice", [x], x.dtype, partial(shapes.item, x.shape, key),
                 lambda x: x[key], "strided_slice")  # fmt: skip


Symbol.__getitem__ = _getitem


def _drawn(type, shape, dtype, seed, draw, name):
    shape, dtype = shapes.fixed(shape), as_dtype(dtype)
    return build(type, [], dtype, lambda: shapes.TensorShape(shape),
                 lambda g: draw(shape, dtype.torch, g), name, kind="random", seed=seed,
                 differentiable=False)  # fmt: skip


def _scaled(type, shape, mean, stddev, dtype, seed, draw, name):
    """`draw` times `stddev` plus `mean`, either of which may be a tensor."""
    name = get_default_graph().unique_name(name)
    by, to = (isinstance(v, Symbol) or v != u for v, u in ((stddev, 1), (mean, 0)))
    x = _drawn(type, shape, dtype, seed, draw, f"{name}/{type}/" if by or to else f"{name}/")
    if by:
        x = PUBLIC["multiply"](x, stddev, name=f"{name}/mul/" if to else f"{name}/")
    return PUBLIC["add"](x, mean, name=f"{name}/") if to else x


@public
def random_normal(shape, mean=0.0, stddev=1.0, dtype="float32", seed=None, name="random_normal"):
    """Values drawn anew in each run from a normal distribution (tf.random_normal)."""
    return _scaled("RandomStandardNormal", shape, mean, stddev, dtype, seed,
                   lambda shape, dtype, g: torch.randn(shape, dtype=dtype, generator=g),
                   name)  # fmt: skip


@public
def truncated_normal(shape, mean=0.0, stddev=1.0, dtype="float32", seed=None,
                     name="truncated_normal"):  # fmt: skip
    """As `random_normal`, without what lies further out than two deviations."""

    def draw(shape, dtype, g):
        return torch.nn.init.trunc_normal_(torch.empty(shape, dtype=dtype), generator=g)

    return _scaled("TruncatedNormal", shape, mean, stddev, dtype, seed, draw, name)


@public
def random_uniform(shape, minval=0, maxval=None, dtype="float32", seed=None,
                   name="random_uniform"):  # fmt: skip
    """Values drawn anew in each run, evenly from minval up to maxval (tf.random_uniform).

    Of an integer dtype, which needs `maxval`, whole numbers below it; otherwise it is 1 by default.
    """
    if as_dtype(dtype).is_integer:
        if maxval is None:
            raise ValueError("Must specify maxval for integer dtype")
        return _drawn(
            "RandomUniformInt", shape, dtype, seed,
            lambda shape, dtype, g: torch.randint(minval, maxval, shape, dtype=dtype, generator=g),
            name,
        )  # fmt: skip
    top = 1.0 if maxval is None else maxval
    return _scaled("RandomUniform", shape, minval, top - minval, dtype, seed,
                   lambda shape, dtype, g: torch.rand(shape, dtype=dtype, generator=g),
                   name)  # fmt: skip
