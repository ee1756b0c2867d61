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

SEQ = itertools.count()

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
    """

    __slots__ = (
        "seq", "edges", "saved", "versions", "P", "shape", "dtype", "params", "out", "out_st",
        "out_version", "hooks", "__dict__", "__weakref__",
    )  # fmt: skip

    op = None
    transparent = False

    def name(self):
        return type(self).__name__

    @property
    def next_functions(self):
        if self.edges is None:
            return ()
        return tuple(public_edge(e) for e in self.edges)

    @property
    def metadata(self):
        return self.__dict__.setdefault("_metadata", {})

    def _sequence_nr(self):
        return self.seq

    def _input_metadata(self):
        return [(self.shape, self.dtype)]

    def register_hook(self, fn):
        """Call ``fn(grad_inputs, grad_outputs)`` after this node has run; returns a handle."""
        from .hooks import add_node_hook

        return add_node_hook(self, "post", fn)

    def register_prehook(self, fn):
        """Call ``fn(grad_outputs)`` before this node runs; returns a handle."""
        from .hooks import add_node_hook

        return add_node_hook(self, "pre", fn)

    def __call__(self, *grads):
        from .engine import call_node

        return call_node(self, grads)

    def __repr__(self):
        return f"<{self.name()} object at {id(self):#x}>"


class Output(Node):
    """The place of one output of a node with several: it only passes its gradient on."""

    __slots__ = ("index", "parent")
    transparent = True


class AccumulateGrad(Node):
    """The public face of a leaf in the graph: ``next_functions`` of the nodes that use it."""

    __slots__ = ("variable",)

    @property
    def next_functions(self):
        return ()


LEAF = Node()  # the `_node` of every leaf that requires grad
LEAF.out = LEAF.hooks = LEAF.edges = None


def accumulator(leaf):
    """The AccumulateGrad node of a leaf: one object as long as somebody holds it, as in torch."""
    ref = leaf.__dict__.get("_accumulator")
    node = ref() if ref is not None else None
    if node is None:
        node = AccumulateGrad()
        node.variable, node.edges, node.hooks, node.seq = leaf, (), None, 1 << 62
        leaf.__dict__["_accumulator"] = weakref.ref(node)
    return node


def public_edge(edge):
    """An internal edge as torch shows it: (node, output number)."""
    if edge is None:
        return (None, 0)
    if not isinstance(edge, Node):
        return (accumulator(edge), 0)
    if type(edge) is Output:
        return (edge.parent, edge.index)
    if edge.transparent:
        return public_edge(edge.edges[0])
    return (edge, 0)


def node_class(name, **attributes):
    """A Node class called ``name``, as torch calls the node of that op."""
    return type(name, (Node,), {"__slots__": (), "__module__": "torch.autograd", **attributes})
