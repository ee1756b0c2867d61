"""The report: the same from one process or several, complete in JSON and on the page, with code."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

import tinytorch as torch
from tinytorch_conformance import page, report
from tinytorch_conformance.cases import FAILED, KNOWN, PASSED, SKIPPED, Outcome
from tinytorch_conformance.run import all_groups, outcomes

CODE = "import tinytorch as torch\ntorch.set_backend('numpy')\nprint(1 < 2)"
SOME = [
    Outcome("kernels/add[0]-float32", PASSED),
    Outcome("kernels/add[1]-float32", FAILED, "differs <at> 1 & 2", CODE),
    Outcome("kernels/add[2]-float32", SKIPPED, "dtype float16 is not declared", CODE),
    Outcome("errors/broadcast", KNOWN, "the text is another", CODE),
]


def of(backend, found=SOME):
    return {**report.collect("numpy", found), "backend": backend}


def run(tmp_path, *args):
    command = [sys.executable, "-m", "tinytorch", *args]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)


# --- JSON and the terminal ------------------------------------------------------------------------


def test_what_the_json_holds(tmp_path):
    report.save(report.collect("numpy", reversed(SOME)), tmp_path / "a.json")
    found = report.load(tmp_path / "a.json")
    assert [c["id"] for c in found["cases"]] == [o.id for o in SOME]
    assert found["cases"][0] == {"id": SOME[0].id, "level": "kernels", "status": "passed"}
    assert all(c["text"] and c["snippet"] == CODE for c in found["cases"][1:])
    assert found["levels"]["kernels"] == {"passed": 1, "failed": 1, "skipped": 1}
    assert found["complete"] is False
    assert found["from"] == f"tinytorch {torch.__version__}"
    assert found["torch"].startswith("2.13")


@pytest.mark.parametrize(
    "text, said",
    [("{", "is no report"), ("[]", "is no report"), ('{"a": 1}', "is no report"),
     ('{"format": 0}', "is a report of format 0")],
)  # fmt: skip
def test_a_file_that_is_no_report(tmp_path, text, said):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=said):
        report.load(tmp_path / "a.json")
    done = run(tmp_path, "conformance-report", "a.json")
    assert done.returncode == 2
    assert said in done.stderr and "Traceback" not in done.stderr


def test_a_full_run_is_complete():
    found = [Outcome(i, PASSED) for i in report.recorded_ids()]
    assert report.collect("numpy", found)["complete"] is True
    assert report.collect("numpy", found[1:])["complete"] is False


def test_failures_of_one_kind_are_shown_once():
    raised = "Traceback ...\nNotImplementedError: argsort"
    found = [
        *(Outcome(f"ops/sort[{i}]-own", FAILED, raised, CODE) for i in range(3)),
        Outcome("ops/unique[0]-out", FAILED, "is an exception (NotImplementedError: argsort); x"),
        Outcome("kernels/add[0]-float32", FAILED, "differs", CODE),
        Outcome("kernels/add[1]-float32", FAILED, "differs too", CODE),
        Outcome("printing/a", FAILED, "is 1, torch gives 2", CODE),
    ]
    lines = list(report.failures(found))
    assert [line for line in lines if "more of this kind" in line] == [
        "  and 1 more of this kind", "  and 3 more of this kind",
    ]  # fmt: skip
    assert lines.index("kernels/add[0]-float32: differs") < lines.index(
        "printing/a: is 1, torch gives 2"
    )
    assert lines.count("    torch.set_backend('numpy')") == 3


def test_what_is_not_shown_is_counted():
    found = [Outcome(f"errors/e{i}", FAILED, f"is {i}", CODE) for i in range(report.EXAMPLES + 7)]
    assert "7 further failures of 7 kinds" in list(report.failures(found))[-1]


def test_several_processes_give_the_same_table(tmp_path):
    tables = []
    for i, more in enumerate(([], ["-n", "2"])):
        done = run(tmp_path, "conformance", "-k", "printing or errors or kernels/exp",
                   "--conformance-json", f"{i}.json", *more)  # fmt: skip
        assert done.returncode == 0, done.stdout
        assert re.search(r"^ 100 %  \d+ cases", done.stdout, re.M)
        tables.append(re.search(r"^level .*?^all .*?$", done.stdout, re.M | re.S)[0])
    assert tables[0] == tables[1]
    assert (tmp_path / "0.json").read_text() == (tmp_path / "1.json").read_text()


# --- the page and the badge -----------------------------------------------------------------------


class Reader(HTMLParser):
    """Tags that were opened and closed, attributes, and text by the tag it stands in."""

    VOID = ("meta", "link", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts, self.attributes = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def inside(self, tag):
        return [data for t, data in self.texts if t == tag]


@pytest.fixture(scope="module")
def three():
    text = page.page([of("one"), of("two", SOME[:1]), of("three", SOME[3:])])
    return text, Reader(text)


def test_the_page_is_whole(three):
    _, seen = three
    assert seen.open == []
    assert seen.tags.count("th") == 1 + 3 + 3 + len(page.FACTS) + 1
    heads = [t for t in seen.inside("th") if t.strip()]
    assert heads[:4] == ["level", "one", "two", "three"]
    assert heads[4:7] == ["kernels", "errors", "all"]


def test_a_cell_opens_to_cases_with_their_code(three):
    text, seen = three
    assert seen.inside("pre").count(CODE) == 4
    assert "kernels/add[1]-float32" in seen.inside("code")
    assert "differs <at> 1 & 2" in seen.inside("p")
    assert "1 skipped: dtype float16 is not declared" in seen.inside("h3")
    assert "1 known: the text is another" in seen.inside("h3")
    assert "not run" in seen.inside("span")
    assert text.count("<details><summary>") == 4


def test_the_page_needs_nothing_but_itself(three):
    text, seen = three
    assert not {"script", "link", "img", "iframe"} & set(seen.tags)
    assert not {"src", "href", "onclick"} & {name for name, _ in seen.attributes}
    assert "http" not in text and "@import" not in text and "url(" not in text


@pytest.mark.parametrize(
    "statuses, complete, kind, words",
    [
        ([PASSED, PASSED], True, "passing", "2 passed"),
        ([PASSED, KNOWN], True, "passing", "1 passed, 1 known"),
        ([PASSED, FAILED], True, "failing", "1 failing"),
        ([PASSED, FAILED], False, "failing", "1 failing"),
        ([PASSED, SKIPPED], False, "partial", "partial, 1 passed"),
    ],
)
def test_the_badge(statuses, complete, kind, words):
    found = {"cases": [{"status": s} for s in statuses], "complete": complete}
    assert page.verdict(found) == (kind, words)
    svg = page.badge(found)
    assert words in svg and page.COLOURS[kind] in svg
    assert Reader(svg).open == []
    assert page.markdown(found, "b.svg", "p.html") == (
        f"[![tinytorch conformance: {words}](b.svg)](p.html)"
    )


def test_the_command_writes_both(tmp_path):
    report.save(of("one"), tmp_path / "a.json")
    report.save(of("two", SOME[:1]), tmp_path / "b.json")
    done = run(
        tmp_path, "conformance-report", "a.json", "b.json", "-o", "p.html", "--badge", "b.svg"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "one: 1 failing", "two: partial, 1 passed", "p.html written",
        "b.svg written; in a README: [![tinytorch conformance: 1 failing](b.svg)](p.html)",
    ]  # fmt: skip
    assert Reader((tmp_path / "p.html").read_text()).open == []
    assert (tmp_path / "b.svg").read_text() == page.badge(of("one"))


# --- the code that shows a case alone -------------------------------------------------------------

SHOWN = (
    "kernels/add-float32", "kernels/contract", "kernels/argsort-*", "ops/add-own", "ops/mul-int64",
    "ops/sort-variants", "ops/clamp-variants", "gradients/mul", "views/random-0", "views/e*",
    "printing/f*", "printing/o*", "random/s*", "documents/o*", "errors/b*", "errors/w*",
    "programs/seeded*", "programs/half*",
)  # fmt: skip


@pytest.mark.parametrize("pattern", SHOWN)
def test_the_code_under_a_failure_runs(pattern, capsys):
    before = torch.get_backend()
    try:
        for group in all_groups((pattern,)):
            for case in list(group.make())[:6]:
                code = case.snippet() if callable(case.snippet) else case.snippet
                head = f"import tinytorch as torch\ntorch.set_backend({before!r})\n"
                assert code.startswith(head), case.id
                assert len(code.strip().splitlines()) <= 45
                shown(case, code)
                assert group.id.startswith("errors/") or capsys.readouterr().out, case.id
    finally:
        torch.set_printoptions(profile="default")


def shown(case, code):
    try:
        exec(compile(code, case.id, "exec"), {})
    except Exception:
        assert case.id.startswith("errors/"), case.id
    else:
        assert not case.id.startswith("errors/"), case.id


def test_each_that_does_not_pass_has_code():
    found = list(outcomes("frozen", ("kernels/contract",)))
    skipped = [o for o in found if o.status == SKIPPED]
    assert {o.text for o in skipped} == {"mutable is not declared"}
    assert all("torch.set_backend('frozen')" in o.snippet for o in skipped)
