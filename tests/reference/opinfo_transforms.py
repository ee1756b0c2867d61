"""The transforms of ``torch.func`` around torch's own database of operators, in both libraries.

A call of the database (`opinfo.Call`) becomes a function of its tensors, and each way puts
transforms around it. Where torch refuses for want of a rule, or is wrong under vmap, the answer is
had from torch by the long way (`Long`): example by example, and tangents by a double backward.
"""

from __future__ import annotations

import re
import types

import opinfo
import torch
from opinfo import Recipe, array, mapped, said, tensors, wave

LACKS = re.compile(  # refusals of torch where an answer would do
    "not implemented|not yet implemented|not yet have|fallback|do(es)?( not|n't) support|NYI"
    "|not supported|aren't supported|data-dependent|calling .item|doesn't have storage"
    "|not differentiable|SmallVector|broadcast shape|must match the size|select\\(\\): index"
    "|required rank|has been modified by an inplace operation|same number of dimensions"
)


def _each(f, in_dims, randomness=None, chunk_size=None):
    """`vmap` by a loop."""

    def run(*args):
        pairs = list(zip(args, in_dims, strict=True))
        count = next(a.shape[d] for a, d in pairs if d is not None)
        rows = [[a if d is None else a.select(d, i) for a, d in pairs] for i in range(count)]
        return tuple(map(torch.stack, zip(*[f(*row) for row in rows], strict=True)))

    return run


def _pushed(f, primals, tangents):
    """`jvp` by a derivative of the gradient with respect to what it is of."""
    outs, back = torch.func.vjp(f, *primals)
    _, forth = torch.func.vjp(back, tuple(map(torch.zeros_like, outs)))
    return outs, forth(tuple(tangents))[0]


Long = types.SimpleNamespace(vmap=_each, vjp=torch.func.vjp, jvp=_pushed)


class Subject:
    """A call as a function of its tensors: of all, or of those that have gradients."""

    def __init__(self, lib, call):
        self.lib, self.call, recipes = lib, call, []
        mapped((call.args, call.kwargs), lambda x: isinstance(x, Recipe) and recipes.append(x))
        self.leaves = [r.build(lib) for r in recipes]
        self.kept = [i for i, r in enumerate(recipes) if r.grad]
        self.primals = [self.leaves[i] for i in self.kept]

    def write(self, *xs):
        """The results, the first tensor itself written if the way of calling is in place."""
        found = iter(xs)

        def put(x):
            return next(found) if isinstance(x, Recipe) else x(self.lib) if callable(x) else x

        args, kwargs = mapped((self.call.args, self.call.kwargs), put)
        result = self.call.run(self.lib, args, kwargs)
        return tuple(tensors(result, self.lib)) or result

    def all(self, *xs):
        return self.write(xs[0].clone(), *xs[1:]) if self.call.way == "inplace" else self.write(*xs)

    def some(self, *xs):
        """The floating results, of the tensors with gradients."""
        full = list(self.leaves)
        for i, x in zip(self.kept, xs, strict=True):
            full[i] = x
        return tuple(t for t in self.all(*full) if t.is_floating_point() or t.is_complex())

    def waves(self, k, ts):
        return tuple(wave(self.lib, t, k + i) for i, t in enumerate(ts))

    def many(self, k, ts):
        """Three tangents or cotangents for each of some tensors."""
        return self.waves(k, [self.lib.stack([t, t, t]) for t in ts])

    def batched(self, where, xs):
        """(tensors of three examples, in_dims): where(i) is the dimension of the i-th, or None."""
        dims = tuple(map(where, range(len(xs))))
        made = [x if d is None else self.lib.stack(_examples(x), d)
                for x, d in zip(xs, dims, strict=True)]  # fmt: skip
        return made, dims


def _examples(x):
    """Three different tensors that an op takes where it takes ``x``."""
    if x.is_floating_point() or x.is_complex():
        return [x, x * 0.75, x * 0.5]
    if str(x.dtype).endswith("bool"):
        return [x, ~x, x]
    return [x, x.reshape(-1).roll(1).reshape(x.shape), x.flip(list(range(x.dim())))]


WHERE = {
    "front": lambda i: 0,
    "mixed": lambda i: (-1, 0)[i % 2],
    "rest": lambda i: None if i == 0 else 0,
}


def _vmap(where, which="all", **options):
    def way(s, F):
        xs, dims = s.batched(WHERE[where], s.leaves)
        if len(xs) == 1 and where == "rest":
            return None
        if which == "write" and s.call.way != "inplace":
            return None
        outs = F.vmap(getattr(s, which), dims, **options)(*xs)
        return (*outs, *xs) if which == "write" else outs

    return way


def _nested(s, F):
    xs, dims = s.batched(WHERE["front"], s.leaves)
    xs[0] = s.lib.stack([xs[0], xs[0]])
    outer = tuple(0 if i == 0 else None for i in range(len(xs)))
    return F.vmap(lambda *a: F.vmap(s.all, dims)(*a), outer)(*xs)


def _pulled(s, F, f, xs):
    outs, back = F.vjp(f, *xs)
    return (*outs, *back(s.waves(0, outs)))


def _vjp_jvp(s, F):
    found = F.jvp(lambda *a: _pulled(s, F, s.some, a), tuple(s.primals), s.waves(7, s.primals))
    return (*found[0], *found[1])


def _vjp_vjp(s, F, *primals):
    given = s.waves(0, s.some(*primals))
    outs, back = F.vjp(lambda p, c: F.vjp(s.some, *p)[1](c), primals, given)
    xs, cs = back(s.waves(3, outs))
    return (*outs, *xs, *cs)


def _vmap_vjp(s, F):
    xs, dims = s.batched(WHERE["mixed"], s.primals)
    return F.vmap(lambda *a: _pulled(s, F, s.some, a), dims)(*xs)


def _vmap_vjp_vjp(s, F):
    xs, dims = s.batched(WHERE["front"], s.primals)
    return F.vmap(lambda *a: _vjp_vjp(s, F, *a), dims)(*xs)


def _cotangents(s, F):
    outs, back = F.vjp(s.some, *s.primals)
    given = s.many(2, outs)
    return F.vmap(lambda *c: back(c), (0,) * len(given))(*given) if outs else None


def _tangents(s, F):
    primals, given = tuple(s.primals), s.many(7, s.primals)
    return F.vmap(lambda *u: F.jvp(s.some, primals, u)[1], (0,) * len(given))(*given)


def _vmap_jvp(s, F):
    xs, dims = s.batched(WHERE["mixed"], s.primals)
    n = len(xs)

    def f(*a):
        outs, tangents = F.jvp(s.some, a[:n], a[n:])
        return (*outs, *tangents)

    return F.vmap(f, dims + dims)(*xs, *s.waves(7, xs))


def _vjp_of_vmap(s, F):
    xs, dims = s.batched(WHERE["rest"] if len(s.primals) > 1 else WHERE["front"], s.primals)
    return _pulled(s, F, F.vmap(s.some, dims), xs)


def _jvp_of_vmap(s, F):
    xs, dims = s.batched(WHERE["front"], s.primals)
    outs, tangents = F.jvp(F.vmap(s.some, dims), tuple(xs), s.waves(7, xs))
    return (*outs, *tangents)


PLAIN = {  # of all tensors, in any dtype
    "vmap": _vmap("mixed"), "vmap rest": _vmap("rest"), "nested": _nested,
    "chunks": _vmap("front", chunk_size=2), "write": _vmap("mixed", "write"),
}  # fmt: skip
RANDOM = {
    "same": _vmap("front", randomness="same"),
    "different": _vmap("front", randomness="different"),
}
DERIVED = {
    "vjp jvp": _vjp_jvp, "vmap vjp": _vmap_vjp, "cotangents": _cotangents,
    "vmap jvp": _vmap_jvp, "tangents": _tangents, "vjp vmap": _vjp_of_vmap,
    "jvp vmap": _jvp_of_vmap, "vmap vjp vjp": _vmap_vjp_vjp,
}  # fmt: skip


def seen(lib, call, way, F=None):
    """What a way gives: arrays, an exception, or None if it has no meaning for the call."""
    s = Subject(lib, call)
    if not (s.primals if way in DERIVED.values() else s.leaves):
        return None
    try:
        outs = way(s, F or lib.func)
        if outs is None:
            return None
        return [array(t) if isinstance(t, lib.Tensor) else t for t in outs]
    except Exception as e:
        return e


def differs(lib, call, way):
    """Whether a library gives another answer than torch: never where only it has one."""
    theirs = seen(torch, call, way)
    if theirs is None:
        return False
    mine = seen(lib, call, way)
    if isinstance(mine, Exception):
        return not isinstance(theirs, Exception) or said(mine) != said(theirs)
    if isinstance(theirs, Exception):
        if not LACKS.search(str(theirs)):
            return True
    elif opinfo.agree(mine, theirs, "second"):
        return False
    longer = seen(torch, call, way, Long)
    if isinstance(longer, Exception) and isinstance(theirs, Exception):
        return False
    return isinstance(longer, Exception) or not opinfo.agree(mine, longer, "second")
