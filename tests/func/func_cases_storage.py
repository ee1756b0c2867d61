"""What a tensor inside a transform does not show: its memory, its address, its own gradient."""

import copy
import pickle

from func_registry import case


@case
def memory_inside(torch, say):
    from torch.func import grad, jvp, vmap

    x = torch.tensor([1.0, 2.0])

    def show(a):
        for f in (lambda t: t.detach().numpy(), lambda t: t.numpy(force=True), lambda t: t.numpy(),
                  lambda t: t.data_ptr() > 0, lambda t: t.untyped_storage().nbytes(),
                  copy.deepcopy, pickle.dumps, lambda t: (t * 2).retain_grad(),
                  lambda t: t.sum().backward()):  # fmt: skip
            try:
                say(type(f(a)))
            except (RuntimeError, NotImplementedError) as e:
                say(type(e), str(e))
        return a.sum()

    grad(show)(x)
    jvp(show, (x,), (x,))
    vmap(show)(x[None])
    vmap(grad(show))(x[None])
    grad(lambda a: vmap(show)(a[None]).sum())(x)
    grad(lambda a: (say(copy.deepcopy(x), x.data_ptr() > 0), a.sum())[1])(x)


@case
def arrays_in_a_forward(torch, say):
    from torch.func import grad, jacfwd, jacrev, vmap

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(x):
            say(repr(x), repr(torch.zeros(2)))
            return torch.tensor(x.cpu().numpy() ** 2)

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(inputs[0])
            ctx.save_for_forward(inputs[0])

        @staticmethod
        def backward(ctx, g):
            if g.dim() == 1:
                say(repr(g), type(ctx))
            return 2 * g * ctx.saved_tensors[0]

        @staticmethod
        def jvp(ctx, u):
            return 2 * u * ctx.saved_tensors[0]

        @staticmethod
        def vmap(info, in_dims, x):
            say(in_dims, x.shape)
            return Square.apply(x), in_dims[0]

    x = torch.tensor([1.0, 2.0, 3.0])
    say(grad(lambda a: Square.apply(a).sum())(x))
    say(grad(lambda a: grad(lambda b: Square.apply(b).sum())(a).sum())(x))
    say(jacrev(Square.apply)(x), jacfwd(Square.apply)(x))
    say(vmap(Square.apply, in_dims=1)(x[None].expand(2, 3).clone()))
    kept = torch.ones(3)

    class Counting(Square):
        @staticmethod
        def forward(x):
            kept.add_(1)
            return x * kept

    say(grad(lambda a: Counting.apply(a).sum())(x), kept)


@case
def trees_of_dimensions(torch, say):
    from torch.func import vmap

    class Pick(torch.autograd.Function):
        @staticmethod
        def forward(x, ys):
            return x * ys[0]

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

        @staticmethod
        def vmap(info, in_dims, x, ys):
            say(info.batch_size, info.randomness, in_dims)
            return Pick.what(x, ys, in_dims)

    x, y = torch.arange(6.0).reshape(2, 3), torch.ones(3)
    for what in (lambda x, ys, d: (x, d[0]), lambda x, ys, d: x, lambda x, ys, d: (x,),
                 lambda x, ys, d: (x, x, 0, 0), lambda x, ys, d: (x, (None,)),
                 lambda x, ys, d: ([x], (None,)), lambda x, ys, d: ((x, ys[0]), (d[0], d[1][0])),
                 lambda x, ys, d: ({"k": x}, d[0])):  # fmt: skip
        Pick.what = staticmethod(what)
        try:
            say(vmap(lambda a: Pick.apply(a, [a, {"m": a, "n": y, "o": 3}]), in_dims=1)(x))
        except RuntimeError as e:
            say(str(e))


@case
def inputs_saved_as_they_are(torch, say):
    from torch.func import grad, jvp

    x = torch.ones(2)

    def function(save, dirty=False):
        class As(torch.autograd.Function):
            @staticmethod
            def forward(x):
                return x

            @staticmethod
            def setup_context(ctx, inputs, output):
                if dirty:
                    ctx.mark_dirty(inputs[0])
                save(ctx, inputs[0], output)

            @staticmethod
            def backward(ctx, g):
                return g

            @staticmethod
            def jvp(ctx, u):
                return u.add_(0) if dirty else u.view_as(u)

        return As

    for save in (lambda c, i, o: c.save_for_backward(i), lambda c, i, o: c.save_for_forward(o),
                 lambda c, i, o: None):  # fmt: skip
        for dirty in (False, True):
            f = function(save, dirty).apply
            for run in (lambda f: f(x.clone()), lambda f: f(x.clone().requires_grad_() * 1),
                        lambda f: grad(lambda a: f(a.clone()).sum())(x),
                        lambda f: jvp(lambda a: f(a.clone()), (x,), (x.clone(),))):  # fmt: skip
                try:
                    out = run(f)
                    say(out.detach() if isinstance(out, torch.Tensor) else out)
                except RuntimeError as e:
                    say(str(e))
