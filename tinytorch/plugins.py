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


class BackendError(RuntimeError):
    """A backend that is not there, or does not work here; the text says why and what to do."""


_loaded = {}  # name -> Backend class
_failed = {}  # name -> text
_registered = {}  # name -> Backend class registered by hand (tests, notebooks)
_cpu = None
_manager = None

_HOW = {
    "jax": "pip install tinytorch[jax]",
    "cupy": "pip install tinytorch[cupy] (needs an NVIDIA GPU with CUDA)",
    "frozen": "pip install tinytorch[conformance]",
}
_DEVICES = {"numpy": ("cpu",), "cupy": ("cuda",), "jax": ("jax",)}


def hookspec_module():
    """The pluggy marker and specification that a plugin implements."""
    from . import hookspec

    return hookspec


def manager():
    global _manager
    if _manager is None:
        import pluggy

        _manager = pluggy.PluginManager(GROUP)
        _manager.add_hookspecs(hookspec_module())
    return _manager


def entry_points():
    """name -> importlib.metadata.EntryPoint of every backend that is installed and allowed."""
    from importlib.metadata import entry_points

    allowed = os.environ.get("TINYTORCH_PLUGINS")
    keep = None if allowed is None else {n.strip() for n in allowed.split(",")} | {EMBEDDED}
    found = {}
    for ep in entry_points(group=GROUP):
        if keep is None or ep.name in keep:
            found.setdefault(ep.name, ep)
    return found


def register(name, backend):
    """Register a Backend class by hand under ``name`` (a notebook's or a test's backend)."""
    _registered[name] = backend
    _failed.pop(name, None)


def unregister(name):
    _registered.pop(name, None)
    _loaded.pop(name, None)


def load(name):
    """The Backend class called ``name``; BackendError with the reason if it cannot be had."""
    if name in _loaded:
        return _loaded[name]
    if name in _registered:
        return _registered[name]
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
    from pluggy import PluginValidationError

    pm = manager()
    if not pm.has_plugin(name):
        try:
            pm.register(plugin, name)
            pm.check_pending()
        except PluginValidationError as e:
            pm.unregister(name=name)
            raise BackendError(f"backend {name!r}: {e}") from e
    offered = pm.subset_hook_caller(
        "tinytorch_backends", [p for n, p in pm.list_name_plugin() if n != name and p]
    )()
    for backends in offered:
        if name in backends:
            return backends[name]
    raise BackendError(
        f"backend {name!r}: the plugin {plugin!r} does not implement the hook 'tinytorch_backends', "
        f"or the dict it returns has no key {name!r}"
    )


def _unknown(name):
    import difflib

    known = sorted({EMBEDDED, *_registered, *entry_points()})
    close = difflib.get_close_matches(name, known, 1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    how = f" To get it: {_HOW[name]}." if name in _HOW else ""
    return f"no backend named {name!r} is installed (installed: {', '.join(known)}){hint}.{how}"


def cpu_backend():
    """The name of the backend that serves ``cpu``."""
    return _cpu or os.environ.get("TINYTORCH_BACKEND") or EMBEDDED


def serve_cpu(name):
    global _cpu
    load(name).check_usable()
    _cpu = name


def device_types():
    """Device types beyond torch's own that a registered backend serves (by name: not loaded)."""
    types = {"jax"}
    for cls in (*_loaded.values(), *_registered.values()):
        types.update(cls.device_types)
    if not types:
        types.update(entry_points())
    return types


def backend_for(device_type):
    """The Backend class that serves a device type; torch's error where there is none."""
    if device_type == "cpu":
        return load(cpu_backend())
    for cls in (*_registered.values(), *_loaded.values()):
        if device_type in cls.device_types:
            return cls
    for name, types in _DEVICES.items():
        if device_type in types:
            cls = load(name)
            cls.check_usable()
            return cls
    for name in entry_points():
        try:
            if device_type in load(name).device_types:
                return load(name)
        except BackendError:
            continue
    raise BackendError(
        f"no installed backend serves the device type {device_type!r}"
        f" (installed: {', '.join(sorted({EMBEDDED, *entry_points()}))})"
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
            cls = load(name)
            row["devices"] = list(cls.device_types)
            cls.check_usable()
            row["usable"] = True
        except Exception as e:
            row["why"] = str(e)
        rows.append(row)
    return rows
