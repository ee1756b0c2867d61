"""The suite as pytest sees it: options, one item a group of cases, the report at the end.

Outcomes of cases travel on the item's report, so that pytest-xdist's workers can do the work.
"""

from __future__ import annotations

import sys
import time
import warnings

import pytest

from . import report
from .cases import FAILED, FRONT_END, SKIPPED, Judge, Outcome, read_allow, read_known, shown

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
    group.addoption("--conformance-html", metavar="PATH", help="Write the report as one page.")
    group.addoption(
        "--summary", action="store_true",
        help="One example for each function that fails, in place of pytest's own listing.",
    )  # fmt: skip


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
    outcomes = config.stash[OUTCOMES] = []
    if config.getoption("--summary"):
        config.option.tbstyle, config.option.reportchars = "no", "N"
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(Progress(outcomes, sys.stdout), KEY + ".progress")


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
            (KEY, [(o.id, o.status, o.text, o.snippet) for o in found] + [sorted(judge.matched)])
        )
        wrong = [o for o in found if o.status == FAILED]
        if wrong:
            text = "\n".join(map(shown, wrong))
            pytest.fail(text + f"\n{len(wrong)} of {len(found)} cases failed", pytrace=False)
        if found and all(o.status == SKIPPED for o in found):
            pytest.skip(found[0].text)

    return run


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report):
    if report.when == "call" and _config is not None:
        for key, value in report.user_properties:
            if key == KEY:
                *found, matched = value
                _config.stash[OUTCOMES].extend(Outcome(*o) for o in found)
                _config.stash[JUDGE].matched.update(matched)


_config = None


def pytest_sessionstart(session):
    global _config
    _config = session.config


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    config = session.config
    json, html = config.getoption("--conformance-json"), config.getoption("--conformance-html")
    if hasattr(config, "workerinput") or not (json or html):
        return
    found = report.collect(config.getoption("--backend"), config.stash[OUTCOMES])
    if json:
        report.save(found, json)
    if html:
        from . import page

        page.save([found], html)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter, config):
    outcomes = config.stash[OUTCOMES]
    if not outcomes:
        return
    tr = terminalreporter
    if config.getoption("--summary"):
        for line in report.failures(outcomes):
            tr.write_line(line)
    tr.section(f"conformance of backend {config.getoption('--backend')!r}")
    for line, colour in report.rows(outcomes):
        tr.write_line(line, **{colour: True})
    unused = [p for p in config.stash[JUDGE].known if p not in config.stash[JUDGE].matched]
    for pattern in unused:
        tr.write_line(f"known failure {pattern!r} fits no case that was run", yellow=True)


class Progress:
    """How far the run is: one line that is written over on a terminal, else a line every tenth.

    It stands in the place of pytest's letters, also when the work is done by pytest-xdist.
    """

    def __init__(self, outcomes, stream):
        self.outcomes, self.stream = outcomes, stream
        self.live = stream.isatty()
        self.total = self.done = self.failed = self.seen = 0
        self.start = self.shown = time.monotonic()

    def pytest_collection_finish(self, session):
        self.total = len(session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node, ids):
        self.total = len(ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report):
        if report.when == "call":
            return report.outcome, "", ""

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report):
        if report.when != "call":
            return
        self.done += 1
        self.failed += sum(o.status == FAILED for o in self.outcomes[self.seen :])
        self.seen = len(self.outcomes)
        now = time.monotonic()
        tenth = self.total and self.done * 10 // self.total > (self.done - 1) * 10 // self.total
        if tenth or (self.live and now - self.shown > 0.1):
            self.shown = now
            self.write(now)

    def write(self, now):
        wrong = f", {self.failed} failed" if self.failed else ""
        text = (
            f"{100 * self.done // max(self.total, 1):>4} %  {self.seen} cases{wrong}"
            f"  {now - self.start:.0f} s"
        )
        self.stream.write(f"\r\x1b[K{text}" if self.live else f"{text}\n")
        if self.live and self.done == self.total:
            self.stream.write("\n")
        self.stream.flush()
