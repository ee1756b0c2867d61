"""torch's refusals of in-place writes to views whose origin forbids them."""

_WHY = {
    "multi": (
        "This view is the output of a function that returns multiple views. Such functions do not "
        "allow the output views to be modified inplace. You should replace the inplace operation "
        "by an out-of-place one."
    ),
    "no_grad": (
        "This view was created in no_grad mode, and its base or another view of its base has been "
        "modified inplace with grad mode enabled. Given that this use case is ambiguous and "
        "error-prone, it is forbidden. You can clarify your code by moving both the view and the "
        "inplace either both inside the no_grad block (if you don't want the inplace to be "
        "tracked) or both outside (if you want the inplace to be tracked)."
    ),
    "custom": (
        "This view was created inside a custom Function (or because an input was returned as-is) "
        "and the autograd logic to handle view+inplace would override the custom backward "
        "associated with the custom Function, leading to incorrect gradients. This behavior is "
        "forbidden. You can fix this by cloning the output of the custom Function."
    ),
}


def refuse(t, meta):
    """Raise torch's RuntimeError for a write to a view made in a way ``meta`` that forbids it."""
    node = t._node
    prefix = f"Output 0 of {node.name()} is a view and" if node is not None else "A view was created"
    if meta == "no_grad":
        prefix = "A view was created in no_grad mode"
        raise RuntimeError(f"{prefix} and is being modified inplace with grad mode enabled. "
                           + _WHY[meta])  # fmt: skip
    raise RuntimeError(f"{prefix} is being modified inplace. {_WHY[meta]}")
