"""``torch.autograd``: backward, grad, Function, modes, gradcheck."""

from __future__ import annotations

from ..tensor import Tensor, fresh
from . import engine, errors, hooks as _hooks  # noqa: F401
from .function import Function, once_differentiable  # noqa: F401
from .graph import LEAF, Node  # noqa: F401
from .modes import (  # noqa: F401
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)


def _tuple(x):
    return (x,) if x is None or isinstance(x, Tensor) else tuple(x)


def _roots(tensors, grads, create_graph):
    edges, out = [], []
    for i, (t, g) in enumerate(zip(tensors, grads, strict=True)):
        fresh(t)
        if t._node is None:
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn"
            )
        if g is None:
            if t.numel() != 1:
                raise RuntimeError(errors.NOT_SCALAR)
            if not t.dtype.is_floating_point:
                raise RuntimeError(
                    f"grad can be implicitly created only for real scalar outputs but got {t.dtype}"
                )
            raw = t._p.full(tuple(t._raw.shape), 1, t._raw.dtype)
            from ..tensor import wrap

            g = wrap(t._p, raw) if create_graph else raw
        else:
            if not isinstance(g, Tensor):
                raise TypeError(
                    f"gradients can be either Tensors or None, but got {type(g).__name__}"
                )
            if fresh(g)._raw.shape != t._raw.shape:
                raise RuntimeError(
                    f"Mismatch in shape: grad_output[{i}] has a shape of {g.shape} and output[{i}] "
                    f"has a shape of {t.shape}."
                )
            if t.dtype.is_complex != g.dtype.is_complex:
                raise RuntimeError(
                    "For complex Tensors, both grad_output and output are required to have the "
                    f"same dtype. Mismatch in dtype: grad_output[{i}] has a dtype of {g.dtype} and "
                    f"output[{i}] has a dtype of {t.dtype}."
                )
            if not create_graph:
                g = g._raw
        edges.append(engine.gradient_edge(t))
        out.append(g)
    return edges, out


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False,
             grad_variables=None, inputs=None):  # fmt: skip
    """Accumulate gradients of ``tensors`` into the ``.grad`` of leaves (torch.autograd.backward)."""
    tensors = _tuple(tensors)
    grads = (None,) * len(tensors) if grad_tensors is None else _tuple(grad_tensors)
    keep = create_graph if retain_graph is None else retain_graph
    edges, grads = _roots(tensors, grads, create_graph)
    targets = None
    if inputs is not None:
        inputs = _tuple(inputs)
        if not inputs:
            raise RuntimeError("`inputs` argument to `backward` cannot be empty.")
        targets = []
        for i, t in enumerate(inputs):
            e = engine.gradient_edge(t)
            if e is None:
                raise RuntimeError("One of the differentiated Tensors does not require grad")
            if e is not t:
                e._target = t
                t.__dict__.setdefault("_retains_grad", True)
            targets.append(e)
    engine.run(edges, grads, keep, create_graph, targets)


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False,
         only_inputs=True, allow_unused=None, is_grads_batched=False,
         materialize_grads=False):  # fmt: skip
    """Gradients of ``outputs`` with respect to ``inputs``, returned (torch.autograd.grad)."""
    from ..tensor import wrap

    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
            "allow_unused=False."
        )
    if allow_unused is None:
        allow_unused = materialize_grads
    outputs, inputs = _tuple(outputs), _tuple(inputs)
    given = (None,) * len(outputs) if grad_outputs is None else _tuple(grad_outputs)
    keep = create_graph if retain_graph is None else retain_graph
    edges, grads = _roots(outputs, given, create_graph)
    targets = []
    for t in inputs:
        e = engine.gradient_edge(t)
        if e is None:
            raise RuntimeError(errors.NOT_DIFFERENTIABLE)
        targets.append(e)
    found = engine.run(edges, grads, keep, create_graph, targets, accumulate=False)
    out = []
    for t, e in zip(inputs, targets, strict=True):
        g = found.get(e)
        if g is None:
            if not allow_unused:
                raise RuntimeError(errors.UNUSED)
            if materialize_grads:
                from ..factories import zeros_like

                g = zeros_like(t, requires_grad=create_graph)
        elif not create_graph:
            g = wrap(t._p, g)
        out.append(g)
    return tuple(out)
