"""What a figure depends on besides the code: processor, interpreter, libraries, BLAS kernel.

The environment that the timed processes get is made here too, so that what the header says and
what was run cannot part. OpenBLAS picks its kernel by the processor; OPENBLAS_CORETYPE and
OPENBLAS_L2_SIZE override it and can slow NumPy's matrix product by a factor of nearly two.
"""

import os
import platform
import sys
from typing import Any

ONE_THREAD = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def environment() -> dict[str, str]:
    """This process's environment with one thread each and OpenBLAS left to its own choice."""
    env = {k: v for k, v in os.environ.items() if k not in UNSET}
    return env | dict.fromkeys(ONE_THREAD, "1")


def pin() -> None:
    """Keep this process on one core, where the system allows it: the last one it may use."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def cpu() -> tuple[str, str]:
    """The processor's model name and vendor, as the system gives them."""
    found: dict[str, str] = {}
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                key, _, value = line.partition(":")
                found.setdefault(key.strip(), value.strip())
    except OSError:
        pass
    name = found.get("model name") or platform.processor() or platform.machine()
    return name, found.get("vendor_id", "")


def blas() -> str:
    """The BLAS libraries loaded in this process, with the kernel each has chosen."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "unknown (threadpoolctl is not installed)"
    parts = [
        " ".join(filter(None, (p["internal_api"], p.get("version"), p.get("architecture"))))
        for p in threadpool_info()
        if p["user_api"] == "blas"
    ]
    return ", ".join(dict.fromkeys(parts)) or "none found"


def versions(name: str, module: Any) -> dict[str, str]:
    """Version of a loaded library, and what it multiplies matrices with."""
    kernel = blas()
    if name == "torch":
        mkl = "MKL" if module.backends.mkl.is_available() else "no MKL"
        kernel = f"{mkl}, {module.backends.cpu.get_cpu_capability()}"
    return {"version": version(name, module), "blas": kernel}


def version(name: str, module: Any) -> str:
    from importlib import metadata

    found = getattr(module, "__version__", None)
    if found is None:
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            found = "unknown"
    return str(found)


def machine() -> dict[str, str]:
    import numpy

    name, vendor = cpu()
    return {
        "processor": name,
        "vendor": vendor,
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": sys.version.split()[0],
        "numpy": numpy.__version__,
    }
