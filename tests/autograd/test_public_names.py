"""Every public name of torch's autograd is here with its signature, or has a reason (recorded)."""

import public_names_ours as names
import pytest

ROWS = list(names.rows())


@pytest.mark.parametrize(("path", "name", "wrong"), ROWS, ids=[f"{p}.{n}" for p, n, _ in ROWS])
def test_name(path, name, wrong):
    assert wrong is None or names.reason(path, name) is not None, wrong


def test_no_reason_is_without_need():
    used = {names.reason(path, name) for path, name, wrong in ROWS if wrong}
    assert {k for k, why in names.REASONS.items() if why != "NOT YET"} - used == set()


def test_the_page_shows_the_table():
    """If not: `python tools/public_names.py --docs`."""
    page = (names.HERE.parents[1] / "docs" / "autograd.md").read_text()
    assert page.partition(names.MARK)[2] == names.table()
