"""Loss modules: a row each of its function and its arguments."""

from __future__ import annotations

from .. import functional as F
from .._losses import _legacy
from .module import Module


class _Loss(Module):
    def __init__(self, size_average=None, reduce=None, reduction="mean"):
        super().__init__()
        self.reduction = _legacy(size_average, reduce, reduction)


class _WeightedLoss(_Loss):
    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


def loss(name, fn, *, before=(), after=(), weighted=False, legacy=True, order=None):
    """A loss class: ``before`` and ``after`` are (argument, default) around torch's own three.

    order: the names in torch's order where that is another.
    """
    base = _WeightedLoss if weighted else _Loss
    middle = ((("weight", None),) if weighted else ()) + before
    old = (("size_average", None), ("reduce", None)) if legacy else ()
    spec = middle + old + (("reduction", "mean"),) + after
    if order is not None:
        spec = tuple((k, dict(spec)[k]) for k in order)
    own = tuple(k for k, _ in (*before, *after))

    def __init__(self, *given, **named):
        names = [k for k, _ in spec]
        if len(given) > len(names) or set(named) - set(names):
            raise TypeError(f"{name}.__init__() got an unexpected argument")
        values = {**dict(spec), **dict(zip(names, given, strict=False)), **named}
        args = (values.get("size_average"), values.get("reduce"), values["reduction"])
        base.__init__(self, *((values["weight"],) if weighted else ()), *args)
        for k in own:
            if k == "pos_weight":
                self.register_buffer(k, values[k])
            else:
                setattr(self, k, values[k])

    def forward(self, *tensors, **more):
        kwargs = {k: getattr(self, k) for k in own}
        if weighted:
            kwargs["weight"] = self.weight
        return fn(*tensors, **more, reduction=self.reduction, **kwargs)

    return type(name, (base,), {
        "__init__": __init__, "forward": forward, "__module__": __name__,
        "__doc__": f"`functional.{fn.__name__}` as a module (torch.nn.{name}).",
    })  # fmt: skip


MSELoss = loss("MSELoss", F.mse_loss)
L1Loss = loss("L1Loss", F.l1_loss)
_CLASSES = ("weight", "size_average", "ignore_index", "reduce", "reduction")
NLLLoss = loss(
    "NLLLoss", F.nll_loss, weighted=True, before=(("ignore_index", -100),), order=_CLASSES
)
CrossEntropyLoss = loss(
    "CrossEntropyLoss", F.cross_entropy, weighted=True, before=(("ignore_index", -100),),
    after=(("label_smoothing", 0.0),), order=(*_CLASSES, "label_smoothing"),
)  # fmt: skip
BCELoss = loss("BCELoss", F.binary_cross_entropy, weighted=True)
BCEWithLogitsLoss = loss(
    "BCEWithLogitsLoss", F.binary_cross_entropy_with_logits, weighted=True,
    after=(("pos_weight", None),),
)  # fmt: skip
SmoothL1Loss = loss("SmoothL1Loss", F.smooth_l1_loss, after=(("beta", 1.0),))
HuberLoss = loss("HuberLoss", F.huber_loss, legacy=False, after=(("delta", 1.0),))
KLDivLoss = loss("KLDivLoss", F.kl_div, after=(("log_target", False),))
PoissonNLLLoss = loss(
    "PoissonNLLLoss", F.poisson_nll_loss, before=(("log_input", True), ("full", False)),
    after=(("eps", 1e-8),),
)  # fmt: skip
SoftMarginLoss = loss("SoftMarginLoss", F.soft_margin_loss)
HingeEmbeddingLoss = loss("HingeEmbeddingLoss", F.hinge_embedding_loss, before=(("margin", 1.0),))
MarginRankingLoss = loss("MarginRankingLoss", F.margin_ranking_loss, before=(("margin", 0.0),))
CosineEmbeddingLoss = loss(
    "CosineEmbeddingLoss", F.cosine_embedding_loss, before=(("margin", 0.0),)
)
TripletMarginLoss = loss(
    "TripletMarginLoss", F.triplet_margin_loss,
    before=(("margin", 1.0), ("p", 2.0), ("eps", 1e-6), ("swap", False)),
)  # fmt: skip


class GaussianNLLLoss(_Loss):
    """`functional.gaussian_nll_loss` as a module (torch.nn.GaussianNLLLoss)."""

    def __init__(self, *, full=False, eps=1e-6, reduction="mean"):
        super().__init__(None, None, reduction)
        self.full, self.eps = full, eps

    def forward(self, input, target, var):
        return F.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)
