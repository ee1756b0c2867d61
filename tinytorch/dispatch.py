"""The long path behind every op: coerce, bring up to date, promote, compute, wrap, record.

The compiled functions of `primitive` handle operands that are plain, current, of one namespace and
one dtype. Whatever is not comes here. The result is the same as on the short path; only slower.
"""

from __future__ import annotations

from numbers import Number

from .autograd.graph import LEAF, SEQ, Output, Refused, leaf_alias, nowhere
from .autograd.modes import LOCAL, STATE
from .promotion import cast, dtype_of, promote, result_dtype, scalar_as
from .storage import View, apart, bump, make_view, mark_inference, storage_of
from .tensor import FAST, Tensor, current, edge, fresh, wrap

_new = object.__new__


def _with_array(op, args):
    """``tensor == array``: elementwise where the shapes are one, as it comes about in torch."""
    from .factories import as_tensor

    a, b = (as_tensor(x) for x in args)
    return slow(op, (a, b)) if a.shape == b.shape else NotImplemented


def slow(op, args):
    """Run ``op`` on anything torch accepts; NotImplemented for an operand it cannot read."""
    k = len(op.operands)
    operands, params = args[:k], args[k:]
    bring = current if op.rules is None else fresh
    ready = []
    for x in operands:
        c = type(x)
        if c in FAST:
            ready.append(bring(x))
        elif c is float or c is int:
            ready.append(x)
        elif isinstance(x, Tensor):
            if not LOCAL.plain:
                return override(op, args)
            ready.append(bring(x))
        elif x is None and not op.scalars:
            ready.append(None)
        elif isinstance(x, Number) or hasattr(x, "dtype") and getattr(x, "shape", 0) == ():
            ready.append(x if isinstance(x, (bool, int, float, complex)) else x.item())
        elif op.name in ("eq", "ne") and hasattr(x, "__array__"):
            return _with_array(op, args)
        else:
            return NotImplemented
    P = common_namespace(ready)
    if P is None:
        return NotImplemented
    if "before" in op.meta:
        op.meta["before"](*ready)
    if op.promote:
        ready = promote(op, P, ready)
    if op.check is not None:
        op.check(*ready, *params)
    return apply(op, P, ready, params)


def override(op, args):
    """An op on a Tensor subclass: run it on plain tensors and give the result that class."""
    from .subclass import call_op

    return call_op(op, args)


def common_namespace(operands):
    """The namespace of the operands; 0-d CPU tensors may join another device's, as in torch."""
    P = None
    for x in operands:
        if not isinstance(x, Tensor) or P is x._p:
            continue
        if P is not None and (P.level or x._p.level):
            P = joined(P, x._p)
        elif P is None or (P.device.type == "cpu" and _dimless(operands, P)):
            P = x._p
    if P is None:
        return None
    for i, x in enumerate(operands):
        if isinstance(x, Tensor) and x._p is not P:
            if x._p.device.type == "cpu" and not x._raw.shape or x._p.device == P.device:
                operands[i] = convert(x, P)
            else:
                raise RuntimeError(
                    "Expected all tensors to be on the same device, but found at least two "
                    f"devices, {P.device} and {x._p.device}!"
                )
    return P


def _dimless(operands, P):
    return all(not x._raw.shape for x in operands if isinstance(x, Tensor) and x._p is P)


def joined(P, Q):
    """The namespace of all the vmap levels of two."""
    from .autograd.batched import join

    return join(P, Q)


def levelled(*tensors):
    """Tensors, or what is none, with all the vmap levels of each other."""
    for t in tensors:
        if isinstance(t, Tensor) and t._p.level:
            from .autograd.batching import meet

            return meet(*tensors)
    return tensors


def convert(t, P):
    """A tensor moved to another namespace, differentiably."""
    from .ops.convert import move

    return move(t, P)


def recording(operands):
    """Whether an op on these operands is to be recorded now.

    On tensors of inference mode alone none is, even if they require gradients.
    """
    leaves = False
    for x in operands:
        if isinstance(x, Tensor) and x._node is not None:
            if not x._inference:
                return LOCAL.grad
            leaves = True
    return (
        leaves
        and LOCAL.grad
        and any([x is not None and not (isinstance(x, Tensor) and x._inference) for x in operands])
    )


def apply(op, P, operands, params):
    """Compute an op on current tensors of one namespace, wrap the result and record the node.

    Operands are Tensors, Python numbers or None; for a variadic op they are all Tensors.
    """
    if STATE.exotic and LOCAL.duals:
        from .autograd.dual import apply as with_tangents

        return with_tangents(op, P, operands, params, apply)
    raws = [x._raw if isinstance(x, Tensor) else x for x in operands]
    kernel = getattr(P, op.kernel)
    r = kernel(raws, *params) if op.meta.get("variadic") else kernel(*raws, *params)
    if op.rules is None or not recording(operands):
        return _plain(P, r)
    return finish(op, P, operands, params, r)


def finish(op, P, operands, params, r):
    """Wrap what the kernel of an op gave and record the node."""
    n = record(op, P, operands, params)
    if type(r) is tuple:
        return _several(op, P, n, r)
    n.shape, n.dtype = r.shape, r.dtype
    t = wrap(P, r)
    if not P.differentiable(r):
        return mark(t)
    t._node = n
    if op.saves_out:
        n.out = r
        if STATE.special and LOCAL.saved_hooks:
            from .autograd.saved import on_output

            on_output(n, t)
    return mark(t)


def _plain(P, r):
    if type(r) is tuple:
        return tuple(mark(wrap(P, x)) for x in r)
    return mark(wrap(P, r))


def mark(t):
    """A new tensor, noted as one of inference mode or of the transforms that run."""
    if STATE.exotic:
        if LOCAL.inference:
            mark_inference(t)
        if LOCAL.tracks:
            t.__dict__["_tracks"] = LOCAL.tracks
    return t


def shapes_of(op, operands):
    """The operands of an op, but of those that its whole rule does not look at the shapes."""
    free = op.meta.get("unsaved")
    if free is None:
        return operands
    return [tuple(x._raw.shape) if i in free and isinstance(x, Tensor) else x
            for i, x in enumerate(operands)]  # fmt: skip


def record(op, P, operands, params):
    """A node for an op on these operands, with what its rules will ask for."""
    n = _new(op.made_cls or op.node_cls)
    n.seq = next(SEQ)
    n.P = P
    n.params = tuple(params)
    n.out = n.out_st = n.hooks = n.versions = None
    n.out_version = 0
    edges = [None if not isinstance(x, Tensor) or x._node is None else edge(x) for x in operands]
    if len(edges) > 1:  # of a single one torch saves what it needs, wherever it leads
        edges = [None if nowhere(e) else e for e in edges]
    n.edges = edges = tuple(edges)
    if op.meta.get("shapes_only"):
        saved = tuple([tuple(x._raw.shape) for x in operands])
    elif op.whole:
        saved = tuple(shapes_of(op, operands))
    else:
        saved = []
        for k, users in op.save_plan:
            wanted = None
            for i in users:
                if edges[i] is not None:
                    wanted = operands[k]
            saved.append(wanted)
        for k in op.shape_plan:
            x = operands[k]
            saved.append(tuple(x._raw.shape) if isinstance(x, Tensor) else ())
        saved = tuple(saved)
    n.saved = saved
    for x in saved:
        if not isinstance(x, Tensor) or x._st is None:
            continue
        if x._inference:
            from .autograd.errors import INFERENCE_SAVED

            raise RuntimeError(INFERENCE_SAVED)
        if n.versions is None and x._st.version:
            n.versions = tuple(
                [y._st.version if isinstance(y, Tensor) and y._st is not None else 0 for y in saved]
            )
    if STATE.special:
        from .autograd.saved import on_record

        on_record(n)
    return n


def with_indices(out, indices):
    """``out``, whose node saves index tensors that its op has as raw parameters.

    So their versions are checked and hooks on saved tensors see them, as in torch.
    """
    n = out._node
    if n is None or n.op is None or "saves_indices" not in n.op.meta:
        return out
    for t in indices:
        if t._st is not None or n.versions is not None:
            if any([t._inference for t in indices]):
                from .autograd.errors import INFERENCE_SAVED

                raise RuntimeError(INFERENCE_SAVED)
            before = n.versions or ()  # of the operands; shapes come behind them
            found = [0 if t._st is None else t._st.version for t in indices]
            n.versions = (*before, *[0] * (len(n.saved) - len(before)), *found)
            break
    if STATE.special and LOCAL.saved_hooks:
        from .autograd.saved import pack

        indices = [pack(t, LOCAL.saved_hooks[-1]) for t in indices]
    n.saved = (*n.saved, *indices)
    return out


def _several(op, P, n, raws):
    n.shape = tuple(r.shape for r in raws)
    n.dtype = tuple(r.dtype for r in raws)
    ts = []
    for i, r in enumerate(raws):
        t = mark(wrap(P, r))
        if P.differentiable(r):
            t._node = output_node(n, i, P, r)
        ts.append(t)
    if op.saves_out:
        n.out = raws
        n.out_st = tuple(storage_of(t) for t in ts)
        if STATE.special and LOCAL.saved_hooks:
            from .autograd.saved import on_output

            on_output(n, tuple(ts))
    return tuple(ts)


def output_node(parent, index, P, raw):
    o = _new(Output)
    o.seq = next(SEQ)
    o.parent, o.index, o.P, o.shape, o.dtype = parent, index, P, raw.shape, raw.dtype
    o.edges = (parent,)
    o.saved, o.params = (), ()
    o.out = o.out_st = o.hooks = o.versions = None
    return o


def outputs_of(n, raw):
    """The saved result of a node as Tensors that point back at it."""
    if type(raw) is not tuple:
        t = wrap(n.P, raw)
        t._node = n
        apart(t)
        written = getattr(n, "notes", {}).get("written")
        if written is not None:  # the history of the view that the result was written to, if held
            t._node = written() or n
        return _restored((t,), n)[0]
    ts = []
    for i, r in enumerate(raw):
        t = wrap(n.P, r)
        if n.P.differentiable(r):
            t._node = output_node(n, i, n.P, r)
        ts.append(t)
    return _restored(tuple(ts), n)


def _restored(ts, n):
    if "duals" not in getattr(n, "notes", ()):
        return ts
    from .autograd.dual import restored

    return restored(ts, n)


def general_function(op):
    """The Tensor function of an op with several results or a list of operands."""
    if op.meta.get("variadic"):

        def variadic(tensors, *params):
            raws = _plain_raws(tensors)
            if raws is not None:
                P = tensors[0]._p
                return wrap(P, getattr(P, op.kernel)(raws, *params))
            tensors = list(tensors)
            P, alike = _alike(tensors)
            if alike:
                return apply(op, P, tensors, params)
            for t in tensors:
                if type(t) not in FAST and isinstance(t, Tensor) and not LOCAL.plain:
                    return override(op, (tensors, *params))
                fresh(t)
            P = common_namespace(tensors)
            if op.promote:
                tensors = promote(op, P, tensors)
            return apply(op, P, tensors, params)

        return variadic

    k = len(op.operands)
    plain = op.check is None and op.promote is None and "before" not in op.meta

    def general(*args):
        if not plain:
            return slow(op, args)
        P = None
        for x in args[:k]:
            if x is not None:
                if type(x) not in FAST or P is not None and x._p is not P:
                    return slow(op, args)
                P = x._p
                if x._ext is not None:
                    fresh(x)
        return slow(op, args) if P is None else apply(op, P, args[:k], args[k:])

    return general


def _plain_raws(tensors):
    """The arrays of tensors that are plain, current, of one namespace and dtype; or None."""
    if STATE.exotic or not tensors or type(tensors[0]) not in FAST:
        return None
    P, dt = tensors[0]._p, tensors[0]._raw.dtype
    raws = []
    for t in tensors:
        if type(t) not in FAST or t._p is not P:
            return None
        e = t._ext
        raw = t._raw
        if raw.dtype is not dt or t._node is not None:
            return None
        if e is not None and e.seen != t._st.memory.clock:
            return None
        raws.append(raw)
    return raws


def _alike(tensors):
    """The namespace of the first tensor, and whether all are plain and current and of its dtype."""
    if not tensors or type(tensors[0]) not in FAST:
        return None, False
    P, dt = tensors[0]._p, tensors[0]._raw.dtype
    for t in tensors:
        if type(t) not in FAST or t._p is not P:
            return P, False
        if t._ext is not None:
            fresh(t)
        if t._raw.dtype is not dt:
            return P, False
    return P, True


def view_function(op):
    """The Tensor function of a view op: the result shares memory with its operand."""

    def view(a, *params):
        if type(a) not in FAST and isinstance(a, Tensor) and not LOCAL.plain:
            return override(op, (a, *params))
        if a._ext is not None:
            fresh(a)
        return make_alias(op, a, params)

    return view


def make_alias(op, a, params):
    """A Tensor that shares memory with the current tensor ``a``, seen through one view step."""
    P = a._p
    st = a._st
    if st is None:
        st = storage_of(a)
    m = st.memory
    m.shared = True
    raw = getattr(P, op.kernel)(a._raw, *params)
    t = _new(Tensor)
    t._raw = raw
    t._p = P
    t._st = st
    t._ext = v = _new(View)
    v.seen = m.clock
    v.at = st.version
    e = a._ext
    if e is None:
        v.base, v.chain, v.depth, v.meta = a, ((op, params),), 0, None
        if not P.mutable:
            a._ext = make_view(None, (), 0, m.clock)
    else:
        v.chain = (*e.chain, (op, params))
        if e.base is None:
            v.base, v.depth, v.meta = a, len(e.chain), None
        else:
            v.base, v.depth, v.meta = e.base, e.depth, e.meta
    na = a._node
    if STATE.special and not LOCAL.grad:
        t._node = None if v.base._node is None or a._inference else leaf_alias(P, raw)
        v.meta = "inference" if LOCAL.inference or v.meta == "inference" else "no_grad"
    elif na is None or a._inference:
        t._node = None
    else:
        if type(na) is Refused:
            edge(a)
        n = _new(op.made_cls or op.node_cls)
        n.seq = next(SEQ)
        n.edges = (a if na is LEAF else na,)
        n.saved = (tuple(a._raw.shape),) if op.shapes else ()
        n.params, n.P, n.shape, n.dtype = params, P, raw.shape, raw.dtype
        n.versions = n.out = n.out_st = n.hooks = None
        t._node = n
        if STATE.special:
            from .autograd.saved import on_record

            on_record(n)
    if a._inference:
        mark_inference(t)
    if STATE.exotic:
        if LOCAL.tracks:
            from .autograd import captured

            captured.follow(t, a)
        if LOCAL.duals:
            from .autograd.dual import follow

            follow(t, a, lambda u: op.fn(u, *params))
    return t


__all__ = ["apply", "bump", "cast", "dtype_of", "make_alias", "promote", "record", "result_dtype",
           "scalar_as", "slow"]  # fmt: skip
