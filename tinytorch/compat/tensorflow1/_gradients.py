"""tf.gradients: one operation, which the session computes by tinytorch's own tape and rules.

While the graph is built only what depends on what is settled, so that a tensor that the result
does not depend on gets None. When it is run, the operations between `xs` and `ys` are recorded by
the tape, and this operation asks the tape for the gradients, recorded in their turn where further
gradients are taken of them.
"""

from __future__ import annotations

from ._graph import Symbol, get_default_graph
from ._ops import convert, public


def _list(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _through(op, t):
    return op.differentiable and t.dtype.is_floating


def _behind(ys):
    """Every tensor that some of `ys` depend on by operations that have gradients, and these."""
    found, todo = set(), [y for y in ys if y.dtype.is_floating]
    while todo:
        t = todo.pop()
        if t not in found:
            found.add(t)
            if _through(t.op, t):
                todo += [x for x in t.op.inputs if x.dtype.is_floating]
    return found


@public
def gradients(ys, xs, grad_ys=None, name="gradients"):
    """The gradient of the sum of all elements of `ys` by each of `xs` (tf.gradients).

    Returns a list with a tensor for each of `xs`, or None for one that `ys` do not depend on;
    grad_ys holds weights for the elements of `ys`, tensors of the same shapes.
    """
    graph = get_default_graph()
    ys = [convert(y) for y in _list(ys)]
    xs = [getattr(x, "ref_", x) for x in _list(xs)]
    for x in xs:
        if not isinstance(x, Symbol):
            raise TypeError(f"gradients are taken by tensors and variables, not by {x!r}")
    weights = [None] * len(ys) if grad_ys is None else _list(grad_ys)
    if len(weights) != len(ys):
        raise ValueError(f"Passed {len(weights)} grad_ys for {len(ys)} ys")
    behind = _behind(ys)
    known = [x for x in xs if x in behind]
    if not known:
        return [None] * len(xs)
    name = graph.unique_name(name)
    given = [
        (y, None if w is None else convert(w, y.dtype)) for y, w in zip(ys, weights, strict=True)
    ]
    op = graph.create(
        "Gradients", [*(y for y, _ in given), *known, *(w for _, w in given if w is not None)],
        [(x.dtype, x.shape) for x in known], None, name=f"{name}/", kind="gradients",
    )  # fmt: skip
    op.of, op.by, op.weights = ys, known, [w for _, w in given]
    found = dict(zip(known, op.outputs, strict=True))
    return [found.get(x) for x in xs]
