"""The conformance suite of tinytorch: cases with real torch's results, and the document replayer.

``pytest --pyargs tinytorch_conformance --backend NAME``, ``tinytorch conformance --backend NAME``
or :func:`run_suite` hold a backend to it; none of them needs torch.
"""


def run_suite(backend="numpy", args=()):
    """Run the suite on ``backend``; ``args`` go to pytest. Returns pytest's exit status.

    Raises :class:`tinytorch.plugins.BackendError` if the backend cannot be used here.
    """
    import pytest

    from tinytorch import plugins

    plugins.load(backend).check_usable()
    quiet = ["-p", "no:cacheprovider", "--no-header", "-W", "ignore", "-q", "--summary"]
    quiet += ["-o", "console_output_style=classic"]
    return int(pytest.main(["--pyargs", __name__, "--backend", backend, *quiet, *args]))
