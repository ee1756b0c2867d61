"""The words that op files are written in: `unary`, `binary`, `primitive`, and torch's dim rules."""

from __future__ import annotations

import functools
from numbers import Number

from ..primitive import TP, Op, _bound_backends, _forwards, define
from ..registry import _checked, again, bad_argument, functions, inplace_of, methods, write_out
from ..samples import SAMPLES, S, T, binary_samples, declare, unary_samples
from ..tensor import Tensor


def camel(name):
    return "".join(p[:1].upper() + p[1:] for p in name.split("_"))


def primitive(name, *rules, kernel=None, node=None, operands=("a",), params=(), **spec):
    """Define an op that has no torch-level name of its own; returns its Tensor function."""
    if not rules:
        rules = None
    elif len(rules) == 1 and spec.get("whole"):
        rules = rules[0]
    return define(
        Op(name, kernel or name, node or camel(name) + "Backward0", tuple(operands), tuple(params),
           rules, **spec)
    )  # fmt: skip


def compose(kernel, forward):
    """A kernel made of others, where a backend lacks it and on Tensors, which record its parts."""
    _forwards[kernel] = forward
    for P in _bound_backends:
        P.adopt(kernel, forward)
    setattr(TP, kernel, functools.partial(forward, TP))


compose("first_of", lambda P, x, *_: P.copy(x))  # a result that was computed unrecorded


def numpy_names(fn):
    """Let a function of ``dim`` and ``keepdim`` be called with ``axis`` and ``keepdims``."""

    @functools.wraps(fn)
    def call(*args, **kwargs):
        if kwargs:
            for alias, name in (("axis", "dim"), ("keepdims", "keepdim"), ("x", "input")):
                if alias in kwargs:
                    kwargs[name] = kwargs.pop(alias)
        return fn(*args, **kwargs)

    return call


def unary(name, rule=None, *, kernel=None, promote="float", method=True, inplace=True,
          function=True, public=None, domain=None, samples=None, also=(), **spec):  # fmt: skip
    """Define and publish an elementwise function of one tensor.

    domain: the interval its tests draw from; also: further dtypes they try; samples: the calls
    instead, or False for none.
    """
    fn = primitive(name, *(() if rule is None else (rule,)), kernel=kernel, promote=promote, **spec)
    public = public or name
    if samples is not False and function:
        declare(public, samples or (lambda: unary_samples(domain) + [
            S(T((2, 3), *(domain or (-2.0, 2.0)), dtype)) for dtype in also
        ]))  # fmt: skip

    def call(input, *, out=None):
        try:
            if out is not None:
                return write_out(public, fn, (input,), {}, out)
            result = fn(input)
            if result is NotImplemented:
                raise bad_argument(public, "input", 1, input)
            return result
        except Exception as error:
            given = {} if out is None else {"out": out}
            return again(call, public, (input,), given, False, error)

    _checked.add(call)
    _name(call, public, UNARY_DOC)
    if function:
        functions[public] = call
    if method:
        methods[public] = fn
        _name(fn, public, UNARY_DOC)
    if inplace:
        methods[public + "_"] = inplace_of(fn, public)
    return fn


def binary(name, rule_a=None, rule_b=None, *, kernel=None, promote="common", method=True,
           inplace=True, function=True, public=None, scalars=True, domain=None, other_domain=None,
           samples=None, also=(), numbers=None, number_first=None, **spec):  # fmt: skip
    """Define and publish an elementwise function of two operands.

    scalars: whether the second may be a number. numbers: the op for that case where its node has
    another name; number_first: the op for a number as the first operand, if torch takes one.
    """
    rules = () if rule_a is None and rule_b is None else (rule_a, rule_b)
    fn = primitive(
        name, *rules, kernel=kernel, operands=("a", "b"), promote=promote, scalars=scalars,
        check=spec.pop("check", check_broadcast), **spec,
    )  # fmt: skip
    public = public or name
    if samples is not False and function:
        lo, hi = domain or (-2.0, 2.0)
        declare(public, samples or (
            lambda: binary_samples(domain, other_domain, scalar=scalars) + [
                S(T((2, 3), lo, hi, d), T((3,), *(other_domain or (lo, hi)), d)) for d in also
            ]
        ))  # fmt: skip

    def refuse(a, b, position):
        if not scalars or public in ONE_FORM:
            if not isinstance(a, Tensor) and not (number_first and isinstance(a, Number)):
                return bad_argument(public, "input", 1, a)
            return bad_argument(public, "other", position, b)
        return no_form(public, (a, b) if position == 2 else (b,))

    def compute(a, b, position):
        if isinstance(b, Tensor):
            if isinstance(a, Tensor):
                result = fn(a, b)
            elif number_first is None or not isinstance(a, Number):
                raise refuse(a, b, position)
            else:
                result = number_first(a, b)
        elif not isinstance(a, Tensor) or not scalars:
            raise refuse(a, b, position)
        else:
            result = fn(a, b) if numbers is None else numbers(a, b)
        if result is NotImplemented:
            raise refuse(a, b, position)
        return result

    def call(input, other, *, out=None):
        try:
            if out is not None:
                return write_out(public, call, (input, other), {}, out)
            return compute(input, other, 2)
        except Exception as error:
            given = {} if out is None else {"out": out}
            return again(call, public, (input, other), given, False, error)

    def as_method(self, other):
        try:
            return compute(self, other, 1)
        except Exception as error:
            return again(as_method, public, (self, other), {}, True, error)

    _checked.update((call, as_method))
    _name(call, public, BINARY_DOC)
    _name(as_method, public, BINARY_DOC)
    if function:
        functions[public] = call
    if method:
        methods[public] = as_method
    if inplace:
        methods[public + "_"] = inplace_of(as_method, public)
    return fn


_FIRST = {  # functions that also take a number first, and whether that form has out=
    "pow": True, "float_power": True, "xlogy": True, "special_xlog1py": True, "special_zeta": True,
    "remainder": False, "bitwise_and": False, "bitwise_or": False, "bitwise_xor": False,
    "bitwise_left_shift": False, "bitwise_right_shift": False,
}  # fmt: skip
ONE_FORM = ("add", "sub", "mul", "div")


def no_form(name, args, forms=None):
    """torch's TypeError of arguments that fit none of a function's forms."""
    if forms is None:
        second = "exponent" if name.endswith(("pow", "power")) else "other"
        if len(args) == 1:
            forms = [f"Tensor {second}", f"Number {second}"]
        else:
            out = ", *, Tensor out = None"
            forms = [f"Tensor input, Tensor {second}{out}", f"Tensor input, Number {second}{out}"]
            if name in _FIRST:
                forms.insert(1, f"Number self, Tensor {second}{out if _FIRST[name] else ''}")
    got = ", ".join(type(a).__name__ for a in args)
    text = f"{name}() received an invalid combination of arguments - got ({got}), but expected "
    text += "one of:\n"
    for form in forms:
        text += f" * ({form})\n"
        wanted = [p.split()[0] for p in form.split(", ")]
        if len(wanted) == len(args) and "*" not in wanted:
            fits = [isinstance(a, Tensor if w == "Tensor" else Number) and not form.startswith("N")
                    for a, w in zip(args, wanted, strict=True)]  # fmt: skip
            shown = ", ".join(type(a).__name__ if ok else f"!{type(a).__name__}!"
                              for a, ok in zip(args, fits, strict=True))  # fmt: skip
            text += "      didn't match because some of the arguments have invalid types: "
            text += f"({shown})\n"
    return TypeError(text)


def alias(names):
    """Publish functions and methods under torch's other names for them: {new: old}."""
    for new, old in names.items():
        for table in (functions, methods):
            for tail in ("", "_"):
                if old + tail in table:
                    table[new + tail] = table[old + tail]
        if new in functions:
            declare(new, lambda old=old: SAMPLES[old][1:2])


def by_example(fn):
    """A function of one tensor that vmap runs on one example after the other."""

    @functools.wraps(fn)
    def call(input, *args, **kwargs):
        given = (input, *args, *kwargs.values())
        if any(isinstance(a, Tensor) and a._p.level for a in given):
            from ..autograd.batching import one_by_one

            return one_by_one(fn, (input, *args), kwargs)
        return fn(input, *args, **kwargs)

    return call


def refuse_batches(name, *tensors):
    """torch's refusal of an op on examples of a vmap; ``name`` as in `autograd.batched_texts`."""
    if any(isinstance(t, Tensor) and t._p.level for t in tensors):
        from ..autograd.batched_texts import refuse

        refuse(name, *tensors)


UNARY_DOC = "Elementwise ``{0}`` (torch.{0}); TypeError if ``input`` is no Tensor."
BINARY_DOC = """Elementwise ``{0}`` of two tensors, broadcast, or a tensor and a number (torch.{0}).

    RuntimeError if the shapes do not broadcast together, TypeError for other operands.
    """


def _name(fn, name, doc):
    fn.__name__ = fn.__qualname__ = name
    fn.__doc__ = doc.format(name)


def check_broadcast(*operands):
    """torch's error of shapes that do not broadcast together."""
    both = None
    for x in operands:
        if isinstance(x, Tensor):
            shape = tuple(x._raw.shape)
            both = shape if both is None or both == shape else broadcast_shape(both, shape)


def broadcast_shape(a, b):
    """The shape two shapes broadcast to; torch's RuntimeError if they do not."""
    out = []
    for i in range(1, max(len(a), len(b)) + 1):
        m = a[-i] if i <= len(a) else 1
        n = b[-i] if i <= len(b) else 1
        if m != n and m != 1 and n != 1:
            raise RuntimeError(
                f"The size of tensor a ({m}) must match the size of tensor b ({n}) at "
                f"non-singleton dimension {max(len(a), len(b)) - i}"
            )
        out.append(n if m == 1 else m)
    return tuple(reversed(out))


def wrap_dim(dim, ndim, what=None):
    """A dimension number made non-negative; torch's IndexError if out of range."""
    bound = max(ndim, 1)
    if not -bound <= dim < bound:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], but got "
            f"{dim})"
        )
    return dim + bound if dim < 0 else dim


def wrap_dims(dim, ndim):
    """Dims as a sorted tuple of axes; None for all. RuntimeError if one appears twice."""
    if dim is None:
        return None
    if type(dim) is int:
        return (wrap_dim(dim, ndim),) if ndim else None
    axes = [wrap_dim(d, ndim) for d in dim]
    if not axes:
        return None
    for i, d in enumerate(axes):
        if d in axes[:i]:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return tuple(sorted(axes)) if ndim else None


_INT = {int}


def ints(args, name="size"):
    """Sizes given as ``f(2, 3)`` or ``f((2, 3))`` as a tuple of ints."""
    if _INT.issuperset(map(type, args)):
        return tuple(args)
    if len(args) == 1 and not isinstance(args[0], int) and hasattr(args[0], "__iter__"):
        args = args[0]
    return tuple(a if type(a) is int else int(a) for a in args)
