"""``torch.autograd.Function``: a user's own forward and backward as one node of the graph."""

from __future__ import annotations

import functools
import inspect
import warnings

from ..storage import make_view, version
from ..tensor import Tensor, edge, fresh, wrap
from . import modes
from .graph import FREED, LEAF, SEQ, Node

_new = object.__new__


class FunctionCtx:
    """What ``forward`` and ``backward`` call ``ctx``; it is the graph node itself."""

    __slots__ = ()

    def save_for_backward(self, *tensors):
        """Keep tensors (or None) for backward, under version control."""
        self.__dict__["to_save"] = tensors

    def save_for_forward(self, *tensors):
        for t in tensors:
            if not isinstance(t, Tensor) and t is not None:
                raise AssertionError(
                    "save_for_forward expects all arguments to be tensors; you should save "
                    "non-tensors as attributes on ctx."
                )
        self.__dict__["saved_for_forward"] = tensors

    def mark_dirty(self, *args):
        """Say which inputs forward has written in place."""
        self.__dict__["dirty_tensors"] = args

    def mark_non_differentiable(self, *args):
        """Say which outputs have no gradient."""
        self.__dict__["non_differentiable"] = args

    def set_materialize_grads(self, value):
        """Whether gradients that nobody sent arrive as zeros (the default) or as None."""
        self.__dict__["materialize_grads"] = value

    def mark_shared_storage(self, *pairs):
        warnings.warn(
            "mark_shared_storage is deprecated. Tensors with shared storages are automatically "
            "tracked. Note that calls to `set_()` are not tracked",
            FutureWarning,
            stacklevel=2,
        )

    @property
    def saved_tensors(self):
        return unpack_saved(self)

    @property
    def saved_variables(self):
        warnings.warn(
            "'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2
        )
        return unpack_saved(self)

    @property
    def needs_input_grad(self):
        return self.__dict__.get("_needs", ())


def unpack_saved(ctx):
    saved = ctx.saved
    if saved is None:
        raise RuntimeError(FREED)
    out = []
    for i, item in enumerate(saved):
        if type(item) is _SavedOutput:
            out.append(item.unpack(ctx))
            continue
        t = item
        if isinstance(t, Tensor):
            then = ctx.versions[i] if ctx.versions else 0
            if version(t) != then:
                from .errors import modified_inplace

                raise modified_inplace(ctx, fresh(t)._raw, i, version(t), then)
        out.append(t)
    return tuple(out)


class _SavedOutput:
    """A saved tensor that is an output of its own node: kept without the tensor, to be no cycle."""

    __slots__ = ("index", "leaf", "raw", "st", "version")

    def __init__(self, t, index):
        from ..storage import storage_of

        self.raw, self.index = t._raw, index
        self.st = storage_of(t)
        self.version = self.st.version

    def unpack(self, ctx):
        if self.st.version != self.version:
            from .errors import modified_inplace

            raise modified_inplace(ctx, self.raw, 0, self.st.version, self.version)
        t = wrap(ctx.P, self.raw)
        t._node = ctx._output(self.index, self.raw) if ctx._differentiable[self.index] else None
        return t


class BackwardCFunction(Node, FunctionCtx):
    """Base of the node classes of custom Functions."""

    __slots__ = ()

    def name(self):
        return type(self).__name__

    def _output(self, index, raw):
        if self._single:
            return self
        from ..dispatch import output_node

        return output_node(self, index, self.P, raw)


def _vjp(P, n, g, graph):
    cls = n._forward_cls
    single = n._single
    grads = [g] if single else list(g)
    shapes = [n.shape] if single else n.shape
    out = []
    materialize = n.__dict__.get("materialize_grads", True)
    for i, x in enumerate(grads):
        if x is None:
            if materialize and n._differentiable_dtype[i]:
                d = n.dtype if single else n.dtype[i]
                x = wrap(n.P, n.P.full(tuple(shapes[i]), 0, d))
        elif not graph:
            x = wrap(n.P, x)
        out.append(x)
    if n.saved is None:
        raise RuntimeError(FREED)
    vjp = cls.vjp if cls.vjp is not Function.vjp else cls.backward
    result = vjp(n, *out)
    result = result if isinstance(result, tuple) else (result,)
    expected = n._nargs
    if len(result) > expected and all(r is None for r in result[expected:]):
        result = result[:expected]
    if len(result) != expected:
        raise RuntimeError(
            f"function {type(n).__name__} returned an incorrect number of gradients (expected "
            f"{expected}, got {len(result)})"
        )
    picked = []
    for i, slot in enumerate(n._tensor_args):
        r = result[slot]
        if r is not None and not isinstance(r, Tensor):
            raise TypeError(
                f"expected Variable or None (got {type(r).__name__})"
            )
        if r is not None and n.edges[i] is not None:
            _check_shape(n, i, r)
        picked.append(r if r is None or graph else fresh(r)._raw)
    for i, r in enumerate(result):
        if i not in n._tensor_args and r is not None:
            raise RuntimeError(
                f"function {type(n).__name__} returned a gradient different from None at position "
                f"{i + 1}, but the corresponding forward input was not a Variable"
            )
    return picked


def _check_shape(n, i, r):
    from ..ops.table import broadcast_shape

    e = n.edges[i]
    want = tuple((e._raw if isinstance(e, Tensor) else e).shape)
    have = tuple(fresh(r)._raw.shape)
    if have != want:
        try:
            ok = broadcast_shape(have, want) == have
        except RuntimeError:
            ok = False
        if not ok:
            raise RuntimeError(
                f"Function {type(n).__name__} returned an invalid gradient at index {i} - got "
                f"{list(have)} but expected shape compatible with {list(want)}"
            )


class FunctionMeta(type):
    """Makes the node class ``NameBackward`` for each Function class."""

    def __init__(cls, name, bases, attrs):
        cls._backward_cls = type(
            name + "Backward",
            (BackwardCFunction,),
            {"_forward_cls": cls, "vjp": staticmethod(_vjp), "__module__": cls.__module__},
        )
        super().__init__(name, bases, attrs)


def _not_static(self, *args, **kwargs):
    raise RuntimeError(
        "Legacy autograd function with non-static forward method is deprecated. Please use new-style"
        " autograd function with static forward method. (Example: https://pytorch.org/docs/stable/"
        "autograd.html#torch.autograd.Function)"
    )


class Function(FunctionCtx, metaclass=FunctionMeta):
    """Base class of custom differentiable functions (``torch.autograd.Function``).

    Subclasses give static ``forward(ctx, *args)`` (or ``forward(*args)`` and
    ``setup_context(ctx, inputs, output)``) and static ``backward(ctx, *grad_outputs)``, and are
    used as ``MyFunction.apply(*args)``.
    """

    generate_vmap_rule = False
    __call__ = _not_static

    def __init__(self, *args, **kwargs):
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
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
            "You must implement either the backward or vjp method for your custom autograd.Function "
            "to use it with backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx, *grad_inputs):
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with "
            "forward mode AD."
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Run forward and record one node for it."""
        if kwargs:
            bound = inspect.signature(cls.forward).bind(
                *(() if _separate(cls) else (None,)), *args, **kwargs
            )
            bound.apply_defaults()
            args = bound.args if _separate(cls) else bound.args[1:]
        return _apply(cls, args)


def _separate(cls):
    return cls.setup_context is not Function.setup_context


def _apply(cls, args):
    ctx = _new(cls._backward_cls)
    slots = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
    tensors = [fresh(args[i]) for i in slots]
    record = modes.LOCAL.grad and any(t._node is not None for t in tensors)
    fields = ctx.__dict__
    fields["_needs"] = tuple(isinstance(a, Tensor) and a._node is not None for a in args)
    ctx.seq, ctx.hooks, ctx.versions = next(SEQ), None, None
    ctx.out = ctx.out_st = None
    ctx.params, ctx.saved = (), ()
    ctx.edges = tuple(edge(t) for t in tensors) if record else ()
    fields["_tensor_args"], fields["_nargs"] = slots, len(args)
    before = modes.LOCAL.grad
    modes._set_grad(False)
    try:
        if _separate(cls):
            outputs = cls.forward(*args)
            cls.setup_context(ctx, args, outputs)
        else:
            outputs = cls.forward(ctx, *args)
    finally:
        modes._set_grad(before)
    single = not isinstance(outputs, tuple)
    outs = (outputs,) if single else outputs
    return _finish(cls, ctx, tensors, outs, single, record)


def _finish(cls, ctx, tensors, outs, single, record):
    fields = ctx.__dict__
    dirty = fields.pop("dirty_tensors", ())
    fixed = fields.pop("non_differentiable", ())
    for t in dirty:
        if not any(t is o for o in outs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as "
                "output. The inputs that are modified inplace must all be outputs of the Function."
            )
        if record and t._node is LEAF and modes.LOCAL.grad:
            from .errors import LEAF_INPLACE

            raise RuntimeError(LEAF_INPLACE)
    results = []
    for o in outs:
        if isinstance(o, Tensor) and record and not any(o is d for d in dirty):
            if any(o is t for t in tensors):
                o = _alias_of(o, "custom")
            elif o._node is not None:
                o = o.detach()
        results.append(o)
    if not record:
        _save(ctx, outs, results, record)
        return results[0] if single else tuple(results)
    P = next(t._p for t in (*[r for r in results if isinstance(r, Tensor)], *tensors))
    ctx.P = P
    raws = [fresh(r)._raw if isinstance(r, Tensor) else None for r in results]
    fields["_single"] = single and isinstance(results[0], Tensor)
    fields["_differentiable_dtype"] = [r is not None and P.differentiable(r) for r in raws]
    fields["_differentiable"] = [
        ok and not any(o is f or r is f for f in fixed)
        for o, r, ok in zip(outs, results, fields["_differentiable_dtype"], strict=True)
    ]
    if fields["_single"]:
        ctx.shape, ctx.dtype = raws[0].shape, raws[0].dtype
    else:
        ctx.shape = tuple(() if r is None else r.shape for r in raws)
        ctx.dtype = tuple(None if r is None else r.dtype for r in raws)
    for i, r in enumerate(results):
        if not isinstance(r, Tensor):
            continue
        if not fields["_differentiable"][i]:
            continue
        _give_history(ctx, r, ctx._output(i, raws[i]), any(r is d for d in dirty))
    _save(ctx, outs, results, record)
    return results[0] if single else tuple(results)


def _give_history(ctx, t, node, dirty):
    from .inplace import CopySlices, _node

    e = t._ext
    if dirty and e is not None and e.base is not None:
        base = e.base
        base._node = _node(CopySlices, t._p, (edge(base), node), (e.chain[e.depth :],), base._raw)
        e.seen = -1
        return
    if e is not None and e.base is not None:
        e.meta = "custom"
    t._node = node


def _alias_of(t, meta):
    out = t.detach()
    st = out._st
    e = t._ext
    chain = () if e is None else e.chain
    base = t if e is None or e.base is None else e.base
    depth = len(chain) if base is t else e.depth
    out._ext = make_view(base, chain, depth, st.memory.clock, meta)
    return out


def _save(ctx, outs, results, record):
    saved = ctx.__dict__.pop("to_save", None)
    if saved is None:
        return
    items = []
    for s in saved:
        if s is not None and not isinstance(s, Tensor):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {len(items)} is of type "
                f"{type(s).__name__}"
            )
        where = [i for i, o in enumerate(outs) if o is s] if s is not None else []
        if where and record and results[where[0]]._node is not None:
            items.append(_SavedOutput(results[where[0]], where[0]))
        else:
            items.append(s)
    ctx.saved = tuple(items)
    versions = tuple(version(s) if isinstance(s, Tensor) else 0 for s in items)
    ctx.versions = versions if any(versions) else None


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
        if not any(isinstance(a, Tensor) and a.requires_grad for a in args):
            return outputs
        outs = outputs if isinstance(outputs, tuple) else (outputs,)

        from .raising import raising_output

        made = tuple(raising_output(o) for o in outs)
        return made if isinstance(outputs, tuple) else made[0]

    return wrapper
