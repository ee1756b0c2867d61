"""Random streams: torch's CPU generator, draw for draw, on every backend.

Compared to the last bit, but for those in `CLOSE`, which go through a libm.
"""

_SEEDED = {
    "rand": "torch.rand(7)",
    "rand_matrix": "torch.rand(3, 9)",
    "rand_long": "torch.rand(40)",
    "rand_double": "torch.rand(5, dtype=torch.float64)",
    "randint": "torch.randint(0, 10, (12,))",
    "randint_wide": "torch.randint(-(2**40), 2**40, (6,))",
    "randint_float": "torch.randint(3, 9, (5,), dtype=torch.float32)",
    "randperm": "torch.randperm(11)",
    "randperm_long": "torch.randperm(100)",
    "bernoulli": "torch.bernoulli(torch.full((12,), 0.3))",
    "bernoulli_method": "torch.zeros(9).bernoulli_(0.6)",
    "uniform": "torch.empty(6).uniform_(-2, 5)",
    "random": "torch.empty(6).random_(0, 50)",
    "multinomial": "torch.multinomial(torch.tensor([0.1, 0.2, 0.3, 0.4]), 3)",
    "multinomial_again": "torch.multinomial(torch.tensor([1.0, 2.0, 3.0]), 9, replacement=True)",
    "randn": "torch.randn(3)",
    "randn_matrix": "torch.randn(4, 5)",
    "randn_long": "torch.randn(37)",
    "randn_double": "torch.randn(20, dtype=torch.float64)",
    "normal": "torch.normal(2.0, 3.0, (5,))",
    "normal_tensors": "torch.normal(torch.arange(4.0), torch.ones(4))",
    "normal_method": "torch.empty(18).normal_(1, 2)",
    "exponential": "torch.empty(6).exponential_(2.0)",
    "rand_like": "torch.rand_like(torch.zeros(2, 3))",
    "randn_like": "torch.randn_like(torch.zeros(2, 3))",
    "dropout": "torch.nn.functional.dropout(torch.ones(20), 0.4)",
    "seeded_again": "torch.rand(3), torch.manual_seed(5) and None, torch.rand(3)",
    "initial_seed": "torch.initial_seed()",
    "sequence":
        "[torch.rand(2), torch.randn(3), torch.randint(5, (2,)), torch.randperm(4), torch.rand(1)]",
}  # fmt: skip
LINES = {name: f"torch.manual_seed(7)\n{code}" for name, code in _SEEDED.items()}
LINES |= {
    "generator": "g = torch.Generator()\ng.manual_seed(3)\n"
                 "[torch.rand(4, generator=g), torch.rand(2)]",
    "state": "s = torch.get_rng_state()\na = torch.randn(5)\ntorch.set_rng_state(s)\n"
             "[torch.equal(a, torch.randn(5)), s.shape, s.dtype]",
}  # fmt: skip
CLOSE = {
    *(n for n in LINES if "randn" in n or "normal" in n),
    "exponential", "sequence", "state",
}  # fmt: skip
