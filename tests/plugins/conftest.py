"""Distributions made on the fly, and a plugin layer that starts empty for each test."""

import sys
import textwrap

import pytest

from tinytorch import devices, plugins


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    """No plugin loaded, none registered, NumPy serving ``cpu``; all as before afterwards."""
    for name in ("TINYTORCH_PLUGINS", "TINYTORCH_TRACE_PLUGINS", "TINYTORCH_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    for name in ("_loaded", "_failed", "_registered"):
        monkeypatch.setattr(plugins, name, {})
    monkeypatch.setattr(plugins, "_cpu", None)
    monkeypatch.setattr(devices, "_bound", {})


@pytest.fixture
def install(tmp_path, monkeypatch):
    """``install(dist, {entry point: (module, source)})``: a distribution that can be found."""
    modules = []

    def install(dist, entries, version="1.5"):
        site = tmp_path / dist
        info = site / f"{dist.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        monkeypatch.syspath_prepend(str(site))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\n")
        lines = ["[tinytorch]"]
        for name, (module, source) in entries.items():
            lines.append(f"{name} = {module}")
            modules.append(module)
            if source is not None:
                (site / f"{module}.py").write_text(textwrap.dedent(source))
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")

    yield install
    for module in modules:
        sys.modules.pop(module, None)
