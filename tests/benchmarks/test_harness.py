"""The harness without a clock: statistics, turns, the worker's protocol, the written page."""

import io
import json

import pytest

from benchmarks import machine, report, worker
from benchmarks.cases import CASES, Case
from benchmarks.harness import Effort, Row, Worker, WorkerError, measure
from benchmarks.neighbours import NEIGHBOURS
from benchmarks.processes import renamed
from benchmarks.stats import Spread, agree, paired_difference, paired_ratio, spread
from benchmarks.stopwatch import Watch, part, statement, steps

SOME = Case("some.case", "net", "some case", build=None, target=0.5, ops=10)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0], Spread(3.0, 3.0, 3.0, 1)),
        ([1.0, 3.0], Spread(2.0, 1.5, 2.5, 2)),
        ([5.0, 1.0, 4.0, 2.0, 3.0], Spread(3.0, 2.0, 4.0, 5)),
    ],
)
def test_spread(values, expected):
    assert spread(values) == expected


def test_spread_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="no rounds"):
        spread([])


def test_a_drifting_machine_leaves_the_paired_ratio_alone():
    drift = [1.0, 2.0, 4.0, 8.0, 16.0]
    assert paired_ratio([d * 0.5 for d in drift], drift) == Spread(0.5, 0.5, 0.5, 5)


def test_the_paired_ratio_is_not_the_ratio_of_medians():
    assert paired_ratio([1.0, 10.0, 3.0], [10.0, 1.0, 1.0]).median == 3.0


def test_paired_difference():
    assert paired_difference([3.0, 5.0, 9.0], [1.0, 2.0, 3.0]).median == 3.0


@pytest.mark.parametrize("pair", [paired_ratio, paired_difference])
def test_rounds_must_pair_up(pair):
    with pytest.raises(ValueError):
        pair([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("a", "b", "same"), [(1.0, 1.0005, True), (0.0, 1e-7, True), (1.0, 1.01, False)]
)
def test_agree(a, b, same):
    assert agree(a, b) is same


class Fake:
    """A worker that takes `per_run` seconds a run and notes when it was asked."""

    def __init__(self, name, per_run, value=1.0, log=None, error=None, fails_at=None):
        self.name, self.per_run, self.value = name, per_run, value
        self.log = [] if log is None else log
        self.error, self.fails_at, self.absent = error, fails_at, None
        self.timed = 0

    def ask(self, do, case, n=1):
        self.log.append((self.name, do))
        if self.error is not None:
            raise WorkerError(self.error)
        if do == "time":
            self.timed += 1
            if self.timed == self.fails_at:
                raise WorkerError("MemoryError: ")
            return {"seconds": self.per_run * n}
        return {"value": self.value}


def test_measure_takes_turns_and_pairs():
    log = []
    workers = [Fake("torch", 2e-3, log=log), Fake("tinytorch", 1e-3, log=log)]
    row = measure(SOME, workers, Effort(0.01, 3))
    timed = [name for name, do in log if do == "time"]
    assert timed[-6:] == ["torch", "tinytorch"] * 3
    assert row.score.median == pytest.approx(0.5)
    assert row.score.n == 3
    assert row.figures["torch"].median == pytest.approx(2e-4)
    assert row.reached is True
    assert not row.errors


def test_all_do_as_many_runs_as_the_reference_needs():
    asked = {"torch": set(), "tinytorch": set()}

    class Counting(Fake):
        def ask(self, do, case, n=1):
            if do == "time":
                asked[self.name].add(n)
            return super().ask(do, case, n)

    measure(SOME, [Counting("torch", 1e-3), Counting("tinytorch", 1.0)], Effort(0.064, 2))
    assert asked["tinytorch"] == {64}
    assert max(asked["torch"]) == 64


def test_a_slow_case_caps_its_rounds():
    case = Case("slow", "chain", "slow", build=None, rounds=2)
    assert measure(case, [Fake("torch", 1.0)], Effort(0.01, 9)).figures["torch"].n == 2


def test_a_library_without_the_case_leaves_a_blank_and_no_note():
    row = measure(SOME, [Fake("torch", 1e-3), Fake("mygrad", 1.0, error="")], Effort(0.01, 2))
    assert row.figures.keys() == {"torch"}
    assert row.errors == {}
    assert row.score is None
    assert row.reached is None


@pytest.mark.parametrize("broken", [{"error": "OSError: no"}, {"fails_at": 3}])
def test_a_library_that_fails_costs_its_own_cell(broken):
    workers = [Fake("torch", 1e-3), Fake("tinytorch", 1e-3, **broken), Fake("mygrad", 2e-3)]
    row = measure(SOME, workers, Effort(0.01, 4))
    assert row.figures.keys() == {"torch", "mygrad"}
    assert row.errors.keys() == {"tinytorch"}
    assert row.score is None


def test_without_the_reference_the_others_are_still_timed():
    row = measure(SOME, [Fake("torch", 1.0, error="x"), Fake("tinytorch", 1e-3)], Effort(0.01, 2))
    assert row.figures.keys() == {"tinytorch"}


def test_another_answer_is_noted():
    workers = [Fake("torch", 1e-3, value=1.0), Fake("tinytorch", 1e-3, value=2.0)]
    row = measure(SOME, workers, Effort(0.01, 2))
    assert row.errors == {"tinytorch": "gives 2 where torch gives 1"}
    assert row.score is not None


def serve(requests, build):
    out = io.StringIO()
    worker.serve({"version": "1"}, build, map(json.dumps, requests), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_worker_answers_each_request():
    def build(case):
        if case == "absent":
            raise worker.Unsupported(case)
        if case == "broken":
            raise KeyError("w")
        return Watch(lambda n: n * 0.5, lambda: 7.0)

    answers = serve(
        [
            {"do": "info"},
            {"do": "value", "case": "good"},
            {"do": "time", "case": "good", "n": 4},
            {"do": "time", "case": "absent", "n": 4},
            {"do": "value", "case": "broken"},
            {"do": "drop", "case": "good"},
        ],
        build,
    )
    assert answers == [
        {"version": "1"},
        {"value": 7.0},
        {"seconds": 2.0},
        {"error": ""},
        {"error": "KeyError: 'w'"},
        {},
    ]


def test_a_case_is_built_once_until_dropped():
    built = []

    def build(case):
        built.append(case)
        return Watch(lambda n: 0.0)

    time = {"do": "time", "case": "a", "n": 1}
    serve([time, time, {"do": "drop", "case": "a"}, time], build)
    assert built == ["a", "a"]


def test_an_absent_library_is_told_by_name():
    absent = Worker("nothing", "no_such_library_anywhere")
    assert "no_such_library_anywhere" in absent.absent
    absent.close()


def test_stopwatches_run_as_often_as_asked():
    seen = []
    assert steps(lambda: seen.append(0)).seconds(3) >= 0
    assert part(lambda: 5, seen.append).seconds(2) >= 0
    assert statement("seen.append(1)", seen=seen).seconds(2) >= 0
    assert seen == [0, 0, 0, 5, 5, 1, 1]


def test_stopwatches_give_the_number_to_compare():
    assert steps(lambda: 3).value() == 3.0
    assert steps(lambda: None).value() is None
    assert part(lambda: 2, lambda x: x * 2).value() == 4.0
    assert statement("x + 1", float, x=1).value() == 2.0
    assert statement("x + 1", x=1).value() is None


def test_the_timed_processes_have_one_thread_and_no_blas_override(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    env = machine.environment()
    assert not env.keys() & {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}
    assert {env[name] for name in machine.ONE_THREAD} == {"1"}


def test_a_stand_in_takes_the_subjects_place():
    sources = {"numpy": "import numpy", "tinytorch": "import tinytorch", "mygrad": "import mygrad"}
    assert renamed(sources, {"tinytorch": "torch"}) == {
        "numpy": "import numpy",
        "tinytorch": "import torch",
    }


def test_neighbours_name_real_cases():
    for cases in NEIGHBOURS.values():
        assert cases.keys() <= CASES.keys()


def test_every_case_has_a_section():
    assert {case.group for case in CASES.values()} <= report.GROUPS.keys()


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (7.12e-7, "seconds", "712 ns"),
        (1.314e-6, "seconds", "1.31 µs"),
        (9.999e-7, "seconds", "1.00 µs"),
        (23.44e-3, "seconds", "23.4 ms"),
        (1.5, "seconds", "1.50 s"),
        (3e-10, "seconds", "0.30 ns"),
        (234.4 * 2**20, "bytes", "234 MiB"),
        (39.94 * 2**20, "bytes", "39.9 MiB"),
    ],
)
def test_quantity(value, unit, text):
    assert report.quantity(value, unit) == text


def one(median):
    return Spread(median, median, median, 1)


ROWS = [
    Row(
        "chain.1e3",
        "chain",
        "10^3 nodes",
        figures={"torch": one(4e-6), "tinytorch": one(2e-6), "mygrad": one(15e-6)},
        score=Spread(0.5, 0.45, 0.55, 5),
        target=0.5,
    ),
    Row(
        "chain.1e5",
        "chain",
        "10^5 nodes",
        figures={"torch": one(4e-6), "tinytorch": one(2.2e-6)},
        errors={"mygrad": "RecursionError: too deep"},
        score=one(0.55),
        target=0.5,
    ),
    Row(
        "import.import",
        "import",
        "import",
        figures={"numpy": one(0.09), "tinytorch": one(0.1)},
        score=one(0.01),
        score_unit="seconds",
        target=0.025,
    ),
]
CHAIN = """\
| case       |   torch | tinytorch |               ratio | target | reached |  mygrad |
| ---------- | ------: | --------: | ------------------: | -----: | ------: | ------: |
| 10^3 nodes | 4.00 µs |   2.00 µs | 0.50 (0.45 to 0.55) |  ≤ 0.5 |     yes | 15.0 µs |
| 10^5 nodes | 4.00 µs |   2.20 µs | 0.55 (0.55 to 0.55) |  ≤ 0.5 |  **no** |         |"""
IMPORT = """\
| case   | torch | tinytorch |          over numpy |   target | reached |   numpy |
| ------ | ----: | --------: | ------------------: | -------: | ------: | ------: |
| import |       |    100 ms | +10 ms (+10 to +10) | ≤ +25 ms |     yes | 90.0 ms |"""
MACHINE = {
    "processor": "A Processor",
    "vendor": "AuthenticAMD",
    "cores": "2",
    "system": "Linux x86_64",
    "python": "3.11.7",
    "numpy": "2.4.6",
}


def page(rows=ROWS, vendor="AuthenticAMD"):
    libraries = {"tinytorch": {"version": "0.1.0", "blas": "openblas 0.3 SkylakeX"}}
    absent = {"torch": "ModuleNotFoundError: No module named 'torch'"}
    return report.document(
        rows, {**MACHINE, "vendor": vendor}, libraries, absent, Effort(0.03, 21), "cpu"
    )


def test_the_page_holds_the_tables():
    text = page()
    assert CHAIN in text
    assert IMPORT in text


def test_the_page_counts_and_explains():
    text = page()
    assert "2 of 3 targets are reached on this machine.\n" in text
    assert "- 10^5 nodes, mygrad: RecursionError: too deep" in text
    assert "at 10^3: 1.10 in tinytorch, 1.00 in torch." in text
    assert "absent: ModuleNotFoundError" in text
    assert "0.1.0 (openblas 0.3 SkylakeX)" in text
    assert "21 rounds of 30 ms, CPU time" in text


def test_a_target_that_was_not_measured_still_counts():
    missing = Row("net.mlp", "net", "MLP", errors={"tinytorch": "OSError: no"}, target=0.7)
    assert "2 of 4 targets are reached on this machine; 1 could not" in page([*ROWS, missing])


@pytest.mark.parametrize(
    ("vendor", "words"),
    [
        ("AuthenticAMD", "on Intel, expect the ratios"),
        ("GenuineIntel", "This is an Intel machine"),
        ("", "in the table above"),
    ],
)
def test_the_page_says_what_the_processor_means_for_the_ratios(vendor, words):
    assert words in page(vendor=vendor)


def test_a_library_with_no_figure_has_no_column():
    heads, _ = report.table(ROWS[1:2])
    assert heads == ["case", "torch", "tinytorch", "ratio", "target", "reached"]


def test_the_data_say_whether_each_target_is_reached():
    data = report.as_json(ROWS, MACHINE, {}, {}, Effort(), "cpu")
    assert [row["reached"] for row in data["rows"]] == [True, False, True]
    assert json.loads(json.dumps(data)) == data
