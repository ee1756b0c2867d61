"""The generator against torch's recorded answers: every case, size, seed, state and message."""

import copy
import json
import pickle
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from rng_cases import CASES, ERRORS, SEEDS, TIES, label, our_digests, ours, tied_row

from tinytorch import rng
from tinytorch.rng.exact import fma64
from tinytorch.rng.selection import largest_first

DATA = Path(__file__).parent / "data"
RECORD = json.loads((DATA / "rng.json").read_text())
STATES = np.load(DATA / "states.npz")
CHOSEN = np.load(DATA / "ties.npz")
PLACES = ("fresh", "middle", "spent", "second", "spare")

pytestmark = pytest.mark.filterwarnings("ignore:.*out of bounds:UserWarning")


@pytest.mark.parametrize("case", CASES, ids=lambda c: label(*c))
def test_case_agrees_with_torch(case):
    for seed in SEEDS:
        assert our_digests(*case, seed) == RECORD["digests"][label(*case)][str(seed)].split()


@pytest.mark.parametrize("case", ERRORS, ids=lambda c: label(*c))
def test_message_agrees_with_torch(case):
    kind, text = RECORD["errors"][label(*case)]
    op, dtype, kw = case
    with pytest.raises(Exception) as e:
        ours(rng.Core(), op, dtype, 3, kw)
    assert (type(e.value).__name__, str(e.value)) == (kind, text)


def test_the_well_known_numbers_of_seed_zero():
    core = rng.Core(0)
    assert [f"{x:.4f}" for x in rng.rand(core, 3, np.float32)] == ["0.4963", "0.7682", "0.0885"]
    core.manual_seed(0)
    assert [f"{x:.4f}" for x in rng.randn(core, 3, np.float32)] == ["1.5410", "-0.2934", "-2.1788"]


@pytest.mark.parametrize("place", PLACES)
def test_state_is_read_and_written_as_torch_does(place):
    core = rng.Core(1)
    core.set_state(STATES[f"{place}_state"])
    assert core.initial_seed() == 2**64 - 7
    assert core.get_state().tobytes() == STATES[f"{place}_state"].tobytes()
    assert rng.randn(core, 3, np.float64).tolist() == STATES[f"{place}_next"].tolist()
    assert rng.rand(core, 700, np.float32)[-16:].tolist() == STATES[f"{place}_then"].tolist()


@pytest.mark.parametrize("place", PLACES)
def test_copies_go_on_alike_and_apart(place):
    core = rng.Core(1)
    core.set_state(STATES[f"{place}_state"])
    before = core.get_state().tobytes()
    twins = core.clone(), pickle.loads(pickle.dumps(core)), copy.deepcopy(core)
    want = rng.randn(core, 5, np.float32).tolist() + core.u32(1300).tolist()
    for t in twins:
        assert t.get_state().tobytes() == before
        assert rng.randn(t, 5, np.float32).tolist() + t.u32(1300).tolist() == want
        assert t.get_state().tobytes() == core.get_state().tobytes()


@pytest.mark.parametrize("cuts", [(1, 1, 2), (623, 1, 700), (624, 624), (5, 30000, 1, 625, 3)])
def test_words_do_not_depend_on_how_they_are_asked_for(cuts):
    a, b = rng.Core(5), rng.Core(5)
    parts = [a.u32(n) for n in cuts]
    assert np.concatenate(parts).tolist() == b.u32(sum(cuts)).tolist()
    assert a.get_state().tobytes() == b.get_state().tobytes()


def test_words_are_the_reference_mersenne_twister():
    want = np.random.RandomState(12345).randint(0, 1 << 32, 2000, dtype=np.uint32)
    assert rng.Core(12345).u32(2000).tolist() == want.tolist()


def test_wide_draws_take_the_high_half_first():
    hi, lo = rng.Core(3).u32(2).tolist()
    assert rng.Core(3).u64(1).tolist() == [hi << 32 | lo]
    assert rng.Core(3).double() == ((hi << 32 | lo) & (2**53 - 1)) / 2**53


@pytest.mark.parametrize(
    "seed, initial",
    [(0, 0), (-1, 2**64 - 1), (2**64 - 1, 2**64 - 1), (-(2**63), 2**63), (np.int64(9), 9)],
)
def test_seeds_wrap_at_64_bits_and_32_are_used(seed, initial):
    core = rng.Core(seed)
    assert core.initial_seed() == initial
    assert core.u32(5).tolist() == rng.Core(initial % 2**32).u32(5).tolist()


@pytest.mark.parametrize(
    "seed, kind, text",
    [
        (2**64, ValueError, "Overflow when unpacking long long"),
        (-(2**63) - 1, ValueError, "Overflow when unpacking long long"),
        (1.5, RuntimeError, "manual_seed expected a long, but got float"),
        (True, RuntimeError, "manual_seed expected a long, but got bool"),
    ],
)
def test_bad_seeds(seed, kind, text):
    with pytest.raises(kind, match=f"^{text}$"):
        rng.Core().manual_seed(seed)


@pytest.mark.parametrize(
    "state, kind, text",
    [
        ([1], TypeError, "expected a torch.ByteTensor, but got list"),
        (np.zeros(5056), TypeError, "RNG state must be a torch.ByteTensor"),
        (
            np.zeros(5, np.uint8),
            RuntimeError,
            "Expected a CPUGeneratorImplState of size 5056 but found "
            "the input RNG state size to be 5",
        ),
        (np.zeros(5056, np.uint8), RuntimeError, "Invalid mt19937 state"),
        (np.zeros(10112, np.uint8)[::2], RuntimeError, "RNG state must be contiguous"),
    ],
)
def test_bad_states_leave_the_generator_alone(state, kind, text):
    core = rng.Core(4)
    before = core.get_state().tobytes()
    with pytest.raises(kind, match=f"^{text}$"):
        core.set_state(state)
    assert core.get_state().tobytes() == before


def test_a_seed_from_the_system_is_new_and_is_used():
    core = rng.Core()
    s, t = core.seed(), core.seed()
    assert s != t and core.initial_seed() == t
    assert core.u32(3).tolist() == rng.Core(t).u32(3).tolist()


def test_a_new_seed_drops_the_second_normal():
    core = rng.Core(0)
    rng.randn(core, 1, np.float32)
    assert core.spare is not None
    core.manual_seed(0)
    assert core.spare is None


@pytest.mark.parametrize("n", [0, 1, 219, 220, 5000, 70001])
def test_randperm_is_the_shuffle_done_one_by_one(n):
    w, want = rng.Core(n).u32(max(n - 1, 0)).tolist(), list(range(n))
    for i, r in enumerate(w):
        j = i + r % (n - i)
        want[i], want[j] = want[j], want[i]
    assert rng.randperm(rng.Core(n), n, np.int64).tolist() == want


@pytest.mark.parametrize("size, n, step", TIES)
def test_equal_values_come_in_torchs_order(size, n, step):
    row = tied_row(size, step)
    want = CHOSEN[f"{size}-{n}-{step}"].tolist()
    assert largest_first(row, n).tolist() == want
    pair = largest_first(np.stack([np.arange(size, dtype=np.float32), row]), n)
    assert pair[1].tolist() == want and pair[0].tolist() == list(range(size))[: -n - 1 : -1]


def test_equal_values_in_a_row_made_against_quicksort():
    row = CHOSEN["hard_row"]
    assert largest_first(row, row.size).tolist() == CHOSEN["hard"].tolist()


def test_nan_is_chosen_first():
    assert largest_first(np.array([1.0, np.nan, np.inf]), 2).tolist() == [1, 2]


def test_long_draws_are_short_draws_in_a_row():
    for draw in (
        lambda c, n: rng.rand(c, n, np.float64),
        lambda c, n: rng.randint(c, -5, 2**40, n, np.int64),
        lambda c, n: rng.bernoulli(c, 0.3, n, np.float32),
        lambda c, n: rng.exponential(c, n, np.float32),
        lambda c, n: rng.randn(c, 16 * n, np.float32),
    ):
        a, b = rng.Core(1), rng.Core(1)
        want = np.concatenate([draw(a, 10000) for _ in range(4)])
        assert np.array_equal(draw(b, 40000), want)
        assert a.get_state().tobytes() == b.get_state().tobytes()


def test_samplers_return_the_asked_shape_and_type():
    for shape in ((), (0, 3), (2, 3), 5):
        want = shape if isinstance(shape, tuple) else (shape,)
        x = rng.randn(rng.Core(), shape, np.complex64)
        assert x.shape == want and x.dtype == np.complex64 and x.flags.c_contiguous
        assert rng.bernoulli(rng.Core(), 0.5, shape, bool).shape == want


@pytest.mark.parametrize(
    "p, n, replacement, text",
    [
        ([0.1, -0.2], 1, False, "probability tensor contains either `inf`, `nan` or element < 0"),
        (
            [0.1, -0.2],
            2,
            True,
            "invalid multinomial distribution (encountering probability entry < 0)",
        ),
        (
            [0.1, np.inf],
            2,
            True,
            "invalid multinomial distribution (encountering probability entry = infinity or NaN)",
        ),
        (
            [[0.0, 0.0], [1, 1]],
            1,
            True,
            "invalid multinomial distribution (sum of probabilities <= 0)",
        ),
        ([0.0, 0.0], 2, True, "invalid multinomial distribution (sum of probabilities <= 0)"),
        ([[[1.0]]], 1, True, "prob_dist must be 1 or 2 dim"),
    ],
)
def test_bad_weights(p, n, replacement, text):
    with pytest.raises(RuntimeError) as e:
        rng.multinomial(rng.Core(), np.array(p, np.float32), n, replacement)
    assert str(e.value) == text


def test_bad_probabilities_and_deviations():
    with pytest.raises(RuntimeError, match="^Expected p_in >= 0 && p_in <= 1 to be true"):
        rng.bernoulli_tensor(rng.Core(), np.array([0.5, np.nan]), np.float64)
    with pytest.raises(RuntimeError, match="^normal expects all elements of std >= 0.0$"):
        rng.normal_tt(rng.Core(), 0.0, np.array([1.0, -1.0]), np.float64)
    with pytest.raises(RuntimeError, match="^invalid Poisson rate, expected rate to be non-neg"):
        rng.poisson(rng.Core(), np.array([-1.0]))


def test_ranges_that_a_float_cannot_hold_warn():
    with pytest.warns(UserWarning, match=r"to - 1 is out of bounds \[-\(2\^11\), 2\^11\]"):
        rng.random_(rng.Core(), 3, np.float16, 0, 3000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rng.random_(rng.Core(), 3, np.float16, 0, 2049).max() <= 2048


@pytest.mark.parametrize("dtype, std", [("float16", 1e5), ("float32", 3e38), ("float64", 1.5e308)])
def test_overflow_is_silent(dtype, std):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in (15, 997):
            x = rng.randn(rng.Core(5), n, np.dtype(dtype), 1.0, std)
            assert np.isinf(x).any() and not np.isnan(x).any()


def test_fma64_rounds_once():
    a = rng.rand(rng.Core(2), 2000, np.float64, -1.0, 1.0)
    b, c = 1.0 / 3.0, -0.1
    want = [float(Fraction(x) * Fraction(b) + Fraction(c)) for x in a.tolist()]
    assert fma64(a, b, c).tolist() == want
