"""Build CuPy's own sources for the CPU: ``python tests/rigs/cupy_on_cpu/build.py``.

Everything lies in one folder outside the repository, named after what it was made from: CuPy and
its 50 extension modules (minutes; made again when `patch.py` changes) and the shim with the device
headers (seconds; made again when they change). CuPy comes from pip's configured index, as source.
``TINYTORCH_RIG_CACHE`` names the folder; the default is tinytorch's in the user's cache folder.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from pathlib import Path

import patch

VERSION = "14.2.0"
HERE = Path(__file__).resolve().parent
SHIM = [*sorted((HERE / "shim").iterdir()), *sorted((HERE / "include").iterdir())]
MODULES = ["-O0", "-g0", "-w"]
KERNELS = (
    "-std=c++17 -O0 -g0 -w -shared -fPIC -fwrapv -fno-strict-aliasing -ffp-contract=off "
    "-fno-exceptions -fno-rtti -fno-gnu-unique -fno-threadsafe-statics -Wl,-Bsymbolic"
)
PREPENDED = ("complex.cuh", "carray.cuh", "atomics.cuh", "math_constants.h")
JOBS = str(len(os.sched_getaffinity(0)))


def _digest(*texts):
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def prefix():
    """The folder of this version of the rig for this Python."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(os.environ.get("TINYTORCH_RIG_CACHE") or Path(home) / "tinytorch" / "rigs")
    made_of = repr(patch.rows("lib", "include")), *MODULES, sysconfig.get_platform(), str(cache)
    tag = f"cupy{VERSION}-{sys.implementation.cache_tag}-{_digest(*made_of)}"
    return cache.absolute() / tag


def kernel_digest():
    """What a compiled kernel was made with."""
    return _digest(
        KERNELS, *(p.read_text() for p in SHIM if p.suffix == ".h" or p.stem == "kernels")
    )


def shim_digest():
    return _digest(KERNELS, *(p.read_text() for p in SHIM))


def built():
    """Whether the rig is there and made of the files beside this one."""
    mark = prefix() / "lib" / "DIGEST"
    return mark.is_file() and mark.read_text() == shim_digest()


def environment():
    """The variables under which Python imports the rig's CuPy, which needs no GPU."""
    home, env = prefix(), dict(os.environ)
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(home / "site"), env.get("PYTHONPATH")]))
    env["CUPY_CACHE_DIR"] = str(home / "kernels" / kernel_digest())
    env["CUPY_ACCELERATORS"] = ""
    return env


def _run(command, log, **kwargs):
    with open(log, "a") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, **kwargs)
    if done.returncode:
        tail = "".join(Path(log).read_text().splitlines(keepends=True)[-30:])
        raise SystemExit(f"{tail}\n{' '.join(map(str, command))} failed; all of it is in {log}")


def _build_cupy(home):
    log, lib = home / "build.log", home / "lib"
    lib.mkdir(parents=True, exist_ok=True)
    env = dict(
        os.environ,
        CUPY_INSTALL_USE_STUB="1",
        CUPY_NUM_BUILD_JOBS=JOBS,
        CFLAGS=" ".join(MODULES),
        CXXFLAGS=" ".join(MODULES),
        LDFLAGS=f"-Wl,--no-as-needed -L{lib} -lcudahost -Wl,-rpath,{lib}",
    )
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    with tempfile.TemporaryDirectory() as tmp:
        spec = f"cupy=={VERSION}"
        _run([*pip, "download", "--no-binary", "cupy", "--no-deps", "-d", tmp, spec], log, env=env)
        with tarfile.open(next(Path(tmp).glob("cupy-*.tar.gz"))) as archive:
            safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # from 3.11.4 on
            archive.extractall(tmp, **safe)
        source = Path(tmp) / f"cupy-{VERSION}"
        patch.apply(source, lib / "libcudahost.so", home / "include")
        (lib / "declared").write_text("\n".join(patch.declared(source)))
        empty = Path(tmp) / "empty.cpp"
        empty.write_text("")
        _run(["g++", "-shared", "-fPIC", empty, "-o", lib / "libcudahost.so"], log)
        shutil.rmtree(home / "site", ignore_errors=True)
        install = [*pip, "install", "--no-deps", "--no-cache-dir", "--target", home / "site", "-v"]
        _run([*install, source, "cuda-pathfinder>=1.3.4,<2"], log, env=env)
    for info in (home / "site").glob("cupy-*.dist-info"):
        shutil.rmtree(info)
    (home / "site" / "MADE").touch()


def _missing(declared):
    """Definitions of the entries that CuPy declares and the shim does not have."""
    text = "".join(p.read_text() for p in SHIM if p.suffix == ".cpp")
    own = set(re.findall(r"\b((?:cuda|cublas)[A-Z]\w*)\(", text))
    letters = re.findall(r"int cublas##L##(\w+)\(", text)
    own |= {f"cublas{c}{r}" for c in ("S", "D", "C", "Z", "Sc", "Dz") for r in letters}
    own |= {f"cublas{n}" for n in re.findall(r"^(?:OUTER|INNER)\((\w+),", text, re.M)}
    rest = [n for n in declared.split() if n not in own]
    code = {True: 15, False: 801}
    return "".join(f'extern "C" int {n}() {{ return {code["blas" in n]}; }}\n' for n in rest)


def _build_shim(home):
    log, lib, include = home / "build.log", home / "lib", home / "include"
    shutil.rmtree(include, ignore_errors=True)
    shutil.copytree(HERE / "include", include)
    for old in (home / "kernels").glob("*"):
        if old.name != kernel_digest():
            shutil.rmtree(old)
    headers = "".join(f"#include <cupy/{h}>\n" for h in PREPENDED)
    (include / "cupy_device.h").write_text(f'#include "device.h"\n{headers}')
    cupy = ["", *(f"/cupy/_cccl/{p}" for p in ("cub", "thrust", "libcudacxx"))]
    paths = [f"-I{home}/site/cupy/_core/include{p}" for p in cupy]
    for header in ("device.h", "cupy_device.h"):
        flags = [f for f in KERNELS.split() if f != "-shared" and not f.startswith("-Wl")]
        made = include / f"{header}.gch"
        _run(["g++", *flags, "-x", "c++-header", *paths, include / header, "-o", made], log)
    missing = lib / "missing.cpp"
    missing.write_text(_missing((lib / "declared").read_text()))
    defines = [f'-DCPU_COMPILER="g++ {KERNELS}"', f'-DCPU_RIG="{kernel_digest()}"']
    defines += [f'-DCPU_INCLUDE="{include}"']
    sources = [p for p in SHIM if p.suffix == ".cpp"]
    flags = ["-std=c++17", "-O2", "-w", "-shared", "-fPIC", "-U_FORTIFY_SOURCE", f"-I{include}"]
    fresh = lib / "fresh.so"
    link = ["-Wl,-soname,libcudahost.so", "-ldl", "-o", fresh]
    _run(["g++", *flags, *defines, *sources, missing, *link], log)
    fresh.replace(lib / "libcudahost.so")
    (lib / "DIGEST").write_text(shim_digest())


def build():
    """Build what is missing or out of date; a line for each part with its seconds."""
    home = prefix()
    home.mkdir(parents=True, exist_ok=True)
    made = (home / "site" / "MADE").is_file()
    for part in [_build_cupy] * (not made) + [_build_shim] * (not (made and built())):
        start = time.monotonic()
        part(home)
        print(f"{part.__name__[7:]}: built in {time.monotonic() - start:.0f} s", flush=True)
    return home


if __name__ == "__main__":
    print(build())
