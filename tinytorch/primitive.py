"""The record of a primitive, the table of them, and what a node saves.

An entry says everything about one op once; `codegen` writes from it the Tensor function with the
short path and the gradient of a recorded node, and `dispatch` is the long path behind them.

Gradient rules are `rule(P, g, ...)`, one per operand; the names of the further parameters say what
is saved: an operand (`a`), its shape (`a_shape`), the result (`out`), a parameter by its name.
`P` is the namespace the rule runs in: raw kernels, or Tensor functions under `create_graph`.
"""

from __future__ import annotations

from typing import Any

from . import codegen
from .autograd.graph import DETACHED, FREED, LEAF, Packed, node_class, nowhere
from .storage import share
from .tensor import Tensor, edge, settled

TABLE: dict[str, Op] = {}


class Op:
    """One primitive operation.

    name: torch's name of the primitive. kernel: the attribute of the namespace that computes it.
    node: the class name of its graph node. operands, params: parameter names, tensors first.
    rules: a gradient rule per operand, or one ``rule(P, g, operands, out, params, edges)`` for all
    (``whole``), or None: not differentiable. promote: None (operands as they are), "common"
    (torch's result type), "float" (the same, integers to the default float). forward: a composition
    ``f(P, *raws, *params)`` used where a backend has no kernel of that name. check: torch's
    argument checks, called on the long path; ``meta["before"]`` checks operands before they are
    promoted. ``meta["keeps"]``: operands that torch saves though no rule asks for them, each with
    the places of the operands for whose gradients it does; ``meta["unsaved"]``: operands of which a
    whole rule gets the shape only; ``meta["unsaved_outputs"]``: results that it does not look at.
    ``meta["saves_indices"]``: a node may save index tensors beside what the rules ask for.
    ``meta["floats"]`` sends all but float32 and float64 down the long path, ``meta["ints"]`` lets
    int64 through as well.
    """

    __slots__ = (
        "check", "forward", "fn", "geometry", "inplace", "is_view", "kernel", "made_cls", "meta",
        "name", "node", "operands", "outputs", "params", "promote", "put", "rules", "save_plan",
        "saves", "saves_out", "scalars", "shape_plan", "shapes", "whole",
    )  # fmt: skip

    def __init__(self, name, kernel, node="", operands=("a",), params=(), rules=None, *,
                 whole=False, promote=None, forward=None, check=None, outputs=1, put=None,
                 geometry=None, is_view=False, scalars=False, inplace=False, saves_out=False,
                 meta=None):  # fmt: skip
        self.name, self.kernel, self.node = name, kernel, node
        self.operands, self.params, self.rules, self.whole = operands, params, rules, whole
        self.promote, self.forward, self.check, self.outputs = promote, forward, check, outputs
        self.put, self.geometry, self.is_view = put, geometry, is_view
        self.scalars, self.inplace, self.meta = scalars, inplace, {} if meta is None else meta
        self.saves, self.shapes, self.saves_out = (), (), saves_out
        self.save_plan = self.shape_plan = ()
        self.fn = self.made_cls = None

    def __repr__(self):
        return f"<primitive {self.name}>"

    @property
    def node_cls(self):
        """The Node class of this op, made when the op is first recorded."""
        if self.made_cls is None and self.rules is not None:
            _plan_saves(self)
            self.made_cls = _node_class_of(self)
        return self.made_cls


class TensorNamespace:
    """The primitives as functions of Tensors: the namespace of rules under ``create_graph``."""

    host: Any

    @staticmethod
    def as_index(i):
        return i

    def __repr__(self):
        return "<the Tensor namespace>"


TP = TensorNamespace()
_forwards: dict[str, Any] = {}  # kernel name -> composition, for backends that lack the kernel
_bound_backends: list = []
listeners: list = []  # told of the kernel of every op that is put into the table


def define(op):
    """Put an op into the table and compile its functions; returns its Tensor function."""
    if op.forward is not None:
        _forwards[op.kernel] = op.forward
        for P in _bound_backends:
            P.adopt(op.kernel, op.forward)
    op.fn = codegen.function_of(op)
    TABLE[op.name] = op
    for told in listeners:
        told(op.kernel)
    if not hasattr(TP, op.kernel):
        setattr(TP, op.kernel, op.fn)
    return op.fn


_SAVED = {"a": "self", "b": "other"}
_SAVED_BY_NODE = {
    "PowBackward0": {"c": "exponent"}, "PowBackward1": {"b": "exponent"},
    "PowBackward2": {"c": "self", "b": "exponent"},
}  # fmt: skip


def _node_class_of(op):
    from .autograd.saved_names import fields as shown

    fields = shown(op)
    if fields is None:
        fields = _own_names(op)
    fields.update(op=op, vjp=staticmethod(codegen.lazy_vjp(op)))
    fields["voids"] = voids(op)
    fields["frees"] = fields["voids"] or (
        bool(op.saves or op.saves_out) and not op.meta.get("shapes_only")
    )
    if "asked" in op.meta:
        fields["asked"] = op.meta["asked"]
    elif not op.whole and None in op.rules:
        fields["asked"] = tuple(i for i, rule in enumerate(op.rules) if rule is not None)
    return node_class(op.node, **fields)


def voids(op):
    """Whether the parameters of an op hold an index, that torch counts among what is saved."""
    return not op.is_view and not op.whole and not {"key", "index"}.isdisjoint(op.params)


def _torch_names(op):
    """What torch calls the operands of an op, where it is not what we do: it saves them in the
    order of these names."""
    from .autograd.saved_names import operand_names

    names = operand_names(op)
    return (
        names
        if names is not None
        else {**_SAVED, **_SAVED_BY_NODE.get(op.node, {}), **op.meta.get("saved_names", {})}
    )


def _own_names(op):
    """The attributes of a node that shows what it saved under the names that its op has for it."""
    fields = {}
    names = _torch_names(op)
    for i, name in enumerate(op.saves):
        fields["_saved_" + names.get(name, name)] = property(saved_reader(i))
        fields["_raw_saved_" + names.get(name, name)] = property(saved_handle(i))
    for i, name in enumerate(op.params):
        fields["_saved_" + names.get(name, name)] = property(_param_reader(i))
    for i, name in enumerate(op.shapes):
        fields[f"_saved_{names.get(name, name)}_sym_sizes"] = property(
            _shape_reader(len(op.saves) + i)
        )
    if op.saves_out:
        fields["_saved_result"] = property(shown_out)
        fields["_raw_saved_result"] = property(saved_handle(None))
    return fields


def saved_reader(i):
    def read(n):
        if pruned(n) is None:
            raise RuntimeError(FREED)
        t = unpack(n, i, True, False)
        if isinstance(t, (bool, int, float, complex)):
            from .dtypes import complex128, float64
            from .factories import tensor

            return tensor(t, dtype={float: float64, complex: complex128}.get(type(t)))
        return t

    return read


def _param_reader(i):
    return lambda n: n.params[i]


def _shape_reader(i):
    return lambda n: tuple(n.saved[i])


def saved_handle(i):
    def handle(n):
        from .autograd.saved import SavedTensor

        pruned(n)
        return SavedTensor(n, i)

    return handle


def bound(P):
    """Called by a backend when it is bound to a device: gives it the compositions it lacks."""
    for kernel, forward in _forwards.items():
        P.adopt(kernel, forward)
    TP.host = P.host
    _bound_backends.append(P)


def _plan_saves(op):
    if op.whole:
        op.saves, op.shapes = op.operands, ()
        return
    asks = [() if rule is None else codegen.kept_for(op, i) for i, rule in enumerate(op.rules)]
    wanted = {name for names in asks for name in names}
    shown = _torch_names(op)
    op.saves = tuple(sorted(wanted.intersection(op.operands), key=lambda n: shown.get(n, n)))
    op.shapes = tuple(n for n in op.operands if n + "_shape" in wanted)
    op.saves_out = "out" in wanted
    op.save_plan = tuple(
        (op.operands.index(n), tuple(i for i, names in enumerate(asks) if n in names))
        for n in op.saves
    )
    op.shape_plan = tuple(op.operands.index(n) for n in op.shapes)
    unknown = wanted - {*op.operands, *op.params, *(n + "_shape" for n in op.operands), "out"}
    if unknown:
        raise TypeError(f"{op.name}: a gradient rule asks for {sorted(unknown)}")


def unpack(n, i, as_tensor, to_compute=True):
    """A saved operand, its version checked: raw, or as the Tensor it was.

    to_compute: not merely to be shown.
    """
    t = n.saved[i]
    if not isinstance(t, Tensor):
        if type(t) is not Packed:
            return t
        t = t.unpack(n)
        return t if as_tensor else t._raw
    st = t._st
    if st is not None:
        over = t._node is None or t._node is LEAF
        over = over and to_compute and t.__dict__.get("_detached", -1) > n.seq
        saved = 0 if n.versions is None else n.versions[i]
        if over or st.version != saved:
            if pruned(n)[i] is None:
                return None
            if over:
                raise RuntimeError(DETACHED)
            edge(settled(t))  # a view that may not be written says so itself
            raise modified(n, t._raw, i, st.version, saved)
    if as_tensor:
        return t
    if t._ext is not None:
        from .tensor import sync

        sync(t)
    return t._raw


def pruned(n):
    """What a node saves, without what the short path saved for the sake of an operand whose
    history leads nowhere: a view of a leaf that was made without recording."""
    op = n.op
    if op is None or op.whole or len(op.operands) < 2 or not any(map(_lost, n.edges)):
        return n.saved
    n.edges = edges = tuple([None if _lost(e) else e for e in n.edges])
    if n.saved is not None:
        plan = op.save_plan
        kept = [x if any([edges[i] is not None for i in users]) else None
                for x, (_, users) in zip(n.saved, plan, strict=False)]  # fmt: skip
        n.saved = (*kept, *n.saved[len(kept) :])
    return n.saved


def _lost(e):
    return e is not None and nowhere(e)


def freed(n):
    """What stands for the freed values of a node, if the gradients that it gives ask for none."""
    pruned(n)
    op = n.op
    kept = {*op.operands, *(name + "_shape" for name in op.operands)}
    for i, e in enumerate(n.edges):
        asks = e is not None and op.rules[i] is not None
        if voids(op) or asks and not kept.isdisjoint(codegen.kept_for(op, i)):
            raise RuntimeError(FREED)
    return (None,) * (len(op.saves) + len(op.shapes))


def check_further(n, first, as_tensor):
    """Unpack what a node saves beside what its rules ask for: the rules have it as a parameter."""
    for i in range(first, len(n.saved)):
        unpack(n, i, as_tensor)


def modified(n, raw, nr, now, then, node=None):
    from .autograd.errors import modified_inplace

    return modified_inplace(n, raw, nr, now, then, node)


def graph_out(n, as_tensor=True):
    """The saved result of a node, its version checked; as a Tensor it points back at the node."""
    raw = n.out
    if raw is None:
        raise RuntimeError(FREED)
    if type(raw) is Packed or type(raw) is tuple and type(raw[0]) is Packed:
        several = type(raw) is tuple
        ts = tuple(p.unpack(n) for p in (raw if several else (raw,)))
        ts = ts if as_tensor else tuple(t._raw for t in ts)
        return ts if several else ts[0]
    st = n.out_st
    if st is not None:
        if type(st) is tuple:
            free = n.op.meta.get("unsaved_outputs", ())
            for i, (s, r) in enumerate(zip(st, raw, strict=True)):
                if s.version != 0 and i not in free:
                    raise modified(n, r, i, s.version, 0, n)
        elif st.version != n.out_version:
            raise modified(n, raw, 0, st.version, n.out_version)
        elif not n.P.mutable and "written" not in getattr(n, "notes", ()):
            now = st.memory.raw  # written past the version, as through `.data`
            raw = now if now.shape == raw.shape and now.dtype == raw.dtype else raw
    if not as_tensor:
        return raw
    from .dispatch import outputs_of

    return outputs_of(n, raw)


def shown_out(n):
    """The saved result of a node as users see it: in one memory with what the op returned."""
    t, st = graph_out(n), n.out_st
    if t._raw is n.out:
        if st is None:
            n.out_st, n.out_version = share(t), 0
        elif n.P.mutable or st.memory.shared:
            t._st = st
            share(t)
    return t


__all__ = ["TABLE", "TP", "Op", "define"]
