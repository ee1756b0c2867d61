"""Source written out per op: the short path of its Tensor function, and its gradient.

On a small tensor, generic argument handling would cost more than the arithmetic. So each op gets
straight-line Python for its own arity, promotion and saves. Nothing is compiled before the op is
first used: the function begins as a stub, and its code object is replaced on the first call, so
that every name already bound to it is fast from then on.
"""

from __future__ import annotations

import linecache
from types import FunctionType

from .autograd.graph import FREED, LEAF, SEQ
from .autograd.modes import LOCAL, STATE
from .tensor import FAST, Tensor


def rule_args(rule):
    """The names of what a gradient rule asks for, after P and g."""
    return rule.__code__.co_varnames[2 : rule.__code__.co_argcount]


def kept_for(op, i):
    """What a node keeps for the gradient of its operand ``i``: as its rule asks, and as torch."""
    also = op.meta.get("keeps")
    names = rule_args(op.rules[i])
    return names if also is None else (*names, *(n for n, users in also.items() if i in users))


def _stub(*args):
    return BUILD()(*args)  # type: ignore[name-defined]  # noqa: F821 - in each stub's globals


def _lazy(name, build):
    """A function that compiles itself when first called, and stays the same object."""

    def now():
        fn.__code__ = build().__code__
        return fn

    fn = FunctionType(_stub.__code__, {"BUILD": now, "__name__": "tinytorch.compiled"}, name)
    return fn


def _compiled(op, kind, lines, scope):
    text = "\n".join(lines) + "\n"
    filename = f"<tinytorch {kind} {op.name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    exec(compile(text, filename, "exec"), scope)
    return scope[kind]


def function_of(op):
    """The Tensor function of an op: the short path written out, `dispatch.slow` behind it."""
    from . import dispatch

    if op.is_view:
        return dispatch.view_function(op)
    if op.outputs != 1 or op.whole or op.meta.get("variadic"):
        return dispatch.general_function(op)
    fn = _lazy(op.name, lambda: _compile_forward(op, fn.__globals__))
    return fn


def lazy_vjp(op):
    """``vjp(P, n, g, graph)``: the gradients of a node's operands; see `_compile_vjp`."""
    if op.whole:
        return _whole_vjp(op)
    fn = _lazy("vjp", lambda: _compile_vjp(op, fn.__globals__))
    return fn


def _whole_vjp(op):
    from .primitive import graph_out, unpack

    rule = op.rules

    def vjp(P, n, g, graph):
        if n.saved is None:
            raise RuntimeError(FREED)
        operands = [unpack(n, i, graph) for i in range(len(n.saved))]
        out = graph_out(n, graph) if op.saves_out else None
        return rule(P, g, operands, out, n.params, n.edges)

    return vjp


def _met(g, n):
    """A gradient at the vmap levels of the indices that a node holds as parameters."""
    from .autograd.batched import Raw, join
    from .autograd.batching import carry

    held = [k for p in n.params for k in (p if type(p) is tuple else (p,))]
    return carry(g, join(n.P, g._p)) if any(type(k) is Raw for k in held) else g


def _compile_vjp(op, scope):
    from .autograd.graph import Packed
    from .primitive import check_further, freed, graph_out, unpack, voids

    scope.update(freed=freed, Tensor=Tensor, unpack=unpack, graph_out=graph_out, Packed=Packed)
    body = ["def vjp(P, n, g, graph):"]
    if op.saves or op.shapes or voids(op):
        body += ["    s = n.saved", "    if s is None:", "        s = freed(n)"]
    if voids(op):
        scope["met"] = _met
        body += ["    if graph and n.P.level and g._p is not n.P:", "        g = met(g, n)"]
    slots = [*op.saves, *(n + "_shape" for n in op.shapes)]
    for i, name in enumerate(slots):
        body.append(f"    {name} = s[{i}]")
        if name in op.operands:
            body.append(f"    if {name} is not None:")
            body.append(f"        _c = type({name})")
            body.append(f"        if _c is Tensor and not graph and {name}._st is None:")
            body.append(f"            {name} = {name}._raw")
            body.append("        elif _c is not float and _c is not int:")
            body.append(f"            {name} = unpack(n, {i}, graph)")
    if op.meta.get("saves_indices"):
        scope["check_further"] = check_further
        body.append(f"    if len(s) > {len(slots)}:")
        body.append(f"        check_further(n, {len(slots)}, graph)")
    if op.saves_out:
        body.append("    out = n.out")
        body.append("    if graph or n.out_st is not None or out is None or type(out) is Packed:")
        body.append("        out = graph_out(n, graph)")
    results = []
    body.append(f"    {''.join(f'e{i}, ' for i in range(len(op.operands)))}= n.edges")
    if op.params and any(set(rule_args(r)) & set(op.params) for r in op.rules if r is not None):
        body.append(f"    {', '.join(op.params)}, = n.params")  # last: one may be called n
    for i, rule in enumerate(op.rules):
        if rule is None:
            results.append("None")
            continue
        scope[f"rule{i}"] = rule
        call = f"rule{i}({', '.join(['P', 'g', *rule_args(rule)])})"
        results.append(f"{call} if e{i} is not None else None")
    body.append(f"    return ({', '.join(results)},)")
    return _compiled(op, "vjp", body, scope)


def _compile_forward(op, scope, tracked=False):
    """The short path; ``tracked``: the one inside a transform that takes derivatives, which notes
    on each result that it was made there."""
    from . import dispatch

    names = op.operands
    scope.update(
        STATE=STATE, LOCAL=LOCAL, Tensor=Tensor, FAST=FAST, LEAF=LEAF, OP=op, new=object.__new__,
        next_seq=SEQ.__next__, slow=dispatch.slow, NODE=op.node_cls,
        finish=dispatch.finish,
    )  # fmt: skip
    args = ", ".join([*names, *op.params])
    kind = "tracked" if tracked else "forward"
    body = [f"def {kind}({args}):", "    if not STATE.exotic:" if not tracked else "    if True:"]
    pad = "        "

    def emit(text, depth=0):
        body.append(pad + "    " * depth + text)

    first, rest = names[0], names[1:]
    emit(f"_c = type({first})")
    emit("if _c is Tensor or _c in FAST:")
    emit(f"_e = {first}._ext", 1)
    emit(f"if _e is None or _e.seen == {first}._st.memory.clock:", 1)
    emit(f"P = {first}._p; x_{first} = {first}._raw", 2)
    floats = op.promote == "float" or op.meta.get("floats")
    if op.promote or floats:
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
    if floats:
        ints = " or dt is P.int64" if op.meta.get("ints") else ""
        emit(f"if dt is P.float32 or dt is P.float64{ints}:", depth)
        depth += 1
    _emit_body(op, emit, depth, names, tracked)
    if op.scalars and len(names) == 2:
        other = rest[0]
        emit(f"elif {_takes_number(op, other, floats)}:", 2)
        emit(f"x_{other} = {other}", 3)
        _emit_body(op, emit, 3, names[:1], tracked)
    if not tracked:
        fn = scope["tracked"] = _lazy(op.name, lambda: _compile_forward(op, fn.__globals__, True))
        body.append("    elif LOCAL.tracks and not LOCAL.duals and not LOCAL.inference:")
        body.append(f"        return tracked({args})")
    body.append(f"    return slow(OP, ({args},))")
    return _compiled(op, kind, body, scope)


def _takes_number(op, other, floats):
    """The condition under which a number goes beside a tensor as it is: it fits the dtype."""
    cond = "(_c is float or _c is int) and (dt is P.float32 or dt is P.float64)"
    if op.promote == "float" or floats and not op.meta.get("ints"):
        return cond
    return f"{cond} or _c is int and dt is P.int64 and {-1 << 63} <= {other} < {1 << 63}"


def _emit_body(op, emit, depth, tensors, tracked):
    """The lines that call the kernel, wrap the result and record the node."""
    raws = ", ".join([*(f"x_{n}" for n in op.operands), *op.params])
    call = ", ".join([*op.operands, *op.params])
    emit("try:", depth)
    emit(f"    _k = P.{op.kernel}", depth)
    emit(f"    _r = _k({raws})", depth)
    emit("except Exception:", depth)
    emit(f"    return slow(OP, ({call},))", depth)
    emit("_t = new(Tensor); _t._raw = _r; _t._p = P; _t._st = None; _t._ext = None", depth)
    if tracked:
        emit('_t.__dict__["_tracks"] = LOCAL.tracks', depth)
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
    params = f"({', '.join(op.params)},)" if op.params else "()"
    operands = ", ".join(op.operands)
    emit(f"    if LOCAL.grad: return finish(OP, P, ({operands},), {params}, _r)", depth)
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
        if rule is not None and name in kept_for(op, i)
    ]
    users = [u for u in users if u in tensors]
    if not users:
        return "None"
    if set(users) == set(tensors):
        return name if len(tensors) == 1 else f"{name} if {_any_needs(users)} else None"
    return f"{name} if {_any_needs(users)} else None"


def _any_needs(users):
    return " or ".join(f"n_{u} is not None" for u in users)
