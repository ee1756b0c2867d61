"""What a custom Function saves for its backward, and how that comes back.

It may save what it likes, its own results too; those are kept without their tensors, since a node
that held the tensor that points at it would keep its graph alive.
"""

from __future__ import annotations

from ..storage import make_view, storage_of, version
from ..tensor import Tensor, fresh, settled, wrap
from . import modes
from .errors import INFERENCE_SAVED, modified_inplace
from .graph import FREED, Packed, Refused

NO_TUPLE = "autograd internal error: {} attribute is expected to be a tuple but is "


def save(n, to_save, outs, results, wanted):
    if not isinstance(to_save, tuple):
        raise RuntimeError(NO_TUPLE.format("to_save"))
    items, versions = [], []
    hooks = modes.LOCAL.saved_hooks if modes.STATE.special else ()
    for s in to_save:
        if s is None:
            items.append(None)
            versions.append(0)
            continue
        if not isinstance(s, Tensor):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {len(items)} is of type "
                f"{type(s).__name__}"
            )
        versions.append(0 if s._st is None else s._st.version)
        if s._inference:
            raise RuntimeError(INFERENCE_SAVED)
        where = None
        for i, o in enumerate(outs):
            if o is s and results[i] is s:  # an input that is given back stays an input
                where = i
        own = where is not None and wanted[where]
        if hooks:
            from .saved import pack

            items.append(pack(s, hooks[-1], n if own else None, where if own else 0))
        else:
            items.append(SavedOutput(s, where) if own else s)
    n.saved = tuple(items)
    n.versions = tuple(versions) if any(versions) else None


def unpack_saved(n):
    """``ctx.saved_tensors``: versions checked, packed ones unpacked."""
    if n.saved is None:
        raise RuntimeError(FREED)
    out = []
    for i, item in enumerate(n.saved):
        if type(item) is SavedOutput or type(item) is Packed:
            item = item.unpack(n)
        elif isinstance(item, Tensor):
            if type(settled(item)._node) is Refused:
                raise RuntimeError(item._node.params[0])
            then = n.versions[i] if n.versions else 0
            if version(item) != then:
                raise modified_inplace(n, fresh(item)._raw, i, version(item), then)
        out.append(item)
    return tuple(out)


def read_saved(n):
    """``ctx.saved_tensors``, once only where the Function has asked for that."""
    if n.cls.clear_saved_tensors_on_access:
        if n.fields.get("_cleared"):
            raise RuntimeError(
                "saved_tensors can only be accessed once when clear_saved_tensors_on_access=True "
                "is set on the autograd.Function. Either access saved_tensors only once, or set "
                "clear_saved_tensors_on_access=False."
            )
        n.fields["_cleared"] = True
        found, n.saved = unpack_saved(n), ()
        return found
    return unpack_saved(n)


class SavedOutput:
    """A saved tensor that is an output of its own node: kept without the tensor, to be no cycle."""

    __slots__ = ("index", "place", "raw", "st", "version")

    def __init__(self, t, index):
        from .saved import place_of

        self.st, self.place = storage_of(t), place_of(t)
        self.raw, self.index, self.version = t._raw, index, self.st.version

    def unpack(self, n):
        if self.st.version != self.version:
            raise modified_inplace(n, self.raw, self.index, self.st.version, self.version, n)
        t = wrap(n.P, self.raw)
        t._st, e = self.st, self.place
        if e is not None:
            t._ext = make_view(None, e.chain, e.depth, e.seen)
        t._node = n.output(self.index, self.raw)
        duals = n.notes["duals"][self.index] if "duals" in getattr(n, "notes", ()) else None
        if duals:
            t.__dict__["_duals"] = duals
        return t
