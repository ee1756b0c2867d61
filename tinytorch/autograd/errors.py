"""The texts that torch raises from its autograd engine, in one place."""

from __future__ import annotations

import re

LEAF_INPLACE = "a leaf Variable that requires grad is being used in an in-place operation."
LEAF_VIEW_INPLACE = (
    "a view of a leaf Variable that requires grad is being used in an in-place operation."
)
NOT_SCALAR = "grad can be implicitly created only for scalar outputs"
UNUSED = (
    "The differentiated Tensor at index {} appears to not have been used in the graph. Set "
    "allow_unused=True if this is the desired behavior."
)
CREATE_GRAPH = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter "
    "and its gradient which can cause a memory leak. We recommend using autograd.grad when "
    "creating "
    "the graph to avoid this. If you have to use this function, make sure to reset the .grad "
    "fields "
    "of your parameters to None after use to break the cycle and avoid the leak."
)
INFERENCE_SAVED = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
    "inference "
    "mode in computation tracked by autograd. To work around this, you can make a clone to get a "
    "normal tensor and use it in autograd, or use `torch.no_grad()` instead of "
    "`torch.inference_mode()`."
)
INFERENCE_LEAF = (
    "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
)
INFERENCE_INPLACE = (
    "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone "
    "to "
    "get a normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 "
    "for "
    "more details."
)
DIRTY_NO_INPUT = (
    "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that have been "
    "mutated should be passed to ctx.mark_dirty()."
)
DIRTY_VIEW = (
    "If your Function modifies inplace an input that is a view of another Tensor, your Function "
    "cannot return more than one Tensor. This is not supported by the current autograd engine. You "
    "should either make sure the input is not a view (using .clone() for example) or make your "
    "Function only return one Tensor (potentially splitting it into two Functions: one doing the "
    "inplace that returns a single Tensor and a second one that does the other operations). You "
    "can ask on the forum https://discuss.pytorch.org/ if you need help to do this change."
)
NOT_DIFFERENTIABLE = "One of the differentiated Tensors does not require grad"

_TYPES = {
    "float16": "Half", "bfloat16": "BFloat16", "float32": "Float", "float64": "Double",
    "complex64": "ComplexFloat", "complex128": "ComplexDouble",
    "uint8": "Byte", "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long",
    "bool": "Bool",
}  # fmt: skip


_C_NAMES = {
    "float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
    "uint8": "unsigned char", "int8": "signed char", "int16": "short int", "int32": "int",
    "int64": "long int", "bool": "bool",
}  # fmt: skip


def c_name(dtype):
    """What C++ calls a dtype, as a few messages do."""
    return _C_NAMES[dtype._name]


def type_text(P, raw):
    """``torch.FloatTensor``: what a tensor says is its type (torch.Tensor.type)."""
    prefix = "torch." if P.device.type == "cpu" else f"torch.{P.device.type}."
    return f"{prefix}{_TYPES[P.torch_dtype[raw.dtype]._name]}Tensor"


_UNNAMED = ("bool", "bfloat16", "complex64", "complex128")  # to the C++ that writes messages


def message_type(P, raw):
    """The same in messages of the engine: ``CPUBoolType`` for dtypes younger than its names."""
    name = P.torch_dtype[raw.dtype]._name
    if name in _UNNAMED:
        return f"{P.device.type.upper()}{_TYPES[name]}Type"
    return type_text(P, raw)


def short(name):
    """A node's name as messages about versions and views shorten it."""
    return re.sub(r"Backward0?$|Backward(?=\d+$)", "", name)


def modified_inplace(n, raw, nr, now, then, node=None):
    """The error of a saved tensor whose version has moved (SavedVariable::unpack).

    nr: which saved tensor of ``n``. node: the node it is an output of, where that is not known from
    the saved tensor itself.
    """
    text = (
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [{message_type(n.P, raw)} {list(raw.shape)}]"
    )
    from ..tensor import Tensor, edge, settled

    t = n.saved[nr] if n.saved and nr < len(n.saved) else None
    t = t if isinstance(t, Tensor) else None
    own = node is not None or (n.out is not None and type(n.out) is tuple)
    if node is None:
        node = None if t is None else edge(settled(t))
        if raw is n.out or (n.out is not None and t is None):
            node = n
    if node is not None and not isinstance(node, Tensor) and n.P.differentiable(raw):
        index = nr if node is n and own else 0  # torch knows it of saved outputs only
        text += f", which is output {index} of {short(getattr(node, 'parent', node).name())},"
    text += f" is at version {now}; expected version {then} instead."
    from .modes import LOCAL

    return RuntimeError(text + _HINTS[bool(LOCAL.anomaly)])


_HINTS = (
    " Hint: enable anomaly detection to find the operation that failed to compute its gradient, "
    "with torch.autograd.set_detect_anomaly(True, check_nan=False).",
    " Hint: the backtrace further above shows the operation that failed to compute its gradient. "
    "The variable in question was changed in there or anywhere later. Good luck!",
)


NO_FORWARD = "Trying to use forward AD with {} that does not support it"
NO_FORWARD_YET = (
    " because it has not been implemented yet.\nPlease file an issue to PyTorch at "
    "https://github.com/pytorch/pytorch/issues/new?template=feature-request.yml so that we can "
    "prioritize its implementation"
)
NO_FORWARD_PLEA = " or submit a PR adding the implementation to derivatives.yaml"


def no_forward(name):
    """The error of an op, by torch's name of it, that has no derivative in forward mode."""
    text = NO_FORWARD.format(name)
    if name.startswith("aten::"):
        return NotImplementedError(text + ".")
    return NotImplementedError(
        text + NO_FORWARD_YET + ("." if name.endswith("_") else NO_FORWARD_PLEA)
    )


IN_TRANSFORM = (
    "You are attempting to call Tensor.{0}() {1}inside of a function being transformed by a "
    "functorch transform. This is unsupported, please attempt to use the functorch transforms "
    "(e.g. grad, vjp, jacrev, jacfwd, hessian) or call {0}() outside of a function being "
    "transformed instead."
)
REQUIRES_GRAD_IN_TRANSFORM = IN_TRANSFORM.format(
    "requires_grad_", "(or perhaps using torch.autograd.functional.* APIs) "
)
HOOKS_IN_TRANSFORM = (
    "torch.func.{grad, vjp, jacrev, hessian} don't yet support saved tensor hooks. Please open an "
    "issue with your use case."
)
BACKWARD_IN_TRANSFORM = (
    "backward() called inside a functorch transform. This is not supported, please use "
    "functorch.grad or functorch.vjp instead or call backward() outside of functorch transforms."
)

SAVED_AS_IS = (
    "An input that has been returned as-is as output is being saved for backward. This is not "
    "supported if you override setup_context. You should return and save a view of the input "
    "instead, e.g. with x.view_as(x) or setup ctx inside the forward function itself."
)
