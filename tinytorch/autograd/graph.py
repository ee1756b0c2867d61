"""The tape: nodes, their edges, and what they save.

A Node is one recorded operation. Its class is made once per op and carries the op's torch name and
its compiled gradient rule, so that recording an op stores only what differs from call to call.

An edge is one of: None (no gradient wanted), a Node, or the leaf Tensor itself. Letting the graph
hold the leaf keeps it alive as torch's AccumulateGrad does, and no cycle arises. An output of an op
with several outputs points at a small Output node, which hands its gradient to its parent.
"""

from __future__ import annotations

import itertools
import weakref

from ..blame import closed
from .modes import STATE

SEQ = itertools.count()


def coming_number():
    """The creation number that the next node will have."""
    return int(repr(SEQ)[len("count(") : -1])


DETACHED = (
    "Trying to use a saved tensor that has been detached in-place, i.e. with .detach_().This is "
    "not supported, please use out-of-place `.detach()` instead"
)
FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values of the graph are freed when you call "
    ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved tensors after calling backward."
)


class Node:
    """One recorded operation; what ``Tensor.grad_fn`` returns (``torch.autograd.graph.Node``).

    seq: creation number, the engine's order. edges: per operand, see the module. saved: operands
    that the rules ask for, None once freed. versions: of the saved operands, None if all are 0.
    P: the backend's namespace. shape, dtype: of the output, so that the engine can undo broadcasts
    and casts. params: arguments that are no tensors. out: the raw output, if a rule asks for it.
    out_st, out_version: the output's storage, once it has one, and its version when saved.
    notes: a dict of what few nodes have; not set in the others.
    """

    __slots__ = (
        "P",
        "__weakref__",
        "dtype",
        "edges",
        "hooks",
        "notes",
        "out",
        "out_st",
        "out_version",
        "params",
        "saved",
        "seq",
        "shape",
        "versions",
    )  # fmt: skip

    op = None
    transparent = False
    frees = True  # whether it saves values that a backward frees, beyond mere shapes
    voids = False  # whether that is so though nothing stands in ``saved``
    full_name = None  # torch's name where it differs from the class's
    asked = None  # which operands may have a gradient, if not all
    fixed = False  # whether its tensor may not be written in place
    replayed = False  # whether a write to its view leaves it out, for the steps from the base
    picks = False  # whether its hooks see only gradients that are wanted, though it is of no op
    own = True  # the history of one tensor, apart from that of its base
    runs_on_nothing = False  # whether it also runs if no gradient arrives at it
    public = property(lambda self: self)  # what users see of it

    def __new__(cls, *args, **kwargs):
        if cls is Node:
            raise TypeError(
                "Can't instantiate abstract class Node with abstract methods _input_metadata, "
                "_register_hook_dict, _sequence_nr, metadata, name, next_functions, register_hook, "
                "register_prehook"
            )
        raise TypeError(f"cannot create '{cls.__name__}' instances")

    def name(self):
        return self.full_name or type(self).__name__

    @property
    def many(self):
        """Whether it has several outputs, and shape and dtype are tuples of theirs."""
        return type(self.shape) is tuple and self.shape != () and type(self.shape[0]) is tuple

    @property
    def requires_grad(self):
        return True

    @property
    def next_functions(self):
        if self.edges is None:
            return ()
        if self.asked is not None:
            return tuple(public_edge(None if i is None else self.edges[i]) for i in self.asked)
        return tuple(public_edge(e) for e in self.edges)

    @property
    def metadata(self):
        """A dict for whatever users keep about the node."""
        return notes_of(self).setdefault("metadata", {})

    def _sequence_nr(self):
        return self.seq

    def _set_sequence_nr(self, nr):
        STATE.renumbered = True
        self.seq = nr

    def _register_hook_dict(self, hooks):
        """Call the functions of a dict, which may change, as tensor hooks of the first output."""
        from .hooks import hooks_of

        hooks_of(self).tensor.append((0, hooks))

    def __dir__(self):
        shown = "_saved_", "_raw_saved_", "__"
        return [n for n in object.__dir__(self) if n in _SHOWN or n.startswith(shown)]

    @property
    def _input_metadata(self):
        if self.many:
            pairs = zip(self.shape, self.dtype, strict=True)
        else:
            pairs = ((self.shape, self.dtype),)
        return tuple(_InputMetadata(self.P, *pair) for pair in pairs)

    def register_hook(self, fn):
        """Call ``fn(grad_inputs, grad_outputs)`` after this node has run; returns a handle."""
        from .hooks import add_node_hook

        return add_node_hook(self, "post", fn)

    def register_prehook(self, fn):
        """Call ``fn(grad_outputs)`` before this node runs; returns a handle."""
        from .hooks import add_node_hook

        return add_node_hook(self, "pre", fn)

    def __call__(self, *grads, **named):
        from .edges import call_node

        if named:
            raise TypeError("keyword arguments are not supported")
        return call_node(self, grads)

    def __reduce_ex__(self, protocol):
        raise TypeError(f"cannot pickle '{type(self).__name__}' object")

    def __repr__(self):
        return f"<{type(self).__name__} object at {id(self):#x}>"


for _name in ("metadata", "next_functions", "requires_grad", "_input_metadata"):
    setattr(Node, _name, closed(_name, getattr(Node, _name)))


def notes_of(n):
    """The dict of what few nodes have, made now if this one had none."""
    try:
        return n.notes
    except AttributeError:
        n.notes = {}
        return n.notes


class _InputMetadata:
    """What a node knows about the gradient of one of its outputs."""

    __module__ = "torch._C._autograd"
    is_nested_tensor = is_cpp_nested_tensor = False

    def __init__(self, P, shape, dtype):
        self.shape = list(shape)
        self.dtype = P.torch_dtype[P.float32 if dtype is None else dtype]
        self.device = P.device


_SHOWN = frozenset(
    "_input_metadata _register_hook_dict _sequence_nr _set_sequence_nr metadata name next_functions"
    " register_hook register_prehook requires_grad variable".split()
)


class Output(Node):
    """The place of one output of a node with several: it only passes its gradient on."""

    __slots__ = ("index", "parent")
    transparent = True
    replayed = property(lambda self: self.parent.replayed)


class AccumulateGrad(Node):
    """The public face of a leaf in the graph: ``next_functions`` of the nodes that use it."""

    __module__ = "builtins"

    __slots__ = ("variable",)
    full_name = "torch::autograd::AccumulateGrad"


class Packed:
    """A saved tensor that a hook has packed; `saved` makes and unpacks them."""

    __slots__ = ("P", "data", "edge", "index", "own", "unpack_hook")

    def unpack(self, n):
        from .saved import unpack

        return unpack(self, n)


class LeafAlias(Node):
    """The history of a tensor that looks like a leaf and is none.

    It stands for a leaf (edges: that leaf), as when a hook has unpacked it; or for none (no edges):
    a view that was made without grad of a tensor that requires it.
    """

    __slots__ = ()
    transparent = True
    own = False

    @staticmethod
    def vjp(P, n, g, graph):
        return (g,) if n.edges else ()


class Refused(Node):
    """In place of the history of a view that may have none any more.

    params: the error to raise, what the view had been ("Output 0 of Split"), if anything, and
    whether it was itself asked to require gradients, which it does when its base has no history.
    """

    __slots__ = ()
    own = property(lambda self: self.params[1] is not None)


class _Leaf(Node):
    __slots__ = ()
    own = False
    fixed = True


LEAF = object.__new__(_Leaf)  # the `_node` of every leaf that requires grad
LEAF.out = LEAF.hooks = LEAF.edges = None


def leaf_alias(P, raw, *leaf):
    """A LeafAlias for a tensor with this raw array."""
    n = object.__new__(LeafAlias)
    n.seq, n.P, n.edges, n.params, n.saved = next(SEQ), P, leaf, (), ()
    n.versions = n.out = n.out_st = n.hooks = None
    n.shape, n.dtype = raw.shape, raw.dtype
    return n


def nowhere(e):
    """Whether a gradient sent along an edge is lost: to nothing, or to a view of a leaf that was
    made apart from it."""
    return e is None or type(e) is LeafAlias and not e.edges


def accumulator(leaf):
    """The AccumulateGrad node of a leaf: one object as long as somebody holds it, as in torch."""
    ref = leaf.__dict__.get("_accumulator")
    node = ref() if ref is not None else None
    if node is None:
        node = object.__new__(AccumulateGrad)
        node.variable, node.edges, node.hooks, node.seq = leaf, (), None, 1 << 62
        node.P, node.shape, node.dtype = leaf._p, leaf._raw.shape, leaf._raw.dtype
        node.hooks = leaf.__dict__.get("_accumulator_hooks")
        leaf.__dict__["_accumulator"] = weakref.ref(node)
    return node


def renew(leaf):
    """Let a leaf be another one to the graph: what was recorded before is no use of it."""
    leaf._set_at = next(SEQ)
    for name in ("_accumulator", "_accumulator_hooks"):
        leaf.__dict__.pop(name, None)


def public_edge(edge):
    """An internal edge as torch shows it: (node, output number)."""
    if edge is None:
        return (None, 0)
    if not isinstance(edge, Node):
        return (accumulator(edge), 0)
    if type(edge) is Output:
        return (edge.parent.public, edge.index)
    if edge.transparent:
        return public_edge(edge.edges[0] if edge.edges else None)
    return (edge.public, 0)


_FULL_NAMES = {n: "torch::autograd::" + n for n in (
    "CopyBackwards", "CopySlices", "Error", "Identity", "NotImplemented")}  # fmt: skip


def node_class(name, **attributes):
    """A Node class called ``name``, as torch calls the node of that op."""
    if name in _FULL_NAMES:
        attributes["full_name"] = _FULL_NAMES[name]
    fields = {k: closed(k, v) for k, v in attributes.items()}
    return type(name, (Node,), {"__slots__": (), "__module__": "builtins", **fields})


_SAVED = ("saved_tensors_hooks", "save_on_cpu", "disable_saved_tensors_hooks", "increment_version")
_EDGES = ("GradientEdge", "get_gradient_edge", "register_multi_grad_hook")


def __getattr__(name):
    """``torch.autograd.graph`` also offers what stands on the engine, imported when named."""
    if name in _SAVED:
        from . import saved

        return getattr(saved, name)
    if name == "allow_mutation_on_saved_tensors":
        from .mutation import allow_mutation_on_saved_tensors

        return allow_mutation_on_saved_tensors
    if name in _EDGES:
        from . import edges

        return getattr(edges, name)
    raise AttributeError(f"module 'torch.autograd.graph' has no attribute '{name}'")
