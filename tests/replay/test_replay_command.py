"""Recordings and the command: exit codes, the table, JSON, JUnit, and what is imported when."""

import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from tinytorch_conformance.replay import (
    MissingParser,
    compare_recordings,
    record_document,
    replay_command,
)

GOOD = "```python\nx = 2\nprint(x)\n```\n\n```\n2\n```\n\n```py\nf(...)\n```\n"
BAD = "```python\nprint('<b>&', 0.5)\n```\n\n```\n<b>& 0.75\n```\n"


def run(*files, **kw):
    from rich.console import Console

    out = io.StringIO()
    code = replay_command(files, alias=None, console=Console(file=out, width=120), **kw)
    return code, out.getvalue()


def test_exit_codes(doc, tmp_path):
    good, bad = doc("good.md", GOOD), doc("bad.md", BAD)
    assert run(good)[0] == 0
    assert run(good, bad)[0] == 1
    assert run(good, str(tmp_path / "none.md"))[0] == 2
    assert run(doc("x.ipynb", "{"))[0] == 2
    (tmp_path / "empty").mkdir()
    assert run(str(tmp_path / "empty"))[0] == 2


def test_the_display(doc):
    _, text = run(doc("good.md", GOOD), doc("bad.md", BAD))
    assert "bad.md:2: the output differs" in text
    assert "-<b>& 0.75\n+<b>& 0.5" in "\n".join(x.rstrip() for x in text.splitlines())
    assert "good.md: skipped: sketch: leaves values out with `...` (line 11)" in text
    table = text[text.index("Documents replayed") :].splitlines()[2:5]
    assert [line.split()[:-1] for line in table] == [
        ["✓", "good.md", "1", "1", "1", "0", "1"],
        ["✗", "bad.md", "1", "1", "0", "1", "0"],
        ["all", "2", "2", "1", "1", "1"],
    ]


def test_a_directory_is_searched(doc, tmp_path):
    (tmp_path / "sub").mkdir()
    doc("sub/good.md", GOOD)
    doc("sub/data.csv", "1,2\n")
    code, text = run(str(tmp_path))
    assert code == 0
    assert "good.md" in text


def test_json_and_junit(doc, tmp_path):
    made = {"json": tmp_path / "r.json", "junit": tmp_path / "r.xml"}
    run(doc("good.md", GOOD), doc("bad.md", BAD), seed=7, **made)
    data = json.loads(made["json"].read_text("utf-8"))
    assert data["ok"] is False
    good, bad = data["documents"]
    assert (good["ok"], good["seed"], good["format"]) == (True, 7, "markdown")
    assert [b["status"] for b in good["blocks"]] == ["ok", "skipped"]
    assert bad["blocks"][0]["actual"] == "<b>& 0.5\n"
    assert bad["blocks"][0]["expected"] == "<b>& 0.75"
    first, second = ET.parse(made["junit"]).getroot()
    assert [first.get(k) for k in ("tests", "failures", "skipped")] == ["2", "0", "1"]
    assert [second.get(k) for k in ("tests", "failures", "skipped")] == ["1", "1", "0"]
    assert "-<b>& 0.75" in second.find("testcase/failure").text
    assert second.find("testcase/system-out").text == "<b>& 0.5\n"


def test_without_rich_the_command_says_what_to_install(doc, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with pytest.raises(MissingParser, match=r"rich is needed.*pip install 'tinytorch\[conforman"):
        replay_command([doc("good.md", GOOD)], alias=None)


def test_importing_the_replayer_imports_no_library_and_no_parser():
    code = (
        "import sys, tinytorch_conformance.replay.engine, tinytorch_conformance.replay as r\n"
        "heavy = {'torch', 'tinytorch', 'numpy', 'rich', 'markdown_it', 'nbformat'}\n"
        "print(r.replay_document.__name__, sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "replay_document []\n"


def recorded(doc, text, **kw):
    return record_document(doc("a.md", f"```python\n{text}\n```\n"), **kw)


def test_a_recording_is_what_was_printed(doc):
    made = recorded(doc, "print('a', object())\n7")
    assert made["blocks"] == [
        {
            "lineno": 2, "kind": "code", "source": "print('a', object())\n7",
            "stdout": "a <object object at 0x…>\n", "value": "7", "error": None, "warnings": [],
        }
    ]  # fmt: skip
    assert (made["path"], made["seed"], made["versions"]["torch"]) == ("a.md", 0, None)
    assert json.loads(json.dumps(made)) == made


def test_a_recording_keeps_errors_and_what_was_skipped(doc):
    assert recorded(doc, "1 / 0")["blocks"][0]["error"] == ["ZeroDivisionError", "division by zero"]
    assert recorded(doc, "f(...)")["blocks"][0]["skipped"] == "leaves values out with `...`"


RANDOM = "import random\nprint(random.random())\nrandom.random()"


def test_recordings_of_one_seed_agree_and_of_two_differ(doc):
    one, same, other = (recorded(doc, RANDOM, seed=s) for s in (1, 1, 2))
    assert compare_recordings(one, same) == []
    assert [d.kind for d in compare_recordings(one, other)] == ["stdout", "value"]


@pytest.mark.parametrize(
    ("a", "b", "exact", "one", "eight"),
    [
        ("0.1000", "0.1000", 0, 0, 0),
        ("0.1000", "0.1001", 1, 0, 0),
        ("0.1000", "0.1005", 1, 1, 0),
        ("0.1000", "0.1009", 1, 1, 1),
        ("0.10000000149011612", "0.10000000894069672", 1, 0, 0),
        ("12", "13", 1, 1, 1),
        ("a 0.1000", "b 0.1000", 1, 1, 1),
        ("0.1000", "0.1000 ", 1, 0, 0),
    ],
)
def test_recordings_are_exact_unless_given_room(a, b, exact, one, eight, doc):
    x, y = (recorded(doc, "print(1)") for _ in "ab")
    x["blocks"][0]["stdout"], y["blocks"][0]["stdout"] = a, b
    found = [len(compare_recordings(x, y, ulp_tolerant=n)) for n in (False, True, 8)]
    assert found == [exact, one, eight]


@pytest.mark.parametrize(
    ("a", "b", "differences"),
    [("9 0.0074364", "9 0.0074298", 0), ("9 0.0074364", "8 0.0074364", 1), ("0.5", "0.6", 1)],
)
def test_recordings_may_be_given_relative_room(a, b, differences, doc):
    x, y = (recorded(doc, "print(1)") for _ in "ab")
    x["blocks"][0]["stdout"], y["blocks"][0]["stdout"] = a, b
    assert len(compare_recordings(x, y, rtol=0.01)) == differences
    assert len(compare_recordings(x, y)) == 1


def test_recordings_of_two_documents_are_no_match(doc):
    (found,) = compare_recordings(recorded(doc, "x = 1"), recorded(doc, "x = 2"))
    assert found.kind == "blocks"
    assert str(found).startswith("a.md:0: blocks differs\n--- shown")
