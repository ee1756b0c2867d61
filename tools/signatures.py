"""Writes `tinytorch/signatures.txt`: how torch's own parser of arguments reads each function.

    python tools/signatures.py        with torch

A row is a name (methods begin with a dot) and one form that it can be called in, in the order in
which torch tries and shows them. A question mark says that None is taken, brackets that a number
may stand for a tuple, a tilde that the form is read but not shown. What torch reads by hand, or in
Python, has no row.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import torch
import torchgen
from torchgen.api.python import signature_from_schema
from torchgen.gen import parse_native_yaml
from torchgen.model import FunctionSchema, Variant

import tinytorch
from tinytorch import factories, random, registry

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "tinytorch" / "signatures.txt"
YAML = Path(torchgen.__file__).parent / "packaged"
TYPES = {
    "Scalar": "Number", "int64_t": "int", "SymInt": "int", "double": "float",
    "IntArrayRef": "tuple of ints", "SymIntArrayRef": "tuple of ints",
    "ArrayRef<double>": "tuple of floats", "TensorList": "tuple of Tensors",
    "Generator": "torch.Generator", "ScalarType": "torch.dtype", "Layout": "torch.layout",
    "Device": "torch.device", "MemoryFormat": "torch.memory_format", "c10::string_view": "str",
    "DimnameList": "tuple of names", "Dimname": "name", "ScalarList": "tuple of Scalars",
    "c10::List<::std::optional<Tensor>>": "tuple of Tensors",
    "Stream": "Stream", "Storage": "torch.Storage", "ArrayRef<Scalar>": "tuple of Scalars",
}  # fmt: skip
MORE = {"nonzero": ["Tensor input, *, bool as_tuple"]}  # read in C++ beside what the schema says


def written(text):
    """A form of torchgen's as torch shows it, with our marks."""
    out = []
    for part in re.findall(r"(?:[^,{]|\{[^}]*\})+", text[text.index("(") + 1 : text.rindex(")")]):
        part = part.strip()
        if part == "*" or not part:
            out.append(part)
            continue
        kind, _, name = part.partition(" ")
        m = re.fullmatch(r"([^\[?]+)(\[\d*\])?(\?)?", kind)
        name, _, default = name.partition("=")
        default = re.sub(r"'(.*)'", r'"\1"', default)
        mark = (m[2] or "") + (m[3] or "")
        out.append(f"{TYPES.get(m[1], m[1])}{mark} {name}" + (f" = {default}" if default else ""))
    return ", ".join(p for p in out if p)


def shown(form):
    return re.sub(r"(\[\d*\])?\??(?= [a-z_0-9]+( =|,|$))", "", form)


def schemas():
    """name -> [(variants, schema, whether deprecated)]"""
    found = defaultdict(list)
    native = YAML / "ATen" / "native"
    for f in parse_native_yaml(str(native / "native_functions.yaml"),
                               str(native / "tags.yaml")).native_functions:  # fmt: skip
        base = f.func.name.name
        if "generated" not in f.tags or "view_copy" in f.tags:
            found[base.base + "_" * base.inplace].append((f.variants, f.func, False))
    both = {Variant.function, Variant.method}
    for line in (YAML / "autograd" / "deprecated.yaml").read_text().splitlines():
        if line.startswith("- name: "):
            func = FunctionSchema.parse(line[8:])
            name = func.name.name
            found[name.base + "_" * name.inplace].append((both, func, True))
    return found


def forms(rows, method):
    """The forms of one function, an out= joined to the form that it belongs to."""
    plain, outs, hidden = [], {}, []
    for variants, func, old in rows:
        if (Variant.method if method else Variant.function) not in variants:
            continue
        if method and func.is_out_fn():
            continue
        try:
            form = signature_from_schema(func, category_override=None, method=method)
        except ValueError:  # a name that only torch itself may give
            continue
        form = written(form.signature_str(skip_outputs=False))
        if func.is_out_fn():
            out = re.search(r"(\*, )?\S[^,]* out = None(, )?", form)[0]
            without = form.replace(out, "*, " if out.startswith("*") and out.endswith(", ") else "")
            outs[without.rstrip(", ")] = form
        else:
            (hidden if old else plain).append(form)
    return [outs.get(f, f) for f in plain], [outs.get(f, f) for f in hidden]


def parameters(form):
    return [p for p in form.split(", ") if p != "*"]


def marked(form, known):
    """A form as torch shows it, with the marks that its parameters have in the schemas."""
    marks = {shown(p): p for f in known for p in parameters(f)}
    found = []
    for p in form.split(", "):
        guess = re.sub(r"(?= [a-z_]+ = None$)", "?", p)
        found.append(marks.get(p, guess))
    return ", ".join(found)


def refused(fn, *first):
    try:
        fn(*first, *[object()] * 20)
    except TypeError as e:
        return str(e)
    return ""


def rows_of(key, fn, rows, first=()):
    if type(fn).__name__ not in ("builtin_function_or_method", "method_descriptor"):
        return
    text = refused(fn, *first)
    if "takes no arguments" in text:
        yield f"{key}: no arguments"
        return
    plain, hidden = forms(rows, bool(first))
    if "invalid combination" in text:
        listed = re.findall(r"^ \* \((.*)\)$", text, re.M)
        listed = listed or re.findall(r"but expected \((.*)\)", text)
        plain = [marked(form, plain) for form in listed]
    elif len(plain) != 1:  # torch hides some forms of a few arithmetic functions
        plain = [form for form in plain if "Tensor other" in form]
    if len(plain) != 1 and "invalid" not in text:
        print("by hand:", key, text[:80])
        return
    for form in plain:
        yield f"{key}: {form}".rstrip()
    for form in hidden + MORE.get(key, []):
        yield f"{key}~: {form}"


def main():
    known = schemas()
    lines = []
    for name in sorted({*registry.functions, *factories.functions, *random.functions}):
        home = {"special": torch._C._special, "linalg": torch._C._linalg}.get(name.split("_")[0])
        fn = getattr(home if home is not None else torch, name, None)
        lines += rows_of(name, fn, known[name])
    one = torch.ones(1)
    for name in sorted(n for n in dir(tinytorch.Tensor) if not n.startswith("_")):
        fn = getattr(torch.Tensor, name, None)
        lines += rows_of("." + name, fn, known[name], (one,))
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
