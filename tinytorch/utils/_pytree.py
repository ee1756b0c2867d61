"""``torch.utils._pytree``: nested containers as a list of leaves and a description of the rest.

A table says for each container class how to take it apart and put it together again; users add
rows. What is in no row is a leaf.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from typing import Any, NamedTuple


class NodeDef(NamedTuple):
    """How a container class is taken apart (children, context) and made again."""

    type: Any
    flatten_fn: Any
    unflatten_fn: Any


class TreeSpec:
    """The shape of a tree: class, context and the specs of the children; None is a leaf's class."""

    __slots__ = ("children_specs", "context", "num_leaves", "type")

    def __init__(self, type, context, children_specs):
        self.type, self.context, self.children_specs = type, context, tuple(children_specs)
        self.num_leaves = 1 if type is None else sum(c.num_leaves for c in self.children_specs)

    def is_leaf(self):
        """Whether the tree is one leaf."""
        return self.type is None

    num_children = property(lambda self: len(self.children_specs))

    def unflatten(self, leaves):
        """The tree with these leaves."""
        return tree_unflatten(leaves, self)

    def __eq__(self, other):
        if not isinstance(other, TreeSpec):
            return NotImplemented
        return self.type is other.type and self._key() == other._key()

    def _key(self):
        return self.context, self.children_specs

    def __hash__(self):
        return hash((self.type, str(self.context), self.num_leaves))

    def __repr__(self):
        return self._text(0)

    def _text(self, indent):
        if self.type is None:
            return "*"
        gap = ",\n" + " " * (indent + 2)
        inside = gap.join(c._text(indent + 2) for c in self.children_specs)
        return f"TreeSpec({self.type.__name__}, {self.context}, [{inside}])"


class LeafSpec(TreeSpec):
    """The shape of a leaf."""

    __slots__ = ()

    def __init__(self):
        super().__init__(None, None, ())


_LEAF = LeafSpec()


def _dict_like(make):
    return (
        lambda d: (list(d.values()), list(d.keys())),
        lambda values, keys: make(zip(keys, values, strict=True)),
    )


def _is_namedtuple(cls):
    return issubclass(cls, tuple) and hasattr(cls, "_fields")


SUPPORTED_NODES = {
    tuple: NodeDef(tuple, lambda x: (list(x), None), lambda v, c: tuple(v)),
    list: NodeDef(list, lambda x: (list(x), None), lambda v, c: list(v)),
    dict: NodeDef(dict, *_dict_like(dict)),
    OrderedDict: NodeDef(OrderedDict, *_dict_like(OrderedDict)),
    defaultdict: NodeDef(
        defaultdict,
        lambda d: (list(d.values()), [d.default_factory, list(d.keys())]),
        lambda v, c: defaultdict(c[0], zip(c[1], v, strict=True)),
    ),
    deque: NodeDef(deque, lambda d: (list(d), d.maxlen), lambda v, c: deque(v, maxlen=c)),
}
_NAMED = NodeDef(tuple, lambda x: (list(x), type(x)), lambda v, cls: cls(*v))


def register_pytree_node(cls, flatten_fn, unflatten_fn, **kwargs):
    """Let instances of ``cls`` be containers; ValueError if they are already."""
    if cls in SUPPORTED_NODES:
        raise ValueError(f"{cls} is already registered as pytree node.")
    SUPPORTED_NODES[cls] = NodeDef(cls, flatten_fn, unflatten_fn)


_register_pytree_node = register_pytree_node


def _node_of(x):
    node = SUPPORTED_NODES.get(type(x))
    if node is None and _is_namedtuple(type(x)):
        return _NAMED
    return node


def tree_flatten(tree, is_leaf=None):
    """(leaves in order, TreeSpec)."""
    leaves: list = []
    spec = _flatten(tree, leaves, is_leaf)
    return leaves, spec


def _flatten(tree, leaves, is_leaf):
    node = _node_of(tree)
    if node is None or is_leaf is not None and is_leaf(tree):
        leaves.append(tree)
        return _LEAF
    children, context = node.flatten_fn(tree)
    cls = type(tree) if node is not _NAMED else _Named
    return TreeSpec(cls, context, [_flatten(c, leaves, is_leaf) for c in children])


class _Named(tuple):
    __slots__ = ()


_Named.__name__ = "namedtuple"


def tree_unflatten(leaves, treespec):
    """The tree of a spec with these leaves; ValueError if there are too few or too many."""
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(
            f"tree_unflatten(leaves, treespec): `leaves` has length {len(leaves)} but the spec "
            f"refers to a pytree that holds {treespec.num_leaves} items ({treespec})."
        )
    return _unflatten(iter(leaves), treespec)


def _unflatten(leaves, spec):
    if spec.type is None:
        return next(leaves)
    children = [_unflatten(leaves, c) for c in spec.children_specs]
    node = _NAMED if spec.type is _Named else SUPPORTED_NODES[spec.type]
    return node.unflatten_fn(children, spec.context)


def tree_leaves(tree, is_leaf=None):
    """The leaves in order."""
    return tree_flatten(tree, is_leaf)[0]


def tree_iter(tree, is_leaf=None):
    """An iterator over the leaves."""
    return iter(tree_leaves(tree, is_leaf))


def tree_structure(tree, is_leaf=None):
    """The TreeSpec."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func, tree, *rests, is_leaf=None):
    """The tree with ``func`` of each leaf (and of the leaves of trees alike)."""
    leaves, spec = tree_flatten(tree, is_leaf)
    columns = [leaves, *[tree_leaves(r, is_leaf) for r in rests]]
    return tree_unflatten([func(*row) for row in zip(*columns, strict=True)], spec)


def tree_map_(func, tree, *rests, is_leaf=None):
    """Call ``func`` on each leaf; returns the tree itself."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def tree_map_only(kind, func, tree=None, is_leaf=None):
    """`tree_map` over the leaves of a class (or for which ``kind(leaf)`` holds)."""
    fits = kind if not isinstance(kind, (type, tuple)) else lambda x: isinstance(x, kind)
    return tree_map(lambda x: func(x) if fits(x) else x, tree, is_leaf=is_leaf)


def tree_all(pred, tree, is_leaf=None):
    """Whether ``pred`` holds for all leaves."""
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(pred, tree, is_leaf=None):
    """Whether ``pred`` holds for some leaf."""
    return any(map(pred, tree_leaves(tree, is_leaf)))


def broadcast_to_and_flatten(tree, treespec, is_leaf=None):
    """The leaves of ``tree``, a prefix of a spec, each as often as the spec has leaves there.

    None where it is no prefix.
    """
    node = _node_of(tree)
    if node is None or is_leaf is not None and is_leaf(tree):
        return [tree] * treespec.num_leaves
    if treespec.type is None:
        return None
    children, context = node.flatten_fn(tree)
    cls = type(tree) if node is not _NAMED else _Named
    if (
        cls is not treespec.type
        or len(children) != treespec.num_children
        or context != treespec.context
    ):
        return None
    out = []
    for child, spec in zip(children, treespec.children_specs, strict=True):
        part = broadcast_to_and_flatten(child, spec, is_leaf)
        if part is None:
            return None
        out += part
    return out


_broadcast_to_and_flatten = broadcast_to_and_flatten


def treespec_pprint(treespec):
    """The tree with ``*`` for each leaf, as text."""
    return repr(tree_unflatten([_Star()] * treespec.num_leaves, treespec))


class _Star:
    def __repr__(self):
        return "*"
