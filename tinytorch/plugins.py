"""Backends are found through pluggy entry points and loaded one at a time, on first use.

Names come from the metadata of installed distributions, so listing them imports nothing, and a
plugin that is broken costs only its own name. The hookspec below is one page long on purpose: a
pluggy call costs microseconds, so it serves discovery and never an operation.

Escape hatches: ``TINYTORCH_PLUGINS=a,b`` restricts loading to those entry points (empty: none but
NumPy), ``TINYTORCH_TRACE_PLUGINS=1`` reports each load on standard error, and
``TINYTORCH_BACKEND=name`` lets a backend serve the ``cpu`` device from the start.
"""

from __future__ import annotations

import os
import sys

GROUP = "tinytorch"
EMBEDDED = "numpy"
RESTRICT = "TINYTORCH_PLUGINS"


class BackendError(RuntimeError):
    """A backend that is not there, or does not work here; the text says why and what to do."""


_loaded = {}  # name -> Backend class
_failed = {}  # name -> text
_registered = {}  # name -> Backend class registered by hand (tests, notebooks)
_cpu = None

_HOW = {
    "jax": "pip install tinytorch[jax]",
    "cupy": "pip install tinytorch[cupy] (needs an NVIDIA GPU with CUDA)",
    "frozen": "pip install tinytorch[conformance]",
}
_DEVICES = {"numpy": ("cpu",), "cupy": ("cuda",), "jax": ("jax",)}


def _all_entry_points():
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def entry_points():
    """name -> importlib.metadata.EntryPoint of every backend that is installed and allowed."""
    allowed = os.environ.get(RESTRICT)
    keep = None if allowed is None else {n.strip() for n in allowed.split(",")} | {EMBEDDED}
    found = {}
    for ep in _all_entry_points():
        if keep is None or ep.name in keep:
            found.setdefault(ep.name, ep)
    return found


def register(name, backend):
    """Register a Backend class by hand under ``name`` (a notebook's or a test's backend)."""
    _registered[name] = _checked(name, backend, "plugins.register")


def unregister(name):
    """Take back what `register` did; an installed backend of that name is found again."""
    _registered.pop(name, None)


def load(name):
    """The Backend class called ``name``; BackendError with the reason if it cannot be had."""
    if name in _registered:
        return _registered[name]
    if name in _loaded:
        return _loaded[name]
    if name == EMBEDDED:
        from tinytorch_numpy import NumpyBackend

        return _loaded.setdefault(name, NumpyBackend)
    if name in _failed:
        raise BackendError(_failed[name])
    ep = entry_points().get(name)
    if ep is None:
        raise BackendError(_unknown(name))
    if os.environ.get("TINYTORCH_TRACE_PLUGINS"):
        print(f"tinytorch: loading backend {name!r} from {ep.value}", file=sys.stderr)
    try:
        backend = _from_plugin(name, ep.load())
    except BackendError as e:
        _failed[name] = str(e)
        raise
    except Exception as e:
        _failed[name] = f"backend {name!r} ({ep.value}) failed to import: {type(e).__name__}: {e}"
        raise BackendError(_failed[name]) from e
    _loaded[name] = backend
    return backend


def _from_plugin(name, plugin):
    """The Backend class that a plugin offers; a manager of its own keeps its faults to itself."""
    import pluggy

    from . import hookspec

    pm = pluggy.PluginManager(GROUP)
    pm.add_hookspecs(hookspec)
    try:
        pm.register(plugin, name)
        pm.check_pending()
    except pluggy.PluginValidationError as e:
        raise BackendError(f"backend {name!r}: {e}") from e
    for backends in pm.hook.tinytorch_backends():
        if not isinstance(backends, dict):
            raise BackendError(
                f"backend {name!r}: the hook 'tinytorch_backends' of {plugin!r} must return a dict "
                f"of Backend classes by name, not {type(backends).__name__}"
            )
        if name in backends:
            return _checked(name, backends[name], repr(plugin))
        raise BackendError(
            f"backend {name!r}: the hook 'tinytorch_backends' of {plugin!r} returns "
            f"{', '.join(map(repr, backends)) or 'nothing'}, not {name!r}"
        )
    raise BackendError(
        f"backend {name!r}: the plugin {plugin!r} does not implement the hook 'tinytorch_backends'"
    )


def _checked(name, cls, source):
    if not isinstance(cls, type) or not callable(getattr(cls, "bind", None)):
        raise BackendError(
            f"backend {name!r} ({source}) is not a subclass of tinytorch.backend.Backend "
            f"but {getattr(cls, '__name__', type(cls).__name__)!r}"
        )
    return cls


def usable(name):
    """The Backend class called ``name``, if it says that it works on this machine."""
    cls = load(name)
    try:
        cls.check_usable()
    except BackendError:
        raise
    except Exception as e:
        how = f" To get it: {_HOW[name]}." if name in _HOW else ""
        raise BackendError(f"backend {name!r} cannot be used here: {e}.{how}") from e
    return cls


def _unknown(name):
    import difflib

    known = sorted({EMBEDDED, *_registered, *entry_points()})
    if name in {ep.name for ep in _all_entry_points()}:
        return (
            f"backend {name!r} is installed but left out by "
            f"TINYTORCH_PLUGINS={os.environ[RESTRICT]} (allowed: {', '.join(known)})"
        )
    close = difflib.get_close_matches(name, known, 1)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    how = f" To get it: {_HOW[name]}." if name in _HOW else ""
    return f"no backend named {name!r} is installed (installed: {', '.join(known)}){hint}{how}"


def cpu_backend():
    """The name of the backend that serves ``cpu``."""
    return _cpu or os.environ.get("TINYTORCH_BACKEND") or EMBEDDED


def serve_cpu(name):
    """Let backend ``name`` serve ``cpu``; BackendError if it cannot."""
    global _cpu
    usable(name)
    _cpu = name


def device_types():
    """Device types beyond torch's own: of known backends, and the names of those not yet loaded."""
    types = {"jax", *entry_points()} - {EMBEDDED}
    for cls in (*_loaded.values(), *_registered.values()):
        types.update(cls.device_types)
    return types


def backend_for(device_type):
    """The Backend class that serves a device type; BackendError where there is none."""
    if device_type == "cpu":
        return usable(cpu_backend())
    for name, cls in {**_loaded, **_registered}.items():
        if device_type in cls.device_types:
            return usable(name)
    for name, types in _DEVICES.items():
        if device_type in types:
            return usable(name)
    names = sorted(entry_points(), key=lambda n: n != device_type)
    for name in names:
        try:
            if device_type in load(name).device_types:
                return usable(name)
        except BackendError:
            if name == device_type:
                raise
    raise BackendError(
        f"no installed backend serves the device type {device_type!r}"
        f" (installed: {', '.join(sorted({EMBEDDED, *names}))})"
    )


def describe_backends():
    """One dict a backend: name, distribution, version, devices, usable, why, how."""
    rows = []
    eps = entry_points()
    for name in sorted({EMBEDDED, *_registered, *eps}, key=lambda n: (n != EMBEDDED, n)):
        row = dict(name=name, distribution="tinytorch", version="", devices=[], usable=False,
                   why="", how=_HOW.get(name, ""))  # fmt: skip
        dist = eps[name].dist if name in eps else None
        if dist is not None:
            row.update(distribution=dist.name, version=dist.version)
        elif name == EMBEDDED:
            from . import __version__

            row["version"] = __version__
        try:
            row["devices"] = list(load(name).device_types)
            usable(name)
            row["usable"] = True
        except BackendError as e:
            row["why"] = str(e)
        rows.append(row)
    return rows
