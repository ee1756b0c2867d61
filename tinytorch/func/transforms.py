"""``torch.func``: grad, vjp, jvp and linearize, by the tape and by tangents."""

from __future__ import annotations

import functools

from ..autograd import grad as autograd_grad
from ..autograd.captured import Track
from ..autograd.dual import DualLevel, primal, tangent
from ..autograd.forward_ad import attach, check_floating
from ..autograd.modes import LOCAL
from ..factories import zeros_like
from ..tensor import Tensor, fresh
from ..utils._pytree import tree_flatten, tree_map, tree_unflatten, treespec_pprint
from .tracking import GradLevel, admitted, bare_of, leads_outside

ONLY_TENSORS = "{}: expected f(*primals) to return only tensors, got unsupported type {}"
NO_AUX = "{}: output of function f should be a tuple: (output, aux) if has_aux is True"


def checked_argnums(argnums, args):
    """Which arguments, as a tuple of numbers from 0; torch's RuntimeErrors."""
    if type(argnums) is int and 0 <= argnums < len(args):
        return (argnums,)
    if not isinstance(argnums, (int, tuple)):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    if argnums == ():
        raise RuntimeError("argnums must be non-empty")
    many = argnums if isinstance(argnums, tuple) else (argnums,)
    for i in many:
        if not isinstance(i, int):
            raise RuntimeError(f"argnum must be int, got: {type(i)}")
    for i in many:
        if not -len(args) <= i < len(args):
            raise RuntimeError(f"Got argnum={i}, but only {len(args)} positional inputs")
    found = tuple(i % len(args) for i in many)
    if len(set(found)) != len(found):
        raise RuntimeError(f"argnums elements must be unique, got {found}")
    return found


def chosen(argnums, args):
    """The arguments of these numbers: a tuple of them, or the one."""
    places = checked_argnums(argnums, args)
    picked = tuple(args[i] for i in places)
    return picked if isinstance(argnums, tuple) else picked[0]


def admit(track, args, argnums=None):
    """The arguments, or those that are not of these numbers, as a transform gives them."""
    if len(args) == 1 and argnums is not None:
        return args
    step = functools.partial(admitted, track)
    places = checked_argnums(argnums, args) if argnums is not None else ()
    return [a if i in places else tree_map(step, a) for i, a in enumerate(args)]


def replaced(argnums, args, values):
    """The arguments with those of these numbers replaced."""
    args = list(args)
    places = checked_argnums(argnums, args)
    for i, v in zip(places, values if isinstance(argnums, tuple) else (values,), strict=True):
        args[i] = v
    return tuple(args)


def _only_tensors(flat, who):
    if not flat or len(flat) == 1 and flat[0] is None:
        raise RuntimeError(
            f"{who}: Expected f to be a function that has non-empty output (got output = {flat})"
        )
    for t in flat:
        if not isinstance(t, Tensor):
            raise RuntimeError(ONLY_TENSORS.format(who, type(t)))


def split_aux(result, who):
    """(output, aux) of a function with has_aux; RuntimeError if it gave something else."""
    if not (isinstance(result, tuple) and len(result) == 2):
        raise RuntimeError(NO_AUX.format(who))
    output, aux = result
    return output, aux


def _checked_aux(aux):
    for t in tree_flatten(aux)[0]:
        if not isinstance(t, Tensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(t)}")


def gradients(outputs, inputs, seeds, record, keep=True):
    """Gradients of those outputs that have a history; zeros for what nothing depends on."""
    pairs = [(y, v) for y, v in zip(outputs, seeds, strict=True) if fresh(y)._node is not None]
    if not pairs:
        return tuple(zeros_like(x) for x in inputs)
    found = autograd_grad(
        [y for y, _ in pairs], inputs, [v for _, v in pairs], retain_graph=keep,
        create_graph=record, allow_unused=True,
    )  # fmt: skip
    return tuple(zeros_like(x) if g is None else g for g, x in zip(found, inputs, strict=True))


def grad_and_value(func, argnums=0, has_aux=False):
    """A function that gives (gradient, value) of ``func`` (torch.func.grad_and_value).

    The value must be a scalar Tensor; with has_aux ``func`` returns (value, aux) and the result is
    (gradient, (value, aux)). RuntimeError in torch's words otherwise.
    """
    who = "grad_and_value(f)(*args)"

    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        with GradLevel() as level:
            inside = tree_map(level.enter, chosen(argnums, args))
            args = replaced(argnums, admit(level.track, args, argnums), inside)
            if kwargs:
                kwargs = dict(zip(kwargs, admit(level.track, kwargs.values()), strict=True))
            output = func(*args, **kwargs)
            if has_aux:
                output, aux = split_aux(output, who)
            if not isinstance(output, Tensor):
                raise RuntimeError(
                    f"{who}: Expected f(*args) to return a Tensor, got {type(output)}"
                )
            if output.dim() != 0:
                raise RuntimeError(
                    f"{who}: Expected f(*args) to return a scalar Tensor, got tensor with "
                    f"{output.dim()} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
                )
            flat, spec = tree_flatten(inside)
            level.alive = False
            record = level.before and leads_outside([output._node])
            found = gradients([output], flat, [None], record, record)
            for t in flat:
                t._node.hooks = None
            found = level.leave(tree_unflatten(found, spec))
            output = level.leave(output)
            if has_aux:
                _checked_aux(aux)
                aux = level.leave(aux)
        return (found, (output, aux)) if has_aux else (found, output)

    return wrapper


def grad(func, argnums=0, has_aux=False):
    """A function that gives the gradient of a scalar ``func`` (torch.func.grad)."""
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return wrapper


def vjp(func, *primals, has_aux=False):
    """(output, vjp_fn[, aux]): ``vjp_fn(cotangents)`` is a tuple of gradients (torch.func.vjp)."""
    return vjp_with_argnums(func, primals, None, has_aux)


def vjp_with_argnums(func, args, argnums, has_aux):
    """`vjp` with respect to some arguments: one of them, a tuple of them, or all (None)."""
    who = "vjp(f, *primals)"
    with GradLevel() as level:
        if argnums is None:
            inside = tree_map(level.enter, args)
            output = func(*inside)
        else:
            inside = tree_map(level.enter, chosen(argnums, args))
            output = func(*replaced(argnums, admit(level.track, args, argnums), inside))
        if has_aux:
            output, aux = split_aux(output, who)
            _checked_aux(aux)
        flat_out, out_spec = tree_flatten(output)
        _only_tensors(flat_out, who)
        for t in flat_out:
            if not t._p.differentiable(t._raw):
                raise RuntimeError(
                    "vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got "
                    f"Tensor with dtype {t.dtype}"
                )
        flat_in, in_spec = tree_flatten(inside)
        aux = level.leave(aux) if has_aux else None
        result = level.leave(output)

    def vjp_fn(cotangents, retain_graph=True, create_graph=None):
        seeds, spec = tree_flatten(cotangents)
        if spec != out_spec:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of "
                f"outputs to the function. cotangents: {treespec_pprint(spec)}, primal output: "
                f"{treespec_pprint(out_spec)}"
            )
        for y, v in zip(flat_out, seeds, strict=True):
            if v is None and y.numel() != 1:
                raise RuntimeError("grad can be implicitly created only for scalar outputs")
            if v is not None and not isinstance(v, Tensor):
                raise TypeError(
                    f"gradients can be either Tensors or None, but got {type(v).__name__}"
                )
        given = [v for v in seeds if v is not None]
        record = LOCAL.grad and leads_outside([fresh(t)._node for t in (*flat_out, *given)])
        found = gradients(flat_out, flat_in, seeds, record, retain_graph)
        out = GradLevel()
        out.before, out.track, out.inputs = LOCAL.grad, level.track, {}
        return out.leave(tree_unflatten(found, in_spec))

    return (result, vjp_fn, aux) if has_aux else (result, vjp_fn)


def jvp(func, primals, tangents, *, strict=False, has_aux=False):
    """(output, the Jacobian times the tangents[, aux]); torch.func.jvp."""
    return jvp_with_argnums(func, primals, tangents, None, strict, has_aux)


def jvp_with_argnums(func, args, tangents, argnums, strict, has_aux):
    """`jvp` with respect to some arguments, or all of them (None)."""
    who = "jvp(f, primals, tangents)"
    if not isinstance(args, tuple):
        raise RuntimeError(
            f"{who}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals)."
        )
    primals = args if argnums is None else chosen(argnums, args)
    flat, spec = tree_flatten(primals)
    flat_tangents, tangent_spec = tree_flatten(tangents)
    if spec != tangent_spec:
        raise RuntimeError(
            f"{who}: Expected primals and tangents to have the same python structure. For example, "
            "if primals is a tuple of 3 tensors, tangents also must be. Got primals with structure "
            f"{spec} and tangents with structure {tangent_spec}"
        )
    for what, ts in (("primals", flat), ("tangents", flat_tangents)):
        if not ts:
            raise RuntimeError(f"{who}: Expected {what} to contain at least one Tensor.")
        for t in ts:
            if not isinstance(t, Tensor):
                raise RuntimeError(f"{who}: Expected {what} to only contain Tensors, got {type(t)}")
    for x, u in zip(flat, flat_tangents, strict=True):
        check_floating("primal", x)
        check_floating("tangent", u)
    level = DualLevel().enter()
    track = Track().begin()
    try:
        duals = [attach(x, u, level) for x, u in zip(flat, flat_tangents, strict=True)]
        for dual, x in zip(duals, flat, strict=True):
            track.enter(dual, x)
        track.lend(flat_tangents)
        if argnums is not None:
            args = admit(track, args, argnums)
        duals = tree_unflatten(duals, spec)
        output = func(*(duals if argnums is None else replaced(argnums, args, duals)))
        if has_aux:
            output, aux = split_aux(output, who)
            _checked_aux(aux)
            aux = tree_map(lambda t: primal(t, level), aux)
        outs, out_spec = tree_flatten(output)
        _only_tensors(outs, who)
        values = [primal(t, level) for t in outs]
        found = [tangent(fresh(t), level) for t in outs]
        if strict and any(u is None for u in found):
            raise RuntimeError(
                f"{who[:-1]}, strict=True): The output of f is independent of the inputs. This is "
                "not allowed with strict=True."
            )
        found = [zeros_like(y) if u is None else u for y, u in zip(values, found, strict=True)]
    finally:
        track.end()
        level.leave()
    values, found = ([bare_of(track, t) for t in ts] for ts in (values, found))
    if has_aux:
        aux = tree_map(functools.partial(bare_of, track), aux)
    results = tree_unflatten(values, out_spec), tree_unflatten(found, out_spec)
    return (*results, aux) if has_aux else results


def linearize(func, *primals):
    """(output, jvp_fn): the function at a point, and its linear approximation there.

    ``jvp_fn(*tangents)`` may be called many times; the function itself runs once. RuntimeError
    where tangents are not in structure, shape and dtype as the primals.
    """
    flat, spec = tree_flatten(primals)
    for x in flat:
        if isinstance(x, Tensor):
            check_floating("primal", x)
    with GradLevel() as level:
        inside = [level.enter(x) for x in flat]
        output = func(*tree_unflatten(inside, spec))
        outs, out_spec = tree_flatten(output)
        seeds = [level.enter(zeros_like(y)) if isinstance(y, Tensor) else None for y in outs]
        pairs = [(y, v) for y, v in zip(outs, seeds, strict=True) if v is not None]
        pulled = gradients([y for y, _ in pairs], inside, [v for _, v in pairs], True)
        result = level.leave(output)

    def jvp_fn(*tangents):
        given, tangent_spec = tree_flatten(tangents)
        if tangent_spec != spec:
            raise RuntimeError(
                f"Expected the tangents {tangent_spec} to have the same argspec as the primals "
                f"{spec}"
            )
        for i, (u, x) in enumerate(zip(given, flat, strict=True)):
            for what in ("shape", "dtype"):
                if getattr(u, what) != getattr(x, what):
                    raise RuntimeError(
                        f"tangent:{i} with {what} {getattr(u, what)!r} in flattened pytree doesn't "
                        f"match the {what} {getattr(x, what)!r} of the corresponding primal."
                    )
        live = [v for _, v in pairs]
        found = iter(gradients(pulled, live, given, False) if live else ())
        return tree_unflatten([None if v is None else next(found) for v in seeds], out_spec)

    return result, jvp_fn
