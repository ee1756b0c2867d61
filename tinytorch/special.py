"""torch.special: names for what the op table holds; nothing is computed here."""

from __future__ import annotations

from .ops.special import special
from .registry import functions

_SAME = {
    "expit": "sigmoid", "exp2": "exp2", "expm1": "expm1", "log1p": "log1p", "erf": "erf",
    "erfc": "erfc", "erfinv": "erfinv", "gammaln": "lgamma", "digamma": "digamma",
    "psi": "digamma", "polygamma": "polygamma", "multigammaln": "mvlgamma", "gammainc": "igamma",
    "gammaincc": "igammac", "i0": "i0", "logit": "logit", "round": "round", "sinc": "sinc",
    "xlogy": "xlogy", "logsumexp": "logsumexp", "softmax": "softmax",
    "log_softmax": "log_softmax",
}  # fmt: skip

globals().update({new: functions[old] for new, old in _SAME.items() if old in functions})
globals().update(special)
__all__ = [*(new for new, old in _SAME.items() if old in functions), *special]
