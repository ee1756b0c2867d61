"""Documents made on the spot: `doc("name.md", text)` writes one and gives its path."""

import textwrap

import pytest


@pytest.fixture
def doc(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return str(path)

    return write
