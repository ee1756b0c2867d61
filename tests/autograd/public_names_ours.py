"""torch's public names of autograd beside ours: what is there, what differs, and why.

`REASONS` has an entry for every name of torch's that we do not have or that takes other
parameters; `*` in a key stands for anything. A name without a reason is an error of the test, and
so is a reason that no name needs any more. ``NOT YET`` begins the reason of what is still to come.
"""

import fnmatch
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "tools"))
import public_names  # noqa: E402

SAID = json.loads((HERE / "public_names.json").read_text())
_LEGACY = "torch keeps it from before 1.0 and refuses most uses"
_KINETO = "reads what Kineto, torch's tracing library, has written"
REASONS = {
    "torch.Tensor.share_memory_": "sharing memory with processes is the array library's affair",
    "torch.autograd*.NestedIOFunction": _LEGACY,
    "torch.autograd.profiler_legacy": "the profiler before Kineto, for which torch has another",
    "*.no_grad": "takes a function too, as torch's does in `__new__`",
    "*.Node": "cannot be made by users, as in torch; the error comes from `__new__`",
    "torch.autograd.graph.region_activation_memory_budget": "for torch.compile's partitioner",
    "torch.autograd.graph.set_*": "about CUDA streams of gradients; backends order their own work",
    "*.EventList": "takes a list, as torch's; named arguments are for devices",
    "*.FunctionEvent": "without what describes devices, RPC and Kineto",
    "*.FunctionEvent.append_kernel": "events of devices, which are not recorded",
    "torch.autograd.profiler.load_nvprof": "reads traces of nvprof",
    "torch.autograd.profiler.parse_nvprof_trace": "reads traces of nvprof",
    "torch.autograd.profiler_util.Kernel": "events of devices, which are not recorded",
    "torch.autograd.profiler_util.StringTable": _KINETO,
    "torch.profiler.DeviceType.*": "an enum; these are fields of its members",
    "torch.profiler.ProfilerActivity.*": "an enum; these are fields of its members",
    "torch.profiler.ExecutionTraceObserver": _KINETO,
    "torch.profiler.profile.export_memory_timeline": "memory is not profiled; deprecated in torch",
    "torch.func.rearrange": "NOT YET",
}


def ours():
    """Our own names, described as torch's are."""
    public_names.RECORDED = {path: list(entries) for path, entries in SAID["names"].items()}
    return public_names.collect("tinytorch")


def rows():
    """(module, name, what is wrong with ours or None) of every recorded name."""
    have = ours()
    for path, entries in SAID["names"].items():
        for name, said in entries.items():
            mine = None if have[path] is None else have[path].get(name)
            yield path, name, differs(said, mine)
            for field, about in said.get("attributes", {}).items():
                if mine is not None:
                    got = mine.get("attributes", {}).get(field)
                    yield path, f"{name}.{field}", differs(about, got)


def differs(said, mine):
    if mine is None:
        return "missing"
    a, b = said.get("parameters"), mine.get("parameters")
    if a is None or b is None or a == b:
        return None
    return f"parameters {shown(b)}, torch {shown(a)}"


def shown(parameters):
    return ", ".join(n + ("=" if default else "") for n, _, default in parameters)


def reason(path, name):
    key = f"{path}.{name}"
    return next((k for k in REASONS if fnmatch.fnmatchcase(key, k)), None)


WHERE = {  # which tests hold a module, beside the names and signatures themselves
    "torch.Tensor": "cases_backward, cases_hooks, cases_views",
    "torch.autograd": "cases_backward, cases_function, cases_modes",
    "torch.autograd.function": "cases_function, cases_function_more",
    "torch.autograd.graph": "cases_saved, cases_hooks, cases_graph",
    "torch.autograd.grad_mode": "cases_modes", "torch.autograd.anomaly_mode": "cases_saved",
    "torch.autograd.gradcheck": "cases_check, cases_gradcheck_texts",
    "torch.autograd.forward_ad": "test_forward_ad",
    "torch.autograd.functional": "cases_check", "torch.autograd.profiler": "test_profiler",
    "torch.autograd.profiler_util": "test_profiler", "torch.profiler": "test_profiler",
    "torch.func": "test_func",
    "torch.utils.checkpoint": "cases_checkpoint, cases_checkpoint_selective",
}  # fmt: skip


def write_page(path):
    """Put the table of names under the heading that the page has for it."""
    page = path.read_text() if path.exists() else ""
    head = page.partition(MARK)[0]
    path.write_text(head + MARK + table())


MARK = "<!-- from here on written by tools/public_names.py -->\n"


def table():
    lines = []
    seen = {}
    for path, name, wrong in rows():
        seen.setdefault(path, []).append((name, wrong))
    for path, entries in seen.items():
        lines += ["", f"## {path}", "", f"Held by {WHERE[path]}.", ""]
        lines += ["| name | here |", "| --- | --- |"]
        attributes = {}
        for name, wrong in entries:
            head, _, field = name.partition(".")
            if field:
                attributes.setdefault(head, []).append((field, wrong))
        for name, wrong in entries:
            if "." in name:
                continue
            fields = attributes.get(name, ())
            lines.append(f"| `{name}` | {state(path, name, wrong)} |")
            have = [f for f, w in fields if not w]
            if have:
                lines.append(f"| `{name}.` {', '.join(have)} | present |")
            lines += [f"| `{name}.{f}` | {state(path, f'{name}.{f}', w)} |" for f, w in fields if w]
    total = sum(len(v) for v in seen.values())
    present = sum(not w for v in seen.values() for _, w in v)
    head = [
        "", f"Of the {total} public names and attributes of torch {SAID['torch'].split('+')[0]}, "
        f"{present} are here with torch's signatures.",
    ]  # fmt: skip
    return "\n".join(head + lines) + "\n"


def state(path, name, wrong):
    if not wrong:
        return "present"
    key = reason(path, name)
    why = REASONS[key] if key else "NOT YET"
    return (
        "not yet"
        if why == "NOT YET"
        else f"{'not here' if wrong == 'missing' else 'present'}: {why}"
    )
