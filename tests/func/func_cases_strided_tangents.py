"""as_strided looks at the memory of a tangent where it looks at that of its tensor."""

from func_registry import case, grid


@case
def tangents_of_strided_looks(torch, say):
    import torch.autograd.forward_ad as fw

    root = grid(torch, 20)
    for x in (root[5:15].detach(), grid(torch, 3, 4)[1:, 1:].detach()):

        def look(x):
            return torch.as_strided(x, (2, 2), (1, 3))

        say(torch.func.jacfwd(look)(x), torch.func.jacrev(look)(x))
        say(torch.func.vmap(lambda u, x=x, f=look: torch.func.jvp(f, (x,), (u,))[1], 1)(
            torch.stack([x, x * 2], 1)))  # fmt: skip
        with fw.dual_level():
            say(fw.unpack_dual(look(fw.make_dual(x, x * 3))).tangent)
