"""The generator against the torch that is installed: fresh seeds, odd sizes, mixed sequences."""

import random
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
    pytest.skip("the numbers are those of processors with AVX2", allow_module_level=True)

sys.path.insert(0, str(Path(__file__).parents[1] / "rng"))

from record_rng import array, empty, their_error, theirs
from rng_cases import CASES, ERRORS, SEEDS, digest, label, numpy_type, ours

from tinytorch import rng

pytestmark = pytest.mark.filterwarnings("ignore:.*out of bounds:UserWarning")


def agree(case, n, core, g):
    a, b = ours(core, case[0], case[1], n, case[2]), theirs(g, case[0], case[1], n, case[2])
    return digest(a, core.get_state()) == digest(b, g.get_state().numpy())


@pytest.mark.parametrize("case", CASES, ids=lambda c: label(*c))
def test_case_from_a_new_seed(case):
    for seed in (random.getrandbits(64), -random.getrandbits(40)):
        core, g = rng.Core(seed), torch.Generator().manual_seed(seed)
        for n in (3, 16, 40, 555, random.randrange(2000)):
            assert agree(case, n, core, g), (seed, n)


@pytest.mark.parametrize("seed", SEEDS)
def test_mixed_sequence(seed):
    core, g, r = rng.Core(seed), torch.Generator().manual_seed(seed), random.Random(seed)
    for _ in range(300):
        case, n = r.choice(CASES), r.choice((0, 1, 2, 5, 15, 16, 17, 64, 300))
        assert agree(case, n, core, g), (label(*case), n)


@pytest.mark.parametrize("case", ERRORS, ids=lambda c: label(*c))
def test_message(case):
    kind, text = their_error(*case)
    with pytest.raises(Exception) as e:
        ours(rng.Core(), case[0], case[1], 3, case[2])
    assert (type(e.value).__name__, str(e.value)) == (kind, text)


@pytest.mark.parametrize("place", [0, 1, 3, 100, 623, 624, 625, 2000])
def test_states_travel_both_ways(place):
    g, core = torch.Generator().manual_seed(place), rng.Core(1)
    empty(place, np.dtype(np.int32)).random_(generator=g)
    torch.randn(place % 4, generator=g)
    core.set_state(g.get_state().numpy())
    assert core.get_state().tobytes() == g.get_state().numpy().tobytes()
    rng.rand(core, 77, np.float64)
    g.set_state(torch.from_numpy(core.get_state()))
    assert torch.randn(5, generator=g).tolist() == rng.randn(core, 5, np.float32).tolist()
    assert g.initial_seed() == core.initial_seed() == place


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_many_normals(dtype):
    d, core, g = numpy_type(dtype), rng.Core(11), torch.Generator().manual_seed(11)
    want = array(empty(300_007, d).normal_(generator=g))
    assert rng.randn(core, 300_007, d).tobytes() == want.tobytes()


def test_long_permutation():
    core, g = rng.Core(5), torch.Generator().manual_seed(5)
    want = torch.randperm(400_001, generator=g).numpy()
    assert np.array_equal(rng.randperm(core, 400_001, np.int64), want)


def test_global_seed_and_default_generator():
    torch.manual_seed(-12345)
    core = rng.Core(-12345)
    assert torch.rand(100).tolist() == rng.rand(core, 100, np.float32).tolist()
    assert torch.randint(0, 9, (50,)).tolist() == rng.randint(core, 0, 9, 50, np.int64).tolist()
    assert torch.randn(7).tolist() == rng.randn(core, 7, np.float32).tolist()
    assert torch.initial_seed() == core.initial_seed()
