"""Views whose values are turned: conjugates and negatives of what lies in memory.

In torch both are a bit on a tensor, resolved by the next op that reads it. Here both are steps in
the chain of a view: its array holds the turned values, which a write elsewhere in its memory makes
stale like those of any view that a backend copies, and a write to it is turned on its way to the
root. Two turns of a kind are none, so that the parts of `x.conj()` alias `x` again.
"""

from __future__ import annotations

from .. import registry
from ..dispatch import dtype_of
from ..primitive import TABLE
from ..samples import S, T
from ..storage import look, turns
from ..tensor import fresh
from .convert import copy_as_laid
from .table import primitive
from .view import view_op

Z = "complex128"
_PAIRS = [S(T((3, 4), dtype=Z)), S(T((), dtype=Z)), S(T((0, 2), dtype=Z))]


def _same(shape, strides, offset):
    return shape, strides, offset


conj_view = view_op(
    "conj", lambda P, g: P.conj(g), geometry=_same, kernel="conj",
    put=lambda P, root, v: P.conj(v),
)  # fmt: skip
neg_view = view_op(
    "neg_view", lambda P, g: P.negative(g), geometry=_same, kernel="negative",
    put=lambda P, root, v: P.negative(v),
)  # fmt: skip
conj_values = primitive("conj_values", lambda P, g: P.conj(g), kernel="conj", node="ConjBackward0")
conj_physical_ = primitive("conj_physical", lambda P, g: P.conj(g), kernel="conj")


_UNTURNED = {}  # op -> what is left of two turns: a view of the same that has the node of a turn


def _unturned_steps():
    for name, node in (("conj", "ConjBackward0"), ("neg_view", "NegViewBackward0")):
        view_op(name + "_twice", lambda P, g: g, geometry=_same, kernel="alias", node=node,
                put=lambda P, root, v: v)  # fmt: skip
        _UNTURNED[name] = ((TABLE[name + "_twice"], ()),)


_unturned_steps()


def _turned(view, x):
    """A view through one turn more; an earlier one of that kind and this cancel."""
    out = view(x)
    e = getattr(out, "_ext", None)
    if e is None:
        return out
    chain = e.chain
    last = chain[-1]
    for i in range(len(chain) - 2, e.depth - 1, -1):
        op = chain[i][0]
        if op is last[0]:
            e.chain = (*chain[:i], *chain[i + 1 : -1], *_UNTURNED[op.name])
            out._raw = look(out._p, out._st.memory.raw, e.chain)
            break
        if op.kernel in ("view_as_real", "view_as_complex"):
            break
    return out


def negated(x):
    """A view of the negatives."""
    return _turned(neg_view, x)


@registry.public("conj", samples=lambda: [*_PAIRS, S(T((3,)))])
def conj(input):
    """A view of the complex conjugates; a real tensor is itself (torch.conj)."""
    return _turned(conj_view, input) if dtype_of(fresh(input)).is_complex else input


@registry.public("conj_physical", inplace=True, out=True, samples=lambda: [*_PAIRS, S(T((3,)))])
def conj_physical(input):
    """The complex conjugates in new memory; a real tensor is itself (torch.conj_physical)."""
    return conj_physical_(input) if dtype_of(fresh(input)).is_complex else input


for _name, _fn in (("_conj", conj), ("_conj_physical", conj_physical), ("_neg_view", negated)):
    registry.functions[_name] = registry.methods[_name] = _fn


@registry.public("is_conj", samples=lambda: [S(T((2,), dtype=Z))])
def is_conj(input):
    """Whether a tensor is a view of the conjugates of its memory (torch.is_conj)."""
    return turns(input)[0]


@registry.public("is_neg", samples=lambda: [S(T((2,), dtype=Z))])
def is_neg(input):
    """Whether a tensor is a view of the negatives of its memory (torch.is_neg)."""
    return turns(input)[1]


@registry.public("resolve_conj", samples=_PAIRS[:1])
def resolve_conj(input):
    """A copy of a view of conjugates; any other tensor is itself (torch.resolve_conj)."""
    return copy_as_laid(input) if turns(input)[0] else input


@registry.public("resolve_neg", samples=_PAIRS[:1])
def resolve_neg(input):
    """A copy of a view of negatives; any other tensor is itself (torch.resolve_neg)."""
    return copy_as_laid(input) if turns(input)[1] else input
