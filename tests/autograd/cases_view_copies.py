"""Copies of what views show, and what the functions of shapes refuse."""

from transcript import case

CALLS = {
    "alias": (), "as_strided": ((2,), (1,)), "diagonal": (), "expand": ((3, 4, 2),),
    "permute": ((1, 0),), "select": (0, 1), "slice": (0, 1, 3), "split": (2,),
    "split_with_sizes": ((1, 3),), "squeeze": (), "t": (), "transpose": (0, 1), "unbind": (),
    "unfold": (0, 2, 1), "unsqueeze": (0,), "view": ((8,),), "view_as_real": (),
}  # fmt: skip


@case
def copies_of_views(torch, say):
    for name, args in CALLS.items():
        a = torch.arange(8.0).view(4, 2).clone().requires_grad_()
        x = torch.view_as_complex(a) if name == "view_as_real" else a
        out = getattr(torch, name + "_copy")(x, *args)
        many = out if isinstance(out, tuple) else (out,)
        say(name, out, [t._is_view() for t in many], [t.is_contiguous() for t in many])
        (g,) = torch.autograd.grad(sum((t**2).sum() for t in many), a, create_graph=True)
        say(g.detach(), torch.autograd.grad(g.sum(), a)[0])


@case
def copies_and_their_ends(torch, say):
    a = torch.arange(8.0).view(4, 2)
    c = a.clone().requires_grad_()
    o = torch.empty(2)
    say(torch.diagonal_copy(a, out=o) is o, o)
    parts = (torch.empty(2, 2), torch.empty(2, 2))
    torch.split_copy(a, 2, out=parts)
    say(parts)
    say(torch.squeeze_copy(c, 0), torch.squeeze_copy(c[:1], 0), torch.squeeze_copy(c[:1], (0, 1)))
    say(torch.view_copy(a, torch.int32), torch.as_strided_copy(a[1:], (2,), (1,)))
    say(torch.view_copy(a.t(), (8,)), torch.detach_copy(a), torch.slice_copy(a, 0, 1, None, 2))
    say.fails(torch.view_copy, a, (3,))
    say.fails(torch.detach_copy, c)
    say.fails(torch.view_as_complex_copy, c)


@case
def refusals_of_shapes(torch, say):
    x = torch.arange(6.0).view(2, 3)
    for shapes in (
        (), ([1, 4],), ((3, 5), (2, 4, 1)), ((-1,),), (1.5, 2), ((1.5, 2.0),), ((0,), (3,)),
        ((2, 1), (1, 3), 3), (1, (5,)),
    ):  # fmt: skip
        try:
            say(tuple(torch.broadcast_shapes(*shapes)))
        except (RuntimeError, TypeError, ValueError) as e:
            say(e)
    say.fails(x.view, -2, 3)
    say.fails(x.reshape, 3, -5)
    for start in (torch.tensor(0.0), torch.tensor([0])):
        say.fails(x.narrow, 0, start, 1)
    say(x.narrow(0, torch.tensor(1), 1))
    for sizes in ([2, 4, 2**29, 2**29], [8, 8, 2**29, 2**29], [0, 4, 2305843009213693952]):
        say.fails(torch.empty((), dtype=torch.float64).resize_, sizes)
    say.fails(torch.tensor_split, x, torch.tensor(1.1))
    say.fails(torch.tensor_split, x, torch.tensor([[1]]))
    y = torch.zeros(2, 2, 2)
    for t, name in ((y, "H"), (y[0, 0], "H"), (y[0, 0], "mH"), (y[0, 0], "mT")):
        say.fails(getattr, t, name)
    say.fails(y[0, 0].adjoint)
