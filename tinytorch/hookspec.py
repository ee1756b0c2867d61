"""What a backend plugin implements: one hook, found through the entry-point group ``tinytorch``."""

import pluggy

hookspec = pluggy.HookspecMarker("tinytorch")
hookimpl = pluggy.HookimplMarker("tinytorch")


@hookspec
def tinytorch_backends():
    """Return ``{name: BackendSubclass}``.

    In your ``pyproject.toml``::

        [project.entry-points.tinytorch]
        mylib = "tinytorch_mylib"

    and in ``tinytorch_mylib/__init__.py``::

        from tinytorch.backend import Backend, hookimpl

        class MyBackend(Backend): ...

        @hookimpl
        def tinytorch_backends():
            return {"mylib": MyBackend}

    The entry point's name must be one of the returned keys. The module is imported only when that
    name is asked for; :class:`tinytorch.backend.Backend` is the author's manual.
    """
