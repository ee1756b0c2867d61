"""The suite as pytest sees it: options, one item a group of cases, the table at the end.

Outcomes of cases travel on the item's report, so that pytest-xdist's workers can do the work.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter

import pytest

from .cases import FAILED, FRONT_END, KNOWN, PASSED, SKIPPED, Judge, read_allow, read_known

KEY = "tinytorch_conformance"


def add_options(parser):
    group = parser.getgroup("tinytorch conformance")
    group.addoption("--backend", default="numpy", metavar="NAME", help="The backend to test.")
    group.addoption(
        "--known-failures", metavar="FILE",
        help="TOML whose [known] table gives id pattern = reason; one that passes is an error.",
    )  # fmt: skip
    group.addoption(
        "--allow", metavar="FILE", help="Only cases whose ids fit a line of this file count."
    )
    group.addoption("--conformance-json", metavar="PATH", help="Write every outcome as JSON.")


def pytest_configure(config):
    import tinytorch
    from tinytorch import plugins

    name = config.getoption("--backend")
    try:
        tinytorch.set_backend(name)
    except plugins.BackendError as e:
        raise pytest.UsageError(str(e)) from None
    known, allow = config.getoption("--known-failures"), config.getoption("--allow")
    try:
        judge = Judge(
            plugins.load(name),
            read_known(known) if known else {},
            read_allow(allow) if allow else None,
            front_end=read_known(FRONT_END),
        )
    except (OSError, ValueError) as e:
        raise pytest.UsageError(str(e)) from None
    config.stash[JUDGE] = judge
    config.stash[OUTCOMES] = []


JUDGE = pytest.StashKey[Judge]()
OUTCOMES = pytest.StashKey[list]()


def pytest_generate_tests(metafunc):
    if "group" in metafunc.fixturenames and hasattr(metafunc.module, "groups"):
        groups = list(metafunc.module.groups())
        metafunc.parametrize("group", groups, ids=[g.id for g in groups])


@pytest.fixture
def hold(request):
    """Runs the cases of a group and fails with what is wrong in any of them."""
    judge = request.config.stash[JUDGE]

    def run(group):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [judge.judge(case) for case in group.make()]
        request.node.user_properties.append(
            (KEY, [(o.id, o.status, o.text) for o in found] + [sorted(judge.matched)])
        )
        wrong = [o for o in found if o.status == FAILED]
        if wrong:
            text = "\n".join(f"{o.id}: {o.text}" for o in wrong)
            pytest.fail(text + f"\n{len(wrong)} of {len(found)} cases failed", pytrace=False)
        if found and all(o.status == SKIPPED for o in found):
            pytest.skip(found[0].text)

    return run


def pytest_runtest_logreport(report):
    if report.when == "call" and _config is not None:
        for key, value in report.user_properties:
            if key == KEY:
                *found, matched = value
                _config.stash[OUTCOMES].extend(tuple(o) for o in found)
                _config.stash[JUDGE].matched.update(matched)


_config = None


def pytest_sessionstart(session):
    global _config
    _config = session.config


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    config = session.config
    path = config.getoption("--conformance-json")
    if not hasattr(config, "workerinput") and path:
        report(config, path)


def report(config, path):
    outcomes = config.stash[OUTCOMES]
    import tinytorch

    rows = {
        "backend": config.getoption("--backend"),
        "tinytorch": tinytorch.__version__,
        "torch": _torch_version(),
        "levels": {k: dict(v) for k, v in table(outcomes).items()},
        "cases": [dict(id=i, status=s, text=t) for i, s, t in outcomes],
    }
    with open(path, "w", encoding="utf-8") as f:
        json.dump(rows, f, indent=1)


def _torch_version():
    from .recording import level

    return level("programs").version


def table(outcomes):
    """level -> Counter of statuses."""
    levels = {}
    for case, status, _ in outcomes:
        levels.setdefault(case.partition("/")[0], Counter())[status] += 1
    return levels


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter, config):
    outcomes = config.stash[OUTCOMES]
    if not outcomes:
        return
    tr = terminalreporter
    tr.section(f"conformance of backend {config.getoption('--backend')!r}")
    kinds = (PASSED, FAILED, SKIPPED, KNOWN)
    tr.write_line(f"{'level':<12}" + "".join(f"{k:>10}" for k in kinds))
    total = Counter()
    for name, counts in table(outcomes).items():
        total.update(counts)
        _row(tr, name, counts, kinds)
    _row(tr, "all", total, kinds)
    unused = [p for p in config.stash[JUDGE].known if p not in config.stash[JUDGE].matched]
    for pattern in unused:
        tr.write_line(f"known failure {pattern!r} fits no case that was run", yellow=True)


def _row(tr, name, counts, kinds):
    colour = {"red": True} if counts[FAILED] else {"green": True}
    tr.write_line(f"{name:<12}" + "".join(f"{counts[k]:>10}" for k in kinds), **colour)
