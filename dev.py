#!/usr/bin/env python3
"""The two commands of the README: `python3 dev.py demo` and `python3 dev.py test`.

Each makes the environment `.venv` beside this file if it is not there, installs tinytorch into it
and does its work; only Python and pip have to be on the machine. The file is plain enough for an
older Python to read, so that such a one can say what is missing instead of failing at the syntax.
"""

import hashlib
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
HOME = os.environ.get("TINYTORCH_VENV") or os.path.join(HERE, ".venv")
NEEDED = (3, 11)
USAGE = """\
usage: python3 dev.py demo     replay the tutorials and the documents' cases on NumPy
       python3 dev.py test     run all tests (further arguments go to pytest)
       python3 dev.py setup    only make the environment, .venv
"""


def main(args):
    if sys.version_info < NEEDED:
        return "tinytorch needs Python %d.%d or newer; this is %s" % (
            *NEEDED,
            sys.version.split()[0],
        )
    command, rest = (args[0], args[1:]) if args else ("", [])
    if command not in COMMANDS:
        sys.stdout.write(USAGE)
        return 0 if command in ("-h", "--help", "help") else 2
    python = environment()
    return COMMANDS[command](python, rest)


def demo(python, rest):
    """The main job: documents run on the embedded backend, and print what they show."""
    tutorials = os.path.join(HERE, "docs", "tutorials")
    done = [
        step("the tutorials, every output compared", python, "replay", tutorials, *rest),
        step("the cases of well-known documents", python, "conformance", "-k", "documents"),
    ]
    say("done" if not any(done) else "something differs: see above")
    return max(done)


def test(python, rest):
    """All tests; without arguments on as many processes as the machine has cores."""
    workers = [] if rest else ["-n", str(min(os.cpu_count() or 1, 8))]
    say("all tests")
    return call(python, "-m", "pytest", *workers, *rest)


def setup(python, rest):
    say("ready: " + python)
    return 0


COMMANDS = {"demo": demo, "test": test, "setup": setup}


def step(title, python, *command):
    say(title)
    return call(python, "-m", "tinytorch", *command)


def call(*command):
    sys.stdout.flush()
    return subprocess.call(command, cwd=HERE)


def say(text):
    sys.stdout.write("\n==> %s\n" % text)
    sys.stdout.flush()


# --- the environment ------------------------------------------------------------------------------


def environment():
    """The Python of an environment in which tinytorch and its test extra are installed."""
    bin, exe = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    python = os.path.join(HOME, bin, exe)
    stamp = os.path.join(HOME, "tinytorch.stamp")
    with open(os.path.join(HERE, "pyproject.toml"), "rb") as f:
        wanted = hashlib.sha256(f.read() + HERE.encode()).hexdigest()
    if os.path.exists(python) and read(stamp) == wanted:
        return python
    start = time.monotonic()
    say("the environment %s" % os.path.relpath(HOME))
    pip = make(python)
    say("packages: numpy, pluggy, ml_dtypes, rich, typer, pytest and what they need")
    install = ["install", "--disable-pip-version-check", "--quiet", "--progress-bar", "off"]
    if call(*pip, *install, "--editable", HERE + "[test]"):
        sys.exit("pip could not install the packages (its message stands above)")
    with open(stamp, "w") as f:
        f.write(wanted)
    say("ready after %.0f s" % (time.monotonic() - start))
    return python


def make(python):
    """Make the environment; returns the pip that installs into it, its own or this Python's."""
    import venv

    if not os.path.exists(python):
        try:
            venv.create(HOME, with_pip=True)
        except (subprocess.CalledProcessError, ImportError):
            venv.create(HOME, clear=True)
    if subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return [python, "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", python]


def read(path):
    try:
        with open(path) as f:
            return f.read()
    except OSError:
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
