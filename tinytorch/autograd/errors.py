"""The texts that torch raises from its autograd engine, in one place."""

from __future__ import annotations

import re

LEAF_INPLACE = "a leaf Variable that requires grad is being used in an in-place operation."
LEAF_VIEW_INPLACE = (
    "a view of a leaf Variable that requires grad is being used in an in-place operation."
)
NO_GRAD_FN = "element 0 of tensors does not require grad and does not have a grad_fn"
NOT_SCALAR = "grad can be implicitly created only for scalar outputs"
UNUSED = (
    "One of the differentiated Tensors appears to not have been used in the graph. Set "
    "allow_unused=True if this is the desired behavior."
)
NOT_DIFFERENTIABLE = "One of the differentiated Tensors does not require grad"

_TYPES = {
    "float16": "Half", "bfloat16": "BFloat16", "float32": "Float", "float64": "Double",
    "complex64": "ComplexFloat", "complex128": "ComplexDouble",
    "uint8": "Byte", "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long",
    "bool": "Bool",
}  # fmt: skip


def type_text(P, raw):
    """``torch.FloatTensor``, as the messages about versions name a tensor."""
    prefix = "torch." if P.device.type == "cpu" else f"torch.{P.device.type}."
    return f"{prefix}{_TYPES[P.torch_dtype[raw.dtype]._name]}Tensor"


def _short(name):
    return re.sub(r"Backward\d*$", "", name)


def modified_inplace(n, raw, nr, now, then):
    """The error of a saved tensor whose version has moved (SavedVariable::unpack)."""
    text = (
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [{type_text(n.P, raw)} {list(raw.shape)}]"
    )
    t = n.saved[nr] if n.saved and nr < len(n.saved) else None
    node = getattr(t, "_node", None)
    if raw is n.out or (n.out is not None and t is None):
        node = n
    if node is not None and node.edges is not None and node.name() != "Node":
        text += f", which is output {nr if node is n else 0} of {_short(node.name())},"
    text += f" is at version {now}; expected version {then} instead."
    return RuntimeError(
        text
        + " Hint: enable anomaly detection to find the operation that failed to compute its "
        "gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )
