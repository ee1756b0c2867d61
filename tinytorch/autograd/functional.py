"""``torch.autograd.functional``: products with Jacobians and Hessians, and these themselves.

All are made of `grad`: a jvp is the vjp of the vjp, which is linear in its seed.
"""

from __future__ import annotations

from ..factories import ones_like, zeros_like
from ..registry import functions
from ..tensor import Tensor
from . import grad
from .graph import LEAF
from .modes import enable_grad

NO_VECTOR = (
    "The vector v can only be None if the input to the user-provided function is a single Tensor "
    "with a single element."
)
INDEPENDENT = (
    "While computing the hessian, found that the jacobian of the user-provided function with "
    "respect to input {} is independent of the input. This is not allowed in strict mode. You "
    "should ensure that your function is twice differentiable and that the jacobian depends on the "
    "inputs (this would be violated by a linear function for example)."
)


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


def _prepare(inputs, create_graph):
    """Inputs as new tensors of one graph, so that the caller's own are left alone."""
    return tuple(
        t.view_as(t) if create_graph and t.requires_grad else t.detach().requires_grad_()
        for t in inputs
    )


def _check_v(v, other, is_v_tuple):
    if len(v) != len(other):
        if is_v_tuple:
            raise RuntimeError(
                f"v is a tuple of invalid length: should be {len(other)} but got {len(v)}."
            )
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (a, b) in enumerate(zip(v, other, strict=True)):
        if a.shape != b.shape:
            prepend = f"Entry {i} in " if is_v_tuple else ""
            raise RuntimeError(
                f"{prepend}v has invalid size: should be {b.shape!r} but got {a.shape!r}."
            )


def _seed(v, like, many_like, scalar_of):
    """The given v, checked, or ones where a scalar needs none."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(scalar_of)
        return (ones_like(like[0]),)
    is_tuple = isinstance(v, tuple)
    v = v if is_tuple else (v,)
    _check_v(v, like, many_like)
    return v


def _filled(grads, like, strict, what):
    """Gradients with zeros for None; RuntimeError under ``strict``."""
    out = []
    for i, (g, t) in enumerate(zip(grads, like, strict=True)):
        if g is None:
            if strict:
                raise RuntimeError(what.format(i))
            g = zeros_like(t)
        out.append(g)
    return tuple(out)


def _strict_outputs(outs, strict, fn):
    if strict:
        for i, t in enumerate(outs):
            if not t.requires_grad:
                raise RuntimeError(
                    f"Output {i} of the user-provided function does not require gradients. The "
                    "outputs must be computed in a differentiable manner from the input when "
                    "running in strict mode."
                )


def _vjp_of(outs, inputs, v, create_graph, strict=False, what="The output"):
    used = [(o, g) for o, g in zip(outs, v, strict=True) if o.requires_grad]
    if not used:
        return tuple(zeros_like(t) for t in inputs)
    found = grad([o for o, _ in used], inputs, [g for _, g in used], create_graph=create_graph,
                 retain_graph=True, allow_unused=True)  # fmt: skip
    return _filled(
        found, inputs, strict,
        what + " of the user-provided function is independent of input {}. This is not allowed in "
        "strict mode.",
    )  # fmt: skip


def _give(ts, many, create_graph):
    ts = tuple(t if create_graph else t.detach() for t in ts)
    return ts if many else ts[0]


_NEEDS_V = (
    "The vector v can only be None if the user-provided function returns a single Tensor with a "
    "single element."
)


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(inputs), v times the Jacobian); torch.autograd.functional.vjp."""
    with enable_grad():
        many, xs = _tuple(inputs, "inputs", "vjp")
        xs = _prepare(xs, create_graph)
        many_out, outs = _tuple(func(*xs), "outputs of the user-provided function", "vjp")
        _strict_outputs(outs, strict, "vjp")
        v = _seed(v, outs, many_out, _NEEDS_V)
        found = _vjp_of(outs, xs, v, create_graph, strict)
    return _give(outs, many_out, create_graph), _give(found, many, create_graph)


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(inputs), the Jacobian times v); torch.autograd.functional.jvp."""
    with enable_grad():
        many, xs = _tuple(inputs, "inputs", "jvp")
        xs = _prepare(xs, create_graph)
        v = _seed(v, xs, many, NO_VECTOR)
        many_out, outs = _tuple(func(*xs), "outputs of the user-provided function", "jvp")
        _strict_outputs(outs, strict, "jvp")
        dummies = tuple(zeros_like(o, requires_grad=True) for o in outs)
        through = _vjp_of(outs, xs, dummies, True)
        kept = [(g, w) for g, w in zip(through, v, strict=True) if g.requires_grad]
        if kept:
            found = grad([g for g, _ in kept], dummies, [w for _, w in kept],
                         create_graph=create_graph, allow_unused=True)  # fmt: skip
        else:
            found = (None,) * len(outs)
        found = _filled(found, outs, False, "")
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
        _strict_outputs(outs, strict, "jacobian")
        if vectorize:
            if strict:
                raise RuntimeError(
                    f"{name}: `strict=True` and `vectorized=True` are not supported together. "
                    "Please either set `strict=False` or `vectorize=False`."
                )
            return _all_rows(outs, xs, create_graph, many_out, many)
        rows = []
        for i, o in enumerate(outs):
            columns = [[] for _ in xs]
            flat = o.reshape(-1)
            for k in range(o.numel()):
                one = (ones_like(flat[k]),)
                found = _vjp_of((flat[k],), xs, one, create_graph, strict, f"Output {i}")
                for c, g in zip(columns, found, strict=True):
                    c.append(g)
            made = tuple(
                functions["stack"](c).view(*o.shape, *x.shape) if c
                else zeros_like(x).expand(*o.shape, *x.shape)
                for c, x in zip(columns, xs, strict=True)
            )  # fmt: skip
            rows.append(_give(made, True, create_graph))
    if many_out:
        return tuple(r if many else r[0] for r in rows)
    return rows[0] if many else rows[0][0]


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
        _give([p[k].view(*o.shape, *x.shape) for p, x in zip(parts, xs, strict=True)], True,
              create_graph)
        for k, o in enumerate(outs)
    )  # fmt: skip
    rows = rows if many else tuple(r[0] for r in rows)
    return rows if many_out else rows[0]


def _forward_jacobian(func, inputs, strict, vectorize, name):
    """The Jacobian by tangents, all columns at once."""
    from ..func.jacobians import unit_vectors
    from ..func.transforms import jvp
    from ..func.vmap import vmap

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

    def outputs(*args):
        many_out, outs = _tuple(func(*args), "outputs of the user-provided function", "jacobian")
        seen.append(many_out)
        return outs

    columns = vmap(lambda *us: jvp(outputs, xs, us)[1])(*unit_vectors(xs))
    rows = []
    for c in columns:
        parts = c.movedim(0, -1).split([x.numel() for x in xs], dim=-1)
        rows.append([p.reshape(*c.shape[1:], *x.shape) for p, x in zip(parts, xs, strict=True)])
    if not many:
        rows = tuple(r[0] for r in rows)
    return rows if seen[0] else rows[0]


def _scalar(func, name):
    def scalar(*xs):
        out = func(*xs)
        many, outs = _tuple(out, "outputs of the user-provided function", name)
        if many or outs[0].numel() != 1:
            if len(outs) != 1:
                raise RuntimeError(f"The function given to {name} should return a single Tensor")
            if outs[0].numel() != 1:
                raise RuntimeError(
                    f"The Tensor returned by the function given to {name} should contain a single "
                    "element"
                )
        return outs[0].reshape(())

    return scalar


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
    scalar = _scalar(func, "hessian")

    def gradient(*xs):
        if outer_jacobian_strategy == "forward-mode":
            xs = tuple(_leaf(x) for x in xs)
        y = scalar(*xs)
        found = _vjp_of((y,), xs, (ones_like(y),), True)
        for i, g in enumerate(found if strict else ()):
            if not g.requires_grad:
                raise RuntimeError(INDEPENDENT.format(i))
        return found if many else found[0]

    return jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(inputs), v times the Hessian); torch.autograd.functional.vhp."""
    with enable_grad():
        many, xs = _tuple(inputs, "inputs", "vhp")
        xs = _prepare(xs, create_graph)
        v = _seed(v, xs, many, NO_VECTOR)
        y = _scalar(func, "vhp")(*xs)
        first = _vjp_of((y,), xs, (ones_like(y),), True, strict)
        found = _vjp_of(first, xs, v, create_graph, False)
    return _give((y,), False, create_graph), _give(found, many, create_graph)


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """(func(inputs), the Hessian times v); torch.autograd.functional.hvp."""
    with enable_grad():
        many, xs = _tuple(inputs, "inputs", "hvp")
        xs = _prepare(xs, create_graph)
        v = _seed(v, xs, many, NO_VECTOR)
        y = _scalar(func, "hvp")(*xs)
        first = _vjp_of((y,), xs, (ones_like(y),), True, strict)
        dummies = tuple(zeros_like(x, requires_grad=True) for x in xs)
        through = _vjp_of(first, xs, dummies, True)
        kept = [(g, w) for g, w in zip(through, v, strict=True) if g.requires_grad]
        found = (None,) * len(xs)
        if kept:
            found = grad([g for g, _ in kept], dummies, [w for _, w in kept],
                         create_graph=create_graph, allow_unused=True)  # fmt: skip
        found = _filled(found, xs, False, "")
    return _give((y,), False, create_graph), _give(found, many, create_graph)
