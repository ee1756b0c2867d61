"""``torch.view_copy`` and its kin: what a view shows, in memory of its own.

Each is made of the view of that name: the step that the view would add is taken, and a primitive
with the step's rule copies what it shows. Few programs need them, so that the file is read when one
of them is first named.
"""

from __future__ import annotations

from .. import registry
from ..dispatch import recording
from ..primitive import TABLE
from ..tensor import Tensor, fresh
from . import join, turned, view, view_strided
from .complex_parts import view_as_complex, view_as_real
from .rules import undefined
from .table import primitive

_STEPS = (
    "alias", "as_strided", "expand", "permute", "select", "slice", "squeeze", "squeeze_dim",
    "squeeze_dims", "t", "transpose", "unfold", "unsqueeze", "view", "view_as_complex",
    "view_as_real", "conj", "neg_view",
)  # fmt: skip


def _shown(kernel):
    return lambda P, x, *params: P.copy(getattr(P, kernel)(x, *params))


def _prims():
    prims = {"diagonal": view_strided.diagonal_copy}
    for name in _STEPS:
        op = TABLE[name]
        prims[name] = primitive(
            name + "_copy", op.rules[0], params=op.params, kernel=op.kernel + "_copied",
            node=op.node + "_copy", forward=_shown(op.kernel),
        )  # fmt: skip
    prims["detach"] = primitive(
        "detach_copy", undefined("detach_copy"), node="NotImplemented",
        kernel="alias_copied",
    )  # fmt: skip
    cut = TABLE["slice"]
    for name, node in (("split", "Split"), ("split_with_sizes", "SplitWithSizes"),
                       ("unbind", "Unbind")):  # fmt: skip
        prims[name] = primitive(
            name + "_copy", cut.rules[0], params=cut.params, kernel="getitem_copied",
            node=node + "Backward0_copy", forward=_shown("getitem"),
        )  # fmt: skip
    return prims


_PRIMS = _prims()


def _step(x, seen):
    """The one view step from ``x`` to ``seen``, or None if there are more or fewer."""
    if x._p.level and (x._st is None or seen._st.memory is not x._st.memory):
        return None
    before = () if x._ext is None or seen._st.memory is not x._st.memory else x._ext.chain
    after = seen._ext.chain
    one = len(after) == len(before) + 1 and after[:-1] == before
    return after[-1] if one else None


def _copied(x, of, seen, pieces):
    step = _step(x, seen)
    name = pieces or (None if step is None else step[0].name)
    if step is None or name not in _PRIMS:
        return of(x).clone()
    return _PRIMS[name](x, *step[1])


_COMPLEX = ("view_as_complex", "_conj")


def _publish(name, of):
    def copied(input, *args, **kwargs):
        x = fresh(input)
        if name in _COMPLEX and recording((x,)):
            raise RuntimeError(
                f"{name}_copy does not support automatic differentiation for outputs with complex "
                "dtype."
            )
        seen = of(x.detach(), *args, **kwargs)
        if name == "detach":
            return _PRIMS[name](x)
        if isinstance(seen, Tensor):
            return _copied(x, lambda t: of(t, *args, **kwargs), seen, None)
        several = enumerate(seen)
        return tuple(
            _copied(x, lambda t, i=i: of(t, *args, **kwargs)[i], v, name) for i, v in several
        )

    copied.__name__ = copied.__qualname__ = name + "_copy"
    copied.__doc__ = f"What `{name}` shows, copied (torch.{name}_copy)."
    registry.functions[name + "_copy"] = registry.with_out(copied, name + "_copy")


def _slice(x, dim=0, start=None, end=None, step=1):
    a, b, c = slice(start, end, step).indices(x.shape[dim])
    return view.slice_(x, view.wrap_dim(dim, x.dim()), a, max(a, b), c)


def _view(x, size=None, dtype=None):
    if dtype is None and isinstance(size, (tuple, list)):
        x = x.contiguous()
    return view.view(x, size if dtype is None else dtype)


for _name, _of in {
    "alias": view.alias, "as_strided": view_strided.as_strided, "detach": view.alias,
    "diagonal": view_strided.diagonal,
    "expand": lambda x, size, *, implicit=False: view.expand(x, size),
    "permute": view.permute, "select": view.torch_select, "slice": _slice,
    "split": lambda x, split_size, dim=0: join.split(x, split_size, dim),
    "split_with_sizes": join.split_with_sizes,
    "squeeze": view.squeeze, "t": lambda x: x.t(), "transpose": view.transpose,
    "unbind": join.unbind, "unfold": view_strided.unfold, "unsqueeze": view.unsqueeze,
    "view": _view, "view_as_complex": view_as_complex, "view_as_real": view_as_real,
    "_conj": turned.conj, "_neg_view": turned.negated,
}.items():  # fmt: skip
    _publish(_name, _of)

NAMES = frozenset(n for n in registry.functions if n.endswith("_copy"))
