"""Values at which plain formulas fail: large, tiny, NaN; and memory that a user holds too.

Ops that a backend may override (softmax, hypot, var, ...) are right on usual values by any formula;
here they overflow, cancel or divide by zero unless they are computed as torch computes them.
"""

_A = "x = torch.tensor([1000.0, -1000.0, 0.5, 3.0], requires_grad=True)\n"
_T = "x = torch.tensor([1e-6, -1e-6, 1e-3, 0.0], requires_grad=True)\n"
_N = "x = torch.tensor([2.0, float('nan'), -1.0, float('inf'), 2.0])\n"
_H = "x = torch.tensor([60000.0, 50000.0, 40000.0], dtype=torch.float16)\n"
_FN = {
    "softmax": "torch.softmax(x, 0)", "log_softmax": "torch.log_softmax(x, 0)",
    "logsumexp": "torch.logsumexp(x, 0)", "sigmoid": "torch.sigmoid(x)",
    "logsigmoid": "torch.nn.functional.logsigmoid(x)", "tanh": "torch.tanh(x)",
    "softplus": "torch.nn.functional.softplus(x)", "gelu": "torch.nn.functional.gelu(x)",
    "silu": "torch.nn.functional.silu(x)", "elu": "torch.nn.functional.elu(x)",
    "logaddexp": "torch.logaddexp(x, x.detach().flip(0))", "erf": "torch.erf(x)",
    "bce_with_logits":
        "torch.nn.functional.binary_cross_entropy_with_logits(x, torch.tensor([1.0, 0, 1, 0]))",
    "cross_entropy": "torch.nn.functional.cross_entropy(x[None], torch.tensor([1]))",
    "norm": "x.norm()", "expm1": "torch.expm1(x.clamp(max=50))", "log1p": "torch.log1p(x.abs())",
    "var": "(x + 4096.0).var()", "std": "x.std()", "mean": "x.mean()", "atan2": "torch.atan2(x, x)",
    "layer_norm": "torch.nn.functional.layer_norm(x, (4,))", "rsqrt": "torch.rsqrt(x.abs())",
    "relu": "torch.relu(x)", "clamp": "x.clamp(-1, 1)", "reciprocal": "1 / x", "log": "x.log()",
    "pow": "x.pow(2)", "sqrt": "x.abs().sqrt()", "prod": "x.prod()", "cumprod": "x.cumprod(0)",

}  # fmt: skip


def _with_gradient(start, call):
    return f"{start}y = {call}\ny.sum().backward()\n[y, x.grad]"


LINES = {f"large_{name}": _with_gradient(_A, call) for name, call in _FN.items()}
LINES |= {f"tiny_{name}": _with_gradient(_T, call) for name, call in _FN.items()}
LINES |= {
    "nan_sorted": _N + "[x.sort(), x.sort(descending=True), x.argsort(stable=True)]",
    "nan_extrema": _N + "[x.max(), x.min(), x.argmax(), x.argmin(), x.max(0), x.amax(), x.amin()]",
    "nan_of_two": _N + "[torch.maximum(x, x.flip(0)), torch.minimum(x, x.flip(0)),"
                       " torch.fmax(x, x.flip(0)), torch.fmin(x, x.flip(0))]",
    "nan_clamped": _N + "[x.clamp(0, 1), x.clamp(min=0.0), torch.relu(x), x.sign()]",
    "nan_compared": _N + "[x == x, x != x, x < x, x <= x, x.eq(2.0), x.isnan(), x.isfinite()]",
    "nan_ordered": _N + "[x.median(), x.nanmedian(), x.kthvalue(2), x.topk(3), x.cummax(0)]",
    "nan_summed": _N + "[x.nansum(), x.nanmean(), x.sum(), x.prod(), x.cumsum(0)]",
    "nan_behind_a_mask":
        "x = torch.tensor([0.0, 4.0], requires_grad=True)\n"
        "y = torch.where(x > 0, x.sqrt(), torch.zeros(2))\ny.sum().backward()\n[y, x.grad]",
    "infinite_gradient_stopped":
        "x = torch.tensor([-1.0, 2.0], requires_grad=True)\n"
        "x.relu().backward(torch.tensor([float('inf'), 1.0]))\nx.grad",
    "infinite_gradient_clamped":
        "x = torch.tensor([-5.0, 0.5], requires_grad=True)\n"
        "x.clamp(-1, 1).backward(torch.tensor([float('nan'), 1.0]))\nx.grad",
    "first_of_equals":
        "x = torch.tensor([[1.0, 3, 3], [2, 2, 2]])\n"
        "[x.argmax(1), x.argmin(1), x.max(1), x.min(0), x.argmax()]",
    "equals_share_a_gradient":
        "x = torch.tensor([1.0, 3, 3], requires_grad=True)\nx.amax().backward()\nx.grad",
    "equals_in_order": "x = torch.tensor([2, 1, 2, 1, 2, 1, 2])\n[x.sort(stable=True),"
                       " torch.sort(x, stable=True, descending=True)]",
    "half_mean": _H + "[x.mean(), x.sum(), (x / 64).var(), x.norm(), x.softmax(0)]",
    "half_sums": "x = torch.ones(6000, dtype=torch.float16)\n"
                 "[x.sum(), x.mean(), x.cumsum(0)[-1], x @ x, torch.dot(x, x)]",
    "bfloat16_sums": "x = torch.ones(6000, dtype=torch.bfloat16)\n"
                     "[x.sum(), x.mean(), x.cumsum(0)[-1], x @ x]",
    "hypot": "torch.hypot(torch.tensor([3e30, 3e-30, 0.0]), torch.tensor([4e30, 4e-30, 5.0]))",
    "long_norm": "torch.full((3,), 1e-4).norm(), torch.full((2,), 1e15).norm()",
    "int_edges": "x = torch.tensor([2**63 - 1, -(2**63), 2**62], dtype=torch.int64)\n"
                 "[x + 1, x - 1, x * 2, x.abs(), -x, x == x - 1, x.max(), x.sum(), x // 3, x % 7]",
    "int_large": "x = torch.tensor([2**53 + 1, 2**53, 2**53 + 2])\n"
                 "[x.sort(), x.max(), x.argmax(), x == 2**53, x.unique(), x.sum(), x.cumsum(0)]",
    "byte_wraps": "x = torch.tensor([250, 3], dtype=torch.uint8)\n[x + 10, x - 4, x * x, -x, ~x]",
    "divided_by_zero": "x = torch.tensor([1.0, -1.0, 0.0])\n[x / 0, x // 0, x % 0, x.fmod(0)]",
    "signed_remainders": "x = torch.tensor([7, -7, 7, -7])\ny = torch.tensor([3, 3, -3, -3])\n"
                         "[x // y, x % y, x.fmod(y), torch.div(x, y, rounding_mode='trunc')]",
    "half_to_even": "x = torch.tensor([0.5, 1.5, 2.5, -0.5, -1.5, 3.49999])\n"
                    "[x.round(), (x * 10).round(decimals=1), x.floor(), x.ceil(), x.trunc(),"
                    " x.to(torch.int64)]",
    "negative_zero": "x = torch.tensor([0.0, -0.0])\n[-x, x.ceil(), 1 / x, x.sqrt(), x.abs(),"
                     " (x * -1).sign(), torch.signbit(x), torch.atan2(x, x - 1)]",
    "negative_indices": "x = torch.arange(12.0).reshape(3, 4)\ni = torch.tensor([-1, 0, -3])\n"
                        "[x[i], x[:, i], x[i, i], x[-1, -2]]",
    "repeated_indices":
        "x = torch.zeros(4)\ni = torch.tensor([1, 1, 3, 1])\nv = torch.arange(1.0, 5.0)\n"
        "[x.index_add(0, i, v), x.scatter_add(0, i, v), torch.bincount(i),"
        " x.index_put((i,), v, accumulate=True)]",
    "complex_gradient":
        "x = torch.tensor([1 + 2j, -3 + 0.5j], requires_grad=True)\n"
        "y = (x * (2 - 1j) / x.conj()).abs().sum() + (x * x).real.sum()\ny.backward()\nx.grad",
    "complex_roots": "x = torch.tensor([-4 + 0j, 3 - 4j, -3 - 4j, 2j, -2j])\n"
                     "[x.sqrt(), x.log(), x.abs(), x.angle(), x.pow(0.5), x.exp()]",
    "array_is_copied":
        "import numpy\na = numpy.ones(3, dtype='float32')\nx = torch.tensor(a)\na[0] = 5\nx",
    "gradients_are_apart":
        "x = torch.ones(3, requires_grad=True)\ny = torch.ones(3, requires_grad=True)\n"
        "g = torch.full((3,), 2.0)\n(x + y).backward(g)\n(x + y).backward(g)\n"
        "x.grad[0] = 50.0\n[x.grad, y.grad, g]",
    "gradient_written_by_its_owner":
        "x = torch.ones(3, requires_grad=True)\nx.sum().backward()\nx.grad.add_(1)\n"
        "x.sum().backward()\nx.grad.mul_(2)\nx.grad",
    "long_arange": "[torch.arange(0.0, 10.0, 0.1)[[3, 33, 99]], torch.linspace(0, 1, 11)]",
}  # fmt: skip
