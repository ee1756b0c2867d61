"""``torch.autograd.functional``: products with Jacobians and Hessians, and these themselves.

All are made of `grad`: a jvp is the vjp of the vjp, which is linear in its seed.
"""

from __future__ import annotations

from ..factories import zeros_like
from ..registry import functions
from ..tensor import Tensor
from . import grad
from .graph import LEAF
from .modes import enable_grad, is_grad_enabled, set_grad_enabled

NO_VECTOR = "The vector v can only be None if the {} a single Tensor with a single element."
_OUTPUT, _INPUT = "user-provided function returns", "input to the user-provided function is"

STRICT = " This is not allowed in strict mode"
NO_GRAD = {  # what is said under ``strict`` of a value that does not require grad
    "outputs": "Output {} of the user-provided function does not require gradients. The outputs "
    "must be computed in a differentiable manner from the input when running in strict mode.",
    "jacobian": "While computing the hessian, found that the jacobian of the user-provided "
    "function with respect to input {} is independent of the input." + STRICT + ". You should "
    "ensure that your function is twice differentiable and that the jacobian depends on the inputs "
    "(this would be violated by a linear function for example).",
    "hessian": "The hessian of the user-provided function with respect to input {} is independent "
    "of the input." + STRICT + ". You should ensure that your function is thrice differentiable "
    "and that the hessian depends on the inputs.",
    "grad_inputs": "The gradient with respect to input {} is independent of the inputs of the "
    "user-provided function." + STRICT + ".",
}
NO_PATH = {  # of a gradient that is None, by the backward that gave it
    "back": "The output of the user-provided function is independent of input {}." + STRICT + ".",
    "back_trick": "The gradient with respect to the input is independent of entry {} in the "
    "grad_outputs when using the double backward trick to compute forward mode gradients."
    + STRICT + ".",
    "double_back": "The jacobian of the user-provided function is independent of input {}."
    + STRICT + ".",
    "double_back_trick": "The hessian of the user-provided function is independent of entry {} in "
    "the grad_jacobian." + STRICT + " as it prevents from using the double backward trick to "
    "replace forward mode AD.",
}  # fmt: skip
CONSTANT = "The {} of the user-provided function is independent of input {}." + STRICT
CONSTANT += " when create_graph=True."


def _tuple(x, what, fn):
    """(was it a tuple, the tuple); TypeError, as torch, for what holds no Tensors."""
    many = isinstance(x, tuple)
    xs = x if many else (x,)
    for i, t in enumerate(xs):
        if not isinstance(t, Tensor):
            if many:
                raise TypeError(
                    f"The {what} given to {fn} must be either a Tensor or a tuple of Tensors but "
                    f"the value at index {i} has type {type(t)}."
                )
            raise TypeError(
                f"The {what} given to {fn} must be either a Tensor or a tuple of Tensors but the "
                f"given {what} has type {type(t)}."
            )
    return many, xs


def _prepare(inputs, create_graph, need_graph=True):
    """Inputs as new tensors of one graph, so that the caller's own are left alone."""
    return tuple(
        t.view_as(t) if create_graph and t.requires_grad
        else t.detach().requires_grad_(need_graph)
        for t in inputs
    )  # fmt: skip


def _vector(v, like, many, create_graph, fn, what):
    """The given v, checked against what it must be like; None where a scalar needs none."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(NO_VECTOR.format(what))
        return None
    v = _prepare(_tuple(v, "v", fn)[1], create_graph, False)
    if len(v) != len(like):
        if many:
            raise RuntimeError(
                f"v is a tuple of invalid length: should be {len(like)} but got {len(v)}."
            )
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (a, b) in enumerate(zip(v, like, strict=True)):
        if a.shape != b.shape:
            raise RuntimeError(
                f"{f'Entry {i} in ' if many else ''}v has invalid size: should be {b.shape!r} but "
                f"got {a.shape!r}."
            )
    return v


def _strict(ts, what, strict):
    """RuntimeError, under ``strict``, for the first of what does not require grad."""
    for i, t in enumerate(ts if strict else ()):
        if t is None:
            raise RuntimeError(NO_PATH["back"].format(i))
        if not t.requires_grad:
            raise RuntimeError(NO_GRAD[what].format(i))


def _grad(outs, inputs, v=None, **kwargs):
    """`grad` of those outputs that have one; None for all inputs, if none has."""
    v = (None,) * len(outs) if v is None else v
    used = [(o, g) for o, g in zip(outs, v, strict=True) if o is not None and o.requires_grad]
    if not used:
        return (None,) * len(inputs)
    return grad([o for o, _ in used], inputs, [g for _, g in used], allow_unused=True, **kwargs)


def _filled(grads, like, strict, create_graph, stage):
    """Gradients with zeros for None; RuntimeErrors under ``strict``."""
    out = []
    for i, (g, t) in enumerate(zip(grads, like, strict=True)):
        if g is None:
            if strict:
                raise RuntimeError(NO_PATH[stage].format(i))
            g = zeros_like(t)
        elif strict and create_graph and not g.requires_grad:
            what = "hessian" if "double" in stage else "jacobian"
            raise RuntimeError(CONSTANT.format(what, i))
        out.append(g)
    return tuple(out)


def _give(ts, many, create_graph):
    ts = tuple(t if create_graph else t.detach() for t in ts)
    return ts if many else ts[0]


def _scalar_output(out, fn, strict):
    """The one element that a function gave; torch's errors for anything else."""
    many, outs = _tuple(out, "outputs of the user-provided function", fn)
    _strict(outs, "outputs", strict)
    if many:
        raise RuntimeError(f"The function given to {fn} should return a single Tensor")
    if out.numel() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {fn} should contain a single element"
        )
    return out


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(inputs), v times the Jacobian); torch.autograd.functional.vjp."""
    with enable_grad():
        many, xs = _tuple(inputs, "inputs", "vjp")
        xs = _prepare(xs, create_graph)
        many_out, outs = _tuple(func(*xs), "outputs of the user-provided function", "vjp")
        _strict(outs, "outputs", strict)
        v = _vector(v, outs, many_out, create_graph, "vjp", _OUTPUT)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(outs, xs, v, create_graph=create_graph)
        found = _filled(found, xs, strict, create_graph, "back")
    return _give(outs, many_out, create_graph), _give(found, many, create_graph)


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(inputs), the Jacobian times v); torch.autograd.functional.jvp."""
    with enable_grad():
        many, xs = _tuple(inputs, "inputs", "jvp")
        xs = _prepare(xs, create_graph)
        v = _vector(v, xs, many, create_graph, "jvp", _INPUT)
        many_out, outs = _tuple(func(*xs), "outputs of the user-provided function", "jvp")
        _strict(outs, "outputs", strict)
        dummies = tuple(zeros_like(o, requires_grad=True) for o in outs)
        through = _grad(outs, xs, dummies, create_graph=True)
        _strict(through, "grad_inputs", strict)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(through, dummies, v, create_graph=create_graph)
        found = _filled(found, outs, strict, create_graph, "back_trick")
    return _give(outs, many_out, create_graph), _give(found, many_out, create_graph)


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False,
             strategy="reverse-mode"):  # fmt: skip
    """The Jacobian, shape (*output, *input), nested as outputs and inputs are.

    vectorize: all rows by one vmap. strategy: "reverse-mode", or (vectorized only) "forward-mode".
    RuntimeError and NotImplementedError, in torch's words, for what does not go together.
    """
    assert strategy in ("forward-mode", "reverse-mode"), (
        'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function '
        'has more outputs than inputs, "forward-mode" tends to be more performant. Otherwise, '
        'prefer to use "reverse-mode".'
    )
    name = "torch.autograd.functional.jacobian"
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(
                f'{name}: `create_graph=True` and `strategy="forward-mode"` are not supported '
                "together (yet). Please either set `create_graph=False` or "
                '`strategy="reverse-mode"`.'
            )
        return _forward_jacobian(func, inputs, strict, vectorize, name)
    with enable_grad():
        many, xs = _tuple(inputs, "inputs", "jacobian")
        xs = _prepare(xs, create_graph)
        many_out, outs = _tuple(func(*xs), "outputs of the user-provided function", "jacobian")
        _strict(outs, "outputs", strict)
        if vectorize:
            if strict:
                raise RuntimeError(
                    f"{name}: `strict=True` and `vectorized=True` are not supported together. "
                    "Please either set `strict=False` or `vectorize=False`."
                )
            return _all_rows(outs, xs, create_graph, many_out, many)
        rows = tuple(
            _give(_rows(i, o, xs, create_graph, strict), True, create_graph)
            for i, o in enumerate(outs)
        )
    if many_out:
        return tuple(r if many else r[0] for r in rows)
    return rows[0] if many else rows[0][0]


def _rows(i, out, xs, create_graph, strict):
    """The Jacobian of output ``i``, for each input, by one backward for each row."""
    columns = [[] for _ in xs]
    for k in range(out.numel()):
        found = _grad((out.reshape(-1)[k],), xs, create_graph=create_graph, retain_graph=True)
        for j, (c, g, x) in enumerate(zip(columns, found, xs, strict=True)):
            if g is None:
                if strict:
                    raise RuntimeError(
                        f"Output {i} of the user-provided function is independent of input {j}."
                        + STRICT + "."
                    )  # fmt: skip
                g = zeros_like(x)
            elif strict and create_graph and not g.requires_grad:
                raise RuntimeError(CONSTANT.format("jacobian", i))
            c.append(g)
    return [functions["stack"](c, dim=0).view((*out.shape, *x.shape))
            for c, x in zip(columns, xs, strict=True)]  # fmt: skip


def _all_rows(outs, xs, create_graph, many_out, many):
    """The Jacobian by one backward for all rows at once."""
    from ..func.jacobians import unit_vectors

    used = [(o, v) for o, v in zip(outs, unit_vectors(outs), strict=True) if o.requires_grad]
    found = [None] * len(xs)
    if used:
        found = grad([o for o, _ in used], xs, [v for _, v in used], create_graph=create_graph,
                     allow_unused=True, is_grads_batched=True)  # fmt: skip
    n = sum(o.numel() for o in outs)
    found = [x.new_zeros((n, *x.shape)) if g is None else g
             for g, x in zip(found, xs, strict=True)]  # fmt: skip
    parts = [g.split([o.numel() for o in outs]) for g in found]
    rows = tuple(
        _give([p[k].view((*o.shape, *x.shape)) for p, x in zip(parts, xs, strict=True)], True,
              create_graph)
        for k, o in enumerate(outs)
    )  # fmt: skip
    rows = rows if many else tuple(r[0] for r in rows)
    return rows if many_out else rows[0]


def _forward_jacobian(func, inputs, strict, vectorize, name):
    """The Jacobian by tangents, all columns at once."""
    from ..func.jacobians import unit_vectors
    from ..func.vmap import vmap
    from .forward_ad import dual_level, make_dual, unpack_dual

    if strict:
        raise RuntimeError(
            f'{name}: `strict=True` and `strategy="forward-mode"` are not supported together '
            '(yet). Please either set `strict=False` or `strategy="reverse-mode"`.'
        )
    many, xs = _tuple(inputs, "inputs", "jacobian")
    if not vectorize:
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian is"
            "only implemented for `vectorize=True`."
        )
    seen = []

    def column(*us):
        with dual_level():
            duals = [make_dual(x, u) for x, u in zip(xs, us, strict=True)]
            many_out, outs = _tuple(func(*duals), "outputs", None)  # so torch's texts say it
            seen.append(many_out)
            pairs = [unpack_dual(o) for o in outs]
        return tuple(zeros_like(p) if u is None else u for p, u in pairs)

    columns = vmap(column)(*unit_vectors(xs))
    rows = []
    for c in columns:
        parts = c.movedim(0, -1).split([x.numel() for x in xs], dim=-1)
        rows.append([p.reshape((*c.shape[1:], *x.shape)) for p, x in zip(parts, xs, strict=True)])
    if not many:
        rows = tuple(r[0] for r in rows)
    return rows if seen[0] else rows[0]


def _leaf(x):
    """``x`` requiring grad from here on, also while a transform runs."""
    if x._node is None:
        x._node = LEAF
    return x


def hessian(func, inputs, create_graph=False, strict=False, vectorize=False,
            outer_jacobian_strategy="reverse-mode"):  # fmt: skip
    """The Hessian of a function with one element, nested input by input.

    outer_jacobian_strategy: how the gradient is differentiated, see `jacobian`.
    """
    assert outer_jacobian_strategy in ("forward-mode", "reverse-mode"), (
        'Expected strategy to be either "forward-mode" or "reverse-mode".'
    )
    many, _ = _tuple(inputs, "inputs", "hessian")

    def scalar(*xs):
        return _scalar_output(func(*xs), "hessian", strict).squeeze()

    def gradient(*xs):
        if outer_jacobian_strategy == "forward-mode":
            xs = tuple(_leaf(x) for x in xs)
        found = jacobian(scalar, xs, create_graph=True)
        _strict(found, "jacobian", strict)
        return found if many else found[0]

    return jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(inputs), v times the Hessian); torch.autograd.functional.vhp."""
    with enable_grad():
        many, xs = _tuple(inputs, "inputs", "vhp")
        xs = _prepare(xs, create_graph)
        v = _vector(v, xs, many, create_graph, "vhp", _INPUT)
        y = _scalar_output(func(*xs), "vhp", strict)
        first = _grad((y,), xs, create_graph=True)
        _strict(first, "jacobian", strict)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(first, xs, v, create_graph=create_graph)
        found = _filled(found, xs, strict, create_graph, "double_back")
    return _give((y,), False, create_graph), _give(found, many, create_graph)


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(inputs), the Hessian times v); torch.autograd.functional.hvp."""
    with enable_grad():
        many, xs = _tuple(inputs, "inputs", "hvp")
        xs = _prepare(xs, create_graph)
        v = _vector(v, xs, many, create_graph, "hvp", _INPUT)
        y = _scalar_output(func(*xs), "hvp", strict)
        first = _grad((y,), xs, create_graph=True)
        _strict(first, "jacobian", strict)
        dummies = tuple(zeros_like(x, requires_grad=True) for x in xs)
        through = _grad(first, xs, dummies, create_graph=True)
        _strict(first, "hessian", strict)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(through, dummies, v, create_graph=create_graph)
        found = _filled(found, xs, strict, create_graph, "double_back_trick")
    return _give((y,), False, create_graph), _give(found, many, create_graph)
