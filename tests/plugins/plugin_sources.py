"""The source text of plugins that tests install."""

BACKEND = """
    from tinytorch.backend import hookimpl
    from tinytorch_numpy import NumpyBackend

    class {cls}(NumpyBackend):
        name = {name!r}
        device_types = {types!r}

    @hookimpl
    def tinytorch_backends():
        return {{{name!r}: {cls}}}
"""


def backend_source(name, types=("cpu",), cls="Fake"):
    """The source of a plugin that offers NumPy under another name."""
    return BACKEND.format(name=name, types=tuple(types), cls=cls)
