"""Every operator of torch's database that is here too, held beside real torch, aspect by aspect.

`opinfo` says what the aspects are. What differs stands in `KNOWN` with the reason, and must differ:
a row that has come to agree fails; but for those where torch is less exact, which depends on the
processor.
"""

from __future__ import annotations

import opinfo
import pytest
import torch

import tinytorch

SAMPLES = (  # a dtype, how many calls in it, and whether to look beyond the first derivative
    (torch.float64, 3, True), (torch.complex128, 2, True), (torch.float32, 3, False),
    (torch.int64, 3, False),
)  # fmt: skip
KNOWN = {  # (aspect, reason): operators
    ("result", "not here: channels last"): "double float long",
    ("result", "not here: the nuclear norm"): "norm",
    ("result", "which of equal values is named"): "kthvalue mode topk",
    ("result", "another text, or a refusal that is none here"):
        "addbmm cdouble cfloat ldexp masked_scatter mvlgamma nn.functional.silu",
    ("result", "torch is less exact, or counts in integers first"):
        "arange special.bessel_j0 special.bessel_j1 special.bessel_y1",
    ("node", "not here: channels last"): "cdouble double float",
    ("node", "made of other ops"):
        "einsum nn.functional.conv1d nn.functional.conv2d nn.functional.conv3d"
        " nn.functional.scaled_dot_product_attention split_with_sizes_copy unbind_copy unsafe_chunk"
        " unsafe_split",
    ("view", "made of other ops"): "as_strided einsum unravel_index unsafe_chunk unsafe_split",
    ("memory", "copied, where torch leaves it unsafe"): "unsafe_chunk unsafe_split",
    ("memory", "not here: channels last"): "cdouble double float long",
    ("strides", "not here: channels last"):
        "bfloat16 bool byte cdouble cfloat char double float half int long short"
        " nn.functional.max_pool2d nn.functional.max_unpool2d",
    ("strides", "laid out as the array library leaves it"):
        "__getitem__ argsort argwhere kthvalue multinomial sort topk unravel_index unsafe_chunk",
    ("versions", "torch wrote its result in steps"):
        "isclose isfinite nanquantile nn.functional.feature_alpha_dropout"
        " nn.functional.margin_ranking_loss nn.functional.one_hot nn.functional.pad"
        " nn.functional.poisson_nll_loss quantile",
    ("gradient", "torch is wrong or less exact"): "as_strided_scatter logcumsumexp",
    ("second", "torch is wrong, less exact, or has none"):
        "as_strided_scatter cdist logcumsumexp nn.functional.hardsigmoid"
        " nn.functional.scaled_dot_product_attention",
    ("second", "zeros that have a history here"): "bernoulli cat normal",
    ("forward", "torch is wrong, less exact, or has none"):
        "cdist index_reduce logcumsumexp logical_and logical_not logical_or logical_xor"
        " nn.functional.scaled_dot_product_attention normal scatter_reduce",
    ("mixed", "torch is wrong, less exact, or has none"):
        "cdist cumprod index_reduce logcumsumexp logit nn.functional.group_norm"
        " nn.functional.hardsigmoid nn.functional.huber_loss nn.functional.mish"
        " nn.functional.scaled_dot_product_attention nn.functional.silu"
        " nn.functional.soft_margin_loss normal scatter_reduce",
    ("saved", "made of other ops, which save other tensors"):
        "__rmatmul__ combinations cov cross einsum inner kron matmul nn.functional.bilinear"
        " nn.functional.conv1d nn.functional.conv2d nn.functional.conv3d"
        " nn.functional.cosine_similarity nn.functional.linear nn.functional.prelu"
        " nn.functional.pad nn.functional.scaled_dot_product_attention outer"
        " tensordot",
    ("saved", "an index, a mask or a limit that was cast or broadcast first"):
        "clamp gather masked_scatter masked_select",
    ("saved", "less than torch saves"):
        "cumprod index_add index_reduce logcumsumexp nn.functional.batch_norm nn.functional.rrelu",
}  # fmt: skip


OPERATORS = opinfo.operators(tinytorch)
ROWS = [(aspect, name) for (aspect, _), names in KNOWN.items() for name in names.split()]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_operator(name):
    differ = set()
    for op in OPERATORS[name]:
        for dtype, most, deep in SAMPLES:
            if dtype in op.dtypes:
                for call in opinfo.calls(op, tinytorch, dtype, most):
                    differ |= opinfo.differing(tinytorch, call, deep)
    known = {aspect for aspect, known in ROWS if known == name}
    firm = {a for (a, why), names in KNOWN.items()
            if name in names.split() and not why.startswith("torch is")}  # fmt: skip
    assert firm <= differ <= known


def test_what_is_known_is_here():
    assert {name for _, name in ROWS} <= OPERATORS.keys()
    assert len(ROWS) == len(set(ROWS))
