"""What torch's parser of arguments says of a call, asked only when the call has failed.

Calls that are right never come here: functions bind and check their arguments as Python code does,
and when one of them raises anything, `refused` reads the arguments again as torch would, by the
forms in ``signatures.txt`` (recorded from torch by ``tools/signatures.py``). If torch refuses them,
its TypeError takes the place of whatever was raised; else the error stands.
"""

from __future__ import annotations

import numbers
from functools import cache
from pathlib import Path

from . import dtypes
from .blame import type_name, warn
from .devices import device
from .tensor import Tensor

NUMPY = {"dim": ("axis",), "keepdim": ("keepdims",), "input": ("x", "a", "x1"), "other": ("x2",)}
NUMBER_AS_TENSOR = frozenset(  # a number may stand for the tensors of these
    "add add_ sub sub_ subtract subtract_ mul mul_ multiply multiply_ div div_ divide divide_"
    " true_divide true_divide_ floor_divide floor_divide_".split()
)


class Parameter:
    """One parameter of a form: ``int? dim = None`` in its words."""

    def __init__(self, text, keyword):
        self.shown, _, self.default = text.partition(" = ")
        kind, _, self.name = self.shown.rpartition(" ")
        self.optional, self.keyword = bool(self.default), keyword
        self.none = kind.endswith("?") or self.default == "None"
        kind = kind.removesuffix("?")
        self.kind, bracket, _ = kind.partition("[")
        self.alone = bool(bracket)
        self.shown = f"{self.kind} {self.name}"
        if self.default:
            self.shown += f" = {self.default}"


class Form:
    """One way to call a function."""

    def __init__(self, text, hidden):
        self.parameters, self.hidden, keyword = [], hidden, False
        shown = []
        for part in filter(None, text.split(", ")):
            if part == "*":
                keyword = True
                shown.append(part)
            else:
                self.parameters.append(Parameter(part, keyword))
                shown.append(self.parameters[-1].shown)
        self.shown = shown
        self.places = sum(not p.keyword for p in self.parameters)
        self.least = sum(not p.optional for p in self.parameters)
        self.names = {p.name for p in self.parameters}

    def __str__(self):
        return f"({', '.join(self.shown)})"


@cache
def forms():
    """name -> its forms; None for a method without arguments."""
    found: dict[str, list | None] = {}
    path = Path(__file__).with_name("signatures.txt")
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, text = line.partition(":")
        text = text.strip()
        if text == "no arguments":
            found[name] = None
        else:
            known = found.setdefault(name.rstrip("~"), [])
            assert known is not None
            known.append(Form(text, name.endswith("~")))
    return found


def refused(name, args, kwargs, method):
    """torch's TypeError of these arguments, or None where it takes them or we do not know.

    args: with the tensor itself first, for a method.
    """
    known = forms().get("." + name if method else name, ())
    if method:
        owner, args = type(args[0]).__name__, args[1:]
    if known is None:
        if kwargs:
            return TypeError(f"{owner}.{name}() takes no keyword arguments")
        return (
            TypeError(f"{owner}.{name}() takes no arguments ({len(args)} given)") if args else None
        )
    if not known:
        return None
    try:
        return _refused(known, name, args, kwargs)
    except NotATensor as e:
        return TypeError(str(e))


class NotATensor(Exception):
    """An element of a list of tensors that is none: torch gives up at once."""


def _refused(known, name, args, kwargs):
    if len(known) > 1:
        if any(problem(f, name, args, kwargs) is None for f in known):
            return None
        given = len(args) + len(kwargs)
        near = [f for f in known if not f.hidden and f.least <= given <= len(f.parameters)]
        if len(near) != 1:
            return TypeError(no_form(name, args, kwargs, [f for f in known if not f.hidden]))
        known = near
    text = problem(known[0], name, args, kwargs)
    return None if text is None else TypeError(f"{name}(){text}")


def respelled(name, args, kwargs, method):
    """Keywords with torch's names in place of NumPy's (`NUMPY`), or None if there are none."""
    given = args[1:] if method else args
    for form in forms().get("." + name if method else name) or ():
        if problem(form, name, given, kwargs) is None:
            spelling = {key: p.name for p in form.parameters for key in NUMPY.get(p.name, ())}
            named = {spelling.get(key, key): value for key, value in kwargs.items()}
            return None if named == kwargs else named
    return None


def deprecated(name, args, kwargs, method):
    """The arguments of a deprecated form as those of the one that took its place, or None.

    ``torch.add(input, 2, other)`` becomes ``torch.add(input, other, alpha=2)``; torch warns of the
    first such call of a process.
    """
    known = forms().get("." + name if method else name) or ()
    given = args[1:] if method else args
    for old in known:
        if old.hidden and problem(old, name, given, kwargs) is None:
            places = [p.name for p in old.parameters]
            named = dict(zip(places, given, strict=False)) | kwargs
            new = next((f for f in known if not f.hidden and named.keys() <= f.names), None)
            if new is not None:
                _warn_once(name, old, [f for f in known if not f.hidden])
                order = [p.name for p in new.parameters if not p.keyword]
                return [*args[: len(args) - len(given)], *map(named.pop, order)], named
    return None


_warned: set = set()


def _warn_once(name, old, known):
    if not _warned:
        _warned.add(name)
        warn(
            f"This overload of {name} is deprecated:\n\t{name}{old}\n"
            "Consider using one of the following signatures instead:"
            + "".join(f"\n\t{name}{form}" for form in known)
        )


# --- one form -------------------------------------------------------------------------------------


def problem(form, name, args, kwargs):
    """What torch says of arguments that do not fit a form, after the name; None if they fit."""
    parameters, n = form.parameters, len(args)
    spread = form.places == 1 and parameters[0].kind == "tuple of ints"
    if n > form.places and not spread:
        return _too_many(form, n)
    at, left = 0, len(kwargs)
    for i, p in enumerate(parameters):
        keyword = at >= n
        if not keyword:
            if p.keyword:
                return _too_many(form, n)
            value, given = args[at], True
        else:
            key = next((k for k in (p.name, *NUMPY.get(p.name, ())) if k in kwargs), None)
            value, given = kwargs.get(key), key is not None
        if not given:
            if not p.optional:
                return _missing(parameters[i:])
        elif not (value is None and p.none):
            wrong = check(p, value, name)
            if p.kind == "tuple of Tensors" and wrong is not True and wrong is not False:
                raise NotATensor(
                    f"expected Tensor as element {wrong} in argument {i}, but got "
                    f"{type_name(value[wrong])}"
                )
            if wrong is not True:
                if spread and at == 0 and not keyword and _ints(args) is True:
                    at = n
                    continue
                if spread and not keyword and n > 1:
                    wrong, value = _ints(args), args
                return _wrong(p, value, wrong, None if keyword else at + 1)
        if not keyword:
            at += 1
        elif given:
            left -= 1
    return _extra(form, kwargs, n) if left > 0 else None


def _too_many(form, n):
    if form.least != form.places:
        return f" takes from {form.least} to {form.places} positional arguments but {n} were given"
    one = form.places == 1
    return (
        f" takes {form.places} positional argument{'' if one else 's'} but {n} "
        f"{'was' if n == 1 else 'were'} given"
    )


def _missing(parameters):
    names = [f'"{p.name}"' for p in parameters if not p.optional]
    ending = "s" if len(names) == 1 else ""  # torch has it the wrong way round
    return f" missing {len(names)} required positional argument{ending}: {', '.join(names)}"


def _wrong(p, value, element, position):
    where = f"argument '{p.name}'" + ("" if position is None else f" (position {position})")
    if element is not False and position is not None:
        found = f"found element of type {type_name(value[element])} at pos {element}"
        return f": {where} must be {p.kind}, but {found}"
    return f": {where} must be {p.kind}, not {type_name(value)}"


def _extra(form, kwargs, n):
    names = [p.name for p in form.parameters]
    for key in kwargs:
        if key not in names:
            return f" got an unexpected keyword argument '{key}'"
        if names.index(key) < n:
            return f" got multiple values for argument '{key}'"
    return None


# --- kinds of argument ----------------------------------------------------------------------------


def _is_int(x):
    return isinstance(x, numbers.Integral) and not isinstance(x, bool)


def _is_number(x):
    return isinstance(x, numbers.Number) or type_name(x) in ("numpy.bool", "numpy.bool_")


def _zero_dim(x, *, whole=False):
    return (
        isinstance(x, Tensor)
        and not x.requires_grad
        and x.dim() == 0
        and (not whole or dtypes.BOOL < x.dtype.category < dtypes.FLOAT)
    )


def _each(x, fits):
    """True, or the place of the first element that does not fit, or False if x is no sequence."""
    if not isinstance(x, (tuple, list)):
        return False
    return next((i for i, v in enumerate(x) if not fits(v)), True)


def _ints(x):
    return _each(x, lambda v: _is_int(v) or _zero_dim(v, whole=True))


def _is_tensor(x):
    return isinstance(x, Tensor) or hasattr(type(x), "__torch_function__")


def _generator(x):
    from .random import Generator

    return isinstance(x, Generator)


CHECKS = {
    "Number": lambda x: _is_number(x) or _zero_dim(x),
    "float": lambda x: isinstance(x, numbers.Real) or _zero_dim(x),
    "int": lambda x: _is_int(x) or _zero_dim(x, whole=True),
    "bool": lambda x: isinstance(x, bool),
    "str": lambda x: isinstance(x, str),
    "torch.dtype": lambda x: isinstance(x, dtypes.dtype) or x in (bool, int, float, complex),
    "torch.device": lambda x: isinstance(x, (str, device)) or _is_int(x),
    "torch.Generator": _generator,
    "tuple of ints": _ints,
    "tuple of floats": lambda x: _each(x, CHECKS["float"]),
    "tuple of Scalars": lambda x: _each(x, CHECKS["Number"]),
    "tuple of Tensors": lambda x: _each(x, _is_tensor),
}


def check(p, value, name):
    """True if a value fits; else False or the place of the element that does not."""
    if p.kind == "Tensor":
        return _is_tensor(value) or (name in NUMBER_AS_TENSOR and _is_number(value))
    fits = CHECKS.get(p.kind)
    if fits is None or p.alone and _is_int(value):
        return True
    return fits(value)


# --- several forms --------------------------------------------------------------------------------


def no_form(name, args, kwargs, known):
    """torch's text of arguments that fit none of the forms of a function."""
    text = f"{name}() received an invalid combination of arguments - got "
    given = dict(reversed(kwargs.items()))  # the order in which torch comes upon them
    plain = ", ".join([*map(type_name, args), *(f"{k}={type_name(v)}" for k, v in given.items())])
    plain = f"({plain}{', ' if given and not args else ''})"
    if len(known) == 1:
        odd = unmatched(_names(known[0]), given)
        if odd:
            return f"{text}unrecognized keyword arguments: {''.join(k + ', ' for k in odd)}"
        got = described(known[0], args, given) if _same_count(known[0], args, given) else plain
        return f"{text}{got}, but expected {known[0]}"
    text += f"{plain}, but expected one of:\n"
    for form in known:
        text += f" * {form}\n"
        if _same_count(form, args, given):
            odd = unmatched(_names(form), given)
            text += "      didn't match because some of the "
            if odd:
                text += f"keywords were incorrect: {', '.join(odd)}\n"
            else:
                text += f"arguments have invalid types: {described(form, args, given)}\n"
    return text


def _names(form):
    """What torch takes for the names in its own text of a form: the last words."""
    return [s.rpartition(" ")[2] for s in form.shown]


def _same_count(form, args, kwargs):
    return len(args) + len(kwargs) == len(form.shown)


def unmatched(names, kwargs):
    start = max(len(names) - len(kwargs), 0)
    return [k for k in kwargs if k not in names[start:]]


def described(form, args, kwargs):
    """The types of the given arguments, those that do not fit between exclamation marks."""
    out, names = [], _names(form)
    for i, shown in enumerate(form.shown):
        key = "" if i < len(args) else names[i] + "="
        value = args[i] if i < len(args) else kwargs.get(names[i])
        kind, got = shown.rpartition(" ")[0], type_name(value)
        fits = got == kind or kind == "float" and got == "int"
        if isinstance(value, (tuple, list)):
            inner = ", ".join(map(type_name, value))
            comma = "," if len(value) == 1 else ""
            got += f" of ({inner}{comma})" if isinstance(value, tuple) else f" of [{inner}]"
        out.append(f"{key}{got}" if fits else f"!{key}{got}!")
    return f"({', '.join(out)}{', ' if not args else ''})"
