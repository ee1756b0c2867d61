"""``torch.autograd.Function``: a user's own forward and backward as one node of the graph.

What users call `ctx`, and find again as `grad_fn`, must take any attribute they like, while the
engine's node has fields of its own (`shape`, `params`, ...). So the two are apart: the node is in
the graph, the ctx is a thin face of it, made when needed, whose instance dict is the node's
`fields`. The face holds the node and never the other way round, so that nothing is a cycle.
"""

from __future__ import annotations

import functools
import warnings

from ..tensor import Tensor
from . import custom, custom_saved, modes
from .graph import FREED, Node


class FunctionCtx:
    """What ``forward`` and ``backward`` call ``ctx`` (``torch.autograd.function.FunctionCtx``)."""

    def save_for_backward(self, *tensors):
        """Keep tensors (or None) for backward, under version control."""
        self.to_save = tensors

    def save_for_forward(self, *tensors):
        """Keep tensors for ``jvp``; AssertionError for anything else."""
        for t in tensors:
            if not isinstance(t, Tensor) and t is not None:
                raise AssertionError(
                    "save_for_forward expects all arguments to be tensors; you should save "
                    "non-tensors as attributes on ctx."
                )
        self.saved_for_forward = tensors

    def mark_dirty(self, *args):
        """Say which inputs forward has written in place."""
        self.dirty_tensors = args

    def mark_shared_storage(self, *pairs):
        """Does nothing: shared memory is always tracked (deprecated in torch)."""
        warnings.warn(
            "`mark_shared_storage` is deprecated. Tensors with shared storages are automatically "
            "tracked. Note that calls to `set_()` are not tracked",
            FutureWarning,
            stacklevel=2,
        )

    def mark_non_differentiable(self, *args):
        """Say which outputs have no gradient."""
        self.non_differentiable = args

    def set_materialize_grads(self, value):
        """Whether gradients that nobody sent arrive as zeros (the default) or as None."""
        self.materialize_grads = value


def _field(name):
    """A user's attribute that happens to have the name of a slot of Node."""

    def read(self):
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}"
            ) from None

    def write(self, value):
        self.__dict__[name] = value

    def delete(self):
        del self.__dict__[name]

    return property(read, write, delete)


def _switch(name, setter):
    """A bool that forward may set on ctx and nobody can read, as torch has them."""

    def read(self):
        raise AttributeError(
            f"attribute '{name}' of 'torch._C._FunctionBase' objects is not readable"
        )

    def write(self, value):
        if not isinstance(value, bool):
            raise TypeError(
                f"{setter} received an invalid combination of arguments - got (), but expected "
                "(bool)"
            )
        self.__dict__[name] = value

    return property(read, write)


class _Shown:
    """What ctx shows of its node; torch's Function has these names too."""

    to_save = dirty_tensors = non_differentiable = saved_for_forward = None
    _materialize_non_diff_grads = True
    materialize_grads = _switch("materialize_grads", "set_materialize_grads")
    _is_pure_view = _switch("_is_pure_view", "set_pure_view")

    @property
    def saved_tensors(self):
        if "saved_for_forward" in self.__dict__:
            return self.__dict__["saved_for_forward"]
        return custom_saved.read_saved(self._engine_node)

    @property
    def saved_variables(self):
        warnings.warn(
            "'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2
        )
        return custom_saved.unpack_saved(self._engine_node)

    @property
    def needs_input_grad(self):
        return self._engine_node.needs

    @property
    def next_functions(self):
        return self._engine_node.next_functions

    @property
    def metadata(self):
        return self._engine_node.metadata

    @property
    def _input_metadata(self):
        n = self._engine_node
        return n._input_metadata if n.edges else ()

    def name(self):
        return type(self).__name__

    @property
    def requires_grad(self):
        return bool(self._engine_node.edges)

    @property
    def _raw_saved_tensors(self):
        from .saved import SavedTensor

        n = self._engine_node
        if n.saved is None:
            raise RuntimeError(FREED)
        return tuple([SavedTensor(n, i) for i in range(len(n.saved))])

    def maybe_clear_saved_tensors(self):
        """Forget what was saved, where a Function has asked for that and it has been read."""
        if self.__dict__.get("_cleared"):
            self._engine_node.saved = ()

    def register_hook(self, fn):
        return self._engine_node.register_hook(fn)

    def register_prehook(self, fn):
        return self._engine_node.register_prehook(fn)


class BackwardCFunction(_Shown, FunctionCtx, Node):
    """Base of the classes of ``ctx`` and ``grad_fn`` of custom Functions."""

    __slots__ = ("_engine_node",)

    def apply(self, *args):
        """The user's backward on gradients given by hand."""
        if self._forward_cls.boxed_grads_call:
            args = (list(args),)
        return custom.backward_of(self._forward_cls)(self, *args)

    def apply_boxed(self, *args):
        """The user's backward on gradients in one list."""
        return custom.backward_of(self._forward_cls)(self, *args)

    def apply_jvp(self, *args):
        """The user's jvp on tangents given by hand."""
        return self._forward_cls.jvp(self, *args)

    def _sequence_nr(self):
        return self._engine_node.seq

    def __call__(self, *grads):
        raise TypeError(f"'{type(self).__name__}' object is not callable")

    def __repr__(self):
        return f"<torch.autograd.function.{type(self).__name__} object at {id(self):#x}>"


BackwardCFunction.__dir__ = object.__dir__
for _name in (*(s for s in Node.__slots__ if not s.startswith("__")), "op", "transparent"):
    setattr(BackwardCFunction, _name, _field(_name))


def face_class(cls, suffix, prefix=""):
    """The class of the ctx of a Function."""
    fields = {"_forward_cls": cls, "__module__": "torch.autograd.function"}
    return type(prefix + cls.__name__ + suffix, (BackwardCFunction,), fields)


custom.face_class = face_class


class FunctionMeta(type):
    """Makes the class of ``ctx`` and ``grad_fn``, ``NameBackward``, for each Function class."""

    def __init__(cls, name, bases, attrs):
        cls._backward_cls = face_class(cls, "Backward")
        super().__init__(name, bases, attrs)


def _count(fn):
    """How many parameters a plain function has."""
    return fn.__code__.co_argcount if hasattr(fn, "__code__") else None


class Function(_Shown, FunctionCtx, metaclass=FunctionMeta):
    """Base class of custom differentiable functions (``torch.autograd.Function``).

    Subclasses give static ``forward(ctx, *args)`` (or ``forward(*args)`` and
    ``setup_context(ctx, inputs, output)``) and static ``backward(ctx, *grad_outputs)``, and are
    used as ``MyFunction.apply(*args)``.
    """

    generate_vmap_rule = False
    clear_saved_tensors_on_access = False  # whether what was saved may be read once only
    boxed_grads_call = False  # whether backward gets its gradients as one list, to take from

    def __init__(self, *args, **kwargs):
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args, **kwargs):
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use "
            "new-style autograd function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def forward(*args, **kwargs):
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def setup_context(ctx, inputs, output):
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx, *grad_outputs):
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function "
            "to use it with backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx, *grad_inputs):
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with "
            "forward mode AD."
        )

    @staticmethod
    def vmap(info, in_dims, *args):
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or "
            "set generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Run forward and record one node for it."""
        separate = custom.separate(cls)
        if kwargs or separate and _count(cls.forward) != len(args):
            import inspect

            bound = inspect.signature(cls.forward).bind(
                *(() if separate else (None,)), *args, **kwargs
            )
            bound.apply_defaults()
            args = bound.args if separate else bound.args[1:]
        return custom.apply(cls, args)


custom.Function = Function


class InplaceFunction(Function):
    """A Function that says whether it works in place (deprecated in torch)."""

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace


def once_differentiable(fn):
    """Mark a backward that cannot be differentiated again (torch's decorator of that name)."""

    @functools.wraps(fn)
    def wrapper(ctx, *args):
        before = modes.LOCAL.grad
        modes._set_grad(False)
        try:
            outputs = fn(ctx, *args)
        finally:
            modes._set_grad(before)
        if not before:
            return outputs
        if not any(isinstance(a, Tensor) and a._node is not None for a in args):
            return outputs
        from .raising import apart, differentiable, raising_outputs

        several = isinstance(outputs, tuple)
        outs = outputs if several else (outputs,)
        ends = tuple(apart(t) if differentiable(t) else None for t in outs)
        made = raising_outputs(outs, ends)
        return made if several else made[0]

    return wrapper
