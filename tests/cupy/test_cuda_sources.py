"""The CUDA C of the backend's own kernels is compiled to PTX by `nvcc`, where a machine has it.

No GPU is needed to compile, and none is used: this shows that the sources are CUDA, not that they
compute. Half types are CuPy's own classes, so they are compiled where CuPy's headers are found.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tinytorch_cupy import sources

NVCC = shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")
C_TYPES = {"bool": "bool", "float64": "double"}
INTEGER = "select relu sign clamp".split()


def headers():
    """CuPy's headers, found without importing it; None where CuPy is not installed."""
    spec = importlib.util.find_spec("cupy")
    if spec is None or not spec.origin:
        return None
    found = Path(spec.origin).parent / "_core" / "include"
    return found if found.is_dir() else None


def parameters(text):
    return [part.split() for part in text.split(",")]


def kernel(row, t):
    """A kernel of a row for the C type ``t``, as CuPy wraps one: a loop over flat elements."""
    name, ins, outs, _ = row
    declared, loads = [], []
    for const, text in (("const ", ins), ("", outs)):
        for kind, p in parameters(text):
            if kind == "float64":
                declared.append(f"double {p}")
                continue
            c = C_TYPES.get(kind, kind)
            declared.append(f"{const}{c}* _raw_{p}")
            loads.append(f"{const}{c} &{p} = _raw_{p}[i];")
    space = re.sub(r"\W", "_", f"{name}_{t}")
    return f"""
namespace {space} {{
typedef {t} T;
{sources.WIDE}
extern "C" __global__ void tinytorch_{space}({", ".join(declared)}, long long n) {{
  for (long long i = blockIdx.x; i < n; i += gridDim.x) {{
    {" ".join(loads)}
    {sources.body(row)};
  }}
}}
}}
"""


def compiled(tmp_path, text, *options):
    source, ptx = tmp_path / "kernels.cu", tmp_path / "kernels.ptx"
    source.write_text(text)
    command = [NVCC, "-ptx", "-std=c++17", *options, str(source), "-o", str(ptx)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    return ptx.read_text()


needs_nvcc = pytest.mark.skipif(NVCC is None, reason="no nvcc on this machine")


@needs_nvcc
def test_all_kernels_compile_for_full_precision_and_integers(tmp_path):
    wanted = [(row, t) for row in sources.ROWS for t in ("float", "double")]
    wanted += [
        (row, t) for row in sources.ROWS if row[0] in INTEGER
        for t in ("long long", "int", "short", "signed char", "unsigned char")
    ]  # fmt: skip
    ptx = compiled(tmp_path, "".join(kernel(row, t) for row, t in wanted))
    assert ptx.count(".visible .entry") == len(wanted)


@needs_nvcc
@pytest.mark.skipif(headers() is None, reason="CuPy's headers are not installed")
def test_all_kernels_compile_for_half_precision(tmp_path):
    types = ("float16", "bfloat16")
    text = "".join(f'#include "cupy/{t}.cuh"\n' for t in types)
    text += "".join(kernel(row, t) for row in sources.ROWS for t in types)
    ptx = compiled(tmp_path, text, f"-I{headers()}")
    assert ptx.count(".visible .entry") == 2 * len(sources.ROWS)


@needs_nvcc
def test_what_is_not_cuda_is_refused(tmp_path):
    wrong = ("wrong", "T x", "T y", "W v = x; y = no_such_function(v)")
    with pytest.raises(AssertionError, match="no_such_function"):
        compiled(tmp_path, kernel(wrong, "float"))
