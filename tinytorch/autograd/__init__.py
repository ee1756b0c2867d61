"""``torch.autograd``: backward, grad, Function, modes, gradcheck."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from ..blame import warn_once
from ..registry import functions
from ..tensor import FAST, Tensor, fresh, made, wrap
from . import anomaly_mode, engine, errors
from . import hooks as _hooks  # noqa: F401 - it gives Tensor its hooks
from .function import Function, once_differentiable  # noqa: F401
from .graph import LEAF, AccumulateGrad, Node, nowhere  # noqa: F401
from .modes import (  # noqa: F401
    LOCAL,
    STATE,
    _force_original_view_tracking,
    enable_grad,
    enforce_grad_layout_policy,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    is_multithreading_enabled,
    is_view_replay_enabled,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)


def _is_inference(input):
    """Whether a tensor was made in inference mode (torch.is_inference)."""
    return bool(input._inference)


functions["is_inference"] = _is_inference
for _name in ("is_anomaly_enabled", "is_anomaly_check_nan_enabled"):
    functions[_name] = getattr(anomaly_mode, _name)


def _is_edge(x):
    return type(x).__name__ == "GradientEdge"


def _tuple(x):
    return (x,) if x is None or isinstance(x, Tensor) or _is_edge(x) else tuple(x)


def _targets(inputs, places, roots):
    """Where the engine finds the gradients of inputs; an object of no graph for one without part.

    A leaf that was given other memory has no part by what used it before; an edge of that time has.
    """
    pairs = list(zip(inputs, places, strict=True))
    moved = [t for t, e in pairs if t is e and t._set_at is not None]
    if moved:
        from .edges import without_use

        moved = without_use(roots, moved)
    return [object() if moved and t in moved or nowhere(e) else e for t, e in pairs]


def _check_inputs(inputs):
    for t in inputs:
        if not isinstance(t, Tensor) and not _is_edge(t):
            raise RuntimeError(
                "all inputs have to be Tensors or GradientEdges, but got " + type(t).__name__
            )


def _inputs(inputs, name):
    """The inputs of backward or grad as a tuple; torch's errors if that is empty or a Mapping."""
    if type(inputs) is dict:
        inputs = tuple(inputs.values())
    elif type(inputs) is not tuple:
        if isinstance(inputs, Mapping):
            raise TypeError(
                f"`inputs` argument to `{name}()` must be a dict, not {type(inputs).__name__}. "
                "Other Mapping types are not supported."
            )
        inputs = _tuple(inputs)
    if not inputs:
        raise RuntimeError(f"`inputs` argument to `{name}()` cannot be empty.")
    return inputs


def _place(x):
    """(engine's edge, tensor or node that tells shape and dtype) of a Tensor or GradientEdge."""
    if isinstance(x, Tensor):
        return engine.gradient_edge(x), x
    from .edges import internal

    e = internal(x)
    return e, e


def _roots(tensors, grads, batched=False):
    """(edges, first gradients) of the outputs; torch's errors where they do not fit."""
    pairs = zip(tensors, grads, strict=False)
    made = [_made_grad(i, t, g, batched) for i, (t, g) in enumerate(pairs)]
    if len(tensors) > len(grads):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(grads)} gradients")
    edges = []
    for i, t in enumerate(tensors):
        e, _ = _place(t)
        if nowhere(e):
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn"
            )
        edges.append(e)
    return edges, made


def _levelled(edges, grads):
    """Whether a gradient is at another level of vmap than the output that it is for."""
    for e, g in zip(edges, grads, strict=True):
        P = e._p if isinstance(e, Tensor) else e.P
        if g._p is not P and (g._p.level or P.level):
            return True
    return False


def _sent(edges, grads, create):
    """(first gradients as the engine takes them, whether its rules run on Tensors)."""
    create = create or _levelled(edges, grads)
    return (grads if create else [g._raw for g in grads]), create


def _made_grad(i, t, g, batched):
    """The gradient that backward starts with at one output; ones for a scalar without one."""
    tensor = isinstance(t, Tensor)
    e = None if tensor else _place(t)[0]
    P = t._p if tensor else (e._p if isinstance(e, Tensor) else e.P)
    place = fresh(t)._raw if tensor else (e._raw if isinstance(e, Tensor) else e)
    raw_dtype = place.dtype
    if STATE.grad_dtypes and tensor and t._node is LEAF and isinstance(g, Tensor):
        raw_dtype = engine.grad_dtype(t, fresh(g)._raw)
    shape, dtype = tuple(place.shape), P.torch_dtype[raw_dtype]
    if g is None:
        if tensor and t._node is None:
            return wrap(P, P.full(shape, 1, place.dtype))
        n = 1
        for k in shape:
            n *= k
        if n != 1:
            raise RuntimeError(errors.NOT_SCALAR)
        if not dtype.is_floating_point:
            raise RuntimeError(
                f"grad can be implicitly created only for real scalar outputs but got {dtype}"
            )
        return wrap(P, P.full(shape, 1, place.dtype))
    if not isinstance(g, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
    have = tuple(fresh(g)._raw.shape)
    if batched:
        have = have[1:]
    if have != shape:
        from ..tensor import Size

        if batched:
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output "
                "as the batch dimension. The sizes of the remaining dimensions are expected to "
                "match the shape of corresponding output, but a mismatch was detected: "
                f"grad_output[{i}] has a shape of {Size(have[1:])!r} and output[{i}] has a shape "
                "of "
                f"{Size(shape)!r}. If you only want some tensors in `grad_output` to be considered "
                "batched, consider using vmap."
            )
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{i}] has a shape of {g.shape!r} and output[{i}] has a "
            f"shape of {Size(shape)!r}."
        )
    if dtype.is_complex != g.dtype.is_complex:
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. "
            f"Mismatch in dtype: grad_output[{i}] has a dtype of {g.dtype} and output[{i}] has a "
            f"dtype of {dtype}."
        )
    if g._raw.dtype != raw_dtype and not batched:
        from ..dispatch import cast

        g = cast(g, dtype)
    return g


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False,
             grad_variables=None, inputs=None):  # fmt: skip
    """Accumulate gradients of ``tensors`` into the ``.grad`` of leaves (torch.autograd.backward).

    inputs: accumulate into these only, leaves or not: a tensor, several, or a dict of them.
    RuntimeError, in torch's words, where shapes disagree, a gradient is missing, or nothing
    requires one.
    """
    if grad_variables is not None:
        warnings.warn(
            "`grad_variables` is deprecated. Use `grad_tensors` instead.",
            FutureWarning,
            stacklevel=2,
        )
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to "
                "`backward()`. Please only use `grad_tensors`."
            )
        grad_tensors = grad_variables
    if inputs is not None:
        inputs = _inputs(inputs, "backward")
    tensors = _tuple(tensors)
    if not FAST.issuperset(map(type, tensors)) or inputs is not None:
        from ..subclass import ask, special

        everything = (*tensors, *(inputs or ()))
        if special(everything):
            return ask(backward, everything, (tensors,), {
                "grad_tensors": grad_tensors, "retain_graph": retain_graph,
                "create_graph": create_graph, "inputs": inputs,
            })  # fmt: skip
    grads = (None,) * len(tensors) if grad_tensors is None else _tuple(grad_tensors)
    if LOCAL.transforms:
        raise RuntimeError(errors.BACKWARD_IN_TRANSFORM)
    keep = create_graph if retain_graph is None else retain_graph
    edges, grads = _roots(tensors, grads)
    grads, on_tensors = _sent(edges, grads, create_graph)
    if create_graph:
        warn_once(errors.CREATE_GRAPH)
    targets = None
    if inputs is not None:
        _check_inputs(inputs)
        places = []
        for t in inputs:
            if isinstance(t, Tensor):
                t.retain_grad()  # refuses one without gradient, when those before are done
            places.append(_place(t)[0])
        targets = _targets(inputs, places, edges)
    engine.run(edges, grads, keep, on_tensors, targets, record=create_graph)


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False,
         only_inputs=True, allow_unused=None, is_grads_batched=False,
         materialize_grads=False):  # fmt: skip
    """Gradients of ``outputs`` with respect to ``inputs``, returned (torch.autograd.grad).

    One Tensor per input, or None where ``allow_unused``; zeros with ``materialize_grads``; a batch
    of them with ``is_grads_batched``. A dict of inputs gives a dict of gradients with its keys.
    RuntimeError in torch's words for unused inputs.
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
            "allow_unused=False."
        )
    if allow_unused is None:
        allow_unused = materialize_grads
    if type(inputs) is dict:
        found = grad(outputs, _inputs(inputs, "grad"), grad_outputs, retain_graph, create_graph,
                     only_inputs, allow_unused, is_grads_batched, materialize_grads)  # fmt: skip
        return dict(zip(inputs, found, strict=True))
    outputs, inputs = _tuple(outputs), _inputs(inputs, "grad")
    if not (FAST.issuperset(map(type, outputs)) and FAST.issuperset(map(type, inputs))):
        from ..subclass import ask, special

        everything = (*outputs, *inputs)
        if special(everything):
            return ask(grad, everything, (outputs, inputs), {
                "grad_outputs": grad_outputs, "retain_graph": retain_graph,
                "create_graph": create_graph, "only_inputs": only_inputs,
                "allow_unused": allow_unused, "is_grads_batched": is_grads_batched,
                "materialize_grads": materialize_grads,
            })  # fmt: skip
    given = (None,) * len(outputs) if grad_outputs is None else _tuple(grad_outputs)
    _check_inputs(inputs)
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To "
            "accumulate gradient for other parts of the graph, please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    keep = create_graph if retain_graph is None else retain_graph
    edges, grads = _roots(outputs, given, is_grads_batched)
    places = []
    for t in inputs:
        places.append(_place(t)[0])
        if places[-1] is None:
            raise RuntimeError(errors.NOT_DIFFERENTIABLE)
    targets = _targets(inputs, places, edges)
    if is_grads_batched:
        return _batched(edges, grads, inputs, targets, keep, create_graph, allow_unused,
                        materialize_grads)  # fmt: skip
    grads, on_tensors = _sent(edges, grads, create_graph or STATE.exotic and LOCAL.duals)
    found = engine.run(edges, grads, keep, on_tensors, targets, accumulate=False,
                       record=create_graph)  # fmt: skip
    return _results(found, inputs, targets, on_tensors, allow_unused, materialize_grads,
                    create_graph)  # fmt: skip


def _results(found, inputs, targets, create_graph, allow_unused, materialize, recorded=False):
    out = []
    for i, (t, e) in enumerate(zip(inputs, targets, strict=True)):
        g = found.get(e)
        if g is None:
            if not allow_unused:
                raise RuntimeError(errors.UNUSED.format(i))
            if materialize:
                g = _zeros(t, recorded)
        elif not create_graph:
            g = made(e._p if isinstance(e, Tensor) else e.P, g)
        out.append(g)
    return tuple(out)


def _zeros(t, recorded):
    """The gradient of an input that has no part in the outputs."""
    from ..factories import zeros_like

    if not isinstance(t, Tensor):
        raise RuntimeError(
            "materialize_grads cannot be used when the given input is a GradientEdge"
        )
    return zeros_like(t, requires_grad=recorded)


def _batched(edges, grads, inputs, targets, keep, create_graph, allow_unused, materialize):
    """One backward for all rows of the gradients at once: their first dimension is a vmap's."""
    from .batched import Level
    from .batching import enter, leave

    for g in grads:
        if not g.dim():
            raise ValueError(
                "vmap(vjp, in_dims=0, ...)(<inputs>): Got in_dim=0 for some input, but that input "
                "is a Tensor of dimensionality 0 so expected in_dim to satisfy 0 <= in_dim < 0."
            )
    sizes = [g.shape[0] for g in grads]
    if any(n != sizes[0] for n in sizes):
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    level = Level(sizes[0])
    rows = [enter(g, level, 0) for g in grads]
    found = engine.run(edges, rows, keep, True, targets, accumulate=False, record=create_graph)
    found = _results(found, inputs, targets, True, allow_unused, False)
    found = [None if g is None else leave(g, level, 0) for g in found]
    if not materialize:
        return tuple(found)
    pairs = zip(found, inputs, strict=True)
    return tuple(_zeros(t, create_graph) if g is None else g for g, t in pairs)


_LAZY = {
    "detect_anomaly": "anomaly_mode", "set_detect_anomaly": "anomaly_mode",
    "gradcheck": "gradcheck", "gradgradcheck": "gradcheck", "Variable": "variable",
    "_unsafe_preserve_version_counter": "grad_mode", "SavedTensor": "saved",
    "_profiler_enabled": "profiler", "kineto_available": "profiler", "_calculate_shape": "edges",
}  # fmt: skip


_MODULES = ("anomaly_mode", "forward_ad", "functional", "grad_mode", "profiler", "profiler_util",
            "variable", "_functions")  # fmt: skip


def __getattr__(name):
    """What few programs use is imported when it is first named."""
    import importlib

    if name in _LAZY:
        module = importlib.import_module("." + _LAZY[name], __name__)
        return getattr(module, name)
    if name in _MODULES:
        return importlib.import_module("." + name, __name__)
    if name == "torch":
        return importlib.import_module("..", __name__)
    raise AttributeError(f"module 'torch.autograd' has no attribute '{name}'")
