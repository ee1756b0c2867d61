"""The door that pytest finds by its entry point; it costs nothing to whoever does not come in.

Options must exist before `--pyargs` is resolved, so a conftest in this package comes too late. Yet
every pytest run on a machine loads an entry point: nothing is added, and nothing imported, unless
the command line names this package.
"""

NAME = "tinytorch_conformance"


def pytest_load_initial_conftests(early_config, parser, args):
    if any(NAME in str(a) for a in args):
        from . import session

        session.add_options(parser)
        early_config.pluginmanager.register(session, NAME + ".session")
