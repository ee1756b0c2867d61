"""``torch.ops``: torch's names of operations, as objects that policies and lists can hold.

torch has an object for every overload of every operation of its own; programs mostly compare them,
as a selective checkpoint does. Here an operation is known by its name, so all overloads of a name
are equal. Calling one calls the public function of that name.
"""

from __future__ import annotations

from types import SimpleNamespace

_TENSOR = frozenset(
    "add sub mul div pow eq ne lt le gt ge fmod remainder bitwise_and bitwise_or bitwise_xor"
    " floor_divide true_divide rsub copysign".split()
)  # whose overload for tensors is called Tensor


class OpOverload:
    """One overload of an operation: ``torch.ops.aten.mm.default``."""

    def __init__(self, overloadpacket, overload):
        self.overloadpacket, self._overloadname = overloadpacket, overload
        self.__name__ = f"{overloadpacket.__name__}.{overload}"
        self.namespace = overloadpacket._namespace

    def name(self):
        """As in ``aten::mm``, with the overload unless that is the default one."""
        tail = "" if self._overloadname == "default" else "." + self._overloadname
        return self.overloadpacket._qualified_op_name + tail

    def __call__(self, *args, **kwargs):
        return self.overloadpacket(*args, **kwargs)

    def __eq__(self, other):
        return isinstance(other, OpOverload) and other.overloadpacket is self.overloadpacket

    def __hash__(self):
        return hash(self.overloadpacket)

    def __str__(self):
        return f"{self.namespace}.{self.__name__}"

    def __repr__(self):
        return f"<OpOverload(op='{self.namespace}.{self.overloadpacket.__name__}', overload='" + (
            f"{self._overloadname}')>"
        )


class OpOverloadPacket:
    """An operation with all its overloads: ``torch.ops.aten.mm``."""

    def __init__(self, namespace, name):
        self._namespace, self.__name__ = namespace, name
        self._qualified_op_name = f"{namespace}::{name}"

    def __getattr__(self, overload):
        if overload.startswith("__"):
            raise AttributeError(
                f"'{type(self).__name__}' object has no attribute '{overload}'"
            )  # fmt: skip
        made = self.__dict__[overload] = OpOverload(self, overload)
        return made

    def __call__(self, *args, **kwargs):
        from .registry import functions, methods

        fn = functions.get(self.__name__) or methods.get(self.__name__)
        if fn is None:
            raise NotImplementedError(f"{self} has no function of its name here")
        return fn(*args, **kwargs)

    def __str__(self):
        return f"{self._namespace}.{self.__name__}"

    def __repr__(self):
        return f"<OpOverloadPacket(op='{self}')>"


class _OpNamespace:
    """The operations of one library, each made when it is first named."""

    def __init__(self, name):
        self.name = name

    def __getattr__(self, op):
        if op.startswith("__"):
            raise AttributeError(f"'_OpNamespace' '{self.name}' object has no attribute '{op}'")
        made = self.__dict__[op] = OpOverloadPacket(self.name, op)
        return made


aten, prim = _OpNamespace("aten"), _OpNamespace("prim")


def _enter(name, args=None):
    from .autograd.profiler import record_function

    return record_function(name, args).__enter__()


profiler = SimpleNamespace(
    _record_function_enter=_enter,
    _record_function_enter_new=_enter,
    _record_function_exit=lambda handle: handle.__exit__(None, None, None),
)
namespaces = {"aten": aten, "prim": prim, "profiler": profiler}


_PRODUCTS: dict[tuple[int, ...], str] = {(1, 1): "dot", (2, 1): "mv", (2, 2): "mm"}


def op_of(kernel, args):
    """The overload that a kernel most likely serves, of these arguments."""
    from .watching import operation

    name = operation(kernel, args)
    ranks = tuple(len(x.shape) for x in args if hasattr(x, "shape"))
    if kernel == "matmul":
        name = _PRODUCTS.get(ranks, "bmm")
    elif kernel == "linear":
        name = "mm" if len(ranks) < 3 else "addmm"
    return getattr(getattr(aten, name), "Tensor" if name in _TENSOR else "default")
