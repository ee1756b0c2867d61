"""What custom Functions keep alive, what they give back as it came, and how such tensors print."""

import gc
import weakref

from transcript import case


class NoCollector:
    """A block in which only references that nobody holds are gone."""

    def __enter__(self):
        gc.disable()

    def __exit__(self, *exc):
        gc.enable()


@case
def kept_until_read(torch, say):
    class Once(torch.autograd.Function):
        clear_saved_tensors_on_access = True

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            ref = weakref.ref(x)
            del x
            say("alive", ref() is not None, ctx._raw_saved_tensors)
            return g

    a = torch.ones(2, requires_grad=True)
    with NoCollector():
        y = Once.apply(a.clone())
        y.sum().backward(retain_graph=True)
        say.fails(y.sum().backward)
    y = Once.apply(a)
    y.grad_fn.maybe_clear_saved_tensors()
    say(y.grad_fn.saved_tensors)
    say.fails(getattr, y.grad_fn, "saved_tensors")
    say.fails(y.sum().backward)


@case
def kept_of_a_written_view(torch, say):
    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            ctx.save_for_backward(x)
            return x

        @staticmethod
        def backward(ctx, g):
            say(ctx.saved_tensors)
            return g

    with NoCollector():
        for seen in (lambda x: x, lambda x: x.view_as(x), lambda x: x[:1]):
            a = torch.ones(2, requires_grad=True)
            x = seen(a.clone())
            y = Same.apply(x)
            say(y is x, y)
            y.sum().backward()
            say(a.grad)
            ref = weakref.ref(x)
            del x, y
            say("alive", ref() is not None)


@case
def kept_class_of_a_tensor(torch, say):
    class Mine(torch.Tensor):
        pass

    class Asked(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return super().__torch_function__(func, types, args, kwargs or {})

    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2

    for cls in (Mine, Asked):
        for grad in (False, True):
            x = torch.ones(2).as_subclass(cls).requires_grad_(grad)
            y = Same.apply(x)
            say(type(y).__name__, y is x, y.requires_grad, y._is_view())


@case
def kept_text_of_a_spoiled_view(torch, say):
    a = torch.ones(1, requires_grad=True)
    with torch.no_grad():
        b = a[:]
        b *= 2
    say(repr(a), repr(b))
    base = torch.ones(2, requires_grad=True).clone()
    part = base.unbind()[0]
    base.mul_(2)
    say(repr(part), repr(base))
