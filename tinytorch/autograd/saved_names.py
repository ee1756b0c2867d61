"""What a graph node shows of what it saved: torch's ``_saved_*`` attributes, a row per node.

A row lists torch's names; ``name=source`` where the entry of the op calls it something else, and
``name:value`` where it is a constant here. A source is an operand, ``x_shape``, ``x_numel`` or
``x_strides`` of an operand (``turned``: of the transposed weight) or one of its sizes (``x_0``), a
parameter, ``out``, ``given`` (an index tensor that the op has as a raw parameter), or one of the
functions below. What an op has not saved is left out; a node without a row shows its operands and
parameters under their own names.
"""

from __future__ import annotations

import ast
from math import prod

from ..storage import contiguous_strides
from .graph import FREED

_REDUCED = "self=a result=out dim=axes keepdim=keepdims"
_PICKED = "self_sym_sizes=a_shape indices=i dim=axis keepdim=keepdims"
_MATS = (
    "self_sym_sizes=a_shape self_sym_strides=a_strides mat2_sym_sizes=b_shape"
    " mat2_sym_strides=b_strides"
)
_SCATTER = "index=i dim=axis"
_LOSS = "self=a target=b reduction=how"
_STRIDED = "size stride=strides storage_offset=given_offset"
_NLL = "target=t weight=w reduction=how ignore_index=ignore"

ROWS = {
    "AddBackward0": "alpha:1", "SubBackward0": "alpha:1", "RsubBackward1": "alpha:1",
    "SumBackward0": "self_sym_sizes=a_shape",
    "SumBackward1": "self_sym_sizes=a_shape dim=axes keepdim=keepdims",
    "MeanBackward0": "self_sym_sizes=a_shape self_sym_numel=a_numel",
    "MeanBackward1": "self_sym_sizes=a_shape self_sym_numel=a_numel dim=axes keepdim=keepdims",
    "ProdBackward0": "self=a",
    "ProdBackward1": "self=a dim=only_axis keepdim=keepdims",
    "MaxBackward1": "self=a result=out", "MinBackward1": "self=a result=out",
    "MaxBackward0": _PICKED, "MinBackward0": _PICKED, "MedianBackward1": _PICKED,
    "KthvalueBackward0": _PICKED, "SortBackward0": _PICKED, "TopkBackward0": _PICKED,
    "AmaxBackward0": "self=a result=out dim=every_axis keepdim=keepdims",
    "AminBackward0": "self=a result=out dim=every_axis keepdim=keepdims",
    "StdBackward0": _REDUCED + " correction", "VarBackward0": _REDUCED + " correction",
    "VarMeanBackward0": "self=a correction dim=axes keepdim=keepdims",
    "LinalgVectorNormBackward0": _REDUCED + " ord", "LogsumexpBackward0": _REDUCED,
    "CumsumBackward0": "dim=axis", "CumprodBackward0": "self=a result=out dim=axis",
    "CummaxBackward0": "indices=i dim=axis", "CumminBackward0": "indices=i dim=axis",
    "LogcumsumexpBackward0": "self=a result=out dim=axis",
    "MmBackward0": "self=a mat2=b " + _MATS,
    "linear_plain": "self=a mat2=turned_w self_sym_sizes=a_shape self_sym_strides=a_strides"
                    " mat2_sym_sizes=turned_shape mat2_sym_strides=turned_strides",
    "MvBackward0": "self=a vec=b", "DotBackward0": "self=a tensor=b",
    "BmmBackward0": "self=a mat2=b",
    "AddmmBackward0": "mat1=a mat2=b alpha beta " + _MATS.replace("self_", "mat1_"),
    "linear": "mat1=a mat2=turned_w alpha:1 beta:1 mat1_sym_sizes=a_shape"
              " mat1_sym_strides=a_strides mat2_sym_sizes=turned_shape"
              " mat2_sym_strides=turned_strides",
    "AddmvBackward0": "mat=a vec=b alpha beta", "AddrBackward0": "vec1=a vec2=b alpha beta",
    "BaddbmmBackward0": "batch1=a batch2=b alpha beta",
    "ClampBackward0": "self=a min=lo max=hi", "ClampBackward1": "self=a min=lo max=hi",
    "ClampMinBackward0": "self=a min=lo", "ClampMaxBackward0": "self=a max=hi",
    "ClampMinBackward1": "self=a min=lo", "ClampMaxBackward1": "self=a max=hi",
    "WhereBackward0": "condition=c",
    "LerpBackward0": "weight=w", "LerpBackward1": "self=a end=b weight=w",
    "AddcmulBackward0": "tensor1=b tensor2=c value",
    "AddcdivBackward0": "tensor1=b tensor2=c value", "square": "self=a exponent:2",
    "IndexBackward0": "self_sym_sizes=a_shape indices",
    "IndexPutBackward0": "indices accumulate:False",
    "SelectBackward0": "self_sym_sizes=a_shape dim=key_dim index=key_index",
    "SliceBackward0": "self_sym_sizes=a_shape dim=key_dim start end step",
    "ViewBackward0": "self_sym_sizes=a_shape", "TBackward0": "",
    "TransposeBackward0": "dim0 dim1", "PermuteBackward0": "dims=axes",
    "UnsqueezeBackward0": "dim=new_dim", "ExpandBackward0": "self_sym_sizes=a_shape",
    "SqueezeBackward0": "self_sym_sizes=a_shape", "SqueezeBackward1": "self_sym_sizes=a_shape",
    "SqueezeBackward2": "self_sym_sizes=a_shape", "RenormBackward0": "self=a p maxnorm",
    "DiagonalBackward0_copy": "self_sym_sizes=a_shape offset=k dim1=i dim2=j",
    "CatBackward0": "dim=axis", "StackBackward0": "dim=axis",
    "GatherBackward0": "self=a index=i dim=axis sparse_grad:False",
    "UnbindBackward0": "dim=axis",
    "DiagonalBackward0": "self_sym_sizes=a_shape offset=k dim1=i dim2=j",
    "UnfoldBackward0": "self_sym_sizes=a_shape dimension=dim size step",
    "FlipBackward0": "dims=axes", "RollBackward0": "shifts dims=axes",
    "TrilBackward0": "diagonal=k", "TriuBackward0": "diagonal=k", "ToCopyBackward0": "",
    "MaskedFillBackward0": "mask=m",
    "ScatterBackward0": _SCATTER, "ScatterBackward1": _SCATTER, "ScatterAddBackward0": _SCATTER,
    "IndexSelectBackward0": "self_sym_sizes=a_shape index=i dim=axis",
    "IndexAddBackward0": "source=b " + _SCATTER + " alpha:1",
    "IndexCopyBackward0": "source=b " + _SCATTER,
    "IndexFillBackward0": _SCATTER, "IndexFillBackward1": _SCATTER,
    "AsStridedBackward0": _STRIDED, "AsStridedBackward1": _STRIDED,
    "AsStridedScatterBackward0": _STRIDED,
    "LeakyReluBackward0": "self=a negative_slope=slope",
    "EluBackward0": "self=a alpha scale input_scale=inner",
    "HardtanhBackward0": "self=a min_val=lo max_val=hi",
    "ThresholdBackward0": "self=a threshold=least", "PreluKernelBackward0": "self=a weight=w",
    "MseLossBackward0": _LOSS, "SmoothL1LossBackward0": _LOSS + " beta=c",
    "HuberLossBackward0": _LOSS + " delta=c",
    "BinaryCrossEntropyBackward0": _LOSS + " weight=w",
    "ConvolutionBackward0": "input=a weight=w stride dilation groups transposed:False padding=low"
                            " output_padding=no_padding bias_sym_sizes_opt=bias_sizes",
    "NativeLayerNormBackward0": "input=a weight=w bias=b normalized_shape",
    "NativeBatchNormBackward0": "input=a weight=w eps",
    "NativeGroupNormBackward0": "input=a weight=w group=groups eps",
    "EmbeddingBackward0": "indices=i padding_idx scale_grad_by_freq:False sparse:False"
                          " weight_sym_argsize_0=a_0",
    "MaxPool2DWithIndicesBackward0": "self=a kernel_size=kernel stride padding dilation"
                                     " ceil_mode result1=i",
    "AvgPool2DBackward0": "self=a kernel_size=kernel stride ceil_mode count_include_pad"
                          " divisor_override",
    "CdistBackward0": "x1=a x2=b p result=out",
    "ScatterReduceBackward0": "self=a index=i src=b result=out dim=axis reduce=how"
                              " include_self=include",
    "IndexReduceBackward0": "self=a index=i source=b result=out dim=axis reduce=how"
                            " include_self=include",
    "AddbmmBackward0": "batch1=a batch2=b alpha beta batch1_sym_argsize_0=a_0"
                       " batch1_sym_argsize_1=a_1 batch2_sym_argsize_2=b_2",
    "AminmaxBackward0": "self=a keepdim=keepdims", "NansumBackward0": "self=a dim=axes"
                        " keepdim=keepdims",
    "StdMeanBackward0": "self=a correction dim=axes keepdim=keepdims",
    "DiagEmbedBackward0": "offset=k dim1=i dim2=j",
    "DiagonalScatterBackward0": "offset=k dim1=i dim2=j",
    "DivBackward1": "other=c", "MulBackward1": "other=c", "RsubBackward0": "alpha:1",
    "div_floor": "self=a other=b rounding_mode:'floor'",
    "div_trunc": "self=a other=b rounding_mode:'trunc'",
    "div_mode": "self=a other=b rounding_mode:None",
    "MaskedScatterBackward0": "mask=m source_sym_sizes=b_shape",
    "ModeBackward0": _PICKED, "NanmedianBackward1": _PICKED, "SortBackward1": _PICKED,
    "NanToNumBackward0": "self=a", "PolygammaBackward0": "self=a n=order",
    "SelectScatterBackward0": "dim=key_dim index=key_index",
    "SliceScatterBackward0": "dim=key_dim start end step",
    "NarrowCopyBackward0": "self_sym_sizes=a_shape dim=key_dim start length",
    "Rot90Backward0": "k dims=turned_dims",
    "FillBackward0": "", "FrexpBackward0": "", "RoundBackward1": "",
    "TakeBackward0": "self=a index=given",
    "PutBackward0": "source=b index=given accumulate=add",
    "UnsafeViewBackward0": "self_sym_sizes=a_shape",
    "ReshapeAliasBackward0": "self_sym_sizes=a_shape",
    "SqueezeBackward4": "self_sym_sizes=a_shape",
    "SplitBackward0": "self_sym_sizes=a_shape dim=axis split_size",
    "SplitWithSizesBackward0": "self_sym_sizes=a_shape dim=axis split_sizes",
    "nll_plain": "target=t weight:None reduction=how ignore_index=ignore",
    "NllLossBackward0": "self=a " + _NLL, "NllLoss2DBackward0": "self=a " + _NLL,
    "BinaryCrossEntropyWithLogitsBackward0": _LOSS + " weight=w pos_weight=pw",
    "bce_logits_plain": _LOSS + " weight:None pos_weight:None",
    "SoftMarginLossBackward0": _LOSS, "NormBackward1": "self=a p=ord dim=axes keepdim=keepdims",
    "TransposeBackward1": "dim0 dim1", "UnsqueezeBackward1": "dim=new_dim",
    "TBackward1": "", "SqueezeBackward3": "self_sym_sizes=a_shape",
    "SqueezeBackward5": "self_sym_sizes=a_shape", "PolygammaBackward1": "self=a n=order",
    "ComplexBackward0": "real=a imag=b", "BernoulliBackward0": "",
    "ConstantPadNdBackward0": "pad=turned_widths",
    "EqBackward1": "", "NeBackward1": "", "LtBackward1": "", "LeBackward1": "", "GtBackward1": "",
    "GeBackward1": "", "halved": "other:2.0", "gelu": "self=a approximate:'none'",
    "gelu_tanh": "self=a approximate:'tanh'",
}  # fmt: skip


WORD = 2**64  # torch shows what is negative as an unsigned word


def _param(n, name):
    return n.params[n.op.params.index(name)]


def _saved_key(n):
    """(the dimension that a key of one number or slice is about, that number or slice)."""
    key = _param(n, "key")
    return next(((i, k) for i, k in enumerate(key) if k != slice(None) and k is not Ellipsis),
                (0, slice(0, None, 1)))  # fmt: skip


def _end(n):
    dim, k = _saved_key(n)
    shape = n.saved[0] if n.saved else n.shape
    return 2**63 - 1 if k.stop in (None, shape[dim]) else k.stop


def _swapped(n):
    moved = [i for i, k in enumerate(_param(n, "axes")) if i != k]
    return moved or [0, 0]


def _indices(n):
    from ..tensor import wrap

    key = _param(n, "key")
    return tuple(wrap(n.P, k) if hasattr(k, "dtype") else None for k in key)


def _new_dim(n):
    old, new = n.saved[0], _param(n, "shape")
    return next((i for i, k in enumerate(old) if k != new[i]), len(old))


def _bias_sizes(n):
    if n.saved is None:
        raise RuntimeError(FREED)
    bias = n.saved[2]
    return (0,) if bias is None else tuple(getattr(bias, "shape", bias))


def _split_sizes(n):
    axis = _param(n, "axis")
    return tuple([shape[axis] for shape in _param(n, "shapes")])


def _given_offset(n):
    return None if "offset" in getattr(n, "notes", ()) else _param(n, "offset")


def _widths(n):
    """What the last dimensions are padded by, the last one first."""
    pairs = _param(n, "widths")
    first = next((i for i, pair in enumerate(pairs) if any(pair)), len(pairs))
    return tuple([w % WORD for pair in reversed(pairs[first:]) for w in pair])


def _padding_idx(n):
    pad = _param(n, "pad")
    return (-1 if pad is None else pad) % WORD


FUNCTIONS = {
    "turned_widths": ("widths", _widths),
    "normalized_shape": ("dims", lambda n: tuple(n.shape[-_param(n, "dims") :])),
    "padding_idx": ("pad", _padding_idx),
    "length": ("key", lambda n: n.shape[_saved_key(n)[0]]),
    "given_offset": ("offset", _given_offset),
    "split_size": ("shapes", lambda n: _split_sizes(n)[0]),
    "split_sizes": ("shapes", _split_sizes),
    "turned_dims": ("i", lambda n: (_param(n, "i"), _param(n, "j"))),
    "low": ("padding", lambda n: tuple([low for low, _ in _param(n, "padding")])),
    "no_padding": ("stride", lambda n: (0,) * len(_param(n, "stride"))),
    "bias_sizes": ("stride", _bias_sizes),
    "only_axis": ("axes", lambda n: (_param(n, "axes") or (0,))[0]),
    "every_axis": ("axes", lambda n: _param(n, "axes") or ()),
    "key_dim": ("key", lambda n: _saved_key(n)[0]),
    "key_index": ("key", lambda n: _saved_key(n)[1]),
    "start": ("key", lambda n: _saved_key(n)[1].start or 0),
    "end": ("key", _end),
    "step": ("key", lambda n: _saved_key(n)[1].step or 1),
    "indices": ("key", _indices),
    "dim0": ("axes", lambda n: _swapped(n)[0]),
    "dim1": ("axes", lambda n: _swapped(n)[-1]),
    "new_dim": ("shape", _new_dim),
}


def _row(op):
    """The row of an op or of its node; a copy of a view shows what the view does."""
    names = op.name, op.node, str(op.node).removesuffix("_copy")
    return next((ROWS[name] for name in names if name in ROWS), None)


def fields(op):
    """{attribute: property} of the node class of an op."""
    row = _row(op)
    if row is None:
        return None
    found = {}
    for entry in row.split():
        name, _, value = entry.partition(":")
        if name in op.params:
            entry = name
        elif value:
            value = ast.literal_eval(value)
            found["_saved_" + name] = property(lambda n, v=value: v)
            continue
        name, _, source = entry.partition("=")
        _add(found, op, name, source or name)
    return found


def operand_names(op):
    """What torch calls the operands that an op saves, by our names; None without a row."""
    row = _row(op)
    if row is None:
        return None
    pairs = [entry.split("=") for entry in row.split() if "=" in entry]
    return {source.removeprefix("turned_"): name for name, source in pairs}


def _add(found, op, name, source):
    from ..primitive import saved_handle, saved_reader, shown_out

    base, _, what = source.rpartition("_")
    if source in op.saves or source == "given" and "saves_indices" in op.meta:
        at = len(op.saves + op.shapes) if source == "given" else op.saves.index(source)
        found["_saved_" + name] = property(saved_reader(at))
        found["_raw_saved_" + name] = property(saved_handle(at))
    elif source == "out":
        if op.saves_out:
            found["_saved_result"] = property(shown_out)
            found["_raw_saved_result"] = property(saved_handle(None))
    elif source == "turned_w" and "w" in op.saves:
        read = saved_reader(op.saves.index("w"))
        found["_saved_" + name] = property(lambda n: None if read(n) is None else read(n).t())
    elif source in op.params:
        at = op.params.index(source)
        found["_saved_" + name] = property(lambda n: n.params[at])
    elif source in FUNCTIONS:
        needs, compute = FUNCTIONS[source]
        if needs in op.params:
            found["_saved_" + name] = property(compute)
    elif base == "turned" and what in _MEASURES:
        of = _measure(op, "w", what)
        found["_saved_" + name] = property(lambda n: of(n)[::-1])
    elif what in _MEASURES and _measured(op, base):
        found["_saved_" + name] = property(_measure(op, base, what))


def _measured(op, base):
    return base in op.shapes or base in op.saves or op.operands == (base,)


_MEASURES = ("shape", "numel", "strides", "0", "1", "2")


def _measure(op, base, what):
    """The size of an operand that was saved, or whose gradient goes somewhere that knows it."""
    from ..primitive import saved_reader

    k = op.operands.index(base)
    shape_at = len(op.saves) + op.shapes.index(base) if base in op.shapes else None
    read = saved_reader(op.saves.index(base)) if base in op.saves else None

    def of(n):
        if n.saved is None:
            raise RuntimeError(FREED)
        t = None if read is None or not n.saved else read(n)
        edge = n.edges[k]
        if what == "strides":
            if edge is None:
                return ()
            return contiguous_strides(tuple(edge.shape)) if t is None else tuple(t.stride())
        like = edge if t is None else t
        shape = tuple(n.saved[shape_at] if shape_at is not None else like.shape)
        if what.isdigit():
            return shape[int(what)]
        return prod(shape) if what == "numel" else shape

    return of
