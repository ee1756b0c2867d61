"""What has to change in CuPy's sources so that its stub mode calls a library of ours.

CuPy can be built for its documentation without CUDA: every CUDA function is then an empty inline
function that reports success. Here the functions of the runtime and of cuBLAS become declarations
(`shim.cpp` and `build.py` define all of them), those of the other libraries report an error, and
the few places that look for NVIDIA's files look here. Each row is a file, a regex, its replacement
and how often it must match; a count that differs stops the build, since it means another CuPy.
"""

from __future__ import annotations

import re
from pathlib import Path

STUBS = "cupy_backends/stub/cupy_"
API = "cupy_backends/cuda/api/"
LIBS = "cupy_backends/cuda/libs/"
ANY = range(1, 10_000)
ABSENT = '"not provided by the CuPy-on-CPU rig"'
THROW = f"{{ throw std::runtime_error({ABSENT}); }}"
DECLARE = r"((?:cudaError_t|cublasStatus_t|int|const char\*) \w+\([^)]*\)) \{[^}]*\}", r"\1;"

PROPERTIES = """\
totalGlobalMem sharedMemPerBlock regsPerBlock warpSize maxThreadsPerBlock clockRate memoryClockRate
memoryBusWidth totalConstMem major minor multiProcessorCount l2CacheSize computeMode
maxThreadsPerMultiProcessor concurrentKernels pciBusID pciDeviceID""".split()
FIELDS = "\n".join(f"            size_t {p}" for p in PROPERTIES)
DICT = ", ".join(f"'{p}': props.{p}" for p in PROPERTIES)
ATTRIBUTES = "            int type\n            int device\n"
ATTRIBUTES += "            void* devicePointer\n            void* hostPointer\n"

THRUST = {
    "sort": "int, void*, size_t*, const std::vector<ptrdiff_t>&",
    "lexsort": "int, size_t*, void*, size_t, size_t",
    "argsort": "int, size_t*, void*, void*, const std::vector<ptrdiff_t>&",
}


def rows(lib, include):
    """The table for a shim library and a folder of device headers, both absolute paths."""
    look = rf"\g<1>'{lib}'"
    return [
        (f"{STUBS}cuda_runtime.h", *DECLARE, ANY),
        (f"{STUBS}cublas.h", *DECLARE, ANY),
        (f"{STUBS}cusolver.h", r"CUSOLVER_STATUS_SUCCESS;", "cusolverStatus_t(9);", ANY),
        (f"{STUBS}cusparse.h", r"CUSPARSE_STATUS_SUCCESS;", "cusparseStatus_t(10);", ANY),
        (f"{STUBS}cusparse.h", r"return NULL;", f"return {ABSENT};", 2),
        (f"{STUBS}curand.h", r"CURAND_STATUS_SUCCESS;", "curandStatus_t(204);", ANY),
        ("cupy/cuda/cupy_cufft.h", r"return CUFFT_SUCCESS;", "return CUFFT_NOT_SUPPORTED;", ANY),
        ("cupy/cuda/cupy_cub.h", r"(?:(?<=void )|(?<=size_t ))(\w+\(\.\.\.\)) \{[^}]*\}",
         rf"\1 {THROW}", 10),
        ("cupy/cuda/cupy_cub.h", r"\A", "#include <stdexcept>\n", 1),
        ("cupy/cuda/cub.pyx", r"(    (?:void|size_t) cub_device_\w+\([^)]*\))", r"\1 except +", 10),
        ("cupy/random/cupy_distributions.cuh", r"(?<=\)) \{\}", f" {THROW}", 16),
        ("cupy/random/cupy_distributions.cuh", r"\A", "#include <stdexcept>\n", 1),
        ("cupy/random/_generator_api.pyx", r"(\n    void \w+\([^)]*\))", r"\1 except +", 16),
        *[("cupy/cuda/cupy_thrust.h", rf"(void thrust_{name}\()\.\.\.\) \{{\s*\}}",
           rf"\1{arguments}, intptr_t, void*);", 1) for name, arguments in THRUST.items()],
        ("cupy/cuda/cupy_thrust.h", r"\A", "#include <vector>\n#include <cstdint>\n", 1),
        (f"{API}_runtime_softlink.pxi", r"(cdef object libname = )None", look, 1),
        (f"{API}_driver_extern.pxi", r"(cdef object libname = )None", look, 1),
        (f"{LIBS}_cnvrtc.pxi", r"(cdef object libname = )None", look, 1),
        (f"{STUBS}cuda_common.h", r"struct cudaPointerAttributes\{",
         "struct cudaPointerAttributes{\n    int type;", 1),
        (f"{API}_runtime_typedef.pxi", r"(_PointerAttributes 'cudaPointerAttributes':\n) +pass"
         r"  # for RTD\n", rf"\1{ATTRIBUTES}", 1),
        (f"{API}_runtime_typedef.pxi", r"(# for RTD\n.*'cudaDeviceProp':\n.*name\[256\])",
         rf"\1\n{FIELDS}", 1),
        (f"{API}runtime.pyx", r"ELSE:  # for RTD\n        return None", "ELSE:\n        return "
         "PointerAttributes(attrs.device, <intptr_t>attrs.devicePointer,"
         " <intptr_t>attrs.hostPointer, attrs.type)", 1),
        (f"{API}runtime.pyx", r"ELSE:  # for RTD\n        raise ValueError\([^)]*\)",
         "ELSE:\n        return attrs.type", 1),
        (f"{API}runtime.pyx", r"    cdef dict properties = .*# for RTD\n(?s:.*?)    return propert"
         r"ies\n", f"    return {{'name': props.name, {DICT}}}\n", 1),
        (f"{LIBS}__init__.py", r"if not _runtime\.is_hip( and name in _submodules)?:",
         r"if False\1:", 2),
        ("cupy/cuda/__init__.py", r"(elif key == 'cufft':\n        if )not runtime\.is_hip:",
         r"\1False:", 1),
        ("cupy/_core/core.pyx", r"from cuda\.pathfinder import find_nvidia_header_directory\n(\s+)"
         r"_cuda_include_dir = .*", rf"_cuda_include_dir = '{include}'", 1),
        ("install/cupy_builder/cupy_setup_build.py",
         r"(available_modules = \[m\['name'\] for m in MODULES)\]",
         r"\1 if m.required and m['name'] != 'jitify']", 1),
    ]  # fmt: skip


def apply(root, lib, include):
    """Patch the unpacked sources under ``root``; RuntimeError names the row that does not fit."""
    for name, pattern, replacement, count in rows(lib, include):
        path = Path(root) / name
        text, n = re.subn(pattern, replacement, path.read_text(), flags=re.MULTILINE)
        if not (n in count if isinstance(count, range) else n == count):
            raise RuntimeError(f"{name}: {pattern!r} matched {n} times, expected {count}")
        path.write_text(text)


def declared(root):
    """The names that the library must define: what CuPy calls of the runtime and of cuBLAS."""
    text = "".join((Path(root) / f"{STUBS}{h}.h").read_text() for h in ("cuda_runtime", "cublas"))
    return re.findall(r"^[\w *]+[ *](\w+)\([^)]*\);", text, re.MULTILINE)
