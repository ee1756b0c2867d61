"""torch's refusals of views that are written, or whose base is, though their origin forbids it."""

_WHY = {
    "multi": (
        " This view is the output of a function that returns multiple views. Such functions do not "
        "allow the output views to be modified inplace. You should replace the inplace operation "
        "by an out-of-place one."
    ),
    "custom": (
        " This view was created inside a custom Function (or because an input was returned as-is) "
        "and the autograd logic to handle view+inplace would override the custom backward "
        "associated with the custom Function, leading to incorrect gradients. This behavior is "
        "forbidden. You can fix this by cloning the output of the custom Function."
    ),
}
_MODE = (
    " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your "
    "code by moving both the view and the inplace either both inside the {0} block (if you don't "
    "want the inplace to be tracked) or both outside (if you want the inplace to be tracked)."
)
_WHY["no_grad"] = _MODE.format("no_grad")
_WHY["inference"] = _MODE.format("inference_mode")


def origin_of(t):
    """ "Output 0 of Split", or None for a view that had no history."""
    from .errors import short
    from .graph import LEAF, LeafAlias, Output, Refused

    node = t._node
    if node is None or node is LEAF or isinstance(node, LeafAlias):
        return None
    if type(node) is Refused:
        return node.params[1]
    if type(node) is Output:
        return f"Output {node.index} of {short(node.parent.name())}"
    return f"Output 0 of {short(node.name())}"


def text(t, meta, indirect=False):
    """Why ``t``, a view made in a way ``meta``, may not be written (indirect: nor its base)."""
    what = "its base or another view of its base has been" if indirect else "is being"
    origin = origin_of(t)
    if meta in ("no_grad", "inference") or origin is None:
        start = "A view was created in"
        if origin is not None:
            start = origin + " is a view of a view which was created in"
        if meta == "inference":
            head = f"{start} inference mode and {what} modified inplace in normal mode."
        else:
            head = f"{start} no_grad mode and {what} modified inplace with grad mode enabled."
    else:
        head = f"{origin} is a view and {what} modified inplace."
    return head + _WHY[meta]
