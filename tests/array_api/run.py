"""The whole conformance suite on a library: ``python tests/array_api/run.py NAME [pytest args]``.

``run.py NAME replay DOCUMENT...`` replays documents on it instead. Nothing needs to be installed
but the library: the backends of `examples` and of `variants` are put on the path with the metadata
that their installation would leave.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
PACKAGES = [EXAMPLES / "third_party_backend", EXAMPLES / "array_libraries"]
VARIANTS = ("strict-device1 strict-no-float64 strict-functional numpy-views numpy-values").split()

#: A run that is not named as its backend, and what it sets in the environment.
STATIC = {"ARRAY_API_STRICT_BOOLEAN_INDEXING": "0", "ARRAY_API_STRICT_DATA_DEPENDENT_SHAPES": "0"}
RUNS = {
    "strict-static": ("strict", STATIC),
    "strict-2023": ("strict", {"ARRAY_API_STRICT_API_VERSION": "2023.12"}),
}


def entry_points():
    """name -> module of every backend that a run may name."""
    found = dict.fromkeys(VARIANTS, "variants")
    for package in PACKAGES:
        project = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]
        found.update(project["entry-points"]["tinytorch"])
    return found


def prepare(folder):
    """The environment in which the backends are found; their metadata goes into ``folder``."""
    info = Path(folder, "array_api_backends-0.dist-info")
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: array-api-backends\nVersion: 0\n")
    rows = "".join(f"{name} = {module}\n" for name, module in entry_points().items())
    (info / "entry_points.txt").write_text("[tinytorch]\n" + rows)
    path = [str(folder), str(HERE), *(str(p / "src") for p in PACKAGES)]
    path += [p for p in [os.environ.get("PYTHONPATH")] if p]
    return {"PYTHONPATH": os.pathsep.join(path), **drivers()}


def drivers():
    """dpnp's wheels do not find their own OpenCL driver for the CPU: say where it is.

    Its kernels are compiled when they are first used, for seconds each; they are kept for others.
    """
    driver = Path(sysconfig.get_path("data"), "lib", "libintelocl.so")
    found = {"OCL_ICD_FILENAMES": str(driver), "SYCL_CACHE_PERSISTENT": "1"}
    return found if driver.exists() else {}


def known(name):
    """The options that hold a run to its file of known failures, if it has one."""
    path = HERE / "known" / f"{name}.toml"
    return ["--known-failures", str(path)] if path.exists() else []


def main(argv):
    name, *args = argv or ["--help"]
    if name.startswith("-"):
        print(__doc__, "", "NAME is one of", *sorted([*RUNS, *entry_points()]), sep="\n  ")
        return 2
    backend, extra = RUNS.get(name, (name, {}))
    replay = args[:1] == ["replay"]
    what = args if replay else ["conformance", *known(name), *args]
    command = [sys.executable, "-m", "tinytorch", *what, "--backend", backend]
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, **prepare(folder), **extra}
        return subprocess.run(command, env=env).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
