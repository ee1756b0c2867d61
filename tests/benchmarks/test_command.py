"""The benchmark command's options, and the profiler's counting of calls."""

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import profile_op
from benchmarks.__main__ import main, select
from benchmarks.cases import CASES
from benchmarks.processes import PROCESSES


def test_the_list_names_every_case(capsys):
    main(["--list"])
    assert capsys.readouterr().out.split() == [*CASES, *PROCESSES]


def test_patterns_select_cases():
    assert select(["net.*", "memory.peak"]) == [
        "net.two_layer",
        "net.two_layer_function",
        "net.mlp",
        "memory.peak",
    ]


def test_a_pattern_without_a_case_says_so():
    with pytest.raises(SystemExit, match="no case matches nothing"):
        select(["nothing"])


def test_part_of_the_cases_is_never_written_as_the_page(capsys, tmp_path):
    with pytest.raises(SystemExit):
        main(["--case", "net.*", "--write", str(tmp_path / "page.md")])
    assert "leave --case out" in capsys.readouterr().err


def test_the_profiler_counts_the_functions_that_a_statement_enters():
    def inner():
        return 1

    def outer():
        return inner() + inner()

    counts = profile_op.entered("f()", {"f": outer})
    assert sorted(counts.values()) == [1, 2]
    assert any("inner" in name for name in counts)


def test_one_case_from_the_command_to_the_page(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "CASES", {"print.3": CASES["print.3"]})
    monkeypatch.setattr(command, "PROCESSES", {})
    monkeypatch.chdir(Path(__file__).parents[2])
    page, data = tmp_path / "page.md", tmp_path / "data.json"
    options = ["--quick", "--rounds", "1", "--no-neighbours", "--json", str(data)]
    command.main([*options, "--write", str(page)])
    (row,) = json.loads(data.read_text(encoding="utf-8"))["rows"]
    assert row["figures"]["tinytorch"]["n"] == 1
    assert "| `repr`, 3 elements |" in page.read_text(encoding="utf-8")
    assert "Printing" in capsys.readouterr().out
