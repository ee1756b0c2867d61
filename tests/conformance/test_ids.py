"""Ids of cases are API: those that were published are all there, and new ones are written down."""

from __future__ import annotations

import json

import pytest

from tinytorch_conformance.levels import ABOUT, ORDER, RULES, level_of, part_of, place
from tinytorch_conformance.report import IDS, packed, recorded_ids, unpacked
from tinytorch_conformance.run import all_groups


@pytest.fixture(scope="module")
def ids():
    return [case.id for group in all_groups() for case in group.make()]


def test_no_published_id_is_gone(ids):
    assert sorted(recorded_ids() - set(ids)) == []


def test_new_ids_are_written_down(ids):
    assert sorted(set(ids) - recorded_ids()) == [], "python conformance/ids.py"


def test_an_id_names_one_case(ids):
    assert len(ids) == len(set(ids))


def test_every_id_has_a_level(ids):
    found = {level_of(i) for i in ids}
    assert found == set(ORDER)
    assert set(ABOUT) == set(ORDER) == {name for name, _, _ in RULES}


def test_a_group_names_its_cases():
    """A group and its cases are of one kind, so that ``-k`` and known failures speak alike."""
    for group in all_groups(("kernels/*", "programs/*", "views/*")):
        assert {c.id.partition("/")[0] for c in group.make()} == {group.id.partition("/")[0]}


@pytest.mark.parametrize(
    "case, level, part",
    [
        ("kernels/add[3]-float32", "kernels", "float32"),
        ("kernels/contract-names", "kernels", "contract"),
        ("ops/add[0]-own", "functions", "own"),
        ("ops/add[0]-float32", "dtypes", "float32"),
        ("ops/add[0]-float32-strided", "functions", "float32-strided"),
        ("ops/nn.functional.relu[2]-inplace", "in-place", "inplace"),
        ("gradients/mul[1]", "gradients", "mul"),
        ("gradients/mul[1]-node", "gradients", "node"),
        ("gradients/mul[1]-complex128-second", "second order", "complex128-second"),
        ("views/random[30]-gradient", "views", "random"),
        ("programs/seeded[4]", "programs", "seeded"),
        ("errors/broadcast", "errors", "broadcast"),
        ("unheard/of", "other", "of"),
    ],
)
def test_the_level_of_an_id(case, level, part):
    assert (level_of(case), part_of(case)) == (level, part)


def test_cases_are_shown_in_the_order_of_the_table():
    shown = ["kernels/add[2]-x", "kernels/add[10]-x", "ops/add[0]-own", "ops/add[0]-float32",
             "gradients/add[0]", "errors/a", "other/a"]  # fmt: skip
    assert sorted(reversed(shown), key=place) == shown


def test_ids_written_down_are_the_ids(ids):
    assert set(unpacked(packed(ids))) == set(ids)
    assert packed(["a[0]-x", "a[1]-x", "a[3]-x", "b"]) == {"a": {"-x": "0-1,3"}, "b": ""}
    assert json.loads(IDS.read_text("utf-8"))["programs/seeded"] == {"": "0-39"}
