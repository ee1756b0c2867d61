"""Random factories and in-place samplers, over the host stream in `rng`.

Numbers are drawn on the host and moved to the tensor's device, so a seed gives the same numbers on
every backend. torch fills a tensor in the order of its memory, so the elements of a transposed
tensor are drawn along its strides: `Order` holds that order, `Order.draw` undoes it.
"""

from __future__ import annotations

import functools

import numpy as np

from . import dtypes
from .autograd.captured import refuse
from .autograd.inplace import write
from .autograd.modes import LOCAL, STATE
from .devices import namespace
from .dispatch import dtype_of
from .factories import factory, finish, raw_dtype, sizes
from .ops.table import broadcast_shape, primitive
from .random import default_generator, generator_of
from .registry import methods
from .storage import geometry, is_contiguous, write_raw
from .tensor import Tensor, fresh, made


def core_of(generator, place=None):
    """What draws: a given generator, or the default one of a tensor's or a named device."""
    if generator is None:
        P = getattr(place, "_p", None) or namespace(place)
        generator = default_generator if P.device.type == "cpu" else generator_of(P.device)
    return generator.core


def _rng():
    from . import rng

    return rng


def _outermost_first(shape, strides):
    """Dimensions from the outermost in memory to the innermost; expanded ones keep their place.

    It is the insertion sort of torch's iterator, which knows such dimensions as not comparable.
    """
    order = list(range(len(shape)))[::-1]
    for i in range(1, len(order)):
        at = i
        for j in range(i - 1, -1, -1):
            a, b = order[j], order[at]
            if not strides[a] or not strides[b]:
                continue
            if strides[a] < strides[b]:
                break
            if strides[a] > strides[b] or shape[a] > shape[b]:
                order[j], order[at] = b, a
                at = j
    return tuple(order[::-1])


class Order:
    """The order in which the elements of a tensor lie in memory.

    Inside vmap, ``outer`` is the order of the tensor outside of which this is an example.
    """

    __slots__ = ("axes", "contiguous", "outer", "shape")

    def __init__(self, shape, axes=None, contiguous=True, outer=None):
        self.shape, self.axes, self.contiguous, self.outer = shape, axes, contiguous, outer

    @classmethod
    def of(cls, t, vmaps=None):
        shape, strides, _ = geometry(fresh(t))
        outer = None
        vmaps = LOCAL.vmaps if vmaps is None else vmaps
        if vmaps:
            from .autograd.batched_random import whole_of

            u = whole_of(t, vmaps[-1])
            outer = None if u is None else cls.of(u, vmaps[:-1])
        if is_contiguous(shape, strides):
            return cls(shape, outer=outer)
        axes = _outermost_first(shape, strides)
        axes = None if axes == tuple(range(len(shape))) else axes
        return cls(shape, axes, False, outer)

    def dense(self):
        """The order of a new tensor laid out alike, without gaps."""
        outer = None if self.outer is None else self.outer.dense()
        return Order(self.shape, self.axes, self.axes is None, outer)

    def forward(self, a):
        """An array of the tensor's shape along memory."""
        return a if self.axes is None else np.ascontiguousarray(a.transpose(self.axes))

    def draw(self, sample):
        """``sample(shape)`` taken along memory, in the tensor's own shape."""
        if self.axes is None:
            return sample(self.shape)
        x = sample(tuple(self.shape[d] for d in self.axes))
        return x.transpose(np.argsort(self.axes))


def _host_dtype(P, dtype):
    return P.host.raw_dtype[dtype]


def _result(out, order, sample, dtype, device, requires_grad):
    """A new tensor of drawn numbers, or ``out`` filled with them.

    sample: ``f(shape, numpy dtype, contiguous)``.
    """
    if out is not None:
        refuse_out(out)
        if tuple(fresh(out)._raw.shape) != order.shape:
            out.resize_(order.shape)
        fill(out, sample)
        return out.requires_grad_() if requires_grad else out
    P = namespace(device)
    raw_dtype(P, dtype)
    d = _host_dtype(P, dtype)
    if LOCAL.vmaps:
        from .autograd.batched_random import draw

        P, raw = draw(P, order, lambda shape, dense: sample(shape, d, dense))
        return finish(P, raw, requires_grad)
    raw = P.draw(lambda: order.draw(lambda shape: sample(shape, d, order.contiguous)))
    return finish(P, raw, requires_grad)


def _by_level(fn):
    """A draw from the values of tensors: inside vmap, one draw for all its examples."""

    @functools.wraps(fn)
    def call(*args, **kwargs):
        if LOCAL.vmaps:
            from .autograd.batched_random import from_tensors

            refuse_out(kwargs.get("out"))
            return from_tensors(call, fn, args, kwargs)
        return fn(*args, **kwargs)

    return call


def refuse_out(out):
    """torch's refusal of ``out=`` for random numbers inside vmap."""
    if out is not None and LOCAL.vmaps:
        from .autograd.batched_random import OUT

        raise RuntimeError(OUT)


def _sample_into(t, sample):
    order = Order.of(t)
    d = _host_dtype(t._p, dtype_of(t))
    if LOCAL.vmaps:
        from .autograd.batched_random import draw_into

        return draw_into(t._p, order, lambda shape, dense: sample(shape, d, dense))
    return t._p.draw(lambda: order.draw(lambda shape: sample(shape, d, order.contiguous)))


def fill(t, sample):
    """Overwrite a tensor with drawn numbers, without history."""
    write_raw(t, _sample_into(t, sample))


# --- factories ------------------------------------------------------------------------------------


def _filled(name, sample):
    def random(*shape, size=None, generator=None, out=None, dtype=None, layout=None, device=None,
               requires_grad=False, pin_memory=False, names=None, memory_format=None):  # fmt: skip
        shape = _sizes(name, (size,) if size is not None else shape or _missing(name))
        core = core_of(generator, device if out is None else out)
        if dtype is None:
            dtype = dtypes.get_default_dtype() if out is None else out.dtype
        return _result(out, Order(shape), lambda s, d, c: sample(core, s, d, c), dtype, device,
                       requires_grad)  # fmt: skip

    random.__name__ = random.__qualname__ = name
    random.__doc__ = f"Drawn numbers in a shape (torch.{name}); any floating or complex dtype."
    return factory(random)


def _missing(name):
    raise TypeError(
        f"{name}() received an invalid combination of arguments - got (), but expected one of:\n"
        " * (tuple of ints size, *, torch.Generator generator, Tensor out = None)\n"
    )


def _sizes(name, size):
    first = size[0]
    if not isinstance(first, (int, np.integer, tuple, list, Tensor)):
        raise TypeError(
            f"{name}(): argument 'size' (position 1) must be tuple of ints, not "
            f"{type(first).__name__}"
        )
    for i, n in enumerate(size[1:], 2):
        if isinstance(n, float):
            raise TypeError(
                f"{name}(): argument 'size' failed to unpack the object at pos {i} with error "
                f'"type must be tuple of ints,but got {type(n).__name__}"'
            )
    return sizes(size)


rand = _filled("rand", lambda core, s, d, c: _rng().rand(core, s, d))
randn = _filled("randn", lambda core, s, d, c: _rng().randn(core, s, d, contiguous=c))


@factory
def randint(*args, low=None, high=None, size=None, generator=None, out=None, dtype=None,
            layout=None, device=None, requires_grad=False, pin_memory=False):  # fmt: skip
    """Integers from ``low`` (0) to before ``high`` in a shape (torch.randint)."""
    args = list(args)
    if size is None and args and (not isinstance(args[-1], int) or len(args) > 2):
        size = args.pop()
    if size is None and len(args) == 2:
        raise TypeError(
            "randint(): argument 'size' (position 2) must be tuple of ints, not "
            f"{type(args[1]).__name__}"
        )
    if high is None and args:
        high = args.pop()
    if low is None and args:
        low = args.pop()
    if high is None or size is None or args:
        raise TypeError("randint() received an invalid combination of arguments")
    lo, hi = low or 0, high
    core = core_of(generator, device if out is None else out)
    dtype = dtype or (dtypes.int64 if out is None else out.dtype)
    return _result(out, Order(sizes((size,))), lambda s, d, c: _rng().randint(core, lo, hi, s, d),
                   dtype, device, requires_grad)  # fmt: skip


@factory
def randperm(n, *, generator=None, out=None, dtype=None, layout=None, device=None,
             requires_grad=False, pin_memory=False):  # fmt: skip
    """The integers below ``n`` in random order (torch.randperm)."""
    if isinstance(n, float):
        raise TypeError("randperm(): argument 'n' (position 1) must be int, not float")
    core = core_of(generator, device if out is None else out)
    dtype = dtype or (dtypes.int64 if out is None else out.dtype)
    n = int(n)
    return _result(out, Order((n,)), lambda s, d, c: _rng().randperm(core, n, d), dtype, device,
                   requires_grad)  # fmt: skip


def _like(name, sample, bounds=None):
    def like(input, *args, dtype=None, layout=None, device=None, requires_grad=False,
             pin_memory=False, memory_format=None, generator=None, **kwargs):  # fmt: skip
        core = core_of(generator, device or input)
        extra = bounds(*args, **kwargs) if bounds else ()
        return _result(None, Order.of(input).dense(), lambda s, d, c: sample(core, s, d, c, *extra),
                       dtype or input.dtype, device or input.device, requires_grad)  # fmt: skip

    like.__name__ = like.__qualname__ = name
    like.__doc__ = f"Drawn numbers in the shape, dtype and device of a tensor (torch.{name})."
    return factory(like)


def _bounds(low=None, high=None):
    return (0, low) if high is None else (low or 0, high)


_like("rand_like", lambda core, s, d, c: _rng().rand(core, s, d))
_like("randn_like", lambda core, s, d, c: _rng().randn(core, s, d, contiguous=c))
_like("randint_like", lambda core, s, d, c, lo, hi: _rng().randint(core, lo, hi, s, d), _bounds)


# --- drawn from the values of tensors -------------------------------------------------------------


def _zero(P, g):
    return P.multiply(g, 0)


def _drawn(name, node, operands=("a",)):
    """A primitive whose result is given: it depends on no input smoothly, gradients are zero.

    Made on its first call: most programs never record a draw.
    """
    made = []

    def draw(*args):
        if not made:
            made.append(primitive(
                name, *(_zero for _ in operands), node=node, operands=operands, params=("value",),
                kernel=f"given{len(operands)}", forward=lambda P, *args: args[-1],
            ))  # fmt: skip
        return made[0](*args)

    return draw


_bernoulli = _drawn("bernoulli", "BernoulliBackward0")
_poisson = _drawn("poisson", "PoissonBackward0")
_normal_mean = _drawn("normal_mean", "NormalBackward1")
_normal_std = _drawn("normal_std", "NormalBackward2")
_normal_both = _drawn("normal_both", "NormalBackward3", ("a", "b"))


def _host(t):
    t = fresh(t)
    return np.asarray(t._p.to_host(t._raw))


def _kept(out, value):
    if out is None:
        return value
    from .registry import store_out

    store_out(out, value)
    return out


@_by_level
def bernoulli(input, p=None, *, generator=None, out=None):
    """Ones with the probabilities ``input``, or all with probability ``p`` (torch.bernoulli)."""
    core, P = core_of(generator, input), input._p
    d = _host_dtype(P, dtype_of(fresh(input)))
    if p is not None:
        shape = tuple(input.shape)
        raw = P.draw(lambda: _rng().bernoulli(core, p, shape, d))
        return _kept(out, made(P, raw))
    host = _rng().bernoulli_tensor(core, _host(input), d)
    return _kept(out, _bernoulli(input, P.from_host(host)))


@_by_level
def _drawn_rows(input, num_samples, replacement, generator):
    order = Order.of(input)
    along = order.forward(_host(input))
    probs = along if order.axes is None else along.transpose(np.argsort(order.axes))
    many = probs.shape[:-1] if probs.ndim > 2 else None
    if many:
        probs = probs.reshape(-1, probs.shape[-1])
    host = _rng().multinomial(core_of(generator, input), probs, num_samples, replacement)
    host = host.reshape(*many, num_samples) if many else host
    return made(input._p, input._p.from_host(host))


def multinomial(input, num_samples, replacement=False, *, generator=None, out=None):
    """Indices drawn with the weights in each row (torch.multinomial)."""
    if input.dim() not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    refuse_out(out)
    return _kept(out, _drawn_rows(input, num_samples, replacement, generator))


@_by_level
def poisson(input, generator=None):
    """Poisson counts with the rates ``input`` (torch.poisson)."""
    P = input._p
    return _poisson(input, P.from_host(_rng().poisson(core_of(generator, input), _host(input))))


@_by_level
def binomial(count, prob, generator=None):
    """Successes among ``count`` trials of probability ``prob`` (torch.binomial)."""
    host = _rng().binomial(core_of(generator, count), _host(count), _host(prob))
    return made(count._p, count._p.from_host(host))


@_by_level
def _standard_gamma(input, generator=None):
    """Gamma numbers of scale one (torch._standard_gamma); its gradient is not implemented."""
    if LOCAL.grad and input.requires_grad:
        raise NotImplementedError("the derivative for '_standard_gamma' is not implemented")
    P = input._p
    return made(P, P.from_host(_rng().gamma(core_of(generator, input), _host(input))))


@_by_level
def _sample_dirichlet(input, generator=None):
    """Points of the simplex (torch._sample_dirichlet); its gradient is not implemented."""
    if LOCAL.grad and input.requires_grad:
        raise NotImplementedError("the derivative for '_sample_dirichlet' is not implemented")
    P = input._p
    return made(P, P.from_host(_rng().dirichlet(core_of(generator, input), _host(input))))


for _fn in (bernoulli, multinomial, poisson, binomial, _standard_gamma, _sample_dirichlet):
    factory(_fn)
methods["bernoulli"], methods["multinomial"] = bernoulli, multinomial


@factory
@_by_level
def normal(mean=0.0, std=1.0, size=None, *, generator=None, out=None, dtype=None, layout=None,
           device=None, requires_grad=False, pin_memory=False):  # fmt: skip
    """Normal numbers; mean and deviation are numbers with a size, or tensors (torch.normal)."""
    a, b = isinstance(mean, Tensor), isinstance(std, Tensor)
    core = core_of(generator, mean if a else std if b else device if out is None else out)
    if not a and not b:
        if size is None:
            raise TypeError(
                "normal() received an invalid combination of arguments - got "
                f"({type(mean).__name__}, {type(std).__name__}), but expected one of:\n"
                " * (float mean, float std, tuple of ints size, *, torch.Generator generator = "
                "None, Tensor out = None)\n"
            )
        dtype = dtype or (dtypes.get_default_dtype() if out is None else out.dtype)
        return _result(
            out, Order(sizes((size,))),
            lambda s, d, c: _rng().randn(core, s, d, mean, std, contiguous=c), dtype, device,
            requires_grad,
        )  # fmt: skip
    like = mean if a else std
    if a and b:
        broadcast_shape(tuple(mean.shape), tuple(std.shape))
    d = _host_dtype(like._p, dtype_of(fresh(like)))
    host = _rng().normal_tt(core, _host(mean) if a else mean, _host(std) if b else std, d)
    raw = like._p.from_host(host)
    if a and b:
        return _kept(out, _normal_both(mean, std, raw))
    return _kept(out, _normal_mean(mean, raw) if a else _normal_std(std, raw))


# --- in-place samplers ----------------------------------------------------------------------------


def _inplace(name, sample, node, nodes=()):
    """Publish ``Tensor.name``: ``sample(core, shape, dtype, contiguous, *args)`` over ``self``."""
    prims = {None: _drawn(name, node), **{k: _drawn(f"{name}{k}", n) for k, n in nodes}}

    def method(self, *args, generator=None, **kwargs):
        core = core_of(generator, self)
        fresh(self)
        if STATE.exotic and LOCAL.tracks:
            refuse(self, name.strip("_").removesuffix("_number"), args, kwargs)
        prim = prims.get(len(args) + len(kwargs), prims[None])
        return write(
            self, lambda t: prim(
                t, _sample_into(self, lambda s, d, c: sample(core, s, d, c, *args, **kwargs))),
        )  # fmt: skip

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Overwrite with drawn numbers (torch.Tensor.{name})."
    methods[name] = method


def _random(core, s, d, c, *args, **kwargs):
    lo, hi = kwargs.get("from"), kwargs.get("to")
    if len(args) == 1:
        lo, hi = (0, args[0]) if hi is None else (args[0], hi)
    elif args:
        lo, hi = args
    return _rng().random_(core, s, d, lo, hi)


_inplace("normal_", lambda core, s, d, c, mean=0.0, std=1.0:
         _rng().randn(core, s, d, mean, std, contiguous=c), "NormalBackward0")  # fmt: skip
_inplace("uniform_", lambda core, s, d, c, a=0.0, b=1.0, **k:
         _rng().rand(core, s, d, k.get("from", a), k.get("to", b)), "UniformBackward0")  # fmt: skip
_inplace("random_", _random, "RandomBackward2", [(1, "RandomBackward1"), (2, "RandomBackward0")])
_inplace("exponential_", lambda core, s, d, c, lambd=1.0:
         _rng().exponential(core, s, d, lambd), "ExponentialBackward0")  # fmt: skip
_inplace("geometric_", lambda core, s, d, c, p: _rng().geometric(core, s, d, p),
         "GeometricBackward0")  # fmt: skip
_inplace("cauchy_", lambda core, s, d, c, median=0.0, sigma=1.0:
         _rng().cauchy(core, s, d, median, sigma), "CauchyBackward0")  # fmt: skip
_inplace("log_normal_", lambda core, s, d, c, mean=1.0, std=2.0:
         _rng().log_normal(core, s, d, mean, std), "LogNormalBackward0")  # fmt: skip
_inplace("_bernoulli_number_", lambda core, s, d, c, p=0.5: _rng().bernoulli(core, p, s, d),
         "BernoulliBackward2")  # fmt: skip
_bernoulli_number = methods.pop("_bernoulli_number_")
_bernoulli_given = _drawn("bernoulli_given", "BernoulliBackward1")


def bernoulli_(self, p=0.5, *, generator=None):
    """Overwrite with ones of probability ``p``, a number or a tensor (torch.Tensor.bernoulli_)."""
    if not isinstance(p, Tensor):
        return _bernoulli_number(self, p, generator=generator)
    if STATE.exotic and LOCAL.tracks:
        refuse(self, "bernoulli", (p,))
    if LOCAL.vmaps:
        from .autograd.batched_random import bernoulli_given

        return bernoulli_given(self, p, generator)
    core, order, P = core_of(generator, self), Order.of(self), self._p
    probs = order.forward(np.broadcast_to(_host(p), order.shape))
    d = _host_dtype(P, dtype_of(self))
    host = order.draw(lambda shape: _rng().bernoulli_tensor(core, probs, d))
    return write(self, lambda t: _bernoulli_given(t, P.from_host(host)))


methods["bernoulli_"] = bernoulli_


# --- for other ops --------------------------------------------------------------------------------


def drawn(like, order, sample):
    """A tensor without history in the dtype and on the device of ``like``, drawn in ``order``."""
    return _result(None, order, sample, dtype_of(fresh(like)), like.device, False)


def coins(core, p, shape, dtype):
    """Ones with probability ``p``."""
    return _rng().bernoulli(core, p, shape, dtype)


def positions_below(ones, input, lower, upper):
    """``ones`` with a uniform slope drawn for each element of ``input`` that is not positive."""
    P = input._p
    host, slopes = _host(input), np.array(_host(ones))
    low = ~(host > 0)
    n = int(low.sum())
    u = _rng().rand(default_generator.core, (n,), np.float64, lower, upper)
    slopes[low] = u.astype(slopes.dtype)
    return made(P, P.from_host(slopes))
