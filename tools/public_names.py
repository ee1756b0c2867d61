"""Write down the public names of torch's autograd with their signatures, and the page about ours.

    python tools/public_names.py          with torch: tests/autograd/public_names.json
    python tools/public_names.py --docs   without it: docs/autograd.md, from that recording

A name is public if torch lists it in ``__all__`` or, where a module has no list, defines it there
without an underscore. Of a class, the public attributes that it has beyond its Python bases.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "tests" / "autograd" / "public_names.json"
PAGE = ROOT / "docs" / "autograd.md"
MODULES = {
    "torch.autograd": "Variable Function SavedTensor backward grad gradcheck gradgradcheck"
                      " NestedIOFunction detect_anomaly set_detect_anomaly no_grad enable_grad"
                      " set_grad_enabled inference_mode set_multithreading_enabled"
                      " enforce_grad_layout_policy is_multithreading_enabled is_view_replay_enabled"
                      " anomaly_mode forward_ad function functional grad_mode graph profiler"
                      " profiler_legacy profiler_util variable",
    "torch.autograd.function": None, "torch.autograd.graph": None,
    "torch.autograd.grad_mode": None, "torch.autograd.anomaly_mode": None,
    "torch.autograd.gradcheck": "GradcheckError gradcheck gradgradcheck get_numerical_jacobian"
                                " get_analytical_jacobian"
                                " get_numerical_jacobian_wrt_specific_input",
    "torch.autograd.forward_ad": None, "torch.autograd.functional": None,
    "torch.autograd.profiler": None, "torch.autograd.profiler_util": "EventList FunctionEvent"
    " FunctionEventAvg Interval Kernel FormattedTimesMixin StringTable MemRecordsAcc",
    "torch.func": None, "torch.profiler": None, "torch.utils.checkpoint": None,
}  # fmt: skip
TENSOR = (
    "backward grad grad_fn is_leaf requires_grad requires_grad_ retain_grad retains_grad detach"
    " detach_ register_hook register_post_accumulate_grad_hook data output_nr _version _base"
    " _is_view is_inference grad_dtype set_ swap_tensors share_memory_ _backward_hooks names"
).split()


def module_of(path, root):
    """The module with torch's name, of torch or of what stands for it."""
    path = root + path.removeprefix("torch")
    last = path.rpartition(".")[2]
    module = importlib.import_module(path)
    if last == "gradcheck":  # a function of the same name covers it
        module = sys.modules[path]
    return module


def names_of(path, module):
    listed = MODULES[path]
    if listed is not None:
        return listed.split()
    return sorted(set(module.__all__))


def parameters(f):
    """The parameters of a callable as [name, kind, has a default], or None."""
    try:
        sig = inspect.signature(f)
    except (ValueError, TypeError):
        return None
    return [[p.name, p.kind.name, p.default is not p.empty] for p in sig.parameters.values()]


_FOREIGN = {n for c in (object, tuple, list, dict, type, Exception) for n in dir(c)}


def describe(x):
    """What a name is: its kind, its parameters, and the attributes of a class."""
    if inspect.ismodule(x):
        return {"kind": "module"}
    if inspect.isclass(x):
        fields = {}
        for name in sorted(dir(x)):
            if not name.startswith("_") and name not in _FOREIGN:
                value = inspect.getattr_static(x, name)
                value = getattr(value, "__func__", value)
                made = {"parameters": parameters(value)} if callable(value) else {}
                fields[name] = made
        return {"kind": "class", "parameters": parameters(x), "attributes": fields}
    if callable(x):
        return {"kind": "function", "parameters": parameters(x)}
    return {"kind": "value"}


def collect(root):
    """{module: {name: description}} of a torch-like package; what is not there is left out."""
    found = {}
    for path in MODULES:
        try:
            module = module_of(path, root)
        except ImportError:
            found[path] = None
            continue
        names = RECORDED[path] if RECORDED else names_of(path, module)
        entries = {}
        for name in names:
            try:
                entries[name] = describe(getattr(module, name))
            except AttributeError:
                continue
        found[path] = entries
    tensor = importlib.import_module(root).Tensor
    found["torch.Tensor"] = {n: {"kind": "attribute"} for n in TENSOR if hasattr(tensor, n)}
    return found


RECORDED: dict = {}


def record():
    import torch

    said = {"torch": torch.__version__, "names": collect("torch")}
    RECORD.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    if "--docs" in sys.argv:
        sys.path.insert(0, str(ROOT / "tests" / "autograd"))
        from public_names_ours import write_page

        write_page(PAGE)
    else:
        record()
