"""The record of a primitive, the table of them, and the two functions compiled for each.

An entry says everything about one op once. From it come the Tensor function with the short path
(`forward`) and the gradient of a recorded node (`vjp`), both written out as Python source for the
entry's own arity and saves: on a small tensor, generic argument handling would cost more than the
arithmetic. `dispatch.slow` is the long path behind every short one.

Gradient rules are `rule(P, g, ...)`, one per operand; the names of the further parameters say what
is saved: an operand (`a`), its shape (`a_shape`), the result (`out`), a parameter by its name.
`P` is the namespace the rule runs in: raw kernels, or Tensor functions under `create_graph`.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass, field
from typing import Any

from .autograd import graph
from .autograd.graph import FREED, LEAF, SEQ, node_class
from .autograd.modes import LOCAL, STATE
from .tensor import FAST, Tensor

TABLE: dict[str, Op] = {}


@dataclass(eq=False, slots=True)
class Op:
    """One primitive operation.

    name: torch's name of the primitive. kernel: the attribute of the namespace that computes it.
    node: the class name of its graph node. operands, params: parameter names, tensors first.
    rules: a gradient rule per operand, or one callable ``rule(P, g, operands, out, params)`` for all
    (``whole``), or None: not differentiable. promote: None (operands as they are), "common"
    (torch's result type), "float" (the same, integers to the default float). forward: a composition
    ``f(P, *raws, *params)`` used where a backend has no kernel of that name. check: torch's
    argument checks, called on the long path.
    """

    name: str
    kernel: str
    node: str = ""
    operands: tuple = ("a",)
    params: tuple = ()
    rules: Any = None
    whole: bool = False
    promote: str | None = None
    forward: Any = None
    check: Any = None
    outputs: int = 1
    put: Any = None
    geometry: Any = None
    is_view: bool = False
    scalars: bool = False
    inplace: bool = False
    node_cls: Any = None
    saves: tuple = ()
    shapes: tuple = ()
    saves_out: bool = False
    fn: Any = None
    meta: dict = field(default_factory=dict)

    def __repr__(self):
        return f"<primitive {self.name}>"


class TensorNamespace:
    """The primitives as functions of Tensors: the namespace of rules under ``create_graph``."""

    host: Any

    def __repr__(self):
        return "<the Tensor namespace>"


TP = TensorNamespace()
_forwards: dict[str, Any] = {}  # kernel name -> composition, for backends that lack the kernel
_bound_backends: list = []


def define(op):
    """Put an op into the table and compile its functions; returns its Tensor function."""
    if op.rules is not None:
        _plan_saves(op)
        op.node_cls = node_class(op.node, op=op, vjp=staticmethod(_compile_vjp(op)))
        for i, name in enumerate(op.operands):
            if name in op.saves:
                public = "_saved_" + op.meta.get("saved_names", _SAVED).get(name, name)
                setattr(op.node_cls, public, property(_saved_reader(i)))
        if op.saves_out:
            op.node_cls._saved_result = property(graph_out)
    if op.forward is not None:
        _forwards[op.kernel] = op.forward
        for P in _bound_backends:
            P.adopt(op.kernel, op.forward)
    op.fn = _compile_forward(op)
    TABLE[op.name] = op
    if not hasattr(TP, op.kernel):
        setattr(TP, op.kernel, op.fn)
    return op.fn


_SAVED = {"a": "self", "b": "other"}


def _saved_reader(i):
    def read(n):
        if n.saved is None:
            raise RuntimeError(FREED)
        return unpack(n, i, True)

    return read


def bound(P):
    """Called by a backend when it is bound to a device: gives it the compositions it lacks."""
    for kernel, forward in _forwards.items():
        P.adopt(kernel, forward)
    _bound_backends.append(P)


def _rule_args(rule):
    return rule.__code__.co_varnames[2 : rule.__code__.co_argcount]


def _plan_saves(op):
    if op.whole:
        op.saves, op.shapes = op.operands, ()
        return
    wanted = {name for rule in op.rules if rule is not None for name in _rule_args(rule)}
    op.saves = tuple(n for n in op.operands if n in wanted)
    op.shapes = tuple(n for n in op.operands if n + "_shape" in wanted)
    op.saves_out = "out" in wanted
    unknown = wanted - {*op.operands, *op.params, *(n + "_shape" for n in op.operands), "out"}
    if unknown:
        raise TypeError(f"{op.name}: a gradient rule asks for {sorted(unknown)}")


def unpack(n, i, as_tensor):
    """A saved operand, its version checked: raw, or as the Tensor it was."""
    t = n.saved[i]
    if not isinstance(t, Tensor):
        return t
    st = t._st
    if st is not None:
        saved = 0 if n.versions is None else n.versions[i]
        if st.version != saved and not graph_mutation_allowed():
            raise modified(n, t._raw, i, st.version, saved)
    if as_tensor:
        return t
    if t._ext is not None:
        from .tensor import sync

        sync(t)
    return t._raw


def graph_mutation_allowed():
    return False


def modified(n, raw, nr, now, then):
    from .autograd.errors import modified_inplace

    return modified_inplace(n, raw, nr, now, then)


def graph_out(n, as_tensor=True):
    """The saved result of a node, its version checked; as a Tensor it points back at the node."""
    raw = n.out
    if raw is None:
        raise RuntimeError(FREED)
    st = n.out_st
    if st is not None:
        if type(st) is tuple:
            for i, (s, r) in enumerate(zip(st, raw, strict=True)):
                if s.version != 0:
                    raise modified(n, r, i, s.version, 0)
        elif st.version != n.out_version:
            raise modified(n, raw, 0, st.version, n.out_version)
    if not as_tensor:
        return raw
    from .dispatch import outputs_of

    return outputs_of(n, raw)


def _source(op, kind, lines, scope):
    text = "\n".join(lines) + "\n"
    filename = f"<tinytorch {kind} {op.name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    exec(compile(text, filename, "exec"), scope)
    return scope[kind]


def _compile_vjp(op):
    if op.whole:
        rule = op.rules

        def vjp(P, n, g, graph):
            if n.saved is None:
                raise RuntimeError(FREED)
            operands = [unpack(n, i, graph) for i in range(len(n.saved))]
            out = graph_out(n, graph) if op.saves_out else None
            return rule(P, g, operands, out, n.params, n.edges)

        return vjp
    scope = {"FREED": FREED, "Tensor": Tensor, "unpack": unpack, "graph_out": graph_out}
    body = ["def vjp(P, n, g, graph):"]
    if op.saves or op.shapes:
        body += ["    s = n.saved", "    if s is None:", "        raise RuntimeError(FREED)"]
    slots = [*op.saves, *(n + "_shape" for n in op.shapes)]
    for i, name in enumerate(slots):
        body.append(f"    {name} = s[{i}]")
        if name in op.operands:
            body.append(f"    if {name} is not None:")
            body.append(f"        if graph or type({name}) is not Tensor or {name}._st is not None:")
            body.append(f"            {name} = unpack(n, {i}, graph)")
            body.append(f"        else: {name} = {name}._raw")
    if op.params and any(set(_rule_args(r)) & set(op.params) for r in op.rules if r is not None):
        body.append(f"    {', '.join(op.params)}, = n.params")
    if op.saves_out:
        body.append("    out = graph_out(n, graph)")
    results = []
    body.append(f"    {''.join(f'e{i}, ' for i in range(len(op.operands)))}= n.edges")
    for i, rule in enumerate(op.rules):
        if rule is None:
            results.append("None")
            continue
        scope[f"rule{i}"] = rule
        call = f"rule{i}({', '.join(['P', 'g', *_rule_args(rule)])})"
        results.append(f"{call} if e{i} is not None else None")
    body.append(f"    return ({', '.join(results)},)")
    return _source(op, "vjp", body, scope)


def _compile_forward(op):
    """The Tensor function of an op: the short path written out, `dispatch.slow` behind it."""
    from . import dispatch

    if op.is_view:
        return dispatch.view_function(op)
    if op.outputs != 1 or op.whole or op.meta.get("variadic"):
        return dispatch.general_function(op)
    names = op.operands
    scope = {
        "STATE": STATE, "LOCAL": LOCAL, "Tensor": Tensor, "FAST": FAST, "LEAF": LEAF, "OP": op,
        "new": object.__new__, "next_seq": SEQ.__next__, "slow": dispatch.slow,
        "NODE": op.node_cls,
    }  # fmt: skip
    args = ", ".join([*names, *op.params])
    body = [f"def forward({args}):", "    if not STATE.exotic:"]
    pad = "        "

    def emit(text, depth=0):
        body.append(pad + "    " * depth + text)

    first, rest = names[0], names[1:]
    emit(f"_c = type({first})")
    emit("if _c is Tensor or _c in FAST:")
    emit(f"_e = {first}._ext", 1)
    emit(f"if _e is None or _e.seen == {first}._st.memory.clock:", 1)
    emit(f"P = {first}._p; x_{first} = {first}._raw", 2)
    if op.promote:
        emit(f"dt = x_{first}.dtype", 2)
    depth = 2
    for name in rest:
        emit(f"_c = type({name})", depth)
        emit("if _c is Tensor or _c in FAST:", depth)
        emit(f"_e = {name}._ext", depth + 1)
        emit(
            f"if {name}._p is P and (_e is None or _e.seen == {name}._st.memory.clock):", depth + 1
        )
        emit(f"x_{name} = {name}._raw", depth + 2)
        depth += 2
        if op.promote:
            emit(f"if x_{name}.dtype is dt:", depth)
            depth += 1
    if op.promote == "float":
        emit("if dt is P.float32 or dt is P.float64:", depth)
        depth += 1
    _emit_body(op, emit, depth, names)
    if op.scalars and len(names) == 2:
        other = rest[0]
        emit("elif (_c is float or _c is int) and (dt is P.float32 or dt is P.float64):", 2)
        emit(f"x_{other} = {other}", 3)
        _emit_body(op, emit, 3, names[:1])
    body.append(f"    return slow(OP, ({args},))")
    return _source(op, "forward", body, scope)


def _emit_body(op, emit, depth, tensors):
    """The lines that call the kernel, wrap the result and record the node."""
    raws = ", ".join([*(f"x_{n}" for n in op.operands), *op.params])
    call = ", ".join([*op.operands, *op.params])
    emit("try:", depth)
    emit(f"    _k = P.{op.kernel}", depth)
    emit(f"    _r = _k({raws})", depth)
    emit("except Exception:", depth)
    emit(f"    return slow(OP, ({call},))", depth)
    emit("_t = new(Tensor); _t._raw = _r; _t._p = P; _t._st = None; _t._ext = None", depth)
    if op.rules is None:
        emit("_t._node = None", depth)
        emit("return _t", depth)
        return
    for n in tensors:
        emit(f"n_{n} = {n}._node", depth)
    none = " and ".join(f"n_{n} is None" for n in tensors)
    emit(f"if {none}:", depth)
    emit("    _t._node = None", depth)
    emit("    return _t", depth)
    emit("if STATE.special:", depth)
    emit(f"    if LOCAL.grad: return slow(OP, ({call},))", depth)
    emit("    _t._node = None", depth)
    emit("    return _t", depth)
    emit("_n = new(NODE)", depth)
    emit("_n.seq = next_seq()", depth)
    edges = ", ".join(
        f"{n} if n_{n} is LEAF else n_{n}" if n in tensors else "None" for n in op.operands
    )
    emit(f"_n.edges = ({edges},)", depth)
    saved = [_saved_when(op, n, tensors) for n in op.saves]
    saved += [f"x_{n}.shape" if n in tensors else "()" for n in op.shapes]
    emit(f"_n.saved = ({', '.join(saved)}{',' if saved else ''})", depth)
    clean = " and ".join(f"{n}._st is None" for n in op.saves if n in tensors)
    if clean:
        versions = ", ".join(
            f"{n}._st.version if {n}._st is not None else 0" if n in tensors else "0"
            for n in op.saves
        )
        emit(f"_n.versions = None if {clean} else ({versions},)", depth)
    else:
        emit("_n.versions = None", depth)
    emit("_n.P = P; _n.shape = _r.shape; _n.dtype = _r.dtype", depth)
    if op.params:
        emit(f"_n.params = ({', '.join(op.params)},)", depth)
    emit(f"_n.out = {'_r' if op.saves_out else 'None'}", depth)
    emit("_n.out_st = None; _n.hooks = None", depth)
    emit("_t._node = _n", depth)
    emit("return _t", depth)


def _saved_when(op, name, tensors):
    """An operand is kept only if the rule of an operand that needs a gradient asks for it."""
    users = [
        op.operands[i]
        for i, rule in enumerate(op.rules)
        if rule is not None and name in _rule_args(rule)
    ]
    users = [u for u in users if u in tensors]
    if not users:
        return "None"
    if set(users) == set(tensors):
        return name if len(tensors) == 1 else f"{name} if {_any_needs(users)} else None"
    return f"{name} if {_any_needs(users)} else None"


def _any_needs(users):
    return " or ".join(f"n_{u} is not None" for u in users)


__all__ = ["TABLE", "TP", "Op", "define", "graph"]
