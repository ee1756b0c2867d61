"""torch's CPU random numbers, bit for bit, in NumPy.

One generator, `Core`, yields torch's stream of words; each sampler draws from it just as many words
as torch does, in the same order, and computes with the same roundings, so seeds, states and mixed
sequences of calls agree with torch on x86-64 with AVX2.  Samplers return C-contiguous NumPy arrays
and know nothing of tensors: results are made on the host and moved to a device by the caller, which
makes the numbers the same on every backend.  A tensor that is not contiguous is filled by torch in
memory order; the caller asks for that order and permutes.

    file         what is in it
    engine       Core: words, seeds, states
    uniform      rand                  integers  random_, randint
    normal       randn, normal_tt, log_normal (cephes: the single-precision functions they need)
    trials       bernoulli, exponential, geometric, cauchy
    order        randperm, multinomial (selection: the order in which torch picks among equals)
    counts       poisson, binomial, gamma, dirichlet
    exact        fused multiply-add and libm over arrays
    kinds        the number types, their names in messages, how values are narrowed to them
"""

from .counts import binomial, dirichlet, gamma, poisson
from .engine import DEFAULT_SEED, Core
from .integers import randint, random_
from .normal import log_normal, normal_tt, randn
from .order import multinomial, randperm
from .trials import bernoulli, bernoulli_tensor, cauchy, exponential, geometric
from .uniform import rand

__all__ = [
    "DEFAULT_SEED",
    "Core",
    "bernoulli",
    "bernoulli_tensor",
    "binomial",
    "cauchy",
    "dirichlet",
    "exponential",
    "gamma",
    "geometric",
    "log_normal",
    "multinomial",
    "normal_tt",
    "poisson",
    "rand",
    "randint",
    "randn",
    "random_",
    "randperm",
]
