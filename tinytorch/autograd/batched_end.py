"""What becomes of a level's namespace when its function is over.

Gradients still come back through it, as long as the graph lives. A tensor that was kept from inside
is another matter: its examples belong to no vmap any more, so that ops on it raise, as in torch.
"""

from __future__ import annotations

from ..primitive import _forwards
from .batched import ALONG, MAPPED, REDUCED, Batched
from .modes import LOCAL

TEXT = (
    "Either your tensor may have escaped from inside a function being vmapped and this is a user "
    "error (see https://pytorch.org/functorch/stable/ux_limitations.html), or there is an internal "
    "functorch error in `{}` Please file an issue if it looks like the latter"
)
KERNELS = MAPPED | ALONG | frozenset(
    "reshape permute_dims broadcast_to concat flip tril triu matmul getitem put put_add take"
    " take_along_axis nonzero masked_scatter".split()
)  # fmt: skip
RULES = {
    **dict.fromkeys((*REDUCED, "argmax", "argmin"), "boxed_reduction_batch_rule"),
    "within": "binary_cross_entropy_plumbing",
}


class Ended(Batched):
    """A `Batched` whose kernels are for the engine alone."""

    def __getattribute__(self, name):
        if LOCAL.task is None:
            rule = RULES.get(name)
            if rule is None and (name in KERNELS or name in _forwards):
                rule = "gen_vmap_plumbing"
            if rule is not None:
                raise RuntimeError(TEXT.format(rule))
        return super().__getattribute__(name)

    def written(self, args):
        if LOCAL.task is None:
            rule = "gen_vmap_inplace_plumbing" if args else "boxed_tensor_inputs_batch_rule"
            raise RuntimeError(TEXT.format(rule))
        return self


def end(level):
    """Close a level: what was made in it belongs to the engine from now on."""
    level.homes.clear()
    for P in level.made.values():
        P.__class__ = Ended
