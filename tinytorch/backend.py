"""The contract between tinytorch and an array library: subclass :class:`Backend`.

This docstring and the class are the author's manual. A backend is a namespace of kernels over raw
arrays of one library on one device. The front end promotes dtypes first, so a kernel sees operands
of equal dtype (or Python numbers), and it never looks at a value, so kernels may be traced.

Raw arrays need ``.shape`` (a tuple of ints) and ``.dtype`` (hashable and comparable; one object per
dtype is faster, not required), nothing else. A kernel never changes its operands; `assign` does.

REQUIRED, on the class
    name            what users call it: ``tinytorch.set_backend(name)``
    device_types    torch device types it serves, e.g. ``("cuda",)``
    mutable         True if ``assign`` writes into an array in place and views alias it
    dtypes          torch dtype names it supports; tests of others are skipped, by declaration
REQUIRED, in ``setup(self)``, which runs once per device
    raw_dtype       dict from torch dtype (``tinytorch.dtypes``) to the library's dtype
    the kernels named in :data:`REQUIRED`, as methods or as attributes of ``self``
OPTIONAL
    every name in :data:`OPTIONAL` has a default here, made of the required ones: override for
    speed; and every op that is a composition (softmax, layer_norm, ...) may be overridden too, by
    an attribute of its kernel's name.
    dynamic_shapes, deterministic, strided: capabilities, see the class.

WHAT THE ARGUMENTS ARE
    axes is None or a tuple of non-negative ints, axis such an int (None too for argmax, argmin);
    dtype is one of the library's. Of two operands one may be a Python number no wider in category
    than the other's dtype (a bool beside ints, an int beside bools); they broadcast. A key is a
    tuple of ints, slices within bounds with positive steps, None, one Ellipsis, and integer arrays,
    which broadcast and take their place as in NumPy; a value put there broadcasts, and the last of
    several for one place stays.
WHAT RESULTS ARE, where libraries differ
    A sum, product or cumulative sum keeps its dtype; argmax, argmin, argsort, nonzero give int64.
    Bools add by or, multiply by and; they compare, order, sort and have extrema as 0 and 1.
    NaN is the largest when ordered, and is what extrema of it give; sorts are stable, argmax takes
    the first. round goes half to even, remainder has the divisor's sign, sign of NaN is 0.
    Integers divided by 0 (floor_divide, remainder) raise RuntimeError("ZeroDivisionError") unless
    the result is empty, powers to negative exponents give 0, 1 or -1. abs of unsigned, sign of
    bool, conj and real of real are the operand itself. astype from complex takes the real part;
    logical_not takes every dtype. matmul raises TypeError for two dtypes and for bools, unless
    there are none. Half precision is computed in single and rounded once.

Hold it to all this with ``tinytorch conformance --backend NAME``; `examples/third_party_backend`
is a whole one.
    out_kernels: names of elementwise kernels that take an array to write into as last argument.

Gradient rules say ``times(g, x)`` and ``over(g, x)`` for g times, or over, the conjugate of x: they
are the plain product and quotient on this namespace, and take the conjugate on its twin ``wide``,
which the engine uses for nodes of complex results.
"""

from __future__ import annotations

import copy
import functools
import math

from . import dtypes, primitive
from .autograd.graph import LEAF
from .devices import device, namespace
from .hookspec import hookimpl
from .storage import contiguous_strides
from .tensor import Tensor, fresh

REQUIRED = {
    "transfer": "from_host(ndarray) to_host(x) copy(x) own(x)",
    "creation": "full(shape, value, dtype) arange(start, stop, step, dtype) astype(x, dtype)",
    "shape": "reshape(x, shape) permute_dims(x, axes) broadcast_to(x, shape) concat(xs, axis)"
             " flip(x, axes)",
    "index": "getitem(x, key) take(x, i, axis) take_along_axis(x, i, axis) nonzero(x)"
             " argsort(x, axis, descending, stable) where(c, x, y) put(x, key, v)",
    "reduce": "sum(x, axes, keepdims) prod(x, axes, keepdims) max(x, axes, keepdims)"
              " min(x, axes, keepdims) argmax(x, axis, keepdims) argmin(x, axis, keepdims)"
              " cumulative_sum(x, axis)",
    "contract": "matmul(x, y)",
    "unary": "abs negative exp expm1 log log1p sqrt sin cos tan asin acos atan sinh cosh tanh floor"
             " ceil round sign conj real imag",
    "binary": "add subtract multiply divide floor_divide remainder pow maximum minimum atan2 equal"
              " not_equal less less_equal greater greater_equal bitwise_and bitwise_or bitwise_xor"
              " bitwise_invert(x) bitwise_left_shift bitwise_right_shift logical_not(x)",
    "mutation (mutable only)": "assign(x, value)",
}  # fmt: skip


class Backend:
    """Kernels of one array library on one device; see the module for what to provide.

    dynamic_shapes: results whose shape depends on values (``nonzero``) are possible. deterministic:
    the same call twice gives the same bits. strided: raw arrays have NumPy's ``.strides``.
    replayed: kernels of views that do not alias even if ``mutable``; compositions join them.
    chooses_device: programs choose a current device, which one without an index stands for.
    """

    name = ""
    device_types = ()
    mutable = False
    dynamic_shapes = True
    deterministic = True
    strided = False
    chooses_device = False
    wide = narrow = None
    level = 0  # a namespace of a vmap has a number above
    levels: dict = {}
    out_kernels = frozenset()
    replayed = frozenset(("broadcast_to", "conj", "negative"))
    dtypes = tuple(dtypes.ALL)

    @classmethod
    def check_usable(cls):
        """Raise with a reason and a remedy if the backend cannot work on this machine."""

    @classmethod
    def located(cls, device):
        """The device that is meant by one, perhaps without an index; not asked for ``cpu``."""
        return device

    @classmethod
    def bind(cls, device):
        """The namespace for a device, set up."""
        self = cls()
        self.device = device
        self.host = self
        self.setup()
        self.raw_dtype = dtypes.ByDtype(self.raw_dtype)
        self.torch_dtype = {raw: d for d, raw in self.raw_dtype.items()}
        self._float_like = {raw for d, raw in self.raw_dtype.items() if d.category >= dtypes.FLOAT}
        self.complexes = {raw for d, raw in self.raw_dtype.items() if d.category == dtypes.COMPLEX}
        for name, d in dtypes.ALL.items():
            setattr(self, name, self.raw_dtype.get(d))
        self.widest = self.float64 or self.float32
        for name in dir(cls):
            if not name.startswith("_") and name not in self.__dict__:
                setattr(self, name, getattr(self, name))
        if self.device.type != "cpu" or self.chooses_device or not self.strided:
            from .devices import host_namespace

            self.host = host_namespace(self)
        primitive.bound(self)
        self.times, self.over = self.multiply, self.divide
        self.narrow = self
        self.wide = copy.copy(self)
        self.wide.times, self.wide.over = self._times_conj, self._over_conj
        return self

    def _times_conj(self, g, x):
        return self.multiply(g, self.conj(x) if hasattr(x, "dtype") else x.conjugate())

    def _over_conj(self, g, x):
        return self.divide(g, self.conj(x) if hasattr(x, "dtype") else x.conjugate())

    def setup(self):
        raise NotImplementedError(f"backend {self.name!r} must define setup()")

    def adopt(self, kernel, forward):
        """Take a composition for a kernel that this backend does not define itself."""
        if kernel not in self.__dict__:
            setattr(self, kernel, functools.partial(forward, self))
            if kernel != "alias":
                self.replayed |= {kernel}
            if self.wide is not None:
                setattr(self.wide, kernel, getattr(self, kernel))

    def differentiable(self, x):
        return x.dtype in self._float_like

    def __repr__(self):
        return f"<backend {self.name} on {self.device}>"

    # --- defaults made of the required kernels; override what the library does better ----------

    def own(self, x):
        """An array that can be written to and viewed (NumPy's scalars cannot)."""
        return x

    def laid_as(self, x, old):
        """An array, with the strides of another of its shape and dtype if arrays have strides."""
        return x

    def strides(self, x):
        """Strides in elements; contiguous where the library does not say."""
        return contiguous_strides(x.shape)

    def weak(self, value, dtype):
        """A Python float as an operand of arrays of ``dtype``."""
        return value

    def zeros(self, shape, dtype):
        return self.full(shape, 0, dtype)

    def ones(self, shape, dtype):
        return self.full(shape, 1, dtype)

    def cast_grad(self, g, dtype):
        """A gradient in the dtype of its input; the real part where the input is real."""
        if self.torch_dtype[g.dtype].is_complex and not self.torch_dtype[dtype].is_complex:
            g = self.real(g)
        return g if g.dtype == dtype else self.astype(g, dtype)

    def add_into(self, buffer, g):
        """``buffer + g``, in place if that is possible; the engine owns ``buffer``."""
        return self.add(buffer, g)

    def own_grad(self, g, alone):
        """A gradient array that nothing else refers to (``alone``: the engine's only reference)."""
        return self.copy(g) if self.mutable else g

    def put_flat(self, flat, index, values):
        """A 1-d array with ``values`` written at integer positions."""
        return self.put(flat, (index,), values)

    def put_add(self, x, key, value):
        """``x`` with ``value`` added at ``key``; a position named k times is written k times."""
        import numpy as np

        n = math.prod(x.shape)
        on_host = tuple(self.to_host(k) if hasattr(k, "dtype") else k for k in key)
        region = np.arange(n).reshape(x.shape)[on_host]
        index = region.reshape(-1)
        v = self.reshape(self.broadcast_to(value, region.shape), index.shape)
        order = np.argsort(index, kind="stable")
        first = np.searchsorted(index[order], index[order])
        turn = np.empty(len(index), np.int64)
        turn[order] = np.arange(len(index)) - first
        flat = self.reshape(x, (n,))
        for k in range(int(turn.max(initial=-1)) + 1):
            at = np.flatnonzero(turn == k)
            i = self.from_host(index[at])
            more = self.add(self.take(flat, i, 0), self.take(v, self.from_host(at), 0))
            flat = self.put_flat(flat, i, more)
        return self.reshape(flat, tuple(x.shape))

    def check_index(self, index, size, dim):
        """Integer indices made non-negative; torch's IndexError if one is out of bounds.

        Like `check_target` it reads values: a backend that traces overrides it to only wrap them.
        """
        host = self.to_host(index)
        bad = host[(host < -size) | (host >= size)]
        if bad.size and not size:
            raise IndexError("index is out of bounds for dimension with size 0")
        if bad.size:
            raise IndexError(
                f"index {bad.reshape(-1)[0]} is out of bounds for dimension {dim} with size {size}"
            )
        return self.where(self.less(index, 0), self.add(index, size), index)

    def check_target(self, target, classes, ignore):
        """torch's IndexError if one of the class numbers is neither ``ignore`` nor a class."""
        host = self.to_host(target)
        bad = host[(host != ignore) & ((host < 0) | (host >= classes))]
        if bad.size:
            raise IndexError(f"Target {bad.reshape(-1)[0]} is out of bounds.")

    def within(self, x, low, high):
        """Whether all elements lie from ``low`` to ``high``; reads values, like `check_target`."""
        inside = self.logical_and(self.greater_equal(x, low), self.less_equal(x, high))
        return bool(self.to_host(self.all(inside, None, False)))

    def quiet(self):
        """Called when a tensor is made and when backward begins: keep the library from warning."""

    def fill_where(self, x, mask, value):
        """Set a writable array to a Python number where a mask of its shape is true."""
        self.assign(x, self.where(mask, self.full((), value, x.dtype), x))

    def draw(self, make):
        """The array of what ``make()`` draws on the host; a captured program draws anew."""
        return self.from_host(make())

    def scalars(self, fn, *xs):
        """``fn`` of the numbers in 0-d arrays (or of numbers): Python numbers, to be operands.

        A captured program computes them again on each run, perhaps inside a program of the
        backend: so ``fn`` with arguments is made of operators only and reads nothing else that
        changes. Without arguments it runs on the host and may read what it likes.
        """
        return fn(*[self.to_host(x).item() if hasattr(x, "dtype") else x for x in xs])

    def host_cast(self, a, dtype):
        """Data of the host, not yet a tensor's, in a dtype of this namespace, the host's."""
        return self.astype(a, dtype)

    def receive(self, source, x):
        """An array of the namespace ``source`` copied to this one."""
        return self.from_host(source.to_host(x))

    def receive_later(self, source, x):
        """`receive` that need not be done when it returns, if ``x`` lies in page-locked memory."""
        return self.receive(source, x)

    def compile_program(self, fn, donate=()):
        """``fn(*raws) -> tuple of raws``, a program of this namespace's kernels, made fast.

        ``donate``: positions of arguments whose memory may be used for results.
        """
        return fn

    def accept(self, x):
        """``x`` as a raw array of this namespace if its own library made it; None otherwise."""
        return None

    def from_dlpack(self, x):
        """An array over memory that another library offers by DLPack; at worst a copy of it."""
        import numpy as np

        return self.from_host(np.from_dlpack(x))

    def as_index(self, i):
        """A host array of positions as an index of this namespace; an index already is kept."""
        import numpy as np

        return self.from_host(i) if self.host is not self and isinstance(i, np.ndarray) else i

    def square(self, x):
        return self.multiply(x, x)


def from_array_api(xp, name, *, overrides=None, **flags):
    """A complete Backend subclass over the array-API namespace ``xp``, by a few flags.

    The flags, and what is raised, stand in :func:`tinytorch.array_api.from_array_api`.
    """
    from .array_api import from_array_api

    return from_array_api(xp, name, overrides=overrides, **flags)


def operands_of(kernel):
    """How many of the first arguments of a composition may be arrays."""
    ops = primitive.TABLE.values()
    return max((len(op.operands) for op in ops if op.kernel == kernel), default=1)


def take_apart(t):
    """(class, raw array, requires_grad, namespace) of a tensor, brought up to date."""
    raw = fresh(t)._raw
    return type(t), raw, t._node is not None, t._p


def put_together(cls, raw, requires_grad, P):
    """A tensor of a class over a raw array of namespace ``P``, a leaf without history."""
    t = object.__new__(cls)
    t._raw, t._p, t._st, t._ext = raw, P, None, None
    t._node = LEAF if requires_grad else None
    return t


def tensor_classes():
    """The classes of tensors, for libraries that want to know each: Tensor, Parameter, Buffer."""
    from .nn.parameter import Buffer, Parameter

    return Tensor, Parameter, Buffer


__all__ = [
    "OPTIONAL", "REQUIRED", "Backend", "device", "from_array_api", "hookimpl", "namespace",
    "operands_of", "put_together", "take_apart", "tensor_classes",
]  # fmt: skip

OPTIONAL = tuple(
    n for n in vars(Backend) if not n.startswith("_") and callable(getattr(Backend, n))
)
