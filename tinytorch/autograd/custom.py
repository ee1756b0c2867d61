"""How a custom Function runs: the node of its own in the graph, what it saves, what it returns."""

from __future__ import annotations

import warnings
import weakref

from ..storage import bump, make_view
from ..tensor import FAST, Tensor, edge, fresh, made, sync
from . import errors, modes
from .custom_saved import NO_TUPLE, save
from .graph import LEAF, SEQ, LeafAlias, Node, nowhere

_new = object.__new__
Function = None  # set by `function`, which is built on this


class FunctionNode(Node):
    """The node of one call of a custom Function.

    fields: the instance dict of every `ctx`. slots: places of tensors among the arguments. nargs:
    how many arguments. single: whether forward returned one tensor. tensors: which outputs get
    zeros where no gradient comes. needs: per argument, whether a gradient is wanted. face: weak,
    the living ctx.
    """

    __slots__ = ("cls", "face", "fields", "nargs", "needs", "single", "slots", "tensors")

    frees = voids = True
    prefix, suffix = "", "Backward"
    face_cls = property(lambda self: self.cls._backward_cls)
    runs_on_nothing = True
    replayed = property(lambda self: self.fields.get("_is_pure_view", False))

    @property
    def public(self):
        """The ctx: one object as long as somebody holds it."""
        ctx = self.face() if self.face is not None else None
        if ctx is None:
            ctx = _new(self.face_cls)
            ctx.__dict__ = self.fields
            ctx._engine_node = self
            self.face = weakref.ref(ctx)
        return ctx

    def name(self):
        return self.prefix + self.cls.__name__ + self.suffix

    @staticmethod
    def vjp(P, n, g, graph):
        return _vjp(n, g, graph)

    def nothing(self):
        """What arrives where no gradient does: None, for each output."""
        return None if self.single else [None] * len(self.shape)

    def output(self, index, raw):
        """The history of one output."""
        if self.single:
            return self
        from ..dispatch import output_node

        return output_node(self, index, self.P, raw)


def separate(cls):
    """Whether forward and setup_context are two functions."""
    return cls.setup_context is not Function.setup_context


def backward_of(cls):
    if cls.vjp is not Function.vjp:
        if cls.backward is not Function.backward:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You "
                "should only implement one of them."
            )
        return cls.vjp
    return cls.backward


# --- forward --------------------------------------------------------------------------------------


def apply(cls, args, kept=None, node=FunctionNode):
    """Run forward on the arguments and record its node.

    kept: None from users; else transforms have been seen to, and a list gets the ctx, what forward
    returned, and which of it has no gradient.
    """
    if kept is None and (modes.STATE.exotic or modes.LOCAL.transforms):
        from .function_transforms import apply as transformed

        return transformed(cls, args)
    slots = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
    tensors = [fresh(args[i]) for i in slots]
    before = modes.LOCAL.grad
    record = (before or modes.LOCAL.wish) and any([t._node is not None for t in tensors])
    n = _new(node)
    n.cls, n.fields, n.face = cls, {}, None
    n.seq, n.hooks, n.versions = next(SEQ), None, None
    n.out = n.out_st = None
    n.params, n.saved = (), ()
    n.needs = tuple([isinstance(a, Tensor) and a._node is not None for a in args])
    n.edges = tuple([None if nowhere(t._node) else edge(t) for t in tensors]) if record else ()
    n.slots, n.nargs = slots, len(args)
    ctx = n.public
    if modes.LOCAL.anomaly and record:
        from .anomaly_mode import note

        note(n)
    modes._set_grad(False)
    try:
        if cls.setup_context is not Function.setup_context:
            outputs = cls.forward(*args)
            if kept is not None and modes.LOCAL.vmaps:
                outputs = _met(outputs, tensors)
            cls.setup_context(ctx, args, outputs)
            _refuse_as_is(n.fields, tensors, outputs, record)
        else:
            outputs = cls.forward(ctx, *args)
    finally:
        modes._set_grad(before)
    if type(kept) is list:
        kept += ctx, outputs, n.fields.get("non_differentiable")
    elif "saved_for_forward" in n.fields:
        del n.fields["saved_for_forward"]
    if record and type(outputs) in FAST and _plain(n, tensors, outputs):
        return outputs
    single = not isinstance(outputs, tuple)
    results = _finish(n, tensors, (outputs,) if single else outputs, single, record)
    return results[0] if single else tuple(results)


def _met(outputs, tensors):
    """Several outputs, but for inputs, brought to the levels of each other's vmaps."""
    from .batching import meet

    if not isinstance(outputs, tuple):
        return outputs
    found = meet(*outputs)
    return tuple([o if _is_in(o, tensors) else f for o, f in zip(outputs, found, strict=True)])


def _refuse_as_is(fields, tensors, outputs, record):
    """torch's refusal to save an input that is returned as it is, where setup_context saves.

    That is where it becomes a view of itself.
    """
    for t in outputs if isinstance(outputs, tuple) else (outputs,):
        if not _is_in(t, tensors) or _is_in(t, fields.get("dirty_tensors") or ()):
            continue
        fixed = not record or _is_in(t, fields.get("non_differentiable") or ())
        if t._node is not None and (fixed or not t._p.differentiable(t._raw)):
            continue
        if any(_is_in(t, fields.get(k) or ()) for k in ("to_save", "saved_for_forward")):
            raise RuntimeError(errors.SAVED_AS_IS)


def _plain(n, tensors, t):
    """Record the usual case: one new tensor, nothing marked; False if it is not that."""
    fields = n.fields
    if t._ext is not None or "dirty_tensors" in fields or "non_differentiable" in fields:
        return False
    if "_is_pure_view" in fields:
        return False
    for x in tensors:
        if x is t:
            return False
    P, raw = t._p, t._raw
    if not P.differentiable(raw):
        return False
    n.P, n.single, n.tensors, n.shape, n.dtype = P, True, (True,), raw.shape, raw.dtype
    t._node = n
    if "to_save" in fields:
        save(n, fields.pop("to_save"), (t,), (t,), (True,))
    return True


def _given(fields, name, text):
    """The tensors that ctx was given under a name."""
    ts = fields.pop(name, None) or ()
    if not isinstance(ts, tuple):
        raise RuntimeError(NO_TUPLE.format(name))
    if not all(isinstance(t, Tensor) for t in ts):
        raise RuntimeError(text)
    return ts


def _is_in(t, ts):
    return any(t is x for x in ts)


def _finish(n, tensors, outs, single, record):
    fields = n.fields
    if fields.get("_is_pure_view") and (len(tensors) != 1 or len(outs) != 1):
        raise RuntimeError(
            "Pure view custom Function can only have one input Tensor and one output Tensor. Open "
            "an issue if you need to support more."
        )
    dirty = _given(fields, "dirty_tensors", "mark_dirty can only accept variables, but argument ")
    fixed = _given(fields, "non_differentiable",
                   "mark_non_differentiable only accepts variable arguments, but got ")  # fmt: skip
    if dirty and record and _is_in(tensors[0], dirty) and n.edges[0] is tensors[0]._node:
        from .inplace import lead, past_hooks

        straight = past_hooks(tensors[0])
        if straight is not None:
            lead(n, n.edges[0], straight)
    for t in dirty:
        bump(t)
        if t._ext is not None and t._ext.base is None:
            t._ext.seen = t._st.memory.clock
        if not _is_in(t, outs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as "
                "output. The inputs that are modified inplace must all be outputs of the Function."
            )
    made = [o for o in outs if isinstance(o, Tensor)]
    P = next((t._p for t in (*made, *tensors)), None)
    n.P = P
    wanted = []
    for o in outs:
        wanted.append(
            isinstance(o, Tensor) and record and not _is_in(o, fixed) and P.differentiable(o._raw)
        )
    results, seen = [], {}
    for o, want in zip(outs, wanted, strict=True):
        if not isinstance(o, Tensor):
            results.append(o)
        elif id(o) in seen:
            results.append(seen[id(o)])
        else:
            r = _prepared(o, want, _is_in(o, tensors), _is_in(o, dirty), len(outs) > 1)
            if r is o:  # an input that is no output of its own is viewed anew for each place
                seen[id(o)] = r
            results.append(r)
    n.tensors = [isinstance(r, Tensor) for r in results]
    n.single = single and n.tensors[0]
    if fields.get("_materialize_non_diff_grads") is False:
        n.tensors = [isinstance(o, Tensor) and not _is_in(o, fixed) for o in outs]
    raws = [fresh(r)._raw if isinstance(r, Tensor) else None for r in results]
    if n.single:
        n.shape, n.dtype = raws[0].shape, raws[0].dtype
    else:
        n.shape = tuple(() if r is None else r.shape for r in raws)
        n.dtype = tuple(None if r is None else r.dtype for r in raws)
    several = sum(wanted) > 1
    for i, r in enumerate(results):
        if isinstance(r, Tensor):
            _give_history(n, i, r, raws[i], wanted[i], _is_in(r, dirty), several)
    to_save = fields.pop("to_save", None)
    if record and to_save is not None:
        save(n, to_save, outs, results, wanted)
    return results


def _prepared(o, want, is_input, is_dirty, many):
    """An output as it may be returned: inputs given back unchanged become views of themselves.

    many: whether it is one of several.
    """
    from .inplace import check_write

    if want:
        if is_dirty:
            if not is_input:
                return _no_input(o)
            if o._node is LEAF or type(o._node) is LeafAlias:
                raise RuntimeError(
                    "a leaf Variable that requires grad has been used in an in-place operation."
                )
            if many and o._ext is not None and o._ext.base is not None:
                raise RuntimeError(errors.DIRTY_VIEW)
            o.__dict__.pop("_grad", None)
            check_write(o)
            return o
        return view_of_itself(o) if is_input else o
    if is_input:
        return o.detach() if o.requires_grad else o if is_dirty else view_of_itself(o)
    if o._node is not None and modes.LOCAL.grad and (o._ext is None or o._ext.base is None):
        o._node = None
    return o


def _no_input(o):
    """What torch says of a tensor marked dirty that forward was not given."""
    if o._ext is not None and o._ext.base is not None:
        raise RuntimeError(errors.DIRTY_NO_INPUT)
    warnings.warn(errors.DIRTY_NO_INPUT, stacklevel=6)
    return o


def _give_history(n, i, t, raw, want, dirty, several):
    from .inplace import rebase

    e = t._ext
    viewed = e is not None and e.base is not None
    if want:
        h = n.output(i, raw)
        if dirty:
            t.__dict__.pop("_grad", None)
            rebase(t, h)
        else:
            t._node = h
    if viewed and not dirty and t._inference:
        e.base = None  # such views are not tracked
    elif viewed and not dirty:
        pure = n.fields.get("_is_pure_view") and (want or t._node is None)
        e.meta = "multi" if several else None if pure else "custom"
        e.at, e.seen = t._st.version, t._st.memory.clock


def view_of_itself(t):
    """A view of a tensor that is all of it; one of a user's class is asked for it."""
    if type(t) not in FAST:
        before = modes.LOCAL.grad
        modes._set_grad(False)
        try:
            return t.view_as(t)
        finally:
            modes._set_grad(before)
    out = t.detach()
    if t._inference:
        out._inference = t._inference
    e = t._ext
    chain = () if e is None else e.chain
    base = t if e is None or e.base is None else e.base
    depth = len(chain) if base is t else e.depth
    out._ext = make_view(base, chain, depth, out._st.memory.clock, None, out._st.version)
    return out


# --- backward -------------------------------------------------------------------------------------


def _vjp(n, g, graph):
    fn = backward_of(n.cls)
    arriving = _arriving(n, g, graph)
    result = fn(n.public, list(arriving)) if n.cls.boxed_grads_call else fn(n.public, *arriving)
    result = result if isinstance(result, tuple) else (result,)
    name = n.name()
    expected = n.nargs
    if len(result) > expected and all(r is None for r in result[expected:]):
        result = result[:expected]
    if len(result) != expected:
        raise RuntimeError(
            f"function {name} returned an incorrect number of gradients (expected {expected}, got "
            f"{len(result)})"
        )
    picked = []
    slots, place = n.slots, 0
    for i, r in enumerate(result):
        if place == len(slots) or slots[place] != i:
            if r is not None:
                raise RuntimeError(
                    f"function {name} returned a gradient different than None at position {i + 1}, "
                    "but the corresponding forward input was not a Variable"
                )
            continue
        if r is not None:
            if not isinstance(r, Tensor):
                raise RuntimeError(f"expected Variable or None (got {type(r).__name__})")
            if r._ext is not None:
                sync(r)
            e = n.edges[place]
            if e is not None:
                if r._p.level or n.P.level:
                    from .batching import levelled

                    r = levelled(r, n.P, e.P if isinstance(e, Node) else e._p)
                target = e._raw if isinstance(e, Tensor) else e
                if r._raw.shape != target.shape or r._raw.dtype is not target.dtype:
                    if isinstance(e, Tensor) and e._node is None:
                        r = None  # torch knows the leaf as it was
                    else:
                        _check(n, place, r, target)
        picked.append(r if r is None or graph else r._raw)
        place += 1
    return picked


def _arriving(n, g, graph):
    if n.single and g is not None:
        return (g,) if graph else (made(n.P, g),)
    materialize = n.fields.get("materialize_grads", True)
    out = []
    for i, x in enumerate([g] if n.single else g):
        if x is None:
            if materialize and n.tensors[i]:
                shape, dtype = (n.shape, n.dtype) if n.single else (n.shape[i], n.dtype[i])
                x = made(n.P, n.P.full(tuple(shape), 0, dtype))
        elif not graph:
            x = made(n.P, x)
        out.append(x)
    return out


def _check(n, i, r, target):
    from ..ops.table import broadcast_shape

    want, have = tuple(target.shape), tuple(r._raw.shape)
    if have != want:
        try:
            ok = broadcast_shape(have, want) == have
        except RuntimeError:
            ok = False
        if not ok:
            raise RuntimeError(
                f"Function {n.name()} returned an invalid gradient at index {i} - got {list(have)} "
                f"but expected shape compatible with {list(want)}"
            )
    if r.dtype.is_complex and not n.P.torch_dtype[target.dtype].is_complex:
        raise RuntimeError(
            "Expected isFloatingType(grad.scalar_type()) || (input_is_complex == grad_is_complex) "
            "to be true, but got false.  (Could this error message be improved?  If so, please "
            "report an enhancement request to PyTorch.)"
        )
